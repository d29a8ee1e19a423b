/* ranges.c - tests of reading a part of an object. */
#include "check.h"

#include <string.h>

enum { SIZE = 100000 };

/* Reads [offset, offset + length) of data, which is the object, and expects what is there. */
static bool must_read(struct check *c, const char *key, const uint8_t *data, size_t size, uint64_t offset,
                      uint64_t length)
{
    struct taker taker;
    struct mb_stat stat;
    struct mb_get_options opts = {.struct_size = sizeof(opts), .offset = offset, .length = length};
    size_t at = offset < size ? (size_t)offset : size;
    size_t expected = length == 0 || length > size - at ? size - at : (size_t)length;
    taker_init(&taker);
    struct mb_sink sink = taker_sink(&taker);
    mb_status status = slot_get(c->s, key, &opts, &sink, &stat);
    if (status != MB_OK)
        check_fail(c, "get of %llu bytes from %llu on, of an object of %zu, should be ok and is %s",
                   (unsigned long long)length, (unsigned long long)offset, size,
                   session_said(c->s, status, c->arena));
    else if (taker.buf.len != expected)
        check_fail(c, "get of %llu bytes from %llu on, of an object of %zu, gave %zu bytes, not %zu",
                   (unsigned long long)length, (unsigned long long)offset, size, taker.buf.len, expected);
    else if (expected > 0 && memcmp(taker.buf.data, data + at, expected) != 0)
        check_fail(c, "get from %llu on gave bytes of another place", (unsigned long long)offset);
    else if (stat.size != size)
        check_fail(c, "get of a range says that the object has %llu bytes, not %zu",
                   (unsigned long long)stat.size, size);
    taker_done(&taker);
    return c->outcome == PASSED;
}

static const uint8_t *put_object(struct check *c, size_t size)
{
    uint8_t *data = check_data(c, size, 31);
    return data != NULL && must_put(c, c->s, check_key(c, "k"), data, size) ? data : NULL;
}

struct range {
    uint64_t offset, length;
};

static void read_ranges(struct check *c, size_t size, const struct range *ranges, size_t count)
{
    const uint8_t *data = put_object(c, size);
    for (size_t i = 0; data != NULL && i < count; i++)
        MUST(must_read(c, check_key(c, "k"), data, size, ranges[i].offset, ranges[i].length));
}

#define RANGE_TEST(function, size, ...)                                   \
    static void function(struct check *c)                                 \
    {                                                                     \
        const struct range ranges[] = {__VA_ARGS__};                      \
        read_ranges(c, size, ranges, sizeof(ranges) / sizeof(ranges[0])); \
    }

RANGE_TEST(inside, SIZE, {0, 1}, {0, 1000}, {1, 1}, {500, 1}, {4096, 4096}, {65535, 2}, {SIZE / 2, 33333})
RANGE_TEST(to_the_end, SIZE, {0, 0}, {1, 0}, {SIZE - 1, 0}, {SIZE - 1, 1}, {SIZE - 10, 10})
RANGE_TEST(across_the_end, SIZE, {0, SIZE + 1}, {SIZE - 1, 2}, {SIZE - 10, 1000000}, {1, UINT64_C(1) << 40})
RANGE_TEST(at_the_end, SIZE, {SIZE, 0}, {SIZE, 1}, {SIZE, SIZE})
RANGE_TEST(past_the_end, SIZE, {SIZE + 1, 0}, {SIZE + 1, 1}, {10 * SIZE, 5}, {UINT64_C(1) << 40, 7})
RANGE_TEST(of_nothing, 0, {0, 0}, {0, 1}, {0, 100}, {1, 0}, {5, 5})

static void in_pieces(struct check *c)
{
    size_t size = ((size_t)1 << 20) + 17;
    const uint8_t *data = put_object(c, size);
    for (size_t offset = 0; data != NULL && offset < size; offset += 99991)
        MUST(must_read(c, check_key(c, "k"), data, size, offset, 99991));
}

static void of_no_object(struct check *c)
{
    struct taker taker;
    struct mb_stat stat;
    struct mb_get_options opts = {.struct_size = sizeof(opts), .offset = 5, .length = 5};
    taker_init(&taker);
    struct mb_sink sink = taker_sink(&taker);
    mb_status status = slot_get(c->s, check_key(c, "none"), &opts, &sink, &stat);
    unsigned writes = taker.writes;
    taker_done(&taker);
    EXPECT(status == MB_E_NOT_FOUND, "get of a range of a missing object should be not found and is %s",
           session_said(c->s, status, c->arena));
    EXPECT(writes == 0, "get of a missing object wrote to the sink");
}

const struct test range_tests[] = {
    {"ranges.inside", "get reads what offset and length say", NEEDS_RANGE, inside},
    {"ranges.to-the-end", "length 0 reads the rest", NEEDS_RANGE, to_the_end},
    {"ranges.across-the-end", "a range that goes beyond the end is cut there", NEEDS_RANGE, across_the_end},
    {"ranges.at-the-end", "a range that begins at the end holds nothing and is no error", NEEDS_RANGE,
     at_the_end},
    {"ranges.past-the-end", "nor is one that begins past the end", NEEDS_RANGE, past_the_end},
    {"ranges.of-nothing", "ranges of an empty object hold nothing", NEEDS_RANGE, of_nothing},
    {"ranges.in-pieces", "an object read in pieces is the whole object", NEEDS_RANGE, in_pieces},
    {"ranges.of-no-object", "a range of a missing object is not found", NEEDS_RANGE, of_no_object},
    {0},
};
