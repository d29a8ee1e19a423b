#include "restore/named.h"

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
static const struct mb_unit_segment second = {.segment = &segments[1]};
static const struct mb_import_unit unit = {.first = &(struct mb_unit_segment){&segments[0], &second}};

static enum mb_named_kind kind_of(struct mb_named_set *set, const char *key, struct mb_named **item)
{
    struct mb_error error = MB_ERROR_INIT;
    enum mb_named_kind kind;
    if (mb_named_find(set, key, &kind, item, &error) != MB_OK)
        fail_msg("%s", error.message);
    return kind;
}

static void open_set(struct mb_named_set *set, bool is_delta)
{
    struct mb_error error = MB_ERROR_INIT;
    assert_int_equal(mb_named_init(set, "r/b", is_delta, &unit, 1, &error), MB_OK);
}

static void test_what_is_named_is_found_by_its_whole_key(void **state)
{
    (void)state;
    struct mb_named_set set;
    struct mb_named *item = NULL;
    open_set(&set, false);
    assert_int_equal(set.count, 5);
    assert_int_equal(kind_of(&set, "r/b/binlogs/insert_log/1/10/21/21/100/3", &item), MB_NAMED_LISTED);
    assert_ptr_equal(item->log, &logs[1]);
    assert_string_equal(mb_named_key(&set, item), "r/b/binlogs/insert_log/1/10/21/21/100/3");
    assert_int_equal(kind_of(&set, "r/b/binlogs/insert_log/1/10/20/100/7", &item), MB_NAMED_LISTED);
    mb_named_done(&set);
}

static void test_all_else_is_a_stray(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "insert_log/1/10/21/21/100/8", /* another log */
        "insert_log/1/10/21/21/101/7", /* another field */
        "insert_log/1/10/20/20/100/7", /* another group */
        "insert_log/1/11/21/21/100/7", /* another partition */
        "insert_log/1/10/99/99/100/7", /* another segment */
        "insert_log/1/10/21/21/100/.nfs7", "insert_log/1/10/21/21/100/7/", "insert_log/1/10/21/",
        "insert_log/1/10/21/.DS_Store",    "delta_log/1/10/21/21/7",
    };
    struct mb_named_set set;
    struct mb_named *item;
    open_set(&set, false);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char key[128];
        snprintf(key, sizeof key, "r/b/binlogs/%s", keys[i]);
        if (kind_of(&set, key, &item) != MB_NAMED_STRAY)
            fail_msg("%s", key);
    }
    mb_named_done(&set);
}

static void test_deletes_that_an_older_tool_left_out(void **state)
{
    (void)state;
    struct mb_named_set set;
    struct mb_named *item;
    open_set(&set, true);
    assert_int_equal(kind_of(&set, "r/b/binlogs/delta_log/1/10/21/21/7", &item), MB_NAMED_LISTED);
    assert_int_equal(kind_of(&set, "r/b/binlogs/delta_log/1/10/20/4", &item), MB_NAMED_LEFT_OUT);
    assert_int_equal(kind_of(&set, "r/b/binlogs/delta_log/1/10/21/21/4", &item), MB_NAMED_STRAY);
    assert_int_equal(kind_of(&set, "r/b/binlogs/delta_log/1/10/20/20/4", &item), MB_NAMED_STRAY);
    assert_int_equal(kind_of(&set, "r/b/binlogs/delta_log/1/10/99/4", &item), MB_NAMED_STRAY);
    mb_named_done(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_named_is_found_by_its_whole_key),
        cmocka_unit_test(test_all_else_is_a_stray),
        cmocka_unit_test(test_deletes_that_an_older_tool_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
