#include "base/clock.h"
#include "milvus/ask.h"

#include <stdlib.h>
#include <string.h>

#define IMPORT_TIMEOUT_NS (600 * MB_NS_PER_S)

/* "data" of an answer whose code is 0. */
static mb_status take_data(const struct mb_milvus *milvus, const char *url, const json_t *root, json_t **out,
                           struct mb_error *error)
{
    json_int_t code = json_integer_value(json_object_get(root, "code"));
    const char *message = json_string_value(json_object_get(root, "message"));
    struct mb_server_status told = {.code = (int32_t)code, .reason = message ? message : ""};
    json_t *data = json_object_get(root, "data");
    if (code != 0 && code != 200)
        return mb_status_from_server(&told, &milvus->peer, error);
    if (!json_is_object(data))
        return mb_fail(error, MB_E_PROTOCOL, "%s answered without data", url);
    *out = json_incref(data);
    return MB_OK;
}

struct post {
    struct mb_milvus *milvus;
    struct mb_ask ask;
    bool again; /* may be made again although it may have been done */
    json_t *data;
};

static mb_status post_once(struct post *post, struct mb_cancel *cancel, struct mb_error *error)
{
    json_t *root = NULL;
    MB_TRY(mb_ask_json(post->milvus, &post->ask, &root, cancel, error));
    mb_status status = take_data(post->milvus, post->ask.url, root, &post->data, error);
    json_decref(root);
    return status;
}

static mb_status attempt(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    struct post *post = ctx;
    mb_status status = post_once(post, cancel, error);
    if (status != MB_OK && !post->again)
        error->flags &= ~(uint32_t)MB_ERR_RETRYABLE;
    return status;
}

static mb_status post_text(struct post *post, const char *path, const json_t *body, struct mb_buf *url,
                           char **text, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_attempts attempts = {
        .limited = post->again ? MB_LIMITED_OTHER : MB_LIMITED_IMPORT,
        .policy = {.attempts = 10, .base_ns = 200 * MB_NS_PER_MS, .cap_ns = 3 * MB_NS_PER_S},
        .attempt = attempt,
        .ctx = post,
        .meter = mb_milvus_meter(post->milvus, path),
    };
    mb_buf_printf(url, "%s%s", post->milvus->options.rest_endpoint, path);
    MB_TRY(mb_buf_status(url, error));
    *text = json_dumps(body, JSON_COMPACT);
    if (*text == NULL)
        return mb_fail_memory(error);
    post->ask.over = post->milvus->rest;
    post->ask.url = url->data;
    post->ask.body = *text;
    post->ask.authorized = true;
    post->ask.max_answer = (size_t)64 << 20;
    return mb_limits_attempts(post->milvus->limits, &attempts, cancel, error);
}

/* POSTs body, which it gives back and may be NULL without memory, to the REST endpoint.  The caller gives
 * *data back.  What must not be done twice is made again only after a limit. */
static mb_status post(struct post *post, const char *path, json_t *body, struct mb_cancel *cancel,
                      struct mb_error *error)
{
    struct mb_buf url = MB_BUF_INIT(8192);
    char *text = NULL;
    mb_status status = body ? post_text(post, path, body, &url, &text, cancel, error) : mb_fail_memory(error);
    json_decref(body);
    free(text);
    mb_buf_done(&url);
    return status;
}

/* ------------------------------------------------------------------ segments */

static mb_status take_ids(const json_t *array, struct mb_arena *arena, struct mb_ids *out,
                          struct mb_error *error)
{
    size_t count = json_array_size(array);
    int64_t *items = mb_arena_alloc(arena, count + 1, sizeof *items);
    if (items == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < count; i++)
        items[i] = json_integer_value(json_array_get(array, i));
    *out = (struct mb_ids){.items = items, .count = count};
    return MB_OK;
}

static mb_status take_logs(const json_t *array, struct mb_arena *arena, struct mb_segment_field_logs **out,
                           size_t *count, struct mb_error *error)
{
    size_t n = json_array_size(array);
    struct mb_segment_field_logs *logs = mb_arena_alloc(arena, n + 1, sizeof *logs);
    if (logs == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < n; i++) {
        const json_t *entry = json_array_get(array, i);
        logs[i].field_id = json_integer_value(json_object_get(entry, "fieldID"));
        MB_TRY(take_ids(json_object_get(entry, "logIDs"), arena, &logs[i].log_ids, error));
    }
    *out = logs;
    *count = n;
    return MB_OK;
}

static mb_status take_segment(const json_t *data, struct mb_arena *arena, struct mb_segment_logs *out,
                              struct mb_error *error)
{
    struct mb_segment_logs logs = {0};
    const json_t *info = json_array_get(json_object_get(data, "segmentInfos"), 0);
    if (!json_is_object(info))
        return mb_fail(error, MB_E_NOT_FOUND, "the answer holds no such segment");
    MB_TRY(
        take_logs(json_object_get(info, "insertLogs"), arena, &logs.insert_logs, &logs.insert_count, error));
    MB_TRY(take_logs(json_object_get(info, "deltaLogs"), arena, &logs.delta_logs, &logs.delta_count, error));
    const char *channel = json_string_value(json_object_get(info, "vChannel"));
    logs.virtual_channel = mb_arena_strdup(arena, channel ? channel : "");
    if (logs.virtual_channel == NULL)
        return mb_fail_memory(error);
    *out = logs;
    return MB_OK;
}

mb_status mb_milvus_describe_segment(struct mb_milvus *milvus, const char *db, int64_t collection_id,
                                     int64_t segment_id, struct mb_arena *arena, struct mb_segment_logs *out,
                                     struct mb_cancel *cancel, struct mb_error *error)
{
    struct post ask = {.milvus = milvus, .again = true, .ask.timeout_ns = milvus->options.call_timeout_ns};

    if (!milvus->info.can[MB_MILVUS_DESCRIBE_SEGMENT] || *milvus->options.rest_endpoint == '\0')
        return mb_fail(error, MB_E_UNSUPPORTED, "this Milvus does not describe segments");
    json_t *body = json_pack("{s:s, s:I, s:[I]}", "dbName", mb_db_name(db), "collectionId",
                             (json_int_t)collection_id, "segmentIds", (json_int_t)segment_id);
    mb_status status = post(&ask, "/v2/vectordb/segments/describe", body, cancel, error);
    if (status == MB_OK)
        status = take_segment(ask.data, arena, out, error);
    json_decref(ask.data);
    return status == MB_OK ? MB_OK : mb_error_context(error, "describe segment %lld", (long long)segment_id);
}

/* --------------------------------------------------------------------- jobs */

static json_t *files_to_json(const struct mb_import_job *job)
{
    json_t *all = json_array();
    for (size_t i = 0; i < job->file_count; i++) {
        json_t *one = json_array();
        for (size_t k = 0; k < job->files[i].count; k++)
            json_array_append_new(one, json_string(job->files[i].items[k]));
        json_array_append_new(all, one);
    }
    return all;
}

static json_t *job_to_json(const struct mb_import_job *job)
{
    json_t *options = json_object();
    for (size_t i = 0; i < job->options.count; i++)
        json_object_set_new(options, job->options.items[i].key, json_string(job->options.items[i].value));
    json_t *body = json_pack("{s:s, s:s, s:o, s:o}", "dbName", mb_db_name(job->db), "collectionName",
                             job->collection, "files", files_to_json(job), "options", options);
    if (body && job->partition && *job->partition)
        json_object_set_new(body, "partitionName", json_string(job->partition));
    return body;
}

/* jansson tells a number and a text apart; servers have sent job ids as both. */
static const char *copy_id(const json_t *value, struct mb_arena *arena)
{
    if (json_is_integer(value))
        return mb_arena_printf(arena, "%lld", (long long)json_integer_value(value));
    return mb_arena_strdup(arena, json_is_string(value) ? json_string_value(value) : "");
}

static mb_status take_job_id(const json_t *data, struct mb_arena *arena, const char **job_id,
                             struct mb_error *error)
{
    const char *id = copy_id(json_object_get(data, "jobId"), arena);
    if (id == NULL)
        return mb_fail_memory(error);
    if (*id == '\0')
        return mb_fail(error, MB_E_PROTOCOL, "the answer names no job");
    *job_id = id;
    return MB_OK;
}

mb_status mb_milvus_import_job(struct mb_milvus *milvus, const struct mb_import_job *job,
                               struct mb_arena *arena, const char **job_id, struct mb_cancel *cancel,
                               struct mb_error *error)
{
    struct post ask = {.milvus = milvus, .ask = {.within = "600", .timeout_ns = IMPORT_TIMEOUT_NS}};
    mb_status status = post(&ask, "/v2/vectordb/jobs/import/create", job_to_json(job), cancel, error);
    if (status == MB_OK)
        status = take_job_id(ask.data, arena, job_id, error);
    json_decref(ask.data);
    return status == MB_OK
               ? MB_OK
               : mb_error_context(error, "import into %s.%s", mb_db_name(job->db), job->collection);
}

static enum mb_import_phase phase_of(const char *state)
{
    if (strcmp(state, "Completed") == 0)
        return MB_IMPORT_COMPLETED;
    if (strcmp(state, "Failed") == 0)
        return MB_IMPORT_FAILED;
    return *state ? MB_IMPORT_RUNNING : MB_IMPORT_UNKNOWN;
}

static mb_status take_job_state(const struct mb_peer *peer, const json_t *data, struct mb_arena *arena,
                                struct mb_import_state *out, struct mb_error *error)
{
    json_int_t percent = json_integer_value(json_object_get(data, "progress"));
    json_int_t rows = json_integer_value(json_object_get(data, "importedRows"));
    const char *state = json_string_value(json_object_get(data, "state"));
    const char *reason = json_string_value(json_object_get(data, "reason"));
    struct mb_import_state told = {
        .percent = percent < 0     ? 0
                   : percent > 100 ? 100
                                   : (int32_t)percent,
        .rows = rows,
        .state = mb_arena_strdup(arena, state ? state : ""),
        .reason = mb_status_reason(peer, reason ? reason : "", arena),
        .detail = mb_arena_strdup(arena, reason ? reason : ""),
    };
    if (told.state == NULL || told.reason == NULL || told.detail == NULL)
        return mb_fail_memory(error);
    told.phase = phase_of(told.state);
    *out = told;
    return MB_OK;
}

mb_status mb_milvus_import_job_state(struct mb_milvus *milvus, const char *db, const char *job_id,
                                     struct mb_arena *arena, struct mb_import_state *out,
                                     struct mb_cancel *cancel, struct mb_error *error)
{
    struct post ask = {.milvus = milvus, .again = true, .ask.timeout_ns = milvus->options.call_timeout_ns};
    json_t *body = json_pack("{s:s, s:s}", "dbName", mb_db_name(db), "jobId", job_id);
    mb_status status = post(&ask, "/v2/vectordb/jobs/import/describe", body, cancel, error);
    if (status == MB_E_NOT_FOUND) {
        *out = (struct mb_import_state){.phase = MB_IMPORT_UNKNOWN, .state = "", .reason = ""};
        return MB_OK;
    }
    if (status == MB_OK)
        status = take_job_state(&milvus->peer, ask.data, arena, out, error);
    json_decref(ask.data);
    return status == MB_OK ? MB_OK : mb_error_context(error, "ask for the state of import job %s", job_id);
}
