#include "rpc/message.h"

#include "rpc/field.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <health.pb-c.h>
#include <math.h>
#include <milvus_backup.pb-c.h>
#include <stdlib.h>
#include <string.h>

#define CREATE   milvus__proto__backup__create_backup_request__descriptor
#define RESTORE  milvus__proto__backup__restore_backup_request__descriptor
#define BACKUP   milvus__proto__backup__backup_info_response__descriptor
#define BINLOG   milvus__proto__backup__binlog__descriptor
#define DEFAULT  milvus__proto__backup__value_field__descriptor
#define POSITION milvus__proto__backup__msg_position__descriptor
#define ANY      google__protobuf__value__descriptor

struct fixture {
    struct mb_arena *arena;
    struct mb_buf json;
    struct mb_error error;
};

static int set_up(void **state)
{
    struct fixture *f = test_calloc(1, sizeof *f);
    f->error = MB_ERROR_INIT;
    f->arena = mb_arena_new();
    mb_buf_init(&f->json, 64 << 20);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    mb_arena_free(f->arena);
    mb_buf_done(&f->json);
    test_free(f);
    return 0;
}

static ProtobufCMessage *from_json(struct fixture *f, const ProtobufCMessageDescriptor *descriptor,
                                   const char *text)
{
    ProtobufCMessage *message = NULL;
    if (mb_message_from_json(descriptor, text, strlen(text), f->arena, &message, &f->error) != MB_OK)
        fail_msg("%s", f->error.message);
    return message;
}

static const char *to_json(struct fixture *f, const ProtobufCMessage *message)
{
    mb_buf_reset(&f->json);
    assert_int_equal(mb_message_to_json(message, &f->json, &f->error), MB_OK);
    return mb_buf_text(&f->json);
}

static ProtobufCMessage *over_the_wire(struct fixture *f, const ProtobufCMessage *message)
{
    ProtobufCMessage *arrived = NULL;
    size_t len = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = test_malloc(len + 1);
    protobuf_c_message_pack(message, bytes);
    if (mb_message_unpack(message->descriptor, bytes, len, f->arena, &arrived, &f->error) != MB_OK)
        fail_msg("%s", f->error.message);
    test_free(bytes);
    return arrived;
}

/* From JSON to a message, its bytes, a message again, and JSON. */
static void assert_survives(struct fixture *f, const ProtobufCMessageDescriptor *descriptor, const char *text)
{
    ProtobufCMessage *message = from_json(f, descriptor, text);
    assert_string_equal(to_json(f, message), text);
    assert_string_equal(to_json(f, over_the_wire(f, message)), text);
}

static void rejects(struct fixture *f, const ProtobufCMessageDescriptor *descriptor, const char *text,
                    const char *why)
{
    ProtobufCMessage *message = NULL;
    assert_int_equal(mb_message_from_json(descriptor, text, strlen(text), f->arena, &message, &f->error),
                     MB_E_CORRUPT);
    if (strstr(f->error.message, why) == NULL)
        fail_msg("'%s' does not say '%s'", f->error.message, why);
    mb_error_clear(&f->error);
}

static void a_request_with_everything_survives(void **state)
{
    assert_survives(*state, &CREATE,
                    "{\"requestId\":\"r\",\"backup_name\":\"b\",\"collection_names\":[\"a\",\"db.c\"],"
                    "\"async\":true,\"db_collections\":{\"db\":[\"c\",1,null,true,2.5],\"empty\":{},\"\":[]},"
                    "\"force\":true,\"meta_only\":true,\"gc_pause_enable\":true,\"gc_pause_seconds\":-1,"
                    "\"gc_pause_address\":\"http://m:9091\",\"rbac\":true,\"backup_root_path\":\"p\","
                    "\"filter\":{\"a\":{\"colls\":[\"x\"]},\"b\":{}},\"strategy\":\"bulk_flush\","
                    "\"with_index_extra\":true}");
    assert_survives(*state, &RESTORE,
                    "{\"collection_renames\":{\"a\":\"b\",\"c\":\"\"},\"db_collections\":\"{}\","
                    "\"metaOnly\":true,\"maxShardNum\":2,\"skipParams\":{\"indexParams\":[\"\",\"k\"]},"
                    "\"restorePlan\":{\"mapping\":[{\"source\":\"s\",\"colls\":[{\"source\":\"a\","
                    "\"override\":{\"shardNum\":3}},{}]}],\"filter\":{\"db\":{\"colls\":[\"*\"]}}}}");
}

static void a_reply_survives_to_its_last_segment(void **state)
{
    assert_survives(
        *state, &BACKUP,
        "{\"requestId\":\"r\",\"code\":404,\"msg\":\"m\",\"data\":{\"state_code\":2,\"errorMessage\":\"e\","
        "\"start_time\":-62135596800,\"collection_backups\":[{\"collection_id\":456789012345678901,"
        "\"schema\":{\"fields\":[{\"fieldID\":100,\"data_type\":101,\"type_params\":[{\"key\":\"dim\","
        "\"value\":\"8\"}],\"default_value\":{\"int_data\":0}}]},\"consistency_level\":2,"
        "\"partition_backups\":[{\"partition_id\":-1,\"segment_backups\":[{\"binlogs\":[{\"fieldID\":1,"
        "\"binlogs\":[{\"timestamp_to\":18446744073709551615,\"log_size\":9223372036854775807}]}]}]}],"
        "\"index_infos\":[{\"params\":{\"M\":\"8\",\"metric_type\":\"L2\"}}],"
        "\"channel_checkpoints\":{\"ch\":\"CAE=\"},\"aliases\":[\"one\",\"two\"]}]}}");
}

static void integers_are_exact_to_both_ends(void **state)
{
    assert_survives(*state, &BINLOG,
                    "{\"entries_num\":-9223372036854775808,\"timestamp_from\":9007199254740993,"
                    "\"timestamp_to\":9223372036854775808,\"log_id\":9007199254740993}");
    rejects(*state, &BINLOG, "{\"entries_num\":9223372036854775808}", "entries_num");
    rejects(*state, &BINLOG, "{\"timestamp_to\":18446744073709551616}", "timestamp_to");
    rejects(*state, &BINLOG, "{\"timestamp_to\":-1}", "timestamp_to");
    rejects(*state, &CREATE, "{\"gc_pause_seconds\":2147483648}", "gc_pause_seconds");
    rejects(*state, &CREATE, "{\"gc_pause_seconds\":1.0}", "gc_pause_seconds");
}

static void a_member_of_a_oneof_is_there_although_it_is_zero(void **state)
{
    struct fixture *f = *state;
    assert_survives(f, &DEFAULT, "{\"bool_data\":false}");
    assert_survives(f, &DEFAULT, "{\"string_data\":\"\"}");
    assert_survives(f, &DEFAULT, "{\"float_data\":0.5}");
    assert_survives(f, &DEFAULT, "{\"double_data\":-1e+300}");
    assert_survives(f, &DEFAULT, "{\"bytes_data\":\"AAECAw==\"}");
    assert_survives(f, &DEFAULT, "{}");
    assert_string_equal(to_json(f, from_json(f, &DEFAULT, "{\"bool_data\":null}")), "{}");
    assert_string_equal(to_json(f, from_json(f, &DEFAULT, "{\"bool_data\":true,\"int_data\":3}")),
                        "{\"int_data\":3}");
}

static void bytes_are_base64(void **state)
{
    struct fixture *f = *state;
    Milvus__Proto__Backup__MsgPosition *position = (void *)from_json(f, &POSITION, "{\"msgID\":\"AP8B\"}");
    assert_int_equal(position->msgid.len, 3);
    assert_memory_equal(position->msgid.data, "\0\xff\x01", 3);
    rejects(f, &POSITION, "{\"msgID\":\"AP8\"}", "msgID");
}

static void text_is_escaped_once_and_back(void **state)
{
    struct fixture *f = *state;
    const char *text = "\xc3\xbc \"\\/\b\n\x01 <&> \xf0\x9f\x98\x80";
    Milvus__Proto__Backup__DeleteBackupRequest request = MILVUS__PROTO__BACKUP__DELETE_BACKUP_REQUEST__INIT;
    request.backup_name = (char *)(uintptr_t)text;
    Milvus__Proto__Backup__DeleteBackupRequest *back =
        (void *)from_json(f, request.base.descriptor, to_json(f, &request.base));
    assert_string_equal(back->backup_name, text);
    rejects(f, request.base.descriptor, "{\"backup_name\":\"a\\u0000b\"}", "backup_name");
}

static void what_is_unknown_or_null_is_passed_over(void **state)
{
    struct fixture *f = *state;
    const char *text =
        "{\"no_such\":{\"a\":[1,{\"b\":[]}]},\"format\":\"\",\"code\":null,\"msg\":\"m\",\"data\":null}";
    Milvus__Proto__Backup__BackupInfoResponse *reply = (void *)from_json(f, &BACKUP, text);
    assert_string_equal(reply->msg, "m");
    assert_null(reply->data);
    reply = (void *)from_json(f, &BACKUP, "{\"data\":{}}");
    assert_non_null(reply->data);
    assert_string_equal(reply->data->name, "");
    assert_string_equal(to_json(f, from_json(f, &BACKUP, "null")), "{}");
    assert_string_equal(to_json(f, from_json(f, &CREATE, "{\"collection_names\":null,\"filter\":null}")),
                        "{}");
}

static void a_member_of_another_type_is_named(void **state)
{
    rejects(*state, &BACKUP, "{\"msg\":1}", "msg");
    rejects(*state, &BACKUP, "{\"code\":\"x\"}", "code");
    rejects(*state, &BACKUP, "{\"data\":[]}", "byte 10");
    rejects(*state, &BACKUP, "{\"data\":{\"collection_backups\":{}}}", "byte 32");
    rejects(*state, &CREATE, "{\"async\":1}", "async");
    rejects(*state, &CREATE, "{\"collection_names\":[null]}", "collection_names");
    rejects(*state, &BACKUP, "{\"msg\":\"m\"", "ends too early");
    rejects(*state, &BACKUP, "{} {}", "follows the end");
}

static void any_json_is_any_json(void **state)
{
    struct fixture *f = *state;
    static const char *const texts[] = {
        "{\"db_collections\":null}", "{\"db_collections\":[]}", "{\"db_collections\":{\"a\":{\"b\":[[[]]]}}}",
        "{\"db_collections\":\"\"}", "{\"db_collections\":0}",  "{\"db_collections\":9007199254740992}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_survives(f, &CREATE, texts[i]);
    Google__Protobuf__Value value = GOOGLE__PROTOBUF__VALUE__INIT;
    value.kind_case = GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE;
    value.number_value = (double)NAN;
    Milvus__Proto__Backup__CreateBackupRequest request = MILVUS__PROTO__BACKUP__CREATE_BACKUP_REQUEST__INIT;
    request.db_collections = &value;
    assert_string_equal(to_json(f, &request.base), "{\"db_collections\":null}");
}

/* Else it would be an array of {"key": ..., "value": ...} in JSON. */
static void every_map_is_known_as_one(void **state)
{
    static const char *const maps[] = {"collection_renames", "ezkMapping"};
    (void)state;
    size_t found = 0;
    for (unsigned i = 0; i < RESTORE.n_fields; i++)
        found += mb_field_is_map(&RESTORE, &RESTORE.fields[i]);
    assert_int_equal(found, sizeof maps / sizeof *maps);
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        assert_true(
            mb_field_is_map(&RESTORE, protobuf_c_message_descriptor_get_field_by_name(&RESTORE, maps[i])));
    const ProtobufCMessageDescriptor *pairs = &milvus__proto__backup__collection_schema__descriptor;
    assert_false(
        mb_field_is_map(pairs, protobuf_c_message_descriptor_get_field_by_name(pairs, "properties")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_with_everything_survives, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reply_survives_to_its_last_segment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(integers_are_exact_to_both_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_member_of_a_oneof_is_there_although_it_is_zero, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bytes_are_base64, set_up, tear_down),
        cmocka_unit_test_setup_teardown(text_is_escaped_once_and_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_unknown_or_null_is_passed_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_member_of_another_type_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_json_is_any_json, set_up, tear_down),
        cmocka_unit_test(every_map_is_known_as_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
