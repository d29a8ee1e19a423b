/* Restores with a clock of their own: a server that completes imports in one way or another, and how often it
 * is asked about them. */
#include "base/clock.h"
#include "restore/wait.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MS MB_NS_PER_MS

enum { MOST = 64 };

/* A restore of so many imports, some of them at once. */
struct restore {
    struct mb_import_pace pace;
    struct mb_import_watch watches[MOST];
    int64_t ends[MOST]; /* when the server has completed them */
    size_t count, begun, running, at_once;
    int64_t now;
    size_t looks;
    int64_t latest, last; /* of all ends: how long they went unseen; and that of the last one */
};

/* When the server is done with an import that it takes now; before is the end of the one before it. */
typedef int64_t server_fn(size_t i, int64_t now, int64_t before);

/* One after the other, at the strokes of a clock. */
static int64_t serial(size_t i, int64_t now, int64_t before)
{
    int64_t from = now > before ? now : before;
    (void)i;
    return (from / (2000 * MS) + 1) * 2000 * MS;
}

/* All at once, each in its own time. */
static int64_t parallel(size_t i, int64_t now, int64_t before)
{
    (void)before;
    return now + (int64_t)(700 + 13 * (i % 5)) * MS;
}

/* Slowly at first, and then ten times as quickly. */
static int64_t quickening(size_t i, int64_t now, int64_t before)
{
    int64_t from = now > before ? now : before;
    return from + (i < 6 ? 2000 : 200) * MS;
}

static int64_t large(size_t i, int64_t now, int64_t before)
{
    int64_t from = now > before ? now : before;
    (void)i;
    return from + 60000 * MS;
}

static void begin_next(struct restore *restore, server_fn *server)
{
    size_t i = restore->begun++;
    struct mb_import_watch *watch = &restore->watches[i];
    restore->ends[i] = server(i, restore->now, i > 0 ? restore->ends[i - 1] : 0);
    watch->started_ns = restore->now;
    mb_import_pace_begin(&restore->pace, &watch->turn, 1, restore->now);
    watch->not_before_ns =
        mb_import_pace_expect(&restore->pace, &watch->turn, restore->now, &watch->since_ns);
    restore->running++;
}

static void look(struct restore *restore, size_t i)
{
    struct mb_import_watch *watch = &restore->watches[i];
    restore->looks++;
    watch->looked_ns = restore->now;
    watch->done = restore->now >= restore->ends[i];
    if (!watch->done) {
        watch->not_before_ns =
            mb_import_pace_expect(&restore->pace, &watch->turn, restore->now, &watch->since_ns);
        return;
    }
    int64_t late = restore->now - restore->ends[i];
    restore->latest = late > restore->latest ? late : restore->latest;
    restore->last = late;
    restore->running--;
    mb_import_pace_end(&restore->pace, &watch->turn, restore->now);
}

/* Looks at what is due, and goes on to the time at which something is. */
static void step(struct restore *restore)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < restore->begun; i++) {
        struct mb_import_watch *watch = &restore->watches[i];
        if (!watch->done && mb_import_watch_due(watch, 1) <= restore->now)
            look(restore, i);
        int64_t due = mb_import_watch_due(watch, 1);
        next = !watch->done && due < next ? due : next;
    }
    if (restore->running == restore->at_once || restore->begun == restore->count)
        restore->now = next == INT64_MAX ? restore->now : next;
}

static void run(struct restore *restore, size_t count, size_t at_once, server_fn *server)
{
    *restore = (struct restore){.count = count, .at_once = at_once, .now = 1000 * MS};
    mb_import_pace_init(&restore->pace, count);
    while (restore->begun < count || restore->running > 0) {
        if (restore->begun < count && restore->running < at_once)
            begin_next(restore, server);
        else
            step(restore);
    }
    assert_null(restore->pace.first);
    mb_import_pace_done(&restore->pace);
}

static void many_small_imports_are_asked_about_a_few_times_each(void **state)
{
    struct restore restore;
    (void)state;
    for (size_t at_once = 1; at_once <= 16; at_once *= 2) {
        run(&restore, MOST, at_once, serial);
        assert_in_range(restore.looks, MOST, MOST * (at_once <= 2 ? 7 : 20));
        assert_in_range(restore.latest, 0, 400 * MS);
        assert_in_range(restore.last, 0, 100 * MS);
    }
}

static void a_single_import_is_looked_at_as_if_there_were_no_pace(void **state)
{
    struct restore restore;
    (void)state;
    run(&restore, 1, 1, serial);
    assert_int_equal(restore.looks, 10);
    assert_in_range(restore.last, 0, 100 * MS);
}

static void a_server_that_works_on_several_at_once_is_found_out(void **state)
{
    struct restore restore;
    (void)state;
    run(&restore, MOST, 8, parallel);
    /* eight lots of at most 0.76 s each, and what the looks are late */
    assert_in_range(restore.now, 0, (1000 + 8 * (760 + 100)) * MS);
    assert_in_range(restore.latest, 0, 100 * MS);
}

static void a_server_that_becomes_quicker_is_found_out(void **state)
{
    struct restore restore;
    (void)state;
    run(&restore, MOST, 2, quickening);
    int64_t least = (1000 + 6 * 2000 + (MOST - 6) * 200) * MS;
    assert_in_range(restore.now, least, least + 8000 * MS);
    assert_in_range(restore.last, 0, 100 * MS);
}

static void large_imports_are_seen_to_move(void **state)
{
    struct restore restore;
    (void)state;
    run(&restore, 8, 1, large);
    assert_true(restore.looks > 8 * 25);
    assert_in_range(restore.latest, 0, 1000 * MS);
}

static int64_t expect(struct mb_import_pace *pace, struct mb_import_turn *turn)
{
    int64_t since;
    int64_t expected = mb_import_pace_expect(pace, turn, 1000 * MS, &since);
    assert_int_equal(since, pace->first == turn ? 1 + 1000 * MS : 1);
    return expected;
}

static void one_that_nobody_looks_after_any_more_is_no_longer_before_others(void **state)
{
    struct mb_import_pace pace;
    struct mb_import_turn turns[4];
    (void)state;
    memset(turns, 0, sizeof turns);
    mb_import_pace_init(&pace, 5);
    for (size_t i = 0; i < 4; i++)
        mb_import_pace_begin(&pace, &turns[i], 1, 1);
    mb_import_pace_end(&pace, &turns[0], 1 + 1000 * MS);
    pace.ends = 2; /* enough to go by */
    assert_int_equal(expect(&pace, &turns[2]), 1 + (1000 + 2000 - 125) * MS);
    mb_import_pace_leave(&pace, &turns[1]);
    mb_import_pace_leave(&pace, &turns[1]);
    assert_int_equal(expect(&pace, &turns[2]), 1 + (1000 + 1000 - 125) * MS);
    mb_import_pace_leave(&pace, &turns[3]);
    assert_true(expect(&pace, &turns[2]) > 0);
    pace.to_come = 0;
    assert_int_equal(expect(&pace, &turns[2]), 0);
    mb_import_pace_done(&pace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_small_imports_are_asked_about_a_few_times_each),
        cmocka_unit_test(a_single_import_is_looked_at_as_if_there_were_no_pace),
        cmocka_unit_test(a_server_that_works_on_several_at_once_is_found_out),
        cmocka_unit_test(a_server_that_becomes_quicker_is_found_out),
        cmocka_unit_test(large_imports_are_seen_to_move),
        cmocka_unit_test(one_that_nobody_looks_after_any_more_is_no_longer_before_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
