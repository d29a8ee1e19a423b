#include "model/collection.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void vectors_are_known(void **state)
{
    (void)state;
    assert_true(mb_data_type_is_vector(MB_TYPE_BINARY_VECTOR));
    assert_true(mb_data_type_is_vector(MB_TYPE_SPARSE_FLOAT_VECTOR));
    assert_true(mb_data_type_is_vector(MB_TYPE_INT8_VECTOR));
    assert_true(mb_data_type_is_vector(MB_TYPE_ARRAY_OF_VECTOR));
    assert_false(mb_data_type_is_vector(MB_TYPE_ARRAY));
    assert_false(mb_data_type_is_vector(MB_TYPE_STRUCT));
    assert_false(mb_data_type_is_vector(99));
}

static void a_property_is_found_by_its_whole_key(void **state)
{
    (void)state;
    struct mb_property items[] = {{"collection.ttl.seconds", "3600"}, {"mmap.enabled", ""}};
    struct mb_properties properties = {.items = items, .count = 2};
    struct mb_properties none = {0};
    assert_string_equal(mb_properties_get(&properties, "collection.ttl.seconds"), "3600");
    assert_string_equal(mb_properties_get(&properties, "mmap.enabled"), "");
    assert_null(mb_properties_get(&properties, "collection.ttl"));
    assert_null(mb_properties_get(&none, "mmap.enabled"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_are_known),
        cmocka_unit_test(a_property_is_found_by_its_whole_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
