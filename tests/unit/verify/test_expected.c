#include "bed.h"

#include "verify/expected.h"
#include "verify/named.h"

#include <stdio.h>
#include <string.h>

struct told {
    const char *name;
    uint64_t size;
};

static const struct told told[] = {{"b", 2}, {"a", 1},           {"any", MB_ANY_SIZE},
                                   {"b", 2}, {"c", MB_ANY_SIZE}, {"c", 3}};

static mb_status tell(void *source, mb_expect_fn *expect, void *ctx, struct mb_cancel *cancel,
                      struct mb_error *error)
{
    (void)cancel;
    const struct told *items = source;
    for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++)
        MB_TRY(expect(ctx, items[i].name, items[i].size, error));
    return MB_OK;
}

static struct mb_expected *make(struct bed *bed)
{
    struct told *source = mb_arena_alloc(bed->arena, 1, sizeof(told));
    memcpy(source, told, sizeof(told));
    const struct mb_expectation of = {.each = tell, .source = source};
    struct mb_expected *expected = NULL;
    assert_int_equal(mb_expected_new(&expected, &of, NULL, &bed->error), MB_OK);
    return expected;
}

static mb_status put_name(void *ctx, const char *name, uint64_t size, struct mb_error *error)
{
    char *text = ctx;
    (void)error;
    size_t len = strlen(text);
    snprintf(text + len, 256 - len, "%s:%lld ", name, (long long)size);
    return MB_OK;
}

static void names_decide_and_not_their_number(void **state)
{
    struct bed *bed = *state;
    char missing[256] = "";
    struct mb_expected *expected = make(bed);
    assert_int_equal(mb_expected_count(expected), 4);
    assert_int_equal(mb_expected_see(expected, "a", 1), MB_FOUND_EXPECTED);
    assert_int_equal(mb_expected_see(expected, "a", 1), MB_FOUND_AGAIN);
    assert_int_equal(mb_expected_see(expected, "a", 1), MB_FOUND_AGAIN);
    assert_int_equal(mb_expected_see(expected, "any", 77), MB_FOUND_EXPECTED);
    assert_int_equal(mb_expected_see(expected, "b", 3), MB_FOUND_OTHER_SIZE);
    assert_int_equal(mb_expected_see(expected, "c", 4),
                     MB_FOUND_OTHER_SIZE); /* the size that is known counts */
    assert_int_equal(mb_expected_see(expected, "d", 1), MB_FOUND_STRAY);
    assert_int_equal(mb_expected_see(expected, "", 0), MB_FOUND_STRAY);
    assert_int_equal(mb_expected_each_missing(expected, put_name, missing, NULL, &bed->error), MB_OK);
    assert_string_equal(missing, "b:2 c:3 ");

    missing[0] = '\0';
    mb_expected_forget_seen(expected);
    assert_int_equal(mb_expected_see(expected, "b", 2), MB_FOUND_EXPECTED);
    assert_int_equal(mb_expected_each_missing(expected, put_name, missing, NULL, &bed->error), MB_OK);
    assert_string_equal(missing, "a:1 any:-1 c:3 ");
    mb_expected_free(expected);
}

static void each_that_was_seen_is_told_once(void **state)
{
    struct bed *bed = *state;
    char seen[256] = "", missing[256] = "";
    struct mb_expected *expected = make(bed);
    mb_expected_see(expected, "b", 2);
    mb_expected_see(expected, "any", 5);
    mb_expected_see(expected, "any", 6);
    assert_int_equal(mb_expected_each_missing(expected, put_name, missing, NULL, &bed->error), MB_OK);
    assert_int_equal(mb_expected_each_seen(expected, put_name, seen, NULL, &bed->error), MB_OK);
    assert_string_equal(missing, "a:1 c:3 ");
    assert_string_equal(seen, "b:2 any:6 ");
    mb_expected_free(expected);
}

static void what_was_seen_is_counted(void **state)
{
    struct bed *bed = *state;
    struct mb_expected *expected = make(bed);
    uint64_t objects = 7, bytes = 7;
    mb_expected_count_seen(expected, &objects, &bytes);
    assert_int_equal(objects, 0);
    assert_int_equal(bytes, 0);
    mb_expected_see(expected, "b", 2);
    mb_expected_see(expected, "b", 2);
    mb_expected_see(expected, "any", 4);
    mb_expected_see(expected, "a", 3); /* of another size */
    mb_expected_count_seen(expected, &objects, &bytes);
    assert_int_equal(objects, 2);
    assert_int_equal(bytes, 6);
    mb_expected_free(expected);
}

/* Every name is in one share, and the nights of a month have about the same to do. */
static void shares_are_about_as_large(void **state)
{
    enum { NAMES = 30000, SHARES = 30 };
    unsigned counts[SHARES] = {0};
    (void)state;
    for (unsigned i = 0; i < NAMES; i++) {
        char name[128];
        snprintf(name, sizeof(name), "binlogs/insert_log/4706/4707/%u/%u/%u/%u", i / 100, i / 100, i % 10,
                 470000 + 2 * i);
        unsigned in = 0;
        for (struct mb_share share = {.n = 1, .of = SHARES}; share.n <= share.of; share.n++) {
            in += mb_share_holds(&share, name);
            counts[share.n - 1] += mb_share_holds(&share, name);
        }
        assert_int_equal(in, 1);
    }
    for (unsigned i = 0; i < SHARES; i++)
        assert_in_range(counts[i], 800, 1200);
}

static void what_is_looked_for(void **state)
{
    struct bed *bed = *state;
    struct mb_expected *expected = make(bed);
    uint64_t size = 0;
    assert_true(mb_expected_find(expected, "c", &size));
    assert_int_equal(size, 3);
    assert_true(mb_expected_find(expected, "any", NULL));
    assert_false(mb_expected_find(expected, "an", &size));
    assert_int_equal(size, 3);
    mb_expected_free(expected);
}

/* Every kind of segment, by the key where it lies. */
static void names_by_a_description(void **state)
{
    struct bed *bed = *state;
    char names[256 * 4] = "";
    struct mb_binlog logs[] = {{.id = 7, .size = 70}, {.id = 8}};
    struct mb_field_binlogs insert[] = {{.field_id = 100, .logs = logs, .count = 2}};
    struct mb_field_binlogs delta[] = {{.logs = logs, .count = 1}, {.count = 0}};
    struct mb_segment_backup grouped = {.id = 3,
                                        .collection_id = 1,
                                        .partition_id = 2,
                                        .group_id = 3,
                                        .insert_logs = insert,
                                        .insert_count = 1,
                                        .delta_logs = delta,
                                        .delta_count = 2};
    struct mb_segment_backup over_all = {.id = 4,
                                         .collection_id = 1,
                                         .partition_id = -1,
                                         .is_l0 = true,
                                         .delta_logs = delta,
                                         .delta_count = 1};
    struct mb_partition_backup partition = {.segments = &grouped, .segment_count = 1};
    struct mb_collection_backup collection = {
        .partitions = &partition, .partition_count = 1, .l0_segments = &over_all, .l0_count = 1};
    char text[256] = "";
    assert_int_equal(mb_named_by_collection(&collection, put_name, text, &bed->error), MB_OK);
    snprintf(names, sizeof(names), "%s%s%s%s", "binlogs/insert_log/1/2/3/3/100/7:70 ",
             "binlogs/insert_log/1/2/3/3/100/8:-1 ", "binlogs/delta_log/1/2/3/3/7:70 ",
             "binlogs/delta_log/1/-1/4/7:70 ");
    assert_string_equal(text, names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(names_decide_and_not_their_number),
        BED_TEST(each_that_was_seen_is_told_once),
        BED_TEST(what_was_seen_is_counted),
        cmocka_unit_test(shares_are_about_as_large),
        BED_TEST(what_is_looked_for),
        BED_TEST(names_by_a_description),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
