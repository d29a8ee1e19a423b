/* option.h - the table of every key: names in both schemas, default, environment, inheritance, help.
 *
 * Reading, checking, `config show`, help and masking are all driven by it. */
#ifndef MB_CONFIG_OPTION_H
#define MB_CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The keys of one side of storage; each stands twice in enum mb_option_id. */
enum mb_storage_field {
    MB_FIELD_TYPE,
    MB_FIELD_ADDRESS,
    MB_FIELD_PORT,
    MB_FIELD_REGION,
    MB_FIELD_USE_SSL,
    MB_FIELD_ACCOUNT_NAME,
    MB_FIELD_BUCKET,
    MB_FIELD_ROOT_PATH,
    MB_FIELD_LOCAL_PATH,
    MB_FIELD_MILVUS_ADDRESS,
    MB_FIELD_MILVUS_PORT,
    MB_FIELD_USE_IAM, /* v1 only */
    MB_FIELD_AUTH_TYPE,
    MB_FIELD_ACCESS_KEY_ID,
    MB_FIELD_SECRET_ACCESS_KEY,
    MB_FIELD_SESSION_TOKEN,
    MB_FIELD_ACCOUNT_KEY,
    MB_FIELD_CREDENTIALS_FILE,
    MB_FIELD_AUTH_ENDPOINT,
    MB_FIELD_COUNT
};

enum mb_option_id {
    MB_ID_LOG_LEVEL,
    MB_ID_LOG_CONSOLE,
    MB_ID_LOG_FORMAT,
    MB_ID_LOG_PATH,
    MB_ID_LOG_MAX_SIZE,
    MB_ID_LOG_MAX_DAYS,
    MB_ID_LOG_MAX_BACKUPS,
    MB_ID_HTTP_ENABLED, /* v1 only */
    MB_ID_DEBUG_MODE,
    MB_ID_SWAGGER_BASE_PATH,
    MB_ID_SERVER_ADDRESS,
    MB_ID_SERVER_PORT,
    MB_ID_SERVER_GRPC_PORT,
    MB_ID_SERVER_STATE_DIR,
    MB_ID_SERVER_SHUTDOWN_TIMEOUT,
    MB_ID_SERVER_TASKS,
    MB_ID_SERVER_QUEUE,
    MB_ID_SERVER_HISTORY,
    MB_ID_SERVER_CONNECTIONS,
    MB_ID_SERVER_BODY_LIMIT,
    MB_ID_SERVER_REQUEST_TIMEOUT,
    MB_ID_SERVER_ALLOW_UNAUTHENTICATED,
    MB_ID_SERVER_CREDENTIALS_FILE,
    MB_ID_SERVER_TLS_CERT,
    MB_ID_SERVER_TLS_KEY,
    MB_ID_SERVER_TLS_CLIENT_CA,
    MB_ID_SERVER_BUCKETS,
    MB_ID_SERVER_ROOT_PATHS,
    MB_ID_USER,
    MB_ID_PASSWORD,
    MB_ID_AUTHORIZATION, /* v1 only */
    MB_ID_ADDRESS,
    MB_ID_PORT,
    MB_ID_TLS_MODE,
    MB_ID_CA_CERT,
    MB_ID_SERVER_NAME,
    MB_ID_MTLS_CERT,
    MB_ID_MTLS_KEY,
    MB_ID_REST_ENDPOINT,
    MB_ID_MANAGEMENT_ENDPOINT,
    MB_ID_RPC_CHANNEL,
    MB_ID_ETCD_ENDPOINTS,
    MB_ID_ETCD_ROOT,
    MB_ID_MILVUS_STORAGE,
    MB_ID_BACKUP_STORAGE = MB_ID_MILVUS_STORAGE + MB_FIELD_COUNT,
    MB_ID_BACKUP_COLLECTIONS = MB_ID_BACKUP_STORAGE + MB_FIELD_COUNT,
    MB_ID_BACKUP_SEGMENTS,
    MB_ID_PAUSE_GC,
    MB_ID_RESTORE_COLLECTIONS,
    MB_ID_IMPORT_JOBS,
    MB_ID_SEGMENTS_PER_JOB,
    MB_ID_KEEP_TEMP_FILES,
    MB_ID_TRANSFER_MODE,
    MB_ID_CROSS_STORAGE, /* v1 only */
    MB_ID_TRANSFER_CONCURRENCY,
    MB_ID_COPY_THRESHOLD,
    MB_ID_MEMORY,
    MB_ID_PATIENCE,
    MB_ID_CLOUD_ENDPOINT,
    MB_ID_CLOUD_API_KEY,
    MB_ID_COUNT
};

enum mb_option_type { MB_KEY_TEXT, MB_KEY_INT, MB_KEY_BOOL, MB_KEY_LIST };

enum {
    MB_OPTION_SECRET = 1u << 0,
    MB_OPTION_INHERITS = 1u << 1,   /* from the same field of Milvus' side */
    MB_OPTION_INHERITS_2 = 1u << 2, /* in schema v2 only */
    MB_OPTION_ALIAS_FIRST = 1u << 3 /* alias[0] outranks the name when both are given */
};

struct mb_config_option {
    const char *parameter;      /* "Milvus.Grpc.Address", what `config show` calls it */
    const char *name[2];        /* key in v1 and v2; NULL where a schema lacks it */
    const char *alias[2];       /* further v1 keys, which the name outranks */
    const char *environment[2]; /* in v1 and v2 */
    enum mb_option_type type;
    unsigned flags;
    const char *def;  /* as text, "" for none */
    int64_t min, max; /* of MB_KEY_INT */
    const char *help;
};

extern const struct mb_config_option mb_config_options[MB_ID_COUNT];

/* Is the option's value taken from Milvus' side when it is not set?  schema is 1 or 2. */
bool mb_option_inherits(size_t id, unsigned schema);

/* Keys of older releases that have no effect any more. */
struct mb_old_key {
    const char *name;
    const char *note; /* NULL where nothing needs saying */
};

extern const struct mb_old_key mb_old_keys[];
extern const size_t mb_old_key_count;

/* Maps of free options for the driver: "minio.options" and so on, by schema - 1 and side (0 Milvus, 1
 * backup). */
extern const char *const mb_free_maps[2][2];

/* The list of what the server backs up by itself, in both schemas. */
#define MB_SCHEDULES "schedules"

#endif
