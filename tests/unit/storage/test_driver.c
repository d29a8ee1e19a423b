#include "storage/driver.h"

#include "storage/store.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PLUGINS MB_TEST_PLUGINS

static struct mb_drivers *open_drivers(const char *plugin_dir, const char *path, const char *libdir,
                                       struct mb_log *log)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_drivers *drivers = NULL;
    struct mb_drivers_options options = {
        .plugin_dir = plugin_dir, .path = path, .libdir = libdir, .log = log};
    assert_int_equal(mb_drivers_new(&drivers, &options, &error), MB_OK);
    return drivers;
}

static void expect_refused(struct mb_drivers *drivers, const char *name, const char *message)
{
    struct mb_error error = MB_ERROR_INIT;
    const struct mb_storage_plugin *plugin = NULL;
    assert_int_equal(mb_drivers_load(drivers, name, &plugin, &error), MB_E_CONFIG);
    assert_string_equal(error.message, message);
    assert_int_equal(error.flags, 0);
    assert_null(plugin);
}

static const struct mb_storage_plugin *load(struct mb_drivers *drivers, const char *name)
{
    struct mb_error error = MB_ERROR_INIT;
    const struct mb_storage_plugin *plugin = NULL;
    if (mb_drivers_load(drivers, name, &plugin, &error) != MB_OK)
        fail_msg("%s", error.message);
    return plugin;
}

static void test_a_good_driver(void **state)
{
    (void)state;
    struct mb_drivers *drivers = open_drivers(PLUGINS, NULL, NULL, NULL);
    const struct mb_storage_plugin *plugin = load(drivers, "memory");
    assert_string_equal(plugin->version, "1.2.3");
    assert_int_equal(plugin->struct_size, sizeof(*plugin));
    assert_ptr_equal(load(drivers, "memory"), plugin);
    mb_drivers_free(drivers);
}

static void test_load_is_called_once_a_process(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct mb_drivers *drivers = open_drivers(PLUGINS, NULL, NULL, NULL);
        load(drivers, "memory");
        mb_drivers_free(drivers);
    }
    mb_drivers_free(NULL);
}

static void test_what_is_wrong_is_said_exactly(void **state)
{
    (void)state;
    struct mb_drivers *drivers = open_drivers(PLUGINS, NULL, NULL, NULL);
    expect_refused(drivers, "no-symbol",
                   PLUGINS
                   "/no-symbol.so is not a storage driver: it does not export mb_storage_plugin_entry");
    expect_refused(drivers, "null-table",
                   PLUGINS "/null-table.so is not a storage driver: mb_storage_plugin_entry returned NULL");
    expect_refused(
        drivers, "bad-magic",
        PLUGINS
        "/bad-magic.so is not a storage driver: its table begins with 0x12345678 instead of 0x5342424d");
    expect_refused(
        drivers, "wrong-major",
        "storage driver " PLUGINS
        "/wrong-major.so speaks ABI 2.5 and this program 1.2: the number before the dot must be the same");
    char text[512];
    snprintf(text, sizeof(text),
             "storage driver " PLUGINS "/short-table.so: its table has 200 bytes, that of ABI 1.0 has %zu",
             sizeof(struct mb_storage_plugin));
    expect_refused(drivers, "short-table", text);
    expect_refused(drivers, "one-missing",
                   "storage driver " PLUGINS "/one-missing.so lacks the required slot stat");
    expect_refused(drivers, "two-missing",
                   "storage driver " PLUGINS "/two-missing.so lacks the required slots get, list_close");
    expect_refused(drivers, "half-group",
                   "storage driver " PLUGINS "/half-group.so has half of the multipart group: mpu_begin, "
                   "mpu_part without mpu_complete, mpu_abort");
    expect_refused(drivers, "wrong-name",
                   "storage driver " PLUGINS
                   "/wrong-name.so calls itself \"other\": the file must be called other.so");
    expect_refused(drivers, "no-name",
                   "storage driver " PLUGINS "/no-name.so has no name, version or description");
    expect_refused(drivers, "no-description",
                   "storage driver " PLUGINS "/no-description.so has no name, version or description");
    expect_refused(drivers, "bad-threads",
                   "storage driver " PLUGINS "/bad-threads.so declares the unknown thread model 7");
    snprintf(text, sizeof(text),
             "storage driver " PLUGINS
             "/short-options.so declares 3 options of 16 bytes each, one of ABI 1.0 has %zu",
             sizeof(struct mb_option));
    expect_refused(drivers, "short-options", text);
    snprintf(text, sizeof(text),
             "storage driver " PLUGINS
             "/no-options.so declares 3 options of 0 bytes each, one of ABI 1.0 has %zu",
             sizeof(struct mb_option));
    expect_refused(drivers, "no-options", text);
    expect_refused(drivers, "load-fails",
                   "storage driver " PLUGINS "/load-fails.so refused to start: no licence");
    expect_refused(drivers, "load-fails",
                   "storage driver " PLUGINS "/load-fails.so refused to start: no licence");
    mb_drivers_free(drivers);
}

static void test_what_the_linker_says_is_handed_on(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    const struct mb_storage_plugin *plugin = NULL;
    struct mb_drivers *drivers = open_drivers(PLUGINS, NULL, NULL, NULL);
    assert_int_equal(mb_drivers_load(drivers, "undefined", &plugin, &error), MB_E_CONFIG);
    assert_non_null(strstr(error.message, "load storage driver " PLUGINS "/undefined.so: "));
    assert_non_null(strstr(error.message, "defined_nowhere"));
    mb_drivers_free(drivers);
}

static void test_names_that_are_paths_or_worse(void **state)
{
    (void)state;
    struct mb_drivers *drivers = open_drivers(PLUGINS, NULL, NULL, NULL);
    static const char *const bad[] = {"",          "../memory",   "Memory",    "mem ory",
                                      "memory.so", "/etc/passwd", "m\xc3\xa4", "a\nb"};
    char text[256];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(text, sizeof(text),
                 "\"%s\" cannot be the name of a storage driver: it may hold a-z, 0-9, _ and -", bad[i]);
        expect_refused(drivers, bad[i], text);
    }
    mb_drivers_free(drivers);
}

struct folders {
    char dir[64];
    char a[96], b[96];
};

static void copy_file(const char *from, const char *to)
{
    char chunk[65536];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert_non_null(in);
    assert_non_null(out);
    for (size_t n; (n = fread(chunk, 1, sizeof(chunk), in)) > 0;)
        assert_int_equal(fwrite(chunk, 1, n, out), n);
    fclose(in);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(to, 0644), 0);
}

static int make_folders(void **state)
{
    struct folders *f = calloc(1, sizeof(*f));
    if (f == NULL)
        return -1;
    strcpy(f->dir, "/tmp/mb-drivers-XXXXXX");
    if (mkdtemp(f->dir) == NULL)
        return -1;
    snprintf(f->a, sizeof(f->a), "%s/a", f->dir);
    snprintf(f->b, sizeof(f->b), "%s/b", f->dir);
    *state = f;
    return mkdir(f->a, 0755) | mkdir(f->b, 0755);
}

static int remove_folders(void **state)
{
    struct folders *f = *state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf '%s'", f->dir);
    int rc = system(command);
    free(f);
    return rc;
}

static void test_not_found_lists_where_and_what(void **state)
{
    struct folders *f = *state;
    char path[256], text[512];
    snprintf(path, sizeof(path), "%s/memory.so", f->b);
    copy_file(PLUGINS "/memory.so", path);
    snprintf(path, sizeof(path), "%s/Upper.so", f->b);
    copy_file(PLUGINS "/memory.so", path);
    snprintf(path, sizeof(path), "%s/s3.so", f->a);
    copy_file(PLUGINS "/memory.so", path);
    snprintf(path, sizeof(path), ":%s/:/nonexistent:", f->a);
    struct mb_drivers *drivers = open_drivers(f->b, path, f->a, NULL);
    snprintf(text, sizeof(text),
             "storage driver \"azure\" not found: no azure.so in %s, %s, /nonexistent; drivers found there: "
             "memory, s3",
             f->b, f->a);
    expect_refused(drivers, "azure", text);
    mb_drivers_free(drivers);

    drivers = open_drivers("/nonexistent", NULL, NULL, NULL);
    expect_refused(
        drivers, "azure",
        "storage driver \"azure\" not found: no azure.so in /nonexistent; no drivers were found there");
    mb_drivers_free(drivers);
    drivers = open_drivers(NULL, "", NULL, NULL);
    expect_refused(drivers, "azure",
                   "storage driver \"azure\" not found: no azure.so in any folder, for none was named; no "
                   "drivers were found there");
    mb_drivers_free(drivers);
}

static void test_the_first_place_wins(void **state)
{
    struct folders *f = *state;
    char path[256];
    snprintf(path, sizeof(path), "%s/memory.so", f->a);
    copy_file(PLUGINS "/memory.so", path);
    snprintf(path, sizeof(path), "%s/memory.so", f->b);
    copy_file(PLUGINS "/memory.so", path);
    snprintf(path, sizeof(path), "%s/alpha.so", f->b);
    copy_file(PLUGINS "/memory.so", path);

    struct mb_error error = MB_ERROR_INIT;
    struct mb_arena *arena = mb_arena_new();
    struct mb_driver_file *files = NULL;
    size_t count = 0;
    struct mb_drivers *drivers = open_drivers(f->a, f->b, NULL, NULL);
    assert_int_equal(mb_drivers_list(drivers, arena, &files, &count, &error), MB_OK);
    assert_int_equal(count, 2);
    assert_string_equal(files[0].name, "alpha");
    assert_string_equal(files[1].name, "memory");
    snprintf(path, sizeof(path), "%s/memory.so", f->a);
    assert_string_equal(files[1].path, path);
    load(drivers, "memory");
    mb_drivers_free(drivers);
    mb_arena_free(arena);
}

static void test_a_file_that_others_could_have_written(void **state)
{
    struct folders *f = *state;
    char path[256], text[512];
    snprintf(path, sizeof(path), "%s/memory.so", f->a);
    copy_file(PLUGINS "/memory.so", path);
    struct mb_drivers *drivers = open_drivers(f->a, NULL, NULL, NULL);

    static const mode_t modes[] = {0666, 0646, 0664, 0777};
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        chmod(path, modes[i]);
        snprintf(text, sizeof(text),
                 "storage driver not loaded: others may write to %s (mode %04o): chmod go-w it", path,
                 (unsigned)modes[i]);
        expect_refused(drivers, "memory", text);
    }
    chmod(path, 0644);
    chmod(f->a, 0777);
    snprintf(text, sizeof(text),
             "storage driver not loaded: others may write to %s (mode 0777): chmod go-w it", f->a);
    expect_refused(drivers, "memory", text);
    chmod(f->a, 01777);
    load(drivers, "memory");
    mb_drivers_free(drivers);
}

static void test_a_file_of_another_user(void **state)
{
    if (geteuid() != 0) {
        print_message("skipped: only root can give files away\n");
        skip();
    }
    struct folders *f = *state;
    char path[256], text[512];
    snprintf(path, sizeof(path), "%s/memory.so", f->a);
    copy_file(PLUGINS "/memory.so", path);
    struct mb_drivers *drivers = open_drivers(f->a, NULL, NULL, NULL);
    assert_int_equal(chown(path, 12345, 0), 0);
    snprintf(text, sizeof(text), "storage driver not loaded: %s belongs to another user (uid 12345)", path);
    expect_refused(drivers, "memory", text);
    assert_int_equal(chown(path, 0, 0) | chown(f->a, 12345, 0), 0);
    snprintf(text, sizeof(text), "storage driver not loaded: %s belongs to another user (uid 12345)", f->a);
    expect_refused(drivers, "memory", text);
    mb_drivers_free(drivers);
}

static void test_a_link_is_judged_by_both_ends(void **state)
{
    struct folders *f = *state;
    char path[256], link[256], text[512];
    snprintf(path, sizeof(path), "%s/memory.so", f->a);
    snprintf(link, sizeof(link), "%s/memory.so", f->b);
    copy_file(PLUGINS "/memory.so", path);
    assert_int_equal(symlink("../a/memory.so", link), 0);
    struct mb_drivers *drivers = open_drivers(f->b, NULL, NULL, NULL);
    chmod(f->a, 0777);
    snprintf(text, sizeof(text),
             "storage driver not loaded: others may write to %s (mode 0777): chmod go-w it", f->a);
    expect_refused(drivers, "memory", text);
    chmod(f->a, 0755);
    load(drivers, "memory");
    mb_drivers_free(drivers);
}

static void test_folders_and_broken_files(void **state)
{
    struct folders *f = *state;
    char path[256], text[512];
    struct mb_error error = MB_ERROR_INIT;
    const struct mb_storage_plugin *plugin = NULL;
    struct mb_drivers *drivers = open_drivers(f->a, NULL, NULL, NULL);
    snprintf(path, sizeof(path), "%s/folder.so", f->a);
    mkdir(path, 0755);
    snprintf(text, sizeof(text), "storage driver %s is not a file", path);
    expect_refused(drivers, "folder", text);
    snprintf(path, sizeof(path), "%s/garbage.so", f->a);
    FILE *file = fopen(path, "w");
    fputs("not an object at all", file);
    fclose(file);
    chmod(path, 0644);
    assert_int_equal(mb_drivers_load(drivers, "garbage", &plugin, &error), MB_E_CONFIG);
    snprintf(text, sizeof(text), "load storage driver %s: ", path);
    assert_memory_equal(error.message, text, strlen(text));
    assert_non_null(strstr(error.message, "too short"));
    mb_drivers_free(drivers);
}

static void test_a_newer_driver_on_this_host(void **state)
{
    (void)state;
    struct mb_drivers *drivers = open_drivers(PLUGINS, NULL, NULL, NULL);
    const struct mb_storage_plugin *plugin = load(drivers, "newer");
    assert_int_equal(plugin->abi_minor, 3);
    assert_int_equal(plugin->struct_size, sizeof(*plugin));
    assert_true(plugin->option_size > sizeof(struct mb_option));
    struct mb_option option;
    mb_driver_option(plugin, 1, &option);
    assert_string_equal(option.name, "second");
    assert_string_equal(option.def, "two");

    struct mb_error error = MB_ERROR_INIT;
    struct mb_storage *storage = NULL;
    assert_int_equal(mb_storage_open(&storage, drivers, "newer", NULL, 0, NULL, &error), MB_OK);
    assert_int_equal(mb_storage_write(storage, "k", "v", 1, NULL, NULL, NULL, &error), MB_OK);
    mb_storage_close(storage);
    mb_drivers_free(drivers);
}

static void test_drivers_log_through_the_host(void **state)
{
    struct folders *f = *state;
    char path[128], line[256] = "";
    snprintf(path, sizeof(path), "%s/log", f->dir);
    struct mb_error error = MB_ERROR_INIT;
    struct mb_log *log = NULL;
    struct mb_log_options options = {.level = MB_LOG_INFO, .path = path};
    assert_int_equal(mb_log_open(&log, &options, &error), MB_OK);
    struct mb_drivers *drivers = open_drivers(PLUGINS, NULL, NULL, log);
    load(drivers, "serial");
    mb_drivers_free(drivers);
    mb_log_close(log);
    FILE *file = fopen(path, "r");
    assert_non_null(fgets(line, sizeof(line), file));
    fclose(file);
    assert_string_equal(line + 24, " INFO  hello from serial to milvus-backup/0.1.0\n");
}

static void *load_memory(void *ctx)
{
    struct mb_error error = MB_ERROR_INIT;
    const struct mb_storage_plugin *plugin = NULL;
    mb_drivers_load(ctx, "memory", &plugin, &error);
    return (void *)(uintptr_t)plugin;
}

static void test_threads_get_one_table(void **state)
{
    (void)state;
    struct mb_drivers *drivers = open_drivers(PLUGINS, NULL, NULL, NULL);
    pthread_t threads[8];
    void *tables[8];
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, load_memory, drivers);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], &tables[i]);
    for (int i = 0; i < 8; i++)
        assert_ptr_equal(tables[i], load(drivers, "memory"));
    mb_drivers_free(drivers);
}

#define WITH_FOLDERS(test) cmocka_unit_test_setup_teardown(test, make_folders, remove_folders)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_driver),
        cmocka_unit_test(test_load_is_called_once_a_process),
        cmocka_unit_test(test_what_is_wrong_is_said_exactly),
        cmocka_unit_test(test_what_the_linker_says_is_handed_on),
        cmocka_unit_test(test_names_that_are_paths_or_worse),
        WITH_FOLDERS(test_not_found_lists_where_and_what),
        WITH_FOLDERS(test_the_first_place_wins),
        WITH_FOLDERS(test_a_file_that_others_could_have_written),
        WITH_FOLDERS(test_a_file_of_another_user),
        WITH_FOLDERS(test_a_link_is_judged_by_both_ends),
        WITH_FOLDERS(test_folders_and_broken_files),
        cmocka_unit_test(test_a_newer_driver_on_this_host),
        WITH_FOLDERS(test_drivers_log_through_the_host),
        cmocka_unit_test(test_threads_get_one_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
