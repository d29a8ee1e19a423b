/* What a disk that fails may do to an object: nothing.  It is the old one or the new one, and success is said
 * only of what is on the disk. */
#include "bed.h"
#include "disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY    "d/k"
#define OLD    "what was there before"
#define NEW    "aaaabbbbcc"
#define ID_CAP 64

enum { RETRIES = 3 };

static int up(void **state)
{
    disk_mend();
    if (bed_up(state) != 0)
        return -1;
    struct bed *bed = *state;
    bed->store->fsync = true;
    return 0;
}

#define DURABLE_TEST(name) cmocka_unit_test_setup_teardown(name, up, bed_down)

/* ---------------------------------------------------------------- uploads */

/* Parts that are in place already, and parts that have to be pieced together. */
static const char *const even[] = {"aaaa", "bbbb", "cc", NULL};
static const char *const uneven[] = {"aaaabb", "b", "bcc", NULL};
static const char *const *const cuts[] = {even, uneven};

struct upload {
    struct bed *bed;
    char id[ID_CAP];
    struct mb_part parts[4];
    size_t count;
    struct mb_stat st;
};

static mb_status send_part(struct upload *u, const char *text)
{
    struct bed_source from;
    struct mb_source source = bed_source(&from, text, strlen(text), (int64_t)strlen(text));
    mb_status status = u->bed->driver->mpu_part(u->bed->store, KEY, u->id, (uint32_t)u->count + 1, NULL,
                                                &source, &u->parts[u->count], &u->bed->call);
    u->count += status == MB_OK;
    return status;
}

static mb_status copy_part(struct upload *u)
{
    return u->bed->driver->mpu_copy_part(u->bed->store, KEY, u->id, 2, u->bed->store, KEY, 0, 4, &u->parts[1],
                                         &u->bed->call);
}

static struct upload begin(struct bed *bed, uint32_t flags)
{
    struct upload u = {.bed = bed};
    struct mb_put_options opts = {.struct_size = sizeof(opts), .flags = flags};
    assert_status(MB_OK, bed->driver->mpu_begin(bed->store, KEY, &opts, u.id, ID_CAP, &bed->call));
    return u;
}

static struct upload upload(struct bed *bed, const char *const *texts, uint32_t flags)
{
    struct upload u = begin(bed, flags);
    for (size_t i = 0; texts[i] != NULL; i++)
        assert_status(MB_OK, send_part(&u, texts[i]));
    return u;
}

static mb_status complete(struct upload *u)
{
    u->st = (struct mb_stat){.struct_size = sizeof(u->st)};
    return u->bed->driver->mpu_complete(u->bed->store, KEY, u->id, u->parts, u->count, &u->st, &u->bed->call);
}

static bool again(const struct bed *bed)
{
    return (bed->error.flags & MB_ERR_RETRYABLE) != 0;
}

/* The path of the upload's file, or of its directory when name is NULL. */
static void inside(const struct bed *bed, const struct upload *u, const char *name, char out[512])
{
    snprintf(out, 512, "%s/d/.milvus-backup-%s.k%s%s", bed->root, u->id, name == NULL ? "" : "/",
             name == NULL ? "" : name);
}

static void assert_no_leftovers(struct bed *bed, const struct upload *u)
{
    char path[512];
    inside(bed, u, NULL, path);
    assert_int_equal(access(path, F_OK), -1);
    assert_string_equal(bed_list(bed, "d/", NULL, 10), KEY "\n");
}

static void a_directory_that_was_not_synced_is_only_synced_again(void **state)
{
    struct bed *bed = *state;
    for (size_t i = 0; i < 2; i++) {
        struct mb_stat st;
        assert_status(MB_OK, bed_put(bed, KEY, OLD));
        struct upload u = upload(bed, cuts[i], 0);
        disk_break(DISK_SYNC_DIRECTORY, 1);
        assert_status(MB_E_UNAVAILABLE, complete(&u));
        assert_int_equal(bed->error.flags, MB_ERR_RETRYABLE | MB_ERR_AMBIGUOUS);
        assert_string_equal(bed_get(bed, KEY), NEW);
        assert_status(MB_OK, bed_stat(bed, KEY, &st));
        disk_break(DISK_SYNC_DIRECTORY, 1);
        assert_status(MB_E_UNAVAILABLE, complete(&u));
        disk_mend();
        assert_status(MB_OK, complete(&u));
        assert_string_equal(bed_get(bed, KEY), NEW);
        assert_string_equal(u.st.etag, st.etag);
        assert_int_equal(u.st.size, strlen(NEW));
        assert_int_equal(disk.calls[DISK_SYNC_DIRECTORY], 1);
        assert_int_equal(disk.calls[DISK_SYNC_FILE] + disk.calls[DISK_RENAME] + disk.calls[DISK_TRUNCATE], 0);
        assert_no_leftovers(bed, &u);
    }
}

static void a_new_object_is_not_refused_for_being_its_own(void **state)
{
    struct bed *bed = *state;
    for (size_t i = 0; i < 2; i++) {
        struct upload u = upload(bed, cuts[i], MB_PUT_IF_ABSENT);
        disk_break(DISK_SYNC_DIRECTORY, 1);
        assert_status(MB_E_UNAVAILABLE, complete(&u));
        disk_mend();
        assert_status(MB_OK, complete(&u));
        assert_string_equal(bed_get(bed, KEY), NEW);
        assert_status(MB_OK, bed_remove(bed, KEY));
    }
}

static void what_others_did_meanwhile_stays(void **state)
{
    struct bed *bed = *state;
    for (size_t i = 0; i < 2; i++) {
        struct upload u = upload(bed, cuts[i], 0);
        disk_break(DISK_SYNC_DIRECTORY, 1);
        assert_status(MB_E_UNAVAILABLE, complete(&u));
        disk_mend();
        assert_status(MB_OK, bed_put(bed, KEY, "of another"));
        assert_status(MB_E_EXISTS, complete(&u));
        assert_non_null(strstr(bed->error.message, "replaced"));
        assert_string_equal(bed_get(bed, KEY), "of another");
        /* A part that comes late does not bring the file back either. */
        u.count = 2;
        assert_status(MB_OK, send_part(&u, u.parts[2].size == 2 ? "cc" : "bcc"));
        assert_true(complete(&u) < 0);
        assert_string_equal(bed_get(bed, KEY), "of another");
        assert_status(MB_OK, bed->driver->mpu_abort(bed->store, KEY, u.id, &bed->call));
        assert_no_leftovers(bed, &u);
        assert_string_equal(bed_get(bed, KEY), "of another");
    }
}

static void a_file_that_was_not_synced_is_given_up(void **state)
{
    struct bed *bed = *state;
    static const enum disk_call calls[] = {DISK_SYNC_FILE, DISK_CLOSE};
    for (size_t i = 0; i < 4; i++) {
        assert_status(MB_OK, bed_put(bed, KEY, OLD));
        struct upload u = upload(bed, cuts[i / 2], 0);
        disk_break(calls[i % 2], i % 2 + 1); /* the first to be closed is a note of the upload's own */
        assert_true(complete(&u) < 0);
        assert_false(again(bed));
        disk_mend();
        assert_true(complete(&u) < 0);
        assert_int_equal(disk.calls[DISK_SYNC_FILE] + disk.calls[DISK_RENAME], 0);
        assert_string_equal(bed_get(bed, KEY), OLD);
        bed->driver->mpu_abort(bed->store, KEY, u.id, &bed->call);
        assert_no_leftovers(bed, &u);
    }
}

static void parts_that_are_gone_are_not_made_up(void **state)
{
    struct bed *bed = *state;
    static const struct {
        const char *const *texts;
        const char *file;
        int size; /* that the file is cut to; -1 to remove it */
    } cases[] = {{even, "data.4", -1},  {even, "data.4", 0},    {even, "data.4", 7},
                 {even, "data.2", -1},  {even, "data.2", 5},    {uneven, "data.6", -1},
                 {uneven, "data.6", 5}, {uneven, "data.1", -1}, {uneven, "data.3", 8}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[512];
        assert_status(MB_OK, bed_put(bed, KEY, OLD));
        struct upload u = upload(bed, cases[i].texts, 0);
        inside(bed, &u, cases[i].file, path);
        assert_int_equal(cases[i].size < 0 ? unlink(path) : truncate(path, cases[i].size), 0);
        assert_true(complete(&u) < 0);
        assert_false(again(bed));
        assert_non_null(strstr(bed->error.message, KEY));
        assert_string_equal(bed_get(bed, KEY), OLD);
        assert_status(MB_OK, bed->driver->mpu_abort(bed->store, KEY, u.id, &bed->call));
        assert_no_leftovers(bed, &u);
    }
}

/* The error of a write that happens later is told to who has the file open then. */
static void a_part_is_on_the_disk_or_fails(void **state)
{
    struct bed *bed = *state;
    static const enum disk_call calls[] = {DISK_WRITE, DISK_WAIT, DISK_CLOSE};
    assert_status(MB_OK, bed_put(bed, KEY, OLD));
    for (size_t i = 0; i < 3; i++) {
        struct upload u = begin(bed, 0);
        disk_break(calls[i], 1);
        assert_status(MB_E_UNAVAILABLE, send_part(&u, "aaaa"));
        disk_mend();
        assert_status(MB_OK, send_part(&u, "aaaa"));
        disk_break(calls[i], 1);
        if (calls[i] != DISK_WRITE) /* the kernel copies, which is no write */
            assert_status(MB_E_UNAVAILABLE, copy_part(&u));
        disk_mend();
        assert_status(MB_OK, copy_part(&u));
        disk_mend();
        assert_status(MB_OK, bed->driver->mpu_abort(bed->store, KEY, u.id, &bed->call));
    }
}

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
        assert_true(again(bed));
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
        struct upload u = upload(bed, even, i % 2 == 0 ? 0 : MB_PUT_IF_ABSENT);
        disk_break(DISK_RENAME, 1);
        disk.takes_effect = true;
        assert_status(MB_OK, i < 2        ? complete(&u)
                             : i % 2 == 0 ? bed_put(bed, KEY, NEW)
                                          : bed_put_new(bed, KEY, NEW));
        assert_int_equal(disk.calls[DISK_SYNC_DIRECTORY], 1);
        assert_string_equal(bed_get(bed, KEY), NEW);
        bed->driver->mpu_abort(bed->store, KEY, u.id, &bed->call);
        assert_no_leftovers(bed, &u);
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
        if (status != MB_OK && !again(bed))
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
    return complete(ctx);
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
            struct upload u = upload(bed, cuts[i % 2], 0);
            disk_break(call, n);
            mb_status status = insist(bed, attempts[i % 4], i % 4 < 2 ? (void *)bed : (void *)&u);
            bool reached = disk.calls[call] >= n;
            disk_mend();
            assert_old_or_new(bed, status, call, n);
            bed->driver->mpu_abort(bed->store, KEY, u.id, &bed->call);
            assert_no_leftovers(bed, &u);
            if (!reached)
                break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DURABLE_TEST(a_directory_that_was_not_synced_is_only_synced_again),
        DURABLE_TEST(a_new_object_is_not_refused_for_being_its_own),
        DURABLE_TEST(what_others_did_meanwhile_stays),
        DURABLE_TEST(a_file_that_was_not_synced_is_given_up),
        DURABLE_TEST(parts_that_are_gone_are_not_made_up),
        DURABLE_TEST(a_part_is_on_the_disk_or_fails),
        DURABLE_TEST(every_retry_writes_a_new_file),
        DURABLE_TEST(a_write_that_takes_nothing_ends),
        DURABLE_TEST(a_rename_whose_answer_was_lost_is_one),
        DURABLE_TEST(an_object_is_on_the_disk_before_it_is_said_to_be_there),
        DURABLE_TEST(directories_that_were_made_and_not_synced_are_synced_later),
        DURABLE_TEST(a_root_that_was_not_synced_is_synced_later),
        DURABLE_TEST(no_single_failure_damages_an_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
