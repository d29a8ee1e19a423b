/* Drivers of ABI 1.0 on this host: every slot that they have, called by the store. */
#include "storage/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct bed {
    char log_path[64];
    struct mb_log *log;
    struct mb_drivers *drivers;
    struct mb_storage *storage;
    struct mb_error error;
};

static struct bed bed;

#define OK(expression)                                          \
    do {                                                        \
        if ((expression) != MB_OK)                              \
            fail_msg("%s: %s", #expression, bed.error.message); \
    } while (0)

static int up(void **state)
{
    const struct mb_kv config[] = {{"over", "frozen"}, {"label", "here"}, {"password", "secret"}};
    const char *const *from = *state; /* folder and driver */
    int through = strcmp(from[1], "trace") == 0;
    bed = (struct bed){.error = MB_ERROR_INIT, .log_path = "/tmp/test-abi-XXXXXX"};
    int fd = mkstemp(bed.log_path);
    if (fd < 0 || close(fd) != 0)
        return -1;
    const struct mb_log_options log_options = {.level = MB_LOG_INFO, .path = bed.log_path};
    if (mb_log_open(&bed.log, &log_options, &bed.error) != MB_OK)
        return -1;
    const struct mb_drivers_options options = {.plugin_dir = from[0], .path = MB_DRIVERS, .log = bed.log};
    mb_status status = mb_drivers_new(&bed.drivers, &options, &bed.error);
    if (status == MB_OK)
        status = mb_storage_open(&bed.storage, bed.drivers, from[1], config + !through, through ? 3 : 2, NULL,
                                 &bed.error);
    if (status != MB_OK)
        print_message("%s\n", bed.error.message);
    return status;
}

static int down(void **state)
{
    (void)state;
    mb_storage_close(bed.storage);
    mb_drivers_free(bed.drivers);
    mb_log_close(bed.log);
    return unlink(bed.log_path);
}

static void put(const char *key, const char *text)
{
    OK(mb_storage_write(bed.storage, key, text, strlen(text), NULL, NULL, NULL, &bed.error));
}

static void expect(const char *key, const char *text)
{
    struct mb_buf buf;
    mb_buf_init(&buf, 1000);
    OK(mb_storage_read_all(bed.storage, key, &buf, NULL, &bed.error));
    assert_string_equal(buf.data, text);
    mb_buf_done(&buf);
}

static void test_table(void **state)
{
    const struct mb_storage_plugin *plugin = NULL;
    struct mb_option option;
    (void)state;
    OK(mb_drivers_load(bed.drivers, "frozen", &plugin, &bed.error));
    assert_int_equal(plugin->abi_major, 1);
    assert_int_equal(plugin->abi_minor, 0);
    assert_int_equal(plugin->option_count, 3);
    mb_driver_option(plugin, 1, &option);
    assert_string_equal(option.name, "pageSize");
    assert_string_equal(option.def, "2");
    assert_string_equal(mb_storage_info(bed.storage)->location, "frozen://here");
    assert_string_equal(mb_storage_info(bed.storage)->realm, "frozen:here");
    assert_int_equal(mb_storage_info(bed.storage)->max_parts, 100);
}

static void test_objects(void **state)
{
    const struct mb_put_options new_only = {.struct_size = sizeof(new_only), .flags = MB_PUT_IF_ABSENT};
    char buf[8] = "";
    size_t n = 0;
    struct mb_stat stat;
    (void)state;
    OK(mb_storage_check(bed.storage, NULL, &bed.error));
    OK(mb_storage_create_bucket(bed.storage, NULL, &bed.error));
    put("a", "0123456789");
    expect("a", "0123456789");
    OK(mb_storage_stat(bed.storage, "a", &stat, NULL, &bed.error));
    assert_int_equal(stat.size, 10);
    assert_string_equal(stat.etag, "\"10\"");
    OK(mb_storage_read(bed.storage, "a", 7, buf, 7, NULL, &n, &stat, NULL, &bed.error));
    assert_int_equal(n, 3);
    assert_string_equal(buf, "789");
    assert_int_equal(mb_storage_write(bed.storage, "a", "x", 1, &new_only, NULL, NULL, &bed.error),
                     MB_E_EXISTS);
    OK(mb_storage_copy(bed.storage, "b", bed.storage, "a", 0, &stat, NULL, &bed.error));
    expect("b", "0123456789");
    assert_int_equal(mb_storage_stat(bed.storage, "none", &stat, NULL, &bed.error), MB_E_NOT_FOUND);
    assert_string_equal(bed.error.message, "stat frozen://here/none: there is nothing of that name");
}

static void test_listing_and_removing(void **state)
{
    static const char *const keys[] = {"k/1", "k/2", "k/3", "k/4", "k/5"};
    const struct mb_entry *entry;
    struct mb_listing *listing = NULL;
    size_t count = 0;
    uint64_t removed = 0;
    (void)state;
    for (size_t i = 0; i < 5; i++)
        put(keys[i], "x");
    put("other", "x");
    OK(mb_listing_open(&listing, bed.storage, "k/", NULL, NULL, &bed.error));
    for (; mb_listing_next(listing, &entry, &bed.error) == MB_OK; count++) {
        assert_string_equal(entry->key, keys[count]);
        assert_int_equal(entry->size, 1);
    }
    mb_listing_close(listing);
    assert_int_equal(count, 5);
    OK(mb_storage_remove(bed.storage, "k/3", NULL, &bed.error));
    OK(mb_storage_remove_prefix(bed.storage, "k/", &removed, NULL, &bed.error));
    assert_int_equal(removed, 4);
    expect("other", "x");
}

static void test_uploads(void **state)
{
    char id[64];
    uint64_t aborted = 0;
    struct mb_part parts[2];
    struct mb_stat stat;
    (void)state;
    put("source", "abcdefgh");
    OK(mb_storage_upload_begin(bed.storage, "u", id, sizeof(id), NULL, &bed.error));
    OK(mb_storage_upload_part(bed.storage, "u", id, 1, "first ", 6, NULL, &parts[0], NULL, &bed.error));
    OK(mb_storage_upload_copy_part(bed.storage, "u", id, 2, bed.storage, "source", 2, 4, &parts[1], NULL,
                                   &bed.error));
    OK(mb_storage_upload_complete(bed.storage, "u", id, parts, 2, &stat, NULL, &bed.error));
    assert_int_equal(stat.size, 10);
    expect("u", "first cdef");
    OK(mb_storage_upload_begin(bed.storage, "left/1", id, sizeof(id), NULL, &bed.error));
    OK(mb_storage_upload_begin(bed.storage, "right/1", id, sizeof(id), NULL, &bed.error));
    OK(mb_storage_abort_uploads(bed.storage, "left/", &aborted, NULL, &bed.error));
    assert_int_equal(aborted, 1);
    OK(mb_storage_upload_abort(bed.storage, "right/1", id, &bed.error));
}

/* load is called once a process, so the first test of a file of a driver finds the line. */
static void test_load(void **state)
{
    char line[256] = "";
    (void)state;
    FILE *file = fopen(bed.log_path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    fclose(file);
    assert_non_null(strstr(line, "driver of ABI 1.0 in milvus-backup/"));
}

static const char *const built[] = {BUILT, "frozen"};
static const char *const traced[] = {BUILT, "trace"};
static const char *const prebuilt[] = {PREBUILT, "frozen"};

#define FROM(from, test)                                           \
    {                                                              \
#test " " #from, test, up, down, (void *)(uintptr_t)(from) \
    }

int main(void)
{
    const struct CMUnitTest here[] = {
        FROM(built, test_load),
        FROM(built, test_table),
        FROM(built, test_objects),
        FROM(built, test_listing_and_removing),
        FROM(built, test_uploads),
        FROM(traced, test_objects),
        FROM(traced, test_listing_and_removing),
        FROM(traced, test_uploads),
    };
    const struct CMUnitTest old[] = {
        FROM(prebuilt, test_load),    FROM(prebuilt, test_table),
        FROM(prebuilt, test_objects), FROM(prebuilt, test_listing_and_removing),
        FROM(prebuilt, test_uploads),
    };
    int failed = cmocka_run_group_tests(here, NULL, NULL);
#ifdef __x86_64__
    return failed + cmocka_run_group_tests(old, NULL, NULL);
#else
    (void)old;
    print_message("skipped: the driver that was built when 1.0 was frozen is for x86-64\n");
    return failed;
#endif
}
