#include "storage/store.h"

#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bed.h"

/* A driver whose listings are dictated page by page: every list_next takes the next one, whatever list_open
 * was told. */
struct dictated_page {
    mb_status status;
    const char *keys; /* with spaces between; "x/" is a prefix, "-" no key */
    const char *token;
    uint32_t entry_size;
};

struct dictation {
    struct mb_storage_plugin table;
    const struct dictated_page *pages;
    size_t count, next;
    char tokens[256]; /* those that list_open got, with spaces between */
    char keys[512];
    struct mb_entry entries[16];
    bool in_order; /* what the store is known to do, after the listing */
};

static struct dictation dictation;

static mb_status dictated_list_open(struct mb_list **out, struct mb_store *store,
                                    const struct mb_list_options *opts, const struct mb_call *call)
{
    (void)store, (void)call;
    size_t len = strlen(dictation.tokens);
    snprintf(dictation.tokens + len, sizeof(dictation.tokens) - len, "%s%s", len > 0 ? " " : "",
             opts->token != NULL ? opts->token : "start");
    *out = (struct mb_list *)(uintptr_t)&dictation;
    return MB_OK;
}

static mb_status dictated_list_next(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    (void)list;
    if (dictation.next == dictation.count)
        return MB_END;
    const struct dictated_page *dictated = &dictation.pages[dictation.next++];
    if (dictated->status != MB_OK)
        return mb_fail(call->error, dictated->status, "dictated");
    snprintf(dictation.keys, sizeof(dictation.keys), "%s", dictated->keys);
    size_t count = 0;
    char *rest = NULL;
    for (char *key = strtok_r(dictation.keys, " ", &rest); key != NULL; key = strtok_r(NULL, " ", &rest)) {
        bool prefix = key[strlen(key) - 1] == '/';
        dictation.entries[count++] = (struct mb_entry){
            .key = strcmp(key, "-") == 0 ? NULL : key, .etag = "", .flags = prefix ? MB_ENTRY_PREFIX : 0};
    }
    page->entry_size = dictated->entry_size > 0 ? dictated->entry_size : sizeof(struct mb_entry);
    page->entries = count > 0 ? dictation.entries : NULL;
    page->count = count;
    page->token = dictated->token;
    return MB_OK;
}

static void dictated_list_close(struct mb_list *list)
{
    (void)list;
}

/* Lists what is dictated and puts the keys into out, with spaces between. */
static mb_status list_dictated(const struct dictated_page *pages, size_t count, const char *delimiter,
                               bool sorted, char *out, size_t cap, struct mb_error *error)
{
    struct scripted scripted;
    scripted_init(&scripted);
    scripted.caps = sorted ? 0 : MB_CAP_LIST_SORTED;
    scripted.table.list_open = dictated_list_open;
    scripted.table.list_next = dictated_list_next;
    scripted.table.list_close = dictated_list_close;
    dictation = (struct dictation){.pages = pages, .count = count};
    struct mb_storage *storage = scripted_open(&scripted, 0);
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry;
    out[0] = '\0';
    assert_int_equal(mb_listing_open(&listing, storage, "", delimiter, NULL, error), MB_OK);
    mb_status status;
    while ((status = mb_listing_next(listing, &entry, error)) == MB_OK) {
        assert_null(entry->etag);
        size_t len = strlen(out);
        snprintf(out + len, cap - len, "%s%s", len > 0 ? " " : "", entry->key);
    }
    if (status == MB_END)
        assert_int_equal(mb_listing_next(listing, &entry, error), MB_END);
    mb_listing_close(listing);
    dictation.in_order = mb_storage_lists_in_order(storage);
    mb_storage_close(storage);
    scripted_done(&scripted);
    return status;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void expect_listed(const struct dictated_page *pages, size_t count, const char *delimiter, bool sorted,
                          const char *keys)
{
    char out[512];
    struct mb_error error = MB_ERROR_INIT;
    if (list_dictated(pages, count, delimiter, sorted, out, sizeof(out), &error) != MB_END)
        fail_msg("%s", error.message);
    assert_string_equal(out, keys);
}

static void expect_broken(const struct dictated_page *pages, size_t count, mb_status status,
                          const char *message)
{
    char out[512];
    struct mb_error error = MB_ERROR_INIT;
    assert_int_equal(list_dictated(pages, count, NULL, true, out, sizeof(out), &error), status);
    assert_string_equal(error.message, message);
}

static void test_pages_in_order(void **state)
{
    (void)state;
    const struct dictated_page pages[] = {
        {.keys = "a b", .token = "1"}, {.keys = "", .token = "2"}, {.keys = "c"}};
    expect_listed(pages, COUNT(pages), NULL, true, "a b c");
    assert_string_equal(dictation.tokens, "start");
    const struct dictated_page empty[] = {{.keys = ""}};
    expect_listed(empty, COUNT(empty), NULL, true, "");
    expect_listed(NULL, 0, NULL, true, "");
}

static void test_a_page_that_fails_is_asked_for_again(void **state)
{
    (void)state;
    const struct dictated_page pages[] = {{.status = MB_E_UNAVAILABLE},
                                          {.keys = "a b", .token = "1"},
                                          {.status = MB_E_TIMEOUT},
                                          {.status = MB_E_THROTTLED},
                                          {.keys = "c", .token = "2"},
                                          {.status = MB_E_UNAVAILABLE},
                                          {.keys = "d"},
                                          {.status = MB_E_UNAVAILABLE}};
    expect_listed(pages, COUNT(pages), NULL, true, "a b c d");
    assert_string_equal(dictation.tokens, "start start 1 1 2");
}

static void test_repeated_entries_are_dropped(void **state)
{
    (void)state;
    const struct dictated_page pages[] = {{.keys = "a b c", .token = "1"},
                                          {.keys = "b c d", .token = "2"},
                                          {.keys = "a b", .token = "3"},
                                          {.keys = "d d e e"}};
    expect_listed(pages, COUNT(pages), NULL, true, "a b c d e");
    const struct dictated_page unsorted[] = {{.keys = "c a b", .token = "1"}, {.keys = "b a x"}};
    expect_listed(unsorted, COUNT(unsorted), NULL, false, "c a b x");
}

static void test_entries_out_of_order_are_not_lost(void **state)
{
    (void)state;
    const struct dictated_page late[] = {{.keys = "a c", .token = "1"}, {.keys = "b d"}};
    expect_listed(late, COUNT(late), NULL, true, "a c b d");
    assert_false(dictation.in_order);
    const struct dictated_page behind_a_repeat[] = {{.keys = "c d", .token = "1"}, {.keys = "d a b e"}};
    expect_listed(behind_a_repeat, COUNT(behind_a_repeat), NULL, true, "c d a b e");
    assert_false(dictation.in_order);
    const struct dictated_page within[] = {{.keys = "a c b"}};
    expect_listed(within, COUNT(within), NULL, true, "a c b");
    assert_false(dictation.in_order);

    const struct dictated_page ordered[] = {{.keys = "a c", .token = "1"}, {.keys = "c d"}};
    expect_listed(ordered, COUNT(ordered), NULL, true, "a c d");
    assert_true(dictation.in_order);
    expect_listed(ordered, COUNT(ordered), NULL, false, "a c d");
    assert_false(dictation.in_order);
    const struct dictated_page folders[] = {{.keys = "x y a/ b/"}};
    expect_listed(folders, COUNT(folders), "/", true, "x y a/ b/");
    assert_true(dictation.in_order);
}

/* More keys than are kept one by one: a page of long ago is known as a whole. */
static void test_pages_of_long_ago(void **state)
{
    (void)state;
    enum { PAGES = 3000, KEYS = 10 };
    static struct dictated_page pages[PAGES + 2];
    static char keys[PAGES][128], tokens[PAGES][8];
    char *out = malloc(PAGES * sizeof(keys[0]));
    struct mb_error error = MB_ERROR_INIT;
    for (size_t i = 0; i < PAGES; i++) {
        size_t len = 0;
        for (size_t k = 0; k < KEYS; k++)
            len += (size_t)snprintf(keys[i] + len, sizeof(keys[i]) - len, "%s%05zu", k > 0 ? " " : "",
                                    i * KEYS + k);
        snprintf(tokens[i], sizeof(tokens[i]), "%zu", i);
        pages[i] = (struct dictated_page){.keys = keys[i], .token = tokens[i]};
    }
    pages[PAGES] = (struct dictated_page){.keys = keys[7], .token = "again"};
    pages[PAGES + 1] = (struct dictated_page){.keys = "y z"};
    assert_int_equal(list_dictated(pages, COUNT(pages), NULL, true, out, PAGES * sizeof(keys[0]), &error),
                     MB_END);
    assert_int_equal(strlen(out), PAGES * KEYS * 6 - 1 + strlen(" y z"));
    assert_true(dictation.in_order);
    free(out);
}

static void test_prefixes_only_with_a_delimiter(void **state)
{
    (void)state;
    const struct dictated_page pages[] = {{.keys = "x y a/ b/"}};
    expect_listed(pages, COUNT(pages), "/", true, "x y a/ b/");
    expect_listed(pages, COUNT(pages), NULL, true, "x y");
}

static void test_listings_that_cannot_be_trusted(void **state)
{
    (void)state;
    const struct dictated_page stuck[] = {{.keys = "a", .token = "1"}, {.keys = "a", .token = "1"}};
    expect_broken(stuck, COUNT(stuck), MB_E_PROTOCOL,
                  "list memory://m: the same page comes again and again (token \"1\")");
    const struct dictated_page after_end[] = {{.keys = "a"}, {.keys = "b"}};
    expect_broken(
        after_end, COUNT(after_end), MB_E_INTERNAL,
        "list memory://m: bug in storage driver \"scripted\": a page follows one that had no token");
    const struct dictated_page no_key[] = {{.keys = "a -"}};
    expect_broken(no_key, COUNT(no_key), MB_E_INTERNAL,
                  "list memory://m: bug in storage driver \"scripted\": it brought \"(no key)\", which is "
                  "not below the prefix");
    const struct dictated_page narrow[] = {{.keys = "a", .entry_size = 8}};
    expect_broken(narrow, COUNT(narrow), MB_E_INTERNAL,
                  "list memory://m: bug in storage driver \"scripted\": entries of 8 bytes are too short");
    const struct dictated_page blank[] = {{.keys = "a", .token = ""}};
    expect_broken(blank, COUNT(blank), MB_E_INTERNAL,
                  "list memory://m: bug in storage driver \"scripted\": a page has an empty token");
    const struct dictated_page forbidden[] = {{.keys = "a", .token = "1"}, {.status = MB_E_FORBIDDEN}};
    expect_broken(forbidden, COUNT(forbidden), MB_E_FORBIDDEN, "list memory://m: dictated");
}

static void test_pages_that_lead_nowhere(void **state)
{
    (void)state;
    static struct dictated_page pages[1100];
    static char tokens[1100][8];
    for (size_t i = 0; i < COUNT(pages); i++) {
        snprintf(tokens[i], sizeof(tokens[i]), "%zu", i);
        pages[i] = (struct dictated_page){.keys = "a", .token = tokens[i]};
    }
    expect_broken(pages, COUNT(pages), MB_E_PROTOCOL,
                  "list memory://m: 1000 pages in a row brought nothing new");
}

/* Three pages in turn behind one that is not on the circle. */
static void go_round(struct dictated_page *pages, size_t count)
{
    static const struct dictated_page circle[] = {
        {.keys = "a b", .token = "1"}, {.keys = "c d", .token = "2"}, {.keys = "e f", .token = "3"}};
    pages[0] = (struct dictated_page){.keys = "A", .token = "0"};
    for (size_t i = 1; i < count; i++)
        pages[i] = circle[(i - 1) % COUNT(circle)];
}

static void test_a_listing_that_goes_round(void **state)
{
    (void)state;
    static struct dictated_page pages[100];
    for (int sorted = 0; sorted < 2; sorted++) {
        char out[512];
        struct mb_error error = MB_ERROR_INIT;
        go_round(pages, COUNT(pages));
        assert_int_equal(list_dictated(pages, COUNT(pages), NULL, sorted, out, sizeof(out), &error),
                         MB_E_PROTOCOL);
        assert_non_null(strstr(error.message, "the same page comes again and again"));
        assert_string_equal(out, "A a b c d e f");
        assert_true(dictation.next < 70);

        /* One that comes back for a while does no harm. */
        pages[20] = (struct dictated_page){.keys = "y"};
        assert_int_equal(list_dictated(pages, 21, NULL, sorted, out, sizeof(out), &error), MB_END);
        assert_string_equal(out, "A a b c d e f y");
        assert_int_equal(dictation.in_order, sorted);
    }
}

static void test_a_real_listing_with_failures(void **state)
{
    struct bed *bed = *state;
    char key[32];
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof(key), "p/%03d", i);
        write_text(bed, key, "v");
    }
    write_text(bed, "q", "v");
    for (int i = 0; i < 30; i++)
        scripted_next(&bed->scripted, MB_OP_LIST,
                      (struct scripted_step){.kind = i % 2 ? SCRIPTED_FAIL_AFTER : SCRIPTED_FAIL,
                                             .status = i % 3 ? MB_OK : MB_E_UNAVAILABLE});
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry;
    int count = 0;
    assert_int_equal(mb_listing_open(&listing, bed->storage, "p/", NULL, NULL, &bed->error), MB_OK);
    while (mb_listing_next(listing, &entry, &bed->error) == MB_OK) {
        snprintf(key, sizeof(key), "p/%03d", count++);
        assert_string_equal(entry->key, key);
        assert_int_equal(entry->size, 1);
    }
    assert_int_equal(count, 100);
    mb_listing_close(listing);
    mb_listing_close(NULL);
}

static void test_left_early(void **state)
{
    struct bed *bed = *state;
    write_text(bed, "a", "v");
    write_text(bed, "b", "v");
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry;
    assert_int_equal(mb_listing_open(&listing, bed->storage, "", NULL, NULL, &bed->error), MB_OK);
    assert_int_equal(mb_listing_next(listing, &entry, &bed->error), MB_OK);
    mb_listing_close(listing);
    assert_int_equal(mb_listing_open(&listing, bed->storage, "", NULL, NULL, &bed->error), MB_OK);
    mb_listing_close(listing);
}

static void test_cancelled_between_pages(void **state)
{
    struct bed *bed = *state;
    for (char key[2] = "a"; key[0] < 'h'; key[0]++)
        write_text(bed, key, "v");
    struct mb_cancel *cancel = mb_cancel_new(NULL);
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry;
    assert_int_equal(mb_listing_open(&listing, bed->storage, "", NULL, cancel, &bed->error), MB_OK);
    assert_int_equal(mb_listing_next(listing, &entry, &bed->error), MB_OK);
    mb_cancel_request(cancel);
    mb_status status;
    int count = 0;
    while ((status = mb_listing_next(listing, &entry, &bed->error)) == MB_OK)
        count++;
    assert_int_equal(status, MB_E_CANCELLED);
    assert_int_equal(count, 2); /* the rest of the page in hand */
    mb_listing_close(listing);
    mb_cancel_free(cancel);
}

static mb_status open_and_show(struct mb_list **out, struct mb_store *store,
                               const struct mb_list_options *opts, const struct mb_call *call)
{
    dictation.next = 0;
    return dictated_list_open(out, store, opts, call);
}

/* Three keys are shown for ever, the third was never there. */
static void test_removing_what_a_listing_goes_on_showing(void **state)
{
    struct bed *bed = *state;
    static const struct dictated_page pages[] = {{.keys = "p/a p/b p/c"}};
    uint64_t removed = 77;
    bed->scripted.table.list_open = open_and_show;
    bed->scripted.table.list_next = dictated_list_next;
    bed->scripted.table.list_close = dictated_list_close;
    reopen(bed, 0);
    dictation = (struct dictation){.pages = pages, .count = COUNT(pages)};
    write_text(bed, "p/a", "v");
    write_text(bed, "p/b", "v");
    assert_int_equal(mb_storage_remove_prefix(bed->storage, "p/", &removed, NULL, &bed->error), MB_OK);
    assert_int_equal(memory_object_count(bed->scripted.store), 0);
    assert_string_equal(bed->error.message, "");
}

static void test_any(void **state)
{
    struct bed *bed = *state;
    bool any = true;
    assert_int_equal(mb_storage_any(bed->storage, "", &any, NULL, &bed->error), MB_OK);
    assert_false(any);
    write_text(bed, "a/b", "v");
    assert_int_equal(mb_storage_any(bed->storage, "a/", &any, NULL, &bed->error), MB_OK);
    assert_true(any);
    assert_int_equal(mb_storage_any(bed->storage, "b", &any, NULL, &bed->error), MB_OK);
    assert_false(any);
    scripted_fail(&bed->scripted, MB_OP_LIST, MB_E_FORBIDDEN, "403");
    assert_int_equal(mb_storage_any(bed->storage, "a/", &any, NULL, &bed->error), MB_E_FORBIDDEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_in_order),
        cmocka_unit_test(test_a_page_that_fails_is_asked_for_again),
        cmocka_unit_test(test_repeated_entries_are_dropped),
        cmocka_unit_test(test_prefixes_only_with_a_delimiter),
        cmocka_unit_test(test_listings_that_cannot_be_trusted),
        cmocka_unit_test(test_pages_that_lead_nowhere),
        cmocka_unit_test(test_entries_out_of_order_are_not_lost),
        cmocka_unit_test(test_pages_of_long_ago),
        cmocka_unit_test(test_a_listing_that_goes_round),
        WITH_BED(test_a_real_listing_with_failures),
        WITH_BED(test_left_early),
        WITH_BED(test_cancelled_between_pages),
        WITH_BED(test_removing_what_a_listing_goes_on_showing),
        WITH_BED(test_any),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
