#include "test.h"

#include "common/endpoint.h"

static void expect(const char *address, uint16_t port, bool tls, const char *authority)
{
    struct mb_error error = MB_TEST_ERROR;
    struct mb_endpoint endpoint;
    struct mb_buf out = MB_BUF_INIT(1024);
    assert_int_equal(mb_endpoint_parse(&endpoint, address, port, tls, &error), MB_OK);
    mb_endpoint_authority(&endpoint, NULL, &out);
    assert_string_equal(mb_buf_text(&out), authority);
    mb_buf_done(&out);
}

static void endpoints(void **state)
{
    (void)state;
    expect("localhost", 9000, false, "localhost:9000");
    expect("S3.Amazonaws.COM", 443, true, "s3.amazonaws.com");
    expect("s3.amazonaws.com", 0, true, "s3.amazonaws.com");
    expect("minio", 80, false, "minio");
    expect("minio", 443, false, "minio:443");
    expect("minio", 80, true, "minio:80");
    expect("::1", 9000, false, "[::1]:9000");
    expect("[2001:DB8::1]", 0, true, "[2001:db8::1]");
    expect("[::1]:9000", 9000, false, "[::1]:9000");
    expect("minio:9001", 0, false, "minio:9001");
    expect("http://minio:9001/", 9001, false, "minio:9001");
    expect("https://10.0.0.1", 0, true, "10.0.0.1");
}

static void virtual_host(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    struct mb_endpoint endpoint;
    struct mb_buf out = MB_BUF_INIT(1024);
    assert_int_equal(mb_endpoint_parse(&endpoint, "oss.example.com", 8443, true, &error), MB_OK);
    assert_false(endpoint.ip);
    mb_endpoint_authority(&endpoint, "bucket", &out);
    assert_string_equal(mb_buf_text(&out), "bucket.oss.example.com:8443");
    mb_buf_done(&out);
    assert_int_equal(mb_endpoint_parse(&endpoint, "::ffff:10.0.0.1", 0, true, &error), MB_OK);
    assert_true(endpoint.ip);
}

static void refuse(const char *address, uint16_t port, bool tls, const char *reason)
{
    struct mb_error error = MB_TEST_ERROR;
    struct mb_endpoint endpoint = {.port = 1};
    assert_int_equal(mb_endpoint_parse(&endpoint, address, port, tls, &error), MB_E_CONFIG);
    assert_contains(error.message, reason);
    assert_int_equal(endpoint.port, 1);
}

static void bad_endpoints(void **state)
{
    (void)state;
    char long_name[400];
    memset(long_name, 'a', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    refuse("", 0, false, "not the name");
    refuse("https://minio", 0, false, "useSSL");
    refuse("http://minio", 0, true, "useSSL");
    refuse("ftp://minio", 0, true, "neither");
    refuse("minio/path", 0, true, "not the name");
    refuse("mi nio", 0, true, "not the name");
    refuse("user@minio", 0, true, "not the name");
    refuse("minio:9000", 9001, true, "another port");
    refuse("minio:0", 0, true, "no number");
    refuse("minio:65536", 0, true, "no number");
    refuse("minio:", 0, true, "no number");
    refuse("minio:9x", 0, true, "no number");
    refuse("[::1", 0, true, "not the name");
    refuse("[::1]x", 0, true, "not the name");
    refuse("[minio]", 0, true, "not the name");
    refuse(":::", 0, true, "not the name");
    refuse(long_name, 0, true, "not the name");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints),
        cmocka_unit_test(virtual_host),
        cmocka_unit_test(bad_endpoints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
