/* claim_begin.c - how a name is claimed: when it is free, and when another has left it. */
#include "base/hint.h"
#include "base/owner.h"
#include "catalog/catalog_files.h"
#include "catalog/claim_private.h"

#include <string.h>

static const int64_t no_clock_is_so_wrong_ns = 24 * 3600 * MB_NS_PER_S;

/* ------------------------------------------------------------- claiming */

mb_status mb_claim_fail_taken(const struct mb_catalog *catalog, const char *name, struct mb_cancel *cancel,
                              struct mb_error *error)
{
    struct mb_claim_record record;
    struct mb_error ignored = MB_ERROR_INIT;
    struct mb_arena *arena = mb_arena_new();
    const char *fate = NULL;
    if (arena != NULL && mb_claim_record_read(catalog, name, arena, &record, cancel, &ignored) == MB_OK)
        fate = mb_claim_record_describe(&record, arena);
    mb_fail_hint(error, MB_E_EXISTS, MB_HINT_RESUME, name, "backup %s already exists but is incomplete: %s",
                 name, fate != NULL ? fate : "an earlier create was interrupted or still runs");
    mb_arena_free(arena);
    return error->status;
}

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
        return mb_claim_fail_taken(catalog, name, cancel, error);
    case MB_BACKUP_FOREIGN:
        break;
    }
    return mb_fail(error, MB_E_EXISTS, "backup %s already has objects, but no description", name);
}

/* Behind the record's put: is it still there, and has nobody made the whole backup meanwhile? */
static mb_status confirm(struct mb_claim *claim, bool wait, struct mb_cancel *cancel, struct mb_error *error)
{
    if (wait)
        MB_TRY(mb_cancel_sleep(cancel, claim->timing.settle_ns, error));
    MB_TRY(mb_claim_look_in_turn(claim, cancel, error));
    mb_status status = mb_claim_check_uncommitted(claim, cancel, error);
    if (status == MB_OK) {
        claim->renewed_ns = mb_clock_monotonic();
        status = mb_claim_start_heart(claim, error);
    }
    return status;
}

/* The record may lie there although its put failed, and goes also when the claim was lost to a commit. */
static void withdraw_record(struct mb_claim *claim)
{
    struct mb_error ignored = MB_ERROR_INIT;
    mb_claim_stop_heart(claim);
    pthread_mutex_lock(&claim->lock);
    claim->lost = false;
    pthread_mutex_unlock(&claim->lock);
    mb_claim_last_words(claim, mb_claim_remove_record, &ignored);
}

static mb_status take_free(struct mb_claim *claim, struct mb_cancel *cancel, struct mb_error *error)
{
    bool refuses = (mb_storage_info(claim->catalog.storage)->caps & MB_CAP_IF_ABSENT) != 0;
    mb_status status = mb_claim_put(claim, MB_PUT_IF_ABSENT, cancel, error);
    if (status == MB_E_EXISTS)
        return mb_claim_fail_taken(&claim->catalog, claim->name, cancel, error);
    if (status == MB_OK)
        status = confirm(claim, !refuses, cancel, error);
    if (status < 0)
        withdraw_record(claim);
    return status;
}

mb_status mb_claim_begin(struct mb_claim **out, const struct mb_catalog *catalog, const char *name,
                         const struct mb_claim_wish *wish, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_claim *claim = NULL;
    const struct mb_claim_record like = {
        .backup_id = wish->backup_id, .plan_digest = wish->plan_digest, .started = ""};
    MB_TRY(check_free(catalog, name, cancel, error));
    MB_TRY(mb_claim_new(&claim, catalog, name, &like, &wish->timing, cancel, error));
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
    const char *generation = mb_claim_new_generation(arena);
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

enum mb_heart mb_claim_heart(const struct mb_catalog *catalog, const char *name,
                             const struct mb_claim_record *seen, const struct mb_claim_timing *timing,
                             struct mb_cancel *cancel)
{
    struct mb_catalog_scratch scratch;
    struct mb_error error = MB_ERROR_INIT;
    int64_t limit = mb_claim_timing_of(timing).limit_ns, by_store = 0;
    /* What no age decides is not worth a probe. */
    enum mb_heart young = mb_claim_record_heart(seen, 0, limit),
                  old = mb_claim_record_heart(seen, INT64_MAX, limit);
    if (young == old)
        return young;
    int64_t age = mb_claim_record_age(seen);
    if (age <= no_clock_is_so_wrong_ns && mb_catalog_scratch_init(&scratch, catalog, name, &error) == MB_OK) {
        if (age_by_store(catalog, scratch.dir, scratch.arena, &by_store, cancel, &error) == MB_OK)
            age = by_store;
        mb_catalog_scratch_done(&scratch);
    }
    return mb_claim_record_heart(seen, age, limit);
}

static mb_status check_heart(const struct mb_catalog *catalog, const char *name,
                             const struct mb_claim_record *seen, const struct mb_claim_wish *wish,
                             struct mb_cancel *cancel, struct mb_error *error)
{
    if (wish->force || mb_claim_heart(catalog, name, seen, &wish->timing, cancel) != MB_HEART_BEATS)
        return MB_OK;
    struct mb_arena *arena = mb_arena_new();
    const char *owner = arena != NULL ? mb_owner_brief(seen->owner, arena) : NULL;
    char limit[32];
    mb_fail_hint(
        error, MB_E_EXISTS, MB_HINT_TAKE_OVER, name,
        "backup %s is being made at this moment (%s, which was at work at %s): wait for it, or until its "
        "last sign of life is %s old",
        name, owner == NULL ? "" : owner, *seen->heartbeat ? seen->heartbeat : seen->started,
        mb_text_duration(mb_claim_timing_of(&wish->timing).limit_ns, limit, sizeof(limit)));
    mb_arena_free(arena);
    return error->status;
}

mb_status mb_claim_take_over(struct mb_claim **out, const struct mb_catalog *catalog, const char *name,
                             const struct mb_claim_record *seen, const struct mb_claim_wish *wish,
                             struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_claim *claim = NULL;
    MB_TRY(check_heart(catalog, name, seen, wish, cancel, error));
    MB_TRY(mb_claim_new(&claim, catalog, name, seen, &wish->timing, cancel, error));
    mb_status status = mb_claim_put(claim, 0, cancel, error);
    if (status == MB_OK)
        status = confirm(claim, true, cancel, error);
    if (status < 0 && mb_claim_is_lost(claim))
        withdraw_record(claim);
    else if (status < 0)
        mb_claim_fail(claim, error);
    if (status < 0) {
        mb_claim_free(claim);
        return status;
    }
    *out = claim;
    return MB_OK;
}
