#include "milvus/convert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const uint8_t default_int[] = {0x18, 0x2a}; /* ValueField.long = 42 */

static struct mb_property dim[] = {{"dim", "8"}, {"mmap.enabled", "true"}};
static struct mb_property analyzer[] = {{"analyzer", "<&>"}};

static const int32_t types[] = {
    MB_TYPE_BOOL,
    MB_TYPE_INT8,
    MB_TYPE_INT16,
    MB_TYPE_INT32,
    MB_TYPE_INT64,
    MB_TYPE_FLOAT,
    MB_TYPE_DOUBLE,
    MB_TYPE_STRING,
    MB_TYPE_VARCHAR,
    MB_TYPE_ARRAY,
    MB_TYPE_JSON,
    MB_TYPE_GEOMETRY,
    MB_TYPE_TEXT,
    MB_TYPE_TIMESTAMPTZ,
    MB_TYPE_BINARY_VECTOR,
    MB_TYPE_FLOAT_VECTOR,
    MB_TYPE_FLOAT16_VECTOR,
    MB_TYPE_BFLOAT16_VECTOR,
    MB_TYPE_SPARSE_FLOAT_VECTOR,
    MB_TYPE_INT8_VECTOR,
    MB_TYPE_ARRAY_OF_VECTOR,
};

enum { TYPE_COUNT = sizeof types / sizeof types[0] };

static void fill_fields(struct mb_field *fields)
{
    for (size_t i = 0; i < TYPE_COUNT; i++)
        fields[i] = (struct mb_field){.id = 100 + (int64_t)i,
                                      .name = "field",
                                      .description = "what it is",
                                      .data_type = types[i],
                                      .element_type = types[i] == MB_TYPE_ARRAY ? MB_TYPE_INT16 : 0,
                                      .state = 1,
                                      .type_params = {.items = dim, .count = 2}};
    fields[0].is_primary_key = true;
    fields[0].auto_id = true;
    fields[1].is_dynamic = true;
    fields[2].is_partition_key = true;
    fields[3].is_clustering_key = true;
    fields[4].nullable = true;
    fields[4].default_value = (struct mb_bytes){.data = default_int, .len = sizeof default_int};
    fields[5].is_function_output = true;
    fields[5].index_params = (struct mb_properties){.items = analyzer, .count = 1};
}

static void assert_properties(struct mb_properties a, struct mb_properties b)
{
    assert_int_equal(a.count, b.count);
    for (size_t i = 0; i < a.count; i++) {
        assert_string_equal(a.items[i].key, b.items[i].key);
        assert_string_equal(a.items[i].value, b.items[i].value);
    }
}

static void assert_field(const struct mb_field *a, const struct mb_field *b)
{
    assert_int_equal(a->id, b->id);
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->description, b->description);
    assert_int_equal(a->data_type, b->data_type);
    assert_int_equal(a->element_type, b->element_type);
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->is_primary_key, b->is_primary_key);
    assert_int_equal(a->auto_id, b->auto_id);
    assert_int_equal(a->is_dynamic, b->is_dynamic);
    assert_int_equal(a->is_partition_key, b->is_partition_key);
    assert_int_equal(a->is_clustering_key, b->is_clustering_key);
    assert_int_equal(a->nullable, b->nullable);
    assert_int_equal(a->is_function_output, b->is_function_output);
    assert_int_equal(a->default_value.len, b->default_value.len);
    if (a->default_value.len)
        assert_memory_equal(a->default_value.data, b->default_value.data, a->default_value.len);
    assert_properties(a->type_params, b->type_params);
    assert_properties(a->index_params, b->index_params);
}

static void assert_strings(struct mb_strings a, struct mb_strings b)
{
    assert_int_equal(a.count, b.count);
    for (size_t i = 0; i < a.count; i++)
        assert_string_equal(a.items[i], b.items[i]);
}

static void *allocate(void *arena, size_t size)
{
    return mb_arena_alloc(arena, 1, size);
}

static void release(void *arena, void *pointer)
{
    (void)arena;
    (void)pointer;
}

/* Through the bytes that would go over the wire. */
static struct mb_schema there_and_back(const struct mb_schema *schema, const char *name,
                                       struct mb_arena *arena)
{
    struct mb_error error = MB_ERROR_INIT;
    Pb__CollectionSchema *pb;
    ProtobufCBinaryData bytes;
    struct mb_schema out;

    assert_int_equal(mb_schema_to_pb(schema, name, arena, &pb, &error), MB_OK);
    assert_int_equal(mb_message_to_bytes(&pb->base, arena, &bytes, &error), MB_OK);
    ProtobufCAllocator allocator = {.alloc = allocate, .free = release, .allocator_data = arena};
    Pb__CollectionSchema *read = pb__collection_schema__unpack(&allocator, bytes.len, bytes.data);
    assert_non_null(read);
    assert_int_equal(mb_schema_from_pb(read, arena, &out, &error), MB_OK);
    return out;
}

static void test_schema_keeps_everything(void **state)
{
    (void)state;
    struct mb_field fields[TYPE_COUNT];
    const char *in[] = {"text"}, *out[] = {"sparse", "other"};
    const int64_t in_ids[] = {101}, out_ids[] = {102, 103};
    struct mb_function function = {.name = "bm25",
                                   .id = 7,
                                   .description = "f",
                                   .type = 1,
                                   .input_field_names = {in, 1},
                                   .input_field_ids = {in_ids, 1},
                                   .output_field_names = {out, 2},
                                   .output_field_ids = {out_ids, 2},
                                   .params = {analyzer, 1}};
    fill_fields(fields);
    struct mb_struct_field structs = {
        .id = 130, .name = "clips", .description = "s", .fields = fields, .field_count = 2};
    struct mb_schema schema = {.name = "old",
                               .description = "d",
                               .external_source = "",
                               .auto_id = true,
                               .enable_dynamic_field = true,
                               .fields = fields,
                               .field_count = TYPE_COUNT,
                               .functions = &function,
                               .function_count = 1,
                               .struct_fields = &structs,
                               .struct_field_count = 1,
                               .properties = {dim, 2}};
    struct mb_arena *arena = mb_arena_new();
    struct mb_schema back = there_and_back(&schema, "new", arena);

    assert_string_equal(back.name, "new");
    assert_string_equal(back.description, "d");
    assert_string_equal(back.external_source, "");
    assert_true(back.auto_id && back.enable_dynamic_field);
    assert_int_equal(back.field_count, TYPE_COUNT);
    for (size_t i = 0; i < TYPE_COUNT; i++)
        assert_field(&fields[i], &back.fields[i]);
    assert_properties(back.properties, schema.properties);

    assert_int_equal(back.function_count, 1);
    assert_string_equal(back.functions[0].name, "bm25");
    assert_int_equal(back.functions[0].id, 7);
    assert_int_equal(back.functions[0].type, 1);
    assert_strings(back.functions[0].input_field_names, function.input_field_names);
    assert_strings(back.functions[0].output_field_names, function.output_field_names);
    assert_int_equal(back.functions[0].output_field_ids.count, 2);
    assert_memory_equal(back.functions[0].output_field_ids.items, out_ids, sizeof out_ids);
    assert_properties(back.functions[0].params, function.params);

    assert_int_equal(back.struct_field_count, 1);
    assert_int_equal(back.struct_fields[0].id, 130);
    assert_int_equal(back.struct_fields[0].field_count, 2);
    assert_field(&back.struct_fields[0].fields[1], &fields[1]);
    mb_arena_free(arena);
}

/* The numbers of the fields, by bytes written out by hand: field number << 3 | wire type. */
static void test_field_numbers(void **state)
{
    (void)state;
    static const uint8_t expected[] = {
        1 << 3,      100,                                                      /* fieldID */
        2 << 3 | 2,  1,   'n',                                                 /* name */
        3 << 3,      1,                                                        /* is_primary_key */
        4 << 3 | 2,  1,   'd',                                                 /* description */
        5 << 3,      101,                                                      /* data_type */
        6 << 3 | 2,  8,   1 << 3 | 2, 3,    'd', 'i', 'm', 2 << 3 | 2, 1, '8', /* type_params */
        8 << 3,      1,                                                        /* autoID */
        11 << 3 | 2, 2,   0x18,       0x2a,                                    /* default_value */
        13 << 3,     1,                                                        /* is_partition_key */
        15 << 3,     1,                                                        /* nullable */
    };
    struct mb_field field = {.id = 100,
                             .name = "n",
                             .is_primary_key = true,
                             .description = "d",
                             .data_type = MB_TYPE_FLOAT_VECTOR,
                             .type_params = {dim, 1},
                             .auto_id = true,
                             .default_value = {default_int, sizeof default_int},
                             .is_partition_key = true,
                             .nullable = true};
    struct mb_error error = MB_ERROR_INIT;
    struct mb_arena *arena = mb_arena_new();
    Pb__FieldSchema *pb;
    ProtobufCBinaryData bytes;

    assert_int_equal(mb_field_to_pb(&field, arena, &pb, &error), MB_OK);
    assert_int_equal(mb_message_to_bytes(&pb->base, arena, &bytes, &error), MB_OK);
    assert_int_equal(bytes.len, sizeof expected);
    assert_memory_equal(bytes.data, expected, sizeof expected);
    mb_arena_free(arena);
}

static void test_empty_schema(void **state)
{
    (void)state;
    struct mb_schema schema = {.name = "", .description = "", .external_source = ""};
    struct mb_arena *arena = mb_arena_new();
    struct mb_schema back = there_and_back(&schema, "", arena);
    assert_string_equal(back.name, "");
    assert_int_equal(back.field_count + back.function_count + back.struct_field_count, 0);
    assert_int_equal(back.properties.count, 0);
    mb_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_keeps_everything),
        cmocka_unit_test(test_field_numbers),
        cmocka_unit_test(test_empty_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
