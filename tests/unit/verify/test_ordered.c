/* Listings in byte order: passed on, sorted in memory, sorted by way of a file. */
#include "bed.h"

#include "lister.h"
#include "verify/ordered.h"
#include "verify/runs.h"

#include <stdio.h>

static mb_status list(struct bed *bed, size_t memory_bytes, char *out, size_t cap)
{
    struct mb_ordered *ordered = NULL;
    const struct mb_entry *entry;
    out[0] = '\0';
    if (mb_ordered_open(&ordered, bed->storage, "", memory_bytes, NULL, &bed->error) < 0)
        fail_msg("%s", bed->error.message);
    mb_status status;
    while ((status = mb_ordered_next(ordered, &entry, &bed->error)) == MB_OK) {
        size_t len = strlen(out);
        snprintf(out + len, cap - len, "%s:%d:%s ", entry->key, (int)entry->size,
                 entry->etag ? entry->etag : "-");
    }
    mb_ordered_close(ordered);
    return status;
}

static const struct mb_entry shuffled[] = {
    {.key = "d", .size = 4, .etag = "\"4\""},
    {.key = "b", .size = 2},
    {.key = "a-b", .size = 5, .etag = "e"},
    {.key = "a", .size = 1},
    {.key = "c", .size = 3},
    {.key = "b", .size = 2},
    {.key = "\xc3\xa4", .size = 7},
    {.key = "a/b"},
};
static const char sorted[] = "a:1:- a-b:5:e a/b:0:- b:2:- c:3:- d:4:\"4\" \xc3\xa4:7:- ";

static void whatever_the_memory_is(void **state)
{
    struct bed *bed = *state;
    static const size_t memory[] = {0, 1, 100, 200, 1000};
    char out[512];
    lister_install(bed, shuffled, sizeof(shuffled) / sizeof(*shuffled), false);
    for (size_t i = 0; i < sizeof(memory) / sizeof(*memory); i++) {
        assert_int_equal(list(bed, memory[i], out, sizeof(out)), MB_END);
        assert_string_equal(out, sorted);
    }
    lister_install(bed, NULL, 0, false);
    assert_int_equal(list(bed, 0, out, sizeof(out)), MB_END);
    assert_string_equal(out, "");
}

static void an_order_that_was_promised(void **state)
{
    struct bed *bed = *state;
    char out[512];
    lister_install(bed, shuffled, sizeof(shuffled) / sizeof(*shuffled), true);
    assert_int_equal(list(bed, 0, out, sizeof(out)), MB_E_PROTOCOL);
    assert_string_equal(out, "d:4:\"4\" ");
    assert_non_null(strstr(bed->error.message, "does not list in byte order: \"b\" comes after \"d\""));
    assert_int_equal(list(bed, 0, out, sizeof(out)), MB_END);
    assert_string_equal(out, sorted);
}

static void what_is_in_order_is_passed_on(void **state)
{
    struct bed *bed = *state;
    static const struct mb_entry entries[] = {
        {.key = "a"}, {.key = "b"}, {.key = "b"}, {.key = "c", .size = 3}};
    char out[512];
    lister_install(bed, entries, 4, true);
    assert_int_equal(list(bed, 0, out, sizeof(out)), MB_END);
    assert_string_equal(out, "a:0:- b:0:- c:3:- ");
}

/* Many runs of many pieces each, with long keys across the pieces' edges. */
static void many_runs(void **state)
{
    struct bed *bed = *state;
    enum { COUNT = 20000 };
    struct mb_runs *runs = NULL;
    char key[700];
    assert_int_equal(mb_runs_new(&runs, (size_t)1 << 20, NULL, &bed->error), MB_OK);
    for (unsigned i = 0; i < COUNT; i++) {
        unsigned number = i * 7919 % COUNT;
        snprintf(key, sizeof(key), "%05u/%0*u", number, (int)(number % 500) + 1, number);
        struct mb_entry entry = {.key = key, .size = number, .etag = number % 3 == 0 ? key + 1 : NULL};
        assert_int_equal(mb_runs_add(runs, &entry, &bed->error), MB_OK);
    }
    assert_int_equal(mb_runs_merge(runs, &bed->error), MB_OK);
    struct mb_entry entry;
    for (unsigned number = 0; number < COUNT; number++) {
        if (mb_runs_next(runs, &entry, &bed->error) != MB_OK)
            fail_msg("%s", bed->error.message);
        snprintf(key, sizeof(key), "%05u/%0*u", number, (int)(number % 500) + 1, number);
        assert_string_equal(entry.key, key);
        assert_int_equal(entry.size, number);
        if (number % 3 == 0)
            assert_string_equal(entry.etag, key + 1);
        else
            assert_null(entry.etag);
    }
    assert_int_equal(mb_runs_next(runs, &entry, &bed->error), MB_END);
    mb_runs_free(runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(whatever_the_memory_is),
        BED_TEST(an_order_that_was_promised),
        BED_TEST(what_is_in_order_is_passed_on),
        BED_TEST(many_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
