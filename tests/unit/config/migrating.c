#include "migrating.h"

#include <stdio.h>
#include <string.h>

mb_status migrating_run(struct migrating *m, struct fixture *f, const char *yaml,
                        const char *const *environment)
{
    const struct mb_config_sources sources = {
        .path = "backup.yaml", .environment = environment, .folder = f->folder};

    migrating_done(m);
    *m = (struct migrating){.error = MB_ERROR_INIT};
    fixture_write(f, "backup.yaml", yaml);
    return mb_config_migrate(&m->migrated, &sources, &m->report, &m->error);
}

void migrating_done(struct migrating *m)
{
    mb_migrated_free(m->migrated);
    mb_config_report_done(&m->report);
    *m = (struct migrating){0};
}

static void show(const struct migrating *m)
{
    for (size_t i = 0; i < m->report.count; i++)
        print_message("  %s\n", m->report.items[i].text);
}

const char *migrating_ok(struct migrating *m, struct fixture *f, const char *yaml,
                         const char *const *environment)
{
    if (migrating_run(m, f, yaml, environment) != MB_OK) {
        show(m);
        fail_msg("not migrated: %s", m->error.message);
    }
    if (m->migrated->fault != NULL)
        fail_msg("%s\nin\n%s", m->migrated->fault, m->migrated->text);
    return m->migrated->text;
}

bool migrating_warns(const struct migrating *m, const char *text)
{
    for (size_t i = 0; i < m->report.count; i++)
        if (m->report.items[i].kind == MB_CONFIG_WARNING && strstr(m->report.items[i].text, text) != NULL)
            return true;
    return false;
}

void migrating_assert_warns(const struct migrating *m, const char *text)
{
    if (migrating_warns(m, text))
        return;
    show(m);
    fail_msg("nothing says '%s'", text);
}

bool migrating_renames(const struct migrating *m, const char *from, const char *to)
{
    for (size_t i = 0; i < m->migrated->name_count; i++)
        if (strcmp(m->migrated->names[i].from, from) == 0 && strcmp(m->migrated->names[i].to, to) == 0)
            return true;
    return false;
}

/* --------------------------------------------------------------- comparison */

static char difference[512];

static bool differs(const char *what, const char *a, const char *b)
{
    if (strcmp(a, b) != 0)
        snprintf(difference, sizeof difference, "%s: '%s' and '%s'", what, a, b);
    return strcmp(a, b) != 0;
}

static bool differ(const char *what, uint64_t a, uint64_t b)
{
    if (a != b)
        snprintf(difference, sizeof difference, "%s: %llu and %llu", what, (unsigned long long)a,
                 (unsigned long long)b);
    return a != b;
}

static bool lists_differ(const char *what, const struct mb_strings *a, const struct mb_strings *b)
{
    bool found = differ(what, a->count, b->count);
    for (size_t i = 0; !found && i < a->count; i++)
        found = differs(what, a->items[i], b->items[i]);
    return found;
}

static bool sides_differ(const char *what, const struct mb_config_storage *a,
                         const struct mb_config_storage *b)
{
    bool found = differs(what, a->driver, b->driver) || differs(what, a->bucket, b->bucket) ||
                 differs(what, a->prefix, b->prefix) || differs(what, a->root_path, b->root_path) ||
                 differs(what, a->import_root, b->import_root) ||
                 differs(what, a->milvus_address, b->milvus_address) ||
                 differ(what, a->milvus_port, b->milvus_port) || differs(what, a->place, b->place) ||
                 differ(what, a->option_count, b->option_count);
    for (size_t i = 0; !found && i < a->option_count; i++) {
        const char *other = fixture_option(b, a->options[i].key);
        found = differs(a->options[i].key, a->options[i].value, other != NULL ? other : "(not there)");
    }
    return found;
}

static bool milvus_differs(const struct mb_config_milvus *a, const struct mb_config_milvus *b)
{
    return differs("address", a->address, b->address) || differ("port", a->port, b->port) ||
           differs("user", a->user, b->user) || differs("password", a->password, b->password) ||
           differ("tls", a->tls, b->tls) || differs("ca", a->ca_cert_path, b->ca_cert_path) ||
           differs("server name", a->server_name, b->server_name) ||
           differs("certificate", a->mtls_cert_path, b->mtls_cert_path) ||
           differs("key", a->mtls_key_path, b->mtls_key_path) ||
           differs("rest", a->rest_endpoint, b->rest_endpoint) ||
           differs("management", a->management_endpoint, b->management_endpoint) ||
           differs("channel", a->rpc_channel_name, b->rpc_channel_name) ||
           lists_differ("etcd", &a->etcd_endpoints, &b->etcd_endpoints) ||
           differs("etcd root", a->etcd_root_path, b->etcd_root_path);
}

/* http.enabled has no counterpart in schema v2. */
static bool servers_differ(const struct mb_config_server *a, const struct mb_config_server *b)
{
    return differ("debug", a->debug_mode, b->debug_mode) ||
           differs("base path", a->swagger_base_path, b->swagger_base_path) ||
           differs("server address", a->address, b->address) || differ("server port", a->port, b->port) ||
           differ("gRPC port", a->grpc_port, b->grpc_port) || differs("state", a->state_dir, b->state_dir) ||
           differ("shutdown", a->shutdown_seconds, b->shutdown_seconds) ||
           differ("request", a->request_seconds, b->request_seconds) || differ("tasks", a->tasks, b->tasks) ||
           differ("queue", a->queue, b->queue) || differ("history", a->history, b->history) ||
           differ("connections", a->connections, b->connections) ||
           differ("body", a->body_limit, b->body_limit) ||
           differ("unauthenticated", a->allow_unauthenticated, b->allow_unauthenticated) ||
           differs("credentials", a->credentials_file, b->credentials_file) ||
           differs("certificate", a->tls_cert, b->tls_cert) || differs("key", a->tls_key, b->tls_key) ||
           differs("client CA", a->tls_client_ca, b->tls_client_ca) ||
           lists_differ("buckets", &a->buckets, &b->buckets) ||
           lists_differ("root paths", &a->root_paths, &b->root_paths);
}

static bool work_differs(const struct mb_config *a, const struct mb_config *b)
{
    return differ("log level", (uint64_t)a->log.level, (uint64_t)b->log.level) ||
           differ("console", a->log.console, b->log.console) || differ("json", a->log.json, b->log.json) ||
           differs("log path", a->log.path, b->log.path) ||
           differ("log size", a->log.max_bytes, b->log.max_bytes) ||
           differ("log days", a->log.max_days, b->log.max_days) ||
           differ("log files", a->log.max_files, b->log.max_files) ||
           differ("backup collections", a->backup.collections, b->backup.collections) ||
           differ("backup segments", a->backup.segments, b->backup.segments) ||
           differ("pause", a->backup.gc_pause.enabled, b->backup.gc_pause.enabled) ||
           differ("restore collections", a->restore.collections, b->restore.collections) ||
           differ("import jobs", a->restore.import_jobs, b->restore.import_jobs) ||
           differ("segments", a->restore.max_segments_per_import_job,
                  b->restore.max_segments_per_import_job) ||
           differ("keep", a->restore.keep_temp_files, b->restore.keep_temp_files) ||
           differ("mode", a->transfer.mode, b->transfer.mode) ||
           differ("concurrency", a->transfer.concurrency, b->transfer.concurrency) ||
           differ("memory", a->transfer.memory_bytes, b->transfer.memory_bytes) ||
           differ("threshold", a->transfer.multipart_copy_threshold, b->transfer.multipart_copy_threshold) ||
           differ("patience", a->transfer.patience_seconds, b->transfer.patience_seconds) ||
           differs("cloud", a->cloud.endpoint, b->cloud.endpoint) ||
           differs("API key", a->cloud.api_key, b->cloud.api_key);
}

static bool schedules_differ(const struct mb_config_schedule *a, const struct mb_config_schedule *b)
{
    return differs("name", a->name, b->name) || differs("cron", a->cron, b->cron) ||
           differs("timezone", a->timezone, b->timezone) ||
           differs("backup name", a->backup_name, b->backup_name) ||
           differs("filter", a->filter, b->filter) ||
           lists_differ("collections", &a->collections, &b->collections) ||
           lists_differ("databases", &a->databases, &b->databases) ||
           differ("strategy", a->strategy, b->strategy) || differ("enabled", a->enabled, b->enabled) ||
           differ("last", a->retention.last, b->retention.last) ||
           differ("daily", a->retention.daily, b->retention.daily) ||
           differ("weekly", a->retention.weekly, b->retention.weekly) ||
           differ("monthly", a->retention.monthly, b->retention.monthly) ||
           differs("within", a->retention.within, b->retention.within);
}

const char *migrating_difference(const struct mb_config *a, const struct mb_config *b)
{
    bool found = work_differs(a, b) || servers_differ(&a->server, &b->server) ||
                 milvus_differs(&a->milvus, &b->milvus) ||
                 sides_differ("Milvus' storage", &a->milvus_storage, &b->milvus_storage) ||
                 sides_differ("the backup's storage", &a->backup_storage, &b->backup_storage) ||
                 differ("schedules", a->schedule_count, b->schedule_count);
    for (size_t i = 0; !found && i < a->schedule_count; i++)
        found = schedules_differ(&a->schedules[i], &b->schedules[i]);
    return found ? difference : NULL;
}
