#include "milvus/client.h"
#include "milvus/convert.h"

#include <string.h>

static const struct mb_method method_list = {
    .name = "ListDatabases",
    .doing = "list databases",
    .answer = &pb__list_databases_response__descriptor,
};
static const struct mb_method method_describe = {
    .name = "DescribeDatabase",
    .doing = "describe database",
    .answer = &pb__describe_database_response__descriptor,
};
static const struct mb_method method_create = {
    .name = "CreateDatabase",
    .doing = "create database",
    .answer = &pb__status__descriptor,
};

static mb_status only_default(struct mb_arena *arena, struct mb_strings *out, struct mb_error *error)
{
    const char **items = mb_arena_alloc(arena, 1, sizeof *items);
    if (items == NULL)
        return mb_fail_memory(error);
    items[0] = mb_db_name(NULL);
    *out = (struct mb_strings){.items = items, .count = 1};
    return MB_OK;
}

mb_status mb_milvus_list_databases(struct mb_milvus *milvus, struct mb_arena *arena, struct mb_strings *out,
                                   struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__Empty request = PB__EMPTY__INIT;
    Pb__ListDatabasesResponse *answer;

    if (!milvus->info.can[MB_MILVUS_DATABASES])
        return only_default(arena, out, error);
    MB_TRY(
        mb_rpc(milvus, &method_list, (struct mb_subject){0}, &request.base, arena, &answer, cancel, error));
    *out = mb_strings_from_pb(answer->db_names, answer->n_db_names);
    return MB_OK;
}

mb_status mb_milvus_describe_database(struct mb_milvus *milvus, const char *db, struct mb_arena *arena,
                                      struct mb_database *out, struct mb_cancel *cancel,
                                      struct mb_error *error)
{
    Pb__DatabaseRequest request = PB__DATABASE_REQUEST__INIT;
    Pb__DescribeDatabaseResponse *answer;
    struct mb_database database = {.name = mb_arena_strdup(arena, mb_db_name(db)), .ezk = ""};

    if (database.name == NULL)
        return mb_fail_memory(error);
    if (milvus->info.can[MB_MILVUS_DESCRIBE_DATABASE]) {
        request.db_name = mb_pb_text(database.name);
        MB_TRY(mb_rpc(milvus, &method_describe, (struct mb_subject){.name = database.name}, &request.base,
                      arena, &answer, cancel, error));
        database.id = answer->db_id;
        MB_TRY(mb_properties_from_pb(answer->properties, answer->n_properties, arena, &database.properties,
                                     error));
    }
    *out = database;
    return MB_OK;
}

static mb_status create_in(struct mb_milvus *milvus, const char *db, const struct mb_properties *properties,
                           struct mb_arena *arena, struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__DatabaseRequest request = PB__DATABASE_REQUEST__INIT;
    request.db_name = mb_pb_text(mb_db_name(db));
    if (properties != NULL)
        MB_TRY(mb_properties_to_pb(properties, arena, &request.properties, &request.n_properties, error));
    return mb_rpc(milvus, &method_create, (struct mb_subject){.name = request.db_name}, &request.base, arena,
                  NULL, cancel, error);
}

mb_status mb_milvus_create_database(struct mb_milvus *milvus, const char *db,
                                    const struct mb_properties *properties, struct mb_cancel *cancel,
                                    struct mb_error *error)
{
    if (!milvus->info.can[MB_MILVUS_DATABASES])
        return mb_fail(error, MB_E_UNSUPPORTED,
                       "create database %s: Milvus %s knows no databases: that needs %s", db,
                       milvus->info.version_text, mb_milvus_needs(MB_MILVUS_DATABASES));
    struct mb_arena *arena = mb_arena_new();
    mb_status status =
        arena ? create_in(milvus, db, properties, arena, cancel, error) : mb_fail_memory(error);
    mb_arena_free(arena);
    return status;
}
