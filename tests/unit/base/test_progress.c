#include "base/progress.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_phase_begins_again_but_keeps_collections_and_retries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
