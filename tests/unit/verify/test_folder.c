/* A folder compared with what should lie in it. */
#include "bed.h"

#include "lister.h"
#include "verify/folder.h"

#include <stdio.h>
#include <string.h>

static mb_status tell(void *source, mb_expect_fn *expect, void *ctx, struct mb_cancel *cancel,
                      struct mb_error *error)
{
    (void)source, (void)cancel;
    MB_TRY(expect(ctx, "data/1", 1, error));
    return expect(ctx, "data/2", 2, error);
}

static char strays[256];

static mb_status note_stray(void *ctx, const char *name, const struct mb_entry *entry, struct mb_error *error)
{
    size_t len = strlen(strays);
    (void)ctx, (void)entry, (void)error;
    snprintf(strays + len, sizeof(strays) - len, "%s ", name);
    return MB_OK;
}

static mb_status verify(struct bed *bed)
{
    const struct mb_expectation of = {.each = tell};
    const struct mb_folder folder = {.storage = bed->storage, .prefix = "f/"};
    const struct mb_folder_visitor visitor = {.stray = note_stray};
    struct mb_expected *expected = NULL;
    strays[0] = '\0';
    assert_int_equal(mb_expected_new(&expected, &of, NULL, &bed->error), MB_OK);
    mb_status status = mb_folder_verify(&folder, "data/", expected, &visitor, NULL, &bed->error);
    mb_expected_free(expected);
    return status;
}

#define LIST(bed, ...)                                                               \
    do {                                                                             \
        static const struct mb_entry dictated[] = {__VA_ARGS__};                     \
        lister_install((bed), dictated, sizeof(dictated) / sizeof(*dictated), true); \
    } while (0)

static void a_key_that_is_listed_twice_hides_no_other(void **state)
{
    struct bed *bed = *state;
    bed_put(bed, "f/data/1", "1");
    LIST(bed, {.key = "f/data/1", .size = 1}, {.key = "f/data/0", .size = 0}, {.key = "f/data/1", .size = 1});
    assert_int_equal(verify(bed), MB_E_CORRUPT);
    assert_non_null(strstr(bed->error.message, "f is damaged: 1 of 2 objects are missing in "));
    assert_non_null(strstr(bed->error.message, "the first is f/data/2"));
    bed_put(bed, "f/data/2", "22");
    assert_int_equal(verify(bed), MB_OK); /* not listed, but there */
}

static void another_size(void **state)
{
    struct bed *bed = *state;
    bed_put(bed, "f/data/1", "1");
    bed_put(bed, "f/data/2", "333");
    LIST(bed, {.key = "f/data/1", .size = 1}, {.key = "f/data/2", .size = 3});
    assert_int_equal(verify(bed), MB_E_CORRUPT);
    assert_non_null(strstr(bed->error.message, "f/data/2 has 3 bytes, not 2"));
    bed_put(bed, "f/data/2", "22");
    assert_int_equal(verify(bed), MB_OK); /* the listing still shows an older one */
}

static void markers_are_neither_missing_nor_strays(void **state)
{
    struct bed *bed = *state;
    bed_put(bed, "f/data/1", "1");
    bed_put(bed, "f/data/2", "22");
    LIST(bed, {.key = "f/data/"}, {.key = "f/data/1", .size = 1}, {.key = "f/data/2", .size = 2},
         {.key = "f/data/sub/"});
    assert_int_equal(verify(bed), MB_OK);
    assert_string_equal(strays, "");
}

/* One that a lagging listing shows after it went is none. */
static void strays_are_still_there(void **state)
{
    struct bed *bed = *state;
    bed_put(bed, "f/data/1", "1");
    bed_put(bed, "f/data/2", "22");
    bed_put(bed, "f/data/x", "x");
    LIST(bed, {.key = "f/data/1", .size = 1}, {.key = "f/data/2", .size = 2},
         {.key = "f/data/gone", .size = 3}, {.key = "f/data/x", .size = 1});
    assert_int_equal(verify(bed), MB_OK);
    assert_string_equal(strays, "data/x ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(a_key_that_is_listed_twice_hides_no_other),
        BED_TEST(another_size),
        BED_TEST(markers_are_neither_missing_nor_strays),
        BED_TEST(strays_are_still_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
