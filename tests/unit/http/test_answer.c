#include "test.h"

#include "base/error.h"
#include "base/text.h"
#include "http/answer.h"
#include "http/http.h"

static void http_statuses(void **state)
{
    (void)state;
    static const struct {
        int http;
        mb_status status;
    } cases[] = {
        {200, MB_OK},
        {206, MB_OK},
        {204, MB_OK},
        {301, MB_E_CONFIG},
        {307, MB_E_CONFIG},
        {400, MB_E_INVALID},
        {401, MB_E_UNAUTHENTICATED},
        {403, MB_E_FORBIDDEN},
        {404, MB_E_NOT_FOUND},
        {405, MB_E_UNSUPPORTED},
        {408, MB_E_UNAVAILABLE},
        {409, MB_E_EXISTS},
        {412, MB_E_EXISTS},
        {429, MB_E_THROTTLED},
        {500, MB_E_UNAVAILABLE},
        {501, MB_E_UNSUPPORTED},
        {503, MB_E_UNAVAILABLE},
        {507, MB_E_NO_SPACE},
        {0, MB_E_PROTOCOL},
        {999, MB_E_PROTOCOL},
        {304, MB_E_PROTOCOL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(mb_status_of_http(cases[i].http), cases[i].status);
}

static void answers(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    struct mb_http_response response = {.status = 503};
    mb_headers_set(&response.headers, "Retry-After", "7");
    struct mb_answer answer = {.status = MB_E_THROTTLED,
                               .code = "SlowDown",
                               .text = "Please reduce\nyour request rate.",
                               .request_id = "R1"};
    assert_int_equal(mb_http_fail_answer(&error, &response, &answer), MB_E_THROTTLED);
    assert_string_equal(error.message, "503 SlowDown: Please reduce your request rate");
    assert_string_equal(error.provider_code, "SlowDown");
    assert_string_equal(error.request_id, "R1");
    assert_int_equal(error.http_status, 503);
    assert_int_equal(error.retry_after_ms, 7000);
    assert_int_equal(error.flags, MB_ERR_RETRYABLE | MB_ERR_AMBIGUOUS);

    response.safe = true;
    answer = (struct mb_answer){0};
    assert_int_equal(mb_http_fail_answer(&error, &response, &answer), MB_E_UNAVAILABLE);
    assert_int_equal(error.flags, MB_ERR_RETRYABLE);
    assert_string_equal(error.message, "503");
    response.status = 200;
    assert_int_equal(mb_http_fail_answer(&error, &response, &answer), MB_E_PROTOCOL);
    mb_http_response_done(&response);
}

static void retry_after(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        uint32_t ms;
    } cases[] = {{"0", 0},
                 {"1.5", 1500},
                 {"-3", 0},
                 {"soon", 0},
                 {"99999999999", 3600000},
                 {"nan", 0},
                 {"", 0},
                 {"Thu, 29 Feb 2024 12:30:00 GMT", 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mb_http_response response = {.status = 503};
        mb_headers_set(&response.headers, "retry-after", cases[i].value);
        assert_int_equal(mb_http_retry_after_ms(&response), cases[i].ms);
        mb_http_response_done(&response);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_statuses),
        cmocka_unit_test(answers),
        cmocka_unit_test(retry_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
