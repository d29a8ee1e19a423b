/* Can everything be used? */
#include "task/connect.h"
#include "task/probe.h"
#include "task/query.h"

#include <stdlib.h>

struct mb_check {
    struct mb_arena *arena;
    struct mb_probe probe;
    const char *milvus_version;
    const char *milvus_place;
    struct mb_check_side sides[2];
};

static const char *keep(struct mb_arena *arena, const char *text, bool *kept)
{
    const char *copy = mb_arena_strdup(arena, text);
    *kept = *kept && copy != NULL;
    return copy;
}

static bool keep_side(struct mb_check *check, int side, const struct mb_config_storage *config,
                      const struct mb_probe_listing *listing)
{
    bool kept = true;
    check->sides[side] =
        (struct mb_check_side){.driver = keep(check->arena, config->driver, &kept),
                               .bucket = keep(check->arena, config->bucket, &kept),
                               .root_path = keep(check->arena, config->root_path, &kept),
                               .place = keep(check->arena, config->place, &kept),
                               .lists_in_order = listing->in_order,
                               .lists_at_once = listing->at_once,
                               .bucket_key = keep(check->arena, config->keys.bucket, &kept),
                               .root_path_key = keep(check->arena, config->keys.root_path, &kept)};
    return kept;
}

static mb_status keep_all(struct mb_check *check, const struct mb_config *config,
                          const struct mb_milvus_info *milvus, struct mb_error *error)
{
    bool kept = true;
    check->milvus_version = keep(check->arena, milvus->version_text, &kept);
    check->milvus_place = keep(check->arena, milvus->place, &kept);
    kept = keep_side(check, MB_SIDE_MILVUS, &config->milvus_storage, &check->probe.milvus_listing) && kept;
    kept = keep_side(check, MB_SIDE_BACKUP, &config->backup_storage, &check->probe.backup_listing) && kept;
    return kept ? MB_OK : mb_fail_memory(error);
}

static mb_status probe(struct mb_check *check, struct mb_session *session, struct mb_milvus **milvus,
                       struct mb_error *error)
{
    struct mb_cancel *cancel = session->cancel;
    struct mb_storage *milvus_store = NULL, *backup_store = NULL;

    MB_TRY(mb_connect_milvus_storage(session, &milvus_store, cancel, error));
    MB_TRY(mb_connect_backup_storage(session, MB_MISSING_FOLDER_IS_MADE, &backup_store, cancel, error));
    MB_TRY(mb_connect_milvus(session, milvus, cancel, error));
    MB_TRY(mb_probe_run(session, milvus_store, backup_store, &check->probe, cancel, error));
    return keep_all(check, session->config, mb_milvus_info(*milvus), error);
}

static mb_status make_check(struct mb_session *session, struct mb_check **out, struct mb_error *error)
{
    struct mb_milvus *milvus = NULL;
    struct mb_check *check = calloc(1, sizeof *check);
    if (check == NULL || (check->arena = mb_arena_new()) == NULL) {
        free(check);
        return mb_fail_memory(error);
    }
    mb_status status = probe(check, session, &milvus, error);
    mb_connect_leave_milvus(session, milvus);
    if (status != MB_OK) {
        mb_check_free(check);
        return status;
    }
    *out = check;
    return MB_OK;
}

static mb_status check_session(struct mb_session *session, struct mb_check **out, struct mb_error *error)
{
    struct mb_visit visit;
    if (session == NULL || out == NULL)
        return mb_abi_missing(session == NULL ? "session" : "place for the result", error);
    mb_visit_begin(&visit, session);
    mb_status status = make_check(session, out, error);
    mb_visit_end(&visit);
    return status;
}

mb_status mb_session_check(struct mb_session *session, struct mb_check **out, struct mb_error *error)
{
    MB_ANSWER(error, check_session(session, out, &own));
}

void mb_check_free(struct mb_check *check)
{
    if (check == NULL)
        return;
    mb_arena_free(check->arena);
    free(check);
}

static mb_status result_of(const struct mb_check *check, struct mb_check_result *out, struct mb_error *error)
{
    if (check == NULL)
        return mb_abi_missing("check", error);
    const struct mb_check_result value = {.milvus_version = check->milvus_version,
                                          .milvus_place = check->milvus_place,
                                          .copied_in_service = check->probe.in_service,
                                          .milvus_empty = check->probe.milvus_empty,
                                          .refusal = check->probe.refusal,
                                          .step_count = check->probe.count};
    return mb_abi_give(out, MB_UP_TO(struct mb_check_result, step_count), &value, sizeof value, error);
}

mb_status mb_check_result(const struct mb_check *check, struct mb_check_result *out, struct mb_error *error)
{
    MB_ANSWER(error, result_of(check, out, &own));
}

static mb_status side_of(const struct mb_check *check, int side, struct mb_check_side *out,
                         struct mb_error *error)
{
    if (check == NULL)
        return mb_abi_missing("check", error);
    if (side != MB_SIDE_MILVUS && side != MB_SIDE_BACKUP)
        return mb_fail(error, MB_E_INVALID, "there is no side %d", side);
    return mb_abi_give(out, MB_UP_TO(struct mb_check_side, root_path_key), &check->sides[side],
                       sizeof check->sides[side], error);
}

mb_status mb_check_side(const struct mb_check *check, int side, struct mb_check_side *out,
                        struct mb_error *error)
{
    MB_ANSWER(error, side_of(check, side, out, &own));
}

static mb_status step_of(const struct mb_check *check, size_t i, struct mb_check_step *out,
                         struct mb_error *error)
{
    if (check == NULL)
        return mb_abi_missing("check", error);
    if (i >= check->probe.count)
        return mb_fail(error, MB_E_NOT_FOUND, "the check has no step %zu", i);
    const struct mb_probe_step *step = &check->probe.steps[i];
    const struct mb_check_step value = {.side = step->side, .operation = step->operation, .ns = step->ns};
    return mb_abi_give(out, MB_UP_TO(struct mb_check_step, ns), &value, sizeof value, error);
}

mb_status mb_check_step(const struct mb_check *check, size_t i, struct mb_check_step *out,
                        struct mb_error *error)
{
    MB_ANSWER(error, step_of(check, i, out, &own));
}
