/* What the claim promises, and why.  "Mark" is meta/in_progress.json, "commit" the writing of
 * backup_meta.json.
 *
 * Beginning.  Where a put can refuse to overwrite (MB_CAP_IF_ABSENT), one of several records is written and
 * the others are refused.  Elsewhere, and on servers that say they refuse and do not (Garage, S3Proxy,
 * S3Mock, s3s-fs), the records replace each other and the last one counts: whoever claims reads back what it
 * wrote, after a wait where nothing is refused, and only the last one finds its own.  A put that is later
 * than another's reading back makes that other lose at its next look, at the latest at its commit.
 *
 * Taking over replaces a record, which no store refuses: again the last one counts, and all wait before they
 * read back.  A put of the heart, which may replace the taker's record between its look and its put, is such
 * a put, too.
 *
 * Committing.  The first commit counts and is never replaced: backup_meta.json is put only where there is
 * none. The record is compared right before and right after.
 *   - B claims before A's first look: A loses there.
 *   - B claims between A's looks: A takes its commit back and loses.  B, which looks for a commit after its
 *     claim, may have seen it: it waits and looks again, and goes on when it has been taken back.
 *   - B claims after A's second look: it sees the commit, and gives way.  On stores that refuse to overwrite
 * B cannot get there, for A's record goes after the second look.
 *   - Somebody deletes the backup between A's looks: A finds no record, and takes its commit back, so that no
 *     description stands over data that is gone.  A delete by force takes the claim over first.
 *   - A is killed between its commit and its second look while B took over by force: the commit stays. Nobody
 *     called it a success, B gives way, and what A had verified is there, unless B deleted.
 * So of two at most one succeeds.  That none does takes a request that is under way for longer than the wait,
 * beside a whole backup that is made meanwhile.
 *
 * Removing.  What another may need (strays, the record, a commit) is removed only right after the record was
 * found to be one's own, and a commit only when its bytes are one's own.
 *
 * Clocks.  The owner's machine writes the heartbeat, another judges it, and their clocks may differ by more
 * than the limit.  Where the store tells when an object was written, both times are the store's: that of the
 * record and that of an object which is put for the comparison and removed.  Elsewhere the written time is
 * compared with this machine's clock.  A list of backups, which only shows, always does the latter. */
#include "base/hint.h"
#include "base/owner.h"
#include "base/random.h"
#include "catalog/catalog_files.h"
#include "catalog/claim_private.h"

#include <stdlib.h>
#include <string.h>

struct mb_claim_timing mb_claim_timing_of(const struct mb_claim_timing *given)
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

const char *mb_claim_new_generation(struct mb_arena *arena)
{
    char hex[33];
    struct mb_error ignored = MB_ERROR_INIT;
    return mb_random_hex(hex, sizeof(hex) - 1, &ignored) == MB_OK ? mb_arena_strdup(arena, hex) : NULL;
}

/* ------------------------------------------------------------- the object */

static mb_status fill(struct mb_claim *claim, const char *name, const struct mb_claim_record *like,
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
    claim->record =
        (struct mb_claim_record){.backup_id = mb_arena_strdup(arena, like->backup_id),
                                 .plan_digest = mb_arena_strdup(arena, like->plan_digest),
                                 .owner = mb_owner_text(claim->owner),
                                 .started = mb_arena_strdup(arena, *like->started ? like->started : now),
                                 .generation = mb_claim_new_generation(arena),
                                 .heartbeat = claim->heartbeat,
                                 .failed = "",
                                 .reason = ""};
    if (claim->key == NULL || claim->commit_key == NULL || claim->record.backup_id == NULL ||
        claim->record.plan_digest == NULL || claim->record.started == NULL ||
        claim->record.generation == NULL)
        return mb_fail_memory(error);
    return MB_OK;
}

/* A claim that stands nowhere yet; like says what the record is about. */
mb_status mb_claim_new(struct mb_claim **out, const struct mb_catalog *catalog, const char *name,
                       const struct mb_claim_record *like, const struct mb_claim_timing *timing,
                       struct mb_cancel *cancel, struct mb_error *error)
{
    MB_TRY(mb_layout_check_existing_name(name, error));
    struct mb_claim *claim = calloc(1, sizeof(*claim));
    if (claim == NULL)
        return mb_fail_memory(error);
    claim->catalog = *catalog;
    claim->timing = mb_claim_timing_of(timing);
    claim->late = claim->why = MB_ERROR_INIT;
    pthread_mutex_init(&claim->turn, NULL);
    pthread_mutex_init(&claim->lock, NULL);
    claim->arena = mb_arena_new();
    claim->owner = mb_owner_new();
    claim->work = mb_cancel_new(cancel);
    claim->stop = mb_cancel_new(NULL);
    mb_status status =
        claim->arena == NULL || claim->owner == NULL || claim->work == NULL || claim->stop == NULL
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
    mb_owner_free(claim->owner);
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
    return claim->record.backup_id;
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

static bool is_ours(const struct mb_claim *claim, const struct mb_claim_record *record)
{
    return strcmp(record->generation, claim->record.generation) == 0 &&
           strcmp(record->owner, claim->record.owner) == 0;
}

static mb_status fail_deleted(const struct mb_claim *claim, struct mb_error *error)
{
    return mb_fail_hint(error, MB_E_EXISTS, MB_HINT_DELETE_AGAIN, claim->name,
                        "backup %s was deleted while it was being made", claim->name);
}

static mb_status fail_taken(const struct mb_claim *claim, const struct mb_claim_record *record,
                            struct mb_arena *arena, struct mb_error *error)
{
    const char *owner = mb_owner_brief(record->owner, arena);
    if (strcmp(record->plan_digest, MB_CLAIM_TO_DELETE) == 0)
        return fail_deleted(claim, error);
    return mb_fail(error, MB_E_EXISTS, "backup %s has just been taken over by somebody else (%s)",
                   claim->name, owner == NULL ? "" : owner);
}

mb_status mb_claim_look(struct mb_claim *claim, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_claim_record there;
    MB_TRY(lost(claim, error));
    struct mb_arena *arena = mb_arena_new();
    if (arena == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_claim_record_read_in(&claim->catalog, claim->dir, arena, &there, cancel, error);
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
    return mb_claim_record_write(&claim->catalog, claim->key, &claim->record, flags, cancel, error);
}

mb_status mb_claim_look_in_turn(struct mb_claim *claim, struct mb_cancel *cancel, struct mb_error *error)
{
    pthread_mutex_lock(&claim->turn);
    mb_status status = mb_claim_look(claim, cancel, error);
    pthread_mutex_unlock(&claim->turn);
    return status;
}

mb_status mb_claim_remove_record(struct mb_claim *claim, struct mb_cancel *cancel, struct mb_error *error)
{
    mb_status status = mb_claim_look(claim, cancel, error);
    if (mb_claim_is_lost(claim)) { /* another's record is not ours to remove */
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

mb_status mb_claim_fail_committed(struct mb_claim *claim, struct mb_error *error)
{
    mb_fail(error, MB_E_EXISTS, "backup %s has just been made by somebody else", claim->name);
    mb_claim_lose(claim, error);
    return error->status;
}

/* A commit that is there may be one that is just being taken back. */
mb_status mb_claim_check_uncommitted(struct mb_claim *claim, struct mb_cancel *cancel, struct mb_error *error)
{
    bool found;
    MB_TRY(find_commit(claim, &found, cancel, error));
    if (!found)
        return MB_OK;
    MB_TRY(mb_cancel_sleep(cancel, claim->timing.settle_ns, error));
    MB_TRY(find_commit(claim, &found, cancel, error));
    return found ? mb_claim_fail_committed(claim, error) : MB_OK;
}

/* ------------------------------------------------------------- while it is held */

mb_status mb_claim_check(struct mb_claim *claim, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    MB_TRY(mb_claim_look_in_turn(claim, cancel, error));
    mb_status status = mb_storage_stat(claim->catalog.storage, claim->commit_key, &stat, cancel, error);
    if (status == MB_OK)
        return mb_claim_fail_committed(claim, error);
    if (status == MB_E_NOT_FOUND) {
        mb_error_clear(error);
        status = MB_OK;
    }
    return status;
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
