#include "copy/limiter.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const uint64_t mib = UINT64_C(1) << 20;

/* A service that moves bytes_per_s for each job under way, up to a ceiling; now advances by one round. */
struct service {
    double per_job;
    double ceiling;
    int64_t now;
};

static void run_round(struct mb_limiter *limiter, struct service *service)
{
    unsigned jobs = limiter->limit;
    double rate = service->per_job * jobs;
    if (rate > service->ceiling)
        rate = service->ceiling;
    service->now += (int64_t)((double)(jobs * mib) / rate * 1e9);
    for (unsigned i = 0; i < jobs; i++)
        mb_limiter_note(limiter, mib, jobs - 1, service->now);
}

static void run_rounds(struct mb_limiter *limiter, struct service *service, int rounds)
{
    for (int i = 0; i < rounds; i++)
        run_round(limiter, service);
}

static void test_starts_low_and_reaches_the_maximum_while_it_helps(void **state)
{
    (void)state;
    struct mb_limiter limiter;
    struct service service = {.per_job = 4e6, .ceiling = 1e12};
    mb_limiter_init(&limiter, 4, 100, 1, 0);
    assert_int_equal(limiter.limit, 4);
    run_round(&limiter, &service);
    assert_int_equal(limiter.limit, 8);
    run_rounds(&limiter, &service, 5);
    assert_int_equal(limiter.limit, 100);
    run_rounds(&limiter, &service, 50);
    assert_int_equal(limiter.limit, 100);
}

static void test_stays_where_more_does_not_help(void **state)
{
    (void)state;
    struct mb_limiter limiter;
    struct service service = {.per_job = 4e6, .ceiling = 120e6};
    mb_limiter_init(&limiter, 4, 128, 1, 0);
    run_rounds(&limiter, &service, 200);
    assert_in_range(limiter.limit, 24, 40);
}

static void test_grows_again_when_the_service_does(void **state)
{
    (void)state;
    struct mb_limiter limiter;
    struct service service = {.per_job = 4e6, .ceiling = 32e6};
    mb_limiter_init(&limiter, 4, 128, 1, 0);
    run_rounds(&limiter, &service, 20);
    assert_in_range(limiter.limit, 8, 10);
    service.ceiling = 1e12;
    run_rounds(&limiter, &service, 100);
    assert_int_equal(limiter.limit, 128);
}

static void test_with_more_turns_it_judges_later(void **state)
{
    (void)state;
    struct mb_limiter limiter;
    struct service service = {.per_job = 4e6, .ceiling = 1e12};
    mb_limiter_init(&limiter, 4, 128, 3, 0);
    run_rounds(&limiter, &service, 5);
    assert_int_equal(limiter.limit, 4);
    run_round(&limiter, &service);
    assert_int_equal(limiter.limit, 8);
    run_rounds(&limiter, &service, 3);
    assert_int_equal(limiter.limit, 16);
}

static void test_throttling_halves_once_a_round(void **state)
{
    (void)state;
    struct mb_limiter limiter;
    struct service service = {.per_job = 4e6, .ceiling = 1e12};
    mb_limiter_init(&limiter, 4, 64, 1, 0);
    run_rounds(&limiter, &service, 10);
    assert_int_equal(limiter.limit, 64);
    mb_limiter_overloaded(&limiter, service.now);
    mb_limiter_overloaded(&limiter, service.now);
    mb_limiter_overloaded(&limiter, service.now);
    assert_int_equal(limiter.limit, 32);
    run_round(&limiter, &service);
    assert_int_equal(limiter.limit, 32);
    mb_limiter_overloaded(&limiter, service.now);
    assert_int_equal(limiter.limit, 16);
    run_rounds(&limiter, &service, 15);
    assert_int_equal(limiter.limit, 16);
    run_rounds(&limiter, &service, 60);
    assert_in_range(limiter.limit, 17, 64);
}

static void test_never_below_one_nor_above_the_maximum(void **state)
{
    (void)state;
    struct mb_limiter limiter;
    struct service service = {.per_job = 4e6, .ceiling = 1e12};
    mb_limiter_init(&limiter, 4, 3, 1, 0);
    assert_int_equal(limiter.limit, 3);
    run_rounds(&limiter, &service, 30);
    assert_int_equal(limiter.limit, 3);
    for (int i = 0; i < 10; i++) {
        mb_limiter_overloaded(&limiter, service.now);
        run_round(&limiter, &service);
        assert_in_range(limiter.limit, 1, 3);
    }
    assert_int_equal(limiter.limit, 1);
}

static void test_does_not_grow_for_lack_of_jobs(void **state)
{
    (void)state;
    struct mb_limiter limiter;
    mb_limiter_init(&limiter, 4, 128, 1, 0);
    for (int64_t i = 1; i <= 1000; i++)
        mb_limiter_note(&limiter, mib, 2, i * 200 * MB_NS_PER_MS);
    assert_int_equal(limiter.limit, 4);
}

static void test_does_not_grow_beyond_its_memory(void **state)
{
    (void)state;
    struct mb_limiter limiter;
    struct service service = {.per_job = 4e6, .ceiling = 1e12};
    mb_limiter_init(&limiter, 4, 128, 1, 0);
    run_rounds(&limiter, &service, 2);
    assert_int_equal(limiter.limit, 16);
    for (int i = 0; i < 50; i++) {
        if (limiter.limit > 8)
            mb_limiter_crowded(&limiter);
        run_round(&limiter, &service);
        assert_in_range(limiter.limit, 8, 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_starts_low_and_reaches_the_maximum_while_it_helps),
        cmocka_unit_test(test_stays_where_more_does_not_help),
        cmocka_unit_test(test_grows_again_when_the_service_does),
        cmocka_unit_test(test_with_more_turns_it_judges_later),
        cmocka_unit_test(test_throttling_halves_once_a_round),
        cmocka_unit_test(test_never_below_one_nor_above_the_maximum),
        cmocka_unit_test(test_does_not_grow_for_lack_of_jobs),
        cmocka_unit_test(test_does_not_grow_beyond_its_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
