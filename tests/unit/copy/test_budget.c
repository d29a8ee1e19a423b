#include "copy/budget.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { KIB = 1024, MIB = 1024 * KIB };

static struct mb_buffer *take(struct mb_budget *budget, size_t size)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_buffer *buffer = NULL;
    assert_int_equal(mb_budget_take(budget, size, &buffer, NULL, NULL, &error), MB_OK);
    assert_true(buffer->cap >= size);
    memset(buffer->data, 1, size);
    return buffer;
}

static void test_a_small_object_takes_a_small_buffer(void **state)
{
    (void)state;
    struct mb_budget *budget = mb_budget_new(MIB);
    struct mb_buffer *small = take(budget, 100);
    assert_int_equal(small->cap, 64 * KIB);
    struct mb_buffer *middle = take(budget, 300 * KIB);
    assert_in_range(middle->cap, 300 * KIB, 375 * KIB);
    mb_budget_give(budget, small);
    mb_budget_give(budget, middle);
    mb_budget_free(budget);
}

static void test_a_buffer_may_be_the_whole_budget_and_not_more(void **state)
{
    (void)state;
    struct mb_budget *budget = mb_budget_new(1000 * KIB);
    struct mb_buffer *whole = take(budget, 1000 * KIB);
    assert_int_equal(whole->cap, 1000 * KIB);
    mb_budget_give(budget, whole);

    struct mb_error error = MB_ERROR_INIT;
    struct mb_buffer *out = whole;
    assert_int_equal(mb_budget_take(budget, 1000 * KIB + 1, &out, NULL, NULL, &error), MB_E_INVALID);
    assert_ptr_equal(out, whole);
    mb_budget_free(budget);
}

static void test_buffers_are_used_again_and_make_room_for_others(void **state)
{
    (void)state;
    struct mb_budget *budget = mb_budget_new(MIB);
    struct mb_buffer *first = take(budget, 500 * KIB);
    void *data = first->data;
    mb_budget_give(budget, first);
    first = take(budget, 490 * KIB);
    assert_ptr_equal(first->data, data);
    mb_budget_give(budget, first);

    struct mb_buffer *whole = take(budget, MIB);
    mb_budget_give(budget, whole);
    struct mb_buffer *small[16];
    for (int i = 0; i < 16; i++)
        small[i] = take(budget, 64 * KIB);
    for (int i = 0; i < 16; i++)
        mb_budget_give(budget, small[i]);
    assert_int_equal(mb_budget_peak(budget), MIB);
    mb_budget_free(budget);
}

struct crowd {
    struct mb_budget *budget;
    struct mb_cancel *cancel;
    atomic_uint taken;
    atomic_uint_fast64_t held, held_peak;
    size_t sizes[5];
};

static void hold(struct crowd *crowd, size_t size)
{
    uint64_t held = atomic_fetch_add(&crowd->held, size) + size;
    uint64_t peak = atomic_load(&crowd->held_peak);
    while (held > peak && !atomic_compare_exchange_weak(&crowd->held_peak, &peak, held))
        ;
    atomic_fetch_sub(&crowd->held, size);
}

static void *take_and_give(void *ctx)
{
    struct crowd *crowd = ctx;
    for (unsigned i = 0; i < 200; i++) {
        size_t size = crowd->sizes[i % 5];
        struct mb_buffer *buffer = take(crowd->budget, size);
        hold(crowd, buffer->cap);
        mb_budget_give(crowd->budget, buffer);
        atomic_fetch_add(&crowd->taken, 1);
    }
    return NULL;
}

static void test_a_crowd_stays_within_the_budget_and_nobody_starves(void **state)
{
    (void)state;
    struct crowd crowd = {.sizes = {10, 900 * KIB, 70 * KIB, 200 * KIB, MIB}};
    crowd.budget = mb_budget_new(MIB);
    pthread_t threads[16];
    for (int i = 0; i < 16; i++)
        pthread_create(&threads[i], NULL, take_and_give, &crowd);
    for (int i = 0; i < 16; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&crowd.taken), 16 * 200);
    assert_true(atomic_load(&crowd.held_peak) <= MIB);
    assert_true(mb_budget_peak(crowd.budget) <= MIB);
    mb_budget_free(crowd.budget);
}

static void *wait_in_vain(void *ctx)
{
    struct crowd *crowd = ctx;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_buffer *buffer = NULL;
    mb_status status = mb_budget_take(crowd->budget, MIB, &buffer, NULL, crowd->cancel, &error);
    return (void *)(intptr_t)status;
}

static void test_waiting_ends_when_cancelled(void **state)
{
    (void)state;
    struct crowd crowd = {.budget = mb_budget_new(MIB), .cancel = mb_cancel_new(NULL)};
    struct mb_buffer *held = take(crowd.budget, 10);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, wait_in_vain, &crowd);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    mb_cancel_request(crowd.cancel);
    mb_budget_wake(crowd.budget);
    for (int i = 0; i < 3; i++) {
        void *status;
        pthread_join(threads[i], &status);
        assert_int_equal((intptr_t)status, MB_E_CANCELLED);
    }
    mb_budget_give(crowd.budget, held);
    mb_cancel_free(crowd.cancel);
    mb_budget_free(crowd.budget);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_small_object_takes_a_small_buffer),
        cmocka_unit_test(test_a_buffer_may_be_the_whole_budget_and_not_more),
        cmocka_unit_test(test_buffers_are_used_again_and_make_room_for_others),
        cmocka_unit_test(test_a_crowd_stays_within_the_budget_and_nobody_starves),
        cmocka_unit_test(test_waiting_ends_when_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
