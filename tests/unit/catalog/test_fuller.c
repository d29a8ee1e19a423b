#include "bed.h"

#include <stdio.h>
#include <string.h>

#define META "backup/b/meta/"

#define LOG(id) "[{\"fieldID\":100,\"binlogs\":[{\"log_id\":" #id ",\"log_size\":1}]}]"
#define SEGMENT(id)                                                                                       \
    "{\"segment_id\":" #id ",\"collection_id\":1,\"partition_id\":10,\"num_of_rows\":5,\"binlogs\":" LOG( \
        id) ",\"size\":1,\"group_id\":" #id "}"
#define L0                                                                                             \
    ",\"l0_segments\":[{\"segment_id\":40,\"collection_id\":1,\"partition_id\":-1,\"deltalogs\":" LOG( \
        8) ",\"size\":1}]"
#define COLLECTION(inside)                                                                                   \
    "{\"collection_id\":1,\"db_name\":\"default\",\"collection_name\":\"c\",\"size\":2,\"has_index\":false," \
    "\"partition_backups\":[{\"partition_id\":10,\"partition_name\":\"p\",\"collection_id\":1" inside
#define BACKUP "\"id\":\"x\",\"name\":\"b\",\"size\":2"

/* Both descriptions, each with the segments that it is to name. */
static void put(struct bed *bed, const char *in_full, const char *in_levels)
{
    char text[4096];
    snprintf(text, sizeof(text),
             "{" BACKUP ",\"database_backups\":[{\"db_name\":\"sales\"}],\"collection_backups\":[" COLLECTION(
                 ",\"segment_backups\":[%s],\"size\":2}]" L0 "}]}"),
             in_full);
    bed_put(bed, META "full_meta.json", text);
    bed_put(bed, META "backup_meta.json", "{" BACKUP "}");
    bed_put(bed, META "collection_meta.json", "{\"infos\":[" COLLECTION(",\"size\":2}]}") "]}");
    bed_put(bed, META "partition_meta.json",
            "{\"infos\":[{\"partition_id\":10,\"partition_name\":\"p\",\"collection_id\":1,\"size\":2}]}");
    snprintf(text, sizeof(text), "{\"infos\":[%s]}", in_levels);
    bed_put(bed, META "segment_meta.json", text);
}

static mb_status read_fuller(struct bed *bed, struct mb_backup *backup, const char **difference)
{
    *difference = "untouched";
    return mb_catalog_read_fuller(&bed->catalog, "b", bed->arena, backup, difference, NULL, &bed->error);
}

/* What full_meta.json alone can say is there in any case. */
static void expect_whole(struct bed *bed, size_t segments, const char *words)
{
    struct mb_backup backup;
    const char *difference;
    if (read_fuller(bed, &backup, &difference) != MB_OK)
        fail_msg("%s", bed->error.message);
    assert_int_equal(backup.collections[0].partitions[0].segment_count, segments);
    assert_int_equal(backup.collections[0].l0_count, 1);
    assert_int_equal(backup.collections[0].l0_segments[0].id, 40);
    assert_int_equal(backup.database_count, 1);
    assert_string_equal(backup.name, "b");
    if (words == NULL)
        assert_null(difference);
    else if (difference == NULL || strstr(difference, words) == NULL)
        fail_msg("%s", difference != NULL ? difference : "no difference");
}

static void descriptions_that_agree(void **state)
{
    put(*state, SEGMENT(20), SEGMENT(20));
    expect_whole(*state, 1, NULL);
}

static void the_one_that_names_more_counts(void **state)
{
    put(*state, SEGMENT(20) "," SEGMENT(21), SEGMENT(20));
    expect_whole(*state, 2,
                 "full_meta.json is taken: segment 21 of partition 10 of default.c (not in segment");
    put(*state, SEGMENT(21), SEGMENT(20) "," SEGMENT(21));
    expect_whole(*state, 2,
                 "level files are taken, which name more: segment 20 of partition 10 of default.c (only");
    put(*state, SEGMENT(20), SEGMENT(21)); /* as much */
    expect_whole(*state, 1, "full_meta.json is taken");
}

static void level_files_that_are_no_help(void **state)
{
    struct bed *bed = *state;
    put(bed, SEGMENT(20), "{");
    expect_whole(bed, 1, "full_meta.json alone is taken: backup/b/meta/segment_meta.json: byte");
    put(bed, SEGMENT(20), "");
    expect_whole(bed, 1, "segment_meta.json: it names no segments of partition p");
    assert_int_equal(mb_storage_remove(bed->storage, META "collection_meta.json", NULL, &bed->error), MB_OK);
    expect_whole(bed, 1, "full_meta.json alone is taken");
}

static void a_damaged_full_meta_is_not_passed_over(void **state)
{
    struct bed *bed = *state;
    struct mb_backup backup;
    const char *difference;
    put(bed, "{", SEGMENT(20));
    assert_int_equal(read_fuller(bed, &backup, &difference), MB_E_CORRUPT);
    assert_non_null(strstr(bed->error.message, "full_meta.json"));
}

static void level_files_alone(void **state)
{
    struct bed *bed = *state;
    struct mb_backup backup;
    const char *difference;
    put(bed, "", SEGMENT(20));
    assert_int_equal(mb_storage_remove(bed->storage, META "full_meta.json", NULL, &bed->error), MB_OK);
    assert_int_equal(read_fuller(bed, &backup, &difference), MB_OK);
    assert_null(difference);
    assert_int_equal(backup.collections[0].partitions[0].segment_count, 1);
}

static void milvus_own_bundles_have_no_segments(void **state)
{
    struct bed *bed = *state;
    struct mb_backup backup;
    const char *difference;
    bed_put(bed, META "full_meta.json", "{" BACKUP ",\"format\":\"snapshot\"}");
    bed_put(bed, META "backup_meta.json", "{" BACKUP ",\"format\":\"snapshot\"}");
    assert_int_equal(read_fuller(bed, &backup, &difference), MB_OK);
    assert_null(difference);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(descriptions_that_agree),
        BED_TEST(the_one_that_names_more_counts),
        BED_TEST(level_files_that_are_no_help),
        BED_TEST(a_damaged_full_meta_is_not_passed_over),
        BED_TEST(level_files_alone),
        BED_TEST(milvus_own_bundles_have_no_segments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
