#include "bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void refuses_keys_that_are_no_paths_below_the_root(void **state)
{
    struct bed *bed = *state;
    const char *bad[] = {"",
                         "/",
                         "/etc/passwd",
                         "..",
                         "../x",
                         "a/../../x",
                         "a/..",
                         ".",
                         "./a",
                         "a/./b",
                         "a//b",
                         "a/",
                         "a/b/",
                         ".milvus-backup-1",
                         "a/.milvus-backup-0/x"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct mb_stat st;
        assert_status(MB_E_INVALID, bed_put(bed, bad[i], "x"));
        assert_status(MB_E_INVALID, bed_stat(bed, bad[i], &st));
        assert_status(MB_E_INVALID, bed_remove(bed, bad[i]));
        assert_true(strlen(bed->error.message) > 10);
    }
    assert_int_equal(bed_entries(bed, ""), 0);
}

static void takes_names_that_only_look_odd(void **state)
{
    struct bed *bed = *state;
    const char *good[] = {
        "...", "..a", "a..", ".hidden", " ", "a b+c%2F", "new\nline", "\xc3\xa9/\xe2\x82\xac", "-"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_status(MB_OK, bed_put(bed, good[i], good[i]));
        assert_string_equal(bed_get(bed, good[i]), good[i]);
    }
}

/* Run twice: by openat2 and by the walk for kernels without it. */
static void never_follows_links(struct bed *bed)
{
    struct mb_stat st;
    bed_mkdir(bed, "inside");
    assert_status(MB_OK, bed_put(bed, "inside/file", "secret"));
    bed_symlink(bed, "/etc", "out");
    bed_symlink(bed, "inside", "in");
    bed_symlink(bed, "inside/file", "alias");
    bed_symlink(bed, "nowhere", "dangling");
    bed_symlink(bed, ".", "loop");
    const char *through[] = {"out/passwd", "in/file",          "alias",
                             "dangling",   "loop/inside/file", "loop/loop/alias"};
    for (size_t i = 0; i < sizeof(through) / sizeof(through[0]); i++) {
        assert_status(MB_E_INVALID, bed_stat(bed, through[i], &st));
        assert_null(bed_get(bed, through[i]));
        assert_status(MB_E_INVALID, bed_put(bed, through[i], "x"));
    }
    assert_status(MB_E_INVALID, bed_put(bed, "dangling/new", "x"));
    assert_status(MB_E_INVALID, bed_put(bed, "in/new", "x"));
    assert_status(MB_E_INVALID, bed_remove(bed, "in/file"));
    assert_non_null(strstr(bed->error.message, "symbolic link"));
    assert_string_equal(bed_get(bed, "inside/file"), "secret");
    assert_string_equal(bed_list(bed, "", NULL, 10), "inside/file\n");
    assert_string_equal(bed_list(bed, "", "/", 10), "inside/ dir\n");
    assert_false(bed_exists(bed, "nowhere"));
}

static void never_follows_links_by_openat2(void **state)
{
    never_follows_links(*state);
}

static void never_follows_links_by_steps(void **state)
{
    struct bed *bed = *state;
    atomic_store(&bed->store->no_openat2, true);
    never_follows_links(bed);
}

static void reaches_deep_keys_by_steps(void **state)
{
    struct bed *bed = *state;
    atomic_store(&bed->store->no_openat2, true);
    assert_status(MB_OK, bed_put(bed, "a/b/c/d/e", "deep"));
    assert_string_equal(bed_get(bed, "a/b/c/d/e"), "deep");
    assert_string_equal(bed_list(bed, "a/b/c", NULL, 10), "a/b/c/d/e\n");
    assert_null(bed_get(bed, "a/b/c"));
    assert_int_equal(bed->error.status, MB_E_NOT_FOUND);
    assert_null(bed_get(bed, "a/b/c/d/e/f"));
    assert_int_equal(bed->error.status, MB_E_NOT_FOUND);
    assert_status(MB_OK, bed_remove(bed, "a/b/c/d/e"));
    assert_int_equal(bed_entries(bed, ""), 0);
}

static void tells_the_realm_of_its_files(void **state)
{
    struct bed *bed = *state;
    struct mb_store_info info;
    char path[256];
    char expected[256];
    assert_string_equal(bed->info.realm, "file:");
    snprintf(expected, sizeof(expected), "%s/", bed->root);
    assert_string_equal(bed->info.native_root, expected);
    assert_string_equal(bed->info.location, bed->root);

    bed_mkdir(bed, "real");
    bed_symlink(bed, "real", "link");
    snprintf(path, sizeof(path), "%s//link/../link/not/yet/", bed->root);
    struct mb_store *other = bed_open(bed, path, &info);
    assert_non_null(other);
    snprintf(expected, sizeof(expected), "%s/real/not/yet/", bed->root);
    assert_string_equal(info.native_root, expected);
    assert_int_equal(bed->driver->check(other, &bed->call), MB_E_NO_BUCKET);
    bed->driver->close(other);

    struct mb_store *top = bed_open(bed, "/", &info);
    assert_string_equal(info.native_root, "/");
    bed->driver->close(top);

    assert_int_equal(chdir(bed->root), 0);
    struct mb_store *relative = bed_open(bed, "later", &info);
    assert_int_equal(chdir("/"), 0);
    snprintf(expected, sizeof(expected), "%s/later/", bed->root);
    assert_string_equal(info.native_root, expected);
    bed->driver->close(relative);
}

static void wants_a_root_that_is_a_directory(void **state)
{
    struct bed *bed = *state;
    struct mb_store_info info;
    struct mb_stat st = {.struct_size = sizeof(st)};
    char path[256];
    assert_null(bed_open(bed, "", &info));
    assert_int_equal(bed->error.status, MB_E_CONFIG);

    assert_status(MB_OK, bed_put(bed, "file", "x"));
    snprintf(path, sizeof(path), "%s/file", bed->root);
    struct mb_store *store = bed_open(bed, path, &info);
    assert_non_null(store);
    assert_status(MB_E_CONFIG, bed->driver->check(store, &bed->call));
    bed->driver->close(store);
    snprintf(path, sizeof(path), "%s/file/below", bed->root);
    assert_null(bed_open(bed, path, &info));
    assert_int_equal(bed->error.status, MB_E_CONFIG);

    snprintf(path, sizeof(path), "%s/new/root", bed->root);
    store = bed_open(bed, path, &info);
    assert_status(MB_E_NO_BUCKET, bed->driver->stat(store, "a", &st, &bed->call));
    assert_status(MB_E_NO_BUCKET, bed->driver->remove(store, "a", &bed->call));
    assert_false(bed_exists(bed, "new"));
    assert_status(MB_OK, bed->driver->create_bucket(store, &bed->call));
    assert_status(MB_OK, bed->driver->create_bucket(store, &bed->call));
    assert_status(MB_OK, bed->driver->check(store, &bed->call));
    assert_true(bed_exists(bed, "new/root"));
    bed->driver->close(store);
    bed->driver->close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refuses_keys_that_are_no_paths_below_the_root, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(takes_names_that_only_look_odd, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(never_follows_links_by_openat2, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(never_follows_links_by_steps, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(reaches_deep_keys_by_steps, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(tells_the_realm_of_its_files, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(wants_a_root_that_is_a_directory, bed_up, bed_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
