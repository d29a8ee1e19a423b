/* config.h - backup.yaml, the environment and overrides as one checked struct.
 *
 * Two schemas of keys are read: v1 (the default) and v2 ("configVersion: v2").  What the struct holds does
 * not depend on the schema.  Precedence: overrides, environment, file, default. */
#ifndef MB_CONFIG_CONFIG_H
#define MB_CONFIG_CONFIG_H

#include "base/error.h"
#include "base/text.h"

/* All strings live as long as the struct and are never NULL unless said otherwise. */

struct mb_config_log {
    int level; /* MB_LOG_* */
    bool console, json;
    const char *path; /* "" for no file */
    uint64_t max_bytes;
    unsigned max_days;
    unsigned max_files;
};

struct mb_config_server {
    bool enabled;
    bool debug_mode;
    const char *swagger_base_path;
    const char *address;
    uint16_t port, grpc_port; /* 0: a free one; none */
    const char *state_dir;    /* "" for none */
    unsigned shutdown_seconds, request_seconds;
    unsigned tasks, queue, history, connections;
    uint64_t body_limit;
    bool allow_unauthenticated;
    const char *credentials_file, *tls_cert, *tls_key, *tls_client_ca; /* "" for none */
    struct mb_strings buckets, root_paths;
};

enum mb_config_tls {
    MB_CONFIG_TLS_DISABLED,
    MB_CONFIG_TLS_SERVER, /* the server shows a certificate */
    MB_CONFIG_TLS_MUTUAL  /* so do we */
};

struct mb_config_milvus {
    const char *address; /* host or address, an IPv6 one without brackets */
    uint16_t port;
    const char *user; /* both "" when nothing is to be sent */
    const char *password;
    enum mb_config_tls tls;
    const char *ca_cert_path;
    const char *server_name;
    const char *mtls_cert_path;
    const char *mtls_key_path;
    const char *rest_endpoint;       /* "http://localhost:19530", no slash at its end */
    const char *management_endpoint; /* "http://localhost:9091", no slash at its end; "" for none */
    const char *rpc_channel_name;
    struct mb_strings etcd_endpoints;
    const char *etcd_root_path;
};

/* The keys to name when this side of the configuration is at fault, in the schema that is in use:
 * "minio.backupBucketName", "backup.storage.bucketName".  Where the backup's side took over what was said for
 * Milvus' side, Milvus' key.  On local disk, which has neither, bucket is the root path's key and address the
 * storage type's. */
struct mb_config_storage_keys {
    const char *storage_type;
    const char *address;
    const char *port;
    const char *use_ssl;
    const char *bucket;
    const char *root_path;
    const char *access_key;
    const char *secret_key;
    const char *session_token;
};

/* One side: where Milvus keeps its data, or where backups go. */
struct mb_config_storage {
    const char *driver; /* the plugin to load, normalised: "minio" */
    const char *bucket; /* "" where the driver knows none */
    const char *prefix; /* root path inside the store: no slash at either end; "" is the store's top */
    const char
        *root_path; /* what keys begin with in Milvus' own eyes: prefix, or the absolute folder of files */
    const char *import_root; /* the same as the Milvus server sees it; another folder only with localPath */
    const char *milvus_address;  /* how Milvus reaches this store where that differs; or "" */
    uint16_t milvus_port;        /* 0 without milvus_address */
    const char *place;           /* for people: "minio localhost:9000, bucket a-bucket, path files" */
    const struct mb_kv *options; /* for mb_storage_open */
    size_t option_count;
    struct mb_config_storage_keys keys;
    const struct mb_provider *provider; /* of what its driver wraps, too; NULL for a third party's */
};

struct mb_config_gc_pause {
    bool enabled; /* the address is milvus.management_endpoint */
};

struct mb_config_backup {
    unsigned collections; /* at once */
    unsigned segments;
    struct mb_config_gc_pause gc_pause;
};

struct mb_config_restore {
    unsigned collections; /* at once */
    unsigned import_jobs;
    unsigned max_segments_per_import_job;
    bool keep_temp_files;
};

enum mb_config_transfer_mode {
    MB_CONFIG_TRANSFER_AUTO,
    MB_CONFIG_TRANSFER_DIRECT,   /* inside the service or not at all */
    MB_CONFIG_TRANSFER_STREAMING /* through this process */
};

struct mb_config_transfer {
    enum mb_config_transfer_mode mode;
    unsigned concurrency;
    uint64_t memory_bytes;
    uint64_t multipart_copy_threshold; /* bytes */
    unsigned patience_seconds;         /* with storages that show writes late */
};

enum mb_config_strategy {
    MB_CONFIG_STRATEGY_DEFAULT,
    MB_CONFIG_STRATEGY_META_ONLY,
    MB_CONFIG_STRATEGY_SKIP_FLUSH,
    MB_CONFIG_STRATEGY_SERIAL_FLUSH,
    MB_CONFIG_STRATEGY_BULK_FLUSH
};

enum mb_config_format { MB_CONFIG_FORMAT_AUTO, MB_CONFIG_FORMAT_BINLOG, MB_CONFIG_FORMAT_SNAPSHOT };

struct mb_config_retention {
    unsigned last, daily, weekly, monthly; /* 0 for no such rule */
    const char *within;                    /* "7d"; "" likewise */
};

/* What the server backs up by itself. */
struct mb_config_schedule {
    const char *name;
    const char *cron;
    const char *timezone;
    const char *backup_name; /* "nightly_%Y%m%d_%H%M%S", in that time zone */
    const char *filter;      /* "" for none; one of these three at most */
    struct mb_strings collections, databases;
    enum mb_config_strategy strategy;
    const char *strategy_name; /* "skip_flush"; "" for the default */
    enum mb_config_format format;
    const char *format_name; /* "auto" */
    bool enabled;
    unsigned retries;        /* of a run that failed */
    unsigned retry_seconds;  /* until each of them */
    const char *retry_after; /* the same, as it was written */
    struct mb_config_retention retention;
    const char *where; /* "configs/backup.yaml:12:3" */
};

struct mb_config_cloud {
    const char *endpoint;
    const char *api_key;
    /* What to name when one is at fault: the keys of the schema in use, and the variable of the environment
     * for the API key, "" for none. */
    const char *endpoint_name, *api_key_name, *api_key_variable;
};

struct mb_config {
    const char *path; /* the file that was read; "" for none */
    unsigned schema;  /* 1 or 2 */
    struct mb_config_log log;
    struct mb_config_server server;
    struct mb_config_milvus milvus;
    struct mb_config_storage milvus_storage;
    struct mb_config_storage backup_storage;
    struct mb_config_backup backup;
    struct mb_config_restore restore;
    struct mb_config_transfer transfer;
    struct mb_config_cloud cloud;
    struct mb_config_schedule *schedules;
    size_t schedule_count;
    struct mb_strings secrets; /* for mb_log_hide */
    struct mb_config_values *values;
    const struct mb_config_kept *kept; /* see kept.h */
    struct mb_arena *arena;
};

/* How the front end calls what only it has, for messages; a member may be NULL. */
struct mb_config_words {
    const char *overrides; /* a flag, say: stands in front of a key, or alone */
    const char *no_file;   /* "leave the path empty": what to do to have no file read */
    const char *drivers;   /* what lists the drivers that are installed */
};

struct mb_config_sources {
    /* Another configuration: what that was made of, and sets behind its own.  Of the other members words
     * alone counts then; or NULL. */
    const struct mb_config *like;
    const char *path;        /* "" reads no file */
    const char *const *sets; /* overrides, items "key=value"; the last one wins */
    size_t set_count;
    const char *const *environment; /* "NAME=value", NULL at the end; or NULL for none */
    const char *folder;             /* absolute; relative paths start here; NULL for the working folder */
    struct mb_config_words words;
};

enum mb_config_notice_kind {
    MB_CONFIG_PROBLEM, /* loading fails */
    MB_CONFIG_WARNING, /* probably not what was meant */
    MB_CONFIG_NOTE     /* for the log */
};

struct mb_config_notice {
    enum mb_config_notice_kind kind;
    const char *text; /* "backup.yaml:12:9: minio.port is 'x', which is no whole number" */
};

/* What was found while reading, in the order of the sources. */
struct mb_config_report {
    struct mb_config_notice *items;
    size_t count;
    size_t problems;
    struct mb_arena *arena;
};

/* Reads, merges and checks.  The report is filled whatever is returned and given back with
 * mb_config_report_done; error holds the first problem and how many more there are.  MB_E_CONFIG when
 * something is wrong with the sources, MB_E_NOT_FOUND when the file is nowhere. */
mb_status mb_config_load(struct mb_config **out, const struct mb_config_sources *sources,
                         struct mb_config_report *report, struct mb_error *error);
void mb_config_free(struct mb_config *config);
void mb_config_report_done(struct mb_config_report *report);

/* The driver that a spelling of storageType stands for: "aws" is "s3".  NULL for a name that is none of ours.
 */
const char *mb_config_driver_of(const char *storage_type);

/* The same, NULL also for a service that is not opened by an access key or a token. */
const char *mb_config_key_driver_of(const char *storage_type);

/* One row of `config show`. */
struct mb_config_value {
    const char *parameter;  /* "Milvus.Grpc.Address" */
    const char *key;        /* in the schema that is in use */
    const char *value;      /* a secret's is masked */
    const char *source;     /* "override", "env", "config", "default" */
    const char *source_key; /* the key or environment variable it came by, "" for a default */
    const char *where;      /* "configs/backup.yaml:12:9", "" elsewhere */
};

size_t mb_config_value_count(const struct mb_config *config);
struct mb_config_value mb_config_value_at(const struct mb_config *config, size_t i);

/* One key of a schema, for help and documentation. */
struct mb_config_key {
    const char *name;
    const char *type;        /* "string", "int", "bool", "list" */
    const char *def;         /* as text; "" for none */
    const char *environment; /* NULL for none */
    const char *inherits;    /* the key whose value it takes when it is not set; NULL for none */
    const char *help;        /* one sentence */
    bool secret;
};

/* Walks the table of the schema (1 or 2): false past its end. */
bool mb_config_key_at(unsigned schema, size_t i, struct mb_config_key *out);

#endif
