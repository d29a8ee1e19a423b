/* The examples that Amazon publishes in "Signature Calculations for the Authorization Header" (S3) and in the
 * Signature Version 4 test suite. */
#include "test.h"

#include "common/s3/sigv4.h"

static const char empty_hash[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static const struct mb_sigv4 s3_key = {.access_key = "AKIAIOSFODNN7EXAMPLE",
                                       .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                       .region = "us-east-1",
                                       .service = "s3"};
static const struct mb_sigv4 suite_key = {.access_key = "AKIDEXAMPLE",
                                          .secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                                          .region = "us-east-1",
                                          .service = "service"};

enum { S3_TIME = 1369353600, SUITE_TIME = 1440938160 };

static void expect(const struct mb_headers *headers, const char *signed_headers, const char *signature)
{
    char text[512];
    const char *authorization = mb_headers_get(headers, "authorization");
    snprintf(text, sizeof(text), "SignedHeaders=%s, Signature=%s", signed_headers, signature);
    assert_non_null(authorization);
    assert_contains(authorization, text);
}

static void s3_get_object(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    struct mb_headers headers = {0};
    const struct mb_sigv4_request request = {
        .method = "GET", .path = "/test.txt", .payload_hash = empty_hash};

    mb_headers_set(&headers, "Host", "examplebucket.s3.amazonaws.com");
    mb_headers_set(&headers, "Range", "bytes=0-9");
    mb_headers_set(&headers, "x-amz-content-sha256", empty_hash);
    assert_int_equal(mb_sigv4_sign(&s3_key, &request, S3_TIME, &headers, &error), MB_OK);
    assert_string_equal(mb_headers_get(&headers, "x-amz-date"), "20130524T000000Z");
    assert_contains(mb_headers_get(&headers, "Authorization"),
                    "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request");
    expect(&headers, "host;range;x-amz-content-sha256;x-amz-date",
           "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    mb_headers_done(&headers);
}

static void s3_put_object(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    struct mb_headers headers = {0};
    char hash[65];
    static const char body[] = "Welcome to Amazon S3.";

    assert_int_equal(mb_sha256_hex(body, sizeof(body) - 1, hash, &error), MB_OK);
    assert_string_equal(hash, "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
    const struct mb_sigv4_request request = {
        .method = "PUT", .path = "/test%24file.text", .payload_hash = hash};
    mb_headers_set(&headers, "Date", "Fri, 24 May 2013 00:00:00 GMT");
    mb_headers_set(&headers, "Host", "examplebucket.s3.amazonaws.com");
    mb_headers_set(&headers, "x-amz-content-sha256", hash);
    mb_headers_set(&headers, "x-amz-storage-class", "REDUCED_REDUNDANCY");
    assert_int_equal(mb_sigv4_sign(&s3_key, &request, S3_TIME, &headers, &error), MB_OK);
    expect(&headers, "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
           "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    mb_headers_done(&headers);
}

static void s3_queries(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        const char *signature;
    } cases[] = {
        {"lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
        {"prefix=J&max-keys=2", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mb_error error = MB_TEST_ERROR;
        struct mb_headers headers = {0};
        const struct mb_sigv4_request request = {
            .method = "GET", .path = "/", .query = cases[i].query, .payload_hash = empty_hash};
        mb_headers_set(&headers, "Host", "examplebucket.s3.amazonaws.com");
        mb_headers_set(&headers, "x-amz-content-sha256", empty_hash);
        assert_int_equal(mb_sigv4_sign(&s3_key, &request, S3_TIME, &headers, &error), MB_OK);
        expect(&headers, "host;x-amz-content-sha256;x-amz-date", cases[i].signature);
        mb_headers_done(&headers);
    }
}

static void suite_vanilla(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        const char *signature;
    } cases[] = {
        {NULL, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
        {"Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mb_error error = MB_TEST_ERROR;
        struct mb_headers headers = {0};
        const struct mb_sigv4_request request = {
            .method = "GET", .path = "/", .query = cases[i].query, .payload_hash = empty_hash};
        mb_headers_set(&headers, "Host", "example.amazonaws.com");
        assert_int_equal(mb_sigv4_sign(&suite_key, &request, SUITE_TIME, &headers, &error), MB_OK);
        expect(&headers, "host;x-amz-date", cases[i].signature);
        mb_headers_done(&headers);
    }
}

static void suite_header_value_trim(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    struct mb_headers headers = {0};
    const struct mb_sigv4_request request = {.method = "GET", .path = "/", .payload_hash = empty_hash};

    mb_headers_set(&headers, "Host", "example.amazonaws.com");
    mb_headers_set(&headers, "My-Header1", " value1");
    mb_headers_set(&headers, "My-Header2", " \"a   b   c\"");
    assert_int_equal(mb_sigv4_sign(&suite_key, &request, SUITE_TIME, &headers, &error), MB_OK);
    expect(&headers, "host;my-header1;my-header2;x-amz-date",
           "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
    mb_headers_done(&headers);
}

/* A second signature (a request sent again) replaces the first and is that of a fresh request. */
static void signing_again_replaces(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    struct mb_headers headers = {0};
    const struct mb_sigv4_request request = {.method = "GET", .path = "/", .payload_hash = empty_hash};
    struct mb_sigv4 with_token = suite_key;

    with_token.session_token = "a-token";
    mb_headers_set(&headers, "Host", "example.amazonaws.com");
    assert_int_equal(mb_sigv4_sign(&with_token, &request, SUITE_TIME - 60, &headers, &error), MB_OK);
    assert_contains(mb_headers_get(&headers, "Authorization"), "host;x-amz-date;x-amz-security-token");
    mb_headers_remove(&headers, "X-Amz-Security-Token");
    assert_int_equal(mb_sigv4_sign(&suite_key, &request, SUITE_TIME, &headers, &error), MB_OK);
    expect(&headers, "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    mb_headers_done(&headers);
}

static void a_line_break_in_a_token_is_refused(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    struct mb_headers headers = {0};
    const struct mb_sigv4_request request = {.method = "GET", .path = "/", .payload_hash = empty_hash};
    struct mb_sigv4 bad = suite_key;

    bad.session_token = "a\r\nX-Evil: 1";
    mb_headers_set(&headers, "Host", "example.amazonaws.com");
    assert_int_equal(mb_sigv4_sign(&bad, &request, SUITE_TIME, &headers, &error), MB_E_INVALID);
    assert_lacks(error.message, "X-Evil");
    mb_headers_done(&headers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s3_get_object),
        cmocka_unit_test(s3_put_object),
        cmocka_unit_test(s3_queries),
        cmocka_unit_test(suite_vanilla),
        cmocka_unit_test(suite_header_value_trim),
        cmocka_unit_test(signing_again_replaces),
        cmocka_unit_test(a_line_break_in_a_token_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
