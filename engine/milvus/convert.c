#include "milvus/convert.h"
#include "milvus/milvus.h"

/* An array in arena; NULL for none is no failure. */
static mb_status make_array(struct mb_arena *arena, size_t count, size_t size, void *out,
                            struct mb_error *error)
{
    void *array = NULL;
    if (count > 0) {
        array = mb_arena_alloc(arena, count, size);
        if (array == NULL)
            return mb_fail_memory(error);
    }
    memcpy(out, &array, sizeof array);
    return MB_OK;
}

/* --------------------------------------------------------- pairs and strings */

mb_status mb_properties_from_pb(Pb__KeyValuePair **pairs, size_t count, struct mb_arena *arena,
                                struct mb_properties *out, struct mb_error *error)
{
    struct mb_property *items = NULL;
    MB_TRY(make_array(arena, count, sizeof *items, &items, error));
    for (size_t i = 0; i < count; i++)
        items[i] = (struct mb_property){.key = pairs[i]->key, .value = pairs[i]->value};
    *out = (struct mb_properties){.items = items, .count = count};
    return MB_OK;
}

mb_status mb_properties_to_pb(const struct mb_properties *properties, struct mb_arena *arena,
                              Pb__KeyValuePair ***out, size_t *count, struct mb_error *error)
{
    Pb__KeyValuePair *pairs = NULL, **list = NULL;
    MB_TRY(make_array(arena, properties->count, sizeof *pairs, &pairs, error));
    MB_TRY(make_array(arena, properties->count, sizeof(void *), &list, error));
    for (size_t i = 0; i < properties->count; i++) {
        pb__key_value_pair__init(&pairs[i]);
        pairs[i].key = mb_pb_text(properties->items[i].key);
        pairs[i].value = mb_pb_text(properties->items[i].value);
        list[i] = &pairs[i];
    }
    *out = list;
    *count = properties->count;
    return MB_OK;
}

mb_status mb_strings_to_pb(const struct mb_strings *strings, struct mb_arena *arena, char ***out,
                           size_t *count, struct mb_error *error)
{
    char **list = NULL;
    MB_TRY(make_array(arena, strings->count, sizeof *list, &list, error));
    for (size_t i = 0; i < strings->count; i++)
        list[i] = mb_pb_text(strings->items[i]);
    *out = list;
    *count = strings->count;
    return MB_OK;
}

struct mb_strings mb_strings_from_pb(char **items, size_t count)
{
    struct mb_strings out = {.count = count};
    memcpy(&out.items, &items, sizeof items);
    return out;
}

/* ------------------------------------------------------------ from a message */

mb_status mb_field_from_pb(const Pb__FieldSchema *pb, struct mb_arena *arena, struct mb_field *out,
                           struct mb_error *error)
{
    struct mb_field field = {
        .id = pb->field_id,
        .name = pb->name,
        .description = pb->description,
        .data_type = pb->data_type,
        .element_type = pb->element_type,
        .state = pb->state,
        .default_value = {.data = pb->default_value.data, .len = pb->default_value.len},
        .is_primary_key = pb->is_primary_key,
        .auto_id = pb->auto_id,
        .is_dynamic = pb->is_dynamic,
        .is_partition_key = pb->is_partition_key,
        .is_clustering_key = pb->is_clustering_key,
        .nullable = pb->nullable,
        .is_function_output = pb->is_function_output,
    };
    MB_TRY(mb_properties_from_pb(pb->type_params, pb->n_type_params, arena, &field.type_params, error));
    MB_TRY(mb_properties_from_pb(pb->index_params, pb->n_index_params, arena, &field.index_params, error));
    *out = field;
    return MB_OK;
}

static mb_status fields_from_pb(Pb__FieldSchema **pb, size_t count, struct mb_arena *arena,
                                struct mb_field **out, struct mb_error *error)
{
    struct mb_field *fields = NULL;
    MB_TRY(make_array(arena, count, sizeof *fields, &fields, error));
    for (size_t i = 0; i < count; i++)
        MB_TRY(mb_field_from_pb(pb[i], arena, &fields[i], error));
    *out = fields;
    return MB_OK;
}

static mb_status functions_from_pb(const Pb__CollectionSchema *pb, struct mb_arena *arena,
                                   struct mb_function **out, struct mb_error *error)
{
    struct mb_function *functions = NULL;
    MB_TRY(make_array(arena, pb->n_functions, sizeof *functions, &functions, error));
    for (size_t i = 0; i < pb->n_functions; i++) {
        const Pb__FunctionSchema *f = pb->functions[i];
        functions[i] = (struct mb_function){
            .name = f->name,
            .id = f->id,
            .description = f->description,
            .type = f->type,
            .input_field_names = mb_strings_from_pb(f->input_field_names, f->n_input_field_names),
            .input_field_ids = {.items = f->input_field_ids, .count = f->n_input_field_ids},
            .output_field_names = mb_strings_from_pb(f->output_field_names, f->n_output_field_names),
            .output_field_ids = {.items = f->output_field_ids, .count = f->n_output_field_ids},
        };
        MB_TRY(mb_properties_from_pb(f->params, f->n_params, arena, &functions[i].params, error));
    }
    *out = functions;
    return MB_OK;
}

static mb_status structs_from_pb(const Pb__CollectionSchema *pb, struct mb_arena *arena,
                                 struct mb_struct_field **out, struct mb_error *error)
{
    struct mb_struct_field *structs = NULL;
    MB_TRY(make_array(arena, pb->n_struct_array_fields, sizeof *structs, &structs, error));
    for (size_t i = 0; i < pb->n_struct_array_fields; i++) {
        const Pb__StructArrayFieldSchema *s = pb->struct_array_fields[i];
        structs[i] = (struct mb_struct_field){.id = s->field_id,
                                              .name = s->name,
                                              .description = s->description,
                                              .field_count = s->n_fields,
                                              .nullable = s->nullable};
        MB_TRY(
            mb_properties_from_pb(s->type_params, s->n_type_params, arena, &structs[i].type_params, error));
        MB_TRY(fields_from_pb(s->fields, s->n_fields, arena, &structs[i].fields, error));
    }
    *out = structs;
    return MB_OK;
}

mb_status mb_schema_from_pb(const Pb__CollectionSchema *pb, struct mb_arena *arena, struct mb_schema *out,
                            struct mb_error *error)
{
    struct mb_schema schema = {
        .name = pb->name,
        .description = pb->description,
        .external_source = pb->external_source,
        .auto_id = pb->auto_id,
        .enable_dynamic_field = pb->enable_dynamic_field,
        .field_count = pb->n_fields,
        .function_count = pb->n_functions,
        .struct_field_count = pb->n_struct_array_fields,
    };
    MB_TRY(fields_from_pb(pb->fields, pb->n_fields, arena, &schema.fields, error));
    MB_TRY(functions_from_pb(pb, arena, &schema.functions, error));
    MB_TRY(structs_from_pb(pb, arena, &schema.struct_fields, error));
    MB_TRY(mb_properties_from_pb(pb->properties, pb->n_properties, arena, &schema.properties, error));
    *out = schema;
    return MB_OK;
}

/* -------------------------------------------------------------- to a message */

static mb_status fill_field(const struct mb_field *field, struct mb_arena *arena, Pb__FieldSchema *pb,
                            struct mb_error *error)
{
    pb__field_schema__init(pb);
    pb->field_id = field->id;
    pb->name = mb_pb_text(field->name);
    pb->description = mb_pb_text(field->description);
    pb->data_type = field->data_type;
    pb->element_type = field->element_type;
    pb->state = field->state;
    pb->default_value.len = field->default_value.len;
    memcpy(&pb->default_value.data, &field->default_value.data, sizeof pb->default_value.data);
    pb->is_primary_key = field->is_primary_key;
    pb->auto_id = field->auto_id;
    pb->is_dynamic = field->is_dynamic;
    pb->is_partition_key = field->is_partition_key;
    pb->is_clustering_key = field->is_clustering_key;
    pb->nullable = field->nullable;
    pb->is_function_output = field->is_function_output;
    MB_TRY(mb_properties_to_pb(&field->type_params, arena, &pb->type_params, &pb->n_type_params, error));
    return mb_properties_to_pb(&field->index_params, arena, &pb->index_params, &pb->n_index_params, error);
}

mb_status mb_field_to_pb(const struct mb_field *field, struct mb_arena *arena, Pb__FieldSchema **out,
                         struct mb_error *error)
{
    Pb__FieldSchema *pb = NULL;
    MB_TRY(make_array(arena, 1, sizeof *pb, &pb, error));
    MB_TRY(fill_field(field, arena, pb, error));
    *out = pb;
    return MB_OK;
}

static mb_status fields_to_pb(const struct mb_field *fields, size_t count, struct mb_arena *arena,
                              Pb__FieldSchema ***out, struct mb_error *error)
{
    Pb__FieldSchema **list = NULL;
    MB_TRY(make_array(arena, count, sizeof *list, &list, error));
    for (size_t i = 0; i < count; i++)
        MB_TRY(mb_field_to_pb(&fields[i], arena, &list[i], error));
    *out = list;
    return MB_OK;
}

static mb_status function_to_pb(const struct mb_function *f, struct mb_arena *arena, Pb__FunctionSchema **out,
                                struct mb_error *error)
{
    Pb__FunctionSchema *pb = NULL;
    MB_TRY(make_array(arena, 1, sizeof *pb, &pb, error));
    pb__function_schema__init(pb);
    pb->name = mb_pb_text(f->name);
    pb->id = f->id;
    pb->description = mb_pb_text(f->description);
    pb->type = f->type;
    pb->n_input_field_ids = f->input_field_ids.count;
    memcpy(&pb->input_field_ids, &f->input_field_ids.items, sizeof pb->input_field_ids);
    pb->n_output_field_ids = f->output_field_ids.count;
    memcpy(&pb->output_field_ids, &f->output_field_ids.items, sizeof pb->output_field_ids);
    MB_TRY(mb_strings_to_pb(&f->input_field_names, arena, &pb->input_field_names, &pb->n_input_field_names,
                            error));
    MB_TRY(mb_strings_to_pb(&f->output_field_names, arena, &pb->output_field_names, &pb->n_output_field_names,
                            error));
    MB_TRY(mb_properties_to_pb(&f->params, arena, &pb->params, &pb->n_params, error));
    *out = pb;
    return MB_OK;
}

static mb_status functions_to_pb(const struct mb_schema *schema, struct mb_arena *arena,
                                 Pb__CollectionSchema *pb, struct mb_error *error)
{
    MB_TRY(make_array(arena, schema->function_count, sizeof(void *), &pb->functions, error));
    pb->n_functions = schema->function_count;
    for (size_t i = 0; i < schema->function_count; i++)
        MB_TRY(function_to_pb(&schema->functions[i], arena, &pb->functions[i], error));
    return MB_OK;
}

static mb_status structs_to_pb(const struct mb_schema *schema, struct mb_arena *arena,
                               Pb__CollectionSchema *pb, struct mb_error *error)
{
    Pb__StructArrayFieldSchema *items = NULL;
    MB_TRY(make_array(arena, schema->struct_field_count, sizeof(void *), &pb->struct_array_fields, error));
    MB_TRY(make_array(arena, schema->struct_field_count, sizeof *items, &items, error));
    pb->n_struct_array_fields = schema->struct_field_count;
    for (size_t i = 0; i < schema->struct_field_count; i++) {
        const struct mb_struct_field *s = &schema->struct_fields[i];
        pb__struct_array_field_schema__init(&items[i]);
        items[i].field_id = s->id;
        items[i].name = mb_pb_text(s->name);
        items[i].description = mb_pb_text(s->description);
        items[i].n_fields = s->field_count;
        items[i].nullable = s->nullable;
        MB_TRY(fields_to_pb(s->fields, s->field_count, arena, &items[i].fields, error));
        MB_TRY(mb_properties_to_pb(&s->type_params, arena, &items[i].type_params, &items[i].n_type_params,
                                   error));
        pb->struct_array_fields[i] = &items[i];
    }
    return MB_OK;
}

mb_status mb_schema_to_pb(const struct mb_schema *schema, const char *name, struct mb_arena *arena,
                          Pb__CollectionSchema **out, struct mb_error *error)
{
    Pb__CollectionSchema *pb = NULL;
    MB_TRY(make_array(arena, 1, sizeof *pb, &pb, error));
    pb__collection_schema__init(pb);
    pb->name = mb_pb_text(name);
    pb->description = mb_pb_text(schema->description);
    pb->auto_id = schema->auto_id;
    pb->enable_dynamic_field = schema->enable_dynamic_field;
    pb->external_source = mb_pb_text(schema->external_source);
    pb->n_fields = schema->field_count;
    MB_TRY(fields_to_pb(schema->fields, schema->field_count, arena, &pb->fields, error));
    MB_TRY(functions_to_pb(schema, arena, pb, error));
    MB_TRY(structs_to_pb(schema, arena, pb, error));
    MB_TRY(mb_properties_to_pb(&schema->properties, arena, &pb->properties, &pb->n_properties, error));
    *out = pb;
    return MB_OK;
}

mb_status mb_message_to_bytes(const ProtobufCMessage *message, struct mb_arena *arena,
                              ProtobufCBinaryData *out, struct mb_error *error)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    uint8_t *data = mb_arena_alloc(arena, 1, len ? len : 1);
    if (data == NULL)
        return mb_fail_memory(error);
    *out = (ProtobufCBinaryData){.len = protobuf_c_message_pack(message, data), .data = data};
    return MB_OK;
}

bool mb_milvus_is_value(const struct mb_bytes *bytes)
{
    Pb__Empty *fields = pb__empty__unpack(NULL, bytes->len, bytes->data); /* unknown ones are kept */
    pb__empty__free_unpacked(fields, NULL);
    return fields != NULL;
}
