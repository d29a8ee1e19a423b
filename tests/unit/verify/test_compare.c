#include "bed.h"

#include "verify/compare.h"

#include "lister.h"

#include <stdio.h>
#include <string.h>

struct seen {
    char text[512]; /* "name here/there;" of every pair */
    int stop_after;
    int restarts;
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

static mb_status forget(void *ctx, struct mb_error *error)
{
    struct seen *seen = ctx;
    (void)error;
    seen->text[0] = '\0';
    seen->restarts++;
    return MB_OK;
}

static mb_status compare(struct bed *bed, struct seen *seen)
{
    const struct mb_folder here = {.storage = bed->storage, .prefix = "here/"};
    const struct mb_folder there = {.storage = bed->storage, .prefix = "there/long/"};
    const struct mb_pair_visitor visitor = {.visit = note, .restart = forget, .ctx = seen};
    return mb_folders_compare(&here, &there, &visitor, NULL, &bed->error);
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

static void folder_markers_are_left_out(void **state)
{
    struct bed *bed = *state;
    struct seen seen = {0};
    const struct mb_entry entries[] = {
        {.key = "here/"},        {.key = "here/a", .size = 1},  {.key = "here/b/"},
        {.key = "here/b/1"},     {.key = "here/c/", .size = 3}, {.key = "there/long/b/"},
        {.key = "there/long/d/"}};
    lister_install(bed, entries, sizeof(entries) / sizeof(*entries), true);
    assert_int_equal(compare(bed, &seen), MB_OK);
    assert_string_equal(seen.text, "a 1/-;b/1 0/-;c/ 3/-;");
}

/* As a store lists that walks through folders: "a-b" lies before "a/" and its keys behind. */
static const struct mb_entry walked[] = {
    {.key = "here/a/x", .size = 1},         {.key = "here/a-b/x", .size = 2},
    {.key = "here/c", .size = 3},           {.key = "there/long/a/x", .size = 1},
    {.key = "there/long/a-b/x", .size = 2}, {.key = "there/long/b", .size = 9},
};
enum { WALKED = sizeof(walked) / sizeof(*walked) };

static void a_store_without_order_is_sorted(void **state)
{
    struct bed *bed = *state;
    struct seen seen = {0};
    lister_install(bed, walked, WALKED, false);
    assert_int_equal(compare(bed, &seen), MB_OK);
    assert_string_equal(seen.text, "a-b/x 2/2;a/x 1/1;b -/9;c 3/-;");
    assert_int_equal(seen.restarts, 0);
}

static void a_store_that_says_it_lists_in_order_and_does_not(void **state)
{
    struct bed *bed = *state;
    struct seen seen = {0};
    lister_install(bed, walked, WALKED, true);
    assert_int_equal(compare(bed, &seen), MB_OK);
    assert_string_equal(seen.text, "a-b/x 2/2;a/x 1/1;b -/9;c 3/-;");
    assert_int_equal(seen.restarts, 1);

    /* From now on it is known. */
    memset(&seen, 0, sizeof(seen));
    assert_int_equal(compare(bed, &seen), MB_OK);
    assert_int_equal(seen.restarts, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(both_sides_in_one_pass),
        BED_TEST(one_side_or_both_are_empty),
        BED_TEST(bytes_decide_the_order),
        BED_TEST(the_visitor_may_stop_it),
        BED_TEST(folder_markers_are_left_out),
        BED_TEST(a_store_without_order_is_sorted),
        BED_TEST(a_store_that_says_it_lists_in_order_and_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
