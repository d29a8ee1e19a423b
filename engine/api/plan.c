#include "api/plan.h"

#include "api/select.h"
#include "base/hint.h"

static const struct mb_api_field override_fields[] = {
    MB_API_FIELD(INT32, "shardNum", struct mb_body_override, shards, "Shards of the new collection."),
    MB_API_FIELD(STRING, "description", struct mb_body_override, description, "Replaces the description."),
};
static const struct mb_api_schema override_schema = {
    MB_API_SCHEMA("PlanOverride", struct mb_body_override, override_fields)};

static const struct mb_api_field plan_collection_fields[] = {
    MB_API_FIELD(STRING, "source", struct mb_body_plan_collection, source, "In the backup."),
    MB_API_FIELD(STRING, "target", struct mb_body_plan_collection, target, "In Milvus."),
    MB_API_FIELD_OF(OBJECT, "override", struct mb_body_plan_collection, override, &override_schema, NULL),
};
static const struct mb_api_schema plan_collection_schema = {
    MB_API_SCHEMA("PlanCollection", struct mb_body_plan_collection, plan_collection_fields)};

static const struct mb_api_field plan_database_fields[] = {
    MB_API_FIELD(STRING, "source", struct mb_body_plan_database, source, "In the backup."),
    MB_API_FIELD(STRING, "target", struct mb_body_plan_database, target, "In Milvus."),
    MB_API_FIELD(BOOL, "withProp", struct mb_body_plan_database, with_properties, "Has no effect."),
    MB_API_FIELD_OF(ARRAY, "colls", struct mb_body_plan_database, collections, &plan_collection_schema, NULL),
};
static const struct mb_api_schema plan_database_schema = {
    MB_API_SCHEMA("PlanDatabase", struct mb_body_plan_database, plan_database_fields)};

static const struct mb_api_field plan_fields[] = {
    MB_API_FIELD_OF(ARRAY, "mapping", struct mb_body_plan, mapping, &plan_database_schema,
                    "What goes where; one source may have several targets."),
    MB_API_FIELD_OF(NAMED, "filter", struct mb_body_plan, filter, &mb_api_filter_schema,
                    "Which targets are restored, by their database; without it what mapping names."),
};
const struct mb_api_schema mb_body_plan_schema = {
    MB_API_SCHEMA("RestorePlan", struct mb_body_plan, plan_fields)};

static mb_status check(const struct mb_restore_mapping *mapping, struct mb_error *error)
{
    static const char *const names[] = {"source database", "target database", "source collection",
                                        "target collection"};
    const char *const values[] = {mapping->source_db, mapping->target_db, mapping->source, mapping->target};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (values[i] != NULL && *values[i] == '\0')
            return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "plan", "%s name is empty", names[i]);
    return MB_OK;
}

static size_t count(const struct mb_api_list *databases)
{
    const struct mb_body_plan_database *items = databases->items;
    size_t sum = 0;
    for (size_t i = 0; i < databases->count; i++)
        sum += 1 + items[i].collections.count;
    return sum;
}

/* The database itself, and then its collections. */
static mb_status add(const struct mb_body_plan_database *database, struct mb_restore_mapping *items,
                     size_t *n, struct mb_error *error)
{
    const struct mb_body_plan_collection *collections = database->collections.items;
    const struct mb_restore_mapping plain = {
        .struct_size = sizeof plain, .source_db = database->source, .target_db = database->target};
    items[*n] = plain;
    MB_TRY(check(&items[(*n)++], error));
    for (size_t i = 0; i < database->collections.count; i++) {
        const struct mb_body_override *override = collections[i].override;
        struct mb_restore_mapping *item = &items[(*n)++];
        *item = plain;
        item->source = collections[i].source;
        item->target = collections[i].target;
        if (override != NULL) {
            item->shards = override->shards;
            item->description = *override->description != '\0' ? override->description : NULL;
        }
        MB_TRY(check(item, error));
    }
    return MB_OK;
}

mb_status mb_api_mappings(const struct mb_body_plan *plan, struct mb_arena *arena,
                          struct mb_restore_request *out, struct mb_error *error)
{
    if (plan == NULL || plan->mapping.count == 0)
        return MB_OK;
    const struct mb_body_plan_database *databases = plan->mapping.items;
    struct mb_restore_mapping *items = mb_arena_alloc(arena, count(&plan->mapping), sizeof *items);
    size_t n = 0;
    if (items == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < plan->mapping.count; i++)
        MB_TRY(add(&databases[i], items, &n, error));
    out->mappings = items;
    out->mapping_count = n;
    return MB_OK;
}
