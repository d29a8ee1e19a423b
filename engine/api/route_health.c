/* GET /healthz, /readyz and /api/v1/health */
#include "api/api.h"
#include "api/reply.h"
#include "api/routes.h"
#include "service/health.h"

/* As the answers call the parts, which are in the order of MB_PART_*. */
static const char *const names[MB_PARTS] = {"milvus", "milvus_storage", "backup_storage"};

void mb_serve_healthz(struct mb_api_call *call)
{
    mb_api_text(call, 200, "text/plain; charset=utf-8", "ok");
}

/* ------------------------------------------------------------------- readyz */

static bool write_ready(struct mb_api_call *call, const struct mb_health_status *status, bool ready)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_json_writer json;
    const struct mb_sink sink = mb_buf_sink(&call->answer.body);
    mb_json_init(&json, &sink);
    mb_json_begin_object(&json, NULL);
    mb_json_bool(&json, "ready", ready);
    for (size_t i = 0; i < MB_PARTS; i++)
        mb_json_bool(&json, names[i], status->parts[i].reachable);
    mb_json_end_object(&json);
    mb_status written = mb_json_finish(&json, &error);
    mb_json_done(&json);
    return written >= 0;
}

/* Whoever asks has no credential, so neither places nor errors are told.  A server that stops takes no work.
 */
static void answer_ready(void *ctx, const struct mb_health_status *status)
{
    struct mb_api_call *call = ctx;
    bool ready = mb_health_is_good(status) && !mb_service_is_stopping(mb_api_service(call->api));
    if (!write_ready(call, status, ready))
        mb_buf_reset(&call->answer.body);
    mb_api_text(call, ready ? 200 : 503, "application/json; charset=utf-8", "");
}

void mb_serve_readyz(struct mb_api_call *call)
{
    mb_health_ask(mb_api_health(call->api), MB_HEALTH_KNOWN_MS, answer_ready, call);
}

/* ------------------------------------------------------------------- health */

struct part {
    bool reachable;
    const char *place, *version, *error;
};

struct answer {
    const struct part *parts[MB_PARTS];
    int64_t checked_ms;
};

static const struct mb_api_field part_fields[] = {
    MB_API_FIELD_ALWAYS(BOOL, "reachable", struct part, reachable, NULL),
    MB_API_FIELD_ALWAYS(STRING, "place", struct part, place, "Where it is."),
    MB_API_FIELD_ALWAYS(STRING, "version", struct part, version, "Of Milvus; empty for a storage."),
    MB_API_FIELD_ALWAYS(STRING, "error", struct part, error, "Why it cannot be reached."),
};
static const struct mb_api_schema part_schema = {MB_API_SCHEMA("HealthPart", struct part, part_fields)};

static const struct mb_api_field fields[] = {
    MB_API_FIELD_OF(OBJECT, "milvus", struct answer, parts[MB_PART_MILVUS], &part_schema, NULL),
    MB_API_FIELD_OF(OBJECT, "milvus_storage", struct answer, parts[MB_PART_MILVUS_STORAGE], &part_schema,
                    NULL),
    MB_API_FIELD_OF(OBJECT, "backup_storage", struct answer, parts[MB_PART_BACKUP_STORAGE], &part_schema,
                    NULL),
    MB_API_FIELD_ALWAYS(INT64, "checked_at", struct answer, checked_ms,
                        "When they were asked, milliseconds since 1970."),
};
const struct mb_api_schema mb_health_schema = {MB_API_SCHEMA("Health", struct answer, fields)};

static void answer_health(void *ctx, const struct mb_health_status *status)
{
    struct mb_api_call *call = ctx;
    struct answer answer = {.checked_ms = status->checked_ms};
    struct part parts[MB_PARTS];
    for (size_t i = 0; i < MB_PARTS; i++) {
        const struct mb_health_part *from = &status->parts[i];
        parts[i] = (struct part){from->reachable, from->place, from->version, from->error};
        answer.parts[i] = &parts[i];
    }
    mb_reply_data(call, "success", &mb_health_schema, &answer);
}

void mb_serve_health(struct mb_api_call *call)
{
    mb_health_ask(mb_api_health(call->api), MB_HEALTH_FRESH_MS, answer_health, call);
}
