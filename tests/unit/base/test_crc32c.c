#include "base/crc32c.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* RFC 3720 appendix B.4 lists these checksums with the least significant byte first. */
static void test_vectors_of_the_rfc(void **state)
{
    (void)state;
    uint8_t data[32];
    memset(data, 0, sizeof(data));
    assert_int_equal(mb_crc32c(0, data, sizeof(data)), 0x8a9136aa);
    memset(data, 0xff, sizeof(data));
    assert_int_equal(mb_crc32c(0, data, sizeof(data)), 0x62a8ab43);
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)i;
    assert_int_equal(mb_crc32c(0, data, sizeof(data)), 0x46dd794e);
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(31 - i);
    assert_int_equal(mb_crc32c(0, data, sizeof(data)), 0x113fdb5c);
    static const uint8_t read10[48] = {0x01, 0xc0, 0, 0, 0, 0, 0,    0, 0,    0, 0, 0,    0, 0, 0, 0,
                                       0x14, 0,    0, 0, 0, 0, 0x04, 0, 0,    0, 0, 0x14, 0, 0, 0, 0x18,
                                       0x28, 0,    0, 0, 0, 0, 0,    0, 0x02, 0, 0, 0,    0, 0, 0, 0};
    assert_int_equal(mb_crc32c(0, read10, sizeof(read10)), 0xd9963a56);
    assert_int_equal(mb_crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(mb_crc32c(0, NULL, 0), 0);
}

static void test_pieces_give_the_whole(void **state)
{
    (void)state;
    uint8_t data[5000];
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 131 + i / 7);
    uint32_t whole = mb_crc32c(0, data, sizeof(data));
    static const size_t cuts[] = {0, 1, 7, 8, 63, 64, 1023, 4096, 4999, 5000};
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        uint32_t first = mb_crc32c(0, data, cuts[i]);
        uint32_t second = mb_crc32c(0, data + cuts[i], sizeof(data) - cuts[i]);
        assert_int_equal(mb_crc32c(first, data + cuts[i], sizeof(data) - cuts[i]), whole);
        assert_int_equal(mb_crc32c_join(first, second, sizeof(data) - cuts[i]), whole);
    }
}

/* A thousand and twenty-four times a run of a gibibyte of zeros, joined one by one and by doubling. */
static void test_join_of_huge_lengths(void **state)
{
    (void)state;
    uint32_t gib = mb_crc32c(0, "", 1);
    for (uint64_t len = 1; len < UINT64_C(1) << 30; len *= 2)
        gib = mb_crc32c_join(gib, gib, len);
    uint32_t one_by_one = mb_crc32c(0, "a", 1);
    for (int i = 0; i < 1024; i++)
        one_by_one = mb_crc32c_join(one_by_one, gib, UINT64_C(1) << 30);
    uint32_t tib = gib;
    for (uint64_t len = UINT64_C(1) << 30; len < UINT64_C(1) << 40; len *= 2)
        tib = mb_crc32c_join(tib, tib, len);
    assert_int_equal(one_by_one, mb_crc32c_join(mb_crc32c(0, "a", 1), tib, UINT64_C(1) << 40));
}

static void test_big_endian(void **state)
{
    (void)state;
    uint8_t out[4];
    mb_crc32c_big_endian(0x01020384, out);
    assert_memory_equal(out, "\x01\x02\x03\x84", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors_of_the_rfc),
        cmocka_unit_test(test_pieces_give_the_whole),
        cmocka_unit_test(test_join_of_huge_lengths),
        cmocka_unit_test(test_big_endian),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
