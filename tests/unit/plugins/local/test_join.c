/* Completing an upload on a disk that fails: the object is the old one or the new one, never something made
 * up, and what was done is not done again. */
#include "disk.h"
#include "parts.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void a_directory_that_was_not_synced_is_only_synced_again(void **state)
{
    struct bed *bed = *state;
    for (size_t i = 0; i < 2; i++) {
        struct mb_stat st;
        assert_status(MB_OK, bed_put(bed, KEY, OLD));
        struct parts u = parts_upload(bed, parts_cuts[i], 0);
        disk_break(DISK_SYNC_DIRECTORY, 1);
        assert_status(MB_E_UNAVAILABLE, parts_complete(&u));
        assert_int_equal(bed->error.flags, MB_ERR_RETRYABLE | MB_ERR_AMBIGUOUS);
        assert_string_equal(bed_get(bed, KEY), NEW);
        assert_status(MB_OK, bed_stat(bed, KEY, &st));
        disk_break(DISK_SYNC_DIRECTORY, 1);
        assert_status(MB_E_UNAVAILABLE, parts_complete(&u));
        disk_mend();
        assert_status(MB_OK, parts_complete(&u));
        assert_string_equal(bed_get(bed, KEY), NEW);
        assert_string_equal(u.st.etag, st.etag);
        assert_int_equal(u.st.size, strlen(NEW));
        assert_int_equal(disk.calls[DISK_SYNC_DIRECTORY], 1);
        assert_int_equal(disk.calls[DISK_SYNC_FILE] + disk.calls[DISK_RENAME] + disk.calls[DISK_TRUNCATE], 0);
        parts_assert_gone(bed, &u);
    }
}

static void a_new_object_is_not_refused_for_being_its_own(void **state)
{
    struct bed *bed = *state;
    for (size_t i = 0; i < 2; i++) {
        struct parts u = parts_upload(bed, parts_cuts[i], MB_PUT_IF_ABSENT);
        disk_break(DISK_SYNC_DIRECTORY, 1);
        assert_status(MB_E_UNAVAILABLE, parts_complete(&u));
        disk_mend();
        assert_status(MB_OK, parts_complete(&u));
        assert_string_equal(bed_get(bed, KEY), NEW);
        assert_status(MB_OK, bed_remove(bed, KEY));
    }
}

static void what_others_did_meanwhile_stays(void **state)
{
    struct bed *bed = *state;
    for (size_t i = 0; i < 2; i++) {
        struct parts u = parts_upload(bed, parts_cuts[i], 0);
        disk_break(DISK_SYNC_DIRECTORY, 1);
        assert_status(MB_E_UNAVAILABLE, parts_complete(&u));
        disk_mend();
        assert_status(MB_OK, bed_put(bed, KEY, "of another"));
        assert_status(MB_E_EXISTS, parts_complete(&u));
        assert_non_null(strstr(bed->error.message, "replaced"));
        assert_string_equal(bed_get(bed, KEY), "of another");
        /* A part that comes late does not bring the file back either. */
        u.count = 2;
        assert_status(MB_OK, parts_send(&u, u.parts[2].size == 2 ? "cc" : "bcc"));
        assert_true(parts_complete(&u) < 0);
        assert_string_equal(bed_get(bed, KEY), "of another");
        assert_status(MB_OK, bed->driver->mpu_abort(bed->store, KEY, u.id, &bed->call));
        parts_assert_gone(bed, &u);
        assert_string_equal(bed_get(bed, KEY), "of another");
    }
}

static void a_file_that_was_not_synced_is_given_up(void **state)
{
    struct bed *bed = *state;
    static const enum disk_call calls[] = {DISK_SYNC_FILE, DISK_CLOSE};
    for (size_t i = 0; i < 4; i++) {
        assert_status(MB_OK, bed_put(bed, KEY, OLD));
        struct parts u = parts_upload(bed, parts_cuts[i / 2], 0);
        disk_break(calls[i % 2], i % 2 + 1); /* the first to be closed is a note of the upload's own */
        assert_true(parts_complete(&u) < 0);
        assert_false(parts_again(bed));
        disk_mend();
        assert_true(parts_complete(&u) < 0);
        assert_int_equal(disk.calls[DISK_SYNC_FILE] + disk.calls[DISK_RENAME], 0);
        assert_string_equal(bed_get(bed, KEY), OLD);
        bed->driver->mpu_abort(bed->store, KEY, u.id, &bed->call);
        parts_assert_gone(bed, &u);
    }
}

static void parts_that_are_gone_are_not_made_up(void **state)
{
    struct bed *bed = *state;
    static const struct {
        const char *const *texts;
        const char *file;
        int size; /* that the file is cut to; -1 to remove it */
    } cases[] = {{parts_even, "data.4", -1},  {parts_even, "data.4", 0},    {parts_even, "data.4", 7},
                 {parts_even, "data.2", -1},  {parts_even, "data.2", 5},    {parts_uneven, "data.6", -1},
                 {parts_uneven, "data.6", 5}, {parts_uneven, "data.1", -1}, {parts_uneven, "data.3", 8}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[512];
        assert_status(MB_OK, bed_put(bed, KEY, OLD));
        struct parts u = parts_upload(bed, cases[i].texts, 0);
        parts_path(bed, &u, cases[i].file, path);
        assert_int_equal(cases[i].size < 0 ? unlink(path) : truncate(path, cases[i].size), 0);
        assert_true(parts_complete(&u) < 0);
        assert_false(parts_again(bed));
        assert_non_null(strstr(bed->error.message, KEY));
        assert_string_equal(bed_get(bed, KEY), OLD);
        assert_status(MB_OK, bed->driver->mpu_abort(bed->store, KEY, u.id, &bed->call));
        parts_assert_gone(bed, &u);
    }
}

/* The error of a write that happens later is told to who has the file open then. */
static void a_part_is_on_the_disk_or_fails(void **state)
{
    struct bed *bed = *state;
    static const enum disk_call calls[] = {DISK_WRITE, DISK_WAIT, DISK_CLOSE};
    assert_status(MB_OK, bed_put(bed, KEY, OLD));
    for (size_t i = 0; i < 3; i++) {
        struct parts u = parts_begin(bed, 0);
        disk_break(calls[i], 1);
        assert_status(MB_E_UNAVAILABLE, parts_send(&u, "aaaa"));
        disk_mend();
        assert_status(MB_OK, parts_send(&u, "aaaa"));
        disk_break(calls[i], 1);
        if (calls[i] != DISK_WRITE) /* the kernel copies, which is no write */
            assert_status(MB_E_UNAVAILABLE, parts_copy(&u));
        disk_mend();
        assert_status(MB_OK, parts_copy(&u));
        disk_mend();
        assert_status(MB_OK, bed->driver->mpu_abort(bed->store, KEY, u.id, &bed->call));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DISK_TEST(a_directory_that_was_not_synced_is_only_synced_again),
        DISK_TEST(a_new_object_is_not_refused_for_being_its_own),
        DISK_TEST(what_others_did_meanwhile_stays),
        DISK_TEST(a_file_that_was_not_synced_is_given_up),
        DISK_TEST(parts_that_are_gone_are_not_made_up),
        DISK_TEST(a_part_is_on_the_disk_or_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
