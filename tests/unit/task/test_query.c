/* Queries about one backup, the drivers, and whether everything can be used. */
#include "base/clock.h"
#include "bench.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char full[] =
    "{\"id\":\"i1\",\"name\":\"one\",\"size\":30,\"milvus_version\":\"v2.4.1\",\"collection_backups\":["
    "{\"collection_id\":7,\"db_name\":\"db\",\"collection_name\":\"books\",\"shards_num\":2,\"size\":30,"
    "\"backup_physical_timestamp\":1700000000,\"load_state\":\"Loaded\","
    "\"schema\":{\"name\":\"books\",\"description\":\"d\",\"fields\":[{\"fieldID\":100,\"name\":\"id\"}]}"
    ","
    "\"index_infos\":[{\"field_name\":\"v\",\"index_name\":\"vi\",\"index_type\":\"HNSW\","
    "\"params\":{\"index_type\":\"HNSW\",\"metric_type\":\"L2\"}}],"
    "\"partition_backups\":[{\"partition_id\":8,\"partition_name\":\"_default\",\"collection_id\":7,"
    "\"size\":30,\"segment_backups\":["
    "{\"segment_id\":9,\"collection_id\":7,\"partition_id\":8,\"num_of_rows\":5,\"size\":20},"
    "{\"segment_id\":10,\"collection_id\":7,\"partition_id\":8,\"num_of_rows\":6,\"size\":10}"
    "]}]"
    "}]}";

static void make_backup(struct bench *b)
{
    bench_write(b, "b/one/meta/backup_meta.json",
                "{\"id\":\"i1\",\"name\":\"one\",\"size\":30,\"milvus_version\":\"v2.4.1\"}");
    bench_write(b, "b/one/meta/full_meta.json", full);
}

static void test_info_counts_what_the_description_says(void **state)
{
    struct bench *b = *state;
    struct mb_info *info = NULL;
    struct mb_info_backup backup = {.struct_size = sizeof backup};
    struct mb_info_collection collection = {.struct_size = sizeof collection};
    struct mb_info_partition partition = {.struct_size = sizeof partition};
    struct mb_info_index index = {.struct_size = sizeof index};

    bench_configure(b, "");
    make_backup(b);
    bench_write(
        b, "b/one/meta/objects.jsonl",
        "{\"key\":\"binlogs/a\",\"size\":20,\"crc32c\":\"1a2b3c4d\"}\n{\"key\":\"binlogs/b\",\"size\":10}\n");
    struct mb_session *session = bench_open(b);
    if (mb_session_info(session, "one", &info, &b->error) != MB_OK)
        fail_msg("%s", b->error.message);
    mb_session_close(session);
    assert_int_equal(mb_info_backup(info, &backup, &b->error), MB_OK);
    assert_int_equal(backup.rows, 11);
    assert_int_equal(backup.segments, 2);
    assert_true(backup.has_objects);
    assert_int_equal(backup.objects, 2);
    assert_int_equal(backup.objects_summed, 1);
    assert_int_equal(backup.objects_summed_bytes, 20);
    assert_true(backup.made_ms > INT64_C(1700000000000));
    assert_int_equal(backup.took_ms, backup.made_ms - INT64_C(1700000000000));
    assert_int_equal(mb_info_collection(info, 0, &collection, &b->error), MB_OK);
    assert_string_equal(collection.name, "books");
    assert_int_equal(collection.rows, 11);
    assert_int_equal(collection.shards, 2);
    assert_string_equal(collection.load_state, "Loaded");
    assert_int_equal(mb_info_partition(info, 0, 0, &partition, &b->error), MB_OK);
    assert_int_equal(partition.segments, 2);
    assert_int_equal(mb_info_index(info, 0, 0, &index, &b->error), MB_OK);
    assert_string_equal(index.type, "HNSW");
    assert_string_equal(index.metric, "L2");
    assert_int_equal(mb_info_index(info, 0, 1, &index, &b->error), MB_E_NOT_FOUND);
    assert_int_equal(mb_info_collection(info, 1, &collection, &b->error), MB_E_NOT_FOUND);
    mb_info_free(info);
}

static void test_list_with_details(void **state)
{
    struct bench *b = *state;
    struct mb_list_request request = {
        .struct_size = sizeof request, .collection = "db.books", .with_details = true};
    struct mb_backup_entry entry = {.struct_size = sizeof entry};
    struct mb_backup_collection collection = {.struct_size = sizeof collection};
    struct mb_backup_list *list = NULL;

    bench_configure(b, "");
    make_backup(b);
    bench_write(b, "b/torn/meta/full_meta.json", "{}");
    struct mb_session *session = bench_open(b);
    assert_int_equal(mb_session_list(session, &request, &list, &b->error), MB_OK);
    assert_int_equal(mb_backup_list_count(list), 1);
    assert_int_equal(mb_backup_list_at(list, 0, &entry, &b->error), MB_OK);
    assert_int_equal(entry.rows, 11);
    assert_int_equal(entry.collection_count, 1);
    assert_int_equal(mb_backup_list_collection(list, 0, 0, &collection, &b->error), MB_OK);
    assert_string_equal(collection.db, "db");
    mb_backup_list_free(list);
    request.collection = "other";
    assert_int_equal(mb_session_list(session, &request, &list, &b->error), MB_OK);
    assert_int_equal(mb_backup_list_count(list), 0);
    mb_backup_list_free(list);
    mb_session_close(session);
}

/* How many objects of the backup storage were read so far. */
static uint64_t reads(struct mb_session *session)
{
    struct mb_error error = {.struct_size = sizeof error};
    uint64_t sum = 0;
    for (size_t i = 0; i < mb_session_metric_count(session); i++) {
        struct mb_metric_row row = {.struct_size = sizeof row};
        assert_int_equal(mb_session_metric_at(session, i, &row, &error), MB_OK);
        if (strcmp(row.operation, "get") == 0)
            sum += row.calls;
    }
    return sum;
}

static void test_a_session_that_remembers_reads_once(void **state)
{
    struct bench *b = *state;
    const struct mb_list_request request = {.struct_size = sizeof request, .with_details = true};
    struct mb_backup_entry entry = {.struct_size = sizeof entry};
    struct mb_backup_list *list = NULL;

    bench_configure(b, "");
    make_backup(b);
    struct mb_session *session = bench_open(b);
    assert_int_equal(mb_session_remember(NULL, 1, &b->error), MB_E_INVALID);
    assert_int_equal(mb_session_remember(session, 100000, &b->error), MB_OK);
    assert_int_equal(mb_session_remember(session, 100000, &b->error), MB_OK);
    for (int i = 0; i < 3; i++) {
        uint64_t before = reads(session);
        assert_int_equal(mb_session_list(session, &request, &list, &b->error), MB_OK);
        assert_int_equal(mb_backup_list_at(list, 0, &entry, &b->error), MB_OK);
        assert_string_equal(entry.milvus_version, i < 2 ? "v2.4.1" : "v2.6.0");
        assert_int_equal(entry.rows, 11);
        mb_backup_list_free(list);
        assert_int_equal(reads(session) == before, i == 1);
        if (i == 1)
            bench_write(b, "b/one/meta/backup_meta.json",
                        "{\"id\":\"i22\",\"name\":\"one\",\"size\":30,\"milvus_version\":\"v2.6.0\"}");
    }
    mb_session_close(session);
}

struct text {
    char data[4096];
    size_t len;
};

static mb_status append(void *ctx, const void *data, size_t len)
{
    struct text *text = ctx;
    if (text->len + len >= sizeof text->data)
        return MB_E_CALLBACK;
    memcpy(text->data + text->len, data, len);
    text->len += len;
    return MB_OK;
}

static void test_get_writes_the_description(void **state)
{
    struct bench *b = *state;
    struct text text = {.len = 0};
    const struct mb_sink sink = {.struct_size = sizeof sink, .write = append, .ctx = &text};
    struct mb_get_request request = {.struct_size = sizeof request, .name = "one"};

    bench_configure(b, "");
    make_backup(b);
    struct mb_session *session = bench_open(b);
    assert_int_equal(mb_session_get(session, &request, &sink, &b->error), MB_OK);
    assert_non_null(strstr(text.data, "\"collection_name\":\"books\""));
    assert_null(strstr(text.data, "segment_id"));
    text = (struct text){.len = 0};
    request.detail = true;
    assert_int_equal(mb_session_get(session, &request, &sink, &b->error), MB_OK);
    assert_non_null(strstr(text.data, "segment_id"));
    struct mb_backup_times times = {.struct_size = sizeof times};
    request.times = &times;
    text = (struct text){.len = 0};
    assert_int_equal(mb_session_get(session, &request, &sink, &b->error), MB_OK);
    assert_true(times.made_ms > 0 && times.made_ms <= mb_clock_wall() / MB_NS_PER_MS);
    assert_true(times.took_ms >= -1);
    struct mb_info *info = NULL;
    struct mb_info_backup about = {.struct_size = sizeof about};
    assert_int_equal(mb_session_info(session, "one", &info, &b->error), MB_OK);
    assert_int_equal(mb_info_backup(info, &about, &b->error), MB_OK);
    assert_int_equal(times.made_ms, about.made_ms);
    assert_int_equal(times.took_ms, about.took_ms);
    mb_info_free(info);
    request.times = NULL;
    uint64_t bytes = 0;
    assert_int_equal(mb_session_meta_size(session, "one", &bytes, &b->error), MB_OK);
    assert_in_range(bytes, text.len, 100 * text.len);
    assert_int_equal(mb_session_meta_size(session, "on", &bytes, &b->error), MB_OK);
    assert_int_equal(bytes, 0);
    assert_int_equal(mb_session_meta_size(session, "../one", &bytes, &b->error), MB_E_INVALID);
    request.name = "two";
    assert_int_equal(mb_session_get(session, &request, &sink, &b->error), MB_E_NOT_FOUND);
    request.name = "../one";
    assert_int_equal(mb_session_get(session, &request, &sink, &b->error), MB_E_INVALID);
    assert_int_equal(b->error.hint, MB_HINT_INPUT);
    assert_int_equal(mb_session_get(session, &request, NULL, &b->error), MB_E_INVALID);
    mb_session_close(session);
}

static void test_drivers_tell_of_themselves(void **state)
{
    struct bench *b = *state;
    struct mb_driver_list *list = NULL;
    struct mb_driver_entry entry = {.struct_size = sizeof entry};
    struct mb_driver_option_row option = {.struct_size = sizeof option};

    b->options.config_path = "";
    b->options.no_log_file = true;
    struct mb_session *session = bench_open(b);
    assert_int_equal(mb_session_drivers(session, "local", &list, &b->error), MB_OK);
    mb_session_close(session);
    assert_int_equal(mb_driver_list_count(list), 1);
    assert_int_equal(mb_driver_list_at(list, 0, &entry, &b->error), MB_OK);
    assert_string_equal(entry.name, "local");
    assert_string_equal(entry.thread_model, "parallel");
    assert_non_null(strstr(entry.path, "local.so"));
    assert_true(entry.option_count > 0);
    assert_int_equal(mb_driver_list_option(list, 0, 0, &option, &b->error), MB_OK);
    assert_int_equal(mb_driver_list_option(list, 0, entry.option_count, &option, &b->error), MB_E_NOT_FOUND);
    mb_driver_list_free(list);
}

static void test_an_unknown_driver_is_a_mistake(void **state)
{
    struct bench *b = *state;
    struct mb_driver_list *list = NULL;
    b->options.config_path = "";
    b->options.no_log_file = true;
    struct mb_session *session = bench_open(b);
    assert_int_equal(mb_session_drivers(session, "tape", &list, &b->error), MB_E_CONFIG);
    assert_null(list);
    mb_session_close(session);
}

static size_t count_files(const char *folder)
{
    DIR *dir = opendir(folder);
    size_t count = 0;
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

/* Nobody listens on port 1. */
static void test_check_names_who_does_not_answer(void **state)
{
    struct bench *b = *state;
    struct mb_check *check = NULL;
    char folder[96];

    bench_configure(b, "");
    bench_write(b, "a/x", "");
    struct mb_session *session = bench_open(b);
    mb_status status = mb_session_check(session, &check, &b->error);
    assert_int_equal(status, MB_E_UNAVAILABLE);
    assert_non_null(strstr(b->error.message, "milvus.address"));
    assert_null(check);
    mb_session_close(session);
    snprintf(folder, sizeof folder, "%s/a", b->folder);
    assert_int_equal(count_files(folder), 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_info_counts_what_the_description_says),
        CASE(test_list_with_details),
        CASE(test_a_session_that_remembers_reads_once),
        CASE(test_get_writes_the_description),
        CASE(test_drivers_tell_of_themselves),
        CASE(test_an_unknown_driver_is_a_mistake),
        CASE(test_check_names_who_does_not_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
