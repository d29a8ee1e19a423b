#include "milvus/status.h"

#include <grpc/status.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct mb_peer plain = {.place = "host:19530", .keys = "milvus"};
static const struct mb_peer secure = {
    .place = "host:19530", .keys = "milvus.grpc", .tls = MB_MILVUS_TLS_SERVER, .has_user = true};

static void assert_says(const struct mb_error *error, const char *text)
{
    if (strstr(error->message, text) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error->message, text);
}

static void test_refused_connection_names_address_and_port(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    assert_int_equal(mb_status_from_grpc(&plain, GRPC_STATUS_UNAVAILABLE,
                                         "failed to connect to all addresses; last error: Connection refused",
                                         &error),
                     MB_E_UNAVAILABLE);
    assert_says(&error, "host:19530");
    assert_says(&error, "milvus.address");
    assert_says(&error, "milvus.port");
    assert_true(error.flags & MB_ERR_RETRYABLE);
    assert_false(error.flags & MB_ERR_AMBIGUOUS);
}

static void test_broken_connection_is_ambiguous(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    assert_int_equal(mb_status_from_grpc(&plain, GRPC_STATUS_UNAVAILABLE, "Socket closed", &error),
                     MB_E_UNAVAILABLE);
    assert_true(error.flags & MB_ERR_AMBIGUOUS);
    assert_true(error.flags & MB_ERR_RETRYABLE);
    assert_says(&error, "milvus.tlsMode");

    assert_int_equal(mb_status_from_grpc(&plain, GRPC_STATUS_DEADLINE_EXCEEDED, "Deadline Exceeded", &error),
                     MB_E_TIMEOUT);
    assert_true(error.flags & MB_ERR_AMBIGUOUS);
}

static void test_tls_names_the_keys_of_the_schema(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    const char *details = "failed to connect to all addresses; last error: UNKNOWN: Ssl handshake failed: "
                          "SSL_ERROR_SSL: wrong version number";
    assert_int_equal(mb_status_from_grpc(&secure, GRPC_STATUS_UNAVAILABLE, details, &error), MB_E_CONFIG);
    assert_says(&error, "milvus.grpc.tlsMode");
    assert_says(&error, "milvus.grpc.caCertPath");
    assert_says(&error, "wrong version number");
    assert_false(error.flags & MB_ERR_RETRYABLE);
}

static void test_login_names_user_and_password(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    assert_int_equal(mb_status_from_grpc(&secure, GRPC_STATUS_UNAUTHENTICATED, "auth check failure", &error),
                     MB_E_UNAUTHENTICATED);
    assert_says(&error, "milvus.user");
    assert_says(&error, "milvus.password");
    assert_says(&error, "the user or password");
    mb_status_from_grpc(&plain, GRPC_STATUS_UNAUTHENTICATED, "missing authorization in header", &error);
    assert_says(&error, "calls without a user");
}

static void test_grpc_codes(void **state)
{
    (void)state;
    static const struct {
        int grpc;
        mb_status status;
        bool again;
    } cases[] = {
        {GRPC_STATUS_RESOURCE_EXHAUSTED, MB_E_THROTTLED, true},
        {GRPC_STATUS_UNIMPLEMENTED, MB_E_UNSUPPORTED, false},
        {GRPC_STATUS_PERMISSION_DENIED, MB_E_FORBIDDEN, false},
        {GRPC_STATUS_NOT_FOUND, MB_E_NOT_FOUND, false},
        {GRPC_STATUS_INVALID_ARGUMENT, MB_E_INVALID, false},
        {GRPC_STATUS_ABORTED, MB_E_UNAVAILABLE, true},
        {GRPC_STATUS_INTERNAL, MB_E_PROTOCOL, false},
        {1234, MB_E_PROTOCOL, false},
        {-1, MB_E_PROTOCOL, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mb_error error = MB_ERROR_INIT;
        assert_int_equal(mb_status_from_grpc(&plain, cases[i].grpc, "why", &error), cases[i].status);
        assert_int_equal(!!(error.flags & MB_ERR_RETRYABLE), cases[i].again);
        assert_says(&error, "why");
    }
}

static void test_server_codes(void **state)
{
    (void)state;
    static const struct {
        struct mb_server_status told;
        mb_status status;
        bool again;
    } cases[] = {
        {{.code = 8, .error_code = 49, .reason = "rate limit exceeded[rate=1]"}, MB_E_THROTTLED, true},
        {{.error_code = 1, .reason = "request is rejected by grpc RateLimiter"}, MB_E_THROTTLED, true},
        {{.error_code = 1, .reason = "x: Rate Limit Exceeded"}, MB_E_THROTTLED, true},
        {{.code = 100, .error_code = 4, .reason = "collection not found"}, MB_E_NOT_FOUND, false},
        {{.error_code = 4, .reason = "gone"}, MB_E_NOT_FOUND, false},
        {{.error_code = 1, .reason = "can't find collection default:nope"}, MB_E_NOT_FOUND, false},
        {{.error_code = 25, .reason = "no index"}, MB_E_NOT_FOUND, false},
        {{.code = 700, .error_code = 1, .reason = "index"}, MB_E_NOT_FOUND, false},
        {{.error_code = 1, .reason = "import task id doesn't exist"}, MB_E_NOT_FOUND, false},
        {{.code = 1000, .error_code = 1, .reason = "key not found[key=importtask/5]"}, MB_E_NOT_FOUND, false},
        {{.code = 1, .error_code = 1, .reason = "not ready", .retriable = true}, MB_E_UNAVAILABLE, true},
        {{.code = 1401, .error_code = 3, .reason = "no"}, MB_E_FORBIDDEN, false},
        {{.code = 1100, .error_code = 1, .reason = "bad"}, MB_E_INVALID, false},
        {{.code = 65535, .error_code = 1, .reason = "boom"}, MB_E_INTERNAL, false},
        {{.code = 65535, .error_code = 1, .reason = "boom", .retriable = true}, MB_E_UNAVAILABLE, true},
        {{.error_code = 1, .reason = ""}, MB_E_INTERNAL, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mb_error error = MB_ERROR_INIT;
        assert_int_equal(mb_status_from_server(&cases[i].told, &plain, &error), cases[i].status);
        assert_int_equal(!!(error.flags & MB_ERR_RETRYABLE), cases[i].again);
        assert_true(error.message[0] != '\0');
    }
}

static void test_success_needs_both_codes(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_server_status told = {.reason = "words do not matter"};
    assert_int_equal(mb_status_from_server(&told, &plain, &error), MB_OK);
    told.error_code = 1;
    assert_int_not_equal(mb_status_from_server(&told, &plain, &error), MB_OK);
    told.error_code = 0;
    told.code = 5;
    assert_int_not_equal(mb_status_from_server(&told, &plain, &error), MB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_connection_names_address_and_port),
        cmocka_unit_test(test_broken_connection_is_ambiguous),
        cmocka_unit_test(test_tls_names_the_keys_of_the_schema),
        cmocka_unit_test(test_login_names_user_and_password),
        cmocka_unit_test(test_grpc_codes),
        cmocka_unit_test(test_server_codes),
        cmocka_unit_test(test_success_needs_both_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
