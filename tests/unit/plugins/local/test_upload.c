#include "bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ID_CAP 64

static void begin(struct bed *bed, const char *key, char id[ID_CAP])
{
    assert_status(MB_OK, bed->driver->mpu_begin(bed->store, key, NULL, id, ID_CAP, &bed->call));
}

static mb_status part_of(struct bed *bed, const char *key, const char *id, uint32_t number, const char *text,
                         bool sized, struct mb_part *out)
{
    struct bed_source from;
    struct mb_source source = bed_source(&from, text, strlen(text), sized ? (int64_t)strlen(text) : -1);
    return bed->driver->mpu_part(bed->store, key, id, number, NULL, &source, out, &bed->call);
}

static mb_status complete(struct bed *bed, const char *key, const char *id, const struct mb_part *parts,
                          size_t count)
{
    return bed->driver->mpu_complete(bed->store, key, id, parts, count, NULL, &bed->call);
}

/* Uploads texts, the last first, and expects what they make together. */
static void upload(struct bed *bed, const char *const *texts, const uint32_t *numbers, size_t count,
                   const char *expected)
{
    struct mb_part parts[8];
    char id[ID_CAP];
    begin(bed, "d/k", id);
    for (size_t i = count; i-- > 0;)
        assert_status(MB_OK, part_of(bed, "d/k", id, numbers[i], texts[i], i % 2 == 0, &parts[i]));
    assert_int_equal(bed_entries(bed, "d"), 1);
    assert_string_equal(bed_list(bed, "", NULL, 10), "");
    assert_status(MB_OK, complete(bed, "d/k", id, parts, count));
    assert_string_equal(bed_get(bed, "d/k"), expected);
    assert_int_equal(bed_entries(bed, "d"), 1);
    assert_status(MB_E_NOT_FOUND, complete(bed, "d/k", id, parts, count));
    assert_status(MB_OK, bed_remove(bed, "d/k"));
}

static void joins_parts_of_any_size_in_any_order(void **state)
{
    struct bed *bed = *state;
    const uint32_t in_row[] = {1, 2, 3, 4};
    const uint32_t gaps[] = {2, 5, 6, 10000};
    upload(bed, (const char *[]){"abc", "def", "ghi", "j"}, in_row, 4, "abcdefghij");
    upload(bed, (const char *[]){"abc", "def", "ghi"}, in_row, 3, "abcdefghi");
    upload(bed, (const char *[]){"a", "b", "c", "defghi"}, in_row, 4, "abcdefghi");
    upload(bed, (const char *[]){"abc", "d", "efg", "hi"}, in_row, 4, "abcdefghi");
    upload(bed, (const char *[]){"abc", "def", "ghi", "j"}, gaps, 4, "abcdefghij");
    upload(bed, (const char *[]){"only"}, in_row, 1, "only");
    upload(bed, (const char *[]){"late"}, gaps + 3, 1, "late");
    upload(bed, (const char *[]){""}, in_row, 1, "");
    upload(bed, (const char *[]){"abc", ""}, in_row, 2, "abc");
    upload(bed, (const char *[]){"", "abc"}, in_row, 2, "abc");
}

static void takes_the_parts_that_it_is_told(void **state)
{
    struct bed *bed = *state;
    struct mb_part parts[4];
    char id[ID_CAP];
    begin(bed, "k", id);
    assert_status(MB_OK, part_of(bed, "k", id, 1, "wrong", true, &parts[0]));
    assert_status(MB_OK, part_of(bed, "k", id, 1, "right", true, &parts[0]));
    assert_status(MB_OK, part_of(bed, "k", id, 2, "too", true, &parts[1]));
    assert_status(MB_OK, part_of(bed, "k", id, 2, "again", true, &parts[1]));
    assert_status(MB_OK, part_of(bed, "k", id, 3, "never", true, &parts[2]));
    assert_status(MB_OK, complete(bed, "k", id, parts, 2));
    assert_string_equal(bed_get(bed, "k"), "rightagain");
}

static void refuses_parts_that_were_not_uploaded(void **state)
{
    struct bed *bed = *state;
    struct mb_part parts[2];
    struct mb_part swapped[2];
    char id[ID_CAP], other[ID_CAP];
    begin(bed, "k", id);
    begin(bed, "k", other);
    assert_status(MB_OK, part_of(bed, "k", id, 1, "abc", true, &parts[0]));
    assert_status(MB_OK, part_of(bed, "k", other, 2, "def", true, &parts[1]));
    assert_status(MB_E_INVALID, complete(bed, "k", id, parts, 2));
    assert_status(MB_E_INVALID, complete(bed, "k", id, parts, 0));
    assert_status(MB_OK, part_of(bed, "k", id, 2, "def", true, &parts[1]));
    swapped[0] = parts[1];
    swapped[1] = parts[0];
    assert_status(MB_E_INVALID, complete(bed, "k", id, swapped, 2));
    parts[1].size = 2;
    assert_status(MB_E_INVALID, complete(bed, "k", id, parts, 2));
    assert_status(MB_E_INVALID, part_of(bed, "k", id, 0, "x", true, &parts[0]));
    assert_string_equal(bed_list(bed, "", NULL, 10), "");
}

static void refuses_ids_that_are_none(void **state)
{
    struct bed *bed = *state;
    struct mb_part part;
    char id[ID_CAP], changed[ID_CAP];
    const char *bad[] = {"", "x", "../../../../../../etc/passwd", "0123456789abcdef-01234567o/../x"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_status(MB_E_NOT_FOUND, part_of(bed, "k", bad[i], 1, "x", true, &part));
        assert_status(MB_E_NOT_FOUND, bed->driver->mpu_abort(bed->store, "k", bad[i], &bed->call));
    }
    begin(bed, "k", id);
    snprintf(changed, sizeof(changed), "%s", id);
    changed[0] = changed[0] == '0' ? '1' : '0';
    assert_status(MB_E_NOT_FOUND, part_of(bed, "k", changed, 1, "x", true, &part));
    assert_status(MB_E_NOT_FOUND, part_of(bed, "other", id, 1, "x", true, &part));
    memcpy(bed->store->boot, "ffffffff", 8);
    assert_status(MB_E_NOT_FOUND, part_of(bed, "k", id, 1, "x", true, &part));
    assert_non_null(strstr(bed->error.message, "before this machine was started"));
    assert_status(MB_OK, bed->driver->mpu_abort(bed->store, "k", id, &bed->call));
    assert_int_equal(bed_entries(bed, ""), 0);
}

static void aborts_without_a_trace(void **state)
{
    struct bed *bed = *state;
    struct mb_part part;
    char id[ID_CAP];
    begin(bed, "a/b/k", id);
    assert_status(MB_OK, part_of(bed, "a/b/k", id, 7, "x", true, &part));
    assert_status(MB_OK, bed->driver->mpu_abort(bed->store, "a/b/k", id, &bed->call));
    assert_int_equal(bed_entries(bed, ""), 0);
    assert_status(MB_E_NOT_FOUND, bed->driver->mpu_abort(bed->store, "a/b/k", id, &bed->call));
}

static void completes_new_objects_only_once(void **state)
{
    struct bed *bed = *state;
    struct mb_put_options new_only = {.struct_size = sizeof(new_only), .flags = MB_PUT_IF_ABSENT};
    struct mb_part part;
    char id[ID_CAP];
    assert_status(MB_OK, bed->driver->mpu_begin(bed->store, "k", &new_only, id, ID_CAP, &bed->call));
    assert_status(MB_OK, part_of(bed, "k", id, 1, "late", true, &part));
    assert_status(MB_OK, bed_put(bed, "k", "early"));
    assert_status(MB_E_EXISTS, complete(bed, "k", id, &part, 1));
    assert_string_equal(bed_get(bed, "k"), "early");
    assert_status(MB_OK, bed->driver->mpu_abort(bed->store, "k", id, &bed->call));
    assert_status(MB_E_EXISTS, bed->driver->mpu_begin(bed->store, "k", &new_only, id, ID_CAP, &bed->call));
    assert_status(MB_E_INVALID, bed->driver->mpu_begin(bed->store, "k", NULL, id, 10, &bed->call));
}

static void copies_parts_of_other_objects(void **state)
{
    struct bed *bed = *state;
    struct mb_part parts[2];
    char id[ID_CAP];
    const struct mb_storage_plugin *driver = bed->driver;
    assert_status(MB_OK, bed_put(bed, "src", "0123456789"));
    begin(bed, "k", id);
    assert_status(
        MB_OK, driver->mpu_copy_part(bed->store, "k", id, 1, bed->store, "src", 2, 4, &parts[0], &bed->call));
    assert_status(
        MB_OK, driver->mpu_copy_part(bed->store, "k", id, 2, bed->store, "src", 9, 1, &parts[1], &bed->call));
    assert_status(MB_E_INVALID, driver->mpu_copy_part(bed->store, "k", id, 3, bed->store, "src", 9, 2,
                                                      &parts[0], &bed->call));
    assert_status(MB_E_NOT_FOUND, driver->mpu_copy_part(bed->store, "k", id, 3, bed->store, "none", 0, 1,
                                                        &parts[0], &bed->call));
    assert_status(MB_OK, complete(bed, "k", id, parts, 2));
    assert_string_equal(bed_get(bed, "k"), "23459");
}

struct uploads {
    int count;
    struct bed *bed;
    char keys[4][300];
    char ids[4][ID_CAP];
};

static mb_status note(void *ctx, const struct mb_upload *upload)
{
    struct uploads *uploads = ctx;
    snprintf(uploads->keys[uploads->count], sizeof(uploads->keys[0]), "%s", upload->key);
    snprintf(uploads->ids[uploads->count], ID_CAP, "%s", upload->upload_id);
    uploads->count++;
    return MB_OK;
}

static mb_status stop(void *ctx, const struct mb_upload *upload)
{
    (void)upload;
    *(int *)ctx += 1;
    return MB_E_CALLBACK;
}

static void finds_uploads_by_prefix(void **state)
{
    struct bed *bed = *state;
    struct uploads found = {0};
    char id[ID_CAP], long_id[ID_CAP];
    char long_key[300];
    int calls = 0;
    begin(bed, "backup/one/x", id);
    begin(bed, "backup/two/x", id);
    assert_status(MB_OK, bed->driver->mpu_list(bed->store, "backup/t", note, &found, &bed->call));
    assert_int_equal(found.count, 1);
    assert_string_equal(found.keys[0], "backup/two/x");
    assert_string_equal(found.ids[0], id);
    assert_status(MB_OK, bed->driver->mpu_list(bed->store, "backup/two/y", note, &found, &bed->call));
    assert_int_equal(found.count, 1);
    assert_status(MB_E_CALLBACK, bed->driver->mpu_list(bed->store, "", stop, &calls, &bed->call));
    assert_int_equal(calls, 1);
    assert_status(MB_OK, bed->driver->mpu_list(bed->store, "none/", note, &found, &bed->call));

    memset(long_key, 'n', 255);
    memcpy(long_key, "long/", 5);
    long_key[255] = '\0';
    begin(bed, long_key, long_id);
    found.count = 0;
    assert_status(MB_OK, bed->driver->mpu_list(bed->store, "long/", note, &found, &bed->call));
    assert_int_equal(found.count, 1);
    assert_status(MB_OK, bed->driver->mpu_abort(bed->store, found.keys[0], found.ids[0], &bed->call));
    assert_false(bed_exists(bed, "long"));
}

/* A put in a child process is killed while it waits for its source. */
static mb_status announce_and_wait(void *ctx, void *buf, size_t cap, size_t *nread)
{
    (void)buf, (void)cap, (void)nread;
    if (write(*(int *)ctx, "x", 1) == 1)
        pause();
    return MB_E_INTERNAL;
}

static void finds_puts_that_were_killed(void **state)
{
    struct bed *bed = *state;
    struct uploads found = {0};
    int pipes[2];
    char byte;
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        struct mb_source source = {
            .struct_size = sizeof(source), .size = -1, .read = announce_and_wait, .ctx = &pipes[1]};
        bed->driver->put(bed->store, "a/b/object", NULL, &source, NULL, &bed->call);
        _exit(1);
    }
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    assert_status(MB_OK, bed->driver->mpu_list(bed->store, "a/", note, &found, &bed->call));
    assert_int_equal(found.count, 0);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(pipes[0]);
    close(pipes[1]);
    assert_string_equal(bed_list(bed, "", NULL, 10), "");
    assert_int_equal(bed_entries(bed, "a/b"), 1);
    assert_status(MB_OK, bed->driver->mpu_list(bed->store, "a/", note, &found, &bed->call));
    assert_int_equal(found.count, 1);
    assert_string_equal(found.keys[0], "a/b/object");
    assert_status(MB_OK, bed->driver->mpu_abort(bed->store, found.keys[0], found.ids[0], &bed->call));
    assert_int_equal(bed_entries(bed, ""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(joins_parts_of_any_size_in_any_order, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(takes_the_parts_that_it_is_told, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(refuses_parts_that_were_not_uploaded, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(refuses_ids_that_are_none, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(aborts_without_a_trace, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(completes_new_objects_only_once, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(copies_parts_of_other_objects, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(finds_uploads_by_prefix, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(finds_puts_that_were_killed, bed_up, bed_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
