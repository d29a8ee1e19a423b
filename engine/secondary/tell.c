/* What is said around the data.  In: the backup as a replication tells it.  Out: messages that the secondary
 * has confirmed. */
#include "secondary/run.h"

#include "base/clock.h"

#define APPEAR_NS (30 * MB_NS_PER_S)
#define PAUSE_NS  (100 * MB_NS_PER_MS)

/* --------------------------------------------------------------- before the data */

/* Is the i-th of its kind there? */
typedef mb_status there_fn(struct mb_secondary *run, size_t i, struct mb_arena *arena, bool *out,
                           struct mb_cancel *cancel, struct mb_error *error);

static mb_status look(struct mb_secondary *run, there_fn *fn, size_t i, bool *out, struct mb_cancel *cancel,
                      struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    if (arena == NULL)
        return mb_fail_memory(error);
    mb_status status = fn(run, i, arena, out, cancel, error);
    mb_arena_free(arena);
    if (status != MB_E_NOT_FOUND)
        return status;
    mb_error_clear(error);
    return MB_OK;
}

/* That a message is confirmed says that it will take effect; this waits until it has. */
static mb_status wait_for(struct mb_secondary *run, there_fn *fn, size_t i, const char *what,
                          struct mb_cancel *cancel, struct mb_error *error)
{
    int64_t until = mb_clock_monotonic() + APPEAR_NS;
    for (;;) {
        bool there = false;
        MB_TRY(look(run, fn, i, &there, cancel, error));
        if (there)
            return MB_OK;
        if (mb_clock_monotonic() > until)
            return mb_fail(error, MB_E_TIMEOUT,
                           "the secondary has confirmed %s, but does not have it after %d s", what,
                           (int)(APPEAR_NS / MB_NS_PER_S));
        MB_TRY(mb_cancel_sleep(cancel, PAUSE_NS, error));
    }
}

static mb_status has_database(struct mb_secondary *run, size_t i, struct mb_arena *arena, bool *out,
                              struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_strings names;
    MB_TRY(mb_milvus_list_databases(run->restore.env->milvus, arena, &names, cancel, error));
    *out = mb_strings_have(&names, run->restore.plan.databases.items[i]);
    return MB_OK;
}

static mb_status has_collection(struct mb_secondary *run, size_t i, struct mb_arena *arena, bool *out,
                                struct mb_cancel *cancel, struct mb_error *error)
{
    (void)arena;
    return mb_milvus_has_collection(run->restore.env->milvus, MB_WORK_NAME(&run->works[i]), out, cancel,
                                    error);
}

static mb_status has_indexes(struct mb_secondary *run, size_t i, struct mb_arena *arena, bool *out,
                             struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_index *indexes;
    size_t count;
    MB_TRY(mb_milvus_describe_indexes(run->restore.env->milvus, MB_WORK_NAME(&run->works[i]), arena, &indexes,
                                      &count, cancel, error));
    *out = count >= run->collections[i].index_count;
    return MB_OK;
}

static mb_status wait_for_all(struct mb_secondary *run, there_fn *fn, const char *kind,
                              struct mb_cancel *cancel, struct mb_error *error)
{
    for (size_t i = 0; i < run->restore.plan.count; i++) {
        const char *what = mb_arena_printf(run->arena, "%s %s.%s", kind, MB_WORK_NAME(&run->works[i]));
        MB_TRY(what != NULL ? wait_for(run, fn, i, what, cancel, error) : mb_fail_memory(error));
    }
    return MB_OK;
}

static mb_status tell_databases(struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_restore_plan *plan = &run->restore.plan;
    for (size_t i = 0; i < plan->databases.count; i++) {
        struct mb_database database = {.name = plan->databases.items[i]};
        if (run->databases_there[i])
            continue;
        if (plan->made_from[i] != NULL)
            database = *plan->made_from[i];
        database.id = mb_secondary_database_id(run, i);
        MB_TRY(mb_replicate_database(run->replication, &database, cancel, error));
    }
    MB_TRY(mb_secondary_settle(run, cancel, error));
    for (size_t i = 0; i < plan->databases.count; i++)
        MB_TRY(wait_for(run, has_database, i, plan->databases.items[i], cancel, error));
    return MB_OK;
}

static mb_status tell_collections(struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error)
{
    for (size_t i = 0; i < run->restore.plan.count; i++) {
        const struct mb_secondary_collection *told = &run->collections[i];
        mb_progress_row_does(run->works[i].row, "create");
        MB_TRY(mb_replicate_collection(run->replication, &told->born, told->partitions, told->partition_count,
                                       cancel, error));
        run->works[i].created = true;
    }
    MB_TRY(mb_secondary_settle(run, cancel, error));
    return wait_for_all(run, has_collection, "collection", cancel, error);
}

static mb_status tell_indexes(struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error)
{
    for (size_t i = 0; i < run->restore.plan.count; i++)
        for (size_t k = 0; k < run->collections[i].index_count; k++)
            MB_TRY(mb_replicate_index(run->replication, &run->collections[i].born,
                                      &run->collections[i].indexes[k], cancel, error));
    MB_TRY(mb_secondary_settle(run, cancel, error));
    return wait_for_all(run, has_indexes, "the indexes of", cancel, error);
}

mb_status mb_secondary_tell_before(struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error)
{
    MB_TRY(tell_databases(run, cancel, error));
    MB_TRY(tell_collections(run, cancel, error));
    return tell_indexes(run, cancel, error);
}

/* ---------------------------------------------------------------- behind the data */

static int64_t index_on(const struct mb_secondary_collection *told, int64_t field_id)
{
    for (size_t i = 0; i < told->index_count; i++)
        if (told->indexes[i].field_id == field_id)
            return told->indexes[i].id;
    return 0;
}

static mb_status loaded_fields(const struct mb_secondary *run, const struct mb_secondary_collection *told,
                               struct mb_replicated_load *load, struct mb_error *error)
{
    const struct mb_schema *schema = &told->imported.schema;
    size_t count = schema->field_count, n = 0;
    for (size_t i = 0; i < schema->struct_field_count; i++)
        count += schema->struct_fields[i].field_count;
    struct mb_replicated_field *fields = mb_arena_alloc(run->arena, count + 1, sizeof *fields);
    if (fields == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < schema->field_count; i++)
        fields[n++].field_id = schema->fields[i].id;
    for (size_t i = 0; i < schema->struct_field_count; i++)
        for (size_t k = 0; k < schema->struct_fields[i].field_count; k++)
            fields[n++].field_id = schema->struct_fields[i].fields[k].id;
    for (size_t i = 0; i < n; i++)
        fields[i].index_id = index_on(told, fields[i].field_id);
    load->fields = fields;
    load->field_count = n;
    return MB_OK;
}

static mb_status loaded_partitions(const struct mb_secondary *run, const struct mb_collection_backup *source,
                                   struct mb_replicated_load *load, struct mb_error *error)
{
    int64_t *ids = mb_arena_alloc(run->arena, source->partition_count + 1, sizeof *ids);
    size_t n = 0;
    if (ids == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < source->partition_count; i++)
        if (mb_restore_says_loaded(source->partitions[i].load_state))
            ids[n++] = source->partitions[i].id;
    for (size_t i = 0; n == 0 && i < source->partition_count; i++)
        ids[i] = source->partitions[i].id;
    load->partitions = (struct mb_ids){.items = ids, .count = n > 0 ? n : source->partition_count};
    return MB_OK;
}

static mb_status replica_ids(const struct mb_secondary *run, int32_t replicas,
                             struct mb_replicated_load *load, struct mb_error *error)
{
    size_t count = replicas > 0 ? (size_t)replicas : 1;
    int64_t *ids = mb_arena_alloc(run->arena, count, sizeof *ids);
    if (ids == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < count; i++)
        MB_TRY(mb_secondary_number(&ids[i], error));
    load->replicas = (struct mb_ids){.items = ids, .count = count};
    return MB_OK;
}

static mb_status tell_loads(struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error)
{
    for (size_t i = 0; i < run->restore.plan.count; i++) {
        struct mb_replicated_load load = {.field_count = 0};
        const struct mb_collection_backup *source = run->works[i].target->source;
        if (!mb_restore_was_loaded(&run->works[i]))
            continue;
        MB_TRY(loaded_partitions(run, source, &load, error));
        MB_TRY(loaded_fields(run, &run->collections[i], &load, error));
        MB_TRY(replica_ids(run, source->replicas, &load, error));
        MB_TRY(mb_replicate_load(run->replication, &run->collections[i].born, &load, cancel, error));
        run->works[i].loaded = true;
    }
    return MB_OK;
}

static mb_status tell_aliases(struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error)
{
    for (size_t i = 0; i < run->restore.plan.count; i++) {
        const struct mb_strings *aliases = &run->works[i].target->source->collection.aliases;
        for (size_t k = 0; k < aliases->count; k++)
            MB_TRY(mb_replicate_alias(run->replication, &run->collections[i].born, aliases->items[k], cancel,
                                      error));
        run->works[i].aliases = *aliases;
    }
    return MB_OK;
}

static mb_status tell_flush(struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error)
{
    for (size_t i = 0; i < run->flushed_count; i++)
        MB_TRY(mb_replicate_written(run->replication, run->flushed[i].channel, &run->flushed[i].position,
                                    cancel, error));
    return mb_secondary_settle(run, cancel, error);
}

mb_status mb_secondary_tell_after(struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error)
{
    MB_TRY(tell_aliases(run, cancel, error));
    MB_TRY(tell_loads(run, cancel, error));
    if (run->restore.rbac.missing_count > 0)
        MB_TRY(mb_replicate_rbac(run->replication, &run->restore.rbac.missing, cancel, error));
    MB_TRY(mb_secondary_settle(run, cancel, error));
    return tell_flush(run, cancel, error);
}
