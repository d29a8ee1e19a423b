#include "backup/binlogs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct mb_segment segments[] = {{.id = 30}, {.id = 10}, {.id = INT64_MAX}, {.id = 20}};

struct fixture {
    struct mb_arena *arena;
    struct mb_binlogs *binlogs;
    struct mb_error error;
};

static void add(struct fixture *f, int64_t segment, bool is_delta, int64_t field, int64_t log, int64_t size)
{
    struct mb_binlog_entry entry = {
        .segment_id = segment, .is_delta = is_delta, .field_id = field, .log_id = log, .size = size};
    assert_int_equal(mb_binlogs_add(f->binlogs, &entry, &f->error), MB_OK);
}

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture.error = MB_ERROR_INIT;
    fixture.arena = mb_arena_new();
    *state = &fixture;
    return mb_binlogs_new(&fixture.binlogs, segments, sizeof(segments) / sizeof(*segments), &fixture.error);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    mb_binlogs_free(f->binlogs);
    mb_arena_free(f->arena);
    return 0;
}

static void knows_its_segments(void **state)
{
    struct fixture *f = *state;
    assert_ptr_equal(mb_binlogs_segment(f->binlogs, 10), &segments[1]);
    assert_ptr_equal(mb_binlogs_segment(f->binlogs, INT64_MAX), &segments[2]);
    assert_null(mb_binlogs_segment(f->binlogs, 11));
}

static void groups_by_field_in_order(void **state)
{
    struct fixture *f = *state;
    struct mb_segment_backup segment = {.id = 20};
    add(f, 20, false, 101, 6, 1);
    add(f, 10, false, 100, 1, 1000);
    add(f, 20, true, 0, 9, 8);
    add(f, 20, false, 100, 5, 2);
    add(f, 20, false, 100, 4, 4);
    add(f, 30, false, 100, 7, 1000);
    mb_binlogs_sort(f->binlogs);

    assert_int_equal(mb_binlogs_fill(f->binlogs, &segment, f->arena, &f->error), MB_OK);
    assert_int_equal(segment.size, 15);
    assert_int_equal(segment.insert_count, 2);
    assert_int_equal(segment.insert_logs[0].field_id, 100);
    assert_int_equal(segment.insert_logs[0].count, 2);
    assert_int_equal(segment.insert_logs[0].logs[0].id, 4);
    assert_int_equal(segment.insert_logs[0].logs[1].id, 5);
    assert_int_equal(segment.insert_logs[1].field_id, 101);
    assert_int_equal(segment.delta_count, 1);
    assert_int_equal(segment.delta_logs[0].logs[0].id, 9);
    assert_int_equal(mb_binlogs_count(f->binlogs), 6);
}

static void fills_nothing_for_an_empty_segment(void **state)
{
    struct fixture *f = *state;
    struct mb_segment_backup segment = {.id = 20};
    add(f, 10, false, 100, 1, 1);
    add(f, 30, true, 0, 2, 1);
    mb_binlogs_sort(f->binlogs);
    assert_int_equal(mb_binlogs_fill(f->binlogs, &segment, f->arena, &f->error), MB_OK);
    assert_int_equal(segment.insert_count + segment.delta_count, 0);
    assert_int_equal(segment.size, 0);
}

static void fills_the_segment_with_the_greatest_id(void **state)
{
    struct fixture *f = *state;
    struct mb_segment_backup segment = {.id = INT64_MAX};
    add(f, INT64_MAX, true, 0, 2, 3);
    add(f, INT64_MAX, false, 100, 1, 1);
    mb_binlogs_sort(f->binlogs);
    assert_int_equal(mb_binlogs_fill(f->binlogs, &segment, f->arena, &f->error), MB_OK);
    assert_int_equal(segment.size, 4);
}

static void finds_by_identity_not_by_size(void **state)
{
    struct fixture *f = *state;
    struct mb_binlog_entry key = {.segment_id = 20, .field_id = 100, .log_id = 5, .size = 77};
    assert_null(mb_binlogs_find(f->binlogs, &key));
    add(f, 20, false, 100, 5, 2);
    mb_binlogs_sort(f->binlogs);
    assert_non_null(mb_binlogs_find(f->binlogs, &key));
    assert_int_equal(mb_binlogs_find(f->binlogs, &key)->size, 2);
    key.is_delta = true;
    assert_null(mb_binlogs_find(f->binlogs, &key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(knows_its_segments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(groups_by_field_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fills_nothing_for_an_empty_segment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fills_the_segment_with_the_greatest_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(finds_by_identity_not_by_size, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
