/* Backups that move between two folders of one store; what the whole program does is tested end to end. */
#include "bed.h"

#include "base/crc32c.h"
#include "transfer/transfer.h"

#include <stdio.h>
#include <string.h>

#define DATA "the bytes of a binlog"

/* "from/b" is a backup of two objects; the checksum of the first is recorded. */
static void make(struct bed *bed)
{
    struct mb_catalog from = {.storage = bed->storage, .root = "from"};
    const struct mb_backup backup = {
        .id = "id-1", .name = "b", .milvus_version = "v2.3.5", .format = "", .source_root = "files"};
    char records[256];
    snprintf(records, sizeof(records),
             "{\"key\":\"binlogs/1\",\"size\":%zu,\"crc32c\":\"%08x\"}\n{\"key\":\"binlogs/2\",\"size\":1}\n",
             strlen(DATA), mb_crc32c(0, DATA, strlen(DATA)));
    if (bed_make(bed, &from, &backup) != MB_OK)
        fail_msg("%s", bed->error.message);
    bed_put(bed, "from/b/binlogs/1", DATA);
    bed_put(bed, "from/b/binlogs/2", "2");
    bed_put(bed, "from/b/meta/objects.jsonl", records);
}

static enum mb_copy_mode mode = MB_COPY_STREAMING;

static mb_status move_to(struct bed *bed, const char *root, struct mb_transfer_report *report)
{
    struct mb_progress progress;
    memset(&progress, 0, sizeof(progress));
    const struct mb_transfer transfer = {.from = {.storage = bed->storage, .root = "from"},
                                         .to = {.storage = bed->storage, .root = root},
                                         .name = "b",
                                         .timing = {.settle_ns = 1},
                                         .copy = {.mode = mode},
                                         .progress = &progress};
    struct mb_cancel *cancel = mb_cancel_new(NULL);
    mb_status status = mb_transfer(&transfer, report, cancel, &bed->error);
    mb_cancel_free(cancel);
    return status;
}

static enum mb_backup_state state_there(struct bed *bed)
{
    const struct mb_catalog to = {.storage = bed->storage, .root = "to"};
    enum mb_backup_state state = MB_BACKUP_ABSENT;
    assert_int_equal(mb_catalog_state(&to, "b", &state, NULL, &bed->error), MB_OK);
    return state;
}

static void everything_arrives(void **state)
{
    struct bed *bed = *state;
    struct mb_transfer_report report = {0};
    make(bed);
    if (move_to(bed, "to", &report) != MB_OK)
        fail_msg("%s", bed->error.message);
    assert_string_equal(bed_get(bed, "to/b/binlogs/1"), DATA);
    assert_string_equal(bed_get(bed, "to/b/meta/backup_meta.json"),
                        bed_get(bed, "from/b/meta/backup_meta.json"));
    assert_int_equal(bed_count(bed, "to/b/"), bed_count(bed, "from/b/"));
    assert_int_equal(report.objects, bed_count(bed, "from/b/"));
    assert_int_equal(report.verified, 1);
    assert_int_equal(report.present, 0);
    assert_int_equal(state_there(bed), MB_BACKUP_COMPLETE);
}

static void a_taken_name(void **state)
{
    struct bed *bed = *state;
    struct mb_transfer_report report = {0};
    make(bed);
    assert_int_equal(move_to(bed, "to", &report), MB_OK);
    assert_int_equal(move_to(bed, "to", &report), MB_E_EXISTS);
}

static void the_same_place(void **state)
{
    struct bed *bed = *state;
    struct mb_transfer_report report = {0};
    make(bed);
    assert_int_equal(move_to(bed, "from", &report), MB_E_CONFIG);
}

static void an_interrupted_run_goes_on(void **state)
{
    struct bed *bed = *state;
    struct mb_transfer_report report = {0};
    make(bed);
    bed_record(bed, "to/b", "id-1", 3600);
    bed_put(bed, "to/b/binlogs/2", "2");
    bed_put(bed, "to/b/binlogs/1", "half");
    bed_put(bed, "to/b/binlogs/9", "of a part of the backup that is no more");
    if (move_to(bed, "to", &report) != MB_OK)
        fail_msg("%s", bed->error.message);
    assert_int_equal(report.present, 1);
    assert_string_equal(bed_get(bed, "to/b/binlogs/1"), DATA);
    assert_null(bed_get(bed, "to/b/binlogs/9"));
    assert_null(bed_get(bed, "to/b/meta/in_progress.json"));
}

static unsigned lists_to_skip;

static mb_status list_later(struct mb_store *store, const char *prefix,
                            mb_status (*found)(void *ctx, const struct mb_upload *upload), void *ctx,
                            const struct mb_call *call)
{
    if (lists_to_skip == 0)
        return mb_storage_plugin_entry()->mpu_list(store, prefix, found, ctx, call);
    lists_to_skip--;
    return MB_OK;
}

/* A service may still be working on the last request of a killed run when the next one takes over. */
static void uploads_that_the_run_before_began_late_are_aborted(void **state)
{
    struct bed *bed = *state;
    struct mb_transfer_report report = {0};
    char id[256];
    uint64_t left = 77;
    make(bed);
    bed_record(bed, "to/b", "id-1", 3600);
    assert_int_equal(
        mb_storage_upload_begin(bed->storage, "to/b/binlogs/3", id, sizeof(id), NULL, &bed->error), MB_OK);
    bed->driver.mpu_list = list_later;
    bed_reopen(bed);
    lists_to_skip = 1;
    assert_int_equal(move_to(bed, "to", &report), MB_OK);
    assert_int_equal(lists_to_skip, 0);
    assert_int_equal(mb_storage_abort_uploads(bed->storage, "to/", &left, NULL, &bed->error), MB_OK);
    assert_int_equal(left, 0);
}

static void another_backup_in_progress_is_left_alone(void **state)
{
    struct bed *bed = *state;
    struct mb_transfer_report report = {0};
    make(bed);
    bed_record(bed, "to/b", "id-2", 3600);
    bed_put(bed, "to/b/binlogs/9", "theirs");
    assert_int_equal(move_to(bed, "to", &report), MB_E_EXISTS);
    assert_non_null(strstr(bed->error.message, "another origin"));
    assert_string_equal(bed_get(bed, "to/b/binlogs/9"), "theirs");
}

/* Another host goes on with it at this moment. */
static void a_transfer_that_is_under_way_is_left_alone(void **state)
{
    struct bed *bed = *state;
    struct mb_transfer_report report = {0};
    make(bed);
    bed_record(bed, "to/b", "id-1", 30);
    bed_put(bed, "to/b/binlogs/9", "a stray, or not");
    assert_int_equal(move_to(bed, "to", &report), MB_E_EXISTS);
    assert_non_null(strstr(bed->error.message, "at this moment (host, process 7"));
    assert_non_null(bed_get(bed, "to/b/binlogs/9"));
}

static bool deletes_target;

/* The target is deleted when the commit has been written. */
static mb_status put_then_delete(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                                 const struct mb_source *source, struct mb_stat *out,
                                 const struct mb_call *call)
{
    const struct mb_storage_plugin *local = mb_storage_plugin_entry();
    mb_status status = local->put(store, key, opts, source, out, call);
    if (status == MB_OK && deletes_target && strcmp(key, "to/b/meta/backup_meta.json") == 0) {
        local->remove(store, "to/b/meta/in_progress.json", call);
        local->remove(store, "to/b/binlogs/1", call);
    }
    return status;
}

static void a_target_that_is_deleted_meanwhile_is_no_success(void **state)
{
    struct bed *bed = *state;
    struct mb_transfer_report report = {0};
    make(bed);
    bed->driver.put = put_then_delete;
    bed_reopen(bed);
    deletes_target = true;
    assert_int_equal(move_to(bed, "to", &report), MB_E_EXISTS);
    assert_non_null(strstr(bed->error.message, "was deleted while it was being made"));
    assert_null(bed_get(bed, "to/b/meta/backup_meta.json"));
    deletes_target = false;
}

static void a_name_that_only_other_tools_make_is_moved(void **state)
{
    struct bed *bed = *state;
    struct mb_progress progress;
    struct mb_transfer_report report = {0};
    memset(&progress, 0, sizeof(progress));
    make(bed);
    for (const char *const *file = (const char *const[]){"full_meta.json", "backup_meta.json", NULL}; *file;
         file++) {
        char from[128], to[128];
        snprintf(from, sizeof(from), "from/b/meta/%s", *file);
        snprintf(to, sizeof(to), "from/full-backup-2025/meta/%s", *file);
        bed_put(bed, to, bed_get(bed, from));
    }
    const struct mb_transfer transfer = {.from = {.storage = bed->storage, .root = "from"},
                                         .to = {.storage = bed->storage, .root = "to"},
                                         .name = "full-backup-2025",
                                         .copy = {.mode = mode},
                                         .progress = &progress};
    struct mb_cancel *cancel = mb_cancel_new(NULL);
    if (mb_transfer(&transfer, &report, cancel, &bed->error) != MB_OK)
        fail_msg("%s", bed->error.message);
    mb_cancel_free(cancel);
    assert_non_null(bed_get(bed, "to/full-backup-2025/meta/backup_meta.json"));
}

static void a_backup_that_lost_an_object_is_no_success(void **state)
{
    struct bed *bed = *state;
    struct mb_transfer_report report = {0};
    make(bed);
    assert_int_equal(mb_storage_remove(bed->storage, "from/b/binlogs/2", NULL, &bed->error), MB_OK);
    assert_int_equal(move_to(bed, "to", &report), MB_E_CORRUPT);
    assert_non_null(strstr(bed->error.message, "the first is from/b/binlogs/2"));
    assert_int_equal(state_there(bed), MB_BACKUP_IN_PROGRESS);
    bed_put(bed, "from/b/binlogs/2", "22");
    assert_int_equal(move_to(bed, "to", &report), MB_E_CORRUPT);
    assert_non_null(strstr(bed->error.message, "has 2 bytes, but 1 were recorded"));
    bed_put(bed, "from/b/binlogs/2", "2");
    assert_int_equal(move_to(bed, "to", &report), MB_OK);
}

static void a_damaged_object_is_refused_every_time(void **state)
{
    struct bed *bed = *state;
    struct mb_transfer_report report = {0};
    make(bed);
    bed_put(bed, "from/b/binlogs/1", "tHe bytes of a binlog");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(move_to(bed, "to", &report), MB_E_CORRUPT);
        assert_non_null(strstr(bed->error.message, "from/b/binlogs/1"));
        assert_non_null(strstr(bed->error.message, "another copy of the backup"));
        assert_null(bed_get(bed, "to/b/binlogs/1"));
        assert_int_equal(state_there(bed), MB_BACKUP_IN_PROGRESS);
    }
    bed_put(bed, "from/b/binlogs/1", DATA);
    assert_int_equal(move_to(bed, "to", &report), MB_OK);
}

static mb_status remove_nothing(struct mb_store *store, const char *key, const struct mb_call *call)
{
    (void)store, (void)key;
    return mb_fail(call->error, MB_E_FORBIDDEN, "this credential may not remove");
}

/* By its size a damaged copy would be a good one to the next run, so it must not stay, whatever may be
 * removed: streamed, it is never written; copied inside the service, it is emptied. */
static void a_damaged_copy_that_cannot_be_removed(void **state)
{
    struct bed *bed = *state;
    struct mb_transfer_report report = {0};
    static const enum mb_copy_mode modes[] = {MB_COPY_STREAMING, MB_COPY_DIRECT};
    make(bed);
    for (size_t i = 0; i < 2; i++) {
        const char *root = i == 0 ? "streamed" : "copied";
        char key[64];
        snprintf(key, sizeof(key), "%s/b/binlogs/1", root);
        bed_put(bed, "from/b/binlogs/1", "tHe bytes of a binlog");
        bed->driver.remove = remove_nothing;
        bed->driver.remove_many = NULL;
        bed_reopen(bed);
        mode = modes[i];
        assert_int_equal(move_to(bed, root, &report), MB_E_CORRUPT);
        assert_int_equal(strstr(bed->error.message, "the storage tells of its own copy") != NULL, i == 1);
        const char *left = bed_get(bed, key);
        assert_true(left == NULL || *left == '\0');

        bed->driver = *mb_storage_plugin_entry();
        bed_reopen(bed);
        bed_put(bed, "from/b/binlogs/1", DATA);
        if (move_to(bed, root, &report) != MB_OK)
            fail_msg("%s", bed->error.message);
        assert_string_equal(bed_get(bed, key), DATA);
    }
    mode = MB_COPY_STREAMING;
}

/* Dictated for the source's folder only; the target lists what lies there. */
static const char *hidden; /* a key that listings leave out */
static unsigned hidden_times;

static mb_status hide(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    mb_status status = mb_storage_plugin_entry()->list_next(list, page, call);
    struct mb_entry *entries = (struct mb_entry *)(uintptr_t)page->entries;
    if (status != MB_OK || hidden_times == 0)
        return status;
    for (size_t i = 0; i < page->count; i++) {
        if (strcmp(entries[i].key, hidden) != 0)
            continue;
        memmove(&entries[i], &entries[i + 1], (page->count - i - 1) * sizeof(*entries));
        page->count--;
        hidden_times--;
        break;
    }
    return status;
}

static void hide_from_listings(struct bed *bed, const char *key, unsigned times)
{
    hidden = key;
    hidden_times = times;
    bed->driver.list_next = hide;
    bed_reopen(bed);
}

static void what_a_listing_shows_late_is_moved(void **state)
{
    struct bed *bed = *state;
    struct mb_transfer_report report = {0};
    make(bed);
    hide_from_listings(bed, "from/b/binlogs/1", 1);
    if (move_to(bed, "to", &report) != MB_OK)
        fail_msg("%s", bed->error.message);
    assert_int_equal(hidden_times, 0);
    assert_int_equal(report.unlisted, 1);
    assert_string_equal(bed_get(bed, "to/b/binlogs/1"), DATA);
    assert_int_equal(report.objects, bed_count(bed, "from/b/"));
}

static void what_the_target_shows_late_has_arrived(void **state)
{
    struct bed *bed = *state;
    struct mb_transfer_report report = {0};
    make(bed);
    hide_from_listings(bed, "to/b/binlogs/1", 9);
    if (move_to(bed, "to", &report) != MB_OK)
        fail_msg("%s", bed->error.message);
    assert_true(hidden_times < 9);
    assert_int_equal(state_there(bed), MB_BACKUP_COMPLETE);
}

static void strays_stay_behind(void **state)
{
    struct bed *bed = *state;
    struct mb_transfer_report report = {0};
    make(bed);
    bed_put(bed, "from/b/binlogs/insert_log/.DS_Store", "x");
    bed_put(bed, "from/b/binlogs/insert_log/1/2/3/100/4", "not recorded");
    bed_record(bed, "to/b", "id-1", 3600);
    bed_put(bed, "to/b/binlogs/insert_log/.DS_Store", "x");
    if (move_to(bed, "to", &report) != MB_OK)
        fail_msg("%s", bed->error.message);
    assert_int_equal(report.strays, 2);
    assert_string_equal(report.first_stray, "binlogs/insert_log/.DS_Store");
    assert_null(bed_get(bed, "to/b/binlogs/insert_log/.DS_Store"));
    assert_null(bed_get(bed, "to/b/binlogs/insert_log/1/2/3/100/4"));
    assert_int_equal(report.objects, bed_count(bed, "to/b/"));
}

static void no_such_backup(void **state)
{
    struct bed *bed = *state;
    struct mb_transfer_report report = {0};
    assert_int_equal(move_to(bed, "to", &report), MB_E_NOT_FOUND);
    assert_int_equal(bed_count(bed, "to/"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(everything_arrives),
        BED_TEST(a_taken_name),
        BED_TEST(the_same_place),
        BED_TEST(an_interrupted_run_goes_on),
        BED_TEST(uploads_that_the_run_before_began_late_are_aborted),
        BED_TEST(another_backup_in_progress_is_left_alone),
        BED_TEST(a_transfer_that_is_under_way_is_left_alone),
        BED_TEST(a_target_that_is_deleted_meanwhile_is_no_success),
        BED_TEST(a_name_that_only_other_tools_make_is_moved),
        BED_TEST(a_backup_that_lost_an_object_is_no_success),
        BED_TEST(a_damaged_object_is_refused_every_time),
        BED_TEST(a_damaged_copy_that_cannot_be_removed),
        BED_TEST(what_a_listing_shows_late_is_moved),
        BED_TEST(what_the_target_shows_late_has_arrived),
        BED_TEST(strays_stay_behind),
        BED_TEST(no_such_backup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
