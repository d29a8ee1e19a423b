#include "test.h"

#include "base/crc32c.h"
#include "common/driver.h"

static char logged[256];

__attribute__((format(printf, 3, 4))) static void take_log(void *ctx, int level, const char *fmt, ...)
{
    va_list args;
    (void)ctx;
    va_start(args, fmt);
    vsnprintf(logged, sizeof(logged), fmt, args);
    va_end(args);
    assert_int_equal(level, MB_LOG_WARN);
}

static void the_host_is_remembered(void **state)
{
    (void)state;
    static const struct mb_host host = {
        .struct_size = sizeof(host), .user_agent = "agent/1", .log = take_log};
    struct mb_error error = MB_TEST_ERROR;
    mb_driver_log(MB_LOG_WARN, "nobody hears this");
    assert_string_equal(mb_driver_user_agent(), "milvus-backup");
    assert_int_equal(mb_driver_load(&host, &error), MB_OK);
    assert_string_equal(mb_driver_user_agent(), "agent/1");
    mb_driver_log(MB_LOG_WARN, "%d%s", 100, "%s");
    assert_string_equal(logged, "100%s");
}

static void etags(void **state)
{
    (void)state;
    char out[8];
    assert_true(mb_etag_equal("\"ABC\"", "abc"));
    assert_true(mb_etag_equal("W/\"abc-2\"", "ABC-2"));
    assert_false(mb_etag_equal("abc", "abd"));
    assert_false(mb_etag_equal("abc", "abcd"));
    assert_true(mb_etag_equal("", "\"\""));
    assert_false(mb_etag_equal("\"", ""));
    mb_etag_copy(out, sizeof(out), "\"AbC\"");
    assert_string_equal(out, "AbC");
    mb_etag_copy(out, sizeof(out), "W/\"123456789\"");
    assert_string_equal(out, "1234567");
    mb_etag_copy(out, sizeof(out), "");
    assert_string_equal(out, "");
}

/* RFC 3720, appendix B.4. */
static void crc32c(void **state)
{
    (void)state;
    uint8_t zeros[32] = {0};
    char text[9];
    uint32_t back = 0;
    assert_int_equal(mb_crc32c(0, zeros, 32), 0x8a9136aa);
    assert_int_equal(mb_crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(mb_crc32c(mb_crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
    assert_int_equal(mb_crc32c(0, "", 0), 0);
    mb_crc32c_to_base64(0xe3069283, text);
    assert_string_equal(text, "4waSgw==");
    assert_true(mb_crc32c_from_base64("4waSgw==", &back));
    assert_int_equal(back, 0xe3069283);
    static const char *const bad[] = {"", "4waSgw=", "4waSgw==-2", "4waSgwAA", "!waSgw==", "4waSgw=A"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(mb_crc32c_from_base64(bad[i], &back));
    assert_int_equal(back, 0xe3069283);
}

static void stats(void **state)
{
    (void)state;
    const struct mb_stat value = {
        .size = 5, .etag = "e", .crc32c = 7, .flags = MB_STAT_CRC32C, .mtime_ns = 9};
    struct mb_stat out = {.struct_size = 4242};
    mb_stat_write(NULL, &value);
    mb_stat_write(&out, &value);
    assert_int_equal(out.struct_size, 4242);
    assert_int_equal(out.size, 5);
    assert_string_equal(out.etag, "e");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_host_is_remembered),
        cmocka_unit_test(etags),
        cmocka_unit_test(crc32c),
        cmocka_unit_test(stats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
