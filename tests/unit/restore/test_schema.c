#include "restore/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct mb_arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = mb_arena_new();
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    mb_arena_free(arena);
    return 0;
}

static struct mb_field fields[] = {
    {.id = 100, .name = "id", .data_type = MB_TYPE_INT64, .is_primary_key = true, .auto_id = true},
    {.id = 101, .name = "vec", .data_type = MB_TYPE_FLOAT_VECTOR},
    {.id = 103, .name = "added", .data_type = MB_TYPE_INT64, .nullable = true},
    {.id = 102, .name = "$meta", .data_type = MB_TYPE_JSON, .is_dynamic = true},
};

static struct mb_property schema_properties[] = {{"a", "schema"}, {"b", "schema"}};
static struct mb_property own_properties[] = {
    {"collection.ttl.seconds", "60"}, {"b", "own"}, {"replicate.id", "x"}, {"replicate.endTS", "1"}};

static struct mb_collection_backup backup_of(size_t field_count, bool dynamic)
{
    return (struct mb_collection_backup){
        .collection = {.db_name = "default",
                       .name = "c",
                       .shards_num = 3,
                       .consistency_level = 2,
                       .num_partitions = 9,
                       .schema = {.name = "c",
                                  .auto_id = true,
                                  .enable_dynamic_field = dynamic,
                                  .fields = fields,
                                  .field_count = field_count,
                                  .properties = {schema_properties, 2}},
                       .properties = {own_properties, 4}},
        .partition_count = 4,
    };
}

static struct mb_collection make(const struct mb_collection_backup *source, struct mb_field **later,
                                 size_t *later_count)
{
    struct mb_collection out;
    struct mb_error error = MB_ERROR_INIT;
    assert_int_equal(mb_restore_schema_make(source, "sales", "d", arena, &out, later, later_count, &error),
                     MB_OK);
    return out;
}

static void test_what_is_carried(void **state)
{
    (void)state;
    struct mb_field *later;
    size_t count;
    struct mb_collection_backup source = backup_of(2, false);
    struct mb_collection made = make(&source, &later, &count);

    assert_string_equal(made.db_name, "sales");
    assert_string_equal(made.name, "d");
    assert_int_equal(made.shards_num, 3);
    assert_int_equal(made.consistency_level, 2);
    assert_true(made.schema.auto_id && made.schema.fields[0].auto_id);
    assert_int_equal(made.schema.field_count, 2);
    assert_int_equal(count, 0);
    assert_string_equal(mb_properties_get(&made.properties, "collection.ttl.seconds"), "60");
    assert_string_equal(mb_properties_get(&made.properties, "a"), "schema");
    assert_string_equal(mb_properties_get(&made.properties, "b"), "own");
    assert_null(mb_properties_get(&made.properties, "replicate.id"));
    assert_int_equal(made.properties.count, 3);
}

static void test_what_belongs_to_the_old_database_stays_behind(void **state)
{
    (void)state;
    struct mb_field *later;
    size_t count;
    struct mb_property of_schema[] = {{"cipher.ezID", "7"}, {"kept", "1"}, {"replicate.id", "x"}};
    struct mb_property own[] = {{"cipher.ezID", "7"}, {"mmap.enabled", "true"}};
    struct mb_collection_backup source = backup_of(2, false);
    source.collection.schema.properties = (struct mb_properties){of_schema, 3};
    source.collection.properties = (struct mb_properties){own, 2};
    struct mb_collection made = make(&source, &later, &count);

    assert_int_equal(made.schema.properties.count, 1);
    assert_string_equal(mb_properties_get(&made.schema.properties, "kept"), "1");
    assert_int_equal(made.properties.count, 2);
    assert_string_equal(mb_properties_get(&made.properties, "mmap.enabled"), "true");
}

static void test_partitions_are_counted_only_with_a_partition_key(void **state)
{
    (void)state;
    struct mb_field *later;
    size_t count;
    struct mb_collection_backup source = backup_of(2, false);
    assert_int_equal(make(&source, &later, &count).num_partitions, 0);

    struct mb_field key[] = {fields[0], fields[1]};
    key[0].is_partition_key = true;
    source.collection.schema.fields = key;
    assert_int_equal(make(&source, &later, &count).num_partitions, 4);
}

static void test_field_behind_the_hidden_one_is_added_later(void **state)
{
    (void)state;
    struct mb_field *later;
    size_t count;
    struct mb_collection_backup source = backup_of(3, true);
    struct mb_collection made = make(&source, &later, &count);
    assert_int_equal(made.schema.field_count, 2);
    assert_int_equal(count, 1);
    assert_string_equal(later[0].name, "added");

    source = backup_of(3, false);
    made = make(&source, &later, &count);
    assert_int_equal(made.schema.field_count, 3);
    assert_int_equal(count, 0);
}

static void test_stored_dynamic_field_is_left_to_the_server(void **state)
{
    (void)state;
    struct mb_field *later;
    size_t count;
    struct mb_collection_backup source = backup_of(4, true);
    struct mb_collection made = make(&source, &later, &count);
    assert_int_equal(made.schema.field_count, 2);
    assert_int_equal(count, 1);
}

static void test_its_stored_id_counts_before_a_guess(void **state)
{
    (void)state;
    struct mb_field *later;
    size_t count;
    struct mb_field stored[] = {fields[0],
                                fields[1],
                                {.id = 104, .name = "behind a gap"},
                                {.id = 106, .name = "late"},
                                {.id = 105, .name = "$meta", .is_dynamic = true}};
    struct mb_collection_backup source = backup_of(5, true);
    source.collection.schema.fields = stored;
    assert_int_equal(make(&source, &later, &count).schema.field_count, 3);
    assert_int_equal(count, 1);
    assert_int_equal(later[0].id, 106);
}

static void test_ids_of_struct_fields_count(void **state)
{
    (void)state;
    struct mb_field *later, inner = {.id = 103, .name = "x"};
    size_t count;
    struct mb_struct_field structs = {.id = 102, .name = "s", .fields = &inner, .field_count = 1};
    struct mb_field outer[] = {fields[0], fields[1], {.id = 105, .name = "late"}};
    struct mb_collection_backup source = backup_of(3, true);
    source.collection.schema.fields = outer;
    source.collection.schema.struct_fields = &structs;
    source.collection.schema.struct_field_count = 1;
    assert_int_equal(make(&source, &later, &count).schema.field_count, 2);
    assert_int_equal(count, 1);
    outer[2].id = 104;
    assert_int_equal(make(&source, &later, &count).schema.field_count, 3);
    assert_int_equal(count, 0);
}

static void test_fields_must_fit(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_collection_backup source = backup_of(4, true);
    struct mb_field there[] = {fields[1], fields[0], fields[2]};
    struct mb_collection collection = {
        .db_name = "d", .name = "c", .schema = {.fields = there, .field_count = 3}};
    assert_int_equal(mb_restore_schema_check(&source, &collection, &error), MB_OK);

    there[0].id = 104;
    assert_int_equal(mb_restore_schema_check(&source, &collection, &error), MB_E_INVALID);
    assert_non_null(strstr(error.message, "vec"));
    there[0].id = 101;
    there[0].data_type = MB_TYPE_BINARY_VECTOR;
    assert_int_equal(mb_restore_schema_check(&source, &collection, &error), MB_E_INVALID);
    collection.schema.field_count = 0;
    assert_int_equal(mb_restore_schema_check(&source, &collection, &error), MB_E_INVALID);
    assert_non_null(strstr(error.message, "no field id"));
}

static struct mb_index index_made(const char *name, const char *field, struct mb_property *params,
                                  size_t count, bool use_auto_index)
{
    struct mb_collection_backup source = backup_of(3, false);
    struct mb_index index = {.name = name, .field_name = field, .params = {params, count}}, out;
    struct mb_error error = MB_ERROR_INIT;
    assert_int_equal(mb_restore_index_make(&source, &index, use_auto_index, arena, &out, &error), MB_OK);
    return out;
}

static void test_indexes(void **state)
{
    (void)state;
    struct mb_property params[] = {{"index_type", "IVF_FLAT"}, {"nlist", "4"}, {"metric_type", "IP"}};
    struct mb_index made = index_made("9-x", "vec", params, 3, false);
    assert_string_equal(made.name, "9-x");
    assert_int_equal(made.params.count, 3);
    assert_string_equal(mb_properties_get(&made.params, "nlist"), "4");

    made = index_made("v", "vec", params, 3, true);
    assert_int_equal(made.params.count, 2);
    assert_string_equal(mb_properties_get(&made.params, "index_type"), "AUTOINDEX");
    assert_string_equal(mb_properties_get(&made.params, "metric_type"), "IP");

    made = index_made("i", "added", params, 3, true);
    assert_string_equal(mb_properties_get(&made.params, "index_type"), "IVF_FLAT");
}

static void test_names_of_scalar_indexes(void **state)
{
    (void)state;
    assert_string_equal(index_made("good_1", "added", NULL, 0, false).name, "good_1");
    assert_string_equal(index_made("_x", "added", NULL, 0, false).name, "_x");
    assert_string_equal(index_made("1x", "added", NULL, 0, false).name, "");
    assert_string_equal(index_made("a-b", "added", NULL, 0, false).name, "");
    assert_string_equal(index_made("", "added", NULL, 0, false).name, "");
}

static void test_old_name_of_trie(void **state)
{
    (void)state;
    struct mb_property params[] = {{"index_type", "marisa-trie"}};
    struct mb_index made = index_made("s", "added", params, 1, false);
    assert_string_equal(mb_properties_get(&made.params, "index_type"), "Trie");
    assert_string_equal(params[0].value, "marisa-trie");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_carried),
        cmocka_unit_test(test_what_belongs_to_the_old_database_stays_behind),
        cmocka_unit_test(test_partitions_are_counted_only_with_a_partition_key),
        cmocka_unit_test(test_field_behind_the_hidden_one_is_added_later),
        cmocka_unit_test(test_stored_dynamic_field_is_left_to_the_server),
        cmocka_unit_test(test_its_stored_id_counts_before_a_guess),
        cmocka_unit_test(test_ids_of_struct_fields_count),
        cmocka_unit_test(test_fields_must_fit),
        cmocka_unit_test(test_indexes),
        cmocka_unit_test(test_names_of_scalar_indexes),
        cmocka_unit_test(test_old_name_of_trie),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
