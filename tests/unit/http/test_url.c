#include "test.h"

#include "base/buf.h"
#include "http/url.h"

static void encoding(void **state)
{
    (void)state;
    struct mb_buf out = MB_BUF_INIT(1024);
    mb_url_encode(&out, "a b+c/d%\n~\xc3\xa9", "/");
    assert_string_equal(mb_buf_text(&out), "a%20b%2Bc/d%25%0A~%C3%A9");
    mb_buf_reset(&out);
    mb_url_query(&out, "prefix", "a/b=c&d");
    mb_url_query(&out, "uploads", NULL);
    assert_string_equal(mb_buf_text(&out), "prefix=a%2Fb%3Dc%26d&uploads=");
    mb_buf_done(&out);
}

static void decoding(void **state)
{
    (void)state;
    char text[] = "a%20b+c%2b%C3%A9";
    assert_true(mb_url_decode(text, false));
    assert_string_equal(text, "a b+c+\xc3\xa9");
    char form[] = "a+b%2Bc";
    assert_true(mb_url_decode(form, true));
    assert_string_equal(form, "a b+c");
    static const char *const broken[] = {"%", "%4", "a%zz", "%00", "x%2", "%%41"};
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        char copy[16];
        strcpy(copy, broken[i]);
        assert_false(mb_url_decode(copy, true));
    }
}

static void local_hosts(void **state)
{
    (void)state;
    static const char *const local[] = {"localhost", "127.0.0.1", "[::1]", "169.254.169.254", "b.localhost"};
    static const char *const far[] = {"minio", "10.0.0.1", "[2001:db8::1]", "notlocalhost", ""};
    for (size_t i = 0; i < 5; i++) {
        assert_true(mb_host_is_local(local[i]));
        assert_false(mb_host_is_local(far[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoding),
        cmocka_unit_test(decoding),
        cmocka_unit_test(local_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
