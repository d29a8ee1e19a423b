/* drive - exercises the slots of storage drivers: one JSON object per line in, one per line out.
 *
 * {"op": "open", "store": "a", "driver": "/path/minio.so", "config": {"bucketName": "b", ...}}
 * {"op": "get", "store": "a", "key": "k", "offset": 5, "timeout_ms": 1000}
 *
 * An answer holds "status" (the name of the mb_status), "error" when it is a failure, and what the operation
 * yields.  "threads": n runs an operation in n threads at once and answers with a list.  Bytes are texts of
 * hexadecimal digits. */
#include "drive_bytes.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <libxml/parser.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_STORES = 16, MAX_THREADS = 256 };

struct place {
    char name[32];
    const struct mb_storage_plugin *plugin;
    struct mb_store *store;
    struct mb_store_info info;
};

static struct place places[MAX_STORES];

/* One call under way. */
struct job {
    int number; /* of the thread */
    const json_t *request;
    struct place *place;
    char key[8192]; /* "key"; with a number of its own in each thread when "own_keys" is set */
    struct mb_error error;
    struct mb_call call;
    int64_t cancel_at_ns; /* 0: never */
    json_t *out;
    mb_status status;
};

static int64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int is_cancelled(const struct mb_call *call)
{
    const struct job *job = call->host_data;
    return job->cancel_at_ns != 0 && now_ns() >= job->cancel_at_ns;
}

__attribute__((format(printf, 3, 4))) static void host_log(void *ctx, int level, const char *fmt, ...)
{
    va_list args;
    (void)ctx;
    va_start(args, fmt);
    fprintf(stderr, "log %d: ", level);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
}

/* --------------------------------------------------------------- arguments */

static struct place *place_of(const json_t *request, const char *name)
{
    const char *wanted = drive_text_of(request, name, "");
    for (size_t i = 0; i < MAX_STORES; i++)
        if (places[i].plugin && strcmp(places[i].name, wanted) == 0)
            return &places[i];
    return NULL;
}

struct put_arguments {
    struct mb_put_options opts;
    uint8_t crc32c[4];
    struct drive_bytes bytes;
    struct mb_source source;
};

static void put_arguments_init(struct put_arguments *arguments, const json_t *request)
{
    *arguments = (struct put_arguments){.bytes = drive_bytes_of(request)};
    arguments->opts.struct_size = sizeof(arguments->opts);
    arguments->opts.content_type = drive_text_of(request, "content_type", NULL);
    arguments->opts.flags = drive_flag_of(request, "if_absent") ? MB_PUT_IF_ABSENT : 0;
    if (drive_flag_of(request, "crc32c")) {
        uint32_t crc = drive_crc32c(&arguments->bytes) + (uint32_t)drive_number_of(request, "crc32c_off", 0);
        for (int i = 0; i < 4; i++)
            arguments->crc32c[i] = (uint8_t)(crc >> (24 - 8 * i));
        arguments->opts.crc32c = arguments->crc32c;
    }
    arguments->source = (struct mb_source){
        .struct_size = sizeof(arguments->source),
        .size = drive_flag_of(request, "unknown_size") ? -1 : (int64_t)arguments->bytes.len,
        .read = drive_read_bytes,
        .rewind = drive_flag_of(request, "no_rewind") ? NULL : drive_rewind_bytes,
        .ctx = &arguments->bytes,
    };
}

static void put_stat(json_t *out, const struct mb_stat *stat)
{
    json_object_set_new(out, "size", json_integer((json_int_t)stat->size));
    json_object_set_new(out, "etag", json_string(stat->etag));
    json_object_set_new(out, "mtime_ns", json_integer(stat->mtime_ns));
    if (stat->flags & MB_STAT_CRC32C)
        json_object_set_new(out, "crc32c", json_integer(stat->crc32c));
}

/* -------------------------------------------------------------- operations */

static mb_status op_open(struct job *job)
{
    struct mb_kv values[64];
    size_t count = 0;
    const char *key;
    json_t *value;
    const char *path = drive_text_of(job->request, "driver", "");
    static const struct mb_host host = {.struct_size = sizeof(host),
                                        .abi_major = MB_STORAGE_ABI_MAJOR,
                                        .abi_minor = MB_STORAGE_ABI_MINOR,
                                        .user_agent = "drive/1",
                                        .log = host_log};

    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        exit(2);
    }
    mb_storage_plugin_entry_fn *entry;
    *(void **)&entry = dlsym(library, MB_STORAGE_PLUGIN_ENTRY);
    struct place *place = places;
    while (place->plugin)
        place++;
    const struct mb_storage_plugin *plugin = entry();
    if (plugin->load && plugin->load(&host, &job->error) != MB_OK)
        return job->error.status;
    json_object_foreach(json_object_get(job->request, "config"), key, value)
    {
        values[count].key = key;
        values[count++].value = json_string_value(value);
    }
    place->info = (struct mb_store_info){.struct_size = sizeof(place->info)};
    mb_status status = plugin->open(&place->store, &place->info, values, count, &job->call);
    if (status != MB_OK)
        return status;
    snprintf(place->name, sizeof(place->name), "%s", drive_text_of(job->request, "store", ""));
    place->plugin = plugin;
    json_object_set_new(job->out, "caps", json_integer((json_int_t)place->info.caps));
    json_object_set_new(job->out, "location", json_string(place->info.location));
    json_object_set_new(job->out, "realm", json_string(place->info.realm));
    json_object_set_new(job->out, "max_remove", json_integer(place->info.max_remove));
    return status;
}

static mb_status op_close(struct job *job)
{
    job->place->plugin->close(job->place->store);
    *job->place = (struct place){.name = ""};
    return MB_OK;
}

static mb_status op_check(struct job *job)
{
    return job->place->plugin->check(job->place->store, &job->call);
}

static mb_status op_create_bucket(struct job *job)
{
    return job->place->plugin->create_bucket(job->place->store, &job->call);
}

static mb_status op_stat(struct job *job)
{
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    mb_status status = job->place->plugin->stat(job->place->store, job->key, &stat, &job->call);
    if (status == MB_OK)
        put_stat(job->out, &stat);
    return status;
}

static mb_status op_get(struct job *job)
{
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    struct drive_bytes bytes = {.refuse_after = drive_number_of(job->request, "refuse_after", -1)};
    const struct mb_sink sink = {.struct_size = sizeof(sink), .write = drive_take_bytes, .ctx = &bytes};
    const struct mb_get_options opts = {.struct_size = sizeof(opts),
                                        .offset = (uint64_t)drive_number_of(job->request, "offset", 0),
                                        .length = (uint64_t)drive_number_of(job->request, "length", 0),
                                        .if_match = drive_text_of(job->request, "if_match", NULL)};
    mb_status status = job->place->plugin->get(job->place->store, job->key, &opts, &sink, &stat, &job->call);
    if (status == MB_OK)
        put_stat(job->out, &stat);
    json_object_set_new(job->out, "received", json_integer((json_int_t)bytes.len));
    if (bytes.len <= 1 << 20)
        drive_put_hex(job->out, &bytes);
    json_object_set_new(job->out, "sum", json_integer(drive_crc32c(&bytes)));
    free(bytes.data);
    return status;
}

static mb_status op_put(struct job *job)
{
    struct put_arguments arguments;
    struct mb_stat stat = {.struct_size = sizeof(stat)};

    put_arguments_init(&arguments, job->request);
    mb_status status = job->place->plugin->put(job->place->store, job->key, &arguments.opts,
                                               &arguments.source, &stat, &job->call);
    if (status == MB_OK)
        put_stat(job->out, &stat);
    free(arguments.bytes.data);
    return status;
}

static mb_status op_remove(struct job *job)
{
    return job->place->plugin->remove(job->place->store, job->key, &job->call);
}

static mb_status op_remove_many(struct job *job)
{
    const json_t *list = json_object_get(job->request, "keys");
    size_t count = json_array_size(list);
    const char **keys = calloc(count + 1, sizeof(*keys));
    uint8_t *done = calloc(count + 1, 1);
    json_t *gone = json_array();

    for (size_t i = 0; i < count; i++)
        keys[i] = json_string_value(json_array_get(list, i));
    const struct mb_storage_plugin *plugin = job->place->plugin;
    mb_status status = MB_OK;
    if (plugin->remove_many)
        status = plugin->remove_many(job->place->store, keys, count, done, &job->call);
    for (size_t i = 0; !plugin->remove_many && status == MB_OK && i < count; i++) {
        status = plugin->remove(job->place->store, keys[i], &job->call);
        done[i] = status == MB_OK;
    }
    for (size_t i = 0; i < count; i++)
        json_array_append_new(gone, json_boolean(done[i]));
    json_object_set_new(job->out, "done", gone);
    free(keys);
    free(done);
    return status;
}

static void put_page(json_t *pages, const struct mb_page *page)
{
    json_t *entries = json_array();
    for (size_t i = 0; i < page->count; i++) {
        const struct mb_entry *entry =
            (const void *)((const char *)page->entries + i * (size_t)page->entry_size);
        json_array_append_new(entries, json_pack("{s:s, s:I, s:I, s:s, s:b}", "key", entry->key, "size",
                                                 (json_int_t)entry->size, "mtime_ns",
                                                 (json_int_t)entry->mtime_ns, "etag", entry->etag, "prefix",
                                                 (entry->flags & MB_ENTRY_PREFIX) != 0));
    }
    json_array_append_new(pages, json_pack("{s:o, s:s?}", "entries", entries, "token", page->token));
}

static mb_status op_list(struct job *job)
{
    const struct mb_storage_plugin *plugin = job->place->plugin;
    const struct mb_list_options opts = {.struct_size = sizeof(opts),
                                         .page_size = (uint32_t)drive_number_of(job->request, "page_size", 0),
                                         .prefix = drive_text_of(job->request, "prefix", ""),
                                         .delimiter = drive_text_of(job->request, "delimiter", NULL),
                                         .token = drive_text_of(job->request, "token", NULL)};
    int64_t most = drive_number_of(job->request, "max_pages", INT64_MAX);
    struct mb_list *list;
    json_t *pages = json_array();

    json_object_set_new(job->out, "pages", pages);
    mb_status status = plugin->list_open(&list, job->place->store, &opts, &job->call);
    if (status != MB_OK)
        return status;
    for (int64_t i = 0; i < most && status == MB_OK; i++) {
        struct mb_page page = {.struct_size = sizeof(page)};
        status = plugin->list_next(list, &page, &job->call);
        if (status == MB_OK)
            put_page(pages, &page);
    }
    plugin->list_close(list);
    return status;
}

static mb_status op_can_copy(struct job *job)
{
    int can = job->place->plugin->can_copy(job->place->store, place_of(job->request, "from")->store);
    json_object_set_new(job->out, "can", json_boolean(can));
    return MB_OK;
}

static mb_status op_copy(struct job *job)
{
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    const struct mb_put_options opts = {.struct_size = sizeof(opts), .flags = MB_PUT_IF_ABSENT};
    mb_status status =
        job->place->plugin->copy(job->place->store, job->key, place_of(job->request, "from")->store,
                                 drive_text_of(job->request, "from_key", ""),
                                 drive_flag_of(job->request, "if_absent") ? &opts : NULL, &stat, &job->call);
    if (status == MB_OK)
        put_stat(job->out, &stat);
    return status;
}

static mb_status op_mpu_begin(struct job *job)
{
    char id[1024];
    const struct mb_put_options opts = {
        .struct_size = sizeof(opts),
        .flags = (drive_flag_of(job->request, "if_absent") ? MB_PUT_IF_ABSENT : 0u) |
                 (drive_flag_of(job->request, "parts_copied") ? MB_PUT_PARTS_COPIED : 0u)};
    mb_status status = job->place->plugin->mpu_begin(
        job->place->store, job->key, opts.flags != 0 ? &opts : NULL, id, sizeof(id), &job->call);
    if (status == MB_OK)
        json_object_set_new(job->out, "upload_id", json_string(id));
    return status;
}

static void put_part(json_t *out, const struct mb_part *part)
{
    json_object_set_new(out, "part",
                        json_pack("{s:i, s:I, s:s}", "number", (int)part->number, "size",
                                  (json_int_t)part->size, "receipt", part->receipt));
}

static mb_status op_mpu_part(struct job *job)
{
    struct put_arguments arguments;
    struct mb_part part = {0};

    put_arguments_init(&arguments, job->request);
    mb_status status = job->place->plugin->mpu_part(job->place->store, job->key,
                                                    drive_text_of(job->request, "upload_id", ""),
                                                    (uint32_t)drive_number_of(job->request, "number", 1),
                                                    &arguments.opts, &arguments.source, &part, &job->call);
    if (status == MB_OK)
        put_part(job->out, &part);
    free(arguments.bytes.data);
    return status;
}

static mb_status op_mpu_copy_part(struct job *job)
{
    struct mb_part part = {0};
    if (!job->place->plugin->mpu_copy_part) {
        snprintf(job->error.message, sizeof(job->error.message), "no such slot");
        return job->error.status = MB_E_UNSUPPORTED;
    }
    mb_status status = job->place->plugin->mpu_copy_part(
        job->place->store, job->key, drive_text_of(job->request, "upload_id", ""),
        (uint32_t)drive_number_of(job->request, "number", 1), place_of(job->request, "from")->store,
        drive_text_of(job->request, "from_key", ""), (uint64_t)drive_number_of(job->request, "offset", 0),
        (uint64_t)drive_number_of(job->request, "length", 0), &part, &job->call);
    if (status == MB_OK)
        put_part(job->out, &part);
    return status;
}

static mb_status op_mpu_complete(struct job *job)
{
    const json_t *list = json_object_get(job->request, "parts");
    size_t count = json_array_size(list);
    struct mb_part *parts = calloc(count + 1, sizeof(*parts));
    struct mb_stat stat = {.struct_size = sizeof(stat)};

    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        parts[i].number = (uint32_t)drive_number_of(item, "number", 0);
        parts[i].size = (uint64_t)drive_number_of(item, "size", 0);
        snprintf(parts[i].receipt, sizeof(parts[i].receipt), "%s", drive_text_of(item, "receipt", ""));
    }
    mb_status status = job->place->plugin->mpu_complete(job->place->store, job->key,
                                                        drive_text_of(job->request, "upload_id", ""), parts,
                                                        count, &stat, &job->call);
    if (status == MB_OK)
        put_stat(job->out, &stat);
    free(parts);
    return status;
}

static mb_status op_mpu_abort(struct job *job)
{
    return job->place->plugin->mpu_abort(job->place->store, job->key,
                                         drive_text_of(job->request, "upload_id", ""), &job->call);
}

struct finding {
    json_t *list;
    int64_t stop_after;
};

static mb_status note_upload(void *ctx, const struct mb_upload *upload)
{
    struct finding *finding = ctx;
    json_array_append_new(finding->list,
                          json_pack("{s:s, s:s, s:I}", "key", upload->key, "upload_id", upload->upload_id,
                                    "begun_ns", (json_int_t)upload->begun_ns));
    return finding->stop_after > 0 && --finding->stop_after == 0 ? MB_E_CALLBACK : MB_OK;
}

static mb_status op_mpu_list(struct job *job)
{
    struct finding finding = {.list = json_array(),
                              .stop_after = drive_number_of(job->request, "stop_after", 0)};
    json_object_set_new(job->out, "uploads", finding.list);
    return job->place->plugin->mpu_list(job->place->store, drive_text_of(job->request, "prefix", ""),
                                        note_upload, &finding, &job->call);
}

static const struct operation {
    const char *name;
    mb_status (*run)(struct job *job);
} operations[] = {
    {"open", op_open},
    {"close", op_close},
    {"check", op_check},
    {"create_bucket", op_create_bucket},
    {"stat", op_stat},
    {"get", op_get},
    {"put", op_put},
    {"remove", op_remove},
    {"remove_many", op_remove_many},
    {"list", op_list},
    {"can_copy", op_can_copy},
    {"copy", op_copy},
    {"mpu_begin", op_mpu_begin},
    {"mpu_part", op_mpu_part},
    {"mpu_copy_part", op_mpu_copy_part},
    {"mpu_complete", op_mpu_complete},
    {"mpu_abort", op_mpu_abort},
    {"mpu_list", op_mpu_list},
};

/* ----------------------------------------------------------------- running */

static const char *status_name(mb_status status)
{
    static const char *const failures[] = {
        "",        "internal",        "invalid",   "config",    "unsupported", "not_found", "no_bucket",
        "exists",  "unauthenticated", "forbidden", "throttled", "unavailable", "timeout",   "cancelled",
        "corrupt", "protocol",        "no_space",  "no_memory", "callback"};
    if (status >= 0)
        return status == MB_OK ? "ok" : "end";
    return status >= -18 ? failures[-status] : "unknown";
}

static void put_error(json_t *out, const struct mb_error *error)
{
    json_object_set_new(out, "error",
                        json_pack("{s:s, s:s, s:b, s:b, s:I, s:i, s:s, s:s}", "status",
                                  status_name(error->status), "message", error->message, "retryable",
                                  (error->flags & MB_ERR_RETRYABLE) != 0, "ambiguous",
                                  (error->flags & MB_ERR_AMBIGUOUS) != 0, "retry_after_ms",
                                  (json_int_t)error->retry_after_ms, "http_status", (int)error->http_status,
                                  "code", error->provider_code, "request_id", error->request_id));
}

static void *run_job(void *ctx)
{
    struct job *job = ctx;
    const char *name = drive_text_of(job->request, "op", "");
    int64_t timeout_ms = drive_number_of(job->request, "timeout_ms", 60000);
    int64_t cancel_ms = drive_number_of(job->request, "cancel_after_ms", -1);
    int64_t begun = now_ns();

    snprintf(job->key, sizeof(job->key), "%s", drive_text_of(job->request, "key", ""));
    if (drive_flag_of(job->request, "own_keys"))
        snprintf(job->key + strlen(job->key), 16, "-%d", job->number);
    job->error = (struct mb_error){.struct_size = sizeof(job->error)};
    job->call = (struct mb_call){.struct_size = sizeof(job->call),
                                 .deadline_ns = begun + timeout_ms * 1000000,
                                 .cancelled = is_cancelled,
                                 .error = &job->error,
                                 .host_data = job};
    job->cancel_at_ns = cancel_ms >= 0 ? begun + cancel_ms * 1000000 : 0;
    job->status = MB_E_INVALID;
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        if (strcmp(operations[i].name, name) == 0)
            job->status = operations[i].run(job);
    json_object_set_new(job->out, "status", json_string(status_name(job->status)));
    json_object_set_new(job->out, "took_ms", json_integer((now_ns() - begun) / 1000000));
    if (job->status < 0)
        put_error(job->out, &job->error);
    return NULL;
}

static json_t *run_request(const json_t *request)
{
    static struct job jobs[MAX_THREADS];
    pthread_t threads[MAX_THREADS];
    int64_t count = drive_number_of(request, "threads", 0);
    json_t *all = json_array();

    for (int64_t i = 0; i < (count > 0 ? count : 1); i++)
        jobs[i] = (struct job){
            .number = (int)i, .request = request, .place = place_of(request, "store"), .out = json_object()};
    if (count == 0) {
        run_job(&jobs[0]);
        json_decref(all);
        return jobs[0].out;
    }
    for (int64_t i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, run_job, &jobs[i]) != 0)
            abort();
    for (int64_t i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        json_array_append_new(all, jobs[i].out);
    }
    return json_pack("{s:s, s:o}", "status", "ok", "answers", all);
}

int main(void)
{
    char *line = NULL;
    size_t cap = 0;

    curl_global_init(CURL_GLOBAL_DEFAULT);
    xmlInitParser();
    while (getline(&line, &cap, stdin) > 0) {
        json_t *request = json_loads(line, 0, NULL);
        if (!request)
            return 2;
        json_t *answer = run_request(request);
        json_dumpf(answer, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
        putchar('\n');
        fflush(stdout);
        json_decref(answer);
        json_decref(request);
    }
    free(line);
    xmlCleanupParser();
    curl_global_cleanup();
    return 0;
}
