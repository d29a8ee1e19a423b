/* Drivers that take one call at a time, at one end or at both. */
#include "moving.h"

#include "base/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* Cancels a copy that waits for itself: then a test fails instead of hanging. */
struct watchdog {
    struct mb_cancel *cancel;
    pthread_t thread;
    atomic_bool done;
};

static void *watch(void *ctx)
{
    struct watchdog *watchdog = ctx;
    for (int ms = 0; ms < 60000 && !atomic_load(&watchdog->done); ms++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    if (!atomic_load(&watchdog->done))
        mb_cancel_request(watchdog->cancel);
    return NULL;
}

static void begin_watch(struct watchdog *watchdog, struct moving *moving)
{
    *watchdog = (struct watchdog){.cancel = moving->cancel};
    pthread_create(&watchdog->thread, NULL, watch, watchdog);
}

static void end_watch(struct watchdog *watchdog)
{
    atomic_store(&watchdog->done, true);
    pthread_join(watchdog->thread, NULL);
}

static mb_status run_watched(struct moving *moving, unsigned count, uint64_t size)
{
    struct watchdog watchdog;
    begin_watch(&watchdog, moving);
    mb_status status = moving_run(moving, moving->dst, count, size);
    end_watch(&watchdog);
    return status;
}

/* Of both services: they may be one driver underneath. */
static void reopen(struct moving *moving, uint32_t src_model, uint32_t dst_model)
{
    struct mb_storage_plugin *table = &moving->dst_service.table;
    table->mpu_begin = NULL;
    table->mpu_part = NULL;
    table->mpu_copy_part = NULL;
    table->mpu_complete = NULL;
    table->mpu_abort = NULL;
    table->thread_model = dst_model;
    moving->src_service.table.thread_model = src_model;
    moving->dst_service.counts_in = &moving->src_service;
    mb_storage_close(moving->src);
    mb_storage_close(moving->dst);
    moving->src = fake_service_store(&moving->src_service);
    moving->dst = fake_service_store(&moving->dst_service);
}

static const uint32_t models[] = {MB_THREADS_SERIAL, MB_THREADS_PER_STORE, MB_THREADS_PARALLEL};

static void test_a_large_object_arrives_whatever_the_threads(void **state)
{
    struct moving *moving = *state;
    uint64_t size = 18 * MOVING_PART + 1;
    for (unsigned n = 0; n < 2; n++)
        moving_fill(moving, n, size);
    for (size_t i = 0; i < 9; i++) {
        reopen(moving, models[i / 3], models[i % 3]);
        atomic_store(&moving->dst_service.cut_puts, 1);
        if (run_watched(moving, 2, size) != MB_OK)
            fail_msg("%u to %u: %s", models[i / 3], models[i % 3], moving->error.message);
        for (unsigned n = 0; n < 2; n++) {
            char key[32];
            snprintf(key, sizeof(key), "dst/%u", n);
            assert_true(moving_arrived(&moving->dst_service, n, size));
            fake_service_remove(&moving->dst_service, key);
        }
    }
}

static void test_a_serial_driver_gets_one_call_at_a_time(void **state)
{
    struct moving *moving = *state;
    uint64_t size = 18 * MOVING_PART + 1;
    moving_fill(moving, 0, size);
    moving_fill(moving, 1, 10);
    reopen(moving, MB_THREADS_SERIAL, MB_THREADS_SERIAL);
    moving_open(moving, moving->dst);
    assert_int_equal(
        mb_copy_add(moving->copy, "src/0", "dst/0", size, NULL, (char[]){"src/0"}, &moving->error), MB_OK);
    assert_int_equal(moving_add(moving, 1, 10), MB_OK);
    struct watchdog watchdog;
    begin_watch(&watchdog, moving);
    mb_status status = moving_finish(moving);
    end_watch(&watchdog);
    assert_int_equal(status, MB_OK);
    assert_true(mb_budget_peak(moving->copy->options.budget) <= moving->options.memory_bytes);
    moving_close(moving);
    assert_int_equal(atomic_load(&moving->src_service.running_peak), 1);
    assert_true(moving_arrived(&moving->dst_service, 0, size));
    assert_int_equal(moving->crc_wrong, 0);
    assert_int_equal(moving->moved, 2);
}

static void test_an_object_that_fits_into_memory_needs_no_file(void **state)
{
    struct moving *moving = *state;
    uint64_t size = 10 * MOVING_PART; /* more than two parts */
    moving_fill(moving, 0, size);
    reopen(moving, MB_THREADS_SERIAL, MB_THREADS_SERIAL);
    const struct mb_scope scope = {.temporary_folder = "/none"};
    mb_scope_enter(&scope);
    assert_int_equal(run_watched(moving, 1, size), MB_OK);
    assert_true(moving_arrived(&moving->dst_service, 0, size));

    size = 18 * MOVING_PART;
    moving_fill(moving, 1, size);
    moving_fill(moving, 0, size);
    assert_true(run_watched(moving, 1, size) < 0);
    assert_non_null(strstr(moving->error.message, "set TMPDIR"));
    mb_scope_enter(NULL);
}

static void test_a_source_that_changes_while_it_is_kept_is_told(void **state)
{
    struct moving *moving = *state;
    moving_fill(moving, 0, 18 * MOVING_PART);
    reopen(moving, MB_THREADS_PER_STORE, MB_THREADS_SERIAL);
    atomic_store(&moving->src_service.truncate_gets, true);
    assert_int_equal(run_watched(moving, 1, 18 * MOVING_PART), MB_E_CORRUPT);
    assert_non_null(strstr(moving->error.message, "changed since it was listed"));
    assert_false(fake_service_has(&moving->dst_service, "dst/0"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, moving_setup, moving_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_large_object_arrives_whatever_the_threads),
        TEST(test_a_serial_driver_gets_one_call_at_a_time),
        TEST(test_an_object_that_fits_into_memory_needs_no_file),
        TEST(test_a_source_that_changes_while_it_is_kept_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
