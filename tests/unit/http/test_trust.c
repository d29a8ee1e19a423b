#include "test.h"

#include "http/trust.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void the_systems_own_place_is_left_alone(void **state)
{
    (void)state;
    char path[PATH_MAX];
    assert_null(mb_http_authorities("/dev/null", path));
    assert_null(mb_http_authorities(NULL, path));
}

static void another_place_is_one_that_can_be_read(void **state)
{
    (void)state;
    char path[PATH_MAX];
    const char *found = mb_http_authorities("/there/is/none", path);
    assert_true(found == NULL || access(found, R_OK) == 0);
    assert_true(found == NULL || found == path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_systems_own_place_is_left_alone),
        cmocka_unit_test(another_place_is_one_that_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
