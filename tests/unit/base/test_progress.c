#include "base/progress_row.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/pool.h"
#include "base/scope.h"

#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_a_phase_begins_again_but_keeps_collections_and_retries(void **state)
{
    (void)state;
    struct mb_progress progress;
    memset(&progress, 0, sizeof(progress));
    mb_progress_phase(&progress, "flush");
    atomic_fetch_add(&progress.objects_total, 5);
    atomic_fetch_add(&progress.bytes_done, 50);
    atomic_fetch_add(&progress.percent_x100, 5000);
    atomic_fetch_add(&progress.collections_done, 2);
    atomic_fetch_add(&progress.retries, 3);
    atomic_store(&progress.listed, true);
    mb_progress_phase(&progress, "copy");
    assert_string_equal(atomic_load(&progress.phase), "copy");
    assert_true(atomic_load(&progress.phase_started_ns) > 0);
    assert_int_equal(atomic_load(&progress.objects_total), 0);
    assert_int_equal(atomic_load(&progress.bytes_done), 0);
    assert_int_equal(atomic_load(&progress.percent_x100), 0);
    assert_false(atomic_load(&progress.listed));
    assert_int_equal(atomic_load(&progress.collections_done), 2);
    assert_int_equal(atomic_load(&progress.retries), 3);
}

static void test_the_oldest_wait_is_told(void **state)
{
    (void)state;
    struct mb_progress progress = MB_PROGRESS_INIT;
    struct mb_wait first = {0}, second = {0}, none = {0};
    char what[64] = "";
    int64_t since = 0;
    assert_int_equal(mb_progress_waiting(&progress, what, sizeof(what), &since), 0);
    mb_progress_wait(&progress, &first, "import %d", 1);
    mb_progress_wait(&progress, &second, "import %d", 2);
    mb_progress_wait(&progress, &first, "import %d, %d %%", 1, 40);
    assert_int_equal(mb_progress_waiting(&progress, what, sizeof(what), &since), 2);
    assert_string_equal(what, "import 1, 40 %");
    assert_int_equal(since, first.since_ns);
    mb_progress_wait_end(&first);
    assert_int_equal(mb_progress_waiting(&progress, what, sizeof(what), &since), 1);
    assert_string_equal(what, "import 2");
    mb_progress_wait(&progress, &first, "import 3");
    mb_progress_wait_end(&second);
    mb_progress_wait_end(&second);
    mb_progress_wait(NULL, &none, "nobody");
    mb_progress_wait_end(&none);
    assert_int_equal(mb_progress_waiting(&progress, what, sizeof(what), &since), 1);
    assert_string_equal(what, "import 3");
    mb_progress_wait_end(&first);
    assert_int_equal(mb_progress_waiting(&progress, what, sizeof(what), &since), 0);
    mb_progress_done(&progress);
}

/* A poller beside collections at work. */
static mb_status work_on_rows(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_progress *progress = ctx;
    struct mb_progress_row *row = NULL;
    const struct mb_progress_names names = {"db", "books", "old", "novels"};
    (void)cancel;
    MB_TRY(mb_progress_add_row(progress, &names, &row, error));
    mb_progress_row_expect(row, 1000);
    mb_progress_row_does(row, "flush");
    mb_progress_row_does(row, "copy");
    for (int i = 0; i < 1000; i++)
        mb_progress_row_moved(row, 1, 1);
    mb_progress_row_ends(row);
    return MB_OK;
}

static void test_a_row_for_each_collection(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_progress progress = MB_PROGRESS_INIT;
    struct mb_progress_row *row = NULL;
    struct mb_pool *pool = mb_pool_new(3);
    struct mb_group *group = mb_group_new(pool, NULL);
    for (int i = 0; i < 40; i++)
        assert_int_equal(mb_group_submit(group, work_on_rows, &progress, &error), MB_OK);
    for (uint64_t done = 0; done < 40000;) {
        uint64_t now = 0;
        size_t count = mb_progress_row_count(&progress);
        for (size_t i = 0; i < count; i++)
            now += atomic_load(&mb_progress_row_at(&progress, i)->bytes_done);
        assert_true(now >= done);
        done = now;
    }
    assert_int_equal(mb_group_wait(group, &error), MB_OK);
    mb_group_free(group);
    mb_pool_free(pool);
    assert_int_equal(mb_progress_row_count(&progress), 40);
    assert_null(mb_progress_row_at(&progress, 40));
    row = mb_progress_row_at(&progress, 2);
    assert_string_equal(row->db, "db");
    assert_string_equal(row->name, "books");
    assert_string_equal(row->source_db, "old");
    assert_string_equal(row->source_name, "novels");
    assert_int_equal(row->bytes_total, 1000);
    assert_int_equal(row->objects, 1000);
    assert_int_equal(row->rows, -1);
    assert_null(atomic_load(&row->doing));
    assert_true(row->started_ns > 0 && row->ended_ns >= row->started_ns);
    const struct mb_progress_names names = {"", "", "", ""};
    assert_int_equal(mb_progress_add_row(NULL, &names, &row, &error), MB_OK);
    assert_null(row);
    mb_progress_row_does(row, "nothing");
    mb_progress_row_ends(row);
    mb_progress_done(&progress);
}

static void hear(void *ctx, int level, const char *task, const char *text)
{
    assert_int_equal(level, MB_LOG_INFO);
    assert_string_equal(task, "t1");
    snprintf(ctx, 64, "%s", text);
}

static void test_phases_stand_in_the_log(void **state)
{
    (void)state;
    char heard[64] = "";
    struct mb_error error = MB_ERROR_INIT;
    struct mb_log *log = NULL;
    struct mb_progress progress = MB_PROGRESS_INIT;
    const struct mb_log_options options = {.level = MB_LOG_INFO, .tell = hear, .ctx = heard};
    assert_int_equal(mb_log_open(&log, &options, &error), MB_OK);
    const struct mb_scope scope = {.id = "t1", .log = log};
    mb_scope_enter(&scope);
    mb_progress_phase(&progress, "flush");
    assert_string_equal(heard, "phase flush");
    atomic_fetch_sub(&progress.phase_started_ns, 3 * MB_NS_PER_S);
    mb_progress_phase(&progress, "copy");
    assert_string_equal(heard, "phase copy; flush took 3.0 s");
    mb_scope_enter(NULL);
    mb_log_close(log);
    mb_progress_done(&progress);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_phase_begins_again_but_keeps_collections_and_retries),
        cmocka_unit_test(test_the_oldest_wait_is_told),
        cmocka_unit_test(test_a_row_for_each_collection),
        cmocka_unit_test(test_phases_stand_in_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
