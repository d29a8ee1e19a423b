/* Which requests other websites made a browser send. */
#include "server/origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool foreign(const char *host, const char *origin, const char *site)
{
    const struct mb_origin what = {.host = host, .origin = origin, .fetch_site = site};
    return mb_origin_is_foreign(&what);
}

static void programs_and_our_own_pages_are_not_foreign(void **state)
{
    (void)state;
    assert_false(foreign("127.0.0.1:8080", "", ""));
    assert_false(foreign("", "", ""));
    assert_false(foreign("127.0.0.1:8080", "http://127.0.0.1:8080", ""));
    assert_false(foreign("Backup.example", "https://backup.example", ""));
    assert_false(foreign("[::1]:8080", "http://[::1]:8080", ""));
    assert_false(foreign("inside:8080", "https://backup.example", "same-origin")); /* through a proxy */
    assert_false(foreign("127.0.0.1:8080", "", "none"));                           /* typed by the user */
}

static void other_sites_are(void **state)
{
    (void)state;
    assert_true(foreign("127.0.0.1:8080", "http://evil.example", ""));
    assert_true(foreign("127.0.0.1:8080", "http://127.0.0.1:8081", ""));
    assert_true(foreign("127.0.0.1:8080", "http://127.0.0.1", ""));
    assert_true(foreign("127.0.0.1:8080", "http://127.0.0.1:8080.evil.example", ""));
    assert_true(foreign("127.0.0.1:8080", "null", ""));
    assert_true(foreign("", "null", ""));
    assert_true(foreign("", "null", "cross-site"));
    assert_true(foreign("127.0.0.1:8080", "http://127.0.0.1:8080", "cross-site"));
    assert_true(foreign("backup.example", "", "same-site"));
    assert_true(foreign("backup.example", "", "same-origin, cross-site"));
}

static void names_of_others_are_not_local(void **state)
{
    (void)state;
    assert_true(mb_origin_host_is_local("localhost"));
    assert_true(mb_origin_host_is_local("LOCALHOST:8080"));
    assert_true(mb_origin_host_is_local("127.0.0.1:8080"));
    assert_true(mb_origin_host_is_local("[::1]:8080"));
    assert_true(mb_origin_host_is_local("192.0.2.1"));
    assert_false(mb_origin_host_is_local("evil.example"));
    assert_false(mb_origin_host_is_local("evil.example:8080"));
    assert_false(mb_origin_host_is_local("localhost.evil.example"));
    assert_false(mb_origin_host_is_local("127.0.0.1.evil.example:8080"));
    assert_false(mb_origin_host_is_local(""));
    assert_false(mb_origin_host_is_local("[::1].evil.example"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_and_our_own_pages_are_not_foreign),
        cmocka_unit_test(other_sites_are),
        cmocka_unit_test(names_of_others_are_not_local),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
