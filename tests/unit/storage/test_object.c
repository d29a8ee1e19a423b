/* Reading, writing, copying and removing single objects. */
#include "storage/store.h"

#include "base/crc32c.h"

#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bed.h"

static struct scripted_step step(enum scripted_kind kind, mb_status status)
{
    return (struct scripted_step){.kind = kind, .status = status, .message = "scripted"};
}

static const struct mb_put_options if_absent = {.struct_size = sizeof(if_absent), .flags = MB_PUT_IF_ABSENT};

static void test_ranges(void **state)
{
    struct bed *bed = *state;
    write_text(bed, "k", "0123456789");
    static const struct {
        uint64_t offset;
        size_t len, want;
    } cases[] = {{0, 10, 10}, {0, 4, 4}, {3, 4, 4}, {8, 4, 2}, {9, 1, 1}, {10, 5, 0}, {50, 5, 0}, {0, 0, 0}};
    for (int whole = 0; whole < 2; whole++) {
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            char buf[16] = "";
            size_t nread = 99;
            uint32_t sum = 99;
            struct mb_stat stat = {0};
            assert_int_equal(mb_storage_read_summed(bed->storage, "k", cases[i].offset, buf, cases[i].len,
                                                    NULL, &nread, &sum, &stat, NULL, &bed->error),
                             MB_OK);
            assert_int_equal(nread, cases[i].want);
            assert_int_equal(sum, mb_crc32c(0, buf, nread));
            assert_memory_equal(buf, &"0123456789"[nread > 0 ? cases[i].offset : 0], nread);
            assert_int_equal(stat.size, 10);
        }
        bed->scripted.caps = MB_CAP_RANGE; /* from now on the host picks the range */
        reopen(bed, 0);
        write_text(bed, "k", "0123456789");
    }
}

static void test_bodies_of_the_wrong_length_are_read_again(void **state)
{
    struct bed *bed = *state;
    write_text(bed, "k", "0123456789");
    char buf[16];
    size_t nread = 0;
    scripted_next(&bed->scripted, MB_OP_GET, step(SCRIPTED_SHORT, MB_OK));
    scripted_next(&bed->scripted, MB_OP_GET, step(SCRIPTED_LONG, MB_OK));
    assert_int_equal(mb_storage_read(bed->storage, "k", 2, buf, 5, NULL, &nread, NULL, NULL, &bed->error),
                     MB_OK);
    assert_int_equal(nread, 5);
    assert_memory_equal(buf, "23456", 5);
    assert_int_equal(bed->scripted.calls[MB_OP_GET], 3);

    struct mb_buf all;
    mb_buf_init(&all, 100);
    mb_buf_puts(&all, "before ");
    scripted_next(&bed->scripted, MB_OP_GET, step(SCRIPTED_SHORT, MB_OK));
    scripted_next(&bed->scripted, MB_OP_GET, step(SCRIPTED_LONG, MB_OK));
    scripted_next(&bed->scripted, MB_OP_GET, step(SCRIPTED_LIE, MB_OK));
    assert_int_equal(mb_storage_read_all(bed->storage, "k", &all, NULL, &bed->error), MB_OK);
    assert_string_equal(all.data, "before 0123456789");
    mb_buf_done(&all);
}

static void test_a_body_that_stays_wrong(void **state)
{
    struct bed *bed = *state;
    write_text(bed, "k", "0123456789");
    struct mb_buf all;
    mb_buf_init(&all, 100);
    mb_buf_puts(&all, "before ");
    for (int i = 0; i < 4; i++)
        scripted_next(&bed->scripted, MB_OP_GET, step(SCRIPTED_SHORT, MB_OK));
    assert_int_equal(mb_storage_read_all(bed->storage, "k", &all, NULL, &bed->error), MB_E_CORRUPT);
    assert_string_equal(bed->error.message, "get memory://m/k: 9 bytes came instead of 10 (4 attempts)");
    assert_string_equal(all.data, "before ");
    for (int i = 0; i < 4; i++)
        scripted_next(&bed->scripted, MB_OP_GET, step(SCRIPTED_LONG, MB_OK));
    char buf[4];
    size_t nread = 77;
    assert_int_equal(mb_storage_read(bed->storage, "k", 0, buf, 4, NULL, &nread, NULL, NULL, &bed->error),
                     MB_E_CORRUPT);
    assert_string_equal(bed->error.message,
                        "get memory://m/k: more than the 4 bytes asked for came (4 attempts)");
    assert_int_equal(nread, 77);
    mb_buf_done(&all);
}

static void test_the_services_checksum_is_checked(void **state)
{
    struct bed *bed = *state;
    write_text(bed, "k", "0123456789");
    bed->scripted.crc_flag = MB_STAT_CRC32C;
    bed->scripted.crc32c = mb_crc32c(0, "0123456789", 10);
    expect_text(bed, "k", "0123456789");
    bed->scripted.crc32c ^= 1;
    char buf[10];
    size_t nread;
    assert_int_equal(mb_storage_read(bed->storage, "k", 0, buf, 10, NULL, &nread, NULL, NULL, &bed->error),
                     MB_E_CORRUPT);
    assert_non_null(strstr(bed->error.message, "checksum of the bytes is "));
    assert_int_equal(mb_storage_read(bed->storage, "k", 0, buf, 9, NULL, &nread, NULL, NULL, &bed->error),
                     MB_OK);
}

static void test_objects_that_do_not_fit(void **state)
{
    struct bed *bed = *state;
    write_text(bed, "k", "0123456789");
    struct mb_buf small;
    mb_buf_init(&small, 9);
    assert_int_equal(mb_storage_read_all(bed->storage, "k", &small, NULL, &bed->error), MB_E_INVALID);
    assert_string_equal(bed->error.message,
                        "get memory://m/k: the object is larger than the 9 bytes that are allowed");
    assert_int_equal(small.len, 0);
    assert_int_equal(bed->scripted.calls[MB_OP_GET], 1);
    scripted_next(&bed->scripted, MB_OP_GET, step(SCRIPTED_SHRUG, MB_OK));
    assert_int_equal(mb_storage_read_all(bed->storage, "k", &small, NULL, &bed->error), MB_E_INVALID);
    mb_buf_done(&small);
}

static void test_if_match(void **state)
{
    struct bed *bed = *state;
    write_text(bed, "k", "0123456789");
    char buf[10];
    size_t nread;
    assert_int_equal(mb_storage_read(bed->storage, "k", 0, buf, 10, "\"a\"", &nread, NULL, NULL, &bed->error),
                     MB_OK);
    assert_int_equal(mb_storage_read(bed->storage, "k", 0, buf, 10, "\"b\"", &nread, NULL, NULL, &bed->error),
                     MB_E_EXISTS);
}

static void test_empty_and_missing_objects(void **state)
{
    struct bed *bed = *state;
    write_text(bed, "empty", "");
    expect_text(bed, "empty", "");
    struct mb_stat stat = {.size = 77};
    struct mb_buf buf;
    mb_buf_init(&buf, 10);
    assert_int_equal(mb_storage_stat(bed->storage, "none", &stat, NULL, &bed->error), MB_E_NOT_FOUND);
    assert_int_equal(stat.size, 77);
    assert_int_equal(mb_storage_read_all(bed->storage, "none", &buf, NULL, &bed->error), MB_E_NOT_FOUND);
    assert_string_equal(bed->error.message, "get memory://m/none: 404 NoSuchKey");
    mb_buf_done(&buf);
}

static void test_writes_are_retried_from_their_first_byte(void **state)
{
    struct bed *bed = *state;
    struct mb_stat stat = {0};
    char data[5000];
    memset(data, 'd', sizeof(data) - 1);
    data[sizeof(data) - 1] = '\0';
    scripted_next(&bed->scripted, MB_OP_PUT, step(SCRIPTED_FAIL_AFTER, MB_E_UNAVAILABLE));
    scripted_next(&bed->scripted, MB_OP_PUT, step(SCRIPTED_LIE, MB_OK));
    assert_int_equal(mb_storage_write(bed->storage, "k", data, 4999, NULL, &stat, NULL, &bed->error), MB_OK);
    assert_int_equal(bed->scripted.calls[MB_OP_PUT], 3);
    assert_int_equal(stat.size, 4999);
    expect_text(bed, "k", data);
    struct mb_operation_stats stats[MB_OP_COUNT];
    mb_storage_stats(bed->storage, stats);
    assert_int_equal(stats[MB_OP_PUT].bytes, 4999);
    assert_int_equal(stats[MB_OP_GET].bytes, 4999);
}

static void test_a_put_that_reads_nothing(void **state)
{
    struct bed *bed = *state;
    scripted_next(&bed->scripted, MB_OP_PUT, step(SCRIPTED_SHORT, MB_OK));
    assert_int_equal(mb_storage_write(bed->storage, "k", "0123", 4, NULL, NULL, NULL, &bed->error),
                     MB_E_INTERNAL);
    assert_string_equal(
        bed->error.message,
        "put memory://m/k: bug in storage driver \"scripted\": it reports success and has read 0 of 4 bytes");
}

struct moody_source {
    struct mb_source source;
    size_t pos;
    int fail_read, fail_rewind, overrun;
    int rewinds;
};

static mb_status moody_read(void *ctx, void *buf, size_t cap, size_t *nread)
{
    struct moody_source *moody = ctx;
    if (moody->fail_read)
        return MB_E_INTERNAL;
    size_t n = (size_t)moody->source.size - moody->pos;
    n = n < cap ? n : cap;
    n = n < 3 ? n : 3;
    memset(buf, 'm', n);
    moody->pos += n;
    *nread = moody->overrun ? cap + 1 : n;
    return MB_OK;
}

static mb_status moody_rewind(void *ctx)
{
    struct moody_source *moody = ctx;
    moody->pos = 0;
    moody->rewinds++;
    return moody->fail_rewind ? MB_E_INTERNAL : MB_OK;
}

static void test_sources(void **state)
{
    struct bed *bed = *state;
    struct moody_source moody = {
        .source = {
            .struct_size = sizeof(moody.source), .size = 8, .read = moody_read, .rewind = moody_rewind}};
    moody.source.ctx = &moody;
    scripted_fail(&bed->scripted, MB_OP_PUT, MB_E_UNAVAILABLE, "reset");
    assert_int_equal(mb_storage_write_from(bed->storage, "k", &moody.source, NULL, NULL, NULL, &bed->error),
                     MB_OK);
    assert_int_equal(moody.rewinds, 2);
    expect_text(bed, "k", "mmmmmmmm");

    unsigned before = bed->scripted.calls[MB_OP_PUT];
    moody.fail_read = 1;
    assert_int_equal(mb_storage_write_from(bed->storage, "k", &moody.source, NULL, NULL, NULL, &bed->error),
                     MB_E_CALLBACK);
    assert_string_equal(bed->error.message, "put memory://m/k: the source of the bytes failed");
    moody.fail_read = 0;
    moody.overrun = 1;
    assert_int_equal(mb_storage_write_from(bed->storage, "k", &moody.source, NULL, NULL, NULL, &bed->error),
                     MB_E_CALLBACK);
    assert_int_equal(bed->scripted.calls[MB_OP_PUT], before + 2);
    moody.overrun = 0;
    moody.fail_rewind = 1;
    assert_int_equal(mb_storage_write_from(bed->storage, "k", &moody.source, NULL, NULL, NULL, &bed->error),
                     MB_E_CALLBACK);
    assert_string_equal(bed->error.message, "put memory://m/k: the source of the bytes cannot be rewound");
    moody.source.size = -1;
    assert_int_equal(mb_storage_write_from(bed->storage, "k", &moody.source, NULL, NULL, NULL, &bed->error),
                     MB_E_INVALID);
}

static void test_larger_than_one_put(void **state)
{
    struct bed *bed = *state;
    bed->scripted.max_put_size = 4;
    reopen(bed, 0);
    assert_int_equal(mb_storage_write(bed->storage, "k", "01234", 5, NULL, NULL, NULL, &bed->error),
                     MB_E_INVALID);
    assert_string_equal(bed->error.message,
                        "put memory://m/k: 5 bytes are more than the 4 that the service takes at once");
    assert_int_equal(mb_storage_write(bed->storage, "k", "0123", 4, NULL, NULL, NULL, &bed->error), MB_OK);
}

static void test_if_absent(void **state)
{
    struct bed *bed = *state;
    for (int without = 0; without < 2; without++) {
        bed->scripted.caps = without ? MB_CAP_IF_ABSENT : 0;
        reopen(bed, 0);
        assert_int_equal(mb_storage_write(bed->storage, "k", "one", 3, &if_absent, NULL, NULL, &bed->error),
                         MB_OK);
        assert_int_equal(mb_storage_write(bed->storage, "k", "two", 3, &if_absent, NULL, NULL, &bed->error),
                         MB_E_EXISTS);
        expect_text(bed, "k", "one");
        assert_int_equal(mb_storage_write(bed->storage, "k", "one", 3, &if_absent, NULL, NULL, &bed->error),
                         MB_E_EXISTS);
    }
}

/* The first attempt took effect, its answer was lost, the second is refused. */
static void test_if_absent_meets_its_own_first_attempt(void **state)
{
    struct bed *bed = *state;
    struct mb_stat stat = {0};
    struct scripted_step lost = step(SCRIPTED_FAIL_AFTER, MB_E_UNAVAILABLE);
    lost.flags = MB_ERR_AMBIGUOUS;
    scripted_next(&bed->scripted, MB_OP_PUT, lost);
    assert_int_equal(mb_storage_write(bed->storage, "k", "mine", 4, &if_absent, &stat, NULL, &bed->error),
                     MB_OK);
    assert_int_equal(stat.size, 4);
    expect_text(bed, "k", "mine");
}

static void test_if_absent_meets_another_writer(void **state)
{
    struct bed *bed = *state;
    write_text(bed, "same-size", "them");
    write_text(bed, "other-size", "their");
    static const char *const keys[] = {"same-size", "other-size"};
    for (int i = 0; i < 2; i++) {
        scripted_fail(&bed->scripted, MB_OP_PUT, MB_E_UNAVAILABLE, "reset");
        assert_int_equal(
            mb_storage_write(bed->storage, keys[i], "mine", 4, &if_absent, NULL, NULL, &bed->error),
            MB_E_EXISTS);
    }
    assert_string_equal(bed->error.message,
                        "put memory://m/other-size: 412 PreconditionFailed (2 attempts; before: 1 x reset)");
    expect_text(bed, "same-size", "them");
}

static void test_ambiguity_is_told(void **state)
{
    struct bed *bed = *state;
    struct scripted_step lost = step(SCRIPTED_FAIL, MB_E_UNAVAILABLE);
    lost.flags = MB_ERR_AMBIGUOUS;
    scripted_next(&bed->scripted, MB_OP_PUT, lost);
    scripted_fail(&bed->scripted, MB_OP_PUT, MB_E_FORBIDDEN, "403");
    assert_int_equal(mb_storage_write(bed->storage, "k", "v", 1, NULL, NULL, NULL, &bed->error),
                     MB_E_FORBIDDEN);
    assert_int_equal(bed->error.flags, MB_ERR_AMBIGUOUS);
}

static void test_removing_what_is_not_there(void **state)
{
    struct bed *bed = *state;
    assert_int_equal(mb_storage_remove(bed->storage, "none", NULL, &bed->error), MB_OK);
    scripted_fail(&bed->scripted, MB_OP_REMOVE, MB_E_NOT_FOUND, "404");
    assert_int_equal(mb_storage_remove(bed->storage, "none", NULL, &bed->error), MB_OK);
}

static void write_numbered(struct bed *bed, int count)
{
    for (int i = 0; i < count; i++) {
        char key[32];
        snprintf(key, sizeof(key), "p/%04d", i);
        write_text(bed, key, "v");
    }
}

static mb_status remove_numbered(struct bed *bed, int count)
{
    static char keys[64][32];
    const char *list[64];
    for (int i = 0; i < count; i++) {
        snprintf(keys[i], sizeof(keys[i]), "p/%04d", i);
        list[i] = keys[i];
    }
    return mb_storage_remove_many(bed->storage, list, (size_t)count, NULL, &bed->error);
}

static void test_remove_many_in_batches(void **state)
{
    struct bed *bed = *state;
    write_numbered(bed, 10);
    assert_int_equal(remove_numbered(bed, 10), MB_OK);
    assert_int_equal(memory_object_count(bed->scripted.store), 0);
    assert_int_equal(bed->scripted.calls[MB_OP_REMOVE], 3); /* four at a time */
    assert_int_equal(remove_numbered(bed, 0), MB_OK);
}

static void test_remove_many_goes_on_with_what_is_left(void **state)
{
    struct bed *bed = *state;
    write_numbered(bed, 4);
    scripted_next(&bed->scripted, MB_OP_REMOVE, step(SCRIPTED_FAIL_AFTER, MB_E_THROTTLED));
    scripted_next(&bed->scripted, MB_OP_REMOVE, step(SCRIPTED_FAIL_AFTER, MB_E_THROTTLED));
    assert_int_equal(remove_numbered(bed, 4), MB_OK);
    assert_int_equal(memory_object_count(bed->scripted.store), 0);
    scripted_next(&bed->scripted, MB_OP_REMOVE, step(SCRIPTED_SHORT, MB_OK));
    assert_int_equal(remove_numbered(bed, 4), MB_E_INTERNAL);
    assert_non_null(strstr(bed->error.message, "remove_many reports success and has marked 0 of 4 keys"));
}

static void test_remove_many_the_long_way(void **state)
{
    struct bed *bed = *state;
    write_numbered(bed, 10);
    scripted_fail(&bed->scripted, MB_OP_REMOVE, MB_E_UNSUPPORTED, "501 NotImplemented");
    assert_int_equal(remove_numbered(bed, 10), MB_OK);
    assert_int_equal(memory_object_count(bed->scripted.store), 0);
    assert_int_equal(bed->scripted.calls[MB_OP_REMOVE], 11);
    write_numbered(bed, 3);
    bed->scripted.table.remove_many = NULL;
    assert_int_equal(remove_numbered(bed, 3), MB_OK);
    assert_int_equal(memory_object_count(bed->scripted.store), 0);
}

static void test_copies(void **state)
{
    struct bed *bed = *state;
    struct mb_stat stat = {0};
    write_text(bed, "a", "12345");
    assert_true(mb_storage_can_copy(bed->storage, bed->storage));
    scripted_next(&bed->scripted, MB_OP_COPY, step(SCRIPTED_FAIL_AFTER, MB_E_UNAVAILABLE));
    assert_int_equal(mb_storage_copy(bed->storage, "b", bed->storage, "a", 0, &stat, NULL, &bed->error),
                     MB_OK);
    assert_int_equal(stat.size, 5);
    expect_text(bed, "b", "12345");
    assert_int_equal(mb_storage_copy(bed->storage, "b", bed->storage, "none", 0, NULL, NULL, &bed->error),
                     MB_E_NOT_FOUND);
    assert_string_equal(bed->error.message, "copy memory://m/none to memory://m/b: 404 NoSuchKey");
}

static void test_copies_that_are_not_possible(void **state)
{
    struct bed *bed = *state;
    struct mb_storage *other = scripted_open(&bed->scripted, 0);
    assert_false(mb_storage_can_copy(other, bed->storage));
    assert_int_equal(mb_storage_copy(other, "b", bed->storage, "a", 0, NULL, NULL, &bed->error),
                     MB_E_UNSUPPORTED);
    assert_string_equal(bed->error.message, "copy a from memory://m to memory://m: not within the service");
    mb_storage_close(other);
    struct mb_storage *memory = NULL;
    assert_int_equal(mb_storage_open_plugin(&memory, &memory_plugin, NULL, 0, NULL, &bed->error), MB_OK);
    assert_false(mb_storage_can_copy(memory, bed->storage));
    mb_storage_close(memory);
    bed->scripted.table.can_copy = NULL;
    assert_false(mb_storage_can_copy(bed->storage, bed->storage));
}

static struct mb_storage *open_place(const char *realm, const char *root)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_storage *storage = NULL;
    struct mb_kv config[] = {{"realm", realm}, {"root", root}};
    assert_int_equal(mb_storage_open_plugin(&storage, &memory_plugin, config, 2, NULL, &error), MB_OK);
    return storage;
}

static void expect_same(const char *realm_a, const char *root_a, const char *key, const char *realm_b,
                        const char *root_b, const char *want)
{
    struct mb_arena *arena = mb_arena_new();
    struct mb_storage *a = open_place(realm_a, root_a), *b = open_place(realm_b, root_b);
    const char *out = NULL;
    bool same = mb_storage_same_object(a, key, b, arena, &out);
    assert_int_equal(same, want != NULL);
    if (want != NULL)
        assert_string_equal(out, want);
    else
        assert_null(out);
    mb_storage_close(b);
    mb_storage_close(a);
    mb_arena_free(arena);
}

static void test_same_object(void **state)
{
    (void)state;
    expect_same("s3://b", "", "x/y", "s3://b", "", "x/y");
    expect_same("s3://b", "", "x/y", "s3://c", "", NULL);
    expect_same("", "", "x/y", "", "", NULL);
    expect_same("file:", "/data/backup/", "x", "file:", "/data/", "backup/x");
    expect_same("file:", "/data/", "backup/x", "file:", "/data/backup/", "x");
    expect_same("file:", "/data/", "x", "file:", "/data/backup/", NULL);
    expect_same("file:", "/data/", "backup/", "file:", "/data/backup/", NULL);
    expect_same("file:", "/data/", "backups/x", "file:", "/data/backup/", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BED(test_ranges),
        WITH_BED(test_bodies_of_the_wrong_length_are_read_again),
        WITH_BED(test_a_body_that_stays_wrong),
        WITH_BED(test_the_services_checksum_is_checked),
        WITH_BED(test_objects_that_do_not_fit),
        WITH_BED(test_if_match),
        WITH_BED(test_empty_and_missing_objects),
        WITH_BED(test_writes_are_retried_from_their_first_byte),
        WITH_BED(test_a_put_that_reads_nothing),
        WITH_BED(test_sources),
        WITH_BED(test_larger_than_one_put),
        WITH_BED(test_if_absent),
        WITH_BED(test_if_absent_meets_its_own_first_attempt),
        WITH_BED(test_if_absent_meets_another_writer),
        WITH_BED(test_ambiguity_is_told),
        WITH_BED(test_removing_what_is_not_there),
        WITH_BED(test_remove_many_in_batches),
        WITH_BED(test_remove_many_goes_on_with_what_is_left),
        WITH_BED(test_remove_many_the_long_way),
        WITH_BED(test_copies),
        WITH_BED(test_copies_that_are_not_possible),
        cmocka_unit_test(test_same_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
