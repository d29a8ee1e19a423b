#include "base/owner.h"
#include "bed.h"
#include "json/writer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOT "backup/"

static const struct mb_claim_wish wish = {.backup_id = "id-1", .plan_digest = "3 collections"};

/* The record stays, and its owner is this process. */
static mb_status begin(struct bed *bed, const char *name)
{
    struct mb_claim *claim = NULL;
    mb_status status = mb_claim_begin(&claim, &bed->catalog, name, &wish, NULL, &bed->error);
    mb_claim_free(claim);
    return status;
}

static enum mb_backup_state state_of(struct bed *bed, const char *name)
{
    enum mb_backup_state state = MB_BACKUP_ABSENT;
    if (mb_catalog_state(&bed->catalog, name, &state, NULL, &bed->error) != MB_OK)
        fail_msg("%s", bed->error.message);
    return state;
}

static struct mb_backup small_backup(struct bed *bed, const char *name)
{
    struct mb_collection_backup *collection = mb_arena_alloc(bed->arena, 1, sizeof(*collection));
    collection->collection.db_name = "default";
    collection->collection.name = "coll";
    return (struct mb_backup){.id = "id-1",
                              .name = name,
                              .milvus_version = "v2.3.5",
                              .format = "",
                              .source_root = "files",
                              .size = 88,
                              .collections = collection,
                              .collection_count = 1};
}

static void make(struct bed *bed, const char *name)
{
    struct mb_backup backup = small_backup(bed, name);
    if (bed_make(bed, &bed->catalog, &backup) != MB_OK)
        fail_msg("%s", bed->error.message);
}

static void a_backup_goes_from_absent_to_complete(void **state)
{
    struct bed *bed = *state;
    struct mb_objects *objects = NULL;
    struct mb_object_record record = {.key = "binlogs/x", .size = 1, .etag = ""};
    struct mb_backup backup = small_backup(bed, "b1"), back;
    assert_int_equal(state_of(bed, "b1"), MB_BACKUP_ABSENT);
    struct mb_claim *claim = NULL;
    assert_int_equal(mb_claim_begin(&claim, &bed->catalog, "b1", &wish, NULL, &bed->error), MB_OK);
    assert_int_equal(state_of(bed, "b1"), MB_BACKUP_IN_PROGRESS);
    assert_int_equal(mb_catalog_read(&bed->catalog, "b1", bed->arena, &back, NULL, &bed->error),
                     MB_E_CORRUPT);

    assert_int_equal(mb_objects_new(&objects, NULL, &bed->error), MB_OK);
    assert_int_equal(mb_objects_add(objects, &record, &bed->error), MB_OK);
    assert_int_equal(mb_catalog_write(&bed->catalog, claim, &backup, objects, NULL, &bed->error), MB_OK);
    mb_claim_free(claim);
    mb_objects_free(objects);
    assert_int_equal(state_of(bed, "b1"), MB_BACKUP_COMPLETE);
    assert_int_equal(bed_count(bed, ROOT "b1/"), 6);
    assert_string_equal(
        bed_get(bed, ROOT "b1/meta/backup_meta.json"),
        "{\"id\":\"id-1\",\"state_code\":0,\"name\":\"b1\",\"size\":88,\"milvus_version\":\"v2.3.5\"}");
    assert_int_equal(mb_catalog_read(&bed->catalog, "b1", bed->arena, &back, NULL, &bed->error), MB_OK);
    assert_string_equal(back.collections[0].collection.name, "coll");
    assert_int_equal(back.size, 88);
}

static const char *unlisted; /* the end of a key that listings leave out */

static mb_status list_all_but_one(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    mb_status status = mb_storage_plugin_entry()->list_next(list, page, call);
    struct mb_entry *entries = (struct mb_entry *)(uintptr_t)page->entries;
    size_t kept = 0;
    for (size_t i = 0; status == MB_OK && i < page->count; i++)
        if (!mb_text_ends_with(entries[i].key, unlisted))
            entries[kept++] = entries[i];
    page->count = kept;
    return status;
}

static void what_a_listing_does_not_show_is_asked_for(void **state)
{
    struct bed *bed = *state;
    struct mb_backup back;
    static const char *const files[] = {"backup_meta.json", "meta.json"};
    make(bed, "b1");
    bed->driver.list_next = list_all_but_one;
    bed_reopen(bed);
    for (size_t i = 0; i < 2; i++) {
        unlisted = files[i];
        assert_int_equal(mb_catalog_read(&bed->catalog, "b1", bed->arena, &back, NULL, &bed->error), MB_OK);
        assert_string_equal(back.id, "id-1");
        assert_int_equal(bed->error.status, MB_OK);
    }
}

static void a_maker_that_a_listing_does_not_show_is_not_deleted(void **state)
{
    struct bed *bed = *state;
    bed_record(bed, ROOT "b1", "id-1", 0);
    bed_put(bed, ROOT "b1/binlogs/x", "1");
    unlisted = "in_progress.json";
    bed->driver.list_next = list_all_but_one;
    bed_reopen(bed);
    assert_int_equal(mb_catalog_delete(&bed->catalog, "b1", false, NULL, NULL, &bed->error), MB_E_EXISTS);
    assert_non_null(bed_get(bed, ROOT "b1/binlogs/x"));
}

static void a_name_is_claimed_once(void **state)
{
    struct bed *bed = *state;
    make(bed, "done");
    bed_put(bed, ROOT "left/binlogs/insert_log/1/2/3/3/100/7", "x");
    assert_int_equal(begin(bed, "b1"), MB_OK);
    assert_int_equal(begin(bed, "b1"), MB_E_EXISTS);
    assert_non_null(strstr(bed->error.message, "incomplete"));
    assert_int_equal(begin(bed, "done"), MB_E_EXISTS);
    assert_string_equal(bed->error.message, "backup done already exists");
    assert_int_equal(begin(bed, "left"), MB_E_EXISTS);
    assert_int_equal(begin(bed, "no/name"), MB_E_INVALID);
}

struct racer {
    struct bed *bed;
    atomic_int *won;
    char id[16];
};

static void *race(void *ctx)
{
    struct racer *racer = ctx;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_claim_wish own = wish;
    struct mb_claim *claim = NULL;
    own.backup_id = racer->id;
    mb_status status = mb_claim_begin(&claim, &racer->bed->catalog, "b1", &own, NULL, &error);
    mb_claim_free(claim);
    if (status == MB_OK)
        atomic_fetch_add(racer->won, 1);
    return status == MB_OK || status == MB_E_EXISTS ? NULL : racer;
}

static void of_many_creates_at_once_one_wins(void **state)
{
    enum { RACERS = 8 };
    struct bed *bed = *state;
    struct racer racers[RACERS];
    pthread_t threads[RACERS];
    atomic_int won = 0;
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){.bed = bed, .won = &won};
        snprintf(racers[i].id, sizeof(racers[i].id), "id-%d", i);
        pthread_create(&threads[i], NULL, race, &racers[i]);
    }
    for (int i = 0; i < RACERS; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(atomic_load(&won), 1);
}

/* Puts that fail from a given one on: a process that is killed leaves no complete backup. */
static atomic_int puts_left;

static mb_status put_some(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                          const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    if (atomic_fetch_sub(&puts_left, 1) <= 0)
        return mb_fail(call->error, MB_E_FORBIDDEN, "the disk is gone");
    return mb_storage_plugin_entry()->put(store, key, opts, source, out, call);
}

static void a_commit_cut_short_is_not_complete(void **state)
{
    struct bed *bed = *state;
    struct mb_backup backup = small_backup(bed, "b1");
    bed->driver.put = put_some;
    bed_reopen(bed);
    for (int n = 1; n <= 5; n++) {
        atomic_store(&puts_left, n);
        assert_int_equal(bed_make(bed, &bed->catalog, &backup), MB_E_FORBIDDEN);
        assert_int_equal(state_of(bed, "b1"), MB_BACKUP_IN_PROGRESS);
        assert_int_equal(mb_catalog_delete(&bed->catalog, "b1", true, NULL, NULL, &bed->error), MB_OK);
    }
    atomic_store(&puts_left, 6);
    make(bed, "b1");
    assert_int_equal(state_of(bed, "b1"), MB_BACKUP_COMPLETE);
}

/* What the Go program leaves when it is killed between its files, and folder markers. */
static void half_descriptions_and_markers_are_told_apart(void **state)
{
    struct bed *bed = *state;
    bed_put(bed, ROOT "half/meta/backup_meta.json", "{}");
    bed_put(bed, ROOT "half/meta/collection_meta.json", "{}");
    assert_int_equal(state_of(bed, "half"), MB_BACKUP_FOREIGN);
    bed_put(bed, ROOT "half/meta/partition_meta.json", "{}");
    bed_put(bed, ROOT "half/meta/segment_meta.json", "{}");
    assert_int_equal(state_of(bed, "half"), MB_BACKUP_COMPLETE);
    bed_put(bed, ROOT "nobackup/meta/full_meta.json", "{}");
    assert_int_equal(state_of(bed, "nobackup"), MB_BACKUP_FOREIGN);
    char path[128];
    snprintf(path, sizeof(path), "%s/backup/empty", bed->root);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(state_of(bed, "empty"), MB_BACKUP_ABSENT);
}

static void copy_interop(struct bed *bed, const char *name)
{
    static const char *const files[] = {"backup_meta.json", "collection_meta.json", "partition_meta.json",
                                        "segment_meta.json", "full_meta.json"};
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        char path[512], key[128];
        static char text[1 << 20];
        snprintf(path, sizeof(path), "%s/%s/meta/%s", MB_TEST_INTEROP, name, files[i]);
        snprintf(key, sizeof(key), ROOT "%s/meta/%s", name, files[i]);
        FILE *in = fopen(path, "rb");
        assert_non_null(in);
        text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
        fclose(in);
        bed_put(bed, key, text);
    }
}

static void backups_of_the_go_program_are_read(void **state)
{
    struct bed *bed = *state;
    struct mb_backup backup;
    copy_interop(bed, "go_v0_4_15");
    copy_interop(bed, "go_v0_5_16");
    assert_int_equal(mb_catalog_read(&bed->catalog, "go_v0_5_16", bed->arena, &backup, NULL, &bed->error),
                     MB_OK);
    assert_int_equal(backup.collection_count, 7);
    assert_int_equal(
        mb_storage_remove(bed->storage, ROOT "go_v0_4_15/meta/full_meta.json", NULL, &bed->error), MB_OK);
    assert_int_equal(mb_catalog_read(&bed->catalog, "go_v0_4_15", bed->arena, &backup, NULL, &bed->error),
                     MB_OK);
    assert_int_equal(backup.collection_count, 7);
    assert_int_equal(backup.size, 68896);
}

static void a_renamed_backup_has_the_name_of_its_directory(void **state)
{
    struct bed *bed = *state;
    struct mb_backup backup;
    bed_put(bed, ROOT "new/meta/backup_meta.json", "{\"name\":\"old\"}");
    bed_put(bed, ROOT "new/meta/full_meta.json", "{\"name\":\"old\"}");
    assert_int_equal(mb_catalog_read(&bed->catalog, "new", bed->arena, &backup, NULL, &bed->error), MB_OK);
    assert_string_equal(backup.name, "new");
}

static void reading_tells_what_is_wrong(void **state)
{
    struct bed *bed = *state;
    struct mb_backup backup;
    assert_int_equal(mb_catalog_read(&bed->catalog, "b1", bed->arena, &backup, NULL, &bed->error),
                     MB_E_NOT_FOUND);
    assert_string_equal(bed->error.message, "backup b1 not found");
    assert_int_equal(mb_catalog_read(&bed->catalog, "../b1", bed->arena, &backup, NULL, &bed->error),
                     MB_E_INVALID);
    bed_put(bed, ROOT "b1/meta/backup_meta.json", "{}");
    bed_put(bed, ROOT "b1/meta/full_meta.json", "{\"size\":\"x\"}");
    assert_int_equal(mb_catalog_read(&bed->catalog, "b1", bed->arena, &backup, NULL, &bed->error),
                     MB_E_CORRUPT);
    assert_string_equal(bed->error.message, "backup/b1/meta/full_meta.json: value at byte 8: \"size\" is no "
                                            "integer of 64 bits");
}

static const struct mb_backup_summary *find(const struct mb_backup_summary *list, size_t count,
                                            const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return &list[i];
    return NULL;
}

static void a_list_has_every_backup_and_nothing_else(void **state)
{
    struct bed *bed = *state;
    struct mb_backup_summary *list = NULL;
    size_t count = 99;
    assert_int_equal(mb_catalog_list(&bed->catalog, true, bed->arena, &list, &count, NULL, &bed->error),
                     MB_OK);
    assert_int_equal(count, 0);

    copy_interop(bed, "go_v0_4_15");
    make(bed, "b2");
    make(bed, "b1");
    struct mb_claim *making = NULL;
    assert_int_equal(begin(bed, "ended"), MB_OK);
    assert_int_equal(mb_claim_begin(&making, &bed->catalog, "making", &wish, NULL, &bed->error), MB_OK);
    bed_put(bed, ROOT "broken/meta/backup_meta.json", "{\"id\":");
    bed_put(bed, ROOT "broken/meta/full_meta.json", "{}");
    bed_put(bed, ROOT "killed/binlogs/insert_log/1/2/3/3/100/7", "x");
    bed_put(bed, ROOT "insert_log/1/2/3/100/7", "x");
    bed_put(bed, ROOT "file", "x");
    bed_put(bed, "other/meta/backup_meta.json", "{}");
    assert_int_equal(mb_catalog_list(&bed->catalog, true, bed->arena, &list, &count, NULL, &bed->error),
                     MB_OK);
    assert_int_equal(count, 7);
    for (size_t i = 1; i < count; i++)
        assert_true(strcmp(list[i - 1].name, list[i].name) < 0);

    const struct mb_backup_summary *s = find(list, count, "go_v0_4_15");
    assert_int_equal(s->state, MB_BACKUP_COMPLETE);
    assert_string_equal(s->problem, "");
    assert_string_equal(s->id, "e60afc64-e569-11f1-a9a5-3a92efc23323");
    assert_string_equal(s->milvus_version, "v2.3.5-lite");
    assert_int_equal(s->size, 68896);
    assert_int_equal(s->collection_count, 7);
    s = find(list, count, "b1");
    assert_int_equal(s->state, MB_BACKUP_COMPLETE);
    assert_string_equal(s->collections[0].name, "coll");
    s = find(list, count, "making");
    assert_int_equal(s->state, MB_BACKUP_IN_PROGRESS);
    assert_non_null(strstr(s->problem, "process "));
    assert_int_equal(s->heart, MB_HEART_BEATS);
    mb_claim_free(making);
    assert_int_equal(find(list, count, "ended")->heart, MB_HEART_STOPPED);
    s = find(list, count, "broken");
    assert_int_equal(s->state, MB_BACKUP_COMPLETE);
    assert_non_null(strstr(s->problem, "backup_meta.json: byte 6"));
    assert_int_equal(find(list, count, "killed")->state, MB_BACKUP_FOREIGN);
}

static void a_root_may_be_the_bucket_itself(void **state)
{
    struct bed *bed = *state;
    struct mb_backup_summary *list = NULL;
    size_t count = 0;
    bed->catalog.root = "";
    bed_put(bed, "files/insert_log/1/2/3/100/7", "x");
    make(bed, "b1");
    assert_string_equal(bed_get(bed, "b1/meta/partition_meta.json"), "{}");
    assert_int_equal(mb_catalog_list(&bed->catalog, false, bed->arena, &list, &count, NULL, &bed->error),
                     MB_OK);
    assert_int_equal(count, 1);
    assert_int_equal(list[0].collection_count, 0);
    bed->catalog.root = "/";
    assert_int_equal(state_of(bed, "b1"), MB_BACKUP_COMPLETE);
}

static void a_delete_takes_everything(void **state)
{
    struct bed *bed = *state;
    uint64_t removed = 0;
    char upload[256];
    make(bed, "b1");
    make(bed, "b10");
    bed_put(bed, ROOT "b1/binlogs/insert_log/1/2/3/3/100/7", "x");
    bed_put(bed, ROOT "b1/README", "put here by hand");
    assert_int_equal(
        mb_storage_upload_begin(bed->storage, ROOT "b1/binlogs/x", upload, sizeof(upload), NULL, &bed->error),
        MB_OK);
    assert_int_equal(mb_catalog_delete(&bed->catalog, "b1", false, &removed, NULL, &bed->error), MB_OK);
    assert_int_equal(removed, 7);
    assert_int_equal(bed_count(bed, ROOT "b1/"), 0);
    assert_int_equal(state_of(bed, "b1"), MB_BACKUP_ABSENT);
    assert_int_equal(state_of(bed, "b10"), MB_BACKUP_COMPLETE);
    uint64_t aborted = 9;
    assert_int_equal(mb_storage_abort_uploads(bed->storage, ROOT, &aborted, NULL, &bed->error), MB_OK);
    assert_int_equal(aborted, 0);
    assert_int_equal(mb_catalog_delete(&bed->catalog, "b1", false, &removed, NULL, &bed->error),
                     MB_E_NOT_FOUND);
    make(bed, "b1"); /* the name is free again */
}

static void leftovers_can_be_deleted_too(void **state)
{
    struct bed *bed = *state;
    bed_put(bed, ROOT "killed/binlogs/insert_log/1/2/3/3/100/7", "x");
    assert_int_equal(mb_catalog_delete(&bed->catalog, "killed", false, NULL, NULL, &bed->error), MB_OK);
    bed_put(bed, ROOT "broken/meta/backup_meta.json", "no json");
    assert_int_equal(mb_catalog_delete(&bed->catalog, "broken", false, NULL, NULL, &bed->error), MB_OK);
    assert_int_equal(begin(bed, "making"), MB_OK);
    assert_int_equal(mb_catalog_delete(&bed->catalog, "making", true, NULL, NULL, &bed->error), MB_OK);
    assert_int_equal(bed_count(bed, ROOT), 0);
}

/* With Milvus' own root as backup root, a slip of the keyboard must not cost data. */
static void what_is_no_backup_is_not_deleted(void **state)
{
    struct bed *bed = *state;
    static const char *const names[] = {"", ".", "..", "b1/meta", "/"};
    bed_put(bed, ROOT "insert_log/1/2/3/100/7", "x");
    assert_int_equal(mb_catalog_delete(&bed->catalog, "insert_log", false, NULL, NULL, &bed->error),
                     MB_E_INVALID);
    make(bed, "b1");
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        assert_int_equal(mb_catalog_delete(&bed->catalog, names[i], false, NULL, NULL, &bed->error),
                         MB_E_INVALID);
    assert_int_equal(bed_count(bed, ROOT), 6);
}

static atomic_int removals_left;

static mb_status remove_some(struct mb_store *store, const char *key, const struct mb_call *call)
{
    if (atomic_fetch_sub(&removals_left, 1) <= 0)
        return mb_fail(call->error, MB_E_FORBIDDEN, "not that one");
    return mb_storage_plugin_entry()->remove(store, key, call);
}

static void a_delete_cut_short_leaves_no_complete_backup(void **state)
{
    struct bed *bed = *state;
    bed->driver.remove = remove_some;
    bed->driver.remove_many = NULL;
    bed_reopen(bed);
    for (int n = 1; n <= 5; n++) {
        atomic_store(&removals_left, 1000);
        make(bed, "b1");
        bed_put(bed, ROOT "b1/binlogs/insert_log/1/2/3/3/100/7", "x");
        atomic_store(&removals_left, n);
        assert_int_equal(mb_catalog_delete(&bed->catalog, "b1", true, NULL, NULL, &bed->error),
                         MB_E_FORBIDDEN);
        assert_int_equal(state_of(bed, "b1"), MB_BACKUP_FOREIGN);
        atomic_store(&removals_left, 1000);
        assert_int_equal(mb_catalog_delete(&bed->catalog, "b1", true, NULL, NULL, &bed->error), MB_OK);
        assert_int_equal(state_of(bed, "b1"), MB_BACKUP_ABSENT);
    }
}

static mb_status list_refused(struct mb_list **out, struct mb_store *store,
                              const struct mb_list_options *opts, const struct mb_call *call)
{
    (void)out, (void)store, (void)opts;
    return mb_fail(call->error, MB_E_FORBIDDEN, "no listing");
}

static void the_store_s_failure_is_not_taken_for_absence(void **state)
{
    struct bed *bed = *state;
    enum mb_backup_state backup_state = MB_BACKUP_COMPLETE;
    struct mb_backup_summary *list = NULL;
    struct mb_backup backup;
    size_t count = 0;
    bed->driver.list_open = list_refused;
    bed_reopen(bed);
    assert_int_equal(mb_catalog_state(&bed->catalog, "b1", &backup_state, NULL, &bed->error), MB_E_FORBIDDEN);
    assert_int_equal(backup_state, MB_BACKUP_COMPLETE);
    assert_int_equal(mb_catalog_read(&bed->catalog, "b1", bed->arena, &backup, NULL, &bed->error),
                     MB_E_FORBIDDEN);
    assert_int_equal(mb_catalog_delete(&bed->catalog, "b1", true, NULL, NULL, &bed->error), MB_E_FORBIDDEN);
    assert_int_equal(begin(bed, "b1"), MB_E_FORBIDDEN);
    assert_int_equal(mb_catalog_list(&bed->catalog, true, bed->arena, &list, &count, NULL, &bed->error),
                     MB_E_FORBIDDEN);
}

static void a_backup_is_shown_whole_or_brief(void **state)
{
    struct bed *bed = *state;
    struct mb_buf text;
    const struct mb_sink sink = mb_buf_sink(&text);
    struct mb_backup backup;
    mb_buf_init(&text, 1 << 20);
    copy_interop(bed, "go_v0_5_16");
    assert_int_equal(mb_catalog_read(&bed->catalog, "go_v0_5_16", bed->arena, &backup, NULL, &bed->error),
                     MB_OK);
    assert_int_equal(mb_catalog_show(&backup, false, 0, &sink, &bed->error), MB_OK);
    assert_string_equal(text.data, bed_get(bed, ROOT "go_v0_5_16/meta/full_meta.json"));
    mb_buf_reset(&text);
    assert_int_equal(mb_catalog_show(&backup, true, 4, &sink, &bed->error), MB_OK);
    assert_null(strstr(text.data, "partition_backups"));
    assert_null(strstr(text.data, "segment"));
    assert_memory_equal(text.data, "{\n    \"id\": \"11a14083", 21);
    mb_buf_done(&text);
}

static const struct mb_storage_plugin *real;

static mb_status list_but_closed(struct mb_list **out, struct mb_store *store,
                                 const struct mb_list_options *opts, const struct mb_call *call)
{
    if (strstr(opts->prefix, "/closed/") != NULL)
        return mb_fail(call->error, MB_E_FORBIDDEN, "closed");
    return real->list_open(out, store, opts, call);
}

static mb_status get_but_gone(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                              const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call)
{
    if (strstr(key, "/gone/") != NULL)
        return mb_fail(call->error, MB_E_NOT_FOUND, "gone");
    return real->get(store, key, opts, sink, out, call);
}

static void one_folder_does_not_hide_the_backups(void **state)
{
    struct bed *bed = *state;
    struct mb_backup_summary *list = NULL;
    size_t count = 0;
    make(bed, "b1");
    make(bed, "closed");
    make(bed, "gone"); /* by somebody else's delete, between the listing of its files and their reading */
    real = mb_storage_plugin_entry();
    bed->driver.list_open = list_but_closed;
    bed->driver.get = get_but_gone;
    bed_reopen(bed);
    if (mb_catalog_list(&bed->catalog, true, bed->arena, &list, &count, NULL, &bed->error) != MB_OK)
        fail_msg("%s", bed->error.message);
    assert_int_equal(count, 2);
    assert_string_equal(list[0].name, "b1");
    assert_int_equal(list[0].state, MB_BACKUP_COMPLETE);
    assert_string_equal(list[1].name, "closed");
    assert_int_equal(list[1].state, MB_BACKUP_FOREIGN);
    assert_non_null(strstr(list[1].problem, "closed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(a_backup_goes_from_absent_to_complete),
        BED_TEST(what_a_listing_does_not_show_is_asked_for),
        BED_TEST(a_maker_that_a_listing_does_not_show_is_not_deleted),
        BED_TEST(a_name_is_claimed_once),
        BED_TEST(of_many_creates_at_once_one_wins),
        BED_TEST(a_commit_cut_short_is_not_complete),
        BED_TEST(half_descriptions_and_markers_are_told_apart),
        BED_TEST(backups_of_the_go_program_are_read),
        BED_TEST(a_renamed_backup_has_the_name_of_its_directory),
        BED_TEST(reading_tells_what_is_wrong),
        BED_TEST(a_list_has_every_backup_and_nothing_else),
        BED_TEST(one_folder_does_not_hide_the_backups),
        BED_TEST(a_root_may_be_the_bucket_itself),
        BED_TEST(a_delete_takes_everything),
        BED_TEST(leftovers_can_be_deleted_too),
        BED_TEST(what_is_no_backup_is_not_deleted),
        BED_TEST(a_delete_cut_short_leaves_no_complete_backup),
        BED_TEST(the_store_s_failure_is_not_taken_for_absence),
        BED_TEST(a_backup_is_shown_whole_or_brief),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
