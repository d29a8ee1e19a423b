#include "base/clock.h"
#include "http/url.h"
#include "milvus/ask.h"

#include <stdio.h>
#include <string.h>

#define EZ_BACKUP  "/management/rootcoord/ez/backup"
#define TIMEOUT_NS (10 * MB_NS_PER_S)
/* It is called when somebody waits for the program to end. */
#define RESUME_TIMEOUT_NS (5 * MB_NS_PER_S)

/* Asks once, and counts that under the path without its query. */
static mb_status ask_counted(struct mb_milvus *milvus, const struct mb_ask *ask, const char *path,
                             json_t **out, struct mb_cancel *cancel, struct mb_error *error)
{
    char call[96];
    int64_t begun = mb_clock_monotonic();
    mb_status status = mb_ask_json(milvus, ask, out, cancel, error);
    snprintf(call, sizeof call, "%.*s", (int)strcspn(path, "?"), path);
    mb_meter_attempt(mb_milvus_meter(milvus, call), mb_clock_monotonic() - begun, status);
    return status;
}

/* GETs a path of the management endpoint.  *out is NULL when the server does not offer it. */
static mb_status get(struct mb_milvus *milvus, const char *path, int64_t timeout_ns, json_t **out,
                     struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_buf url = MB_BUF_INIT(8192);
    mb_buf_printf(&url, "%s%s", milvus->options.management_endpoint, path);
    const struct mb_ask ask = {.over = milvus->management,
                               .url = url.data,
                               .secret = mb_text_starts_with(path, EZ_BACKUP),
                               .timeout_ns = timeout_ns,
                               .max_answer = 1 << 20};
    mb_status status = mb_buf_status(&url, error);
    if (status == MB_OK)
        status = ask_counted(milvus, &ask, path, out, cancel, error);
    if (status == MB_E_UNSUPPORTED) {
        *out = NULL;
        status = MB_OK;
    }
    mb_buf_done(&url);
    return status;
}

mb_status mb_milvus_gc_pause(struct mb_milvus *milvus, int64_t collection_id, unsigned seconds,
                             struct mb_arena *arena, enum mb_gc_result *result, const char **ticket,
                             struct mb_cancel *cancel, struct mb_error *error)
{
    json_t *answer = NULL;
    const char *told = "";

    if (*milvus->options.management_endpoint == '\0') {
        *result = MB_GC_UNSUPPORTED;
        *ticket = "";
        return MB_OK;
    }
    char *path = mb_arena_printf(
        arena, "/management/datacoord/garbage_collection/pause?pause_seconds=%u&collection_id=%lld", seconds,
        (long long)collection_id);
    if (path == NULL)
        return mb_fail_memory(error);
    mb_status status = get(milvus, path, TIMEOUT_NS, &answer, cancel, error);
    if (status != MB_OK)
        return mb_error_context(error, "pause the garbage collection");
    if (answer && json_is_string(json_object_get(answer, "ticket")))
        told = json_string_value(json_object_get(answer, "ticket"));
    char *copy = mb_arena_strdup(arena, told);
    enum mb_gc_result outcome = answer ? MB_GC_DONE : MB_GC_UNSUPPORTED;
    json_decref(answer);
    if (copy == NULL)
        return mb_fail_memory(error);
    *result = outcome;
    *ticket = copy;
    return MB_OK;
}

mb_status mb_milvus_gc_resume(struct mb_milvus *milvus, const char *ticket, enum mb_gc_result *result,
                              struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_buf path;
    json_t *answer = NULL;
    mb_status status;

    mb_buf_init(&path, 8192);
    mb_buf_puts(&path, "/management/datacoord/garbage_collection/resume");
    if (*ticket) {
        mb_buf_puts(&path, "?ticket=");
        mb_url_encode(&path, ticket, "");
    }
    status = mb_buf_status(&path, error);
    if (status == MB_OK)
        status = get(milvus, path.data, RESUME_TIMEOUT_NS, &answer, cancel, error);
    mb_buf_done(&path);
    if (status != MB_OK)
        return mb_error_context(error, "resume the garbage collection");
    *result = answer ? MB_GC_DONE : MB_GC_UNSUPPORTED;
    json_decref(answer);
    return MB_OK;
}

/* ------------------------------------------------------------------ encryption */

static mb_status take_ezk(const struct mb_milvus *milvus, const json_t *answer, struct mb_arena *arena,
                          const char **out, struct mb_error *error)
{
    const char *said = json_string_value(json_object_get(answer, "msg"));
    const char *ezk = json_string_value(json_object_get(answer, "ezk"));
    if (answer == NULL)
        return mb_fail(
            error, MB_E_UNSUPPORTED,
            "nobody hands it out there (check milvus.management.endpoint, backup.gcPause.address in "
            "v1)");
    if (said == NULL || strcmp(said, "OK") != 0)
        return mb_fail(error, MB_E_INTERNAL, "%s",
                       said != NULL ? mb_status_reason(&milvus->peer, said, arena) : "no reason given");
    if (ezk == NULL || *ezk == '\0')
        return mb_fail(error, MB_E_PROTOCOL, "the answer holds none");
    const struct mb_milvus_options *options = &milvus->options;
    mb_log_hide(options->secrets != NULL ? options->secrets : options->log, ezk);
    *out = mb_arena_strdup(arena, ezk);
    return *out != NULL ? MB_OK : mb_fail_memory(error);
}

static mb_status ask_ezk(struct mb_milvus *milvus, const char *db, struct mb_buf *path,
                         struct mb_arena *arena, const char **out, struct mb_cancel *cancel,
                         struct mb_error *error)
{
    json_t *answer = NULL;
    if (*milvus->options.management_endpoint == '\0')
        return mb_fail(
            error, MB_E_CONFIG,
            "set milvus.management.endpoint (backup.gcPause.address in v1), where it is asked for");
    mb_buf_puts(path, EZ_BACKUP "?db_name=");
    mb_url_encode(path, db, "");
    MB_TRY(mb_buf_status(path, error));
    MB_TRY(get(milvus, path->data, TIMEOUT_NS, &answer, cancel, error));
    mb_status status = take_ezk(milvus, answer, arena, out, error);
    json_decref(answer);
    return status;
}

mb_status mb_milvus_backup_ezk(struct mb_milvus *milvus, const char *db, struct mb_arena *arena,
                               const char **out, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_buf path = MB_BUF_INIT(8192);
    mb_status status = ask_ezk(milvus, db, &path, arena, out, cancel, error);
    mb_buf_done(&path);
    return status >= 0 ? status : mb_error_context(error, "the key of database %s, which is encrypted", db);
}
