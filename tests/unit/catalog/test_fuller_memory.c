/* What reading a backup needs at most, counted where memory is taken: of its two descriptions one is held. */
#include "bed.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define META "backup/b/meta/"

enum { SEGMENTS = 40, FIELDS = 8, LOGS = 100 };

static atomic_size_t held, most;

static void *take(void *at)
{
    size_t now = atomic_fetch_add(&held, malloc_usable_size(at)) + malloc_usable_size(at);
    if (now > atomic_load(&most))
        atomic_store(&most, now);
    return at;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__real_reallocarray(void *at, size_t count, size_t size);
void __real_free(void *at);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);
void *__wrap_reallocarray(void *at, size_t count, size_t size);
void __wrap_free(void *at);

void *__wrap_malloc(size_t size)
{
    return take(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return take(__real_calloc(count, size));
}

/* Both of them are there while it is moved. */
void *__wrap_realloc(void *at, size_t size)
{
    size_t before = malloc_usable_size(at);
    void *moved = take(__real_realloc(at, size));
    atomic_fetch_sub(&held, before);
    return moved;
}

void *__wrap_reallocarray(void *at, size_t count, size_t size)
{
    size_t before = malloc_usable_size(at);
    void *moved = take(__real_reallocarray(at, count, size));
    atomic_fetch_sub(&held, before);
    return moved;
}

void __wrap_free(void *at)
{
    atomic_fetch_sub(&held, malloc_usable_size(at));
    __real_free(at);
}

/* ------------------------------------------------------------- a backup of many logs */

static void put_segment(struct mb_buf *text, int number)
{
    mb_buf_printf(text,
                  "{\"segment_id\":%d,\"collection_id\":1,\"partition_id\":10,\"num_of_rows\":5,\"size\":1,"
                  "\"group_id\":%d,\"binlogs\":[",
                  number, number);
    for (int f = 0; f < FIELDS; f++) {
        mb_buf_printf(text, "%s{\"fieldID\":%d,\"binlogs\":[", f > 0 ? "," : "", 100 + f);
        for (int i = 1; i <= LOGS; i++)
            mb_buf_printf(text, "%s{\"log_id\":%d,\"log_size\":1}", i > 1 ? "," : "", i);
        mb_buf_printf(text, "]}");
    }
    mb_buf_printf(text, "]}");
}

static void put_segments(struct bed *bed, const char *key, const char *before, int count, const char *after)
{
    struct mb_buf text;
    mb_buf_init(&text, (size_t)64 << 20);
    mb_buf_printf(&text, "%s", before);
    for (int i = 1; i <= count; i++) {
        mb_buf_printf(&text, "%s", i > 1 ? "," : "");
        put_segment(&text, i);
    }
    mb_buf_printf(&text, "%s", after);
    assert_int_equal(mb_buf_status(&text, &bed->error), MB_OK);
    bed_put(bed, key, text.data);
    mb_buf_done(&text);
}

static void put(struct bed *bed, int in_full, int in_levels)
{
    bed_put(bed, META "backup_meta.json", "{\"id\":\"x\",\"name\":\"b\",\"size\":2}");
    bed_put(
        bed, META "collection_meta.json",
        "{\"infos\":[{\"collection_id\":1,\"db_name\":\"default\",\"collection_name\":\"c\",\"size\":2}]}");
    bed_put(bed, META "partition_meta.json",
            "{\"infos\":[{\"partition_id\":10,\"partition_name\":\"p\",\"collection_id\":1,\"size\":2}]}");
    put_segments(bed, META "segment_meta.json", "{\"infos\":[", in_levels, "]}");
    put_segments(bed, META "full_meta.json",
                 "{\"id\":\"x\",\"name\":\"b\",\"size\":2,\"collection_backups\":[{\"collection_id\":1,"
                 "\"db_name\":\"default\",\"collection_name\":\"c\",\"size\":2,\"partition_backups\":[{"
                 "\"partition_id\":10,\"partition_name\":\"p\",\"collection_id\":1,\"segment_backups\":[",
                 in_full, "],\"size\":2}]}]}");
}

/* ------------------------------------------------------------- reading it */

static size_t most_while_reading(struct bed *bed, size_t *lasting, const char **difference)
{
    struct mb_backup backup;
    size_t before = atomic_load(&held);
    atomic_store(&most, before);
    if (mb_catalog_read_fuller(&bed->catalog, "b", bed->arena, &backup, difference, NULL, &bed->error) !=
        MB_OK)
        fail_msg("%s", bed->error.message);
    assert_int_equal(backup.collections[0].partitions[0].segment_count, SEGMENTS);
    assert_int_equal(backup.collections[0].partitions[0].segments[SEGMENTS - 1].insert_logs[FIELDS - 1].count,
                     LOGS);
    *lasting = atomic_load(&held) - before;
    return atomic_load(&most) - before;
}

static void expect_one_description(struct bed *bed, const char *words)
{
    const size_t of_reading = (size_t)1 << 20; /* the range of a file */
    const char *difference = NULL;
    size_t lasting = 0, peak = most_while_reading(bed, &lasting, &difference);
    assert_in_range(lasting, SEGMENTS * FIELDS * LOGS * sizeof(struct mb_binlog), SIZE_MAX);
    if (peak > lasting + lasting / 2 + of_reading)
        fail_msg("%zu bytes for a description of %zu", peak, lasting);
    if (words != NULL)
        assert_non_null(strstr(difference, words));
    else
        assert_null(difference);
}

static void descriptions_that_agree(void **state)
{
    put(*state, SEGMENTS, SEGMENTS);
    expect_one_description(*state, NULL);
}

static void level_files_that_name_more(void **state)
{
    put(*state, SEGMENTS - 1, SEGMENTS);
    expect_one_description(*state, "the level files are taken");
}

int main(void)
{
    const struct CMUnitTest tests[] = {BED_TEST(descriptions_that_agree),
                                       BED_TEST(level_files_that_name_more)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
