/* Where a bundle lies, and what the description says of it. */
#include "catalog/snapshot.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct mb_arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = mb_arena_new();
    return arena != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    mb_arena_free(arena);
    return 0;
}

static void paths_below_the_backup(void **state)
{
    static const struct {
        const char *uri, *place, *path;
    } cases[] = {
        {"s3://box/root/b/bundle/1/m.json", "s3://box/", "bundle/1/m.json"},
        {"minio://h:1/box/root/b/m.json", "minio://h:1/box/", "m.json"},
        /* Milvus may spell it otherwise, */
        {"root/b/bundle/1/m.json", "s3://box/", "bundle/1/m.json"},
        {"s3://box/root/b/bundle/1/m.json", "minio://h:1/box/", "bundle/1/m.json"},
        {"s3://other.host/box/root/b/m.json", "s3://box/", "m.json"},
        /* but must not mean another place. */
        {"s3://box2/root/b/m.json", "s3://box/", NULL},
        {"s3://x/y/box/root/b/m.json", "s3://box/", NULL},
        {"s3://box/root/bb/m.json", "s3://box/", NULL},
        {"s3://box/root/b/../c/m.json", "s3://box/", NULL},
        {"s3://box/root/b//m.json", "s3://box/", NULL},
        {"s3://box/root/b/", "s3://box/", NULL},
        {"s3://box/root/b", "s3://box/", NULL},
        {"/root/b/m.json", "s3://box/", NULL},
        {"s3://box", "s3://box/", NULL},
        {"", "s3://box/", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = mb_snapshot_path(cases[i].uri, cases[i].place, "root/b");
        if ((path == NULL) != (cases[i].path == NULL) || (path != NULL && strcmp(path, cases[i].path) != 0))
            fail_msg("%s in %s is %s", cases[i].uri, cases[i].place, path ? path : "nowhere");
    }
}

static void folders(void **state)
{
    (void)state;
    assert_string_equal(mb_snapshot_folder(arena, 12, ""), "bundle/12/");
    assert_string_equal(mb_snapshot_folder(arena, 12, "ab"), "bundle/12-ab/");
    assert_string_equal(mb_snapshot_folder_of(arena, "bundle/12-ab/m.json", 12), "bundle/12-ab/");
    assert_string_equal(mb_snapshot_folder_of(arena, "bundle/12/x/m.json", 12), "bundle/12/");
    assert_string_equal(mb_snapshot_folder_of(arena, "bundle/123/m.json", 12), "bundle/");
    assert_string_equal(mb_snapshot_folder_of(arena, "elsewhere/m.json", 12), "elsewhere/");
}

static void what_is_written_is_read(void **state)
{
    const struct mb_snapshot snapshot = {.metadata_path = "bundle/<1>.json", .total_files = 3};
    struct mb_snapshot read;
    const char *text;
    (void)state;
    assert_int_equal(mb_snapshot_to_json(&snapshot, arena, &text, NULL), MB_OK);
    assert_string_equal(text, "{\"metadata_path\":\"bundle/\\u003c1\\u003e.json\",\"total_files\":3}");
    assert_int_equal(mb_snapshot_from_json(text, arena, &read, NULL), MB_OK);
    assert_string_equal(read.metadata_path, snapshot.metadata_path);
    assert_int_equal(read.total_files, 3);
    assert_int_equal(read.total_bytes, 0);
}

static void what_leads_to_no_file_is_damage(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "{}",
        "{\"metadata_path\":\"\"}",
        "{\"metadata_path\":\"/m.json\"}",
        "{\"metadata_path\":\"bundle/\"}",
        "{\"metadata_path\":\"a/./m.json\"}",
        "{\"metadata_path\":\"../m.json\"}",
        "{\"metadata_path\":7}",
        "{\"metadata_path\":\"m.json\",\"total_files\":-1}",
        "{\"metadata_path\":\"m.json\",\"total_bytes\":\"9\"}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct mb_snapshot read;
        struct mb_error error = MB_ERROR_INIT;
        if (mb_snapshot_from_json(texts[i], arena, &read, &error) != MB_E_CORRUPT || *error.message == '\0')
            fail_msg("'%s' is taken", texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_below_the_backup),
        cmocka_unit_test_setup_teardown(folders, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_written_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_leads_to_no_file_is_damage, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
