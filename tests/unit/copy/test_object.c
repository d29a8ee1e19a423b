#include "copy/object.h"

#include "base/crc32c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint64_t mib = UINT64_C(1) << 20;
static const uint64_t tib = UINT64_C(1) << 40;

static uint64_t part_size(const struct mb_part_rules *rules, uint64_t size)
{
    struct mb_error error = MB_ERROR_INIT;
    uint64_t out = 0;
    assert_int_equal(mb_part_size(rules, size, &out, &error), MB_OK);
    return out;
}

static void test_parts_grow_with_the_object(void **state)
{
    (void)state;
    struct mb_part_rules rules = {.part_bytes = 8 * mib, .max_parts = 10000};
    assert_int_equal(part_size(&rules, 9 * mib), 8 * mib);
    assert_int_equal(part_size(&rules, 80000 * mib), 8 * mib);
    assert_int_equal(part_size(&rules, 80000 * mib + 1), 9 * mib);
    uint64_t part = part_size(&rules, 5 * tib);
    assert_true(part * 10000 >= 5 * tib);
    rules.max_parts = 0;
    assert_int_equal(part_size(&rules, 5 * tib), part);
}

static void test_parts_are_not_below_what_the_service_takes(void **state)
{
    (void)state;
    struct mb_part_rules rules = {.part_bytes = 2 * mib, .min_part_bytes = 5 * mib, .max_parts = 10000};
    assert_int_equal(part_size(&rules, 9 * mib), 5 * mib);
}

static void test_what_cannot_be_cut_is_refused(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    uint64_t out = 7;
    struct mb_part_rules large = {.part_bytes = 8 * mib, .max_part_bytes = 100 * mib, .max_parts = 10};
    assert_int_equal(mb_part_size(&large, 1001 * mib, &out, &error), MB_E_UNSUPPORTED);
    assert_non_null(strstr(error.message, "larger than the destination takes"));

    struct mb_part_rules poor = {.part_bytes = 8 * mib, .largest_buffer = 32 * mib, .max_parts = 10};
    assert_int_equal(mb_part_size(&poor, 321 * mib, &out, &error), MB_E_CONFIG);
    assert_non_null(strstr(error.message, "transfer.memoryMiB"));
    assert_int_equal(out, 7);
}

static void test_parts_cover_the_object_and_their_sums_join(void **state)
{
    (void)state;
    char bytes[1000];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 7);
    struct mb_error error = MB_ERROR_INIT;
    struct mb_object *object = mb_object_new("a", "b", sizeof(bytes), "", NULL);
    assert_null(object->etag);
    assert_int_equal(mb_object_split(object, 300, false, &error), MB_OK);
    assert_int_equal(object->upload->count, 4);
    uint64_t end = 0;
    for (uint32_t i = 0; i < 4; i++) {
        uint64_t length = mb_object_part_length(object, i);
        assert_int_equal(mb_object_part_offset(object, i), end);
        object->upload->crcs[i] = mb_crc32c(0, bytes + end, length);
        end += length;
    }
    assert_int_equal(end, sizeof(bytes));
    assert_int_equal(mb_object_crc32c(object), mb_crc32c(0, bytes, sizeof(bytes)));
    mb_object_free(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_grow_with_the_object),
        cmocka_unit_test(test_parts_are_not_below_what_the_service_takes),
        cmocka_unit_test(test_what_cannot_be_cut_is_refused),
        cmocka_unit_test(test_parts_cover_the_object_and_their_sums_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
