#include "bed.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void keeps_what_it_was_given(void **state)
{
    struct bed *bed = *state;
    struct mb_stat st, again;
    assert_status(MB_OK, bed_put(bed, "a/b/c", "hello"));
    assert_string_equal(bed_get(bed, "a/b/c"), "hello");
    assert_status(MB_OK, bed_stat(bed, "a/b/c", &st));
    assert_int_equal(st.size, 5);
    assert_true(st.mtime_ns > 0);
    assert_status(MB_OK, bed_stat(bed, "a/b/c", &again));
    assert_string_equal(st.etag, again.etag);
    assert_status(MB_OK, bed_put(bed, "a/b/c", "world"));
    assert_status(MB_OK, bed_stat(bed, "a/b/c", &again));
    assert_string_not_equal(st.etag, again.etag);
    assert_int_equal(bed_entries(bed, "a/b"), 1);
}

static void replaces_only_when_it_may(void **state)
{
    struct bed *bed = *state;
    assert_status(MB_OK, bed_put_new(bed, "k", "first"));
    assert_status(MB_E_EXISTS, bed_put_new(bed, "k", "second"));
    assert_string_equal(bed_get(bed, "k"), "first");
    assert_status(MB_OK, bed_put(bed, "k", "third"));
    assert_string_equal(bed_get(bed, "k"), "third");
    assert_int_equal(bed_entries(bed, ""), 1);
}

struct range {
    uint64_t offset, length;
    const char *expected;
};

static mb_status take(void *ctx, const void *data, size_t len)
{
    strncat(ctx, data, len);
    return MB_OK;
}

static void reads_ranges_up_to_the_end_and_nothing_past_it(void **state)
{
    struct bed *bed = *state;
    const struct range ranges[] = {{0, 0, "0123456789"}, {3, 0, "3456789"},
                                   {3, 4, "3456"},       {8, 100, "89"},
                                   {9, 1, "9"},          {10, 0, ""},
                                   {10, 5, ""},          {1000, 5, ""},
                                   {UINT64_MAX, 5, ""},  {5, UINT64_MAX, "56789"}};
    assert_status(MB_OK, bed_put(bed, "k", "0123456789"));
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        char text[32] = "";
        struct mb_stat st = {.struct_size = sizeof(st)};
        struct mb_sink sink = {.struct_size = sizeof(sink), .write = take, .ctx = text};
        struct mb_get_options opts = {
            .struct_size = sizeof(opts), .offset = ranges[i].offset, .length = ranges[i].length};
        assert_status(MB_OK, bed->driver->get(bed->store, "k", &opts, &sink, &st, &bed->call));
        assert_string_equal(text, ranges[i].expected);
        assert_int_equal(st.size, 10);
    }
}

static void reads_only_what_still_matches(void **state)
{
    struct bed *bed = *state;
    char text[32] = "";
    struct mb_stat st;
    struct mb_sink sink = {.struct_size = sizeof(sink), .write = take, .ctx = text};
    struct mb_get_options opts = {.struct_size = sizeof(opts), .if_match = st.etag};
    assert_status(MB_OK, bed_put(bed, "k", "one"));
    assert_status(MB_OK, bed_stat(bed, "k", &st));
    assert_status(MB_OK, bed->driver->get(bed->store, "k", &opts, &sink, NULL, &bed->call));
    assert_string_equal(text, "one");
    assert_status(MB_OK, bed_put(bed, "k", "two"));
    assert_status(MB_E_EXISTS, bed->driver->get(bed->store, "k", &opts, &sink, NULL, &bed->call));
    assert_string_equal(text, "one");
}

static void removes_the_directories_that_it_emptied(void **state)
{
    struct bed *bed = *state;
    assert_status(MB_OK, bed_put(bed, "a/b/c/d", "x"));
    assert_status(MB_OK, bed_put(bed, "a/keep", "x"));
    assert_status(MB_OK, bed_remove(bed, "a/b/c/d"));
    assert_false(bed_exists(bed, "a/b"));
    assert_true(bed_exists(bed, "a/keep"));
    assert_status(MB_OK, bed_remove(bed, "a/keep"));
    assert_int_equal(bed_entries(bed, ""), 0);
    assert_status(MB_OK, bed_remove(bed, "a/keep"));
    assert_status(MB_OK, bed_remove(bed, "never/was"));
    bed_mkdir(bed, "left");
    bed_mkdir(bed, "left/empty");
    assert_status(MB_OK, bed_remove(bed, "left/empty/object"));
    assert_int_equal(bed_entries(bed, ""), 0);
}

static void tells_directories_from_objects(void **state)
{
    struct bed *bed = *state;
    struct mb_stat st;
    assert_status(MB_OK, bed_put(bed, "a/b", "x"));
    assert_status(MB_E_NOT_FOUND, bed_stat(bed, "a", &st));
    assert_status(MB_E_NOT_FOUND, bed_stat(bed, "a/b/c", &st));
    assert_status(MB_OK, bed_remove(bed, "a"));
    assert_status(MB_OK, bed_remove(bed, "a/b/c"));
    assert_status(MB_E_UNSUPPORTED, bed_put(bed, "a", "x"));
    assert_status(MB_E_UNSUPPORTED, bed_put(bed, "a/b/c", "x"));
    assert_status(MB_E_UNSUPPORTED, bed_put(bed, "a/b/c/d", "x"));
    assert_non_null(strstr(bed->error.message, "a/b/c/d"));
    assert_string_equal(bed_get(bed, "a/b"), "x");
    char path[128];
    snprintf(path, sizeof(path), "%s/pipe", bed->root);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_status(MB_E_NOT_FOUND, bed_stat(bed, "pipe", &st));
    assert_status(MB_E_INVALID, bed_put(bed, "pipe", "x"));
}

static mb_status refuse_read(void *ctx, void *buf, size_t cap, size_t *nread)
{
    (void)ctx, (void)buf, (void)cap, (void)nread;
    return MB_E_CANCELLED;
}

static void leaves_nothing_of_a_put_that_fails(void **state)
{
    struct bed *bed = *state;
    struct bed_source from;
    struct mb_stat st = {.struct_size = sizeof(st), .size = 77};
    struct mb_source shorter = bed_source(&from, "abc", 3, 4);
    assert_status(MB_E_CORRUPT, bed->driver->put(bed->store, "a/k", NULL, &shorter, &st, &bed->call));
    struct mb_source longer = bed_source(&from, "abc", 3, 2);
    assert_status(MB_E_CORRUPT, bed->driver->put(bed->store, "a/k", NULL, &longer, &st, &bed->call));
    struct mb_source broken = {.struct_size = sizeof(broken), .size = 3, .read = refuse_read};
    assert_status(MB_E_CALLBACK, bed->driver->put(bed->store, "a/k", NULL, &broken, &st, &bed->call));
    bed->cancel_after = 2;
    struct mb_source cut = bed_source(&from, "abc", 3, 3);
    assert_status(MB_E_CANCELLED, bed->driver->put(bed->store, "a/k", NULL, &cut, &st, &bed->call));
    bed->call.deadline_ns = 1;
    assert_status(MB_E_TIMEOUT, bed->driver->put(bed->store, "a/k", NULL, &cut, &st, &bed->call));
    assert_int_equal(st.size, 77);
    assert_int_equal(bed_entries(bed, ""), 0);
}

static void takes_a_source_of_unknown_size(void **state)
{
    struct bed *bed = *state;
    struct bed_source from;
    struct mb_stat st = {.struct_size = sizeof(st)};
    struct mb_source source = bed_source(&from, "abc", 3, -1);
    assert_status(MB_OK, bed->driver->put(bed->store, "k", NULL, &source, &st, &bed->call));
    assert_int_equal(st.size, 3);
    struct mb_source nothing = bed_source(&from, "", 0, 0);
    assert_status(MB_OK, bed->driver->put(bed->store, "e", NULL, &nothing, &st, &bed->call));
    assert_int_equal(st.size, 0);
    assert_string_equal(bed_get(bed, "e"), "");
}

static void copies_between_roots(void **state)
{
    struct bed *bed = *state;
    struct mb_store_info info;
    struct mb_stat st = {.struct_size = sizeof(st)};
    struct mb_put_options new_only = {.struct_size = sizeof(new_only), .flags = MB_PUT_IF_ABSENT};
    char path[128];
    bed_mkdir(bed, "other");
    snprintf(path, sizeof(path), "%s/other", bed->root);
    struct mb_store *other = bed_open(bed, path, &info);
    assert_status(MB_OK, bed_put(bed, "src", "bytes"));
    assert_true(bed->driver->can_copy(other, bed->store));
    assert_status(MB_OK, bed->driver->copy(other, "x/dst", bed->store, "src", NULL, &st, &bed->call));
    assert_int_equal(st.size, 5);
    assert_string_equal(bed_get(bed, "other/x/dst"), "bytes");
    assert_status(MB_E_EXISTS,
                  bed->driver->copy(other, "x/dst", bed->store, "src", &new_only, &st, &bed->call));
    assert_status(MB_E_NOT_FOUND, bed->driver->copy(other, "y", bed->store, "none", NULL, &st, &bed->call));
    assert_status(MB_OK, bed->driver->copy(bed->store, "src", bed->store, "src", NULL, &st, &bed->call));
    assert_string_equal(bed_get(bed, "src"), "bytes");
    bed->driver->close(other);
}

static void copies_large_files_whole(void **state)
{
    struct bed *bed = *state;
    size_t len = ((size_t)33 << 20) + 5;
    char *data = malloc(len);
    struct bed_source from;
    struct mb_stat st = {.struct_size = sizeof(st)};
    for (size_t i = 0; i < len; i++)
        data[i] = (char)(i * 2654435761u >> 13);
    struct mb_source source = bed_source(&from, data, len, (int64_t)len);
    assert_status(MB_OK, bed->driver->put(bed->store, "a", NULL, &source, &st, &bed->call));
    assert_status(MB_OK, bed->driver->copy(bed->store, "b", bed->store, "a", NULL, &st, &bed->call));
    assert_int_equal(st.size, len);
    char command[256];
    snprintf(command, sizeof(command), "cmp %s/a %s/b", bed->root, bed->root);
    assert_int_equal(system(command), 0);
    bed->cancel_after = 4;
    assert_status(MB_E_CANCELLED, bed->driver->copy(bed->store, "c", bed->store, "a", NULL, &st, &bed->call));
    assert_int_equal(bed_entries(bed, ""), 2);
    free(data);
}

enum { RACERS = 8, ROUNDS = 200 };

struct racer {
    struct bed bed; /* with an error and a call of its own */
    int index;
    int failures;
};

static void *put_and_remove(void *ctx)
{
    struct racer *racer = ctx;
    char key[64];
    for (int i = 0; i < ROUNDS; i++) {
        snprintf(key, sizeof(key), "a/b/c/%d/%d", i % 3, racer->index);
        racer->failures += bed_put(&racer->bed, key, "x") != MB_OK;
        racer->failures += bed_remove(&racer->bed, key) != MB_OK;
    }
    return NULL;
}

static void puts_while_others_empty_the_directory(void **state)
{
    struct bed *bed = *state;
    pthread_t threads[RACERS];
    struct racer racers[RACERS];
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){.bed = *bed, .index = i};
        racers[i].bed.call.error = &racers[i].bed.error;
        racers[i].bed.call.host_data = &racers[i].bed;
        assert_int_equal(pthread_create(&threads[i], NULL, put_and_remove, &racers[i]), 0);
    }
    for (int i = 0; i < RACERS; i++) {
        pthread_join(threads[i], NULL);
        if (racers[i].failures != 0)
            fail_msg("%d failures, the last: %s", racers[i].failures, racers[i].bed.error.message);
    }
    assert_int_equal(bed_entries(bed, ""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_what_it_was_given, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(replaces_only_when_it_may, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(reads_ranges_up_to_the_end_and_nothing_past_it, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(reads_only_what_still_matches, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(removes_the_directories_that_it_emptied, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(tells_directories_from_objects, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(leaves_nothing_of_a_put_that_fails, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(takes_a_source_of_unknown_size, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(copies_between_roots, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(copies_large_files_whole, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(puts_while_others_empty_the_directory, bed_up, bed_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
