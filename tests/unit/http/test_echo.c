/* What a service repeats of the secrets of a request: hidden in a refusal, and data otherwise. */
#include "http/echo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char authorization[] = "Authorization", bearer[] = "Bearer abcdefgh-ijklmnop";
static char security_token[] = "X-Amz-Security-Token", session[] = "session-token-of-the-role";
static struct mb_header sent[] = {{authorization, bearer}, {security_token, session}};
static const struct mb_headers headers = {.items = sent, .count = 2};
static const struct mb_http_request request = {
    .method = "GET",
    .url = "http://host/list?continuation-token=page-after-key-000017&max-keys=2&sig=c2lnbmF0dXJl%2Bx",
    .headers = &headers};

static const char repeated[] = "<T>page-after-key-000017</T> abcdefgh-ijklmnop session-token-of-the-role "
                               "c2lnbmF0dXJl%2Bx c2lnbmF0dXJl+x";

/* The body as it is kept of an answer of that status. */
static const char *kept(int status, char *text, size_t cap)
{
    struct mb_http_response response = {.status = status};
    snprintf(response.reason, sizeof response.reason, "no abcdefgh-ijklmnop");
    mb_buf_init(&response.body, 4096);
    mb_buf_printf(&response.body, "%s", repeated);
    mb_http_hide_echo(&request, &response);
    snprintf(text, cap, "%s %.*s", response.reason, (int)response.body.len, response.body.data);
    mb_http_response_done(&response);
    return text;
}

static void success_is_data(void **state)
{
    static const int statuses[] = {200, 201, 206, 299};
    char text[512], whole[512];
    (void)state;
    snprintf(whole, sizeof whole, "no abcdefgh-ijklmnop %s", repeated);
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        assert_string_equal(kept(statuses[i], text, sizeof text), whole);
}

static void a_refusal_shows_no_secret(void **state)
{
    static const int statuses[] = {301, 400, 403, 500, 503, 0};
    static const char *const secrets[] = {"abcdefgh-ijklmnop", "session-token-of-the-role",
                                          "c2lnbmF0dXJl%2Bx", "c2lnbmF0dXJl+x"};
    char text[512];
    (void)state;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        for (size_t k = 0; k < sizeof secrets / sizeof *secrets; k++)
            if (strstr(kept(statuses[i], text, sizeof text), secrets[k]) != NULL)
                fail_msg("%d: %s", statuses[i], text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_is_data),
        cmocka_unit_test(a_refusal_shows_no_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
