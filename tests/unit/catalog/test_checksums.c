#include "bed.h"

#include "catalog/checksums.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIR "backup/b1"
#define KEY DIR "/meta/objects.jsonl"

static struct mb_checksums *read_checksums(struct bed *bed)
{
    struct mb_checksums *checksums = NULL;
    if (mb_checksums_read(&checksums, bed->storage, DIR, NULL, &bed->error) < 0)
        fail_msg("%s", bed->error.message);
    return checksums;
}

static void they_are_found_by_key(void **state)
{
    struct bed *bed = *state;
    uint32_t crc = 7;
    bed_put(bed, KEY,
            "{\"key\":\"binlogs/a\",\"size\":1,\"crc32c\":\"0000000a\"}\n"
            "{\"key\":\"binlogs/b\",\"size\":1}\n"
            "{\"key\":\"x\",\"size\":1,\"crc32c\":\"ffffffff\"}\n");
    struct mb_checksums *checksums = read_checksums(bed);
    assert_true(mb_checksums_find(checksums, "binlogs/a", &crc));
    assert_int_equal(crc, 10);
    assert_false(mb_checksums_find(checksums, "binlogs/b", &crc)); /* recorded without one */
    assert_false(mb_checksums_find(checksums, "binlogs/c", &crc));
    assert_false(mb_checksums_find(checksums, "binlogs/", &crc));
    assert_int_equal(crc, 10);
    assert_true(mb_checksums_find(checksums, "x", &crc));
    assert_int_equal(crc, UINT32_MAX);
    mb_checksums_free(checksums);
}

static void many(void **state)
{
    struct bed *bed = *state;
    enum { COUNT = 3000, LINE = 64 };
    char *text = calloc(COUNT, LINE);
    char key[32];
    size_t len = 0;
    assert_non_null(text);
    for (unsigned i = 0; i < COUNT; i++)
        len +=
            (size_t)sprintf(text + len, "{\"key\":\"k/%u\",\"size\":1,\"crc32c\":\"%08x\"}\n", i, i * 7919U);
    bed_put(bed, KEY, text);
    free(text);
    struct mb_checksums *checksums = read_checksums(bed);
    for (unsigned i = 0; i < COUNT; i++) {
        uint32_t crc = 0;
        sprintf(key, "k/%u", i);
        assert_true(mb_checksums_find(checksums, key, &crc));
        assert_int_equal(crc, i * 7919U);
    }
    mb_checksums_free(checksums);
}

static void an_older_tools_backup_has_none(void **state)
{
    struct bed *bed = *state;
    uint32_t crc;
    struct mb_checksums *checksums = read_checksums(bed);
    assert_false(mb_checksums_find(checksums, "binlogs/a", &crc));
    mb_checksums_free(checksums);
}

static void a_broken_record_is_told(void **state)
{
    struct bed *bed = *state;
    struct mb_checksums *checksums = NULL;
    bed_put(bed, KEY, "{\"key\":\"a\",\"size\":1,\"crc32c\":\"0000000a\"}\n{\"key\":");
    assert_int_equal(mb_checksums_read(&checksums, bed->storage, DIR, NULL, &bed->error), MB_E_CORRUPT);
    assert_null(checksums);
}

static void what_passes_by_is_compared(void **state)
{
    struct bed *bed = *state;
    bool compared = false;
    bed_put(bed, KEY,
            "{\"key\":\"binlogs/a\",\"size\":1,\"crc32c\":\"0000000a\"}\n"
            "{\"key\":\"binlogs/b\",\"size\":1}\n");
    struct mb_checksums *checksums = read_checksums(bed);
    assert_int_equal(mb_checksums_compare(checksums, "binlogs/a", 10, &compared, &bed->error), MB_OK);
    assert_true(compared);
    assert_int_equal(mb_checksums_compare(checksums, "binlogs/b", 11, &compared, &bed->error), MB_OK);
    assert_false(compared);
    assert_int_equal(mb_checksums_compare(checksums, "binlogs/a", 11, &compared, &bed->error), MB_E_CORRUPT);
    const char *told[] = {DIR "/binlogs/a", "0000000a", "0000000b", "another copy",
                          mb_storage_info(bed->storage)->location};
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
        if (strstr(bed->error.message, told[i]) == NULL)
            fail_msg("%s is not in: %s", told[i], bed->error.message);
    mb_checksums_free(checksums);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(they_are_found_by_key),          BED_TEST(many),
        BED_TEST(an_older_tools_backup_has_none), BED_TEST(a_broken_record_is_told),
        BED_TEST(what_passes_by_is_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
