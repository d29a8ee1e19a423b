#include "catalog/spool.h"

#include "base/scope.h"

#include "bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY "text"

/* size bytes whose every position can be told from its neighbours. */
static void fill(struct bed *bed, struct mb_spool *spool, size_t size)
{
    char block[1000];
    for (size_t at = 0; at < size;) {
        size_t n = size - at < sizeof(block) ? size - at : sizeof(block);
        for (size_t i = 0; i < n; i++)
            block[i] = (char)('a' + (at + i) % 23 + (at + i) / 1000 % 3);
        assert_int_equal(mb_spool_append(spool, block, n, &bed->error), MB_OK);
        at += n;
    }
}

static void check(struct bed *bed, size_t size)
{
    const char *text = bed_get(bed, KEY);
    assert_non_null(text);
    assert_int_equal(strlen(text), size);
    for (size_t i = 0; i < size; i++)
        if (text[i] != (char)('a' + i % 23 + i / 1000 % 3))
            fail_msg("byte %zu is wrong", i);
}

static void texts_of_any_size_arrive(void **state)
{
    struct bed *bed = *state;
    static const size_t sizes[] = {0, 1, 1048575, 1048576, 1048577, 5000000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct mb_spool spool;
        mb_spool_init(&spool, NULL);
        fill(bed, &spool, sizes[i]);
        assert_true(spool.buf.cap < 4 << 20);
        assert_int_equal(mb_spool_upload(&spool, bed->storage, KEY, "text/plain", NULL, &bed->error), MB_OK);
        check(bed, sizes[i]);
        mb_spool_done(&spool);
    }
}

static mb_status open_small(struct mb_store **out, struct mb_store_info *info, const struct mb_kv *config,
                            size_t count, const struct mb_call *call)
{
    mb_status status = mb_storage_plugin_entry()->open(out, info, config, count, call);
    info->max_put_size = 2 << 20;
    info->max_part_size = 1 << 20;
    return status;
}

static int parts;

static mb_status count_part(struct mb_store *store, const char *key, const char *upload_id, uint32_t number,
                            const struct mb_put_options *opts, const struct mb_source *source,
                            struct mb_part *out, const struct mb_call *call)
{
    parts++;
    return mb_storage_plugin_entry()->mpu_part(store, key, upload_id, number, opts, source, out, call);
}

static void what_no_put_takes_goes_by_parts(void **state)
{
    struct bed *bed = *state;
    struct mb_spool spool;
    parts = 0;
    bed->driver.open = open_small;
    bed->driver.mpu_part = count_part;
    bed_reopen(bed);
    mb_spool_init(&spool, NULL);
    fill(bed, &spool, 5000000);
    assert_int_equal(mb_spool_upload(&spool, bed->storage, KEY, "text/plain", NULL, &bed->error), MB_OK);
    mb_spool_done(&spool);
    assert_int_equal(parts, 5);
    check(bed, 5000000);
}

static mb_status no_part(struct mb_store *store, const char *key, const char *upload_id, uint32_t number,
                         const struct mb_put_options *opts, const struct mb_source *source,
                         struct mb_part *out, const struct mb_call *call)
{
    (void)store, (void)key, (void)upload_id, (void)number, (void)opts, (void)source, (void)out;
    return mb_fail(call->error, MB_E_FORBIDDEN, "no part for you");
}

static void failed_parts_are_aborted(void **state)
{
    struct bed *bed = *state;
    struct mb_spool spool;
    uint64_t aborted = 0;
    bed->driver.open = open_small;
    bed->driver.mpu_part = no_part;
    bed_reopen(bed);
    mb_spool_init(&spool, NULL);
    fill(bed, &spool, 5000000);
    assert_int_equal(mb_spool_upload(&spool, bed->storage, KEY, "text/plain", NULL, &bed->error),
                     MB_E_FORBIDDEN);
    mb_spool_done(&spool);
    assert_null(bed_get(bed, KEY));
    assert_int_equal(mb_storage_abort_uploads(bed->storage, "", &aborted, NULL, &bed->error), MB_OK);
    assert_int_equal(aborted, 0);
}

static void a_folder_that_cannot_be_written_is_named(void **state)
{
    struct bed *bed = *state;
    struct mb_spool spool;
    char *block = mb_arena_alloc(bed->arena, 2 << 20, 1);
    const struct mb_scope scope = {.temporary_folder = "/nowhere"};
    mb_scope_enter(&scope);
    mb_spool_init(&spool, NULL);
    assert_int_equal(spool.sink.write(spool.sink.ctx, block, 100), MB_OK);
    assert_true(spool.sink.write(spool.sink.ctx, block, 2 << 20) < 0);
    assert_true(mb_spool_error(&spool, &bed->error) < 0);
    assert_non_null(strstr(bed->error.message, "/nowhere"));
    mb_spool_done(&spool);
    mb_scope_enter(NULL);
}

/* The file of a large text lies beside the log, and has no name there. */
static void a_large_text_lies_beside_the_log(void **state)
{
    struct bed *bed = *state;
    struct mb_spool spool;
    struct mb_log *log = NULL;
    struct stat st;
    char folder[] = "/tmp/mb-test-spool-XXXXXX", path[64], link[64], target[128] = "";
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/log", folder);
    const struct mb_log_options options = {.path = path};
    assert_int_equal(mb_log_open(&log, &options, &bed->error), MB_OK);
    mb_spool_init(&spool, log);
    fill(bed, &spool, 1000);
    assert_int_equal(spool.file.fd, -1);
    fill(bed, &spool, 2 << 20);
    snprintf(link, sizeof(link), "/proc/self/fd/%d", spool.file.fd);
    assert_true(readlink(link, target, sizeof(target) - 1) > 0);
    assert_memory_equal(target, folder, strlen(folder));
    assert_int_equal(fstat(spool.file.fd, &st), 0);
    assert_int_equal(st.st_nlink, 0);
    mb_spool_done(&spool);
    mb_log_close(log);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(texts_of_any_size_arrive),         BED_TEST(what_no_put_takes_goes_by_parts),
        BED_TEST(failed_parts_are_aborted),         BED_TEST(a_folder_that_cannot_be_written_is_named),
        BED_TEST(a_large_text_lies_beside_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
