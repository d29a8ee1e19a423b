#include "bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs body in a child that is nobody, so that permissions count also when the tests run as root. */
static void as_nobody(struct bed *bed, void (*body)(struct bed *bed))
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(99);
        body(bed);
        fflush(NULL);
        _exit(0);
    }
    int result = 0;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 0);
}

/* In the child an assertion cannot unwind to the test. */
#define expect(status, expression)                                                          \
    do {                                                                                    \
        mb_status got = (expression);                                                       \
        if (got != (status)) {                                                              \
            printf("%s is %s: %s\n", #expression, mb_status_name(got), bed->error.message); \
            fflush(stdout);                                                                 \
            _exit(1);                                                                       \
        }                                                                                   \
    } while (0)

static void expect_forbidden(struct bed *bed)
{
    struct mb_stat st;
    expect(MB_E_FORBIDDEN, bed_put(bed, "closed/new", "x"));
    if (strstr(bed->error.message, "closed/new") == NULL || bed->error.sys_errno == 0)
        _exit(2);
    expect(MB_E_FORBIDDEN, bed_put(bed, "closed/deeper/new", "x"));
    expect(MB_E_FORBIDDEN, bed_remove(bed, "closed/k"));
    expect(MB_E_FORBIDDEN, bed_stat(bed, "secret/k", &st));
    struct mb_list *list = NULL;
    struct mb_page page = {.struct_size = sizeof(page)};
    struct mb_list_options opts = {.struct_size = sizeof(opts), .prefix = ""};
    expect(MB_OK, bed->driver->list_open(&list, bed->store, &opts, &bed->call));
    expect(MB_E_FORBIDDEN, bed->driver->list_next(list, &page, &bed->call));
    bed->driver->list_close(list);
    opts.delimiter = "/"; /* tells that it is there, not what is in it */
    expect(MB_OK, bed->driver->list_open(&list, bed->store, &opts, &bed->call));
    expect(MB_OK, bed->driver->list_next(list, &page, &bed->call));
    const struct mb_entry *entries = page.entries;
    if (page.count != 2 || strcmp(entries[1].key, "secret/") != 0 || entries[1].flags != MB_ENTRY_PREFIX ||
        page.token != NULL)
        _exit(3);
    bed->driver->list_close(list);
    opts.prefix = "secret/";
    expect(MB_E_FORBIDDEN, bed->driver->list_open(&list, bed->store, &opts, &bed->call));
    expect(MB_OK, bed->driver->check(bed->store, &bed->call));
}

static void tells_what_it_may_not_do(void **state)
{
    struct bed *bed = *state;
    char path[128];
    assert_status(MB_OK, bed_put(bed, "closed/k", "x"));
    assert_status(MB_OK, bed_put(bed, "secret/k", "x"));
    snprintf(path, sizeof(path), "%s/closed", bed->root);
    assert_int_equal(chmod(path, 0555), 0);
    snprintf(path, sizeof(path), "%s/secret", bed->root);
    assert_int_equal(chmod(path, 0), 0);
    assert_int_equal(chmod(bed->root, 0755), 0);
    as_nobody(bed, expect_forbidden);
    assert_int_equal(chmod(path, 0755), 0);
}

static void expect_no_entry(struct bed *bed)
{
    expect(MB_E_FORBIDDEN, bed->driver->check(bed->store, &bed->call));
    if (strstr(bed->error.message, bed->root) == NULL)
        _exit(2);
}

static void tells_that_the_root_is_closed(void **state)
{
    struct bed *bed = *state;
    assert_int_equal(chmod(bed->root, 0600), 0);
    as_nobody(bed, expect_no_entry);
    assert_int_equal(chmod(bed->root, 0644), 0);
    as_nobody(bed, expect_no_entry);
    assert_int_equal(chmod(bed->root, 0700), 0);
}

static bool mount_small(struct bed *bed)
{
    bed_mkdir(bed, "disk");
    char path[128];
    snprintf(path, sizeof(path), "%s/disk", bed->root);
    if (mount("tmpfs", path, "tmpfs", 0, "size=256k") == 0)
        return true;
    print_message("no small disk can be mounted here, so running out of space is not tried: %m\n");
    return false;
}

static void tells_that_the_disk_is_full(void **state)
{
    struct bed *bed = *state;
    char path[128];
    char *data = calloc(1, 1 << 20);
    struct bed_source from;
    struct mb_store_info info;
    struct mb_part part;
    char id[64];
    if (!mount_small(bed)) {
        free(data);
        skip();
    }
    snprintf(path, sizeof(path), "%s/disk", bed->root);
    struct mb_store *disk = bed_open(bed, path, &info);
    struct mb_source source = bed_source(&from, data, 1 << 20, 1 << 20);
    mb_status put = bed->driver->put(disk, "a/k", NULL, &source, NULL, &bed->call);
    bool told = strstr(bed->error.message, "a/k") != NULL && bed->error.sys_errno != 0;
    int left = bed_entries(bed, "disk");

    mb_status begun = bed->driver->mpu_begin(disk, "b/k", NULL, id, sizeof(id), &bed->call);
    source = bed_source(&from, data, 1 << 20, 1 << 20);
    mb_status sent = bed->driver->mpu_part(disk, "b/k", id, 1, NULL, &source, &part, &bed->call);
    mb_status aborted = bed->driver->mpu_abort(disk, "b/k", id, &bed->call);
    int left_after_abort = bed_entries(bed, "disk");

    source = bed_source(&from, data, 1 << 20, 1 << 20);
    mb_status big = bed->driver->put(bed->store, "big", NULL, &source, NULL, &bed->call);
    mb_status copied = bed->driver->copy(disk, "c", bed->store, "big", NULL, NULL, &bed->call);
    bed->driver->close(disk);
    int unmounted = umount2(path, MNT_DETACH);
    free(data);

    assert_int_equal(unmounted, 0);
    assert_int_equal(put, MB_E_NO_SPACE);
    assert_true(told);
    assert_int_equal(left, 0);
    assert_int_equal(begun, MB_OK);
    assert_int_equal(sent, MB_E_NO_SPACE);
    assert_int_equal(aborted, MB_OK);
    assert_int_equal(left_after_abort, 0);
    assert_int_equal(big, MB_OK);
    assert_int_equal(copied, MB_E_NO_SPACE);
}

static void copies_to_another_file_system(void **state)
{
    struct bed *bed = *state;
    char path[128];
    struct mb_store_info info;
    if (!mount_small(bed))
        skip();
    snprintf(path, sizeof(path), "%s/disk", bed->root);
    struct mb_store *disk = bed_open(bed, path, &info);
    assert_status(MB_OK, bed_put(bed, "k", "across"));
    mb_status copied = bed->driver->copy(disk, "k", bed->store, "k", NULL, NULL, &bed->call);
    const char *got = bed_get(bed, "disk/k");
    bed->driver->close(disk);
    umount2(path, MNT_DETACH);
    assert_int_equal(copied, MB_OK);
    assert_string_equal(got, "across");
}

static void tells_that_the_disk_is_read_only(void **state)
{
    struct bed *bed = *state;
    char path[128];
    if (!mount_small(bed))
        skip();
    snprintf(path, sizeof(path), "%s/disk", bed->root);
    assert_int_equal(mount("none", path, "none", MS_REMOUNT | MS_RDONLY, NULL), 0);
    mb_status put = bed_put(bed, "disk/k", "x");
    bool told =
        strstr(bed->error.message, "disk/k") != NULL && strstr(bed->error.message, "ead-only") != NULL;
    umount2(path, MNT_DETACH);
    assert_int_equal(put, MB_E_FORBIDDEN);
    assert_true(told);
}

static void tells_that_a_name_is_too_long(void **state)
{
    struct bed *bed = *state;
    struct mb_stat st;
    char key[6000];
    memset(key, 'n', sizeof(key));
    key[255] = '\0';
    assert_status(MB_OK, bed_put(bed, key, "x"));
    assert_string_equal(bed_get(bed, key), "x");
    key[255] = 'n';
    key[256] = '\0';
    for (int steps = 0; steps < 2; steps++) {
        atomic_store(&bed->store->no_openat2, steps == 1);
        assert_status(MB_E_INVALID, bed_put(bed, key, "x"));
        assert_status(MB_E_INVALID, bed_stat(bed, key, &st));
    }
    key[256] = 'n';
    for (size_t i = 100; i < sizeof(key); i += 100)
        key[i] = '/';
    key[sizeof(key) - 1] = '\0';
    assert_status(MB_E_INVALID, bed_put(bed, key, "x"));
    assert_int_equal(bed_entries(bed, ""), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_what_it_may_not_do, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(tells_that_the_root_is_closed, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(tells_that_the_disk_is_full, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(copies_to_another_file_system, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(tells_that_the_disk_is_read_only, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(tells_that_a_name_is_too_long, bed_up, bed_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
