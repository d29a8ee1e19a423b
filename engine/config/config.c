#include "config/config.h"

#include "base/arena.h"
#include "base/log.h"
#include "config/collect.h"
#include "config/kept.h"
#include "config/schedule.h"
#include "config/show.h"
#include "config/storage.h"
#include "config/typed.h"

#include <stdlib.h>
#include <string.h>

enum { MIB = 1 << 20 };

static int resolve_level(struct mb_settings *settings)
{
    static const char *const fatal[] = {"dpanic", "panic", "fatal"};
    const char *text = mb_settings_text(settings, MB_ID_LOG_LEVEL);
    int level = MB_LOG_INFO;

    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        if (mb_text_equal_nocase(text, fatal[i]))
            return MB_LOG_ERROR;
    if (!mb_log_level_parse(text, &level))
        mb_settings_problem(settings, MB_ID_LOG_LEVEL, "%s is not one of error, warn, info, debug or trace",
                            mb_quote(settings->arena, text));
    return level;
}

static void resolve_log(struct mb_settings *settings, struct mb_config_log *out)
{
    static const char *const formats[] = {"text", "json", "console"}; /* the last as in old files: text */
    *out = (struct mb_config_log){
        .level = resolve_level(settings),
        .console = mb_settings_bool(settings, MB_ID_LOG_CONSOLE),
        .json = mb_settings_choice(settings, MB_ID_LOG_FORMAT, formats, 3) == 1,
        .path = mb_settings_text(settings, MB_ID_LOG_PATH),
        .max_bytes = (uint64_t)mb_settings_int(settings, MB_ID_LOG_MAX_SIZE) * MIB,
        .max_days = (unsigned)mb_settings_int(settings, MB_ID_LOG_MAX_DAYS),
        .max_files = (unsigned)mb_settings_int(settings, MB_ID_LOG_MAX_BACKUPS),
    };
}

static void resolve_tls(struct mb_settings *settings, struct mb_config_milvus *out)
{
    static const char *const modes[] = {"disabled", "server", "mutual"};

    if (settings->schema == 2 && strspn(mb_settings_text(settings, MB_ID_TLS_MODE), "0123456789") > 0) {
        mb_settings_problem(settings, MB_ID_TLS_MODE,
                            "takes a word in schema v2: disabled (0), server (1) or mutual (2)");
        return;
    }
    out->tls = (enum mb_config_tls)mb_settings_choice(settings, MB_ID_TLS_MODE, modes, 3);
    if (out->tls != MB_CONFIG_TLS_MUTUAL)
        return;
    for (size_t id = MB_ID_MTLS_CERT; id <= MB_ID_MTLS_KEY; id++)
        if (*mb_settings_text(settings, id) == '\0')
            mb_settings_problem(settings, id, "is empty, but two-way TLS needs it");
}

/* The proxy answers REST on its gRPC port. */
static const char *resolve_rest(struct mb_settings *settings, const struct mb_config_milvus *milvus)
{
    const char *url = mb_settings_url(settings, MB_ID_REST_ENDPOINT);
    bool v6 = strchr(milvus->address, ':') != NULL;

    if (*url != '\0')
        return url;
    return mb_settings_keep(
        settings, mb_arena_printf(settings->arena, "%s://%s%s%s:%u",
                                  milvus->tls == MB_CONFIG_TLS_DISABLED ? "http" : "https", v6 ? "[" : "",
                                  milvus->address, v6 ? "]" : "", (unsigned)milvus->port));
}

static void resolve_credentials(struct mb_settings *settings, struct mb_config_milvus *out)
{
    const char *user = mb_settings_text(settings, MB_ID_USER);
    const char *password = mb_settings_text(settings, MB_ID_PASSWORD);
    bool send = mb_settings_bool(settings, MB_ID_AUTHORIZATION);

    out->user = send ? user : "";
    out->password = send ? password : "";
    if (!send && (*user != '\0' || *password != '\0'))
        mb_report_add(settings->report, MB_CONFIG_NOTE, NULL,
                      "milvus.user and milvus.password are not sent because milvus.authorizationEnabled is "
                      "false");
}

static void resolve_milvus(struct mb_settings *settings, struct mb_config_milvus *out)
{
    out->address = mb_settings_host(settings, MB_ID_ADDRESS);
    out->port = (uint16_t)mb_settings_int(settings, MB_ID_PORT);
    resolve_credentials(settings, out);
    resolve_tls(settings, out);
    out->ca_cert_path = mb_settings_text(settings, MB_ID_CA_CERT);
    out->server_name = mb_settings_text(settings, MB_ID_SERVER_NAME);
    out->mtls_cert_path = mb_settings_text(settings, MB_ID_MTLS_CERT);
    out->mtls_key_path = mb_settings_text(settings, MB_ID_MTLS_KEY);
    out->rest_endpoint = resolve_rest(settings, out);
    out->management_endpoint = mb_settings_url(settings, MB_ID_MANAGEMENT_ENDPOINT);
    out->rpc_channel_name = mb_settings_text(settings, MB_ID_RPC_CHANNEL);
    out->etcd_endpoints = mb_settings_list(settings, MB_ID_ETCD_ENDPOINTS);
    out->etcd_root_path = mb_settings_text(settings, MB_ID_ETCD_ROOT);
}

static void resolve_server(struct mb_settings *settings, struct mb_config_server *out)
{
    *out = (struct mb_config_server){
        .enabled = mb_settings_bool(settings, MB_ID_HTTP_ENABLED),
        .debug_mode = mb_settings_bool(settings, MB_ID_DEBUG_MODE),
        .swagger_base_path = mb_settings_text(settings, MB_ID_SWAGGER_BASE_PATH),
        .address = mb_settings_host(settings, MB_ID_SERVER_ADDRESS),
        .port = (uint16_t)mb_settings_int(settings, MB_ID_SERVER_PORT),
        .grpc_port = (uint16_t)mb_settings_int(settings, MB_ID_SERVER_GRPC_PORT),
        .state_dir = mb_settings_text(settings, MB_ID_SERVER_STATE_DIR),
        .shutdown_seconds = (unsigned)mb_settings_int(settings, MB_ID_SERVER_SHUTDOWN_TIMEOUT),
        .request_seconds = (unsigned)mb_settings_int(settings, MB_ID_SERVER_REQUEST_TIMEOUT),
        .tasks = (unsigned)mb_settings_int(settings, MB_ID_SERVER_TASKS),
        .queue = (unsigned)mb_settings_int(settings, MB_ID_SERVER_QUEUE),
        .history = (unsigned)mb_settings_int(settings, MB_ID_SERVER_HISTORY),
        .connections = (unsigned)mb_settings_int(settings, MB_ID_SERVER_CONNECTIONS),
        .body_limit = (uint64_t)mb_settings_int(settings, MB_ID_SERVER_BODY_LIMIT) * MIB,
        .allow_unauthenticated = mb_settings_bool(settings, MB_ID_SERVER_ALLOW_UNAUTHENTICATED),
        .credentials_file = mb_settings_text(settings, MB_ID_SERVER_CREDENTIALS_FILE),
        .tls_cert = mb_settings_text(settings, MB_ID_SERVER_TLS_CERT),
        .tls_key = mb_settings_text(settings, MB_ID_SERVER_TLS_KEY),
        .tls_client_ca = mb_settings_text(settings, MB_ID_SERVER_TLS_CLIENT_CA),
        .buckets = mb_settings_list(settings, MB_ID_SERVER_BUCKETS),
        .root_paths = mb_settings_list(settings, MB_ID_SERVER_ROOT_PATHS),
    };
    if ((*out->tls_cert == '\0') != (*out->tls_key == '\0'))
        mb_settings_problem(settings, *out->tls_cert == '\0' ? MB_ID_SERVER_TLS_CERT : MB_ID_SERVER_TLS_KEY,
                            "is empty, but TLS needs both a certificate and its key");
    if (*out->tls_client_ca != '\0' && *out->tls_cert == '\0')
        mb_settings_problem(settings, MB_ID_SERVER_TLS_CLIENT_CA,
                            "needs server.tls.certPath: clients show certificates over TLS alone");
}

static void resolve_cloud(struct mb_settings *settings, struct mb_config_cloud *out)
{
    const char *variable = mb_config_options[MB_ID_CLOUD_API_KEY].environment[settings->schema - 1];

    *out = (struct mb_config_cloud){
        .endpoint = mb_settings_url(settings, MB_ID_CLOUD_ENDPOINT),
        .api_key = mb_settings_text(settings, MB_ID_CLOUD_API_KEY),
        .endpoint_name = mb_settings_key(settings, MB_ID_CLOUD_ENDPOINT),
        .api_key_name = mb_settings_key(settings, MB_ID_CLOUD_API_KEY),
        .api_key_variable = variable != NULL ? variable : "",
    };
}

static void resolve_work(struct mb_settings *settings, struct mb_config *out)
{
    static const char *const modes[] = {"auto", "direct", "streaming"};

    resolve_server(settings, &out->server);
    out->backup = (struct mb_config_backup){
        .collections = (unsigned)mb_settings_int(settings, MB_ID_BACKUP_COLLECTIONS),
        .segments = (unsigned)mb_settings_int(settings, MB_ID_BACKUP_SEGMENTS),
        .gc_pause = {.enabled = mb_settings_bool(settings, MB_ID_PAUSE_GC)},
    };
    out->restore = (struct mb_config_restore){
        .collections = (unsigned)mb_settings_int(settings, MB_ID_RESTORE_COLLECTIONS),
        .import_jobs = (unsigned)mb_settings_int(settings, MB_ID_IMPORT_JOBS),
        .max_segments_per_import_job = (unsigned)mb_settings_int(settings, MB_ID_SEGMENTS_PER_JOB),
        .keep_temp_files = mb_settings_bool(settings, MB_ID_KEEP_TEMP_FILES),
    };
    out->transfer = (struct mb_config_transfer){
        .mode = (enum mb_config_transfer_mode)mb_settings_choice(settings, MB_ID_TRANSFER_MODE, modes, 3),
        .concurrency = (unsigned)mb_settings_int(settings, MB_ID_TRANSFER_CONCURRENCY),
        .memory_bytes = (uint64_t)mb_settings_int(settings, MB_ID_MEMORY) * MIB,
        .multipart_copy_threshold = (uint64_t)mb_settings_int(settings, MB_ID_COPY_THRESHOLD) * MIB,
        .patience_seconds = (unsigned)mb_settings_int(settings, MB_ID_PATIENCE),
    };
    resolve_cloud(settings, &out->cloud);
}

/* 0.5 and later kept backups under Milvus' own root path when nothing was said; that is not repeated. */
static void warn_of_default_root(struct mb_settings *settings)
{
    const struct mb_setting *root = &settings->items[MB_ID_BACKUP_STORAGE + MB_FIELD_ROOT_PATH];

    if (settings->schema == 1 && *settings->path != '\0' && root->source == MB_FROM_DEFAULT)
        mb_report_add(
            settings->report, MB_CONFIG_WARNING, settings->path,
            "minio.backupRootPath is not set: backups are kept under 'backup'; releases 0.5 and later "
            "of the Go program kept them under minio.rootPath ('%s'), so set it to that to find "
            "theirs",
            mb_settings_text(settings, MB_ID_MILVUS_STORAGE + MB_FIELD_ROOT_PATH));
}

static void resolve(struct mb_settings *settings, const char *folder, struct mb_config *out)
{
    out->schema = settings->schema;
    out->path = settings->path;
    resolve_log(settings, &out->log);
    resolve_milvus(settings, &out->milvus);
    resolve_work(settings, out);
    mb_storage_resolve(settings, MB_ID_MILVUS_STORAGE, folder, &out->milvus_storage);
    mb_storage_resolve(settings, MB_ID_BACKUP_STORAGE, folder, &out->backup_storage);
    mb_storage_check_overlap(settings, &out->milvus_storage, &out->backup_storage);
    warn_of_default_root(settings);
    mb_schedules_resolve(settings);
    out->schedules = settings->schedules;
    out->schedule_count = settings->schedule_count;
    out->secrets = mb_config_secrets(settings);
    out->values = mb_config_values_make(settings);
    if (out->values == NULL)
        mb_settings_keep(settings, NULL);
}

static mb_status load(struct mb_config *config, const struct mb_config_sources *sources,
                      struct mb_config_report *report, struct mb_error *error)
{
    struct mb_config_kept *kept = mb_arena_alloc(config->arena, 1, sizeof *kept);
    struct mb_settings *settings = NULL;

    if (kept == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_config_keep(config->arena, sources, kept, error));
    config->kept = kept;
    MB_TRY(mb_settings_begin(config->arena, report, kept, &sources->words, &settings, error));
    if (mb_settings_collect(settings, kept))
        resolve(settings, kept->folder, config);
    return mb_report_status(report, error);
}

mb_status mb_config_load(struct mb_config **out, const struct mb_config_sources *sources,
                         struct mb_config_report *report, struct mb_error *error)
{
    MB_TRY(mb_report_init(report, error));
    struct mb_config *config = calloc(1, sizeof *config);
    if (config == NULL || (config->arena = mb_arena_new()) == NULL) {
        mb_config_free(config);
        return mb_fail_memory(error);
    }
    mb_status status = load(config, sources, report, error);
    if (status != MB_OK) {
        mb_config_free(config);
        return status;
    }
    *out = config;
    return MB_OK;
}

void mb_config_free(struct mb_config *config)
{
    if (config == NULL)
        return;
    mb_arena_free(config->arena);
    free(config);
}
