#include "storage/options.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct mb_option options[] = {
    {.name = "auth.type", .type = MB_OPT_ENUM, .def = "static", .choices = "static|iam|Default"},
    {.name = "auth.key", .type = MB_OPT_STRING, .flags = MB_OPT_REQUIRED, .when = "auth.type=static"},
    {.name = "auth.secret", .type = MB_OPT_STRING, .flags = MB_OPT_SECRET, .when = "auth.type=static"},
    {.name = "auth.role", .type = MB_OPT_STRING, .def = "reader", .when = "auth.type=iam|default"},
    {.name = "auth.pin", .type = MB_OPT_INT, .flags = MB_OPT_SECRET},
    {.name = "tls", .type = MB_OPT_BOOL, .def = "false"},
    {.name = "tls.ca", .type = MB_OPT_PATH, .when = "tls=true"},
    {.name = "part", .type = MB_OPT_SIZE, .def = "8MiB"},
    {.name = "timeout", .type = MB_OPT_DURATION, .def = "1m30s"},
    {.name = "port", .type = MB_OPT_INT},
    {.name = "proxy", .type = MB_OPT_URL},
    {.name = "circle.a", .type = MB_OPT_STRING, .def = "x", .when = "circle.b=x"},
    {.name = "circle.b", .type = MB_OPT_STRING, .def = "x", .when = "circle.a=x"},
    {.name = "odd", .type = MB_OPT_STRING, .def = "x", .when = "nothing"},
};

static const struct mb_storage_plugin plugin = {
    .name = "test",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .option_size = sizeof(options[0]),
};

struct result {
    struct mb_arena *arena;
    struct mb_kv *pairs;
    size_t count;
    struct mb_error error;
};

static int setup(void **state)
{
    static struct result result;
    result = (struct result){.arena = mb_arena_new(), .error = MB_ERROR_INIT};
    *state = &result;
    return result.arena == NULL;
}

static int teardown(void **state)
{
    struct result *r = *state;
    mb_arena_free(r->arena);
    return 0;
}

/* config: "key=value" up to NULL. */
static mb_status resolve(struct result *r, const char *const *config)
{
    struct mb_kv pairs[32];
    size_t count = 0;
    for (; config[count] != NULL; count++) {
        size_t len = strcspn(config[count], "=");
        pairs[count] =
            (struct mb_kv){mb_arena_strndup(r->arena, config[count], len), config[count] + len + 1};
    }
    return mb_options_resolve(&plugin, pairs, count, NULL, r->arena, &r->pairs, &r->count, &r->error);
}

#define RESOLVE(r, ...) resolve((r), (const char *const[]){__VA_ARGS__, NULL})

static const char *value_of(const struct result *r, const char *key)
{
    for (size_t i = 0; i < r->count; i++) {
        if (strcmp(r->pairs[i].key, key) == 0)
            return r->pairs[i].value;
    }
    return NULL;
}

static void test_defaults_and_canonical_values(void **state)
{
    struct result *r = *state;
    assert_int_equal(
        RESOLVE(r, "auth.key=AK", "auth.type=STATIC", "tls=T", "tls.ca=/ca.pem", "port=+0443", "proxy="),
        MB_OK);
    assert_string_equal(value_of(r, "auth.type"), "static");
    assert_string_equal(value_of(r, "auth.key"), "AK");
    assert_string_equal(value_of(r, "tls"), "true");
    assert_string_equal(value_of(r, "tls.ca"), "/ca.pem");
    assert_string_equal(value_of(r, "part"), "8388608");
    assert_string_equal(value_of(r, "timeout"), "90000");
    assert_string_equal(value_of(r, "port"), "443");
    assert_null(value_of(r, "proxy"));
    assert_null(value_of(r, "auth.role"));
    assert_null(value_of(r, "auth.secret"));
    assert_int_equal(r->count, 7);
}

static void test_what_a_condition_excludes_is_not_passed(void **state)
{
    struct result *r = *state;
    assert_int_equal(RESOLVE(r, "auth.type=default", "auth.key=AK", "tls.ca=/ca.pem"), MB_OK);
    assert_string_equal(value_of(r, "auth.type"), "Default");
    assert_string_equal(value_of(r, "auth.role"), "reader");
    assert_null(value_of(r, "auth.key"));
    assert_null(value_of(r, "tls.ca"));
    assert_null(value_of(r, "circle.a"));
    assert_null(value_of(r, "odd"));
}

static void test_everything_wrong_is_told_at_once(void **state)
{
    struct result *r = *state;
    assert_int_equal(RESOLVE(r, "auth.tpye=iam", "zzz=1", "port=x1", "tls=maybe", "part=8 apples",
                             "timeout=30", "proxy=example.org", "port=5"),
                     MB_E_CONFIG);
    assert_string_equal(
        r->error.message,
        "storage driver \"test\": there is no option \"auth.tpye\", did you mean \"auth.type\"?; "
        "there is no option \"zzz\"; option \"port\" is given twice; "
        "option \"auth.key\" is required with auth.type=static; "
        "option \"tls\": \"maybe\" is neither true nor false; "
        "option \"part\": \"8 apples\" is not a size such as 512, 64KiB or 8MiB; "
        "option \"timeout\": \"30\" is not a duration such as 250ms, 30s or 1h30m; "
        "option \"port\": \"x1\" is not a whole number; "
        "option \"proxy\": \"example.org\" is not a URL that begins with http:// or https://");
    assert_null(r->pairs);
}

static void test_a_choice_names_the_others(void **state)
{
    struct result *r = *state;
    assert_int_equal(RESOLVE(r, "auth.type=magic"), MB_E_CONFIG);
    assert_string_equal(
        r->error.message,
        "storage driver \"test\": option \"auth.type\": \"magic\" is not one of static|iam|Default");
}

static void test_secrets_are_not_told(void **state)
{
    struct result *r = *state;
    assert_int_equal(RESOLVE(r, "auth.key=AK", "auth.pin=geheim"), MB_E_CONFIG);
    assert_string_equal(r->error.message,
                        "storage driver \"test\": option \"auth.pin\" is not a whole number");
}

static void expect_form(struct result *r, uint32_t type, const char *text, const char *expected)
{
    const struct mb_option option = {.name = "o", .type = type, .choices = "a|b"};
    const char *problem = "none";
    const char *value = mb_option_value(&option, text, r->arena, &problem);
    if (expected == NULL) {
        assert_null(value);
        assert_non_null(problem);
    } else {
        assert_null(problem);
        assert_string_equal(value, expected);
    }
}

static void test_sizes(void **state)
{
    struct result *r = *state;
    static const char *const good[][2] = {{"0", "0"},
                                          {"512", "512"},
                                          {"64k", "65536"},
                                          {"64 KiB", "65536"},
                                          {"64kb", "64000"},
                                          {"1GB", "1000000000"},
                                          {"2tib", "2199023255552"},
                                          {"9223372036854775807", "9223372036854775807"}};
    static const char *const bad[] = {"-1",
                                      "1.5MiB",
                                      "MiB",
                                      "1  MiB",
                                      "1MiBs",
                                      "9223372036854775808",
                                      "99999999999999999999",
                                      "9007199254740992TiB",
                                      " 1",
                                      "0x10"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        expect_form(r, MB_OPT_SIZE, good[i][0], good[i][1]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect_form(r, MB_OPT_SIZE, bad[i], NULL);
}

static void test_durations(void **state)
{
    struct result *r = *state;
    static const char *const good[][2] = {{"0", "0"},           {"250ms", "250"},    {"30s", "30000"},
                                          {"1h30m", "5400000"}, {"2d", "172800000"}, {"1m1m", "120000"}};
    static const char *const bad[] = {
        "30",  "s",    "1.5s", "-1s", "1 s", "30seconds", "1h30", "99999999999999999999s", "9999999999999d",
        "1sx", "1msms"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        expect_form(r, MB_OPT_DURATION, good[i][0], good[i][1]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect_form(r, MB_OPT_DURATION, bad[i], NULL);
}

static void test_other_types(void **state)
{
    struct result *r = *state;
    expect_form(r, MB_OPT_URL, "http://h", "http://h");
    expect_form(r, MB_OPT_URL, "https://[::1]:1/x?y", "https://[::1]:1/x?y");
    expect_form(r, MB_OPT_URL, "https://", NULL);
    expect_form(r, MB_OPT_URL, "http:///x", NULL);
    expect_form(r, MB_OPT_URL, "http://a b", NULL);
    expect_form(r, MB_OPT_URL, "ftp://h", NULL);
    expect_form(r, MB_OPT_ENUM, "B", "b");
    expect_form(r, MB_OPT_ENUM, "a|b", NULL);
    expect_form(r, MB_OPT_STRING, " as is ", " as is ");
    expect_form(r, 99, "a type of tomorrow", "a type of tomorrow");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_defaults_and_canonical_values),
        TEST(test_what_a_condition_excludes_is_not_passed),
        TEST(test_everything_wrong_is_told_at_once),
        TEST(test_a_choice_names_the_others),
        TEST(test_secrets_are_not_told),
        TEST(test_sizes),
        TEST(test_durations),
        TEST(test_other_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
