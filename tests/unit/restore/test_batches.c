#include "restore/batches.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define GIB (INT64_C(1) << 30)

static const bool v235 = false, v240 = true; /* MB_MILVUS_IMPORT_SEGMENTS */
static struct mb_binlog some_log = {.id = 7, .size = 10};
static struct mb_field_binlogs some_logs = {.field_id = 100, .logs = &some_log, .count = 1};
static struct mb_field_binlogs no_logs = {0};

static struct mb_arena *arena;
static struct mb_error error;

static int set_up(void **state)
{
    (void)state;
    arena = mb_arena_new();
    error = MB_ERROR_INIT;
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    mb_arena_free(arena);
    return 0;
}

/* A segment of partition 10 of collection 1 with rows and insert logs. */
static struct mb_segment_backup segment(int64_t id, int64_t group)
{
    return (struct mb_segment_backup){.id = id,
                                      .collection_id = 1,
                                      .partition_id = 10,
                                      .group_id = group,
                                      .rows = 5,
                                      .size = 100,
                                      .insert_logs = &some_logs,
                                      .insert_count = 1,
                                      .delta_logs = &no_logs, /* how the Go program writes none */
                                      .delta_count = 1};
}

static struct mb_segment_backup deletes(int64_t id, int64_t partition, int64_t group)
{
    struct mb_segment_backup s = segment(id, group);
    s.partition_id = partition;
    s.is_l0 = true;
    s.insert_count = 0;
    s.delta_logs = &some_logs;
    return s;
}

static struct mb_field key_field = {.name = "id", .is_primary_key = true};

static struct mb_import_batches batches_of(struct mb_segment_backup *segments, size_t count, bool server)
{
    struct mb_partition_backup partition = {
        .id = 10, .name = "p", .segments = segments, .segment_count = count};
    struct mb_collection_backup collection = {
        .collection.schema = {.fields = &key_field, .field_count = 1},
        .partitions = &partition,
        .partition_count = 1,
    };
    struct mb_import_batches batches;
    if (mb_import_batches_make(&collection, "root/b", server, arena, &batches, &error) != MB_OK)
        fail_msg("%s", error.message);
    return batches;
}

static void test_partition_is_one_import_before_24(void **state)
{
    (void)state;
    struct mb_segment_backup list[] = {segment(20, 20), segment(21, 21), segment(22, 22)};
    list[1].delta_logs = &some_logs;
    struct mb_import_batches batches = batches_of(list, 3, v235);
    assert_int_equal(batches.count, 1);
    assert_string_equal(batches.items[0].insert_dir, "root/b/binlogs/insert_log/1/10/");
    assert_string_equal(batches.items[0].delta_dir, "root/b/binlogs/delta_log/1/10/");
    assert_string_equal(batches.items[0].partition, "p");
    assert_int_equal(batches.items[0].rows, 15);
    assert_int_equal(batches.items[0].bytes, 300);
    assert_int_equal(batches.items[0].segments, 3);
    assert_true(batches.items[0].has_deletes);
}

static void test_segment_by_segment_from_24(void **state)
{
    (void)state;
    struct mb_segment_backup list[] = {segment(20, 20), segment(21, 21)};
    struct mb_import_batches batches = batches_of(list, 2, v240);
    assert_int_equal(batches.count, 2);
    assert_string_equal(batches.items[0].insert_dir, "root/b/binlogs/insert_log/1/10/20/");
    assert_string_equal(batches.items[1].insert_dir, "root/b/binlogs/insert_log/1/10/21/");
    assert_string_equal(batches.items[1].delta_dir, "root/b/binlogs/delta_log/1/10/21/");
    assert_false(batches.items[0].has_deletes);
}

static void test_shared_group_is_imported_once(void **state)
{
    (void)state;
    struct mb_segment_backup list[] = {segment(20, 1), segment(21, 2), segment(22, 1)};
    struct mb_import_batches batches = batches_of(list, 3, v240);
    assert_int_equal(batches.count, 2);
    assert_string_equal(batches.items[0].insert_dir, "root/b/binlogs/insert_log/1/10/1/");
    assert_int_equal(batches.items[0].rows, 10);
    assert_int_equal(batches.items[0].segments, 2);
    assert_int_equal(batches.items[1].rows, 5);
}

static void test_partition_without_groups_is_imported_once(void **state)
{
    (void)state;
    struct mb_segment_backup list[] = {segment(20, 0), segment(21, 0)};
    struct mb_import_batches batches = batches_of(list, 2, v240);
    assert_int_equal(batches.count, 1);
    assert_string_equal(batches.items[0].insert_dir, "root/b/binlogs/insert_log/1/10/");
    assert_int_equal(batches.items[0].rows, 10);
}

static void test_large_partition_goes_by_segments(void **state)
{
    (void)state;
    struct mb_segment_backup list[] = {segment(20, 20), segment(21, 21), segment(22, 22)};
    list[0].size = list[1].size = GIB;
    list[2].size = 0;
    assert_int_equal(batches_of(list, 3, v235).count, 1);
    list[2].size = 1;
    assert_int_equal(batches_of(list, 3, v235).count, 3);
    list[0].size = INT64_MAX;
    assert_int_equal(batches_of(list, 3, v235).count, 3);
}

static void test_storage_versions_do_not_mix(void **state)
{
    (void)state;
    struct mb_segment_backup list[] = {segment(20, 20), segment(21, 21)};
    list[1].storage_version = 2;
    struct mb_import_batches batches = batches_of(list, 2, v235);
    assert_int_equal(batches.count, 2);
    assert_int_equal(batches.items[1].storage_version, 2);
}

static void test_segments_of_a_channel_lie_together(void **state)
{
    (void)state;
    struct mb_segment_backup segments[5];
    static const char *const channels[] = {"b", "a", "b", "a", "b"};
    for (int i = 0; i < 5; i++) {
        segments[i] = segment(20 + i, 20 + i);
        segments[i].virtual_channel = channels[i];
        segments[i].storage_version = i == 2 ? 0 : 2;
    }
    struct mb_import_batches batches = batches_of(segments, 5, v240);
    static const int64_t ids[] = {21, 23, 22, 20, 24};
    assert_int_equal(batches.count, 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(batches.items[i].first->segment->id, ids[i]);
}

static void test_deletes_come_after_rows(void **state)
{
    (void)state;
    struct mb_segment_backup first[] = {deletes(30, 10, 30), segment(20, 20)};
    struct mb_segment_backup second[] = {segment(21, 21)};
    struct mb_segment_backup over_all[] = {deletes(40, -1, 0)};
    struct mb_partition_backup partitions[] = {
        {.id = 10, .name = "p", .segments = first, .segment_count = 2},
        {.id = 10, .name = "q", .segments = second, .segment_count = 1},
    };
    struct mb_collection_backup collection = {
        .partitions = partitions, .partition_count = 2, .l0_segments = over_all, .l0_count = 1};
    struct mb_import_batches batches;
    assert_int_equal(mb_import_batches_make(&collection, "b", v240, arena, &batches, &error), MB_OK);
    assert_int_equal(batches.count, 4);
    assert_int_equal(batches.items[0].phase, MB_BATCH_DATA);
    assert_int_equal(batches.items[1].phase, MB_BATCH_DATA);
    assert_int_equal(batches.items[2].phase, MB_BATCH_PARTITION_DELETES);
    assert_string_equal(batches.items[2].delta_dir, "b/binlogs/delta_log/1/10/30/");
    assert_null(batches.items[2].insert_dir);
    assert_int_equal(batches.items[2].rows, 0);
    assert_int_equal(batches.items[3].phase, MB_BATCH_ALL_DELETES);
    assert_string_equal(batches.items[3].delta_dir, "b/binlogs/delta_log/1/-1/40/");
    assert_string_equal(batches.items[3].partition, "");
}

static void test_deletes_that_an_old_tool_did_not_mark(void **state)
{
    (void)state;
    struct mb_segment_backup list[] = {segment(20, 20), deletes(30, 10, 0)};
    list[1].is_l0 = false;
    list[1].rows = 0;
    struct mb_import_batches batches = batches_of(list, 2, v240);
    assert_int_equal(batches.count, 2);
    assert_int_equal(batches.items[1].phase, MB_BATCH_PARTITION_DELETES);
    assert_string_equal(batches.items[1].delta_dir, "root/b/binlogs/delta_log/1/10/30/");
}

static void test_older_server_cannot_take_deletes_of_their_own(void **state)
{
    (void)state;
    struct mb_segment_backup list[] = {deletes(40, -1, 0)};
    struct mb_collection_backup collection = {.l0_segments = list, .l0_count = 1};
    struct mb_import_batches batches;
    assert_int_equal(mb_import_batches_make(&collection, "b", v235, arena, &batches, &error),
                     MB_E_UNSUPPORTED);
    assert_non_null(strstr(error.message, "2.4"));
}

static void test_rows_without_logs_are_damage(void **state)
{
    (void)state;
    struct mb_segment_backup list[] = {segment(20, 20)};
    struct mb_partition_backup partition = {.name = "p", .segments = list, .segment_count = 1};
    struct mb_collection_backup collection = {.partitions = &partition, .partition_count = 1};
    struct mb_import_batches batches;
    list[0].insert_logs = &no_logs;
    assert_int_equal(mb_import_batches_make(&collection, "b", v235, arena, &batches, &error), MB_E_CORRUPT);
    assert_non_null(strstr(error.message, "segment 20"));
    list[0].rows = 0;
    assert_int_equal(mb_import_batches_make(&collection, "b", v235, arena, &batches, &error), MB_OK);
    assert_int_equal(batches.count, 0);
}

static void test_groups_beside_none_are_damage(void **state)
{
    (void)state;
    struct mb_segment_backup list[] = {segment(20, 20), segment(21, 0)};
    struct mb_partition_backup partition = {.name = "p", .segments = list, .segment_count = 2};
    struct mb_collection_backup collection = {.partitions = &partition, .partition_count = 1};
    struct mb_import_batches batches;
    assert_int_equal(mb_import_batches_make(&collection, "b", v240, arena, &batches, &error), MB_E_CORRUPT);
    assert_non_null(
        strstr(error.message, "partition p has segments with a group_id (20) and without one (21)"));
    list[1] = deletes(21, 10, 0);
    assert_int_equal(batches_of(list, 2, v240).count, 2);
    list[1].delta_logs = &no_logs; /* nothing was in it */
    list[1].is_l0 = false;
    list[1].rows = 0;
    assert_int_equal(batches_of(list, 2, v240).count, 1);
}

static void test_nothing(void **state)
{
    (void)state;
    assert_int_equal(batches_of(NULL, 0, v235).count, 0);
    assert_int_equal(batches_of(NULL, 0, v240).count, 0);
}

static void test_many_segments(void **state)
{
    (void)state;
    struct mb_segment_backup *list = mb_arena_alloc(arena, 3000, sizeof *list);
    for (int64_t i = 0; i < 3000; i++)
        list[i] = segment(1000 + i, 1000 + i);
    struct mb_import_batches batches = batches_of(list, 3000, v240);
    assert_int_equal(batches.count, 3000);
    assert_string_equal(batches.items[2999].insert_dir, "root/b/binlogs/insert_log/1/10/3999/");
}

static void test_rows_that_cannot_all_have_been_deleted(void **state)
{
    (void)state;
    struct mb_segment_backup list[] = {segment(20, 20), segment(21, 21), segment(22, 22)};
    list[1].delta_logs = &some_logs; /* of 10 bytes, which cannot name more than 80 rows */
    list[1].rows = 80;
    key_field.auto_id = true;
    struct mb_import_batches batches = batches_of(list, 3, v235);
    assert_int_equal(batches.items[0].rows, 90);
    assert_int_equal(batches.items[0].least_rows, 10);

    list[1].rows = 81;
    batches = batches_of(list, 3, v235);
    assert_int_equal(batches.items[0].least_rows, 11);

    key_field.auto_id = false; /* one delete may be about all rows, if they share their key */
    batches = batches_of(list, 3, v235);
    assert_int_equal(batches.items[0].least_rows, 10);
}

static void test_deletes_of_unknown_size_may_be_of_all_rows(void **state)
{
    (void)state;
    struct mb_binlog unknown[] = {{.id = 7, .size = 10}, {.id = 8}};
    struct mb_field_binlogs logs = {.logs = unknown, .count = 2};
    struct mb_segment_backup list[] = {segment(20, 20)};
    list[0].delta_logs = &logs;
    list[0].rows = 1000000;
    assert_int_equal(batches_of(list, 1, v235).items[0].least_rows, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_partition_is_one_import_before_24),
        cmocka_unit_test(test_segment_by_segment_from_24),
        cmocka_unit_test(test_shared_group_is_imported_once),
        cmocka_unit_test(test_partition_without_groups_is_imported_once),
        cmocka_unit_test(test_large_partition_goes_by_segments),
        cmocka_unit_test(test_storage_versions_do_not_mix),
        cmocka_unit_test(test_segments_of_a_channel_lie_together),
        cmocka_unit_test(test_deletes_come_after_rows),
        cmocka_unit_test(test_deletes_that_an_old_tool_did_not_mark),
        cmocka_unit_test(test_older_server_cannot_take_deletes_of_their_own),
        cmocka_unit_test(test_rows_without_logs_are_damage),
        cmocka_unit_test(test_groups_beside_none_are_damage),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_many_segments),
        cmocka_unit_test(test_rows_that_cannot_all_have_been_deleted),
        cmocka_unit_test(test_deletes_of_unknown_size_may_be_of_all_rows),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
