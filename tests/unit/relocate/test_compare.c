#include "bed.h"

#include "relocate/compare.h"

#include <stdio.h>
#include <string.h>

struct seen {
    char text[512]; /* "name here/there;" of every pair */
    int stop_after;
};

static mb_status note(void *ctx, const struct mb_pair *pair, struct mb_error *error)
{
    struct seen *seen = ctx;
    char here[32] = "-", there[32] = "-";
    if (pair->here)
        snprintf(here, sizeof(here), "%llu", (unsigned long long)pair->size_here);
    if (pair->there)
        snprintf(there, sizeof(there), "%llu", (unsigned long long)pair->size_there);
    size_t len = strlen(seen->text);
    snprintf(seen->text + len, sizeof(seen->text) - len, "%s %s/%s;", pair->name, here, there);
    if (seen->stop_after > 0 && --seen->stop_after == 0)
        return mb_fail(error, MB_E_CORRUPT, "enough");
    return MB_OK;
}

static mb_status compare(struct bed *bed, struct seen *seen)
{
    const struct mb_folder here = {.storage = bed->storage, .prefix = "here/"};
    const struct mb_folder there = {.storage = bed->storage, .prefix = "there/long/"};
    return mb_folders_compare(&here, &there, note, seen, NULL, &bed->error);
}

static void both_sides_in_one_pass(void **state)
{
    struct bed *bed = *state;
    struct seen seen = {0};
    bed_put(bed, "here/a", "1");
    bed_put(bed, "there/long/a", "1");
    bed_put(bed, "here/b/1", "12");
    bed_put(bed, "there/long/b/1", "1");
    bed_put(bed, "here/c", "123");
    bed_put(bed, "there/long/d", "1234");
    bed_put(bed, "there/long/e", "");
    assert_int_equal(compare(bed, &seen), MB_OK);
    assert_string_equal(seen.text, "a 1/1;b/1 2/1;c 3/-;d -/4;e -/0;");
}

static void one_side_or_both_are_empty(void **state)
{
    struct bed *bed = *state;
    struct seen seen = {0};
    assert_int_equal(compare(bed, &seen), MB_OK);
    assert_string_equal(seen.text, "");
    bed_put(bed, "there/long/z", "1");
    assert_int_equal(compare(bed, &seen), MB_OK);
    assert_string_equal(seen.text, "z -/1;");
}

static void bytes_decide_the_order(void **state)
{
    struct bed *bed = *state;
    struct seen seen = {0};
    bed_put(bed, "here/a-b/x", "1");
    bed_put(bed, "here/a/x", "1");
    bed_put(bed, "there/long/a-b/x", "1");
    bed_put(bed, "there/long/a/x", "1");
    bed_put(bed, "there/long/a0", "1");
    assert_int_equal(compare(bed, &seen), MB_OK);
    assert_string_equal(seen.text, "a-b/x 1/1;a/x 1/1;a0 -/1;");
}

static void the_visitor_may_stop_it(void **state)
{
    struct bed *bed = *state;
    struct seen seen = {.stop_after = 1};
    bed_put(bed, "here/a", "1");
    bed_put(bed, "here/b", "1");
    assert_int_equal(compare(bed, &seen), MB_E_CORRUPT);
    assert_string_equal(seen.text, "a 1/-;");
    assert_string_equal(bed->error.message, "enough");
}

static mb_status open_unsorted(struct mb_store **out, struct mb_store_info *info, const struct mb_kv *config,
                               size_t count, const struct mb_call *call)
{
    mb_status status = mb_storage_plugin_entry()->open(out, info, config, count, call);
    if (status == MB_OK)
        info->caps &= ~(uint64_t)MB_CAP_LIST_SORTED;
    return status;
}

static void a_store_without_order_is_refused(void **state)
{
    struct bed *bed = *state;
    struct seen seen = {0};
    bed->driver.open = open_unsorted;
    bed_reopen(bed);
    bed_put(bed, "here/a", "1");
    assert_int_equal(compare(bed, &seen), MB_E_UNSUPPORTED);
    assert_string_equal(seen.text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(both_sides_in_one_pass),           BED_TEST(one_side_or_both_are_empty),
        BED_TEST(bytes_decide_the_order),           BED_TEST(the_visitor_may_stop_it),
        BED_TEST(a_store_without_order_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
