/* Whole backups, damaged in every way; what the program makes of them on every store is tested in tests/wire.
 */
#include "bed.h"

#include "base/crc32c.h"
#include "catalog/layout.h"
#include "verify/verify.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEGMENTS = 6, FIELDS = 3, OBJECTS = SEGMENTS * FIELDS };

static const char bytes[] = "the bytes of a binlog";

static struct mb_binlog insert_logs[] = {{.id = 7, .size = sizeof(bytes) - 1}};
static struct mb_field_binlogs insert_fields[FIELDS] = {
    {.field_id = 1, .logs = insert_logs, .count = 1},
    {.field_id = 100, .logs = insert_logs, .count = 1},
    {.field_id = 101, .logs = insert_logs, .count = 1},
};
static struct mb_segment_backup segments[SEGMENTS];
static struct mb_partition_backup partitions[] = {
    {.id = 10,
     .name = "_default",
     .collection_id = 1,
     .load_state = "Loaded",
     .segments = segments,
     .segment_count = SEGMENTS},
};
static struct mb_index indexes[] = {{.id = 5, .name = "by_vec", .field_name = "vec", .extra = ""}};
static struct mb_collection_backup collections[] = {
    {.collection = {.id = 1, .db_name = "default", .name = "c", .schema = {.name = "c", .description = ""}},
     .partitions = partitions,
     .partition_count = 1,
     .indexes = indexes,
     .index_count = 1,
     .has_index = true,
     .load_state = "Loaded",
     .snapshot = ""},
};

static void put_object(struct bed *bed, const char *name, const char *text)
{
    char key[256];
    snprintf(key, sizeof(key), "backup/b/%s", name);
    bed_put(bed, key, text);
}

/* The i-th object of the backup. */
static const char *name_of(unsigned i)
{
    static char name[128];
    snprintf(name, sizeof(name), "binlogs/insert_log/1/10/%u/%u/%d/7", 20 + i / FIELDS, 20 + i / FIELDS,
             (int)insert_fields[i % FIELDS].field_id);
    return name;
}

/* "backup/b", with checksums of all its objects but those of the first segment. */
static void make(struct bed *bed, bool recorded)
{
    const struct mb_backup backup = {.id = "id-1",
                                     .name = "b",
                                     .milvus_version = "v2.3.5",
                                     .format = "",
                                     .source_root = "files",
                                     .collections = collections,
                                     .collection_count = 1,
                                     .rbac_meta = "",
                                     .rpc_channel_info = "",
                                     .flush_all_msgs = "",
                                     .control_channel = ""};
    char records[8192] = "";
    for (unsigned i = 0; i < SEGMENTS; i++)
        segments[i] = (struct mb_segment_backup){.id = 20 + i,
                                                 .collection_id = 1,
                                                 .partition_id = 10,
                                                 .rows = 5,
                                                 .group_id = 20 + i,
                                                 .virtual_channel = "",
                                                 .insert_logs = insert_fields,
                                                 .insert_count = FIELDS};
    if (bed_make(bed, &bed->catalog, &backup) != MB_OK)
        fail_msg("%s", bed->error.message);
    for (unsigned i = 0; i < OBJECTS; i++) {
        size_t len = strlen(records);
        put_object(bed, name_of(i), bytes);
        if (i < FIELDS)
            snprintf(records + len, sizeof(records) - len, "{\"key\":\"%s\",\"size\":%zu}\n", name_of(i),
                     strlen(bytes));
        else
            snprintf(records + len, sizeof(records) - len,
                     "{\"key\":\"%s\",\"size\":%zu,\"crc32c\":\"%08x\"}\n", name_of(i), strlen(bytes),
                     mb_crc32c(0, bytes, strlen(bytes)));
    }
    if (recorded)
        put_object(bed, "meta/objects.jsonl", records);
}

static const struct mb_share all = {1, 1};

static mb_status try(struct bed *bed, const struct mb_share *share, struct mb_verify_report *report)
{
    struct mb_progress progress;
    memset(&progress, 0, sizeof(progress));
    const struct mb_verify verify = {.catalog = bed->catalog,
                                     .name = "b",
                                     .read_data = share != NULL,
                                     .share = share != NULL ? *share : all,
                                     .progress = &progress};
    struct mb_cancel *cancel = mb_cancel_new(NULL);
    mb_error_clear(&bed->error);
    memset(report, 0, sizeof(*report));
    mb_status status = mb_verify(&verify, bed->arena, report, cancel, &bed->error);
    mb_cancel_free(cancel);
    return status;
}

static void verify(struct bed *bed, const struct mb_share *share, struct mb_verify_report *report)
{
    if (try(bed, share, report) != MB_OK)
        fail_msg("%s", bed->error.message);
}

/* The report has one row, and it says that. */
static void expect_only(const struct mb_verify_report *report, const char *row)
{
    char text[2048] = "";
    for (size_t i = 0; i < report->fault_count; i++) {
        size_t len = strlen(text);
        const struct mb_fault *fault = &report->faults[i];
        snprintf(text + len, sizeof(text) - len, "%s%s%s: %s: expected %s, found %s", i > 0 ? "\n" : "",
                 fault->harmless ? "harmless " : "", mb_fault_kind_name(fault->kind), fault->key,
                 fault->expected, fault->found);
    }
    assert_string_equal(text, row);
}

static void a_whole_backup(void **state)
{
    struct bed *bed = *state;
    struct mb_verify_report report;
    make(bed, true);
    put_object(bed, "meta/channel_cp_meta.json", "{}"); /* of the Go program */
    verify(bed, NULL, &report);
    expect_only(&report, "");
    assert_int_equal(report.objects, OBJECTS + 6);
    assert_int_equal(report.expected, OBJECTS + 6);
    assert_int_equal(report.read, 0);
    assert_true(report.recorded && report.described_twice);
    verify(bed, &all, &report);
    expect_only(&report, "");
    assert_int_equal(report.read, OBJECTS);
    assert_int_equal(report.read_bytes, OBJECTS * strlen(bytes));
    assert_int_equal(report.compared, OBJECTS - FIELDS);
}

static void objects_that_are_not_as_they_were(void **state)
{
    struct bed *bed = *state;
    struct mb_verify_report report;
    make(bed, true);
    put_object(bed, name_of(3), "the bytes of a binlof"); /* a bit */
    verify(bed, NULL, &report);
    expect_only(&report, "");
    verify(bed, &all, &report);
    assert_int_equal(report.counts[MB_FAULT_CHECKSUM], 1);
    assert_int_equal(report.damages, 1);
    assert_string_equal(report.faults[0].key, name_of(3));
    assert_int_equal(report.read, OBJECTS);

    put_object(bed, name_of(3), "the bytes of a binlo"); /* a byte */
    verify(bed, NULL, &report);
    expect_only(&report, "size: binlogs/insert_log/1/10/21/21/1/7: expected 21 bytes, found 20 bytes");
    verify(bed, &all, &report);
    assert_int_equal(report.read, OBJECTS - 1);
    assert_int_equal(report.fault_count, 1);
}

static void objects_that_are_lost_or_too_many(void **state)
{
    struct bed *bed = *state;
    struct mb_verify_report report;
    make(bed, true);
    put_object(bed, "binlogs/insert_log/1/10/21/21/1/8", "one");
    put_object(bed, "notes.txt", "mine");
    assert_int_equal(
        mb_storage_remove(bed->storage, "backup/b/binlogs/insert_log/1/10/22/22/100/7", NULL, &bed->error),
        MB_OK);
    verify(bed, NULL, &report);
    expect_only(&report, "missing: binlogs/insert_log/1/10/22/22/100/7: expected 21 bytes, found nothing\n"
                         "stray: binlogs/insert_log/1/10/21/21/1/8: expected nothing, found 3 bytes\n"
                         "harmless stray: notes.txt: expected nothing, found 4 bytes");
    assert_int_equal(report.damages, 2);
    assert_int_equal(report.objects, OBJECTS + 5);
}

/* Puts other words for the first that are found in a file of meta/. */
static void change(struct bed *bed, const char *file, const char *from, const char *to)
{
    char key[128];
    snprintf(key, sizeof(key), "backup/b/meta/%s", file);
    const char *text = bed_get(bed, key);
    const char *at = strstr(text, from);
    assert_non_null(at);
    bed_put(bed, key, mb_arena_printf(bed->arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)));
}

static void descriptions_that_differ(void **state)
{
    static const struct {
        const char *file, *from, *to, *row;
    } cases[] = {
        {"segment_meta.json", "\"num_of_rows\":5", "\"num_of_rows\":6",
         "description: meta/segment_meta.json: expected segment 20 of partition 10 of default.c as in "
         "full_meta.json, found something else"},
        {"segment_meta.json", "\"segment_id\":21", "\"segment_id\":99",
         "description: meta/segment_meta.json: expected no segment 99 of partition 10 of default.c as in "
         "full_meta.json, found one\n"
         "description: meta/segment_meta.json: expected segment 21 of partition 10 of default.c as in "
         "full_meta.json, found nothing of it"},
        {"partition_meta.json", "_default", "_defaul",
         "description: meta/partition_meta.json: expected partition 10 of default.c as in full_meta.json, "
         "found "
         "something else"},
        {"collection_meta.json", "by_vec", "by_v3c",
         "description: meta/collection_meta.json: expected index by_vec of default.c as in full_meta.json, "
         "found "
         "nothing of it\n"
         "description: meta/collection_meta.json: expected no index by_v3c of default.c as in "
         "full_meta.json, "
         "found one"},
        {"collection_meta.json", "\"has_index\":true", "\"has_index\":false",
         "description: meta/collection_meta.json: expected collection default.c as in full_meta.json, found "
         "something else"},
        {"collection_meta.json", "\"load_state\":\"Loaded\"",
         "\"load_state\":\"Loading\"", /* of a partition */
         "description: meta/collection_meta.json: expected the text that was written, found another one, "
         "which "
         "says the same"},
        {"segment_meta.json", "}", "} ",
         "description: meta/segment_meta.json: expected the text that was written, found another one, which "
         "says "
         "the same"},
        {"full_meta.json", "{\"id\":\"id-1\",\"collection_id\"", "{\"id\":\"id-2\",\"collection_id\"",
         "description: meta/full_meta.json: expected the text that was written, found another one, which "
         "says "
         "the same"},
        {"backup_meta.json", "v2.3.5", "v2.3.6",
         "description: meta/backup_meta.json: expected the backup as a whole as in full_meta.json, found "
         "something else"},
    };
    struct bed *bed = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct mb_verify_report report;
        make(bed, true);
        change(bed, cases[i].file, cases[i].from, cases[i].to);
        verify(bed, NULL, &report);
        assert_int_equal(mb_storage_remove_prefix(bed->storage, "backup/b/", NULL, NULL, &bed->error), MB_OK);
        if (i == 3 || i == 1) { /* in either order */
            assert_int_equal(report.fault_count, 2);
            assert_int_equal(report.counts[MB_FAULT_DESCRIPTION], 2);
            continue;
        }
        expect_only(&report, cases[i].row);
    }
}

static void files_that_cannot_be_read(void **state)
{
    static const char *const files[] = {"full_meta.json", "segment_meta.json", "collection_meta.json",
                                        "objects.jsonl"};
    struct bed *bed = *state;
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        struct mb_verify_report report;
        char key[64];
        make(bed, true);
        change(bed, files[i], "\":", "\";");
        verify(bed, &all, &report);
        snprintf(key, sizeof(key), "meta/%s", files[i]);
        assert_int_equal(report.fault_count, 1);
        assert_int_equal(report.counts[MB_FAULT_UNREADABLE], 1);
        assert_string_equal(report.faults[0].key, key);
        assert_int_equal(report.read, OBJECTS);
        assert_int_equal(mb_storage_remove_prefix(bed->storage, "backup/b/", NULL, NULL, &bed->error), MB_OK);
    }
}

static void files_that_do_not_fit_each_other(void **state)
{
    struct bed *bed = *state;
    struct mb_verify_report report;
    make(bed, true);
    change(bed, "segment_meta.json", "\"partition_id\":10", "\"partition_id\":77");
    verify(bed, NULL, &report);
    assert_int_equal(report.fault_count, 1);
    assert_int_equal(report.counts[MB_FAULT_UNREADABLE], 1);
    assert_string_equal(report.faults[0].key, "meta/segment_meta.json");
}

static void a_record_that_differs(void **state)
{
    struct bed *bed = *state;
    struct mb_verify_report report;
    make(bed, true);
    change(bed, "objects.jsonl", "/10/20/20/100/7\",\"size\":21", "/10/20/20/100/7\",\"size\":22");
    verify(bed, NULL, &report);
    assert_int_equal(report.counts[MB_FAULT_DESCRIPTION], 1);
    assert_string_equal(report.faults[0].key, "binlogs/insert_log/1/10/20/20/100/7");
    change(bed, "objects.jsonl", "/10/20/20/100/7\",\"size\":22", "/10/20/20/100/8\",\"size\":21");
    verify(bed, NULL, &report);
    expect_only(
        &report,
        "missing: binlogs/insert_log/1/10/20/20/100/8: expected 21 bytes, found nothing\n"
        "description: binlogs/insert_log/1/10/20/20/100/7: expected a line in objects.jsonl, found none, but "
        "the description names it\n"
        "description: binlogs/insert_log/1/10/20/20/100/8: expected a description that names it, found none, "
        "but objects.jsonl does");
}

static void a_missing_file_of_the_description(void **state)
{
    struct bed *bed = *state;
    struct mb_verify_report report;
    make(bed, true);
    assert_int_equal(mb_storage_remove(bed->storage, "backup/b/meta/partition_meta.json", NULL, &bed->error),
                     MB_OK);
    verify(bed, NULL, &report);
    expect_only(&report, "missing: meta/partition_meta.json: expected a description, found nothing");
    assert_false(report.described_twice);
}

/* Older tools kept no list of objects, and left deletes out of the description. */
static void a_backup_without_a_list_of_its_objects(void **state)
{
    struct bed *bed = *state;
    struct mb_verify_report report;
    make(bed, false);
    put_object(bed, "binlogs/delta_log/1/10/20/20/9", "left out");
    put_object(bed, "binlogs/insert_log/1/10/99/99/1/7", "nobody knows");
    put_object(bed, name_of(4), "lost some");
    verify(bed, &all, &report);
    expect_only(&report,
                "size: binlogs/insert_log/1/10/21/21/100/7: expected 21 bytes, found 9 bytes\n"
                "harmless stray: binlogs/insert_log/1/10/99/99/1/7: expected nothing, found 12 bytes");
    assert_false(report.recorded);
    assert_int_equal(report.left_out, 1);
    assert_int_equal(report.read, OBJECTS - 1);
    assert_int_equal(report.compared, 0);
}

static void what_is_no_whole_backup(void **state)
{
    struct bed *bed = *state;
    struct mb_verify_report report;
    assert_int_equal(try(bed, NULL, &report), MB_E_NOT_FOUND);
    bed_record(bed, "backup/b", "id-1", 1);
    assert_int_equal(try(bed, NULL, &report), MB_E_CORRUPT);
    assert_non_null(strstr(bed->error.message, "backup b is not complete: it is being made at this moment"));
}

static void references_that_are_not_understood(void **state)
{
    struct bed *bed = *state;
    struct mb_verify_report report;
    make(bed, true);
    change(bed, "objects.jsonl", "{\"key\"", "{\"ref\":\"b0\",\"key\"");
    assert_int_equal(try(bed, NULL, &report), MB_E_UNSUPPORTED);
    assert_non_null(strstr(bed->error.message, "a member \"ref\""));
}

/* ------------------------------------------------------------- what is read */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned gets[OBJECTS];
static unsigned gets_of_large;
static uint64_t largest_get;
static mb_status get_fails; /* for the object at hand */
static unsigned get_fails_for = OBJECTS + 1;

static mb_status count_get(struct mb_store *store, const char *key, const struct mb_get_options *options,
                           const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call)
{
    unsigned found = OBJECTS;
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < OBJECTS; i++)
        if (strcmp(key + strlen("backup/b/"), name_of(i)) == 0)
            found = i;
    if (found < OBJECTS)
        gets[found]++;
    else if (strcmp(key, "backup/b/large") == 0)
        gets_of_large++;
    if (strstr(key, "/meta/") == NULL && options->length > largest_get)
        largest_get = options->length;
    pthread_mutex_unlock(&lock);
    if (found < OBJECTS && (get_fails_for == OBJECTS || get_fails_for == found)) {
        snprintf(call->error->message, sizeof(call->error->message), "the object is archived");
        return get_fails;
    }
    return mb_storage_plugin_entry()->get(store, key, options, sink, out, call);
}

static void watch_gets(struct bed *bed)
{
    memset(gets, 0, sizeof(gets));
    largest_get = gets_of_large = 0;
    get_fails_for = OBJECTS + 1;
    bed->driver.get = count_get;
    bed_reopen(bed);
}

static void the_shares_together_read_everything_once(void **state)
{
    struct bed *bed = *state;
    struct mb_verify_report report;
    uint64_t read = 0;
    make(bed, true);
    watch_gets(bed);
    for (struct mb_share share = {.n = 1, .of = 4}; share.n <= share.of; share.n++) {
        verify(bed, &share, &report);
        expect_only(&report, "");
        assert_int_equal(report.objects, OBJECTS + 6); /* all of them are looked for each time */
        assert_in_range(report.read, 0, OBJECTS - 1);
        read += report.read;
    }
    assert_int_equal(read, OBJECTS);
    for (unsigned i = 0; i < OBJECTS; i++)
        assert_int_equal(gets[i], 1);
}

static void an_object_that_is_not_given_out(void **state)
{
    struct bed *bed = *state;
    struct mb_verify_report report;
    make(bed, true);
    watch_gets(bed);
    get_fails_for = 5;
    get_fails = MB_E_FORBIDDEN;
    verify(bed, &all, &report);
    assert_int_equal(report.fault_count, 1);
    assert_int_equal(report.faults[0].kind, MB_FAULT_UNREADABLE);
    assert_string_equal(report.faults[0].key, name_of(5));
    assert_non_null(strstr(report.faults[0].found, "archived"));
    assert_int_equal(report.read, OBJECTS - 1);
}

/* Then it says nothing about the backup. */
static void a_service_that_gives_out_nothing(void **state)
{
    struct bed *bed = *state;
    struct mb_verify_report report;
    make(bed, true);
    watch_gets(bed);
    get_fails_for = OBJECTS;
    get_fails = MB_E_UNAVAILABLE;
    assert_int_equal(try(bed, &all, &report), MB_E_UNAVAILABLE);
}

static void large_objects_are_read_piece_by_piece(void **state)
{
    enum { LARGE = 1 << 20, PART = 64 << 10 };
    struct bed *bed = *state;
    struct mb_verify_report report;
    struct mb_progress progress;
    make(bed, true);
    watch_gets(bed);
    char *text = mb_arena_alloc(bed->arena, LARGE + 1, 1);
    memset(text, 'x', LARGE);
    put_object(bed, "large", text);
    change(bed, "objects.jsonl", "",
           mb_arena_printf(bed->arena, "{\"key\":\"large\",\"size\":%d,\"crc32c\":\"%08x\"}\n", LARGE,
                           mb_crc32c(0, text, LARGE)));
    memset(&progress, 0, sizeof(progress));
    const struct mb_verify verify = {.catalog = bed->catalog,
                                     .name = "b",
                                     .read_data = true,
                                     .share = {1, 1},
                                     .copy = {.part_bytes = PART, .memory_bytes = 4 * PART},
                                     .progress = &progress};
    if (mb_verify(&verify, bed->arena, &report, NULL, &bed->error) != MB_OK)
        fail_msg("%s", bed->error.message);
    assert_int_equal(report.counts[MB_FAULT_CHECKSUM], 0);
    assert_int_equal(gets_of_large, LARGE / PART);
    assert_int_equal(largest_get, PART);
    assert_int_equal(atomic_load(&progress.bytes_done), report.read_bytes);
    assert_int_equal(atomic_load(&progress.bytes_total), report.read_bytes);
}

/* Rows are bounded, their number is not. */
static void more_faults_than_are_kept(void **state)
{
    enum { LOST = MB_FAULTS_KEPT + 200 };
    struct bed *bed = *state;
    struct mb_verify_report report;
    struct mb_buf records;
    make(bed, false);
    mb_buf_init(&records, 1 << 20);
    for (unsigned i = 0; i < OBJECTS; i++)
        mb_buf_printf(&records, "{\"key\":\"%s\",\"size\":%zu}\n", name_of(i), strlen(bytes));
    for (unsigned i = 0; i < LOST; i++)
        mb_buf_printf(&records, "{\"key\":\"lost/%u\",\"size\":1}\n", i);
    put_object(bed, "meta/objects.jsonl", records.data);
    mb_buf_done(&records);
    verify(bed, NULL, &report);
    assert_int_equal(report.counts[MB_FAULT_MISSING], LOST);
    assert_int_equal(report.counts[MB_FAULT_DESCRIPTION], LOST); /* nor does the description name them */
    assert_int_equal(report.fault_count, 2 * MB_FAULTS_KEPT);
    assert_int_equal(report.damages, 2 * LOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(a_whole_backup),
        BED_TEST(objects_that_are_not_as_they_were),
        BED_TEST(objects_that_are_lost_or_too_many),
        BED_TEST(descriptions_that_differ),
        BED_TEST(files_that_cannot_be_read),
        BED_TEST(files_that_do_not_fit_each_other),
        BED_TEST(a_record_that_differs),
        BED_TEST(a_missing_file_of_the_description),
        BED_TEST(a_backup_without_a_list_of_its_objects),
        BED_TEST(what_is_no_whole_backup),
        BED_TEST(references_that_are_not_understood),
        BED_TEST(the_shares_together_read_everything_once),
        BED_TEST(an_object_that_is_not_given_out),
        BED_TEST(a_service_that_gives_out_nothing),
        BED_TEST(large_objects_are_read_piece_by_piece),
        BED_TEST(more_faults_than_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
