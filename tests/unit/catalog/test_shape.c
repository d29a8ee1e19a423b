/* Folders that are no complete backup: what is said of them. */
#include "bed.h"

#include <string.h>

#define ROOT "backup/"

static mb_status read_of(struct bed *bed, const char *name)
{
    struct mb_backup backup;
    return mb_catalog_read(&bed->catalog, name, bed->arena, &backup, NULL, &bed->error);
}

static void says(struct bed *bed, const char *name, mb_status status, const char *text)
{
    assert_int_equal(read_of(bed, name), status);
    if (strstr(bed->error.message, text) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", bed->error.message, text);
}

static void what_is_not_there(void **state)
{
    struct bed *bed = *state;
    says(bed, "b", MB_E_NOT_FOUND, "backup b not found");
    bed_put(bed, ROOT "photos/2025/cat.jpg", "x");
    says(bed, "photos", MB_E_NOT_FOUND, "2025/cat.jpg");
}

static void a_part_of_a_backup(void **state)
{
    struct bed *bed = *state;
    bed_put(bed, ROOT "bare/binlogs/insert_log/1/2/3/3/100/7", "x");
    says(bed, "bare", MB_E_CORRUPT, "no description");
    bed_put(bed, ROOT "half/meta/backup_meta.json", "{}");
    bed_put(bed, ROOT "half/meta/collection_meta.json", "{}");
    says(bed, "half", MB_E_CORRUPT, "meta/partition_meta.json is missing");
    bed_put(bed, ROOT "late/meta/full_meta.json", "{}");
    says(bed, "late", MB_E_CORRUPT, "meta/backup_meta.json is missing");
}

static void one_level_too_deep(void **state)
{
    struct bed *bed = *state;
    bed_put(bed, ROOT "b/b/binlogs/insert_log/1/2/3/3/100/7", "x");
    bed_put(bed, ROOT "b/b/meta/backup_meta.json", "{}");
    says(bed, "b", MB_E_NOT_FOUND, "backup/b/b/ is: it lies one level too deep");
    bed_put(bed, ROOT "site/berlin/meta/backup_meta.json", "{}");
    says(bed, "site", MB_E_NOT_FOUND, "backup/site/berlin/");
}

static void disk_files_of_minio(void **state)
{
    struct bed *bed = *state;
    bed_put(bed, ROOT "disk/meta/backup_meta.json/xl.meta", "XL2 ");
    says(bed, "disk", MB_E_CORRUPT, "xl.meta");
    bed_put(bed, ROOT "data/binlogs/insert_log/1/2/3/3/100/7/xl.meta", "XL2 ");
    says(bed, "data", MB_E_CORRUPT, "own disk files (xl.meta)");
}

static void a_backup_that_is_being_made(void **state)
{
    struct bed *bed = *state;
    bed_record(bed, ROOT "now", "id", 5);
    says(bed, "now", MB_E_CORRUPT, "being made at this moment (host, process 7)");
    bed_record(bed, ROOT "then", "id", 3600);
    says(bed, "then", MB_E_CORRUPT, "was interrupted");
    bed_put(
        bed, ROOT "failed/meta/in_progress.json",
        "{\"backup_id\":\"1\",\"failed\":\"2026-01-02T03:04:05Z\",\"reason\":\"put s3://b/x: forbidden\"}");
    says(bed, "failed", MB_E_CORRUPT, "failed at 2026-01-02T03:04:05Z: put s3://b/x: forbidden");
    bed_put(bed, ROOT "odd/meta/in_progress.json", "{");
    says(bed, "odd", MB_E_CORRUPT, "it is not known who made it");
}

static void a_list_tells_the_same(void **state)
{
    struct bed *bed = *state;
    struct mb_backup_summary *list = NULL;
    size_t count = 0;
    bed_record(bed, ROOT "a", "id", 5);
    bed_record(bed, ROOT "b", "id", 3600);
    bed_put(bed, ROOT "c/meta/in_progress.json",
            "{\"backup_id\":\"1\",\"failed\":\"2026-01-02T03:04:05Z\",\"reason\":\"no space\"}");
    bed_put(bed, ROOT "d/binlogs/insert_log/1/2/3/3/100/7/xl.meta", "XL2 ");
    assert_int_equal(mb_catalog_list(&bed->catalog, false, bed->arena, &list, &count, NULL, &bed->error),
                     MB_OK);
    assert_int_equal(count, 4);
    assert_int_equal(list[0].heart, MB_HEART_BEATS);
    assert_string_equal(list[0].failed, "");
    assert_int_equal(list[1].heart, MB_HEART_STOPPED);
    assert_int_equal(list[2].heart, MB_HEART_FAILED);
    assert_string_equal(list[2].failed, "2026-01-02T03:04:05Z");
    assert_string_equal(list[2].reason, "no space");
    assert_non_null(strstr(list[3].problem, "xl.meta"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(what_is_not_there),   BED_TEST(a_part_of_a_backup),          BED_TEST(one_level_too_deep),
        BED_TEST(disk_files_of_minio), BED_TEST(a_backup_that_is_being_made), BED_TEST(a_list_tells_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
