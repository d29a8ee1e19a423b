#include "catalog/meta_file.h"
#include "json_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

struct fixture {
    struct mb_arena *arena;
    struct mb_meta_draft draft;
    struct mb_backup backup;
    struct mb_error error;
};

static void begin(struct fixture *f)
{
    *f = (struct fixture){.arena = mb_arena_new(), .error = MB_ERROR_INIT};
    assert_non_null(f->arena);
    f->draft.arena = f->arena;
}

static void read_text(struct fixture *f, enum mb_meta_file file, const char *text)
{
    struct json_text json = {.data = text, .len = strlen(text), .step = 1000};
    struct mb_json_reader *reader = NULL;
    assert_int_equal(mb_json_reader_new(&reader, mb_layout_meta_name(file), json_text_read, &json, &f->error),
                     MB_OK);
    if (mb_meta_read(&f->draft, file, reader, &f->error) != MB_OK)
        fail_msg("%s", f->error.message);
    mb_json_reader_free(reader);
}

static mb_status finish(struct fixture *f)
{
    return mb_meta_finish(&f->draft, NULL, &f->backup, &f->error);
}

/* One collection with two partitions; what is put in for %s belongs to the first of them. */
#define SEGMENT(id) "{\"segment_id\":" #id ",\"num_of_rows\":5}"

static const char frame[] =
    "{\"collection_backups\":[{\"collection_id\":7,\"db_name\":\"d\",\"collection_name\":\"c\","
    "\"partition_backups\":[{\"partition_id\":10,\"partition_name\":\"p\",\"segment_backups\":[%s]},"
    "{\"partition_id\":11,\"partition_name\":\"q\",\"segment_backups\":[" SEGMENT(22) "]}]%s}%s]}";

struct case_of {
    const char *segments, *of_collection, *behind; /* what goes into the frame */
    const char *words;                             /* that the error holds; NULL where there is none */
};

static const struct case_of cases[] = {
    {SEGMENT(20) "," SEGMENT(21), "", "", NULL},
    {"", ",\"l0_segments\":[{\"segment_id\":40},{\"segment_id\":41,\"partition_id\":-1}]", "", NULL},
    {"{\"segment_id\":20,\"group_id\":1},{\"segment_id\":21,\"group_id\":1}", "", "", NULL},
    {"{\"segment_id\":20,\"partition_id\":11}", "", "",
     "segment 20 of d.c stands in partition 10, but is of partition 11"},
    {"{\"segment_id\":20,\"partition_id\":-1}", "", "", "but is of partition -1"},
    {"{\"segment_id\":20,\"collection_id\":8}", "", "",
     "segment 20 stands in d.c, which is collection 7, but is of collection 8"},
    {SEGMENT(20) "," SEGMENT(20), "", "", "segment 20 of d.c is there twice"},
    {SEGMENT(22), "", "", "segment 22 of d.c is there twice"},
    {SEGMENT(20), ",\"l0_segments\":[{\"segment_id\":20}]", "", "segment 20 of d.c is there twice"},
    {"", ",\"l0_segments\":[{\"segment_id\":40,\"partition_id\":10}]", "",
     "segment 40 of d.c stands in partition -1, but is of partition 10"},
    {SEGMENT(20) ",{\"segment_id\":21,\"group_id\":20}", "", "",
     "segment 21 of d.c has the group_id 20, which is the folder of another segment"},
    {"", "", ",{\"collection_id\":7,\"collection_name\":\"other\"}", "collection 7 is there twice"},
    {"", "", ",{\"collection_id\":8}", "collection 8 has no collection_name"},
    {"", "", ",{\"collection_id\":8,\"collection_name\":\"e\",\"partition_backups\":[{\"partition_id\":12}]}",
     "partition 12 of default.e has no partition_name"},
    {"", "",
     ",{\"collection_id\":8,\"collection_name\":\"e\",\"partition_backups\":["
     "{\"partition_id\":12,\"partition_name\":\"p\"},{\"partition_id\":12,\"partition_name\":\"q\"}]}",
     "partition 12 of default.e is there twice"},
    {"", "",
     ",{\"collection_id\":8,\"collection_name\":\"e\",\"partition_backups\":["
     "{\"partition_id\":12,\"partition_name\":\"p\"},{\"partition_id\":13,\"partition_name\":\"p\"}]}",
     "two partitions of default.e have the name p"},
    {"", "",
     ",{\"collection_id\":8,\"collection_name\":\"e\",\"partition_backups\":["
     "{\"partition_id\":12,\"partition_name\":\"p\",\"collection_id\":7}]}",
     "partition 12 stands in default.e, which is collection 8, but is of collection 7"},
};

static void a_description_that_contradicts_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct case_of *c = &cases[i];
        struct fixture f;
        char text[2048];
        begin(&f);
        snprintf(text, sizeof(text), frame, c->segments, c->of_collection, c->behind);
        read_text(&f, MB_META_FULL, text);
        mb_status status = finish(&f);
        if (status != (c->words == NULL ? MB_OK : MB_E_CORRUPT))
            fail_msg("case %zu: %s", i, f.error.message);
        if (c->words != NULL) {
            assert_memory_equal(f.error.message, "full_meta.json: ", 16);
            assert_string_equal(f.draft.bad, "full_meta.json");
            if (strstr(f.error.message, c->words) == NULL)
                fail_msg("case %zu: %s", i, f.error.message);
        }
        mb_arena_free(f.arena);
    }
}

/* Level files that fit, each of which may be changed. */
struct levels {
    const char *backup, *collection, *partition, *segment;
};

static const struct levels fitting = {
    "{\"size\":30}", "{\"infos\":[{\"collection_id\":7,\"collection_name\":\"c\",\"size\":30}]}",
    "{\"infos\":[{\"partition_id\":10,\"partition_name\":\"p\",\"collection_id\":7,\"size\":30}]}",
    "{\"infos\":[{\"segment_id\":20,\"collection_id\":7,\"partition_id\":10,\"num_of_rows\":5,\"size\":30}]"
    "}"};

static mb_status read_levels(struct fixture *f, const struct levels *levels)
{
    begin(f);
    read_text(f, MB_META_BACKUP, levels->backup != NULL ? levels->backup : fitting.backup);
    read_text(f, MB_META_COLLECTION, levels->collection != NULL ? levels->collection : fitting.collection);
    read_text(f, MB_META_PARTITION, levels->partition != NULL ? levels->partition : fitting.partition);
    read_text(f, MB_META_SEGMENT, levels->segment != NULL ? levels->segment : fitting.segment);
    return finish(f);
}

static void level_files_that_contradict_each_other(void **state)
{
    static const struct {
        struct levels levels;
        const char *words; /* NULL where they are read */
    } wrong[] = {
        {{0}, NULL},
        {{.segment = "{}"},
         "segment_meta.json: it names no segments of partition p of default.c, which has 30 bytes"},
        {{.partition = "{}"}, "segment_meta.json: segment 20 is of partition 10 of collection 7"},
        {{.partition = "{}", .segment = "{}"}, "partition_meta.json: it names no partitions of default.c"},
        {{.collection = "{}"}, "partition_meta.json: partition 10 is of collection 7"},
        {{.collection = "{}", .partition = "{}", .segment = "{}"},
         "collection_meta.json: it names no collections"},
        {{.backup = "{}", .collection = "{}", .partition = "{}", .segment = "{}"}, NULL},
        {{.backup = "{\"size\":30,\"format\":\"snapshot\"}", .partition = "{}", .segment = "{}"}, NULL},
        {{.segment = "{\"infos\":[{\"segment_id\":20,\"collection_id\":7,\"partition_id\":11,\"size\":30}]}"},
         "segment_meta.json: segment 20 is of partition 11 of collection 7"},
        {{.segment = "{\"infos\":[{\"segment_id\":20,\"collection_id\":7,\"partition_id\":10},"
                     "{\"segment_id\":20,\"collection_id\":7,\"partition_id\":10}]}"},
         "segment_meta.json: segment 20 of default.c is there twice"},
        {{.partition =
              "{\"infos\":[{\"partition_id\":10,\"partition_name\":\"p\",\"collection_id\":8,\"size\":30}]}"},
         "partition_meta.json: partition 10 is of collection 8"},
        {{.collection = "{\"infos\":[{\"collection_id\":7,\"collection_name\":\"c\"},"
                        "{\"collection_id\":7,\"collection_name\":\"d\"}]}"},
         "collection_meta.json: collection 7 is there twice"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct fixture f;
        mb_status status = read_levels(&f, &wrong[i].levels);
        if (status != (wrong[i].words == NULL ? MB_OK : MB_E_CORRUPT))
            fail_msg("case %zu: %s", i, f.error.message);
        if (wrong[i].words != NULL && strncmp(f.error.message, wrong[i].words, strlen(wrong[i].words)) != 0)
            fail_msg("case %zu: %s", i, f.error.message);
        mb_arena_free(f.arena);
    }
}

/* Deletes over all partitions stand in the collection, among the segments, or in both. */
static void deletes_over_all_partitions_are_taken_once(void **state)
{
    static const char in_collection[] =
        "{\"infos\":[{\"collection_id\":7,\"collection_name\":\"c\",\"l0_segments\":[{\"segment_id\":40}]}]}";
    static const char among_segments[] =
        "{\"infos\":[{\"segment_id\":40,\"collection_id\":7,\"partition_id\":-1,\"num_of_rows\":1}]}";
    static const struct levels ways[] = {
        {.collection = in_collection, .partition = "{}", .segment = "{}"},
        {.segment = among_segments,
         .partition = "{\"infos\":[]}",
         .collection = "{\"infos\":[{\"collection_id\":7,\"collection_name\":\"c\"}]}"},
        {.collection = in_collection, .partition = "{}", .segment = among_segments}};
    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
        struct fixture f;
        if (read_levels(&f, &ways[i]) != MB_OK)
            fail_msg("case %zu: %s", i, f.error.message);
        assert_int_equal(f.backup.collections[0].l0_count, 1);
        assert_int_equal(f.backup.collections[0].l0_segments[0].id, 40);
        mb_arena_free(f.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_description_that_contradicts_itself),
        cmocka_unit_test(level_files_that_contradict_each_other),
        cmocka_unit_test(deletes_over_all_partitions_are_taken_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
