/* What watchers of the server's health are told, and when: the door is played by the test. */
#include "rpc/watch.h"

#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct mb_watchers all;
static const atomic_bool here = false, gone = true;

/* What was done to a watcher, a letter each: 1, 2, 3 for a status, c for cut, e for its end. */
struct client {
    struct mb_watcher watcher;
    char seen[32];
    bool deaf; /* nothing can be sent to it */
};

static void note(struct mb_watcher *watcher, char what)
{
    struct client *client = watcher->ctx;
    size_t len = strlen(client->seen);
    assert_true(len + 1 < sizeof client->seen);
    client->seen[len] = what;
}

static bool say(struct mb_watcher *watcher, int status)
{
    if (((struct client *)watcher->ctx)->deaf)
        return false;
    note(watcher, (char)('0' + status));
    return true;
}

static void cut(struct mb_watcher *watcher)
{
    note(watcher, 'c');
}

static void end(struct mb_watcher *watcher)
{
    note(watcher, 'e');
}

static struct client make(bool unknown)
{
    return (struct client){.watcher = {.unknown = unknown, .say = say, .cut = cut, .end = end}};
}

static bool begin(struct client *client, const atomic_bool *left)
{
    client->watcher.ctx = client;
    return mb_watcher_begin(&all, &client->watcher, left);
}

static int set_up(void **state)
{
    (void)state;
    mb_watchers_init(&all);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal(all.count, 0);
    mb_watchers_done(&all);
    return 0;
}

static void each_is_told_at_once_and_when_it_changes(void **state)
{
    struct client knows = make(false), asks_wrong = make(true);
    (void)state;
    assert_true(begin(&knows, &here) && begin(&asks_wrong, &here));
    mb_watcher_said(&all, &knows.watcher);
    mb_watcher_said(&all, &asks_wrong.watcher);
    assert_string_equal(knows.seen, "1");
    mb_watchers_retire(&all);
    mb_watchers_retire(&all);
    assert_string_equal(knows.seen, "12");
    assert_string_equal(asks_wrong.seen, "3");
    mb_watcher_said(&all, &knows.watcher);
    mb_watchers_close(&all);
    assert_string_equal(knows.seen, "12e");
    assert_string_equal(asks_wrong.seen, "3e");
}

static void one_word_is_on_its_way_at_a_time(void **state)
{
    struct client slow = make(false);
    (void)state;
    assert_true(begin(&slow, &here));
    mb_watchers_retire(&all);
    assert_string_equal(slow.seen, "1");
    mb_watcher_said(&all, &slow.watcher);
    assert_string_equal(slow.seen, "12");
    mb_watchers_close(&all);
    assert_string_equal(slow.seen, "12c"); /* its end waits for what was cut */
    mb_watcher_said(&all, &slow.watcher);
    assert_string_equal(slow.seen, "12ce");
}

static void who_leaves_is_ended_once_whenever_it_was(void **state)
{
    struct client left = make(false), early = make(false), never = make(false), deaf = make(false);
    (void)state;
    assert_true(begin(&left, &here));
    mb_watcher_said(&all, &left.watcher);
    mb_watcher_gone(&all, &left.watcher);
    mb_watcher_gone(&all, &left.watcher);
    assert_string_equal(left.seen, "1e");
    mb_watcher_gone(&all, &early.watcher); /* before it has begun */
    assert_true(begin(&early, &gone));
    assert_string_equal(early.seen, "e");
    deaf.deaf = true;
    assert_true(begin(&deaf, &here));
    assert_string_equal(deaf.seen, "e");
    mb_watchers_close(&all);
    assert_true(begin(&never, &here));
    assert_string_equal(never.seen, "e");
}

static void there_are_so_many_at_most(void **state)
{
    static struct client clients[1000];
    size_t fit = 0;
    (void)state;
    for (; fit < 1000; fit++) {
        clients[fit] = make(false);
        if (!begin(&clients[fit], &here))
            break;
        mb_watcher_said(&all, &clients[fit].watcher);
    }
    assert_in_range(fit, 100, 999);
    assert_string_equal(clients[fit].seen, "");
    mb_watcher_gone(&all, &clients[fit / 2].watcher);
    assert_true(begin(&clients[fit], &here));
    mb_watcher_said(&all, &clients[fit].watcher);
    mb_watchers_close(&all);
    for (size_t i = 0; i <= fit; i++)
        assert_string_equal(clients[i].seen, "1e");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(each_is_told_at_once_and_when_it_changes),
        CASE(one_word_is_on_its_way_at_a_time),
        CASE(who_leaves_is_ended_once_whenever_it_was),
        CASE(there_are_so_many_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
