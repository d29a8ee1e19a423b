#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bed.h"

#include "base/clock.h"

#include <pthread.h>
#include <string.h>

static void test_bytes_take_their_time(void **state)
{
    struct bed *bed = *state;
    struct mb_storage *storage =
        bed_open(bed, "throttle", OPTIONS("over=memory", "throttle.bytesPerSecond=1000kB"));
    int64_t begun = mb_clock_monotonic();
    assert_ok(bed, bed_put(bed, storage, "k", 200000));
    assert_true(bed_holds(bed, storage, "k", 200000));
    assert_true(mb_clock_monotonic() - begun >= 150 * MB_NS_PER_MS);
    mb_storage_close(storage);
}

static void test_requests_take_their_time(void **state)
{
    struct bed *bed = *state;
    struct mb_storage *storage =
        bed_open(bed, "throttle", OPTIONS("over=memory", "throttle.requestsPerSecond=50"));
    struct mb_stat stat;
    int64_t begun = mb_clock_monotonic();
    assert_ok(bed, bed_put(bed, storage, "k", 1));
    for (int i = 0; i < 15; i++)
        assert_ok(bed, mb_storage_stat(storage, "k", &stat, NULL, &bed->error));
    assert_true(mb_clock_monotonic() - begun >= 150 * MB_NS_PER_MS);
    mb_storage_close(storage);
}

static void test_without_limits_nothing_waits(void **state)
{
    struct bed *bed = *state;
    struct mb_storage *storage = bed_open(bed, "throttle", OPTIONS("over=memory"));
    assert_ok(bed, bed_put(bed, storage, "k", 1 << 20));
    assert_true(bed_holds(bed, storage, "k", 1 << 20));
    mb_storage_close(storage);
}

static void test_a_turn_behind_the_deadline_is_refused(void **state)
{
    struct bed *bed = *state;
    bed->call_timeout_ns = 200 * MB_NS_PER_MS;
    bed->attempts = 1;
    struct mb_storage *storage =
        bed_open(bed, "throttle", OPTIONS("over=memory", "throttle.bytesPerSecond=1000"));
    assert_int_equal(bed_put(bed, storage, "k", 100000), MB_E_THROTTLED);
    assert_non_null(strstr(bed->error.message, "throttle.bytesPerSecond leaves no room before the deadline"));
    assert_int_equal(mb_storage_overloads(storage), 1);
    mb_storage_close(storage);
}

static void *cancel_soon(void *ctx)
{
    mb_cancel_sleep(NULL, 30 * MB_NS_PER_MS, NULL);
    mb_cancel_request(ctx);
    return NULL;
}

static void test_who_waits_hears_of_a_cancellation(void **state)
{
    static char data[10000];
    struct bed *bed = *state;
    struct mb_cancel *cancel = mb_cancel_new(NULL);
    struct mb_storage *storage =
        bed_open(bed, "throttle", OPTIONS("over=memory", "throttle.bytesPerSecond=1000"));
    pthread_t thread;
    int64_t begun = mb_clock_monotonic();
    pthread_create(&thread, NULL, cancel_soon, cancel);
    assert_int_equal(mb_storage_write(storage, "k", data, sizeof(data), NULL, NULL, cancel, &bed->error),
                     MB_E_CANCELLED);
    assert_true(mb_clock_monotonic() - begun < 8 * MB_NS_PER_S);
    pthread_join(thread, NULL);
    mb_storage_close(storage);
    mb_cancel_free(cancel);
}

static void test_limits_that_are_none(void **state)
{
    struct bed *bed = *state;
    struct mb_storage *storage = NULL;
    assert_int_equal(
        bed_try(bed, &storage, "throttle", OPTIONS("over=memory", "throttle.requestsPerSecond=0")),
        MB_E_CONFIG);
    assert_string_equal(bed->error.message,
                        "open throttle: option \"throttle.requestsPerSecond\" has to be 1 or more");
    assert_int_equal(
        bed_try(bed, &storage, "throttle", OPTIONS("over=memory", "throttle.bytesPerSecond=fast")),
        MB_E_CONFIG);
    assert_non_null(strstr(bed->error.message, "is not a size such as"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(test_bytes_take_their_time),
        BED_TEST(test_requests_take_their_time),
        BED_TEST(test_without_limits_nothing_waits),
        BED_TEST(test_a_turn_behind_the_deadline_is_refused),
        BED_TEST(test_who_waits_hears_of_a_cancellation),
        BED_TEST(test_limits_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
