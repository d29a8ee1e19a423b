#include "catalog/meta_file.h"
#include "json_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

struct fixture {
    struct mb_arena *arena;
    struct mb_meta_draft draft;
    struct mb_backup backup;
    struct mb_buf text;
    struct mb_buf file;
    struct mb_error error;
};

static int set_up(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));
    f->arena = mb_arena_new();
    f->draft.arena = f->arena;
    f->error = MB_ERROR_INIT;
    mb_buf_init(&f->text, 1 << 24);
    mb_buf_init(&f->file, 1 << 24);
    *state = f;
    return f->arena == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    mb_arena_free(f->arena);
    mb_buf_done(&f->text);
    mb_buf_done(&f->file);
    test_free(f);
    return 0;
}

static mb_status read_bytes(struct fixture *f, enum mb_meta_file file, const char *data, size_t len)
{
    struct json_text text = {.data = data, .len = len, .step = 1000};
    struct mb_json_reader *reader = NULL;
    assert_int_equal(mb_json_reader_new(&reader, mb_layout_meta_name(file), json_text_read, &text, &f->error),
                     MB_OK);
    mb_status status = mb_meta_read(&f->draft, file, reader, &f->error);
    mb_json_reader_free(reader);
    return status;
}

static void read_text(struct fixture *f, enum mb_meta_file file, const char *text)
{
    if (read_bytes(f, file, text, strlen(text)) != MB_OK)
        fail_msg("%s", f->error.message);
}

static void finish(struct fixture *f)
{
    assert_int_equal(mb_meta_finish(&f->draft, NULL, &f->backup, &f->error), MB_OK);
}

static const char *write_text(struct fixture *f, const struct mb_backup *backup, enum mb_meta_file file)
{
    const struct mb_sink sink = mb_buf_sink(&f->text);
    mb_buf_reset(&f->text);
    assert_int_equal(mb_meta_write(backup, file, &sink, &f->error), MB_OK);
    return f->text.data;
}

static const char *load_interop(struct fixture *f, const char *backup, enum mb_meta_file file)
{
    char path[512];
    char chunk[4096];
    size_t n;
    snprintf(path, sizeof(path), "%s/%s/meta/%s", MB_TEST_INTEROP, backup, mb_layout_meta_name(file));
    FILE *in = fopen(path, "rb");
    if (in == NULL)
        fail_msg("%s is missing", path);
    mb_buf_reset(&f->file);
    while ((n = fread(chunk, 1, sizeof(chunk), in)) > 0)
        mb_buf_append(&f->file, chunk, n);
    fclose(in);
    return f->file.data;
}

static void read_levels(struct fixture *f, const char *backup)
{
    static const enum mb_meta_file levels[] = {MB_META_BACKUP, MB_META_COLLECTION, MB_META_PARTITION,
                                               MB_META_SEGMENT};
    for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++)
        read_text(f, levels[i], load_interop(f, backup, levels[i]));
    finish(f);
}

static const struct mb_collection_backup *find_collection(const struct mb_backup *backup, const char *db,
                                                          const char *name)
{
    for (size_t i = 0; i < backup->collection_count; i++)
        if (strcmp(backup->collections[i].collection.db_name, db) == 0 &&
            strcmp(backup->collections[i].collection.name, name) == 0)
            return &backup->collections[i];
    fail_msg("no collection %s.%s", db, name);
    return NULL;
}

/* What is known of the data in both archives. */
static void check_interop(const struct mb_backup *backup)
{
    assert_int_equal(backup->collection_count, 7);
    assert_int_equal(backup->size, 68896);
    assert_string_equal(backup->milvus_version, "v2.3.5-lite");
    assert_string_equal(backup->source_root, "files");

    const struct mb_collection_backup *c = find_collection(backup, "default", "auto_id");
    assert_int_equal(c->collection.shards_num, 2);
    assert_int_equal(c->collection.consistency_level, 2);
    assert_int_equal(c->collection.schema.field_count, 2);
    assert_true(c->collection.schema.fields[0].auto_id);
    assert_true(c->collection.schema.fields[0].is_primary_key);
    assert_string_equal(mb_properties_get(&c->collection.schema.fields[1].type_params, "dim"), "4");
    assert_int_equal(c->partition_count, 1);
    assert_int_equal(c->partitions[0].segment_count, 4);
    assert_int_equal(c->partitions[0].segments[0].rows, 51);
    assert_int_equal(c->partitions[0].segments[0].insert_count, 4);
    assert_int_equal(c->partitions[0].segments[0].group_id, c->partitions[0].segments[0].id);
    assert_string_equal(mb_properties_get(&c->indexes[0].params, "index_type"), "IVF_FLAT");
    assert_string_equal(c->load_state, "Loaded");

    c = find_collection(backup, "default", "partitions");
    assert_int_equal(c->partition_count, 4);
    for (size_t i = 0; i < c->partition_count; i++) {
        const struct mb_partition_backup *p = &c->partitions[i];
        assert_int_equal(p->segment_count, strcmp(p->name, "empty") == 0 ? 0 : 1);
        if (p->segment_count == 0)
            continue;
        assert_int_equal(p->segments[0].delta_count, 1);
        assert_int_equal(p->segments[0].delta_logs[0].count, 1);
        assert_true(p->segments[0].delta_logs[0].logs[0].id > 470610807223946637);
        assert_false(p->segments[0].is_l0);
    }
    c = find_collection(backup, "sales", "partitions");
    assert_int_equal(c->partition_count, 1);
    c = find_collection(backup, "default", "empty");
    assert_false(c->has_index);
    assert_int_equal(c->index_count, 0);
    c = find_collection(backup, "default", "all_types");
    assert_true(c->collection.schema.enable_dynamic_field);
    assert_int_equal(c->index_count, 2);
}

static void a_backup_of_0_5_16_is_written_as_it_was(void **state)
{
    struct fixture *f = *state;
    static const enum mb_meta_file files[] = {MB_META_FULL, MB_META_BACKUP, MB_META_COLLECTION,
                                              MB_META_PARTITION, MB_META_SEGMENT};
    read_text(f, MB_META_FULL, load_interop(f, "go_v0_5_16", MB_META_FULL));
    finish(f);
    check_interop(&f->backup);
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        load_interop(f, "go_v0_5_16", files[i]);
        assert_string_equal(write_text(f, &f->backup, files[i]), f->file.data);
    }
}

static void the_level_files_of_0_5_16_hold_the_same(void **state)
{
    struct fixture *f = *state;
    read_levels(f, "go_v0_5_16");
    check_interop(&f->backup);
    assert_int_equal(f->backup.database_count, 0); /* full_meta.json alone has them */
}

static void both_readings_of_0_4_15_agree(void **state)
{
    struct fixture *f = *state;
    read_text(f, MB_META_FULL, load_interop(f, "go_v0_4_15", MB_META_FULL));
    finish(f);
    check_interop(&f->backup);
    char *full = strdup(write_text(f, &f->backup, MB_META_FULL));
    f->draft = (struct mb_meta_draft){.arena = f->arena};
    read_levels(f, "go_v0_4_15");
    check_interop(&f->backup);
    assert_string_equal(write_text(f, &f->backup, MB_META_FULL), full);
    free(full);
}

/* Every member that the format knows. */
static const char everything[] =
    "{\"id\":\"9d\",\"state_code\":0,\"name\":\"b1\",\"backup_timestamp\":18446744073709551615,"
    "\"collection_backups\":[{\"id\":\"9d\",\"collection_id\":450,\"db_name\":\"d\",\"collection_name\":"
    "\"c\","
    "\"schema\":{\"name\":\"c\",\"description\":\"\\u003cb\\u003e\",\"autoID\":true,\"fields\":["
    "{\"fieldID\":100,\"name\":\"id\",\"is_primary_key\":true,\"description\":\"pk\",\"data_type\":5,"
    "\"type_params\":[{\"key\":\"a\",\"value\":\"1\"},{\"key\":\"b\"}],"
    "\"index_params\":[{\"key\":\"i\",\"value\":\"2\"}],\"autoID\":true,\"state\":3,\"element_type\":21,"
    "\"is_dynamic\":true,\"is_partition_key\":true,\"nullable\":true,\"is_function_output\":true,"
    "\"default_value_base64\":\"GAc=\"}],\"enable_dynamic_field\":true,"
    "\"properties\":[{\"key\":\"p\",\"value\":\"q\"}],"
    "\"functions\":[{\"name\":\"f\",\"id\":7,\"description\":\"fd\",\"type\":1,\"input_field_names\":[\"x\"],"
    "\"input_field_ids\":[101],\"output_field_names\":[\"y\",\"z\"],\"output_field_ids\":[102,103],"
    "\"params\":[{\"key\":\"k\",\"value\":\"v\"}]}],"
    "\"struct_array_fields\":[{\"fieldID\":104,\"name\":\"s\",\"description\":\"sd\","
    "\"fields\":[{\"fieldID\":105,\"name\":\"t\",\"data_type\":22}]}]},"
    "\"shards_num\":2,\"consistency_level\":3,"
    "\"partition_backups\":[{\"partition_id\":451,\"partition_name\":\"_default\",\"collection_id\":450,"
    "\"segment_backups\":[{\"segment_id\":460,\"collection_id\":450,\"partition_id\":451,\"num_of_rows\":3,"
    "\"binlogs\":[{\"binlogs\":[{\"log_path\":\"files/insert_log/450/451/460/0/1\",\"log_size\":0,"
    "\"log_id\":1}]},{\"fieldID\":100,\"binlogs\":[{\"log_path\":\"files/insert_log/450/451/460/100/2\","
    "\"log_size\":88,\"log_id\":2},{\"log_path\":\"files/insert_log/450/451/460/100/3\",\"log_size\":89,"
    "\"log_id\":3}]}],\"deltalogs\":[{}],\"size\":177,\"group_id\":460,\"v_channel\":\"ch_v0\","
    "\"storage_version\":2},{\"segment_id\":461,\"collection_id\":450,\"partition_id\":451,"
    "\"deltalogs\":[{\"fieldID\":9,\"binlogs\":[{\"log_path\":\"files/delta_log/450/451/461/9\","
    "\"log_size\":5,\"log_id\":9}]}],\"size\":5,\"group_id\":461,\"is_l0\":true}],"
    "\"size\":182,\"load_state\":\"Loaded\"}],\"backup_timestamp\":470610810374717450,\"size\":190,"
    "\"has_index\":true,\"index_infos\":[{\"field_name\":\"v\",\"index_name\":\"vi\",\"index_type\":\"HNSW\","
    "\"params\":{\"M\":\"8\",\"index_type\":\"HNSW\",\"metric_type\":\"L2\"},\"index_id\":12,\"field_id\":"
    "100,"
    "\"create_time\":470610810374717450,\"type_params\":[{\"key\":\"dim\",\"value\":\"4\"}],"
    "\"is_auto_index\":true,\"min_index_version\":1}],\"load_state\":\"NotLoad\","
    "\"backup_physical_timestamp\":1795237845,\"channel_checkpoints\":{\"ch_v0\":\"CgQBAgME\",\"ch_v1\":\"\"}"
    ","
    "\"l0_segments\":[{\"segment_id\":462,\"collection_id\":450,\"partition_id\":-1,"
    "\"deltalogs\":[{\"binlogs\":[{\"log_path\":\"files/delta_log/450/-1/462/10\",\"log_size\":8,"
    "\"log_id\":10}]}],\"size\":8,\"is_l0\":true}],"
    "\"properties\":[{\"key\":\"collection.ttl.seconds\",\"value\":\"3600\"}],\"db_id\":2,"
    "\"created_timestamp\":470610810374717451,\"virtual_channel_names\":[\"ch_v0\",\"ch_v1\"],"
    "\"physical_channel_names\":[\"ch\"],\"aliases\":[\"other\"],"
    "\"snapshot_backup\":{\"metadata_path\":\"bundle/m.json\",\"total_files\":3,\"total_bytes\":9}}],"
    "\"size\":190,\"milvus_version\":\"v2.6.1\","
    "\"rbac_meta\":{\"users\":[{\"user\":\"u\",\"password\":\"h\",\"roles\":[{\"name\":\"r\"}]}],\"grants\":["
    "{\"role\":{}}]},"
    "\"rpc_channel_info\":{\"name\":\"rpc\",\"position\":\"AAE=\"},"
    "\"database_backups\":[{\"db_name\":\"default\"},{\"db_name\":\"d\",\"db_id\":2,"
    "\"properties\":[{\"key\":\"x\",\"value\":\"y\"}],\"ezk\":\"key\"}],"
    "\"flush_all_msgs_base64\":{\"ch\":\"AAEC\"},\"control_channel_name\":\"cc\","
    "\"physical_channel_names\":[\"ch\"],\"format\":\"other\"}";

static void every_member_survives_a_round_trip(void **state)
{
    struct fixture *f = *state;
    read_text(f, MB_META_FULL, everything);
    finish(f);
    assert_string_equal(write_text(f, &f->backup, MB_META_FULL), everything);

    const struct mb_collection_backup *c = &f->backup.collections[0];
    const struct mb_field *field = &c->collection.schema.fields[0];
    assert_true(f->backup.backup_timestamp == UINT64_MAX);
    assert_string_equal(c->collection.schema.description, "<b>");
    assert_int_equal(field->default_value.len, 2);
    assert_memory_equal(field->default_value.data, "\x18\x07", 2);
    assert_int_equal(field->element_type, 21);
    assert_string_equal(field->type_params.items[1].value, "");
    assert_int_equal(c->collection.schema.functions[0].output_field_ids.items[1], 103);
    assert_string_equal(c->collection.schema.external_source, "");
    assert_int_equal(c->collection.num_partitions, 1);
    assert_int_equal(c->checkpoint_count, 2);
    assert_int_equal(c->checkpoints[0].position.len, 6);
    assert_int_equal(c->checkpoints[1].position.len, 0);
    assert_int_equal(c->l0_segments[0].partition_id, -1);
    assert_string_equal(c->partitions[0].segments[0].virtual_channel, "ch_v0");
    assert_int_equal(c->partitions[0].segments[0].insert_logs[1].logs[1].size, 89);
    assert_string_equal(c->partitions[0].segments[1].virtual_channel, "");
    assert_string_equal(f->backup.databases[1].ezk, "key");
    assert_string_equal(f->backup.databases[0].ezk, "");
}

static void the_level_files_have_their_share(void **state)
{
    struct fixture *f = *state;
    read_text(f, MB_META_FULL, everything);
    finish(f);
    assert_string_equal(write_text(f, &f->backup, MB_META_BACKUP),
                        "{\"id\":\"9d\",\"state_code\":0,\"name\":\"b1\",\"size\":190,"
                        "\"milvus_version\":\"v2.6.1\",\"format\":\"other\"}");
    const char *text = write_text(f, &f->backup, MB_META_COLLECTION);
    assert_null(strstr(text, "l0_segments"));
    assert_null(strstr(text, "segment_backups"));
    assert_non_null(strstr(text, "\"partition_name\":\"_default\""));
    text = write_text(f, &f->backup, MB_META_SEGMENT);
    assert_non_null(strstr(text, "\"segment_id\":460"));
    assert_null(strstr(text, "\"segment_id\":462"));
    assert_string_equal(
        write_text(f, &f->backup, MB_META_PARTITION),
        "{\"infos\":[{\"partition_id\":451,\"partition_name\":\"_default\",\"collection_id\":450,"
        "\"size\":182,\"load_state\":\"Loaded\"}]}");
}

static void a_backup_of_nothing_has_empty_files(void **state)
{
    struct fixture *f = *state;
    struct mb_backup empty = {
        .id = "9d", .name = "b1", .milvus_version = "", .format = "", .source_root = ""};
    assert_string_equal(write_text(f, &empty, MB_META_FULL),
                        "{\"id\":\"9d\",\"state_code\":0,\"name\":\"b1\",\"size\":0}");
    assert_string_equal(write_text(f, &empty, MB_META_COLLECTION), "{}");
    assert_string_equal(write_text(f, &empty, MB_META_PARTITION), "{}");
    assert_string_equal(write_text(f, &empty, MB_META_SEGMENT), "{}");
}

/* v0.2 to v0.4.3: progress in the description, groups that segments share, no ids of logs, no database. */
static void very_old_level_files_are_read(void **state)
{
    struct fixture *f = *state;
    read_text(f, MB_META_BACKUP,
              "{\"id\":\"1\",\"state_code\":2,\"start_time\":1690000000000,\"end_time\":1690000001000,"
              "\"progress\":100,\"name\":\"old\",\"size\":30,\"milvus_version\":\"v2.2.9\"}");
    read_text(
        f, MB_META_COLLECTION,
        "{\"infos\":[{\"id\":\"1\",\"state_code\":2,\"start_time\":1,\"end_time\":2,\"progress\":100,"
        "\"collection_id\":10,\"collection_name\":\"c\",\"schema\":{\"name\":\"c\",\"fields\":null},"
        "\"shards_num\":2,\"partition_backups\":[{\"partition_id\":99}],\"size\":30,\"has_index\":false,"
        "\"errorMessage\":\"\",\"index_infos\":null}]}");
    read_text(f, MB_META_PARTITION,
              "{\"infos\":[{\"partition_id\":21,\"partition_name\":\"p\",\"collection_id\":10,\"size\":10},"
              "{\"partition_id\":20,\"partition_name\":\"_default\",\"collection_id\":10,\"size\":20},"
              "{\"partition_id\":20,\"partition_name\":\"_default\",\"collection_id\":11,\"size\":0}]}");
    read_text(f, MB_META_SEGMENT,
              "{\"infos\":["
              "{\"segment_id\":31,\"collection_id\":10,\"partition_id\":20,\"num_of_rows\":5,\"binlogs\":[{"
              "\"fieldID\":100,"
              "\"binlogs\":[{\"entries_num\":5,\"timestamp_from\":1,\"timestamp_to\":18446744073709551615,"
              "\"log_path\":\"insert_log/10/20/31/100/"
              "71\",\"log_size\":7}]}],\"statslogs\":[{}],\"size\":7,\"group_id\":1,"
              "\"backuped\":true},"
              "{\"segment_id\":30,\"collection_id\":10,\"partition_id\":20,\"num_of_rows\":5,\"binlogs\":[{"
              "\"fieldID\":100,"
              "\"binlogs\":[{\"log_path\":\"insert_log/10/20/30/100/"
              "70\",\"log_size\":7}]}],\"size\":7,\"group_id\":1},"
              "{\"segment_id\":32,\"collection_id\":10,\"partition_id\":77,\"size\":0},"
              "{\"segment_id\":33,\"collection_id\":10,\"partition_id\":21,\"num_of_rows\":1,\"deltalogs\":["
              "{\"fieldID\":72,\"binlogs\":[{\"log_path\":\"delta_log/10/21/33/72\",\"log_size\":9}]},"
              "{\"fieldID\":73,\"binlogs\":[{\"log_path\":\"delta_log/10/21/33/"
              "73\",\"log_size\":9}]}],\"size\":18}]}");
    finish(f);
    const struct mb_collection_backup *c = &f->backup.collections[0];
    assert_int_equal(f->backup.collection_count, 1);
    assert_string_equal(c->collection.db_name, "default");
    assert_string_equal(f->backup.source_root, "");
    assert_int_equal(c->partition_count, 2);
    assert_int_equal(c->partitions[0].id, 21); /* in the order of the file */
    assert_int_equal(c->partitions[1].segment_count, 2);
    assert_int_equal(c->partitions[1].segments[0].id, 31);
    assert_int_equal(c->partitions[1].segments[0].group_id, 1);
    assert_int_equal(c->partitions[1].segments[0].insert_logs[0].logs[0].id, 71);
    assert_int_equal(c->partitions[1].segments[1].group_id, 1);
    assert_false(c->partitions[1].segments[1].is_l0);
    assert_int_equal(c->partitions[0].segment_count, 1);
    assert_true(c->partitions[0].segments[0].is_l0);
    assert_int_equal(c->partitions[0].segments[0].delta_count, 2);
    assert_int_equal(c->partitions[0].segments[0].delta_logs[1].logs[0].id, 73);
}

static void default_values_are_found_in_any_key(void **state)
{
    struct fixture *f = *state;
    read_text(
        f, MB_META_FULL,
        "{\"collection_backups\":[{\"collection_name\":\"c\",\"schema\":{\"fields\":["
        "{\"name\":\"both\",\"default_value_proto\":\"\\u0018\\u0008\",\"default_value_base64\":\"GAc=\"},"
        "{\"name\":\"raw\",\"default_value_proto\":\"\\u0018\\u0000\"},"
        "{\"name\":\"neither\",\"default_value\":{\"Data\":{\"IntData\":5}}},"
        "{\"name\":\"none\",\"default_value\":{\"Data\":null}},"
        "{\"name\":\"lost\",\"default_value_proto\":\"\\u0018\\ufffd\\u0002\"},"
        "{\"name\":\"text\",\"default_value_proto\":\"2\\u0004a\\ufffd\"},"
        "{\"name\":\"cut text\",\"default_value_proto\":\"2\\u0004ab\\ufffd\"},"
        "{\"name\":\"found\",\"default_value_base64\":\"GAc=\",\"default_value_proto\":\"\\ufffd\",\"default_"
        "value\":null}"
        "]}}]}");
    finish(f);
    const struct mb_field *fields = f->backup.collections[0].collection.schema.fields;
    assert_int_equal(fields[0].default_value.len, 2);
    assert_memory_equal(fields[0].default_value.data, "\x18\x07", 2);
    assert_int_equal(fields[1].default_value.len, 2);
    assert_memory_equal(fields[1].default_value.data, "\x18\x00", 2);
    for (size_t i = 2; i <= 6; i++) {
        static const bool lost[] = {[2] = true, [3] = false, [4] = true, [5] = false, [6] = true};
        assert_int_equal(fields[i].default_value.len, i == 5 ? 6 : 0);
        assert_int_equal(fields[i].default_lost, lost[i]);
    }
    assert_int_equal(fields[7].default_value.len, 2);
    assert_false(fields[7].default_lost);
}

static void keys_are_matched_in_any_case_and_null_is_nothing(void **state)
{
    struct fixture *f = *state;
    read_text(
        f, MB_META_FULL,
        "{\"ID\":\"x\",\"Name\":null,\"unknown\":[{\"deep\":[1]}],\"Collection_Backups\":[{\"COLLECTION_ID\":"
        "5,"
        "\"collection_name\":\"c\",\"partition_backups\":null,\"l0_segments\":null,\"schema\":null,"
        "\"Partition_Backups\":[{\"partition_id\":6,\"Partition_Name\":\"p\",\"Segment_Backups\":[{\"Segment_"
        "ID\":7,"
        "\"BinLogs\":[{\"fieldid\":1,\"BINLOGS\":[{\"LOG_SIZE\":2,\"Log_Id\":3,\"log_path\":null}]}]}]}]}]}");
    finish(f);
    assert_string_equal(f->backup.id, "x");
    assert_string_equal(f->backup.name, "");
    const struct mb_collection_backup *c = &f->backup.collections[0];
    assert_int_equal(c->collection.id, 5);
    assert_int_equal(c->partitions[0].segments[0].id, 7);
    assert_int_equal(c->partitions[0].segments[0].partition_id, 6); /* of what it stands in */
    assert_int_equal(c->partitions[0].segments[0].insert_logs[0].field_id, 1);
    assert_int_equal(c->partitions[0].segments[0].insert_logs[0].logs[0].id, 3);
}

static void wrong_types_are_refused_with_their_place(void **state)
{
    struct fixture *f = *state;
    static const char *const wrong[] = {
        "[]",
        "5",
        "{\"id\":5}",
        "{\"id\":\"a\\u0000b\"}",
        "{\"size\":\"5\"}",
        "{\"size\":1.5}",
        "{\"size\":9223372036854775808}",
        "{\"backup_timestamp\":-1}",
        "{\"backup_timestamp\":18446744073709551616}",
        "{\"physical_channel_names\":[5]}",
        "{\"physical_channel_names\":{}}",
        "{\"database_backups\":[5]}",
        "{\"database_backups\":{}}",
        "{\"collection_backups\":{}}",
        "{\"collection_backups\":[5]}",
        "{\"collection_backups\":[{\"schema\":[]}]}",
        "{\"collection_backups\":[{\"schema\":{\"fields\":[{\"data_type\":2147483648}]}}]}",
        "{\"collection_backups\":[{\"schema\":{\"fields\":[{\"nullable\":1}]}}]}",
        "{\"collection_backups\":[{\"schema\":{\"fields\":[{\"default_value_base64\":\"?\"}]}}]}",
        "{\"collection_backups\":[{\"schema\":{\"functions\":[{\"input_field_ids\":[\"1\"]}]}}]}",
        "{\"collection_backups\":[{\"index_infos\":[{\"params\":[]}]}]}",
        "{\"collection_backups\":[{\"index_infos\":[{\"params\":{\"a\":1}}]}]}",
        "{\"collection_backups\":[{\"channel_checkpoints\":{\"c\":\"AAA\"}}]}",
        "{\"collection_backups\":[{\"channel_checkpoints\":[]}]}",
        "{\"collection_backups\":[{\"partition_backups\":[{\"segment_backups\":[[]]}]}]}",
        "{\"collection_backups\":[{\"partition_backups\":[{\"segment_backups\":[{\"binlogs\":{}}]}]}]}",
        "{\"collection_backups\":[{\"partition_backups\":[{\"segment_backups\":[{\"binlogs\":[5]}]}]}]}",
        "{\"collection_backups\":[{\"partition_backups\":[{\"segment_backups\":[{\"binlogs\":[{\"binlogs\":["
        "null]}]}]}]}]}",
        "{\"collection_backups\":[{\"partition_backups\":[{\"segment_backups\":[{\"binlogs\":[{\"binlogs\":[{"
        "}]}]}]}]}]}",
        "{\"collection_backups\":[{\"l0_segments\":[{\"deltalogs\":[{\"binlogs\":[{\"log_path\":\"a/"
        "b\"}]}]}]}]}",
        "{\"collection_backups\":[{\"l0_segments\":[{\"deltalogs\":[{\"binlogs\":[{\"log_id\":1,\"log_size\":"
        "-1}]}]}]}]}",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        f->draft = (struct mb_meta_draft){.arena = f->arena};
        if (read_bytes(f, MB_META_FULL, wrong[i], strlen(wrong[i])) != MB_E_CORRUPT)
            fail_msg("%s was read", wrong[i]);
        assert_memory_equal(f->error.message, "full_meta.json: ", 16);
    }
}

/* Cut off or with a byte changed anywhere, a file is read or refused, and nothing else happens. */
static void damaged_files_do_no_harm(void **state)
{
    struct fixture *f = *state;
    static const char replacements[] = {'\0', '"', '{', ']', '9', '\\', (char)0xff};
    size_t len = strlen(everything);
    char *damaged = strdup(everything);
    for (size_t i = 0; i < len; i++) {
        f->draft = (struct mb_meta_draft){.arena = f->arena};
        assert_int_equal(read_bytes(f, MB_META_FULL, everything, i), MB_E_CORRUPT);
        damaged[i] = replacements[i % sizeof(replacements)];
        f->draft = (struct mb_meta_draft){.arena = f->arena};
        mb_status status = read_bytes(f, MB_META_FULL, damaged, len);
        assert_true(status == MB_OK || status == MB_E_CORRUPT);
        damaged[i] = everything[i];
    }
    free(damaged);
}

static void names_alone_leave_out_the_mass(void **state)
{
    struct fixture *f = *state;
    f->draft.names_only = true;
    read_text(f, MB_META_COLLECTION, load_interop(f, "go_v0_4_15", MB_META_COLLECTION));
    finish(f);
    assert_int_equal(f->backup.collection_count, 7);
    const struct mb_collection_backup *c = find_collection(&f->backup, "sales", "partitions");
    assert_int_equal(c->partition_count, 0);
    assert_int_equal(c->collection.schema.field_count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_backup_of_0_5_16_is_written_as_it_was),
        TEST(the_level_files_of_0_5_16_hold_the_same),
        TEST(both_readings_of_0_4_15_agree),
        TEST(every_member_survives_a_round_trip),
        TEST(the_level_files_have_their_share),
        TEST(a_backup_of_nothing_has_empty_files),
        TEST(very_old_level_files_are_read),
        TEST(default_values_are_found_in_any_key),
        TEST(keys_are_matched_in_any_case_and_null_is_nothing),
        TEST(wrong_types_are_refused_with_their_place),
        TEST(damaged_files_do_no_harm),
        TEST(names_alone_leave_out_the_mass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
