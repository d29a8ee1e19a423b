#include "bed.h"
#include "walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order of their bytes, which is not the order of a walk that sorts plain names. */
static const char *const keys[] = {"a-b",  "a.b",     "a/1",      "a/b/1",  "a/b/2", "a/b0",  "a0",
                                   "ab/x", "b/c/d/e", "b/c/d/e-", "b/c/d0", "c",     "d e/f", "\xc3\xa9/x"};
enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

static void put_all(struct bed *bed)
{
    for (size_t i = KEYS; i-- > 0;)
        assert_status(MB_OK, bed_put(bed, keys[i], "x"));
}

static void join(char *out, size_t cap, const char *prefix)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < KEYS; i++)
        if (strncmp(keys[i], prefix, strlen(prefix)) == 0)
            len += (size_t)snprintf(out + len, cap - len, "%s\n", keys[i]);
}

static void lists_in_byte_order_whatever_the_page(void **state)
{
    struct bed *bed = *state;
    char expected[1024];
    put_all(bed);
    join(expected, sizeof(expected), "");
    for (uint32_t page = 1; page <= KEYS + 1; page++)
        assert_string_equal(bed_list(bed, "", NULL, page), expected);
}

static void takes_any_prefix(void **state)
{
    struct bed *bed = *state;
    const char *prefixes[] = {"a",  "a/", "a/b",  "a/b/", "a/b/1", "a/b/1x", "b/c/d",
                              "d ", "x",  "x/y/", "a0/",  "c/",    "\xc3"};
    char expected[1024];
    put_all(bed);
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        join(expected, sizeof(expected), prefixes[i]);
        assert_string_equal(bed_list(bed, prefixes[i], NULL, 3), expected);
    }
}

static void groups_by_a_delimiter(void **state)
{
    struct bed *bed = *state;
    put_all(bed);
    bed_mkdir(bed, "empty");
    bed_mkdir(bed, "empty/too");
    for (uint32_t page = 1; page < 12; page++) {
        assert_string_equal(bed_list(bed, "", "/", page),
                            "a-b\na.b\na/ dir\na0\nab/ dir\nb/ dir\nc\nd e/ dir\n\xc3\xa9/ dir\n");
        assert_string_equal(bed_list(bed, "a/", "/", page), "a/1\na/b/ dir\na/b0\n");
        assert_string_equal(bed_list(bed, "a", "/", page), "a-b\na.b\na/ dir\na0\nab/ dir\n");
        assert_string_equal(bed_list(bed, "b/c/d/e", "/", page), "b/c/d/e\nb/c/d/e-\n");
        assert_string_equal(bed_list(bed, "", "b", page), "a-b dir\na.b dir\na/1\na/b dir\na0\nab dir\n"
                                                          "b dir\nc\nd e/f\n\xc3\xa9/x\n");
        assert_string_equal(bed_list(bed, "", "/b/", page),
                            "a-b\na.b\na/1\na/b/ dir\na/b0\na0\nab/x\nb/c/d/e\nb/c/d/e-\nb/c/d0\nc\nd e/f\n"
                            "\xc3\xa9/x\n");
    }
}

/* Lists pages of two from token on into out; returns the token after the first page. */
static bool one_page(struct bed *bed, const char *delimiter, char *token, size_t cap, char *out)
{
    struct mb_list *list = NULL;
    struct mb_page page = {.struct_size = sizeof(page)};
    struct mb_list_options opts = {.struct_size = sizeof(opts),
                                   .page_size = 2,
                                   .prefix = "",
                                   .delimiter = delimiter,
                                   .token = token[0] == '\0' ? NULL : token};
    assert_status(MB_OK, bed->driver->list_open(&list, bed->store, &opts, &bed->call));
    assert_status(MB_OK, bed->driver->list_next(list, &page, &bed->call));
    const struct mb_entry *entries = page.entries;
    for (size_t i = 0; i < page.count; i++) {
        strcat(out, entries[i].key);
        strcat(out, "\n");
    }
    bool more = page.token != NULL;
    if (more)
        snprintf(token, cap, "%s", page.token);
    else
        assert_int_equal(bed->driver->list_next(list, &page, &bed->call), MB_END);
    bed->driver->list_close(list);
    return more;
}

static void resumes_from_every_token(void **state)
{
    struct bed *bed = *state;
    char expected[1024];
    put_all(bed);
    join(expected, sizeof(expected), "");
    char token[128] = "";
    char got[1024] = "";
    while (one_page(bed, NULL, token, sizeof(token), got))
        ;
    assert_string_equal(got, expected);
    token[0] = got[0] = '\0';
    while (one_page(bed, "/", token, sizeof(token), got))
        ;
    assert_string_equal(got, "a-b\na.b\na/\na0\nab/\nb/\nc\nd e/\n\xc3\xa9/\n");
    token[0] = got[0] = '\0';
    while (one_page(bed, "b", token, sizeof(token), got))
        ;
    assert_string_equal(got, "a-b\na.b\na/1\na/b\na0\nab\nb\nc\nd e/f\n\xc3\xa9/x\n");
}

static void survives_the_loss_of_the_key_in_its_token(void **state)
{
    struct bed *bed = *state;
    char token[128] = "";
    char got[1024] = "";
    put_all(bed);
    one_page(bed, NULL, token, sizeof(token), got);
    assert_string_equal(got, "a-b\na.b\n");
    assert_status(MB_OK, bed_remove(bed, "a.b"));
    assert_status(MB_OK, bed_remove(bed, "a/1"));
    got[0] = '\0';
    one_page(bed, NULL, token, sizeof(token), got);
    assert_string_equal(got, "a/b/1\na/b/2\n");
}

static void refuses_a_token_that_is_not_its_own(void **state)
{
    struct bed *bed = *state;
    struct mb_list *list = NULL;
    struct mb_list_options opts = {.struct_size = sizeof(opts), .prefix = "a/"};
    const char *bad[] = {"", "x", "kb/1", "a/1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        opts.token = bad[i];
        assert_status(MB_E_INVALID, bed->driver->list_open(&list, bed->store, &opts, &bed->call));
        assert_null(list);
    }
    opts.token = NULL;
    const char *out[] = {"/", "/etc", "../", "a/../", "a//", ".milvus-backup-x/"};
    for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++) {
        opts.prefix = out[i];
        assert_status(MB_E_INVALID, bed->driver->list_open(&list, bed->store, &opts, &bed->call));
    }
}

static void ends_at_once_where_nothing_is(void **state)
{
    struct bed *bed = *state;
    struct mb_list *list = NULL;
    struct mb_page page = {.struct_size = sizeof(page)};
    struct mb_list_options opts = {.struct_size = sizeof(opts), .prefix = "no/such/"};
    assert_status(MB_OK, bed->driver->list_open(&list, bed->store, &opts, &bed->call));
    assert_int_equal(bed->driver->list_next(list, &page, &bed->call), MB_END);
    assert_int_equal(bed->driver->list_next(list, &page, &bed->call), MB_END);
    bed->driver->list_close(list);
    bed->driver->list_close(NULL);
}

/* Directories larger than the batch are read again and again. */
static void walks_large_directories_in_batches(void **state)
{
    struct bed *bed = *state;
    struct local_walk walk;
    struct local_found found;
    char key[32];
    for (int i = 0; i < 60; i++) {
        snprintf(key, sizeof(key), "d%02d/%d", i / 3, i % 3);
        assert_status(MB_OK, bed_put(bed, key, "x"));
    }
    for (size_t budget = 1; budget < 200; budget += 30) {
        int seen = 0;
        assert_status(MB_OK, local_walk_open(&walk, bed->store, "", "d05/1", false, &bed->call));
        walk.budget = budget;
        /* what was read at the open was read with the usual budget */
        while (local_walk_next(&walk, &found, &bed->call) == MB_OK) {
            snprintf(key, sizeof(key), "d%02d/%d", (seen + 17) / 3, (seen + 17) % 3);
            assert_string_equal(found.key, key);
            seen++;
        }
        assert_int_equal(seen, 43);
        local_walk_close(&walk);
    }
}

static void stops_when_cancelled(void **state)
{
    struct bed *bed = *state;
    struct mb_list *list = NULL;
    struct mb_page page = {.struct_size = sizeof(page)};
    struct mb_list_options opts = {.struct_size = sizeof(opts), .prefix = ""};
    put_all(bed);
    assert_status(MB_OK, bed->driver->list_open(&list, bed->store, &opts, &bed->call));
    bed->cancel_after = 3;
    assert_status(MB_E_CANCELLED, bed->driver->list_next(list, &page, &bed->call));
    assert_null(page.entries);
    bed->driver->list_close(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists_in_byte_order_whatever_the_page, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(takes_any_prefix, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(groups_by_a_delimiter, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(resumes_from_every_token, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(survives_the_loss_of_the_key_in_its_token, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(refuses_a_token_that_is_not_its_own, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(ends_at_once_where_nothing_is, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(walks_large_directories_in_batches, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(stops_when_cancelled, bed_up, bed_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
