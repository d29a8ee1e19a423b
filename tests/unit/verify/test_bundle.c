/* A bundle of Milvus' own: as much as Milvus said must lie there. */
#include "bed.h"

#include "lister.h"
#include "verify/bundle.h"

#include <string.h>

static mb_status check(struct bed *bed, int64_t files, int64_t bytes, uint64_t *found)
{
    const struct mb_folder folder = {.storage = bed->storage, .prefix = "b/"};
    const struct mb_bundle bundle = {.below = "bundle/1/", .files = files, .bytes = bytes};
    uint64_t size = 0;
    return mb_bundle_check(&folder, &bundle, found, &size, NULL, &bed->error);
}

static void lay(struct bed *bed)
{
    bed_put(bed, "b/bundle/1/a", "1");
    bed_put(bed, "b/bundle/1/x/b", "333");
    bed_put(bed, "b/bundle/10/c", "55555"); /* another one's */
}

static void what_is_there_is_enough(void **state)
{
    uint64_t files = 0;
    lay(*state);
    assert_int_equal(check(*state, 2, 4, &files), MB_OK);
    assert_int_equal(files, 2);
    assert_int_equal(check(*state, 1, 2, &files), MB_OK); /* its description was not counted */
}

static void less_is_damage(void **state)
{
    struct bed *bed = *state;
    uint64_t files;
    lay(bed);
    assert_int_equal(check(bed, 3, 4, &files), MB_E_CORRUPT);
    assert_non_null(strstr(bed->error.message, "b/bundle/1/ in "));
    assert_non_null(
        strstr(bed->error.message, "holds 2 files of 4 bytes, but milvus wrote 3 of 4 bytes there"));
    assert_int_equal(check(bed, 2, 5, &files), MB_E_CORRUPT);
}

static void a_name_that_comes_twice_and_a_marker_count_for_nothing(void **state)
{
    static const struct mb_entry dictated[] = {{.key = "b/bundle/1/"},
                                               {.key = "b/bundle/1/a", .size = 1},
                                               {.key = "b/bundle/1/a", .size = 1},
                                               {.key = "b/bundle/1/b", .size = 1}};
    uint64_t files = 0;
    lister_install(*state, dictated, sizeof(dictated) / sizeof(*dictated), true);
    assert_int_equal(check(*state, 2, 2, &files), MB_OK);
    assert_int_equal(files, 2);
    assert_int_equal(check(*state, 3, 2, &files), MB_E_CORRUPT);
}

static void its_description(void **state)
{
    struct bed *bed = *state;
    const struct mb_folder folder = {.storage = bed->storage, .prefix = "b/"};
    bed_put(bed, "b/bundle/1/m.json", "{}");
    bed_put(bed, "b/bundle/1/empty.json", "");
    assert_int_equal(mb_bundle_check_metadata(&folder, "bundle/1/m.json", NULL, &bed->error), MB_OK);
    assert_int_equal(mb_bundle_check_metadata(&folder, "bundle/1/empty.json", NULL, &bed->error),
                     MB_E_CORRUPT);
    assert_non_null(strstr(bed->error.message, "is empty"));
    assert_int_equal(mb_bundle_check_metadata(&folder, "bundle/1/no.json", NULL, &bed->error), MB_E_CORRUPT);
    assert_non_null(strstr(bed->error.message, "is missing"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(what_is_there_is_enough),
        BED_TEST(less_is_damage),
        BED_TEST(a_name_that_comes_twice_and_a_marker_count_for_nothing),
        BED_TEST(its_description),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
