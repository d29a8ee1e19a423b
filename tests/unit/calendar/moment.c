#include "moment.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

int64_t moment(const char *text)
{
    int64_t ns = 0;
    assert_true(mb_clock_parse(text, &ns));
    return ns / MB_NS_PER_S;
}

struct mb_zone *open_zone(const char *name)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_zone *zone = NULL;
    assert_int_equal(mb_zone_open(&zone, name, &error), MB_OK);
    return zone;
}
