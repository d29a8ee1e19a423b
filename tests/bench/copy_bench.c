/* copy_bench.c - moves every object below a prefix from one store to another and prints what it cost. */
#include "base/clock.h"
#include "base/text.h"
#include "copy/copy.h"
#include "storage/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const char usage[] =
    "usage: copy_bench [--mode auto|direct|streaming] [--memory MIB] [--concurrency N] [--part MIB]\n"
    "                      --drivers DIR --from DRIVER PREFIX KEY=VALUE... --to DRIVER PREFIX KEY=VALUE...\n";

enum { MAX_OPTIONS = 32 };

struct place {
    const char *driver;
    const char *prefix;
    struct mb_kv config[MAX_OPTIONS];
    size_t count;
};

struct bench {
    const char *drivers_dir;
    struct mb_copy_options options;
    struct place from;
    struct place to;
    struct mb_progress progress;
};

static int fail(const char *text)
{
    fprintf(stderr, "copy_bench: %s\n", text);
    return 2;
}

/* DRIVER PREFIX KEY=VALUE... up to the next option; returns the first argument it does not take. */
static char **parse_place(struct place *place, char **at)
{
    if (at[0] == NULL || at[1] == NULL)
        return NULL;
    place->driver = at[0];
    place->prefix = at[1];
    for (at += 2; *at != NULL && strncmp(*at, "--", 2) != 0; at++) {
        char *equals = strchr(*at, '=');
        if (equals == NULL || place->count == MAX_OPTIONS)
            return NULL;
        *equals = '\0';
        place->config[place->count++] = (struct mb_kv){.key = *at, .value = equals + 1};
    }
    return at;
}

static bool parse_mode(const char *text, enum mb_copy_mode *out)
{
    static const char *const names[] = {"auto", "direct", "streaming"};
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (enum mb_copy_mode)i;
            return true;
        }
    }
    return false;
}

static bool parse(struct bench *bench, char **at)
{
    while (at != NULL && at[0] != NULL) {
        const char *option = *at++;
        int64_t number = 0;
        if (strcmp(option, "--from") == 0) {
            at = parse_place(&bench->from, at);
            continue;
        }
        if (strcmp(option, "--to") == 0) {
            at = parse_place(&bench->to, at);
            continue;
        }
        const char *value = *at++;
        if (value == NULL)
            return false;
        bool is_number = mb_text_to_int64(value, &number) && number > 0 && number < 1 << 20;
        if (strcmp(option, "--drivers") == 0)
            bench->drivers_dir = value;
        else if (strcmp(option, "--mode") == 0 && parse_mode(value, &bench->options.mode))
            continue;
        else if (strcmp(option, "--memory") == 0 && is_number)
            bench->options.memory_bytes = (uint64_t)number << 20;
        else if (strcmp(option, "--part") == 0 && is_number)
            bench->options.part_bytes = (uint64_t)number << 20;
        else if (strcmp(option, "--concurrency") == 0 && is_number)
            bench->options.max_concurrency = (unsigned)number;
        else
            return false;
    }
    return at != NULL && bench->drivers_dir != NULL && bench->from.driver != NULL && bench->to.driver != NULL;
}

static mb_status add_listed(const struct bench *bench, struct mb_copy *copy, const struct mb_entry *entry,
                            struct mb_error *error)
{
    char key[2048];
    int len = snprintf(key, sizeof(key), "%s%s", bench->to.prefix, entry->key + strlen(bench->from.prefix));
    if (len < 0 || (size_t)len >= sizeof(key))
        return mb_fail(error, MB_E_INVALID, "the key %s is too long", entry->key);
    return mb_copy_add(copy, entry->key, key, entry->size, entry->etag, NULL, error);
}

static mb_status move(struct bench *bench, struct mb_storage *src, struct mb_storage *dst,
                      struct mb_error *error)
{
    struct mb_copy *copy = NULL;
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry;
    mb_status status = mb_copy_open(&copy, src, dst, &bench->options, NULL, error);
    if (status == MB_OK)
        status = mb_listing_open(&listing, src, bench->from.prefix, NULL, NULL, error);
    while (status == MB_OK && (status = mb_listing_next(listing, &entry, error)) == MB_OK)
        status = add_listed(bench, copy, entry, error);
    if (status == MB_END)
        status = mb_copy_finish(copy, error);
    char how[300];
    if (status == MB_OK)
        fprintf(stderr, "%s\n", mb_copy_describe(copy, how, sizeof(how)));
    mb_listing_close(listing);
    mb_copy_close(copy);
    return status;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void print_result(const struct bench *bench, int64_t wall_ns)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("{\"objects\": %" PRIuFAST64 ", \"bytes\": %" PRIuFAST64
           ", \"wall_s\": %.3f, \"cpu_s\": %.3f, \"user_s\": %.3f, \"peak_rss_kib\": %ld}\n",
           atomic_load(&bench->progress.objects_done), atomic_load(&bench->progress.bytes_done),
           (double)wall_ns / 1e9, seconds(used.ru_utime) + seconds(used.ru_stime), seconds(used.ru_utime),
           used.ru_maxrss);
}

static void print_operations(const char *name, struct mb_storage *storage)
{
    struct mb_operation_stats stats[MB_OP_COUNT];
    mb_storage_stats(storage, stats);
    for (int i = 0; i < MB_OP_COUNT; i++)
        if (stats[i].calls > 0)
            fprintf(stderr, "%s %-14s calls %" PRIu64 " retries %" PRIu64 " mean %.2f ms max %.2f ms\n", name,
                    mb_operation_name((enum mb_operation)i), stats[i].calls, stats[i].retries,
                    (double)stats[i].total_ns / 1e6 / (double)stats[i].calls, (double)stats[i].max_ns / 1e6);
}

static mb_status run(struct bench *bench, struct mb_error *error)
{
    struct mb_drivers *drivers = NULL;
    struct mb_storage *src = NULL;
    struct mb_storage *dst = NULL;
    struct mb_drivers_options places = {.plugin_dir = bench->drivers_dir};
    struct mb_storage_options plain = {.call_timeout_ns = 0};
    mb_status status = mb_drivers_new(&drivers, &places, error);
    if (status == MB_OK)
        status = mb_storage_open(&src, drivers, bench->from.driver, bench->from.config, bench->from.count,
                                 &plain, error);
    if (status == MB_OK)
        status = mb_storage_open(&dst, drivers, bench->to.driver, bench->to.config, bench->to.count, &plain,
                                 error);
    int64_t begun = mb_clock_monotonic();
    if (status == MB_OK)
        status = move(bench, src, dst, error);
    if (status == MB_OK) {
        print_result(bench, mb_clock_monotonic() - begun);
        print_operations("from", src);
        print_operations("to  ", dst);
    }
    mb_storage_close(dst);
    mb_storage_close(src);
    mb_drivers_free(drivers);
    return status;
}

int main(int argc, char **argv)
{
    struct bench bench = {.drivers_dir = NULL};
    struct mb_error error = MB_ERROR_INIT;
    (void)argc;
    if (!parse(&bench, argv + 1))
        return fail(usage);
    bench.options.progress = &bench.progress;
    return run(&bench, &error) < 0 ? fail(error.message) : 0;
}
