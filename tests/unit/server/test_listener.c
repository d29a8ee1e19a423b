#include "test.h"

#include "server/listener.h"

#include <unistd.h>

#define PORT_KEYS "server.port, SERVER_PORT or -p"

static void it_tells_who_reaches_it(void **state)
{
    static const struct {
        const char *address;
        bool beyond;
    } cases[] = {{"127.0.0.1", false}, {"127.1.2.3", false}, {"localhost", false},
                 {"0.0.0.0", true},    {"::1", false},       {"[::1]", false},
                 {"::", true},         {"[::]", true},       {"::ffff:127.0.0.1", false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mb_listener listener = {.fd = -1};
        struct mb_error error = MB_TEST_ERROR;
        assert_int_equal(mb_listener_open(&listener, cases[i].address, 0, PORT_KEYS, &error), MB_OK);
        assert_int_equal(listener.beyond, cases[i].beyond);
        assert_int_not_equal(listener.port, 0);
        close(listener.fd);
    }
}

static void what_is_wrong_is_named_by_its_key(void **state)
{
    static const char *const addresses[] = {"", "[]", "no such host", "1.2.3.4.5", "192.0.2.1", "[::1"};
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct mb_listener listener = {.fd = -1};
        struct mb_error error = MB_TEST_ERROR;
        assert_int_equal(mb_listener_open(&listener, addresses[i], 0, PORT_KEYS, &error), MB_E_CONFIG);
        assert_contains(error.message, "server.address is '");
        assert_contains(error.message, addresses[i]);
    }
}

static void a_port_has_one_listener(void **state)
{
    struct mb_listener first = {.fd = -1}, second = {.fd = -1};
    struct mb_error error = MB_TEST_ERROR;
    char expected[64];
    (void)state;
    assert_int_equal(mb_listener_open(&first, "127.0.0.1", 0, PORT_KEYS, &error), MB_OK);
    assert_int_equal(mb_listener_open(&second, "127.0.0.1", first.port, PORT_KEYS, &error), MB_E_CONFIG);
    snprintf(expected, sizeof expected, "port %u at 127.0.0.1 is in use", (unsigned)first.port);
    assert_contains(error.message, expected);
    assert_contains(error.message, "choose another one with " PORT_KEYS);
    close(first.fd);
}

static void urls(void **state)
{
    char url[64];
    (void)state;
    assert_string_equal(mb_listener_url(url, sizeof url, "http", "::1", 80), "http://[::1]:80");
    assert_string_equal(mb_listener_url(url, sizeof url, "https", "[::]", 1), "https://[::]:1");
    assert_string_equal(mb_listener_url(url, sizeof url, "http", "host", 8080), "http://host:8080");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_tells_who_reaches_it),
        cmocka_unit_test(what_is_wrong_is_named_by_its_key),
        cmocka_unit_test(a_port_has_one_listener),
        cmocka_unit_test(urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
