/* Records as JSON and back, what is long in them, and whole percents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/record.h"

#include <string.h>

static struct mb_arena *arena;
static struct mb_error error;

static int setup(void **state)
{
    (void)state;
    arena = mb_arena_new();
    error = MB_ERROR_INIT;
    return arena == NULL;
}

static int teardown(void **state)
{
    (void)state;
    mb_arena_free(arena);
    return 0;
}

static const char *const warnings[] = {"one \"quoted\"", "two\nlines"};

static struct mb_record_collection rows[] = {
    {"default", "c1", MB_TASK_SUCCEEDED, 100, INT64_C(9007199254740993), 5, 1000, 2000},
    {"db", "\xc3\xa4", MB_TASK_FAILED, 12, -1, 0, 1500, 1600}};

static struct mb_record a_record(void)
{
    return (struct mb_record){.id = "id-1",
                              .kind = MB_TASK_CREATE,
                              .state = MB_TASK_FAILED,
                              .backup = "daily",
                              .bucket = "other",
                              .root_path = "",
                              .caller = "nightly",
                              .request_id = "r",
                              .schedule = "",
                              .queued_ms = 1,
                              .started_ms = 2,
                              .ended_ms = 3,
                              .percent = 42,
                              .phase = "copy",
                              .bytes_done = UINT64_C(9007199254740993),
                              .bytes_total = UINT64_MAX / 2,
                              .status = MB_E_TIMEOUT,
                              .error = "too late",
                              .hint = MB_HINT_RESUME,
                              .hint_subject = "daily",
                              .resumable = true,
                              .result = "{\"name\":\"daily\"}",
                              .warnings = {.items = (const char **)(uintptr_t)warnings, .count = 2},
                              .collections = rows,
                              .collection_count = 2};
}

static struct mb_kept keep(const struct mb_record *record)
{
    struct mb_kept kept;
    if (mb_kept_of(record, &kept, &error) != MB_OK)
        fail_msg("%s", error.message);
    return kept;
}

static void assert_same(const struct mb_record *a, const struct mb_record *b, bool with_collections)
{
    assert_string_equal(a->id, b->id);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->state, b->state);
    assert_string_equal(a->backup, b->backup);
    assert_string_equal(a->bucket, b->bucket);
    assert_string_equal(a->root_path, b->root_path);
    assert_string_equal(a->schedule, b->schedule);
    assert_int_equal(a->started_ms, b->started_ms);
    assert_int_equal(a->percent, b->percent);
    assert_true(a->bytes_done == b->bytes_done && a->bytes_total == b->bytes_total);
    assert_int_equal(a->status, b->status);
    assert_string_equal(a->error, b->error);
    assert_int_equal(a->hint, b->hint);
    assert_string_equal(a->hint_subject, b->hint_subject);
    assert_int_equal(a->resumable, b->resumable);
    assert_string_equal(a->result, b->result);
    assert_int_equal(a->warnings.count, b->warnings.count);
    for (size_t i = 0; i < a->warnings.count; i++)
        assert_string_equal(a->warnings.items[i], b->warnings.items[i]);
    assert_int_equal(b->collection_count, with_collections ? a->collection_count : 0);
    for (size_t i = 0; i < b->collection_count; i++) {
        assert_string_equal(a->collections[i].name, b->collections[i].name);
        assert_string_equal(a->collections[i].db, b->collections[i].db);
        assert_int_equal(a->collections[i].state, b->collections[i].state);
        assert_true(a->collections[i].rows == b->collections[i].rows);
    }
}

static void test_comes_back_as_it_went(void **state)
{
    const struct mb_record record = a_record();
    struct mb_record back;
    struct mb_buf line;
    (void)state;
    struct mb_kept kept = keep(&record);
    assert_int_equal(mb_kept_read(&kept, true, arena, &back, &error), MB_OK);
    assert_same(&record, &back, true);
    assert_int_equal(back.left_ms, -1);
    assert_int_equal(mb_kept_read(&kept, false, arena, &back, &error), MB_OK);
    assert_same(&record, &back, false);

    mb_buf_init(&line, 1 << 20);
    mb_kept_write(&kept, &line);
    assert_ptr_equal(strchr(line.data, '\n'), line.data + line.len - 1); /* one line, whatever it says */
    assert_int_equal(mb_record_parse(line.data, line.len - 1, arena, &back, &error), MB_OK);
    assert_same(&record, &back, true);
    mb_buf_done(&line);
    mb_kept_done(&kept);
}

static void test_what_is_no_record_is_corrupt(void **state)
{
    static const char *const lines[] = {"",
                                        "x",
                                        "[]",
                                        "{}",
                                        "{\"id\":\"\"}",
                                        "{\"id\":1}",
                                        "{\"id\":\"a\",\"state\":99}",
                                        "{\"id\":\"a\",\"state\":-1}",
                                        "{\"id\":\"a\",\"percent\":101}",
                                        "{\"id\":\"a\",\"collections\":[1]}",
                                        "{\"id\":\"a\"} {}"};
    struct mb_record record;
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (mb_record_parse(lines[i], strlen(lines[i]), arena, &record, &error) != MB_E_CORRUPT)
            fail_msg("%s was taken", lines[i]);
}

static void test_a_later_version_s_members_are_passed_over(void **state)
{
    static const char line[] = "{\"id\":\"a\",\"kind\":77,\"news\":{\"x\":[1]},\"collections\":[]}";
    struct mb_record record;
    (void)state;
    assert_int_equal(mb_record_parse(line, strlen(line), arena, &record, &error), MB_OK);
    assert_int_equal(record.kind, 77);
    assert_string_equal(record.backup, "");
    assert_string_equal(record.result, "{}");
}

static void test_what_is_long_goes_first(void **state)
{
    static char text[4096];
    struct mb_record record = a_record(), back;
    (void)state;
    struct mb_kept kept = keep(&record);
    mb_kept_drop_result(&kept); /* it is short */
    assert_int_equal(mb_kept_read(&kept, true, arena, &back, &error), MB_OK);
    assert_string_equal(back.result, record.result);
    mb_kept_done(&kept);

    memset(text, 'x', sizeof text - 1);
    const char *const longer[] = {text};
    record.warnings = (struct mb_strings){.items = (const char **)(uintptr_t)longer, .count = 1};
    kept = keep(&record);
    size_t before = mb_kept_size(&kept);
    mb_kept_drop_collections(&kept);
    size_t between = mb_kept_size(&kept);
    assert_true(between < before);
    mb_kept_drop_result(&kept);
    assert_true(mb_kept_size(&kept) + sizeof text <= between);
    assert_int_equal(mb_kept_read(&kept, true, arena, &back, &error), MB_OK);
    assert_string_equal(back.error, "too late");
    assert_string_equal(back.result, "{}");
    assert_int_equal(back.collection_count, 0);
    mb_kept_done(&kept);
}

static void test_whole_percents(void **state)
{
    (void)state;
    assert_int_equal(mb_record_percent(0, MB_TASK_QUEUED), 0);
    assert_int_equal(mb_record_percent(-3, MB_TASK_RUNNING), 0);
    assert_int_equal(mb_record_percent(41.99, MB_TASK_RUNNING), 41);
    assert_int_equal(mb_record_percent(99.999, MB_TASK_RUNNING), 99);
    assert_int_equal(mb_record_percent(100, MB_TASK_FAILED), 99);
    assert_int_equal(mb_record_percent(7, MB_TASK_SUCCEEDED), 100);
}

static void test_what_was_cut_off_can_be_resumed_where_its_kind_can(void **state)
{
    struct mb_record record = a_record();
    (void)state;
    record.state = MB_TASK_RUNNING;
    record.ended_ms = 0;
    mb_record_interrupt(&record, 77);
    assert_int_equal(record.state, MB_TASK_FAILED);
    assert_int_equal(record.ended_ms, 77);
    assert_int_equal(record.percent, 42); /* where it stood */
    assert_true(record.resumable);
    assert_string_equal(record.error, "the server ended while it ran; it can be resumed");
    assert_int_equal(record.hint, MB_HINT_RESUME);
    record.kind = MB_TASK_TRANSFER; /* of that name lies the source, too: no advice to delete it */
    mb_record_interrupt(&record, 78);
    assert_true(record.resumable);
    assert_int_equal(record.hint, MB_HINT_GO_ON);
    record.kind = MB_TASK_RESTORE;
    mb_record_interrupt(&record, 78);
    assert_false(record.resumable);
    assert_int_equal(record.hint, MB_HINT_NONE);
    assert_string_equal(record.error, "the server ended while it ran; start it again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_comes_back_as_it_went, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_record_is_corrupt, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_later_version_s_members_are_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_long_goes_first, setup, teardown),
        cmocka_unit_test_setup_teardown(test_whole_percents, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_was_cut_off_can_be_resumed_where_its_kind_can, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
