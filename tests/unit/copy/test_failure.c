#include "moving.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void test_retries_do_not_count_twice(void **state)
{
    struct moving *moving = *state;
    atomic_store(&moving->src_service.fail_gets, 3);
    atomic_store(&moving->dst_service.throttle_puts, 3);
    uint64_t size = 10 * MOVING_PART;
    for (unsigned n = 0; n < 3; n++)
        moving_fill(moving, n, size);
    assert_int_equal(moving_run(moving, moving->dst, 3, size), MB_OK);
    for (unsigned n = 0; n < 3; n++)
        assert_true(moving_arrived(&moving->dst_service, n, size));
    assert_int_equal(atomic_load(&moving->progress.bytes_done), 3 * size);
    assert_int_equal(atomic_load(&moving->progress.objects_done), 3);
    assert_int_equal(moving->moved_bytes, 3 * size);
}

static void test_throttling_makes_the_transfer_slow_down(void **state)
{
    struct moving *moving = *state;
    atomic_store(&moving->dst_service.throttle_puts, 1);
    for (unsigned n = 0; n < 4; n++)
        moving_fill(moving, n, 10);
    moving_open(moving, moving->dst);
    assert_int_equal(mb_queue_limit(&moving->copy->queue), 2);
    for (unsigned n = 0; n < 4; n++)
        assert_int_equal(moving_add(moving, n, 10), MB_OK);
    assert_int_equal(moving_finish(moving), MB_OK);
    assert_int_equal(mb_queue_limit(&moving->copy->queue), 1);
}

/* A service that is overloaded does not always find the words for it. */
static void test_failures_of_the_service_make_the_transfer_slow_down(void **state)
{
    struct moving *moving = *state;
    static const mb_status overloads[] = {MB_E_UNAVAILABLE, MB_E_TIMEOUT};
    moving_fill(moving, 0, 10);
    for (size_t i = 0; i < 2; i++) {
        atomic_store(&moving->dst_service.fail_puts_with, overloads[i]);
        atomic_store(&moving->dst_service.fail_puts, 2);
        moving_open(moving, moving->dst);
        assert_int_equal(mb_queue_limit(&moving->copy->queue), 2);
        assert_int_equal(moving_add(moving, 0, 10), MB_OK);
        assert_int_equal(moving_finish(moving), MB_OK);
        assert_int_equal(mb_queue_limit(&moving->copy->queue), 1);
        moving_close(moving);
    }
}

static void test_what_was_before_does_not_slow_a_transfer_down(void **state)
{
    struct moving *moving = *state;
    moving_fill(moving, 0, 10);
    moving_fill(moving, 1, 10);
    atomic_store(&moving->dst_service.throttle_puts, 2);
    assert_int_equal(moving_run(moving, moving->dst, 1, 10), MB_OK);
    moving_open(moving, moving->dst);
    assert_int_equal(moving_add(moving, 1, 10), MB_OK);
    assert_int_equal(moving_finish(moving), MB_OK);
    assert_int_equal(mb_queue_limit(&moving->copy->queue), 2);
}

static void test_an_object_that_changed_is_told(void **state)
{
    struct moving *moving = *state;
    moving_fill(moving, 0, 1000);
    atomic_store(&moving->src_service.truncate_gets, true);
    assert_int_equal(moving_run(moving, moving->dst, 1, 1000), MB_E_CORRUPT);
    assert_non_null(strstr(moving->error.message, "src/0"));
    assert_non_null(strstr(moving->error.message, "changed since it was listed with 1000 bytes"));
    assert_int_equal(moving->moved, 0);
    assert_int_equal(atomic_load(&moving->progress.objects_done), 0);

    atomic_store(&moving->src_service.tell_nothing, true);
    assert_int_equal(moving_run(moving, moving->dst, 1, 1000), MB_E_CORRUPT);

    atomic_store(&moving->src_service.truncate_gets, false);
    atomic_store(&moving->src_service.tell_nothing, false);
    assert_int_equal(moving_run(moving, moving->dst, 1, 999), MB_E_CORRUPT);
}

static void test_a_copy_of_the_wrong_size_is_told(void **state)
{
    struct moving *moving = *state;
    moving_fill(moving, 0, 1000);
    atomic_store(&moving->src_service.lose_byte, true);
    assert_int_equal(moving_run(moving, moving->beside, 1, 1000), MB_E_CORRUPT);
    assert_non_null(strstr(moving->error.message, "1000 bytes were listed and 999 lie in"));
    assert_false(fake_service_has(&moving->src_service, "dst/0")); /* nobody takes it for a good one later */

    atomic_store(&moving->src_service.tell_nothing, true);
    assert_int_equal(moving_run(moving, moving->beside, 1, 1000), MB_E_CORRUPT);
    assert_int_equal(atomic_load(&moving->src_service.stats), 1);
}

static void test_the_first_error_is_the_one_that_is_told(void **state)
{
    struct moving *moving = *state;
    atomic_store(&moving->dst_service.forbid_put_of, 20);
    atomic_store(&moving->dst_service.delay_us, 1000);
    for (unsigned n = 0; n < 2000; n++)
        moving_fill(moving, n, 10);
    assert_int_equal(moving_run(moving, moving->dst, 2000, 10), MB_E_FORBIDDEN);
    assert_non_null(strstr(moving->error.message, "access denied"));
    assert_true(moving->moved < 2000);
}

static void test_a_failed_part_aborts_every_upload(void **state)
{
    struct moving *moving = *state;
    uint64_t size = 20 * MOVING_PART;
    for (unsigned n = 0; n < 4; n++)
        moving_fill(moving, n, size);
    moving_open(moving, moving->dst);
    for (unsigned n = 0; n < 4; n++)
        assert_int_equal(moving_add(moving, n, n == 2 ? size + 1 : size), MB_OK);
    assert_int_equal(moving_finish(moving), MB_E_CORRUPT);
    assert_int_equal(fake_service_open_uploads(&moving->dst_service), 0);
    assert_int_equal(moving_add(moving, 5, 10), MB_E_CORRUPT);
    assert_non_null(strstr(moving->error.message, "src/2"));
}

static void test_cancelling_aborts_what_is_under_way(void **state)
{
    struct moving *moving = *state;
    uint64_t size = 20 * MOVING_PART;
    atomic_store(&moving->dst_service.hang_parts_after, 7);
    for (unsigned n = 0; n < 4; n++)
        moving_fill(moving, n, size);
    moving_open(moving, moving->dst);
    for (unsigned n = 0; n < 4; n++)
        assert_int_equal(moving_add(moving, n, size), MB_OK);
    while (atomic_load(&moving->dst_service.parts) < 8)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    mb_cancel_request(moving->cancel);
    assert_int_equal(moving_finish(moving), MB_E_CANCELLED);
    assert_int_equal(fake_service_open_uploads(&moving->dst_service), 0);
    assert_true(atomic_load(&moving->dst_service.aborts) > 0);
    assert_int_equal(moving_add(moving, 0, 10), MB_E_CANCELLED);
}

static void test_closing_without_finish_leaves_nothing_behind(void **state)
{
    struct moving *moving = *state;
    uint64_t size = 20 * MOVING_PART;
    atomic_store(&moving->dst_service.hang_parts_after, 3);
    moving_fill(moving, 0, size);
    moving_open(moving, moving->dst);
    assert_int_equal(moving_add(moving, 0, size), MB_OK);
    while (atomic_load(&moving->dst_service.parts) < 4)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    moving_close(moving);
    assert_int_equal(fake_service_open_uploads(&moving->dst_service), 0);
    assert_false(fake_service_has(&moving->dst_service, "dst/0"));
}

static mb_status refuse_to_hear(void *ctx, const struct mb_object_moved *object, struct mb_error *error)
{
    (void)ctx;
    (void)object;
    return mb_fail(error, MB_E_NO_SPACE, "note the object: disk full");
}

static void test_an_error_of_the_listener_ends_the_transfer(void **state)
{
    struct moving *moving = *state;
    moving->options.moved = refuse_to_hear;
    moving_fill(moving, 0, 10);
    assert_int_equal(moving_run(moving, moving->dst, 1, 10), MB_E_NO_SPACE);
    assert_int_equal(atomic_load(&moving->progress.objects_done), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, moving_setup, moving_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_retries_do_not_count_twice),
        TEST(test_throttling_makes_the_transfer_slow_down),
        TEST(test_failures_of_the_service_make_the_transfer_slow_down),
        TEST(test_what_was_before_does_not_slow_a_transfer_down),
        TEST(test_an_object_that_changed_is_told),
        TEST(test_a_copy_of_the_wrong_size_is_told),
        TEST(test_the_first_error_is_the_one_that_is_told),
        TEST(test_a_failed_part_aborts_every_upload),
        TEST(test_cancelling_aborts_what_is_under_way),
        TEST(test_closing_without_finish_leaves_nothing_behind),
        TEST(test_an_error_of_the_listener_ends_the_transfer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
