#include "catalog/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define DIR "backup/b1"

struct fixture {
    struct mb_arena *arena;
    struct mb_buf key;
};

static int set_up(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));
    f->arena = mb_arena_new();
    mb_buf_init(&f->key, 4096);
    *state = f;
    return f->arena == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    mb_arena_free(f->arena);
    mb_buf_done(&f->key);
    test_free(f);
    return 0;
}

static const struct mb_segment_backup normal = {
    .id = 460, .collection_id = 450, .partition_id = 451, .group_id = 460};
static const struct mb_segment_backup shared = {
    .id = 460, .collection_id = 450, .partition_id = 451, .group_id = 2};
static const struct mb_segment_backup groupless = {.id = 460, .collection_id = 450, .partition_id = 451};
static const struct mb_segment_backup partition_l0 = {
    .id = 461, .collection_id = 450, .partition_id = 451, .group_id = 461, .is_l0 = true};
static const struct mb_segment_backup old_l0 = {
    .id = 461, .collection_id = 450, .partition_id = 451, .is_l0 = true};
static const struct mb_segment_backup all_l0 = {
    .id = 462, .collection_id = 450, .partition_id = -1, .is_l0 = true};

static void roots_are_cleaned(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(mb_layout_backup_dir(f->arena, "backup", "b1"), "backup/b1");
    assert_string_equal(mb_layout_backup_dir(f->arena, "/a//backup/", "b1"), "a/backup/b1");
    assert_string_equal(mb_layout_backup_dir(f->arena, "", "b1"), "b1");
    assert_string_equal(mb_layout_backup_dir(f->arena, "/", "b1"), "b1");
    assert_string_equal(mb_layout_meta_key(f->arena, "b1", MB_META_FULL), "b1/meta/full_meta.json");
    assert_string_equal(mb_layout_meta_key(f->arena, DIR, MB_META_OBJECTS), DIR "/meta/objects.jsonl");
}

static void objects_lie_where_the_format_says(void **state)
{
    struct mb_buf *key = &((struct fixture *)*state)->key;
    assert_int_equal(mb_layout_insert_key(key, DIR, &normal, 100, 7), MB_OK);
    assert_string_equal(key->data, DIR "/binlogs/insert_log/450/451/460/460/100/7");
    mb_layout_insert_key(key, DIR, &shared, 100, 7);
    assert_string_equal(key->data, DIR "/binlogs/insert_log/450/451/2/460/100/7");
    mb_layout_insert_key(key, DIR, &groupless, 100, 7);
    assert_string_equal(key->data, DIR "/binlogs/insert_log/450/451/460/100/7");
    mb_layout_delta_key(key, DIR, &normal, 8);
    assert_string_equal(key->data, DIR "/binlogs/delta_log/450/451/460/460/8");
    mb_layout_delta_key(key, DIR, &partition_l0, 8);
    assert_string_equal(key->data, DIR "/binlogs/delta_log/450/451/461/461/8");
    mb_layout_delta_key(key, DIR, &all_l0, 8);
    assert_string_equal(key->data, DIR "/binlogs/delta_log/450/-1/462/8");
}

static void import_gets_directories(void **state)
{
    struct mb_buf *key = &((struct fixture *)*state)->key;
    mb_layout_insert_dir(key, DIR, &normal);
    assert_string_equal(key->data, DIR "/binlogs/insert_log/450/451/460/");
    mb_layout_collection_prefix(key, DIR, false, 450);
    assert_string_equal(key->data, DIR "/binlogs/insert_log/450/");
    mb_layout_collection_prefix(key, DIR, true, 450);
    assert_string_equal(key->data, DIR "/binlogs/delta_log/450/");
    mb_layout_insert_dir(key, DIR, &shared);
    assert_string_equal(key->data, DIR "/binlogs/insert_log/450/451/2/");
    mb_layout_insert_dir(key, DIR, &groupless);
    assert_string_equal(key->data, DIR "/binlogs/insert_log/450/451/");
    mb_layout_delta_dir(key, DIR, &normal);
    assert_string_equal(key->data, DIR "/binlogs/delta_log/450/451/460/");
    mb_layout_delta_dir(key, DIR, &groupless);
    assert_string_equal(key->data, DIR "/binlogs/delta_log/450/451/");
    mb_layout_delta_dir(key, DIR, &partition_l0);
    assert_string_equal(key->data, DIR "/binlogs/delta_log/450/451/461/");
    mb_layout_delta_dir(key, DIR, &old_l0);
    assert_string_equal(key->data, DIR "/binlogs/delta_log/450/451/461/");
    mb_layout_delta_dir(key, DIR, &all_l0);
    assert_string_equal(key->data, DIR "/binlogs/delta_log/450/-1/462/");
}

static void milvus_keys_have_no_empty_elements(void **state)
{
    struct mb_buf *key = &((struct fixture *)*state)->key;
    mb_layout_source_insert_prefix(key, "files/", 1, 2, 3);
    assert_string_equal(key->data, "files/insert_log/1/2/3/");
    mb_layout_source_insert_prefix(key, "", 1, 2, 3);
    assert_string_equal(key->data, "insert_log/1/2/3/");
    mb_layout_source_delta_prefix(key, "/", 1, 2, 3);
    assert_string_equal(key->data, "delta_log/1/2/3/");
    mb_layout_source_collection_prefix(key, "files", true, 1);
    assert_string_equal(key->data, "files/delta_log/1/");
    mb_layout_source_collection_prefix(key, "/a//b/", true, 1);
    assert_string_equal(key->data, "a/b/delta_log/1/");
    mb_layout_source_collection_prefix(key, "/", false, 1);
    assert_string_equal(key->data, "insert_log/1/");
}

static void a_log_path_keeps_its_root(void **state)
{
    struct mb_buf *key = &((struct fixture *)*state)->key;
    mb_layout_insert_log_path(key, "/var/lib/milvus", &normal, 100, 7);
    assert_string_equal(key->data, "/var/lib/milvus/insert_log/450/451/460/100/7");
    mb_layout_insert_log_path(key, "/var/lib/milvus/", &normal, 100, 7);
    assert_string_equal(key->data, "/var/lib/milvus/insert_log/450/451/460/100/7");
    mb_layout_delta_log_path(key, "", &normal, 7);
    assert_string_equal(key->data, "delta_log/450/451/460/7");
    mb_layout_delta_log_path(key, "files", &all_l0, 7);
    assert_string_equal(key->data, "files/delta_log/450/-1/462/7");
}

static void a_key_that_is_too_long_is_told(void **state)
{
    (void)state;
    struct mb_buf small;
    mb_buf_init(&small, 20);
    assert_int_equal(mb_layout_insert_key(&small, DIR, &normal, 100, 7), MB_E_INVALID);
    assert_int_equal(mb_layout_source_insert_prefix(&small, "", 1, 2, 3), MB_OK);
    mb_buf_done(&small);
}

static void milvus_keys_are_taken_apart(void **state)
{
    (void)state;
    struct mb_source_key k;
    assert_true(mb_layout_parse_source_key("/files/", "files/insert_log/450/451/460/100/7", &k));
    assert_false(k.is_delta);
    assert_int_equal(k.collection_id, 450);
    assert_int_equal(k.partition_id, 451);
    assert_int_equal(k.segment_id, 460);
    assert_int_equal(k.field_id, 100);
    assert_int_equal(k.log_id, 7);
    assert_true(mb_layout_parse_source_key("", "delta_log/450/-1/460/7", &k));
    assert_true(k.is_delta);
    assert_int_equal(k.partition_id, -1);
    assert_int_equal(k.segment_id, 460);
    assert_int_equal(k.field_id, 0);
    assert_true(mb_layout_parse_source_key("", "insert_log/1/2/3/0/9223372036854775807", &k));
    assert_int_equal(k.log_id, INT64_MAX);
}

static void keys_that_are_not_quite_right_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "files/insert_log/450/451/460/100",
        "files/insert_log/450/451/460/100/7/8",
        "files/insert_log/450/451/460/100/7/",
        "files/insert_log/450/-1/460/100/7",
        "files/insert_log/450/451/460/-1/7",
        "files/insert_log/450/451/460/100/07",
        "files/insert_log/450/451/460/100/+7",
        "files/insert_log/450/451/460/100/7x",
        "files/insert_log/450/451//460/100/7",
        "files/insert_log//450/451/460/100/7",
        "files/delta_log/450/451/460/100/7",
        "files/stats_log/450/451/460/100/7",
        "files/insert_log/1/2/3/4/9223372036854775808",
        "files/insert_log/1/2/3/4/99999999999999999999",
        "/files/insert_log/450/451/460/100/7",
        "other/insert_log/450/451/460/100/7",
        "files/more/insert_log/450/451/460/100/7",
        "insert_log/450/451/460/100/7",
        "filesinsert_log/450/451/460/100/7",
        "files/xinsert_log/450/451/460/100/7",
        "files/insert_log",
        "",
        "files",
        "files/insert_log/450/451/460/100/ 7",
    };
    struct mb_source_key k = {.log_id = 77};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        if (mb_layout_parse_source_key("files", wrong[i], &k))
            fail_msg("'%s' was accepted", wrong[i]);
    assert_int_equal(k.log_id, 77);
}

static void a_log_path_tells_its_root(void **state)
{
    (void)state;
    struct mb_source_key k;
    assert_true(mb_layout_parse_log_path("/var/lib/insert_log/x/insert_log/1/2/3/4/5", &k));
    assert_int_equal(k.root_len, strlen("/var/lib/insert_log/x"));
    assert_true(mb_layout_parse_log_path("insert_log/1/2/3/4/5", &k));
    assert_int_equal(k.root_len, 0);
    assert_true(mb_layout_parse_log_path("insert_log/9/delta_log/1/2/3/4", &k));
    assert_true(k.is_delta);
    assert_int_equal(k.root_len, strlen("insert_log/9"));
}

static void backup_keys_are_taken_apart(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "backup/b1/binlogs/insert_log/450/451/460",
        "backup/b10/binlogs/insert_log/450/451/460/460/100/7",
        "backup/b1/insert_log/450/451/460/460/100/7",
        "backup/b1/binlogs/insert_log/450/451/460/460/100/7/8",
        "backup/b1/binlogs/delta_log/450/-1/460/460/7",
        "backup/b1/meta/full_meta.json",
    };
    struct mb_source_key k;
    assert_true(mb_layout_parse_backup_key(DIR, DIR "/binlogs/insert_log/450/451/2/460/100/7", &k));
    assert_int_equal(k.segment_id, 460);
    assert_int_equal(k.field_id, 100);
    assert_int_equal(k.root_len, strlen(DIR));
    assert_true(mb_layout_parse_backup_key(DIR, DIR "/binlogs/insert_log/450/451/460/100/7", &k));
    assert_int_equal(k.segment_id, 460);
    assert_true(mb_layout_parse_backup_key(DIR, DIR "/binlogs/delta_log/450/451/2/460/7", &k));
    assert_int_equal(k.segment_id, 460);
    assert_int_equal(k.log_id, 7);
    assert_true(mb_layout_parse_backup_key(DIR, DIR "/binlogs/delta_log/450/-1/460/7", &k));
    assert_int_equal(k.partition_id, -1);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        if (mb_layout_parse_backup_key(DIR, wrong[i], &k))
            fail_msg("'%s' was accepted", wrong[i]);
}

static void names_follow_the_rule(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    char longest[130];
    memset(longest, 'a', sizeof(longest));
    longest[128] = '\0';
    assert_int_equal(mb_layout_check_name("my_backup", &error), MB_OK);
    assert_int_equal(mb_layout_check_name("_1", &error), MB_OK);
    assert_int_equal(mb_layout_check_name(longest, &error), MB_OK);
    longest[128] = 'a';
    longest[129] = '\0';
    assert_int_equal(mb_layout_check_name(longest, &error), MB_E_INVALID);
    static const char *const wrong[] = {"", "1a", "a-b", "a b", "a/b", "..", "\xc3\xa9", "a\n"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_int_equal(mb_layout_check_name(wrong[i], &error), MB_E_INVALID);
}

static void existing_names_stay_below_the_root(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    assert_int_equal(mb_layout_check_existing_name("a-b 2024", &error), MB_OK);
    static const char *const wrong[] = {"", ".", "..", "a/b", "/", "a/"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_int_equal(mb_layout_check_existing_name(wrong[i], &error), MB_E_INVALID);
    char longest[1026];
    memset(longest, 'x', sizeof(longest));
    longest[1025] = '\0';
    assert_int_equal(mb_layout_check_existing_name(longest, &error), MB_E_INVALID);
    assert_int_equal(mb_layout_check_existing_name(longest + 1, &error), MB_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(roots_are_cleaned),           TEST(objects_lie_where_the_format_says),
        TEST(import_gets_directories),     TEST(milvus_keys_have_no_empty_elements),
        TEST(a_log_path_keeps_its_root),   TEST(a_key_that_is_too_long_is_told),
        TEST(milvus_keys_are_taken_apart), TEST(keys_that_are_not_quite_right_are_refused),
        TEST(a_log_path_tells_its_root),   TEST(backup_keys_are_taken_apart),
        TEST(names_follow_the_rule),       TEST(existing_names_stay_below_the_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
