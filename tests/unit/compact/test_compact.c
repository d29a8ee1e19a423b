/* Deletes that move from L0 segments to others, in one store; what the command does is tested on the wire. */
#include "bed.h"

#include "base/crc32c.h"
#include "base/hint.h"
#include "compact/compact.h"

#include <stdio.h>
#include <string.h>

#define DELETES "\xBC\xFA\xFF" /* and a zero byte, which ends the text */

/* One partition with a segment of rows, and deletes over all partitions. */
struct source {
    struct mb_binlog insert, own, far;
    struct mb_field_binlogs inserts, owns, fars;
    struct mb_segment_backup segment, l0;
    struct mb_partition_backup partition;
    struct mb_collection_backup collection;
    struct mb_backup backup;
};

static void fill(struct source *s, int64_t far_id)
{
    *s = (struct source){
        .insert = {.id = 7, .size = 4}, .own = {.id = 8, .size = 4}, .far = {.id = far_id, .size = 4}};
    s->inserts = (struct mb_field_binlogs){.field_id = 100, .logs = &s->insert, .count = 1};
    s->owns = (struct mb_field_binlogs){.logs = &s->own, .count = 1};
    s->fars = (struct mb_field_binlogs){.logs = &s->far, .count = 1};
    s->segment = (struct mb_segment_backup){.id = 3,
                                            .collection_id = 1,
                                            .partition_id = 2,
                                            .rows = 5,
                                            .size = 8,
                                            .group_id = 3,
                                            .virtual_channel = "",
                                            .insert_logs = &s->inserts,
                                            .insert_count = 1,
                                            .delta_logs = &s->owns,
                                            .delta_count = 1};
    s->l0 = (struct mb_segment_backup){.id = 4,
                                       .collection_id = 1,
                                       .partition_id = -1,
                                       .size = 4,
                                       .is_l0 = true,
                                       .virtual_channel = "",
                                       .delta_logs = &s->fars,
                                       .delta_count = 1};
    s->partition = (struct mb_partition_backup){.id = 2,
                                                .name = "_default",
                                                .collection_id = 1,
                                                .size = 8,
                                                .load_state = "",
                                                .segments = &s->segment,
                                                .segment_count = 1};
    s->collection = (struct mb_collection_backup){.collection = {.id = 1,
                                                                 .db_name = "default",
                                                                 .name = "c",
                                                                 .schema = {.name = "c", .description = ""}},
                                                  .partitions = &s->partition,
                                                  .partition_count = 1,
                                                  .l0_segments = &s->l0,
                                                  .l0_count = 1,
                                                  .load_state = "",
                                                  .size = 12,
                                                  .snapshot = ""};
    s->backup = (struct mb_backup){.id = "id-1",
                                   .name = "b",
                                   .milvus_version = "v2.4.15",
                                   .format = "",
                                   .source_root = "files",
                                   .size = 12,
                                   .collections = &s->collection,
                                   .collection_count = 1,
                                   .rbac_meta = "",
                                   .rpc_channel_info = "",
                                   .flush_all_msgs = "",
                                   .control_channel = ""};
}

static void put_deletes(struct bed *bed, const char *key)
{
    assert_int_equal(
        mb_storage_write(bed->storage, key, DELETES, sizeof(DELETES), NULL, NULL, NULL, &bed->error), MB_OK);
}

static void make(struct bed *bed, int64_t far_id)
{
    char key[128];
    struct source source;
    const struct mb_catalog catalog = {.storage = bed->storage, .root = "r"};
    fill(&source, far_id);
    if (bed_make(bed, &catalog, &source.backup) != MB_OK)
        fail_msg("%s", bed->error.message);
    bed_put(bed, "r/b/binlogs/insert_log/1/2/3/3/100/7", "rows");
    bed_put(bed, "r/b/binlogs/delta_log/1/2/3/3/8", "mine");
    snprintf(key, sizeof key, "r/b/binlogs/delta_log/1/-1/4/%lld", (long long)far_id);
    put_deletes(bed, key);
}

static mb_status compact(struct bed *bed, bool replace, struct mb_compact_report *report)
{
    struct mb_progress progress = MB_PROGRESS_INIT;
    const struct mb_compact compact = {.catalog = {.storage = bed->storage, .root = "r"},
                                       .name = "b",
                                       .output = "new",
                                       .id = "id-2",
                                       .replace = replace,
                                       .timing = {.settle_ns = 1},
                                       .copy = {.mode = MB_COPY_STREAMING},
                                       .progress = &progress};
    struct mb_cancel *cancel = mb_cancel_new(NULL);
    mb_status status = mb_compact(&compact, report, cancel, &bed->error);
    mb_cancel_free(cancel);
    mb_progress_done(&progress);
    return status;
}

static void deletes_lie_beside_rows(void **state)
{
    struct bed *bed = *state;
    struct mb_compact_report report = {0};
    struct mb_backup made;
    const struct mb_catalog catalog = {.storage = bed->storage, .root = "r"};
    make(bed, 9);
    if (compact(bed, false, &report) != MB_OK)
        fail_msg("%s", bed->error.message);
    assert_int_equal(report.folded, 1);
    assert_int_equal(report.added, 1);
    assert_int_equal(report.added_bytes, 4);
    assert_int_equal(report.objects, 3);
    assert_string_equal(bed_get(bed, "r/new/binlogs/delta_log/1/2/3/3/9"), DELETES);
    assert_int_equal(bed_count(bed, "r/new/binlogs/"), 3);

    assert_int_equal(mb_catalog_read(&catalog, "new", bed->arena, &made, NULL, &bed->error), MB_OK);
    assert_string_equal(made.id, "id-2");
    assert_int_equal(made.size, 12);
    assert_int_equal(made.collections[0].l0_count, 0);
    const struct mb_segment_backup *segment = &made.collections[0].partitions[0].segments[0];
    assert_int_equal(segment->delta_count, 1);
    assert_int_equal(segment->delta_logs[0].count, 2);
    assert_int_equal(segment->size, 12);
}

static void an_id_that_is_taken(void **state)
{
    struct bed *bed = *state;
    struct mb_compact_report report = {0};
    make(bed, 8);
    assert_int_equal(compact(bed, false, &report), MB_OK);
    assert_string_equal(bed_get(bed, "r/new/binlogs/delta_log/1/2/3/3/8"), "mine");
    assert_string_equal(bed_get(bed, "r/new/binlogs/delta_log/1/2/3/3/9"), DELETES);
}

static void an_id_that_none_can_follow(void **state)
{
    struct bed *bed = *state;
    struct mb_compact_report report = {0};
    make(bed, INT64_MAX);
    assert_int_equal(compact(bed, false, &report), MB_OK); /* it needs no other */
    bed_put(bed, "r/b/binlogs/insert_log/1/2/3/3/100/7", "long rows");
    assert_int_equal(compact(bed, true, &report), MB_E_CORRUPT);
    assert_int_equal(bed->error.hint, MB_HINT_RESUME);
}

static void a_taken_name(void **state)
{
    struct bed *bed = *state;
    struct mb_compact_report report = {0};
    make(bed, 9);
    assert_int_equal(compact(bed, false, &report), MB_OK);
    assert_int_equal(compact(bed, false, &report), MB_E_EXISTS);
    assert_int_equal(bed->error.hint, MB_HINT_REPLACE);
    mb_error_clear(&bed->error);
    assert_int_equal(compact(bed, true, &report), MB_OK);
}

/* By force, too: it is somebody's work. */
static void a_backup_that_is_being_made_is_left_alone(void **state)
{
    struct bed *bed = *state;
    struct mb_compact_report report = {0};
    make(bed, 9);
    bed_record(bed, "r/new", "id-7", 1);
    assert_int_equal(compact(bed, true, &report), MB_E_EXISTS);
    assert_int_equal(bed->error.hint, MB_HINT_NONE);
    assert_non_null(bed_get(bed, "r/new/meta/in_progress.json"));
}

static void a_damaged_object_is_refused(void **state)
{
    struct bed *bed = *state;
    struct mb_compact_report report = {0};
    char line[256];
    make(bed, 9);
    snprintf(line, sizeof line,
             "{\"key\":\"binlogs/insert_log/1/2/3/3/100/7\",\"size\":4}\n"
             "{\"key\":\"binlogs/delta_log/1/2/3/3/8\",\"size\":4}\n"
             "{\"key\":\"binlogs/delta_log/1/-1/4/9\",\"size\":4,\"crc32c\":\"%08x\"}\n",
             mb_crc32c(0, "else", 4));
    bed_put(bed, "r/b/meta/objects.jsonl", line);
    assert_int_equal(compact(bed, false, &report), MB_E_CORRUPT);
    assert_non_null(strstr(bed->error.message, "delta_log/1/-1/4/9"));
    assert_null(bed_get(bed, "r/new/meta/backup_meta.json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(deletes_lie_beside_rows),
        BED_TEST(an_id_that_is_taken),
        BED_TEST(an_id_that_none_can_follow),
        BED_TEST(a_taken_name),
        BED_TEST(a_backup_that_is_being_made_is_left_alone),
        BED_TEST(a_damaged_object_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
