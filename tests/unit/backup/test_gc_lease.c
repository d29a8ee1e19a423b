#include "backup/gc_lease.h"
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A pause lasts an hour from the last attempt that worked. */
static void test_a_failed_renewal_is_tried_again_before_the_pause_ends(void **state)
{
    (void)state;
    const int64_t hour = 3600 * MB_NS_PER_S;
    int64_t since_success = mb_gc_lease_wait_ns(MB_OK);
    assert_in_range(since_success, hour / 4, hour / 2);
    int attempts = 0;
    for (; since_success < hour; attempts++)
        since_success += mb_gc_lease_wait_ns(MB_E_UNAVAILABLE);
    assert_in_range(attempts, 10, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_failed_renewal_is_tried_again_before_the_pause_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
