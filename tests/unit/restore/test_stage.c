#include "restore/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define MIB (UINT64_C(1) << 20)

static void test_each_has_a_part_and_jobs_of_the_whole(void **state)
{
    (void)state;
    for (unsigned collections = 1; collections < 300; collections++)
        for (uint64_t memory = 8; memory <= 4096; memory *= 2) {
            struct mb_copy_options copy = {.memory_bytes = memory * MIB, .max_concurrency = 24};
            unsigned parallel = mb_stage_divide(&copy, collections);
            assert_in_range(parallel, 1, collections);
            assert_true(parallel * 8 <= memory);
            assert_int_equal(copy.memory_bytes, memory * MIB);
            assert_in_range(copy.max_concurrency, 1, 24 / parallel);
        }
}

static void test_two_collections_share_the_memory_and_get_half_of_the_jobs_each(void **state)
{
    (void)state;
    struct mb_copy_options copy = {.memory_bytes = 128 * MIB, .max_concurrency = 128};
    assert_int_equal(mb_stage_divide(&copy, 2), 2);
    assert_int_equal(copy.memory_bytes, 128 * MIB);
    assert_int_equal(copy.max_concurrency, 64);
}

static void test_what_is_not_said_is_divided_too(void **state)
{
    (void)state;
    struct mb_copy_options copy = {0};
    assert_int_equal(mb_stage_divide(&copy, 4), 4);
    assert_int_equal(copy.max_concurrency, 32);
}

static void test_fewer_collections_when_memory_is_short(void **state)
{
    (void)state;
    struct mb_copy_options copy = {.memory_bytes = 20 * MIB};
    assert_int_equal(mb_stage_divide(&copy, 4), 2);

    copy = (struct mb_copy_options){.memory_bytes = 4 * MIB, .part_bytes = 5 * MIB};
    assert_int_equal(mb_stage_divide(&copy, 4), 1);

    copy = (struct mb_copy_options){.budget = mb_copy_budget_new(24 * MIB)};
    assert_int_equal(mb_stage_divide(&copy, 4), 2);
    mb_budget_free(copy.budget);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_has_a_part_and_jobs_of_the_whole),
        cmocka_unit_test(test_two_collections_share_the_memory_and_get_half_of_the_jobs_each),
        cmocka_unit_test(test_what_is_not_said_is_divided_too),
        cmocka_unit_test(test_fewer_collections_when_memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
