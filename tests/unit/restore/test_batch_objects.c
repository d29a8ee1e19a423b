#include "restore/batch_objects.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct mb_binlog logs[] = {{.id = 7, .size = 10}, {.id = 3, .size = 20}};
static struct mb_field_binlogs inserts[] = {{.field_id = 100, .logs = logs, .count = 2},
                                            {.field_id = 0, .logs = logs, .count = 1}};
static struct mb_field_binlogs deletes[] = {{.logs = logs, .count = 1}};

static struct mb_segment_backup segments[] = {
    {.id = 21,
     .collection_id = 1,
     .partition_id = 10,
     .group_id = 21,
     .insert_logs = inserts,
     .insert_count = 2,
     .delta_logs = deletes,
     .delta_count = 1},
    {.id = 20, .collection_id = 1, .partition_id = 10, .insert_logs = inserts, .insert_count = 1},
};
static const struct mb_batch_segment second = {.segment = &segments[1]};
static struct mb_import_batch batch = {.first = &(struct mb_batch_segment){&segments[0], &second}};

enum kind { LISTED, LEFT_OUT, STRAY };

static enum kind kind_of(struct mb_batch_objects *objects, const char *name)
{
    if (mb_expected_find(objects->named, name, NULL))
        return LISTED;
    return mb_batch_objects_left_out(objects, name) ? LEFT_OUT : STRAY;
}

static void open_set(struct mb_batch_objects *objects, bool is_delta)
{
    const struct mb_import_batches batches = {.items = &batch, .count = 1};
    struct mb_error error = MB_ERROR_INIT;
    assert_int_equal(mb_batch_objects_init(objects, &batches, is_delta, NULL, &error), MB_OK);
}

static void test_what_is_named_is_found_by_its_whole_name(void **state)
{
    (void)state;
    struct mb_batch_objects objects;
    uint64_t size = 0;
    open_set(&objects, false);
    assert_int_equal(mb_expected_count(objects.named), 5);
    assert_true(mb_expected_find(objects.named, "binlogs/insert_log/1/10/21/21/100/3", &size));
    assert_int_equal(size, 20);
    assert_int_equal(kind_of(&objects, "binlogs/insert_log/1/10/20/100/7"), LISTED);
    mb_batch_objects_done(&objects);
}

static void test_all_else_is_a_stray(void **state)
{
    (void)state;
    static const char *const names[] = {
        "insert_log/1/10/21/21/100/8", /* another log */
        "insert_log/1/10/21/21/101/7", /* another field */
        "insert_log/1/10/20/20/100/7", /* another group */
        "insert_log/1/11/21/21/100/7", /* another partition */
        "insert_log/1/10/99/99/100/7", /* another segment */
        "insert_log/1/10/21/21/100/.nfs7", "insert_log/1/10/21/21/100/7/", "insert_log/1/10/21/",
        "insert_log/1/10/21/.DS_Store",    "delta_log/1/10/21/21/7",
    };
    struct mb_batch_objects objects;
    open_set(&objects, false);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[128];
        snprintf(name, sizeof name, "binlogs/%s", names[i]);
        if (kind_of(&objects, name) != STRAY)
            fail_msg("%s", name);
    }
    mb_batch_objects_done(&objects);
}

static void test_deletes_that_an_older_tool_left_out(void **state)
{
    (void)state;
    struct mb_batch_objects objects;
    open_set(&objects, true);
    assert_int_equal(kind_of(&objects, "binlogs/delta_log/1/10/21/21/7"), LISTED);
    assert_int_equal(kind_of(&objects, "binlogs/delta_log/1/10/20/4"), LEFT_OUT);
    assert_int_equal(kind_of(&objects, "binlogs/delta_log/1/10/20/.DS_Store"), STRAY);
    assert_int_equal(kind_of(&objects, "binlogs/delta_log/1/10/21/21/4"), STRAY);
    assert_int_equal(kind_of(&objects, "binlogs/delta_log/1/10/20/20/4"), STRAY);
    assert_int_equal(kind_of(&objects, "binlogs/delta_log/1/10/99/4"), STRAY);
    mb_batch_objects_done(&objects);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_named_is_found_by_its_whole_name),
        cmocka_unit_test(test_all_else_is_a_stray),
        cmocka_unit_test(test_deletes_that_an_older_tool_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
