/* What a copy tells of its bytes.  The calls by which the kernel copies are replaced, so that every way a
 * file system may have is gone wherever the tests run. */
#include "bed.h"

#include "base/clock.h"
#include "base/crc32c.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LARGE (((size_t)3 << 20) + 12345)

enum { NEVER = 1000000 };

static struct {
    bool shares;      /* the file system shares extents; what it shares is of no matter here */
    int kernel_turns; /* after so many the kernel copies no more */
    bool elsewhere;   /* what the kernel copied is not in memory */
    int reads_until_error;
    int kernel_copies;
    int reads;
} fs;

int __wrap_ioctl(int fd, unsigned long request, void *arg);
ssize_t __wrap_copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t len, unsigned flags);
ssize_t __real_copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t len, unsigned flags);
int __wrap_mincore(void *at, size_t len, unsigned char *states);
int __real_mincore(void *at, size_t len, unsigned char *states);
ssize_t __wrap_pread64(int fd, void *buf, size_t len, off_t at);
ssize_t __real_pread64(int fd, void *buf, size_t len, off_t at);
ssize_t __wrap___pread64_chk(int fd, void *buf, size_t len, off_t at, size_t cap);

int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
    const struct file_clone_range *range = arg;
    assert_int_equal(request, FICLONERANGE);
    errno = EOPNOTSUPP;
    return fs.shares ? ftruncate(fd, (off_t)(range->dest_offset + range->src_length)) : -1;
}

ssize_t __wrap_copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t len, unsigned flags)
{
    errno = EXDEV;
    return fs.kernel_copies++ < fs.kernel_turns ? __real_copy_file_range(from, from_at, to, to_at, len, flags)
                                                : -1;
}

int __wrap_mincore(void *at, size_t len, unsigned char *states)
{
    int failed = __real_mincore(at, len, states);
    if (fs.elsewhere)
        states[0] = 0;
    return failed;
}

ssize_t __wrap_pread64(int fd, void *buf, size_t len, off_t at)
{
    errno = EIO;
    return fs.reads++ < fs.reads_until_error ? __real_pread64(fd, buf, len, at) : -1;
}

/* What pread is called in a build that is fortified. */
ssize_t __wrap___pread64_chk(int fd, void *buf, size_t len, off_t at, size_t cap)
{
    assert_true(len <= cap);
    return __wrap_pread64(fd, buf, len, at);
}

static char large[LARGE];

static int up(void **state)
{
    if (bed_up(state) != 0)
        return -1;
    struct bed *bed = *state;
    struct bed_source from;
    for (size_t i = 0; i < LARGE; i++)
        large[i] = (char)(i * 2654435761u >> 13);
    struct mb_source source = bed_source(&from, large, LARGE, LARGE);
    memset(&fs, 0, sizeof(fs));
    fs.kernel_turns = fs.reads_until_error = NEVER;
    return bed->driver->put(bed->store, "large", NULL, &source, NULL, &bed->call) == MB_OK ? 0 : -1;
}

static mb_status copy_to(struct bed *bed, const char *key, struct mb_stat *out)
{
    *out = (struct mb_stat){.struct_size = sizeof(*out)};
    fs.reads = fs.kernel_copies = 0;
    return bed->driver->copy(bed->store, key, bed->store, "large", NULL, out, &bed->call);
}

static void assert_sum(const struct mb_stat *st, size_t len)
{
    assert_true((st->flags & MB_STAT_CRC32C) != 0);
    assert_int_equal(st->crc32c, mb_crc32c(0, large, len));
    assert_int_equal(st->size, len);
}

static void assert_same_as_large(struct bed *bed, const char *key)
{
    char command[256];
    snprintf(command, sizeof(command), "cmp %s/large %s/%s", bed->root, bed->root, key);
    assert_int_equal(system(command), 0);
}

static void what_the_kernel_copied_is_summed(void **state)
{
    struct bed *bed = *state;
    struct mb_stat st;
    assert_status(MB_OK, copy_to(bed, "copy", &st));
    assert_sum(&st, LARGE);
    assert_int_not_equal(fs.kernel_copies, 0);
    assert_int_equal(fs.reads, LARGE / (256 << 10) + 1);
    assert_same_as_large(bed, "copy");
}

static void what_is_copied_by_bytes_is_summed(void **state)
{
    struct bed *bed = *state;
    struct mb_stat st;
    for (fs.kernel_turns = 0; fs.kernel_turns < 3; fs.kernel_turns++) {
        assert_status(MB_OK, copy_to(bed, "copy", &st));
        assert_sum(&st, LARGE);
        assert_int_equal(fs.kernel_copies, fs.kernel_turns + 1);
        assert_same_as_large(bed, "copy");
    }
}

static void an_empty_copy_has_the_sum_of_nothing(void **state)
{
    struct bed *bed = *state;
    struct mb_stat st = {.struct_size = sizeof(st), .crc32c = 7};
    assert_status(MB_OK, bed_put(bed, "empty", ""));
    assert_status(MB_OK, bed->driver->copy(bed->store, "e", bed->store, "empty", NULL, &st, &bed->call));
    assert_sum(&st, 0);
    assert_status(MB_OK, bed->driver->copy(bed->store, "e", bed->store, "empty", NULL, NULL, &bed->call));
}

static void shared_extents_are_not_read(void **state)
{
    struct bed *bed = *state;
    struct mb_stat st;
    fs.shares = true;
    assert_status(MB_OK, copy_to(bed, "copy", &st));
    assert_int_equal(st.flags & MB_STAT_CRC32C, 0);
    assert_int_equal(st.size, LARGE);
    assert_int_equal(fs.reads, 0);
}

static void what_was_copied_elsewhere_is_not_read(void **state)
{
    struct bed *bed = *state;
    struct mb_stat st;
    fs.elsewhere = true;
    assert_status(MB_OK, copy_to(bed, "copy", &st));
    assert_int_equal(st.flags & MB_STAT_CRC32C, 0);
    assert_int_equal(fs.reads, 0);
    assert_same_as_large(bed, "copy");
    /* The half that came by bytes does not make a sum of the whole. */
    fs.kernel_turns = 1;
    assert_status(MB_OK, copy_to(bed, "copy", &st));
    assert_int_equal(st.flags & MB_STAT_CRC32C, 0);
}

static void stat_and_get_tell_no_sum(void **state)
{
    struct bed *bed = *state;
    struct mb_stat st;
    assert_status(MB_OK, copy_to(bed, "copy", &st));
    assert_status(MB_OK, bed_stat(bed, "copy", &st));
    assert_int_equal(st.flags, 0);
}

/* With a poll for every buffer that is read back: far more than the kernel has turns. */
static void a_copy_ends_wherever_it_is_cancelled(void **state)
{
    struct bed *bed = *state;
    struct mb_stat st;
    int polls = 1;
    for (;; polls++) {
        bed->cancel_after = polls;
        mb_status status = copy_to(bed, "copy", &st);
        if (status == MB_OK)
            break;
        assert_status(MB_E_CANCELLED, status);
        assert_int_equal(st.flags, 0);
        assert_int_equal(bed_entries(bed, ""), 1);
    }
    assert_in_range(polls, 2 + LARGE / (256 << 10), 64);
    assert_sum(&st, LARGE);
}

static int late(const struct mb_call *call)
{
    struct bed *bed = call->host_data;
    if (fs.reads >= 3)
        bed->call.deadline_ns = 1;
    return 0;
}

static void a_copy_keeps_to_its_deadline_while_it_is_read_back(void **state)
{
    struct bed *bed = *state;
    struct mb_stat st;
    bed->call.cancelled = late;
    bed->call.deadline_ns = mb_clock_monotonic() + 60 * MB_NS_PER_S;
    assert_status(MB_E_TIMEOUT, copy_to(bed, "copy", &st));
    assert_int_equal(fs.reads, 3);
    assert_int_equal(bed_entries(bed, ""), 1);
}

static void a_copy_that_cannot_be_read_back_is_none(void **state)
{
    struct bed *bed = *state;
    struct mb_stat st;
    fs.reads_until_error = 2;
    assert_true(copy_to(bed, "copy", &st) < 0);
    assert_int_equal(bed->error.sys_errno, EIO);
    assert_non_null(strstr(bed->error.message, "read back"));
    assert_int_equal(bed_entries(bed, ""), 1);
}

/* ---------------------------------------------------------------- by parts */

/* Copies the large object in parts of these sizes; the one called streamed is put instead. */
static mb_status copy_parts(struct bed *bed, const size_t *sizes, size_t count, size_t streamed,
                            void (*change)(struct mb_part *parts), struct mb_stat *out)
{
    struct mb_part parts[4];
    char id[64];
    size_t at = 0;
    *out = (struct mb_stat){.struct_size = sizeof(*out)};
    assert_status(MB_OK, bed->driver->mpu_begin(bed->store, "copy", NULL, id, sizeof(id), &bed->call));
    for (size_t i = 0; i < count; at += sizes[i++]) {
        struct bed_source from;
        struct mb_source source = bed_source(&from, large + at, sizes[i], (int64_t)sizes[i]);
        mb_status status =
            i == streamed ? bed->driver->mpu_part(bed->store, "copy", id, (uint32_t)i + 1, NULL, &source,
                                                  &parts[i], &bed->call)
                          : bed->driver->mpu_copy_part(bed->store, "copy", id, (uint32_t)i + 1, bed->store,
                                                       "large", at, sizes[i], &parts[i], &bed->call);
        assert_status(MB_OK, status);
    }
    assert_int_equal(at, LARGE);
    if (change != NULL)
        change(parts);
    return bed->driver->mpu_complete(bed->store, "copy", id, parts, count, out, &bed->call);
}

#define NONE SIZE_MAX

static const size_t even[] = {1 << 20, 1 << 20, 1 << 20, LARGE - (3 << 20)};
static const size_t uneven[] = {1 << 20, 1, LARGE - (1 << 20) - 1};

static void the_sums_of_copied_parts_are_joined(void **state)
{
    struct bed *bed = *state;
    struct mb_stat st;
    const size_t one[] = {LARGE};
    assert_status(MB_OK, copy_parts(bed, even, 4, NONE, NULL, &st));
    assert_sum(&st, LARGE);
    assert_same_as_large(bed, "copy");
    assert_status(MB_OK, copy_parts(bed, uneven, 3, NONE, NULL, &st));
    assert_sum(&st, LARGE);
    assert_same_as_large(bed, "copy");
    assert_status(MB_OK, copy_parts(bed, one, 1, NONE, NULL, &st));
    assert_sum(&st, LARGE);
}

static void one_part_without_a_sum_is_enough_for_none(void **state)
{
    struct bed *bed = *state;
    struct mb_stat st;
    for (size_t streamed = 0; streamed < 4; streamed++) {
        assert_status(MB_OK, copy_parts(bed, even, 4, streamed, NULL, &st));
        assert_int_equal(st.flags, 0);
        assert_int_equal(st.size, LARGE);
    }
    fs.shares = true;
    assert_status(MB_OK, copy_parts(bed, even, 4, NONE, NULL, &st));
    assert_int_equal(st.flags, 0);
}

static void lengthen(struct mb_part *parts)
{
    strcat(parts[1].receipt, "0");
}

static void shorten(struct mb_part *parts)
{
    parts[1].receipt[strlen(parts[1].receipt) - 1] = '\0';
}

static void not_hex(struct mb_part *parts)
{
    parts[1].receipt[strlen(parts[1].receipt) - 1] = 'x';
}

static void a_receipt_is_taken_whole_or_not_at_all(void **state)
{
    struct bed *bed = *state;
    struct mb_stat st;
    assert_status(MB_E_INVALID, copy_parts(bed, even, 4, NONE, lengthen, &st));
    assert_status(MB_E_INVALID, copy_parts(bed, even, 4, NONE, shorten, &st));
    assert_status(MB_E_INVALID, copy_parts(bed, even, 4, NONE, not_hex, &st));
    assert_false(bed_exists(bed, "copy"));
}

#define COPY_TEST(name) cmocka_unit_test_setup_teardown(name, up, bed_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        COPY_TEST(what_the_kernel_copied_is_summed),
        COPY_TEST(what_is_copied_by_bytes_is_summed),
        COPY_TEST(an_empty_copy_has_the_sum_of_nothing),
        COPY_TEST(shared_extents_are_not_read),
        COPY_TEST(what_was_copied_elsewhere_is_not_read),
        COPY_TEST(stat_and_get_tell_no_sum),
        COPY_TEST(a_copy_ends_wherever_it_is_cancelled),
        COPY_TEST(a_copy_keeps_to_its_deadline_while_it_is_read_back),
        COPY_TEST(a_copy_that_cannot_be_read_back_is_none),
        COPY_TEST(the_sums_of_copied_parts_are_joined),
        COPY_TEST(one_part_without_a_sum_is_enough_for_none),
        COPY_TEST(a_receipt_is_taken_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
