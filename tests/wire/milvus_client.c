/* Makes calls to a Milvus and prints the answers as JSON lines, for test_milvus_client.py.
 *
 *   milvus_client ADDRESS PORT COMMAND [ARGUMENT...] [-- COMMAND ...]
 *
 * MB_USER, MB_PASSWORD, MB_TLS, MB_CA, MB_CERT, MB_KEY, MB_SERVER_NAME, MB_MANAGEMENT, MB_REST, MB_TIMEOUT_MS
 * say the rest.  A failure is printed as {"error": ..., "status": ...} and ends the program with 1. */
#include "base/clock.h"
#include "base/progress.h"
#include "base/scope.h"
#include "milvus/milvus.h"
#include "milvus/replicate.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct session {
    struct mb_milvus *milvus;
    struct mb_arena *arena;
    struct mb_cancel *cancel;
    struct mb_error error;
};

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "";
}

static mb_status print(json_t *value)
{
    json_dumpf(value, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
    putchar('\n');
    json_decref(value);
    return MB_OK;
}

static json_t *texts(struct mb_strings list)
{
    json_t *out = json_array();
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(out, json_string(list.items[i]));
    return out;
}

static json_t *pairs(struct mb_properties list)
{
    json_t *out = json_object();
    for (size_t i = 0; i < list.count; i++)
        json_object_set_new(out, list.items[i].key, json_string(list.items[i].value));
    return out;
}

static mb_status run_info(struct session *s, char **argv)
{
    (void)argv;
    const struct mb_milvus_info *info = mb_milvus_info(s->milvus);
    return print(json_pack("{s:s, s:b, s:b, s:b}", "version", info->version_text, "databases",
                           info->can[MB_MILVUS_DATABASES], "renames", info->can[MB_MILVUS_RENAME], "jobs",
                           info->can[MB_MILVUS_IMPORT_JOBS]));
}

static mb_status run_databases(struct session *s, char **argv)
{
    struct mb_strings list;
    (void)argv;
    MB_TRY(mb_milvus_list_databases(s->milvus, s->arena, &list, s->cancel, &s->error));
    return print(texts(list));
}

static mb_status run_create_database(struct session *s, char **argv)
{
    return mb_milvus_create_database(s->milvus, argv[0], NULL, s->cancel, &s->error);
}

static mb_status run_collections(struct session *s, char **argv)
{
    struct mb_strings list;
    MB_TRY(mb_milvus_list_collections(s->milvus, argv[0], s->arena, &list, s->cancel, &s->error));
    return print(texts(list));
}

static json_t *field_json(const struct mb_field *f)
{
    return json_pack("{s:s, s:I, s:i, s:i, s:b, s:b, s:b, s:b, s:i, s:o}", "name", f->name, "id",
                     (json_int_t)f->id, "type", (int)f->data_type, "element", (int)f->element_type, "primary",
                     f->is_primary_key, "auto_id", f->auto_id, "partition_key", f->is_partition_key,
                     "dynamic", f->is_dynamic, "default_len", (int)f->default_value.len, "params",
                     pairs(f->type_params));
}

static mb_status run_describe(struct session *s, char **argv)
{
    struct mb_collection c;
    MB_TRY(mb_milvus_describe_collection(s->milvus, argv[0], argv[1], s->arena, &c, s->cancel, &s->error));
    json_t *fields = json_array();
    for (size_t i = 0; i < c.schema.field_count; i++)
        json_array_append_new(fields, field_json(&c.schema.fields[i]));
    return print(json_pack("{s:I, s:s, s:s, s:i, s:i, s:I, s:b, s:o, s:o, s:o, s:o, s:o}", "id",
                           (json_int_t)c.id, "db", c.db_name, "name", c.name, "shards", (int)c.shards_num,
                           "consistency", (int)c.consistency_level, "partitions",
                           (json_int_t)c.num_partitions, "dynamic", c.schema.enable_dynamic_field, "fields",
                           fields, "properties", pairs(c.properties), "channels", texts(c.virtual_channels),
                           "physical", texts(c.physical_channels), "aliases", texts(c.aliases)));
}

/* Creates a second collection from the description of a first. */
static mb_status run_clone(struct session *s, char **argv)
{
    struct mb_collection c;
    MB_TRY(mb_milvus_describe_collection(s->milvus, argv[0], argv[1], s->arena, &c, s->cancel, &s->error));
    c.name = argv[2];
    bool has_key = false;
    for (size_t i = 0; i < c.schema.field_count; i++)
        has_key = has_key || c.schema.fields[i].is_partition_key;
    if (!has_key)
        c.num_partitions = 0; /* a server refuses another number */
    return mb_milvus_create_collection(s->milvus, &c, s->cancel, &s->error);
}

static mb_status run_partitions(struct session *s, char **argv)
{
    struct mb_partition *list;
    size_t count;
    MB_TRY(mb_milvus_list_partitions(s->milvus, argv[0], argv[1], s->arena, &list, &count, s->cancel,
                                     &s->error));
    json_t *out = json_object();
    for (size_t i = 0; i < count; i++)
        json_object_set_new(out, list[i].name, json_integer(list[i].id));
    return print(out);
}

static mb_status run_indexes(struct session *s, char **argv)
{
    struct mb_index *list;
    size_t count;
    MB_TRY(mb_milvus_describe_indexes(s->milvus, argv[0], argv[1], s->arena, &list, &count, s->cancel,
                                      &s->error));
    json_t *out = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(out, json_pack("{s:s, s:s, s:o}", "name", list[i].name, "field",
                                             list[i].field_name, "params", pairs(list[i].params)));
    return print(out);
}

static mb_status run_load(struct session *s, char **argv)
{
    int64_t percent;
    MB_TRY(mb_milvus_load_progress(s->milvus, argv[0], argv[1], NULL, &percent, s->cancel, &s->error));
    return print(json_integer(percent));
}

static mb_status run_segments(struct session *s, char **argv)
{
    struct mb_segment *list;
    size_t count;
    MB_TRY(
        mb_milvus_list_segments(s->milvus, argv[0], argv[1], s->arena, &list, &count, s->cancel, &s->error));
    json_t *out = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(out, json_pack("{s:I, s:I, s:I, s:i, s:i}", "id", (json_int_t)list[i].id,
                                             "partition", (json_int_t)list[i].partition_id, "rows",
                                             (json_int_t)list[i].rows, "state", (int)list[i].state, "level",
                                             (int)list[i].level));
    return print(out);
}

static mb_status run_flush(struct session *s, char **argv)
{
    struct mb_flushed f;
    MB_TRY(mb_milvus_flush(s->milvus, argv[0], argv[1], s->arena, &f, s->cancel, &s->error));
    json_t *channels = json_object();
    for (size_t i = 0; i < f.checkpoint_count; i++)
        json_object_set_new(channels, f.checkpoints[i].channel,
                            json_integer((json_int_t)f.checkpoints[i].timestamp));
    return print(json_pack("{s:I, s:I, s:I, s:o}", "seal_time", (json_int_t)f.seal_time, "flush_ts",
                           (json_int_t)f.flush_timestamp, "segments", (json_int_t)f.segment_ids.count,
                           "checkpoints", channels));
}

/* IMPORT DB COLLECTION PARTITION PATH...: with the options of a restore; waits for the end. */
static mb_status run_import(struct session *s, char **argv)
{
    struct mb_property options[] = {{"skip_disk_quota_check", "true"}, {"backup", "true"}};
    struct mb_import import = {.db = argv[0], .collection = argv[1], .partition = argv[2]};
    struct mb_import_state state;
    const char *paths[16];
    int64_t task;

    for (char **p = argv + 3; *p && strcmp(*p, "--") != 0 && import.files.count < 16; p++)
        paths[import.files.count++] = *p;
    import.files.items = paths;
    import.options = (struct mb_properties){.items = options, .count = 2};
    MB_TRY(mb_milvus_import(s->milvus, &import, &task, s->cancel, &s->error));
    do {
        MB_TRY(mb_cancel_sleep(s->cancel, 100 * MB_NS_PER_MS, &s->error));
        MB_TRY(mb_milvus_import_state(s->milvus, task, s->arena, &state, s->cancel, &s->error));
    } while (state.phase == MB_IMPORT_RUNNING);
    return print(json_pack("{s:I, s:i, s:s, s:I, s:s, s:i}", "task", (json_int_t)task, "phase",
                           (int)state.phase, "state", state.state, "rows", (json_int_t)state.rows, "reason",
                           state.reason, "percent", (int)state.percent));
}

static mb_status run_import_state(struct session *s, char **argv)
{
    struct mb_import_state state;
    MB_TRY(mb_milvus_import_state(s->milvus, strtoll(argv[0], NULL, 10), s->arena, &state, s->cancel,
                                  &s->error));
    return print(json_pack("{s:i, s:s, s:s}", "phase", (int)state.phase, "state", state.state, "reason",
                           state.reason));
}

static mb_status run_job(struct session *s, char **argv)
{
    struct mb_property options[] = {{"backup", "true"}};
    struct mb_strings files = {.items = (const char *[]){argv[3], argv[4]}, .count = 2};
    struct mb_import_job job = {.db = argv[0],
                                .collection = argv[1],
                                .partition = argv[2],
                                .files = &files,
                                .file_count = 1,
                                .options = {.items = options, .count = 1}};
    struct mb_import_state state;
    const char *id;
    MB_TRY(mb_milvus_import_job(s->milvus, &job, s->arena, &id, s->cancel, &s->error));
    MB_TRY(mb_milvus_import_job_state(s->milvus, argv[0], id, s->arena, &state, s->cancel, &s->error));
    return print(json_pack("{s:s, s:i, s:i, s:s}", "job", id, "phase", (int)state.phase, "percent",
                           (int)state.percent, "reason", state.reason));
}

static mb_status run_pause(struct session *s, char **argv)
{
    enum mb_gc_result result;
    const char *ticket;
    MB_TRY(mb_milvus_gc_pause(s->milvus, strtoll(argv[0], NULL, 10), 60, s->arena, &result, &ticket,
                              s->cancel, &s->error));
    MB_TRY(print(json_pack("{s:b, s:s}", "done", result == MB_GC_DONE, "ticket", ticket)));
    MB_TRY(mb_milvus_gc_resume(s->milvus, ticket, &result, s->cancel, &s->error));
    return print(json_pack("{s:b}", "done", result == MB_GC_DONE));
}

static void *cancel_soon(void *ctx)
{
    struct session *s = ctx;
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    mb_cancel_request(s->cancel);
    return NULL;
}

/* CANCELLED DB COLLECTION: describes, and is cancelled after 0.3 s. */
static mb_status run_cancelled(struct session *s, char **argv)
{
    struct mb_collection c;
    pthread_t thread;
    pthread_create(&thread, NULL, cancel_soon, s);
    mb_status status =
        mb_milvus_describe_collection(s->milvus, argv[0], argv[1], s->arena, &c, s->cancel, &s->error);
    pthread_join(thread, NULL);
    return status;
}

/* PATIENCE_MS COUNT BYTES: so many databases, each with a property of so many bytes, on the channel "dml_0".
 */
static mb_status replicate(struct session *s, struct mb_replication *replication, int count, int bytes)
{
    char *value = mb_arena_alloc(s->arena, 1, (size_t)bytes + 1);
    struct mb_property property = {"note", value};
    const struct mb_database database = {
        .id = 5, .name = "db", .properties = {.items = &property, .count = 1}};
    if (value == NULL)
        return mb_fail_memory(&s->error);
    memset(value, 'x', (size_t)bytes);
    for (int i = 0; i < count; i++)
        MB_TRY(mb_replicate_database(replication, &database, s->cancel, &s->error));
    MB_TRY(mb_replication_settle(replication, s->cancel, &s->error));
    return print(json_integer((json_int_t)mb_replication_sent(replication)));
}

static mb_status run_replicate(struct session *s, char **argv)
{
    const char *names[] = {"dml_0"};
    struct mb_replication *replication;
    const struct mb_replication_options options = {.source = "cluster-a",
                                                   .channels = {.items = names, .count = 1},
                                                   .control_channel = "dml_0_vcchan",
                                                   .patience_ns = atoi(argv[0]) * MB_NS_PER_MS};
    MB_TRY(mb_replication_open(&replication, s->milvus, &options, &s->error));
    mb_status status = replicate(s, replication, atoi(argv[1]), atoi(argv[2]));
    mb_replication_close(replication);
    return status;
}

static const struct {
    const char *name;
    int arguments;
    mb_status (*run)(struct session *s, char **argv);
} commands[] = {
    {"info", 0, run_info},
    {"databases", 0, run_databases},
    {"create-database", 1, run_create_database},
    {"collections", 1, run_collections},
    {"describe", 2, run_describe},
    {"clone", 3, run_clone},
    {"partitions", 2, run_partitions},
    {"indexes", 2, run_indexes},
    {"load", 2, run_load},
    {"segments", 2, run_segments},
    {"flush", 2, run_flush},
    {"import", 4, run_import},
    {"import-state", 1, run_import_state},
    {"job", 5, run_job},
    {"pause", 1, run_pause},
    {"cancelled", 2, run_cancelled},
    {"replicate", 3, run_replicate},
};

static mb_status run(struct session *s, int argc, char **argv)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(argv[0], commands[i].name) == 0 && argc > commands[i].arguments)
            return commands[i].run(s, argv + 1);
    return mb_fail(&s->error, MB_E_INVALID, "no such command, or too few arguments: %s", argv[0]);
}

static mb_status run_all(struct session *s, int argc, char **argv)
{
    while (argc > 0) {
        int n = 0;
        while (n < argc && strcmp(argv[n], "--") != 0)
            n++;
        MB_TRY(run(s, n, argv));
        fflush(stdout);
        argc -= n < argc ? n + 1 : n;
        argv += n + 1;
    }
    return MB_OK;
}

int main(int argc, char **argv)
{
    struct session s = {.arena = mb_arena_new(), .cancel = mb_cancel_new(NULL), .error = MB_ERROR_INIT};
    struct mb_log *log = NULL;
    struct mb_progress progress = MB_PROGRESS_INIT;
    const struct mb_scope scope = {.progress = &progress};

    if (argc < 4)
        return 2;
    mb_log_open(&log, &(struct mb_log_options){.level = MB_LOG_DEBUG, .path = variable("MB_LOG")}, &s.error);
    struct mb_milvus_options options = {
        .address = argv[1],
        .port = (uint16_t)atoi(argv[2]),
        .user = variable("MB_USER"),
        .password = variable("MB_PASSWORD"),
        .tls = (enum mb_milvus_tls)atoi(variable("MB_TLS")),
        .ca_cert_path = variable("MB_CA"),
        .server_name = variable("MB_SERVER_NAME"),
        .mtls_cert_path = variable("MB_CERT"),
        .mtls_key_path = variable("MB_KEY"),
        .rest_endpoint = variable("MB_REST"),
        .management_endpoint = variable("MB_MANAGEMENT"),
        .call_timeout_ns = atoi(variable("MB_TIMEOUT_MS")) * MB_NS_PER_MS,
        .log = log,
    };
    mb_scope_enter(&scope);
    mb_status status = mb_milvus_connect(&s.milvus, &options, s.cancel, &s.error);
    if (status == MB_OK)
        status = run_all(&s, argc - 3, argv + 3);
    if (status != MB_OK)
        print(json_pack("{s:s, s:s, s:i}", "error", s.error.message, "status", mb_status_name(status),
                        "retries", (int)progress.retries));
    mb_milvus_close(s.milvus);
    mb_cancel_free(s.cancel);
    mb_arena_free(s.arena);
    mb_log_close(log);
    return status == MB_OK ? 0 : 1;
}
