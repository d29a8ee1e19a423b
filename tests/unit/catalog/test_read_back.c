/* A store that does not keep what it is given, and descriptions that no reader takes: found before a backup
 * counts. */
#include "bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define META "backup/b/meta/"

static const struct mb_claim_wish wish = {.backup_id = "id-1", .plan_digest = "1 collection"};

/* ------------------------------------------------------------- a store that changes what it is given */

enum { CUT, FLIPPED, LENGTHENED, LOST };

static struct {
    struct bed *bed;
    const char *file; /* that is changed once it is put; NULL for none */
    int how;
} change;

static void change_file(const char *key)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", change.bed->root, key);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    if (change.how == CUT)
        assert_int_equal(ftruncate(fileno(file), size - 1), 0);
    if (change.how == LENGTHENED)
        assert_int_equal(fputc(' ', file), ' ');
    if (change.how == FLIPPED) { /* the last digit */
        int at = 0;
        for (long i = size; i > 0 && (at < '0' || at > '9'); i--) {
            fseek(file, i - 1, SEEK_SET);
            at = fgetc(file);
        }
        fseek(file, -1, SEEK_CUR);
        fputc(at == '7' ? '8' : '7', file);
    }
    fclose(file);
    if (change.how == LOST)
        assert_int_equal(unlink(path), 0);
}

static mb_status put_and_change(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                                const struct mb_source *source, struct mb_stat *out,
                                const struct mb_call *call)
{
    mb_status status = mb_storage_plugin_entry()->put(store, key, opts, source, out, call);
    if (status == MB_OK && change.file != NULL && mb_text_ends_with(key, change.file))
        change_file(key);
    return status;
}

static void change_what_is_put(struct bed *bed)
{
    change.bed = bed;
    change.file = NULL;
    bed->driver.put = put_and_change;
    bed_reopen(bed);
}

/* ------------------------------------------------------------- a backup */

struct whole {
    struct mb_binlog log;
    struct mb_field_binlogs logs;
    struct mb_segment_backup segments[2];
    struct mb_partition_backup partition;
    struct mb_collection_backup collections[2];
    struct mb_backup backup;
};

static void make(struct whole *w)
{
    *w = (struct whole){.log = {7, 10}};
    w->logs = (struct mb_field_binlogs){100, &w->log, 1};
    for (int i = 0; i < 2; i++)
        w->segments[i] = (struct mb_segment_backup){.id = 20 + i,
                                                    .collection_id = 1,
                                                    .partition_id = 10,
                                                    .rows = 5,
                                                    .size = 10,
                                                    .group_id = 20 + i,
                                                    .insert_logs = &w->logs,
                                                    .insert_count = 1};
    w->partition = (struct mb_partition_backup){
        .id = 10, .name = "p", .collection_id = 1, .size = 20, .segments = w->segments, .segment_count = 2};
    for (int i = 0; i < 2; i++) {
        w->collections[i].collection =
            (struct mb_collection){.id = 1 + i, .db_name = "d", .name = i ? "b" : "a"};
        w->collections[i].load_state = "";
    }
    w->collections[0].partitions = &w->partition;
    w->collections[0].partition_count = 1;
    w->collections[0].size = 20;
    w->backup = (struct mb_backup){.id = "id-1",
                                   .name = "b",
                                   .milvus_version = "v2.3.5",
                                   .format = "",
                                   .source_root = "files",
                                   .size = 20,
                                   .collections = w->collections,
                                   .collection_count = 2};
}

static mb_status write_backup(struct bed *bed, const struct whole *w)
{
    struct mb_claim *claim = NULL;
    struct mb_objects *objects = NULL;
    const struct mb_object_record record = {.key = "binlogs/x", .size = 1};
    assert_int_equal(mb_claim_begin(&claim, &bed->catalog, "b", &wish, NULL, &bed->error), MB_OK);
    assert_int_equal(mb_objects_new(&objects, NULL, &bed->error), MB_OK);
    assert_int_equal(mb_objects_add(objects, &record, &bed->error), MB_OK);
    mb_status status = mb_catalog_write(&bed->catalog, claim, &w->backup, objects, NULL, &bed->error);
    if (status != MB_OK)
        mb_claim_fail(claim, &bed->error);
    mb_claim_free(claim);
    mb_objects_free(objects);
    return status;
}

static void expect_refused(struct bed *bed, const struct whole *w, const char *words)
{
    enum mb_backup_state state;
    assert_int_equal(write_backup(bed, w), MB_E_CORRUPT);
    if (strstr(bed->error.message, words) == NULL)
        fail_msg("%s", bed->error.message);
    change.file = NULL;
    assert_int_equal(mb_catalog_state(&bed->catalog, "b", &state, NULL, &bed->error), MB_OK);
    assert_int_equal(state, MB_BACKUP_IN_PROGRESS);
    assert_int_equal(mb_catalog_delete(&bed->catalog, "b", false, NULL, NULL, &bed->error), MB_OK);
}

static void a_store_that_keeps_something_else(void **state)
{
    static const char *const files[] = {"full_meta.json",    "collection_meta.json", "partition_meta.json",
                                        "segment_meta.json", "objects.jsonl",        "backup_meta.json"};
    struct bed *bed = *state;
    struct whole w;
    make(&w);
    change_what_is_put(bed);
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
        for (int how = CUT; how <= LOST; how++) {
            change.file = files[i];
            change.how = how;
            expect_refused(bed, &w, files[i]);
        }
    if (write_backup(bed, &w) != MB_OK)
        fail_msg("%s", bed->error.message);
}

static void what_no_reader_takes(void **state)
{
    struct bed *bed = *state;
    struct whole w;
    make(&w);
    w.segments[1].id = 20;
    expect_refused(bed, &w, "full_meta.json: segment 20 of d.a is there twice");
    make(&w);
    w.segments[1].collection_id = 2;
    expect_refused(bed, &w, "segment 21 stands in d.a, which is collection 1, but is of collection 2");
    make(&w);
    w.collections[1].collection.id = 1;
    expect_refused(bed, &w, "collection 1 is there twice (d.a and d.b)");
    make(&w);
    w.log.size = -1;
    expect_refused(bed, &w, "what was written cannot be read: backup/b/meta/full_meta.json");
    make(&w);
    w.partition.name = "";
    expect_refused(bed, &w, "partition 10 of d.a has no partition_name");
}

int main(void)
{
    const struct CMUnitTest tests[] = {BED_TEST(a_store_that_keeps_something_else),
                                       BED_TEST(what_no_reader_takes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
