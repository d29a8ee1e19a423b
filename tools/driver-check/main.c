/* main.c - milvus-backup-driver-check: does a storage driver keep the promises of storage_plugin.h? */
#include "run.h"

#include "base/version.h"
#include "storage/driver.h"
#include "storage/options.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage_text[] =
    "usage: milvus-backup-driver-check [OPTION...] DRIVER [KEY=VALUE...]\n"
    "\n"
    "Calls every slot of a storage driver and tells which promises of storage_plugin.h it keeps.\n"
    "DRIVER is a driver's name or the path of its .so; KEY=VALUE are its options.\n"
    "Everything happens below one new prefix, which is removed at the end.\n"
    "\n"
    "  --create             make the bucket first\n"
    "  --prefix PREFIX      begin every key with this (default: driver-check-XXXXXXXX/)\n"
    "  --bad KEY=VALUE      what makes the credentials wrong (may be repeated)\n"
    "  --missing KEY=VALUE  what names a bucket that does not exist (may be repeated)\n"
    "  --dead KEY=VALUE     what names an address where nobody answers (may be repeated)\n"
    "  --quirks FILE        tests that are known to fail: lines of \"TEST: REASON\", or of \"TEST?: "
    "REASON\"\n"
    "                       for those that fail at times only (may be repeated)\n"
    "  --only PATTERN       only these tests, as 'list.*' (may be repeated)\n"
    "  --list               name the tests and what they are about, and end\n"
    "  --threads N          how many threads (default 64)\n"
    "  --keys N             how many keys in the long listing (default 1100)\n"
    "  --part-size N        bytes of a part, where the store takes smaller ones (default 65536)\n"
    "  --plugin-dir DIR     where drivers lie\n"
    "  --version, --help\n"
    "\n"
    "Exit status: 0 when nothing failed, 1 when something did, 2 when nothing could be tried.\n"
    "\n"
    "Example: milvus-backup-driver-check --bad auth.secretAccessKey=wrong --missing bucketName=none \\\n"
    "             minio address=localhost port=9000 bucketName=test auth.accessKeyID=key "
    "auth.secretAccessKey=secret\n";

/* More than a command line holds. */
enum { MAX_PAIRS = 64, MAX_NUMBER = 1 << 30 };

struct pairs {
    struct mb_kv items[MAX_PAIRS];
    size_t count;
};

struct arguments {
    struct pairs good, bad, missing, dead;
    const char *only[MAX_PAIRS];
    size_t only_count;
    const char *quirks[MAX_PAIRS];
    size_t quirks_count;
    const char *driver;
    const char *plugin_dir;
    const char *prefix;
    unsigned threads, keys, part_size;
    bool create, list;
};

static bool add_pair(struct pairs *pairs, char *text)
{
    char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || pairs->count == MAX_PAIRS) {
        fprintf(stderr, "milvus-backup-driver-check: '%s' is no KEY=VALUE (see --help)\n", text);
        return false;
    }
    *equals = '\0';
    pairs->items[pairs->count++] = (struct mb_kv){.key = text, .value = equals + 1};
    return true;
}

static bool read_number(const char *text, unsigned *out)
{
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);
    if (*end == '\0' && end != text && value > 0 && value <= MAX_NUMBER) {
        *out = (unsigned)value;
        return true;
    }
    fprintf(stderr, "milvus-backup-driver-check: '%s' is no number from 1 to %d\n", text, MAX_NUMBER);
    return false;
}

enum {
    OPT_BAD = 256,
    OPT_CREATE,
    OPT_DEAD,
    OPT_HELP,
    OPT_KEYS,
    OPT_LIST,
    OPT_MISSING,
    OPT_ONLY,
    OPT_PART_SIZE,
    OPT_PLUGIN_DIR,
    OPT_PREFIX,
    OPT_QUIRKS,
    OPT_THREADS,
    OPT_VERSION
};

static const struct option options[] = {
    {"bad", required_argument, NULL, OPT_BAD},
    {"create", no_argument, NULL, OPT_CREATE},
    {"dead", required_argument, NULL, OPT_DEAD},
    {"help", no_argument, NULL, OPT_HELP},
    {"keys", required_argument, NULL, OPT_KEYS},
    {"list", no_argument, NULL, OPT_LIST},
    {"missing", required_argument, NULL, OPT_MISSING},
    {"only", required_argument, NULL, OPT_ONLY},
    {"part-size", required_argument, NULL, OPT_PART_SIZE},
    {"plugin-dir", required_argument, NULL, OPT_PLUGIN_DIR},
    {"prefix", required_argument, NULL, OPT_PREFIX},
    {"quirks", required_argument, NULL, OPT_QUIRKS},
    {"threads", required_argument, NULL, OPT_THREADS},
    {"version", no_argument, NULL, OPT_VERSION},
    {0},
};

static bool add_text(const char **items, size_t *count, const char *text)
{
    if (*count == MAX_PAIRS) {
        fprintf(stderr, "milvus-backup-driver-check: too many times the same option\n");
        return false;
    }
    items[(*count)++] = text;
    return true;
}

static bool take_option(struct arguments *arguments, int option, char *value)
{
    switch (option) {
    case OPT_BAD:
        return add_pair(&arguments->bad, value);
    case OPT_MISSING:
        return add_pair(&arguments->missing, value);
    case OPT_DEAD:
        return add_pair(&arguments->dead, value);
    case OPT_KEYS:
        return read_number(value, &arguments->keys);
    case OPT_THREADS:
        return read_number(value, &arguments->threads);
    case OPT_PART_SIZE:
        return read_number(value, &arguments->part_size);
    case OPT_ONLY:
        return add_text(arguments->only, &arguments->only_count, value);
    case OPT_QUIRKS:
        return add_text(arguments->quirks, &arguments->quirks_count, value);
    case OPT_PLUGIN_DIR:
        arguments->plugin_dir = value;
        return true;
    case OPT_PREFIX:
        arguments->prefix = value;
        return true;
    case OPT_CREATE:
        arguments->create = true;
        return true;
    case OPT_LIST:
        arguments->list = true;
        return true;
    default:
        return false;
    }
}

/* 0 to go on, otherwise one more than the exit status. */
static int read_arguments(struct arguments *arguments, int argc, char **argv)
{
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == OPT_HELP) {
            fputs(usage_text, stdout);
            return 1;
        }
        if (option == OPT_VERSION) {
            printf("milvus-backup-driver-check %s, ABI %d.%d\n", mb_program_version(), MB_STORAGE_ABI_MAJOR,
                   MB_STORAGE_ABI_MINOR);
            return 1;
        }
        if (!take_option(arguments, option, optarg))
            return 3;
    }
    for (; optind < argc; optind++) {
        if (arguments->driver == NULL)
            arguments->driver = argv[optind];
        else if (!add_pair(&arguments->good, argv[optind]))
            return 3;
    }
    if (arguments->driver == NULL && !arguments->list) {
        fputs(usage_text, stderr);
        return 3;
    }
    return 0;
}

/* ".../lib/milvus-backup/drivers" of the folder that this program's bin lies in. */
static const char *drivers_beside(struct mb_arena *arena)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (len <= 0)
        return NULL;
    path[len] = '\0';
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(path, '/');
        if (slash == NULL)
            return NULL;
        *slash = '\0';
    }
    return mb_arena_printf(arena, "%s/lib/milvus-backup/drivers", path);
}

static mb_status load(const struct arguments *arguments, struct mb_arena *arena, struct mb_drivers **drivers,
                      const struct mb_storage_plugin **out, struct mb_error *error)
{
    const char *name = arguments->driver;
    const char *slash = strrchr(name, '/');
    struct mb_drivers_options where = {.plugin_dir = arguments->plugin_dir,
                                       .path = getenv("MILVUS_BACKUP_PLUGIN_PATH"),
                                       .build_dir = drivers_beside(arena),
                                       .libdir = MB_DRIVER_DIR};
    if (slash != NULL) {
        size_t len = strlen(slash + 1);
        if (len > 3 && strcmp(slash + 1 + len - 3, ".so") == 0)
            len -= 3;
        where.plugin_dir = mb_arena_strndup(arena, name, slash == name ? 1 : (size_t)(slash - name));
        name = mb_arena_strndup(arena, slash + 1, len);
        if (where.plugin_dir == NULL || name == NULL)
            return mb_fail_memory(error);
    }
    MB_TRY(mb_drivers_new(drivers, &where, error));
    return mb_drivers_load(*drivers, name, out, error);
}

/* The options with some of them replaced, as open gets them. */
static mb_status configure(const struct mb_storage_plugin *plugin, const struct pairs *base,
                           const struct pairs *changes, struct mb_arena *arena, struct config *out,
                           struct mb_error *error)
{
    struct mb_kv items[2 * MAX_PAIRS];
    size_t count = 0;
    for (size_t i = 0; i < base->count; i++) {
        bool replaced = false;
        for (size_t k = 0; k < changes->count; k++)
            replaced = replaced || strcmp(base->items[i].key, changes->items[k].key) == 0;
        if (!replaced)
            items[count++] = base->items[i];
    }
    for (size_t k = 0; k < changes->count; k++)
        items[count++] = changes->items[k];
    return mb_options_resolve(plugin, items, count, NULL, arena, &out->items, &out->count, error);
}

static mb_status prepare(struct suite *suite, const struct arguments *arguments, struct mb_arena *arena,
                         struct mb_error *error)
{
    const struct {
        const struct pairs *changes;
        struct config *config;
    } others[] = {{&arguments->bad, &suite->bad},
                  {&arguments->missing, &suite->missing},
                  {&arguments->dead, &suite->dead}};
    const struct pairs none = {.count = 0};
    MB_TRY(configure(suite->plugin, &arguments->good, &none, arena, &suite->good, error));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (others[i].changes->count > 0)
            MB_TRY(configure(suite->plugin, &arguments->good, others[i].changes, arena, others[i].config,
                             error));
    suite->prefix =
        arguments->prefix != NULL
            ? arguments->prefix
            : mb_arena_printf(arena, "driver-check-%08x/", (unsigned)mb_clock_wall() ^ (unsigned)getpid());
    return suite->prefix == NULL ? mb_fail_memory(error) : MB_OK;
}

static int run(const struct arguments *arguments, struct mb_arena *arena)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_drivers *drivers = NULL;
    struct quirks quirks = {.arena = arena};
    struct selection selection = {.patterns = arguments->only, .count = arguments->only_count};
    struct suite suite = {.threads = arguments->threads,
                          .keys = arguments->keys,
                          .part_size = arguments->part_size,
                          .create = arguments->create,
                          .lock = PTHREAD_MUTEX_INITIALIZER,
                          .slots = PTHREAD_MUTEX_INITIALIZER};
    if (arguments->list) {
        tests_print(&selection);
        return 0;
    }
    mb_status status = load(arguments, arena, &drivers, &suite.plugin, &error);
    if (status == MB_OK)
        status = prepare(&suite, arguments, arena, &error);
    for (size_t i = 0; status == MB_OK && i < arguments->quirks_count; i++)
        status = quirks_read(&quirks, arguments->quirks[i], &error);
    int result = 2;
    if (status == MB_OK)
        result = suite_run(&suite, &quirks, &selection) ? 0 : 1;
    else
        fprintf(stderr, "milvus-backup-driver-check: %s\n", error.message);
    mb_drivers_free(drivers);
    return result;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.threads = 64, .keys = 1100, .part_size = 65536};
    int stop = read_arguments(&arguments, argc, argv);
    if (stop != 0)
        return stop - 1;
    struct mb_arena *arena = mb_arena_new();
    if (arena == NULL)
        return 2;
    int result = run(&arguments, arena);
    mb_arena_free(arena);
    return result;
}
