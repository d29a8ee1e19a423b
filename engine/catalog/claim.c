/* What the claim promises, and why.  "Mark" is meta/in_progress.json, "commit" the writing of
 * backup_meta.json.
 *
 * Beginning.  Where a put can refuse to overwrite (MB_CAP_IF_ABSENT), one of several marks is written and the
 * others are refused.  Elsewhere, and on servers that say they refuse and do not (Garage, S3Proxy, S3Mock,
 * s3s-fs), the marks replace each other and the last one counts: whoever claims reads back what it wrote,
 * after a wait where nothing is refused, and only the last one finds its own.  A put that is later than
 * another's reading back makes that other lose at its next look, at the latest at its commit.
 *
 * Taking over replaces a mark, which no store refuses: again the last one counts, and all wait before they
 * read back.  A put of the heart, which may replace the taker's mark between its look and its put, is such a
 * put, too.
 *
 * Committing.  The first commit counts and is never replaced: backup_meta.json is put only where there is
 * none. The mark is compared right before and right after.
 *   - B claims before A's first look: A loses there.
 *   - B claims between A's looks: A takes its commit back and loses.  B, which looks for a commit after its
 *     claim, may have seen it: it waits and looks again, and goes on when it has been taken back.
 *   - B claims after A's second look: it sees the commit, and gives way.  On stores that refuse to overwrite
 * B cannot get there, for A's mark goes after the second look.
 *   - Somebody deletes the backup between A's looks: A finds no mark, and takes its commit back, so that no
 *     description stands over data that is gone.  A delete by force takes the claim over first.
 *   - A is killed between its commit and its second look while B took over by force: the commit stays. Nobody
 *     called it a success, B gives way, and what A had verified is there, unless B deleted.
 * So of two at most one succeeds.  That none does takes a request that is under way for longer than the wait,
 * beside a whole backup that is made meanwhile.
 *
 * Removing.  What another may need (strays, the mark, a commit) is removed only right after the mark was
 * found to be one's own, and a commit only when its bytes are one's own.
 *
 * Clocks.  The owner's machine writes the heartbeat, another judges it, and their clocks may differ by more
 * than the limit.  Where the store tells when an object was written, both times are the store's: that of the
 * mark and that of an object which is put for the comparison and removed.  Elsewhere the written time is
 * compared with this machine's clock.  A list of backups, which only shows, always does the latter. */
#include "base/owner.h"
#include "catalog/catalog_files.h"
#include "catalog/claim_private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static const int64_t no_clock_is_so_wrong_ns = 24 * 3600 * MB_NS_PER_S;

#define MAX_COMMIT ((size_t)64 << 20)

static const struct mb_put_options commit_options = {
    .struct_size = sizeof(commit_options), .flags = MB_PUT_IF_ABSENT, .content_type = "application/json"};

static struct mb_claim_timing timing_of(const struct mb_claim_timing *given)
{
    struct mb_claim_timing timing = *given;
    if (timing.beat_ns == 0)
        timing.beat_ns = 60 * MB_NS_PER_S;
    if (timing.limit_ns == 0)
        timing.limit_ns = MB_HEART_LIMIT_NS;
    if (timing.settle_ns == 0)
        timing.settle_ns = MB_NS_PER_S;
    return timing;
}

static const char *new_generation(struct mb_arena *arena)
{
    unsigned char b[16];
    if (getrandom(b, sizeof(b), 0) != (ssize_t)sizeof(b))
        return NULL;
    char hex[2 * sizeof(b) + 1];
    for (size_t i = 0; i < sizeof(b); i++)
        snprintf(hex + 2 * i, 3, "%02x", b[i]);
    return mb_arena_strdup(arena, hex);
}

/* ------------------------------------------------------------- the object */

static mb_status fill(struct mb_claim *claim, const char *name, const struct mb_mark *like,
                      struct mb_error *error)
{
    char now[32];
    struct mb_arena *arena = claim->arena;
    mb_clock_format(mb_clock_wall(), now, sizeof(now));
    claim->name = mb_arena_strdup(arena, name);
    claim->dir = mb_layout_backup_dir(arena, claim->catalog.root, name);
    if (claim->name == NULL || claim->dir == NULL)
        return mb_fail_memory(error);
    claim->key = mb_layout_meta_key(arena, claim->dir, MB_META_IN_PROGRESS);
    claim->commit_key = mb_layout_meta_key(arena, claim->dir, MB_META_BACKUP);
    claim->mark = (struct mb_mark){.backup_id = mb_arena_strdup(arena, like->backup_id),
                                   .plan_digest = mb_arena_strdup(arena, like->plan_digest),
                                   .owner = mb_owner_self(arena),
                                   .started = mb_arena_strdup(arena, *like->started ? like->started : now),
                                   .generation = new_generation(arena),
                                   .heartbeat = claim->heartbeat,
                                   .failed = "",
                                   .reason = ""};
    if (claim->key == NULL || claim->commit_key == NULL || claim->mark.backup_id == NULL ||
        claim->mark.plan_digest == NULL || claim->mark.owner == NULL || claim->mark.started == NULL ||
        claim->mark.generation == NULL)
        return mb_fail_memory(error);
    return MB_OK;
}

/* A claim that stands nowhere yet; like says what the mark is about. */
static mb_status new_claim(struct mb_claim **out, const struct mb_catalog *catalog, const char *name,
                           const struct mb_mark *like, const struct mb_claim_timing *timing,
                           struct mb_cancel *cancel, struct mb_error *error)
{
    MB_TRY(mb_layout_check_existing_name(name, error));
    struct mb_claim *claim = calloc(1, sizeof(*claim));
    if (claim == NULL)
        return mb_fail_memory(error);
    claim->catalog = *catalog;
    claim->timing = timing_of(timing);
    claim->late = claim->why = MB_ERROR_INIT;
    pthread_mutex_init(&claim->turn, NULL);
    pthread_mutex_init(&claim->lock, NULL);
    claim->arena = mb_arena_new();
    claim->work = mb_cancel_new(cancel);
    claim->stop = mb_cancel_new(NULL);
    mb_status status = claim->arena == NULL || claim->work == NULL || claim->stop == NULL
                           ? mb_fail_memory(error)
                           : fill(claim, name, like, error);
    if (status < 0) {
        mb_claim_free(claim);
        return status;
    }
    *out = claim;
    return MB_OK;
}

void mb_claim_free(struct mb_claim *claim)
{
    if (claim == NULL)
        return;
    if (claim->stop != NULL)
        mb_claim_stop_heart(claim);
    mb_cancel_free(claim->stop);
    mb_cancel_free(claim->work);
    mb_arena_free(claim->arena);
    pthread_mutex_destroy(&claim->lock);
    pthread_mutex_destroy(&claim->turn);
    free(claim);
}

struct mb_cancel *mb_claim_cancel(struct mb_claim *claim)
{
    return claim->work;
}

const char *mb_claim_backup_id(const struct mb_claim *claim)
{
    return claim->mark.backup_id;
}

void mb_claim_lose(struct mb_claim *claim, const struct mb_error *why)
{
    pthread_mutex_lock(&claim->lock);
    if (!claim->lost)
        claim->why = *why;
    claim->lost = true;
    pthread_mutex_unlock(&claim->lock);
    mb_cancel_request(claim->stop);
    mb_cancel_request(claim->work);
}

bool mb_claim_is_lost(struct mb_claim *claim)
{
    pthread_mutex_lock(&claim->lock);
    bool lost = claim->lost;
    pthread_mutex_unlock(&claim->lock);
    return lost;
}

/* MB_OK, or why it is lost. */
static mb_status lost(struct mb_claim *claim, struct mb_error *error)
{
    if (!mb_claim_is_lost(claim))
        return MB_OK;
    *error = claim->why;
    return error->status;
}

/* ------------------------------------------------------------- looking and putting */

static bool is_ours(const struct mb_claim *claim, const struct mb_mark *mark)
{
    return strcmp(mark->generation, claim->mark.generation) == 0 &&
           strcmp(mark->owner, claim->mark.owner) == 0;
}

static mb_status fail_deleted(const struct mb_claim *claim, struct mb_error *error)
{
    return mb_fail(error, MB_E_EXISTS,
                   "backup %s was deleted while it was being made (delete it once more if list --all still "
                   "names it)",
                   claim->name);
}

static mb_status fail_taken(const struct mb_claim *claim, const struct mb_mark *mark, struct mb_arena *arena,
                            struct mb_error *error)
{
    const char *owner = mb_owner_brief(mark->owner, arena);
    if (strcmp(mark->plan_digest, MB_CLAIM_TO_DELETE) == 0)
        return fail_deleted(claim, error);
    return mb_fail(error, MB_E_EXISTS, "backup %s was taken over by somebody else at this moment (%s)",
                   claim->name, owner == NULL ? "" : owner);
}

mb_status mb_claim_look(struct mb_claim *claim, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_mark there;
    MB_TRY(lost(claim, error));
    struct mb_arena *arena = mb_arena_new();
    if (arena == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_mark_read_in(&claim->catalog, claim->dir, arena, &there, cancel, error);
    bool gone = status == MB_E_NOT_FOUND, taken = status == MB_OK && !is_ours(claim, &there);
    if (gone)
        status = fail_deleted(claim, error);
    else if (taken)
        status = fail_taken(claim, &there, arena, error);
    if (gone || taken)
        mb_claim_lose(claim, error);
    mb_arena_free(arena);
    return status;
}

mb_status mb_claim_put(struct mb_claim *claim, unsigned flags, struct mb_cancel *cancel,
                       struct mb_error *error)
{
    mb_clock_format(mb_clock_wall(), claim->heartbeat, sizeof(claim->heartbeat));
    return mb_mark_write(&claim->catalog, claim->key, &claim->mark, flags, cancel, error);
}

static mb_status look_in_turn(struct mb_claim *claim, struct mb_cancel *cancel, struct mb_error *error)
{
    pthread_mutex_lock(&claim->turn);
    mb_status status = mb_claim_look(claim, cancel, error);
    pthread_mutex_unlock(&claim->turn);
    return status;
}

static mb_status remove_mark(struct mb_claim *claim, struct mb_cancel *cancel, struct mb_error *error)
{
    mb_status status = mb_claim_look(claim, cancel, error);
    if (mb_claim_is_lost(claim)) { /* another's mark is not ours to remove */
        mb_error_clear(error);
        return MB_OK;
    }
    MB_TRY(status);
    return mb_storage_remove(claim->catalog.storage, claim->key, cancel, error);
}

static mb_status find_commit(struct mb_claim *claim, bool *found, struct mb_cancel *cancel,
                             struct mb_error *error)
{
    bool present[MB_META_COUNT];
    MB_TRY(mb_catalog_find_files(&claim->catalog, claim->dir, present, cancel, error));
    *found = present[MB_META_BACKUP];
    return MB_OK;
}

static mb_status fail_committed(struct mb_claim *claim, struct mb_error *error)
{
    mb_fail(error, MB_E_EXISTS, "backup %s was made by somebody else at this moment", claim->name);
    mb_claim_lose(claim, error);
    return error->status;
}

/* A commit that is there may be one that is just being taken back. */
static mb_status check_uncommitted(struct mb_claim *claim, struct mb_cancel *cancel, struct mb_error *error)
{
    bool found;
    MB_TRY(find_commit(claim, &found, cancel, error));
    if (!found)
        return MB_OK;
    MB_TRY(mb_cancel_sleep(cancel, claim->timing.settle_ns, error));
    MB_TRY(find_commit(claim, &found, cancel, error));
    return found ? fail_committed(claim, error) : MB_OK;
}

/* ------------------------------------------------------------- claiming */

static mb_status check_free(const struct mb_catalog *catalog, const char *name, struct mb_cancel *cancel,
                            struct mb_error *error)
{
    enum mb_backup_state state;
    MB_TRY(mb_catalog_state(catalog, name, &state, cancel, error));
    switch (state) {
    case MB_BACKUP_ABSENT:
        return MB_OK;
    case MB_BACKUP_COMPLETE:
        return mb_fail(error, MB_E_EXISTS, "backup %s already exists", name);
    case MB_BACKUP_IN_PROGRESS:
        return mb_fail(error, MB_E_EXISTS,
                       "backup %s already exists but is incomplete: another create makes it at this moment, "
                       "or was interrupted",
                       name);
    case MB_BACKUP_FOREIGN:
        break;
    }
    return mb_fail(error, MB_E_EXISTS, "backup %s already has objects, but no description", name);
}

/* Behind the mark's put: is it still there, and has nobody made the whole backup meanwhile? */
static mb_status confirm(struct mb_claim *claim, bool wait, struct mb_cancel *cancel, struct mb_error *error)
{
    if (wait)
        MB_TRY(mb_cancel_sleep(cancel, claim->timing.settle_ns, error));
    MB_TRY(look_in_turn(claim, cancel, error));
    mb_status status = check_uncommitted(claim, cancel, error);
    if (status == MB_OK) {
        claim->renewed_ns = mb_clock_monotonic();
        status = mb_claim_start_heart(claim, error);
    }
    return status;
}

/* The mark may lie there although its put failed, and goes also when the claim was lost to a commit. */
static void withdraw_mark(struct mb_claim *claim)
{
    struct mb_error ignored = MB_ERROR_INIT;
    mb_claim_stop_heart(claim);
    pthread_mutex_lock(&claim->lock);
    claim->lost = false;
    pthread_mutex_unlock(&claim->lock);
    mb_claim_last_words(claim, remove_mark, &ignored);
}

static mb_status take_free(struct mb_claim *claim, struct mb_cancel *cancel, struct mb_error *error)
{
    bool refuses = (mb_storage_info(claim->catalog.storage)->caps & MB_CAP_IF_ABSENT) != 0;
    mb_status status = mb_claim_put(claim, MB_PUT_IF_ABSENT, cancel, error);
    if (status == MB_E_EXISTS)
        return mb_fail(error, MB_E_EXISTS, "another create of backup %s began at the same moment",
                       claim->name);
    if (status == MB_OK)
        status = confirm(claim, !refuses, cancel, error);
    if (status < 0)
        withdraw_mark(claim);
    return status;
}

mb_status mb_claim_begin(struct mb_claim **out, const struct mb_catalog *catalog, const char *name,
                         const struct mb_claim_wish *wish, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_claim *claim = NULL;
    const struct mb_mark like = {
        .backup_id = wish->backup_id, .plan_digest = wish->plan_digest, .started = ""};
    MB_TRY(check_free(catalog, name, cancel, error));
    MB_TRY(new_claim(&claim, catalog, name, &like, &wish->timing, cancel, error));
    mb_status status = take_free(claim, cancel, error);
    if (status < 0) {
        mb_claim_free(claim);
        return status;
    }
    *out = claim;
    return MB_OK;
}

/* ------------------------------------------------------------- taking over */

static mb_status time_by_store(struct mb_storage *storage, const char *key, int64_t *out,
                               struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    MB_TRY(mb_storage_stat(storage, key, &stat, cancel, error));
    *out = stat.mtime_ns;
    return stat.mtime_ns == 0 ? mb_fail(error, MB_E_UNSUPPORTED, "the store tells no times") : MB_OK;
}

/* The probe lies beside the backups' folders: within, its owner would take it for a stray. */
static mb_status age_by_store(const struct mb_catalog *catalog, const char *dir, struct mb_arena *arena,
                              int64_t *age, struct mb_cancel *cancel, struct mb_error *error)
{
    int64_t then, now = 0;
    struct mb_error ignored = MB_ERROR_INIT;
    const char *generation = new_generation(arena);
    const char *name = generation ? mb_arena_printf(arena, "clock-%s", generation) : NULL;
    const char *probe = name ? mb_layout_backup_dir(arena, catalog->root, name) : NULL;
    const char *key = mb_layout_meta_key(arena, dir, MB_META_IN_PROGRESS);
    if (key == NULL || probe == NULL)
        return mb_fail_memory(error);
    MB_TRY(time_by_store(catalog->storage, key, &then, cancel, error));
    MB_TRY(mb_storage_write(catalog->storage, probe, "", 0, NULL, NULL, cancel, error));
    mb_status status = time_by_store(catalog->storage, probe, &now, cancel, error);
    mb_storage_remove(catalog->storage, probe, NULL, &ignored);
    *age = now - then;
    return status;
}

enum mb_heart mb_claim_heart(const struct mb_catalog *catalog, const char *name, const struct mb_mark *seen,
                             const struct mb_claim_timing *timing, struct mb_cancel *cancel)
{
    struct mb_catalog_scratch scratch;
    struct mb_error error = MB_ERROR_INIT;
    int64_t limit = timing_of(timing).limit_ns, age = 0, by_store;
    /* What no age decides is not worth a probe. */
    enum mb_heart young = mb_mark_heart(seen, 0, limit), old = mb_mark_heart(seen, INT64_MAX, limit);
    if (young == old)
        return young;
    age = mb_mark_age(seen);
    if (age <= no_clock_is_so_wrong_ns && mb_catalog_scratch_init(&scratch, catalog, name, &error) == MB_OK) {
        if (age_by_store(catalog, scratch.dir, scratch.arena, &by_store, cancel, &error) == MB_OK)
            age = by_store;
        mb_catalog_scratch_done(&scratch);
    }
    return mb_mark_heart(seen, age, limit);
}

static mb_status check_heart(const struct mb_catalog *catalog, const char *name, const struct mb_mark *seen,
                             const struct mb_claim_wish *wish, struct mb_cancel *cancel,
                             struct mb_error *error)
{
    if (wish->force || mb_claim_heart(catalog, name, seen, &wish->timing, cancel) != MB_HEART_BEATS)
        return MB_OK;
    struct mb_arena *arena = mb_arena_new();
    const char *owner = arena != NULL ? mb_owner_brief(seen->owner, arena) : NULL;
    char limit[32];
    mb_fail(error, MB_E_EXISTS,
            "backup %s is being made at this moment (%s, which was at work at %s): wait for it; if you know "
            "that it is not, wait until its last sign of life is %s old, or add --take_over",
            name, owner == NULL ? "" : owner, *seen->heartbeat ? seen->heartbeat : seen->started,
            mb_text_duration(timing_of(&wish->timing).limit_ns, limit, sizeof(limit)));
    mb_arena_free(arena);
    return error->status;
}

mb_status mb_claim_take_over(struct mb_claim **out, const struct mb_catalog *catalog, const char *name,
                             const struct mb_mark *seen, const struct mb_claim_wish *wish,
                             struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_claim *claim = NULL;
    MB_TRY(check_heart(catalog, name, seen, wish, cancel, error));
    MB_TRY(new_claim(&claim, catalog, name, seen, &wish->timing, cancel, error));
    mb_status status = mb_claim_put(claim, 0, cancel, error);
    if (status == MB_OK)
        status = confirm(claim, true, cancel, error);
    if (status < 0 && mb_claim_is_lost(claim))
        withdraw_mark(claim);
    else if (status < 0)
        mb_claim_fail(claim, error);
    if (status < 0) {
        mb_claim_free(claim);
        return status;
    }
    *out = claim;
    return MB_OK;
}

/* ------------------------------------------------------------- while it is held */

mb_status mb_claim_check(struct mb_claim *claim, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    MB_TRY(look_in_turn(claim, cancel, error));
    mb_status status = mb_storage_stat(claim->catalog.storage, claim->commit_key, &stat, cancel, error);
    if (status == MB_OK)
        return fail_committed(claim, error);
    if (status == MB_E_NOT_FOUND) {
        mb_error_clear(error);
        status = MB_OK;
    }
    return status;
}

/* ------------------------------------------------------------- ending */

static void take_back(struct mb_claim *claim, const void *data, size_t len)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_buf there;
    mb_buf_init(&there, MAX_COMMIT);
    mb_status status = mb_storage_read_all(claim->catalog.storage, claim->commit_key, &there, NULL, &error);
    if (status == MB_OK && there.len == len && memcmp(there.data, data, len) == 0)
        status = mb_storage_remove(claim->catalog.storage, claim->commit_key, NULL, &error);
    if (status < 0 && status != MB_E_NOT_FOUND)
        mb_log(claim->catalog.log, MB_LOG_WARN, "%s, written after the claim was lost, stays: %s",
               claim->commit_key, error.message);
    mb_buf_done(&there);
}

static void release(struct mb_claim *claim)
{
    struct mb_error error = MB_ERROR_INIT;
    mb_claim_stop_heart(claim);
    if (mb_claim_last_words(claim, remove_mark, &error) < 0)
        mb_log(claim->catalog.log, MB_LOG_WARN, "backup %s is complete, but its mark as being made stays: %s",
               claim->name, error.message);
}

mb_status mb_claim_commit(struct mb_claim *claim, const void *data, size_t len, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    MB_TRY(mb_claim_check(claim, cancel, error));
    mb_status status = mb_storage_write(claim->catalog.storage, claim->commit_key, data, len, &commit_options,
                                        NULL, cancel, error);
    if (status == MB_E_EXISTS)
        return fail_committed(claim, error);
    MB_TRY(status);
    status = look_in_turn(claim, NULL, error);
    if (mb_claim_is_lost(claim)) {
        take_back(claim, data, len);
        return mb_claim_explain(claim, error);
    }
    if (status < 0)
        return mb_error_context(error, "backup %s is whole, but whether it is still ours is not known",
                                claim->name);
    release(claim);
    return MB_OK;
}

/* Whatever it failed by, somebody may have deleted the backup under it; but a store that does not answer is
 * not asked. */
static bool may_be_others_work(mb_status status)
{
    return status != MB_E_CANCELLED && status != MB_E_UNAVAILABLE && status != MB_E_TIMEOUT &&
           status != MB_E_THROTTLED && status != MB_E_NO_MEMORY;
}

mb_status mb_claim_explain(struct mb_claim *claim, struct mb_error *error)
{
    struct mb_error ignored = MB_ERROR_INIT;
    if (!mb_claim_is_lost(claim) && may_be_others_work(error->status))
        mb_claim_last_words(claim, mb_claim_look, &ignored);
    if (mb_claim_is_lost(claim))
        *error = claim->why;
    return error->status;
}

static mb_status put_failed(struct mb_claim *claim, struct mb_cancel *cancel, struct mb_error *error)
{
    MB_TRY(mb_claim_look(claim, cancel, error));
    return mb_claim_put(claim, 0, cancel, error);
}

void mb_claim_fail(struct mb_claim *claim, const struct mb_error *why)
{
    char now[32];
    struct mb_error error = MB_ERROR_INIT;
    if (mb_claim_is_lost(claim))
        return;
    mb_claim_stop_heart(claim);
    mb_clock_format(mb_clock_wall(), now, sizeof(now));
    claim->mark.failed = now;
    claim->mark.reason = why->status == MB_E_CANCELLED ? "it was stopped" : why->message;
    if (mb_claim_last_words(claim, put_failed, &error) < 0)
        mb_log(claim->catalog.log, MB_LOG_WARN, "that backup %s failed is not written into its mark: %s",
               claim->name, error.message);
    claim->mark.failed = claim->mark.reason = "";
}

mb_status mb_claim_abandon(struct mb_claim *claim, struct mb_error *error)
{
    mb_claim_stop_heart(claim);
    if (mb_claim_is_lost(claim))
        return MB_OK;
    return mb_claim_last_words(claim, remove_mark, error);
}
