#include "test.h"

#include "common/options.h"

static const struct mb_kv items[] = {
    {"text", "x"},      {"empty", ""},
    {"yes", "True"},    {"no", "0"},
    {"maybe", "maybe"}, {"port", "9000"},
    {"neg", "-1"},      {"huge", "99999999999999999999"},
    {"junk", "12x"},    {"s", "30"},
    {"ms", "500ms"},    {"m", "1.5m"},
    {"h", "2 h"},       {"days", "1d"},
    {"minus", "-3s"},   {"inf", "inf"},
    {"hex", "0x10"},    {"long", "9999999999999999h"},
    {"mib", "8MiB"},    {"kib", "0.5KiB"},
    {"gb", "1gb"},      {"null", NULL},
};
static const struct mb_config_values config = {items, sizeof(items) / sizeof(items[0])};

static void texts(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    const char *out = NULL;
    assert_string_equal(mb_option_text(&config, "text"), "x");
    assert_null(mb_option_text(&config, "empty"));
    assert_null(mb_option_text(&config, "null"));
    assert_null(mb_option_text(&config, "absent"));
    assert_int_equal(mb_option_required(&config, "empty", &out, &error), MB_E_CONFIG);
    assert_string_equal(error.message, "empty is not set");
    assert_null(out);
}

static void bools(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    bool out = true;
    assert_int_equal(mb_option_bool(&config, "absent", &out, &error), MB_OK);
    assert_true(out);
    assert_int_equal(mb_option_bool(&config, "no", &out, &error), MB_OK);
    assert_false(out);
    assert_int_equal(mb_option_bool(&config, "yes", &out, &error), MB_OK);
    assert_true(out);
    assert_int_equal(mb_option_bool(&config, "maybe", &out, &error), MB_E_CONFIG);
    assert_contains(error.message, "maybe is 'maybe'");
}

static void integers(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    int64_t out = 7;
    static const char *const bad[] = {"neg", "huge", "junk", "text"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(mb_option_int(&config, bad[i], 0, 65535, &out, &error), MB_E_CONFIG);
        assert_int_equal(out, 7);
    }
    assert_int_equal(mb_option_int(&config, "port", 0, 65535, &out, &error), MB_OK);
    assert_int_equal(out, 9000);
}

static void durations(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    static const struct {
        const char *key;
        int64_t ms;
    } good[] = {{"s", 30}, {"ms", 500}, {"m", 90000}, {"h", 7200000}};
    static const char *const bad[] = {"days", "minus", "inf", "hex", "long", "text", "mib"};
    int64_t out = 7;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(mb_option_duration_ms(&config, bad[i], &out, &error), MB_E_CONFIG);
        assert_contains(error.message, bad[i]);
        assert_int_equal(out, 7);
    }
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(mb_option_duration_ms(&config, good[i].key, &out, &error), MB_OK);
        assert_int_equal(out, good[i].ms);
    }
}

static void sizes(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    uint64_t out = 7;
    assert_int_equal(mb_option_size(&config, "absent", &out, &error), MB_OK);
    assert_int_equal(out, 7);
    assert_int_equal(mb_option_size(&config, "mib", &out, &error), MB_OK);
    assert_int_equal(out, 8 << 20);
    assert_int_equal(mb_option_size(&config, "kib", &out, &error), MB_OK);
    assert_int_equal(out, 512);
    assert_int_equal(mb_option_size(&config, "gb", &out, &error), MB_OK);
    assert_int_equal(out, 1000000000);
    assert_int_equal(mb_option_size(&config, "ms", &out, &error), MB_E_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),     cmocka_unit_test(bools), cmocka_unit_test(integers),
        cmocka_unit_test(durations), cmocka_unit_test(sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
