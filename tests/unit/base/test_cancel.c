#include "base/cancel.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdatomic.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void count(void *ctx)
{
    atomic_fetch_add((atomic_int *)ctx, 1);
}

static void test_children_follow_and_parents_do_not(void **state)
{
    (void)state;
    struct mb_cancel *root = mb_cancel_new(NULL);
    struct mb_cancel *a = mb_cancel_new(root);
    struct mb_cancel *b = mb_cancel_new(root);
    struct mb_cancel *leaf = mb_cancel_new(a);
    mb_cancel_request(a);
    assert_true(mb_cancel_requested(a) && mb_cancel_requested(leaf));
    assert_false(mb_cancel_requested(root) || mb_cancel_requested(b));
    mb_cancel_request(root);
    mb_cancel_request(root);
    assert_true(mb_cancel_requested(b));
    struct mb_cancel *late = mb_cancel_new(root);
    assert_true(mb_cancel_requested(late));
    assert_false(mb_cancel_requested(NULL));
    mb_cancel_free(late);
    mb_cancel_free(leaf);
    mb_cancel_free(b);
    mb_cancel_free(a);
    mb_cancel_free(root);
    mb_cancel_free(NULL);
}

static void test_watches_are_called_once(void **state)
{
    (void)state;
    atomic_int first = 0, gone = 0, late = 0;
    struct mb_cancel *cancel = mb_cancel_new(NULL);
    struct mb_cancel_watch *w1 = mb_cancel_watch(cancel, count, &first);
    struct mb_cancel_watch *w2 = mb_cancel_watch(cancel, count, &gone);
    struct mb_cancel_watch *w3 = mb_cancel_watch(cancel, count, &first);
    mb_cancel_unwatch(w2);
    mb_cancel_request(cancel);
    mb_cancel_request(cancel);
    assert_int_equal(first, 2);
    assert_int_equal(gone, 0);
    struct mb_cancel_watch *w4 = mb_cancel_watch(cancel, count, &late);
    assert_int_equal(late, 1);
    mb_cancel_unwatch(w4);
    mb_cancel_unwatch(w3);
    mb_cancel_unwatch(w1);
    mb_cancel_unwatch(NULL);
    mb_cancel_free(cancel);
}

static void *sleep_long(void *ctx)
{
    struct mb_error error = MB_ERROR_INIT;
    return mb_cancel_sleep(ctx, 600 * MB_NS_PER_S, &error) == MB_E_CANCELLED ? ctx : NULL;
}

static void test_sleepers_wake(void **state)
{
    (void)state;
    struct mb_cancel *root = mb_cancel_new(NULL);
    struct mb_cancel *child = mb_cancel_new(root);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sleep_long, i % 2 == 0 ? root : child), 0);
    mb_cancel_request(root);
    for (int i = 0; i < 4; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_non_null(result);
    }
    mb_cancel_free(child);
    mb_cancel_free(root);
}

static void test_sleep_lasts_its_time(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_cancel *cancel = mb_cancel_new(NULL);
    int64_t begun = mb_clock_monotonic();
    assert_int_equal(mb_cancel_sleep(cancel, 5 * MB_NS_PER_MS, &error), MB_OK);
    assert_int_equal(mb_cancel_sleep(NULL, 5 * MB_NS_PER_MS, &error), MB_OK);
    assert_true(mb_clock_monotonic() - begun >= 10 * MB_NS_PER_MS);
    assert_int_equal(mb_cancel_sleep(cancel, -1, &error), MB_OK);
    mb_cancel_request(cancel);
    assert_int_equal(mb_cancel_sleep(cancel, INT64_MAX, &error), MB_E_CANCELLED);
    assert_string_equal(error.message, "cancelled");
    mb_cancel_free(cancel);
}

/* What a watch's callback touches is freed right after unwatch: a callback that still ran would be caught by
 * a sanitizer, a second call by the count. */
struct watcher {
    struct mb_cancel *cancel;
    atomic_int *calls;
};

static void *watch_and_leave(void *ctx)
{
    struct watcher *watcher = ctx;
    for (int i = 0; i < 200; i++) {
        atomic_int calls = 0;
        struct mb_cancel *child = mb_cancel_new(watcher->cancel);
        struct mb_cancel_watch *watch = mb_cancel_watch(child, count, &calls);
        mb_cancel_unwatch(watch);
        mb_cancel_free(child);
        atomic_fetch_add(watcher->calls, calls > 1);
    }
    return NULL;
}

static void test_unwatch_races_with_request(void **state)
{
    (void)state;
    atomic_int twice = 0;
    struct watcher watcher = {mb_cancel_new(NULL), &twice};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, watch_and_leave, &watcher);
    mb_cancel_sleep(NULL, MB_NS_PER_MS, NULL);
    mb_cancel_request(watcher.cancel);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(twice, 0);
    mb_cancel_free(watcher.cancel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_children_follow_and_parents_do_not),
        cmocka_unit_test(test_watches_are_called_once),
        cmocka_unit_test(test_sleepers_wake),
        cmocka_unit_test(test_sleep_lasts_its_time),
        cmocka_unit_test(test_unwatch_races_with_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
