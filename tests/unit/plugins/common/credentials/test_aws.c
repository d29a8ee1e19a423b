#include "test.h"

#include "base/clock.h"
#include "base/error.h"
#include "common/credentials/aws.h"
#include "common/credentials/source.h"

#include <stdlib.h>

static const char file[] = "stray = 1\n"
                           "[default]\n"
                           "aws_access_key_id = ID\r\n"
                           "# aws_secret_access_key = commented\n"
                           "  ; aws_secret_access_key = commented\n"
                           "aws_secret_access_key=a=b/c+d\n"
                           "empty =\n"
                           "[ other ]   \n"
                           "\taws_access_key_id\t=\tOTHER\t\n"
                           "[unclosed\n"
                           "aws_access_key_id=INSIDE OTHER STILL\n"
                           "[]\n"
                           "x=nameless\n"
                           "[last]\n"
                           "x=end";

static void values(void **state)
{
    (void)state;
    static const struct {
        const char *section;
        const char *key;
        const char *value;
    } cases[] = {
        {"default", "aws_access_key_id", "ID"},
        {"default", "aws_secret_access_key", "a=b/c+d"},
        {"other", "aws_access_key_id", "OTHER"},
        {"", "x", "nameless"},
        {"last", "x", "end"},
        {"default", "empty", NULL},
        {"default", "aws_access", NULL},
        {"default", "stray", NULL},
        {"defaul", "aws_access_key_id", NULL},
        {"default ", "aws_access_key_id", NULL},
        {"missing", "x", NULL},
        {"last", "xx", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char out[32] = "untouched";
        bool found = mb_ini_get(file, cases[i].section, cases[i].key, out, sizeof(out));
        assert_int_equal(found, cases[i].value != NULL);
        if (found)
            assert_string_equal(out, cases[i].value);
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    char out[3];
    assert_false(mb_ini_get("[a]\nk=abc", "a", "k", out, sizeof(out)));
    assert_true(mb_ini_get("[a]\nk=ab", "a", "k", out, sizeof(out)));
    assert_string_equal(out, "ab");
}

static void every_truncation_is_survived(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof(file); len++) {
        char out[32];
        char *cut = malloc(len + 1);
        assert_non_null(cut);
        memcpy(cut, file, len);
        cut[len] = '\0';
        mb_ini_get(cut, "last", "x", out, sizeof(out));
        free(cut);
    }
}

static mb_status judged(mb_status status, int http_status, int64_t deadline_ns)
{
    struct mb_error error = MB_TEST_ERROR;
    const struct mb_call call = {.struct_size = sizeof(call), .error = &error, .deadline_ns = deadline_ns};
    mb_fail(&error, status, "nothing was heard");
    error.http_status = http_status;
    mb_status result = mb_metadata_judge(status, &call);
    assert_int_equal(error.status, result);
    assert_int_equal(error.flags & MB_ERR_RETRYABLE, result == MB_E_UNAUTHENTICATED ? 0 : MB_ERR_RETRYABLE);
    return result;
}

static void a_metadata_service_that_is_silent_is_none(void **state)
{
    (void)state;
    int64_t later = mb_clock_monotonic() + 60 * INT64_C(1000000000);
    assert_int_equal(judged(MB_E_UNAVAILABLE, 0, 0), MB_E_UNAUTHENTICATED);
    assert_int_equal(judged(MB_E_TIMEOUT, 0, 0), MB_E_UNAUTHENTICATED);
    assert_int_equal(judged(MB_E_TIMEOUT, 0, later), MB_E_UNAUTHENTICATED);
    assert_int_equal(judged(MB_E_TIMEOUT, 0, 1), MB_E_TIMEOUT); /* the caller's own time was up */
    assert_int_equal(judged(MB_E_UNAVAILABLE, 503, 0), MB_E_UNAVAILABLE);
}

/* Their names tell nobody that they are as near as link-local addresses: no proxy leads to them. */
static void metadata_services_with_names_are_near(void **state)
{
    (void)state;
    static const char *const names[] = {"metadata.google.internal", "metadata.tencentyun.com",
                                        "100.100.100.200"};
    struct mb_http_options options = {0};
    mb_metadata_nearness(&options);
    assert_true(options.near_direct);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *const *near = options.near_hosts;
        while (*near && strcmp(*near, names[i]) != 0)
            near++;
        assert_non_null(*near);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(every_truncation_is_survived),
        cmocka_unit_test(a_metadata_service_that_is_silent_is_none),
        cmocka_unit_test(metadata_services_with_names_are_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
