/* What listings remember: alone, and over a store whose reads are counted. */
#include "bed.h"
#include "catalog/memo.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------- alone */

static struct mb_memo *memo_of(size_t bytes)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_memo *memo = NULL;
    assert_int_equal(mb_memo_new(&memo, bytes, &error), MB_OK);
    return memo;
}

static void put(struct mb_memo *memo, const char *name, const char *stamp, const char *text)
{
    mb_memo_put(memo, name, stamp, MB_MEMO_BACKUP, text, strlen(text));
}

/* What is remembered, or "nothing". */
static const char *got(struct mb_memo *memo, const char *name, const char *stamp, enum mb_memo_kind kind)
{
    static char text[64];
    struct mb_arena *arena = mb_arena_new();
    const char *data = "nothing";
    size_t len = strlen(data);
    mb_memo_get(memo, name, stamp, kind, arena, &data, &len);
    snprintf(text, sizeof text, "%.*s", (int)len, data);
    mb_arena_free(arena);
    return text;
}

static void a_stamp_that_differs_is_another_backup(void **state)
{
    struct mb_memo *memo = memo_of(10000);
    (void)state;
    put(memo, "b", "one", "text");
    assert_string_equal(got(memo, "b", "one", MB_MEMO_BACKUP), "text");
    assert_string_equal(got(memo, "b", "two", MB_MEMO_BACKUP), "nothing");
    assert_string_equal(got(memo, "b", "one", MB_MEMO_DETAILS), "nothing");
    assert_string_equal(got(memo, "other", "one", MB_MEMO_BACKUP), "nothing");
    mb_memo_put(memo, "b", "two", MB_MEMO_DETAILS, "new", 3);
    assert_string_equal(got(memo, "b", "two", MB_MEMO_BACKUP), "nothing");
    assert_string_equal(got(memo, "b", "one", MB_MEMO_BACKUP), "nothing");
    assert_string_equal(got(memo, "b", "two", MB_MEMO_DETAILS), "new");
    mb_memo_free(memo);
}

static void without_a_stamp_or_a_memo_nothing_is_remembered(void **state)
{
    struct mb_memo *memo = memo_of(10000);
    (void)state;
    put(memo, "b", "", "text");
    assert_string_equal(got(memo, "b", "", MB_MEMO_BACKUP), "nothing");
    assert_int_equal(mb_memo_used(memo), 0);
    put(NULL, "b", "one", "text");
    assert_string_equal(got(NULL, "b", "one", MB_MEMO_BACKUP), "nothing");
    mb_memo_end(NULL, mb_memo_begin(NULL));
    mb_memo_free(memo);
    mb_memo_free(NULL);
}

static void what_no_look_has_seen_since_is_forgotten(void **state)
{
    struct mb_memo *memo = memo_of(10000);
    (void)state;
    uint64_t first = mb_memo_begin(memo);
    put(memo, "stays", "s", "1");
    put(memo, "goes", "s", "2");
    mb_memo_end(memo, first);
    uint64_t second = mb_memo_begin(memo), third = mb_memo_begin(memo);
    assert_string_equal(got(memo, "stays", "s", MB_MEMO_BACKUP), "1");
    mb_memo_end(memo, first); /* that of one who was slow */
    assert_string_equal(got(memo, "goes", "s", MB_MEMO_DETAILS), "nothing");
    put(memo, "late", "s", "3");
    mb_memo_end(memo, second);
    mb_memo_end(memo, third);
    size_t used = mb_memo_used(memo);
    mb_memo_end(memo, mb_memo_begin(memo));
    assert_true(used > 0);
    assert_int_equal(mb_memo_used(memo), 0);
    assert_string_equal(got(memo, "stays", "s", MB_MEMO_BACKUP), "nothing");
    mb_memo_free(memo);
}

static void it_takes_no_more_than_it_may(void **state)
{
    struct mb_memo *memo = memo_of(5000);
    char name[24];
    size_t kept = 0;
    (void)state;
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "backup_%d", i);
        put(memo, name, "stamp", "a description of some length");
        assert_true(mb_memo_used(memo) <= 5000);
        kept += strcmp(got(memo, name, "stamp", MB_MEMO_BACKUP), "nothing") != 0;
    }
    assert_in_range(kept, 20, 60);
    assert_string_equal(got(memo, "backup_0", "stamp", MB_MEMO_BACKUP), "a description of some length");
    mb_memo_end(memo, mb_memo_begin(memo));
    put(memo, "another", "stamp", "there is room again");
    assert_string_equal(got(memo, "another", "stamp", MB_MEMO_BACKUP), "there is room again");
    mb_memo_free(memo);
}

static void *use(void *ctx)
{
    struct mb_memo *memo = ctx;
    char name[24];
    for (int i = 0; i < 300; i++) {
        struct mb_arena *arena = mb_arena_new();
        const char *data = NULL;
        size_t len = 0;
        uint64_t begun = mb_memo_begin(memo);
        snprintf(name, sizeof name, "b%d", i % 7);
        if (mb_memo_get(memo, name, "s", MB_MEMO_DETAILS, arena, &data, &len))
            assert_memory_equal(data, name, len);
        mb_memo_put(memo, name, "s", MB_MEMO_DETAILS, name, strlen(name));
        mb_memo_end(memo, begun);
        mb_arena_free(arena);
    }
    return NULL;
}

static void many_look_at_once(void **state)
{
    struct mb_memo *memo = memo_of(2000);
    pthread_t threads[4];
    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use, memo), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    mb_memo_end(memo, mb_memo_begin(memo));
    assert_int_equal(mb_memo_used(memo), 0);
    mb_memo_free(memo);
}

/* --------------------------------------------------------------- in a listing */

static atomic_uint reads;

static mb_status count_get(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                           const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call)
{
    atomic_fetch_add(&reads, 1);
    return mb_storage_plugin_entry()->get(store, key, opts, sink, out, call);
}

static mb_status forget_etags(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    mb_status status = mb_storage_plugin_entry()->list_next(list, page, call);
    for (size_t i = 0; status == MB_OK && i < page->count; i++)
        ((struct mb_entry *)(uintptr_t)((const char *)page->entries + i * page->entry_size))->etag = "";
    return status;
}

static void begin(struct bed *bed, size_t bytes)
{
    bed->driver.get = count_get;
    bed_reopen(bed);
    bed->catalog.memo = memo_of(bytes);
    atomic_store(&reads, 0);
}

static void make(struct bed *bed, const char *name, const char *version)
{
    const struct mb_backup backup = {
        .id = "id", .name = name, .milvus_version = version, .format = "", .source_root = "files", .size = 7};
    if (bed_make(bed, &bed->catalog, &backup) != MB_OK)
        fail_msg("%s", bed->error.message);
}

/* "name:version name:version" of all, and how much was read for it. */
static const char *listed(struct bed *bed, bool with_collections, unsigned *cost)
{
    static char text[256];
    struct mb_backup_summary *items = NULL;
    size_t count = 0, at = 0;
    unsigned before = atomic_load(&reads);
    assert_int_equal(
        mb_catalog_list(&bed->catalog, with_collections, bed->arena, &items, &count, NULL, &bed->error),
        MB_OK);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s:%s", i > 0 ? " " : "", items[i].name,
                               items[i].milvus_version);
    *cost = atomic_load(&reads) - before;
    return text;
}

static void what_has_not_changed_is_read_once(void **state)
{
    struct bed *bed = *state;
    unsigned cost;
    begin(bed, 100000);
    make(bed, "a", "v2.3.5");
    make(bed, "b", "v2.4.1");
    assert_string_equal(listed(bed, false, &cost), "a:v2.3.5 b:v2.4.1");
    assert_int_equal(cost, 2);
    assert_string_equal(listed(bed, false, &cost), "a:v2.3.5 b:v2.4.1");
    assert_int_equal(cost, 0);
    assert_string_equal(listed(bed, true, &cost), "a:v2.3.5 b:v2.4.1");
    assert_int_equal(cost, 2); /* the names of collections */
    assert_string_equal(listed(bed, true, &cost), "a:v2.3.5 b:v2.4.1");
    assert_int_equal(cost, 0);
    mb_memo_free(bed->catalog.memo);
}

/* Of the same name, and of the same size to the byte. */
static void one_that_was_replaced_is_read_anew(void **state)
{
    struct bed *bed = *state;
    unsigned cost;
    begin(bed, 100000);
    make(bed, "a", "v2.3.5");
    make(bed, "b", "v2.3.5");
    assert_string_equal(listed(bed, false, &cost), "a:v2.3.5 b:v2.3.5");
    assert_int_equal(mb_catalog_delete(&bed->catalog, "b", false, NULL, NULL, &bed->error), MB_OK);
    make(bed, "b", "v2.6.1");
    assert_string_equal(listed(bed, false, &cost), "a:v2.3.5 b:v2.6.1");
    assert_int_equal(cost, 1);
    mb_memo_free(bed->catalog.memo);
}

static void one_that_was_deleted_is_neither_listed_nor_kept(void **state)
{
    struct bed *bed = *state;
    unsigned cost;
    begin(bed, 100000);
    make(bed, "a", "v2.3.5");
    make(bed, "b", "v2.3.5");
    listed(bed, true, &cost);
    size_t used = mb_memo_used(bed->catalog.memo);
    assert_int_equal(mb_catalog_delete(&bed->catalog, "a", false, NULL, NULL, &bed->error), MB_OK);
    assert_string_equal(listed(bed, true, &cost), "b:v2.3.5");
    assert_in_range(mb_memo_used(bed->catalog.memo), 1, used - 1);
    assert_int_equal(mb_catalog_delete(&bed->catalog, "b", false, NULL, NULL, &bed->error), MB_OK);
    assert_string_equal(listed(bed, true, &cost), "");
    assert_int_equal(mb_memo_used(bed->catalog.memo), 0);
    mb_memo_free(bed->catalog.memo);
}

static void what_is_damaged_is_read_each_time(void **state)
{
    struct bed *bed = *state;
    unsigned cost;
    begin(bed, 100000);
    make(bed, "a", "v2.3.5");
    bed_put(bed, "backup/a/meta/backup_meta.json", "{\"id\": ");
    listed(bed, false, &cost);
    assert_int_equal(cost, 1);
    listed(bed, false, &cost);
    assert_int_equal(cost, 1);
    mb_memo_free(bed->catalog.memo);
}

static void where_there_is_no_room_or_no_etag_all_is_read(void **state)
{
    struct bed *bed = *state;
    unsigned cost;
    begin(bed, 10);
    make(bed, "a", "v2.3.5");
    for (int i = 0; i < 2; i++) {
        assert_string_equal(listed(bed, false, &cost), "a:v2.3.5");
        assert_int_equal(cost, 1);
    }
    mb_memo_free(bed->catalog.memo);
    bed->driver.list_next = forget_etags;
    begin(bed, 100000);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(listed(bed, false, &cost), "a:v2.3.5");
        assert_int_equal(cost, 1);
    }
    mb_memo_free(bed->catalog.memo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stamp_that_differs_is_another_backup),
        cmocka_unit_test(without_a_stamp_or_a_memo_nothing_is_remembered),
        cmocka_unit_test(what_no_look_has_seen_since_is_forgotten),
        cmocka_unit_test(it_takes_no_more_than_it_may),
        cmocka_unit_test(many_look_at_once),
        BED_TEST(what_has_not_changed_is_read_once),
        BED_TEST(one_that_was_replaced_is_read_anew),
        BED_TEST(one_that_was_deleted_is_neither_listed_nor_kept),
        BED_TEST(what_is_damaged_is_read_each_time),
        BED_TEST(where_there_is_no_room_or_no_etag_all_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
