/* What a disk that fails may do to an object: nothing.  It is the old one or the new one, and success is said
 * only of what is on the disk. */
#include "disk.h"
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RETRIES = 3 };

/* ---------------------------------------------------------------- objects */

static mb_status copy(struct bed *bed)
{
    return bed->driver->copy(bed->store, KEY, bed->store, "source", NULL, NULL, &bed->call);
}

static mb_status put(struct bed *bed)
{
    return bed_put(bed, KEY, NEW);
}

static mb_status put_in_pieces(struct bed *bed)
{
    disk.cuts_writes = true;
    return bed_put(bed, KEY, NEW);
}

static void every_retry_writes_a_new_file(void **state)
{
    struct bed *bed = *state;
    static mb_status (*const ways[])(struct bed * bed) = {put, copy, put_in_pieces};
    static const enum disk_call calls[] = {DISK_WRITE, DISK_SYNC_FILE, DISK_CLOSE, DISK_SYNC_DIRECTORY};
    assert_status(MB_OK, bed_put(bed, "source", NEW));
    for (size_t i = 0; i < 12; i++) {
        struct mb_stat before, after;
        assert_status(MB_OK, bed_put(bed, KEY, OLD));
        if (ways[i / 4] == copy && calls[i % 4] == DISK_WRITE)
            continue;
        disk_break(calls[i % 4], 1);
        assert_status(MB_E_UNAVAILABLE, ways[i / 4](bed));
        assert_true(parts_again(bed));
        assert_string_equal(bed_get(bed, KEY), calls[i % 4] == DISK_SYNC_DIRECTORY ? NEW : OLD);
        assert_status(MB_OK, bed_stat(bed, KEY, &before));
        assert_int_equal(bed_entries(bed, "d"), 1);
        disk_mend();
        assert_status(MB_OK, ways[i / 4](bed));
        assert_int_equal(disk.calls[DISK_SYNC_FILE], 1);
        assert_string_equal(bed_get(bed, KEY), NEW);
        assert_status(MB_OK, bed_stat(bed, KEY, &after));
        assert_string_not_equal(before.etag, after.etag);
    }
}

static void a_write_that_takes_nothing_ends(void **state)
{
    struct bed *bed = *state;
    disk.sys_errno = 0;
    disk_break(DISK_WRITE, 1);
    assert_true(put(bed) < 0);
    assert_null(bed_get(bed, KEY));
}

static void a_rename_whose_answer_was_lost_is_one(void **state)
{
    struct bed *bed = *state;
    for (size_t i = 0; i < 4; i++) {
        bed_remove(bed, KEY);
        struct parts u = parts_upload(bed, parts_even, i % 2 == 0 ? 0 : MB_PUT_IF_ABSENT);
        disk_break(DISK_RENAME, 1);
        disk.takes_effect = true;
        assert_status(MB_OK, i < 2        ? parts_complete(&u)
                             : i % 2 == 0 ? bed_put(bed, KEY, NEW)
                                          : bed_put_new(bed, KEY, NEW));
        assert_int_equal(disk.calls[DISK_SYNC_DIRECTORY], 1);
        assert_string_equal(bed_get(bed, KEY), NEW);
        bed->driver->mpu_abort(bed->store, KEY, u.id, &bed->call);
        parts_assert_gone(bed, &u);
    }
}

/* Who is told that an object is there may act on it: it has to be there after a crash as well. */
static void an_object_is_on_the_disk_before_it_is_said_to_be_there(void **state)
{
    struct bed *bed = *state;
    disk_break(DISK_SYNC_DIRECTORY, 1);
    assert_status(MB_E_UNAVAILABLE, bed_put_new(bed, "k", NEW));
    disk_break(DISK_SYNC_DIRECTORY, 1);
    assert_status(MB_E_UNAVAILABLE, bed_put_new(bed, "k", "of another"));
    disk_mend();
    assert_status(MB_E_EXISTS, bed_put_new(bed, "k", "of another"));
    assert_int_equal(disk.calls[DISK_SYNC_DIRECTORY], 1);
    assert_string_equal(bed_get(bed, "k"), NEW);
}

static void directories_that_were_made_and_not_synced_are_synced_later(void **state)
{
    struct bed *bed = *state;
    disk_break(DISK_SYNC_DIRECTORY, 1);
    assert_status(MB_E_UNAVAILABLE, bed_put(bed, "a/b/c/k", NEW));
    disk_mend();
    assert_status(MB_OK, bed_put(bed, "a/b/c/k", NEW));
    assert_int_equal(disk.calls[DISK_SYNC_DIRECTORY], 4);
}

static void a_root_that_was_not_synced_is_synced_later(void **state)
{
    struct bed *bed = *state;
    struct mb_store_info info;
    char path[128];
    snprintf(path, sizeof(path), "%s/one/two", bed->root);
    struct mb_store *store = bed_open(bed, path, &info);
    store->fsync = true;
    for (unsigned n = 1; n <= 2; n++) {
        disk_break(DISK_SYNC_DIRECTORY, n);
        mb_status first = bed->driver->create_bucket(store, &bed->call);
        disk_mend();
        mb_status second = bed->driver->create_bucket(store, &bed->call);
        unsigned synced = disk.calls[DISK_SYNC_DIRECTORY];
        snprintf(path, sizeof(path), "%s/one/two", bed->root);
        rmdir(path);
        *strrchr(path, '/') = '\0';
        rmdir(path);
        assert_int_equal(first, MB_E_UNAVAILABLE);
        assert_int_equal(second, MB_OK);
        assert_true(synced >= 2);
    }
    bed->driver->close(store);
}

/* ---------------------------------------------------------------- everything once */

/* What the host does: again while the error says that it may help. */
static mb_status insist(struct bed *bed, mb_status (*attempt)(void *ctx), void *ctx)
{
    mb_status status = MB_E_INTERNAL;
    for (int i = 0; i < RETRIES && status != MB_OK; i++) {
        status = attempt(ctx);
        if (status != MB_OK && !parts_again(bed))
            break;
    }
    return status;
}

static mb_status attempt_put(void *ctx)
{
    return put(ctx);
}

static mb_status attempt_copy(void *ctx)
{
    return copy(ctx);
}

static mb_status attempt_complete(void *ctx)
{
    return parts_complete(ctx);
}

static void assert_old_or_new(struct bed *bed, mb_status status, enum disk_call call, unsigned n)
{
    const char *text = bed_get(bed, KEY);
    if (text == NULL || (strcmp(text, NEW) != 0 && (status == MB_OK || strcmp(text, OLD) != 0)))
        fail_msg("call %u of kind %d failed, the status is %d and the object is '%s'", n, (int)call,
                 (int)status, text == NULL ? "none" : text);
    assert_string_equal(bed_list(bed, "d/", NULL, 10), KEY "\n");
}

/* One failure at every place, of every kind. */
static void no_single_failure_damages_an_object(void **state)
{
    struct bed *bed = *state;
    static mb_status (*const attempts[])(void *ctx) = {attempt_put, attempt_copy, attempt_complete,
                                                       attempt_complete};
    assert_status(MB_OK, bed_put(bed, "source", NEW));
    for (unsigned i = 0; i < 4 * DISK_CALLS; i++) {
        enum disk_call call = (enum disk_call)(i / 4);
        for (unsigned n = 1;; n++) {
            disk_mend();
            bed->store->unsynced = false;
            assert_status(MB_OK, bed_put(bed, KEY, OLD));
            struct parts u = parts_upload(bed, parts_cuts[i % 2], 0);
            disk_break(call, n);
            mb_status status = insist(bed, attempts[i % 4], i % 4 < 2 ? (void *)bed : (void *)&u);
            bool reached = disk.calls[call] >= n;
            disk_mend();
            assert_old_or_new(bed, status, call, n);
            bed->driver->mpu_abort(bed->store, KEY, u.id, &bed->call);
            parts_assert_gone(bed, &u);
            if (!reached)
                break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DISK_TEST(every_retry_writes_a_new_file),
        DISK_TEST(a_write_that_takes_nothing_ends),
        DISK_TEST(a_rename_whose_answer_was_lost_is_one),
        DISK_TEST(an_object_is_on_the_disk_before_it_is_said_to_be_there),
        DISK_TEST(directories_that_were_made_and_not_synced_are_synced_later),
        DISK_TEST(a_root_that_was_not_synced_is_synced_later),
        DISK_TEST(no_single_failure_damages_an_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
