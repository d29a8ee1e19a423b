#include "base/crc32c.h"
#include "bed.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define KEY "backup/b1/meta/objects.jsonl"

static void add(struct bed *bed, struct mb_objects *objects, struct mb_object_record record)
{
    if (mb_objects_add(objects, &record, &bed->error) != MB_OK)
        fail_msg("%s", bed->error.message);
}

static void records_are_lines_of_json(void **state)
{
    struct bed *bed = *state;
    uint64_t size = 0;
    uint32_t crc32c = 0;
    struct mb_objects *objects = NULL;
    assert_int_equal(mb_objects_new(&objects, NULL, &bed->error), MB_OK);
    add(bed, objects, (struct mb_object_record){.key = "binlogs/a", .size = 88, .etag = "\"x\""});
    add(bed, objects,
        (struct mb_object_record){.key = "binlogs/b",
                                  .size = UINT64_C(5000000000),
                                  .has_crc32c = true,
                                  .crc32c = 0xab,
                                  .etag = ""});
    add(bed, objects, (struct mb_object_record){.key = "c"});
    assert_int_equal(mb_objects_save(objects, bed->storage, KEY, &size, &crc32c, NULL, &bed->error), MB_OK);
    mb_objects_free(objects);
    assert_int_equal(size, strlen(bed_get(bed, KEY)));
    assert_int_equal(crc32c, mb_crc32c(0, bed_get(bed, KEY), size));
    assert_string_equal(bed_get(bed, KEY),
                        "{\"key\":\"binlogs/a\",\"size\":88,\"etag\":\"\\\"x\\\"\"}\n"
                        "{\"key\":\"binlogs/b\",\"size\":5000000000,\"crc32c\":\"000000ab\"}\n"
                        "{\"key\":\"c\",\"size\":0}\n");
}

static void records_come_back(void **state)
{
    struct bed *bed = *state;
    struct mb_objects_reader *reader = NULL;
    const struct mb_object_record *record = NULL;
    bed_put(bed, KEY,
            "{\"key\":\"a\",\"size\":88,\"crc32c\":\"0a0b0c0d\",\"etag\":\"e\"}\n{\"key\":\"b\",\"size\":0}");
    assert_int_equal(mb_objects_open(&reader, bed->storage, KEY, NULL, &bed->error), MB_OK);
    assert_int_equal(mb_objects_next(reader, &record, &bed->error), MB_OK);
    assert_string_equal(record->key, "a");
    assert_int_equal(record->size, 88);
    assert_true(record->has_crc32c);
    assert_int_equal(record->crc32c, 0x0a0b0c0d);
    assert_string_equal(record->etag, "e");
    assert_int_equal(mb_objects_next(reader, &record, &bed->error), MB_OK);
    assert_string_equal(record->key, "b");
    assert_false(record->has_crc32c);
    assert_string_equal(record->etag, "");
    assert_int_equal(mb_objects_next(reader, &record, &bed->error), MB_END);
    mb_objects_close(reader);
}

static void lines_that_are_no_records_are_refused(void **state)
{
    struct bed *bed = *state;
    static const char *const wrong[] = {
        "\n",
        "x\n",
        "{}\n",
        "[]\n",
        "{\"key\":\"a\"}\n",
        "{\"key\":\"\",\"size\":1}\n",
        "{\"key\":5,\"size\":1}\n",
        "{\"key\":\"a\",\"size\":-1}\n",
        "{\"key\":\"a\",\"size\":\"1\"}\n",
        "{\"key\":\"a\",\"size\":1,\"crc32c\":\"12\"}\n",
        "{\"key\":\"a\",\"size\":1,\"crc32c\":\"0000000g\"}\n",
        "{\"key\":\"a\",\"size\":1,\"crc32c\":5}\n",
        "{\"key\":\"a\",\"size\":1} {\"key\":\"b\",\"size\":1}\n",
        "{\"key\":\"a\",\"size\":99999999999999999999}\n",
        "{\"key\":\"a\",\"si",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct mb_objects_reader *reader = NULL;
        const struct mb_object_record *record = NULL;
        char text[200];
        snprintf(text, sizeof(text), "{\"key\":\"first\",\"size\":1}\n%s", wrong[i]);
        bed_put(bed, KEY, text);
        assert_int_equal(mb_objects_open(&reader, bed->storage, KEY, NULL, &bed->error), MB_OK);
        assert_int_equal(mb_objects_next(reader, &record, &bed->error), MB_OK);
        if (mb_objects_next(reader, &record, &bed->error) != MB_E_CORRUPT)
            fail_msg("'%s' was read", wrong[i]);
        assert_non_null(strstr(bed->error.message, "line 2"));
        mb_objects_close(reader);
    }
}

/* What is not known is passed over, except where it says that the object lies elsewhere. */
static void references_are_not_passed_over(void **state)
{
    struct bed *bed = *state;
    const struct mb_object_record *record = NULL;
    static const char *const lines[] = {
        "{\"key\":\"a\",\"size\":1,\"later\":{\"ref\":1},\"Ref\":2}\n",
        "{\"key\":\"a\",\"size\":1,\"ref\":\"b0\"}\n",
        "{\"ref_backup\":null,\"key\":\"a\",\"size\":1}\n",
        "{\"refusal\":[]}\n",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        struct mb_objects_reader *reader = NULL;
        bed_put(bed, KEY, lines[i]);
        assert_int_equal(mb_objects_open(&reader, bed->storage, KEY, NULL, &bed->error), MB_OK);
        assert_int_equal(mb_objects_next(reader, &record, &bed->error), i == 0 ? MB_OK : MB_E_UNSUPPORTED);
        assert_true(i == 0 || strstr(bed->error.message, "line 1 has a member \"ref") != NULL);
        mb_objects_close(reader);
    }
}

static void a_line_without_end_is_refused(void **state)
{
    struct bed *bed = *state;
    struct mb_objects_reader *reader = NULL;
    const struct mb_object_record *record = NULL;
    size_t len = 1 << 20;
    char *text = mb_arena_alloc(bed->arena, len + 1, 1);
    memset(text, 'x', len);
    bed_put(bed, KEY, text);
    assert_int_equal(mb_objects_open(&reader, bed->storage, KEY, NULL, &bed->error), MB_OK);
    assert_int_equal(mb_objects_next(reader, &record, &bed->error), MB_E_CORRUPT);
    mb_objects_close(reader);
}

static void a_missing_file_is_told(void **state)
{
    struct bed *bed = *state;
    struct mb_objects_reader *reader = NULL;
    const struct mb_object_record *record = NULL;
    assert_int_equal(mb_objects_open(&reader, bed->storage, KEY, NULL, &bed->error), MB_OK);
    assert_int_equal(mb_objects_next(reader, &record, &bed->error), MB_E_NOT_FOUND);
    mb_objects_close(reader);
}

enum { THREADS = 4, EACH = 5000 };

static void *add_many(void *ctx)
{
    struct mb_objects *objects = ctx;
    struct mb_error error = MB_ERROR_INIT;
    static const char key[] =
        "binlogs/insert_log/470610807224146908/470610807224146909/470610807224146917/100/1";
    for (int i = 0; i < EACH; i++) {
        struct mb_object_record record = {.key = key, .size = 1, .etag = "d41d8cd98f00b204e9800998ecf8427e"};
        if (mb_objects_add(objects, &record, &error) != MB_OK)
            return objects;
    }
    return NULL;
}

/* Enough of them for the temporary file to be used. */
static void threads_may_add_at_once(void **state)
{
    struct bed *bed = *state;
    struct mb_objects *objects = NULL;
    struct mb_objects_reader *reader = NULL;
    const struct mb_object_record *record = NULL;
    pthread_t threads[THREADS];
    mb_status status;
    size_t count = 0;
    uint64_t size = 0;
    uint32_t crc32c = 0;
    assert_int_equal(mb_objects_new(&objects, NULL, &bed->error), MB_OK);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, add_many, objects);
    for (int i = 0; i < THREADS; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(mb_objects_save(objects, bed->storage, KEY, &size, &crc32c, NULL, &bed->error), MB_OK);
    mb_objects_free(objects);
    assert_int_equal(mb_objects_open(&reader, bed->storage, KEY, NULL, &bed->error), MB_OK);
    while ((status = mb_objects_next(reader, &record, &bed->error)) == MB_OK)
        count += record->size;
    assert_int_equal(status, MB_END);
    assert_int_equal(count, THREADS * EACH);
    mb_objects_close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(records_are_lines_of_json),
        BED_TEST(records_come_back),
        BED_TEST(lines_that_are_no_records_are_refused),
        BED_TEST(references_are_not_passed_over),
        BED_TEST(a_line_without_end_is_refused),
        BED_TEST(a_missing_file_is_told),
        BED_TEST(threads_may_add_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
