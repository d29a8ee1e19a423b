/* What can be known before the first message.  In: the request.  Out: the backup as a replication tells it,
 * the batches of its data, and the certainty that the cluster waits for exactly this. */
#include "secondary/run.h"

#include "catalog/channels.h"
#include "restore/proof.h"

#include <string.h>

/* ---------------------------------------------------------------- the backup */

static mb_status read_backup(struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error)
{
    MB_TRY(mb_restore_read(&run->restore, run->arena, cancel, error));
    const char *format = run->restore.backup.format;
    if (format != NULL && *format != '\0' && strcmp(format, "binlog") != 0)
        return mb_fail(error, MB_E_UNSUPPORTED,
                       "backup %s has the format %s, of which no secondary can be made: that needs binlogs",
                       run->options->name, format);
    return MB_OK;
}

static mb_status no_flush(const struct mb_secondary *run, struct mb_error *error)
{
    return mb_fail(
        error, MB_E_UNSUPPORTED,
        "backup %s does not tell where a replication goes on behind it: no secondary can be made of "
        "it; make a backup of the whole source with the strategy bulk_flush, at %s",
        run->options->name, mb_milvus_needs(MB_MILVUS_FLUSH_ALL));
}

static mb_status read_flush(struct mb_secondary *run, struct mb_error *error)
{
    const struct mb_backup *backup = &run->restore.backup;
    const char *json = backup->flush_all_msgs;
    if (json == NULL || *json == '\0' || *backup->control_channel == '\0' ||
        backup->physical_channels.count == 0)
        return no_flush(run, error);
    MB_TRY(mb_channels_read_flushed(json, run->options->name, run->arena, &run->flushed, &run->flushed_count,
                                    error));
    for (size_t i = 0; i < run->flushed_count; i++) {
        struct mb_checkpoint *message = &run->flushed[i];
        if (mb_replicated_tick(&message->position, &message->timestamp, error) != MB_OK)
            return mb_error_context(error, "backup %s, the flush of channel %s", run->options->name,
                                    message->channel);
        if (!mb_strings_have(&backup->physical_channels, message->channel))
            return mb_fail(error, MB_E_CORRUPT, "backup %s flushed channel %s, which is none of its own",
                           run->options->name, message->channel);
    }
    if (run->flushed_count != backup->physical_channels.count)
        return mb_fail(error, MB_E_CORRUPT,
                       "backup %s holds the flush of %zu channels, of %zu that there are", run->options->name,
                       run->flushed_count, backup->physical_channels.count);
    return MB_OK;
}

/* ---------------------------------------------------------------- the clusters */

static const struct mb_replicate_cluster *find_cluster(const struct mb_replicate_configuration *all,
                                                       const char *id)
{
    for (size_t i = 0; i < all->cluster_count; i++)
        if (strcmp(all->clusters[i].id, id) == 0)
            return &all->clusters[i];
    return NULL;
}

static mb_status unknown_cluster(const struct mb_secondary *run, const struct mb_replicate_configuration *all,
                                 const char *which, const char *id, struct mb_error *error)
{
    const char *known = "";
    for (size_t i = 0; i < all->cluster_count; i++)
        known =
            mb_arena_printf(run->arena, "%s%s%s", known ? known : "", i > 0 ? ", " : "", all->clusters[i].id);
    return mb_fail(
        error, MB_E_NOT_FOUND, "the replicate configuration of %s knows no cluster %s, the %s: it knows %s",
        run->restore.milvus->place, id, which,
        known == NULL || *known == '\0' ? "none (it has to be set in both clusters first)" : known);
}

static mb_status check_channels(const struct mb_secondary *run, const struct mb_replicate_cluster *source,
                                const struct mb_replicate_cluster *target, struct mb_error *error)
{
    const struct mb_strings *own = &run->restore.backup.physical_channels;
    if (source->channels.count != own->count || target->channels.count != own->count)
        return mb_fail(
            error, MB_E_INVALID,
            "backup %s has %zu physical channels, the replicate configuration %zu of %s and %zu of "
            "%s: there have to be as many of each",
            run->options->name, own->count, source->channels.count, source->id, target->channels.count,
            target->id);
    for (size_t i = 0; i < own->count; i++)
        if (!mb_strings_have(&source->channels, own->items[i]))
            return mb_fail(error, MB_E_INVALID,
                           "the replicate configuration has no channel %s of cluster %s, which is in backup "
                           "%s: was it made of another cluster?",
                           own->items[i], source->id, run->options->name);
    return MB_OK;
}

static mb_status check_edge(const struct mb_secondary *run, const struct mb_replicate_configuration *all,
                            struct mb_error *error)
{
    const struct mb_secondary_options *o = run->options;
    for (size_t i = 0; i < all->edge_count; i++)
        if (strcmp(all->edges[i].source, o->source_cluster) == 0 &&
            strcmp(all->edges[i].target, o->target_cluster) == 0)
            return MB_OK;
    return mb_fail(error, MB_E_INVALID,
                   "by the replicate configuration of %s cluster %s does not replicate to cluster %s",
                   run->restore.milvus->place, o->source_cluster, o->target_cluster);
}

static mb_status check_unused(const struct mb_secondary *run, const struct mb_replicate_cluster *target,
                              struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_secondary_options *o = run->options;
    for (size_t i = 0; i < target->channels.count; i++) {
        uint64_t tick = 0;
        MB_TRY(mb_milvus_replicate_checkpoint(run->restore.env->milvus, o->source_cluster,
                                              target->channels.items[i], &tick, cancel, error));
        if (tick != 0)
            return mb_fail(error, MB_E_EXISTS,
                           "cluster %s has taken messages of cluster %s already (channel %s, up to %llu): a "
                           "restore has to be the first that it takes",
                           o->target_cluster, o->source_cluster, target->channels.items[i],
                           (unsigned long long)tick);
    }
    return MB_OK;
}

/* Imports are looked at over HTTP: does anybody answer there?  That he knows no such job is an answer. */
static mb_status check_jobs(const struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_import_state state;
    struct mb_error why = MB_ERROR_INIT;
    mb_status status = mb_milvus_import_job_state(run->restore.env->milvus, "default", "1", run->arena,
                                                  &state, cancel, &why);
    if (status == MB_OK || status == MB_E_INVALID || status == MB_E_INTERNAL || status == MB_E_NOT_FOUND)
        return MB_OK;
    mb_error_copy(error, &why);
    return error->status;
}

static mb_status check_clusters(struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_secondary_options *o = run->options;
    const struct mb_milvus_info *milvus = run->restore.milvus;
    struct mb_replicate_configuration all;
    if (!milvus->can[MB_MILVUS_REPLICATION])
        return mb_fail(error, MB_E_UNSUPPORTED, "a secondary needs %s, this is %s",
                       mb_milvus_needs(MB_MILVUS_REPLICATION), milvus->version_text);
    MB_TRY(mb_milvus_replicate_configuration(run->restore.env->milvus, run->arena, &all, cancel, error));
    const struct mb_replicate_cluster *source = find_cluster(&all, o->source_cluster);
    const struct mb_replicate_cluster *target = find_cluster(&all, o->target_cluster);
    if (source == NULL)
        return unknown_cluster(run, &all, "source", o->source_cluster, error);
    if (target == NULL)
        return unknown_cluster(run, &all, "target", o->target_cluster, error);
    MB_TRY(check_edge(run, &all, error));
    MB_TRY(check_channels(run, source, target, error));
    MB_TRY(check_unused(run, target, cancel, error));
    return check_jobs(run, cancel, error);
}

/* --------------------------------------------------------------- what is there */

int64_t mb_secondary_database_id(const struct mb_secondary *run, size_t i)
{
    const struct mb_restore_plan *plan = &run->restore.plan;
    if (plan->made_from[i] != NULL && plan->made_from[i]->id != 0)
        return plan->made_from[i]->id;
    for (size_t k = 0; k < plan->count; k++)
        if (strcmp(plan->targets[k].db, plan->databases.items[i]) == 0)
            return plan->targets[k].source->collection.db_id;
    return 0;
}

static mb_status check_database(struct mb_secondary *run, size_t i, const struct mb_strings *there,
                                struct mb_cancel *cancel, struct mb_error *error)
{
    const char *name = run->restore.plan.databases.items[i];
    const struct mb_database *from = run->restore.plan.made_from[i];
    struct mb_database found;
    int64_t id = mb_secondary_database_id(run, i);
    if (id == 0)
        return mb_fail(error, MB_E_UNSUPPORTED, "the backup does not tell the id of database %s", name);
    if (from != NULL && from->ezk != NULL && *from->ezk != '\0')
        return mb_fail(error, MB_E_UNSUPPORTED,
                       "database %s is encrypted: its keys are the source's own, so no secondary can be made "
                       "of it",
                       name);
    run->databases_there[i] = mb_strings_have(there, name);
    if (!run->databases_there[i])
        return MB_OK;
    MB_TRY(mb_milvus_describe_database(run->restore.env->milvus, name, run->arena, &found, cancel, error));
    if (found.id == id)
        return MB_OK;
    return mb_fail(error, MB_E_EXISTS,
                   "database %s exists in the secondary and is another one (its id is %lld, in the source "
                   "%lld): drop it",
                   name, (long long)found.id, (long long)id);
}

static mb_status check_databases(struct mb_secondary *run, struct mb_strings *there, struct mb_cancel *cancel,
                                 struct mb_error *error)
{
    const struct mb_restore_plan *plan = &run->restore.plan;
    MB_TRY(mb_milvus_list_databases(run->restore.env->milvus, run->arena, there, cancel, error));
    run->databases_there = mb_arena_alloc(run->arena, plan->databases.count + 1, sizeof(bool));
    if (run->databases_there == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < plan->databases.count; i++)
        MB_TRY(check_database(run, i, there, cancel, error));
    return MB_OK;
}

static mb_status check_absent(const struct mb_restore_work *work, const struct mb_strings *databases,
                              struct mb_cancel *cancel, struct mb_error *error)
{
    bool exists = false;
    if (mb_strings_have(databases, work->target->db))
        MB_TRY(mb_milvus_has_collection(work->run->env->milvus, MB_WORK_NAME(work), &exists, cancel, error));
    return exists
               ? mb_fail(error, MB_E_EXISTS,
                         "collection %s.%s exists in the secondary: its source alone may make it, so drop it",
                         MB_WORK_NAME(work))
               : MB_OK;
}

/* ------------------------------------------------------------------- the data */

static mb_status end_at_flush(const struct mb_secondary *run, struct mb_import_batch *batch,
                              struct mb_error *error)
{
    const char *channel = mb_replicated_channel(batch->virtual_channel, run->arena);
    if (channel == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < run->flushed_count; i++)
        if (strcmp(run->flushed[i].channel, channel) == 0) {
            batch->until = run->flushed[i].timestamp;
            return MB_OK;
        }
    return mb_fail(error, MB_E_UNSUPPORTED,
                   "segment %lld was written through channel \"%s\", of which the backup holds no flush",
                   (long long)batch->first->segment->id, batch->virtual_channel);
}

/* What is younger than the flush comes by the replication, so an import may bring less than the backup has.
 */
static mb_status limit(const struct mb_secondary *run, struct mb_restore_work *work,
                       struct mb_secondary_collection *told, struct mb_error *error)
{
    for (size_t i = 0; i < work->batches.count; i++) {
        MB_TRY(end_at_flush(run, &work->batches.items[i], error));
        told->least_rows += work->batches.items[i].least_rows;
        work->batches.items[i].least_rows = 0;
    }
    for (size_t i = 0; i < work->batches.count; i++)
        if (work->batches.items[i].phase != MB_BATCH_DATA)
            told->least_rows = 0;
    return MB_OK;
}

static mb_status check_collection(struct mb_secondary *run, size_t i, struct mb_cancel *cancel,
                                  struct mb_error *error)
{
    struct mb_restore_work *work = &run->works[i];
    MB_TRY(mb_secondary_describe(work->target->source, run->arena, &run->collections[i], error));
    MB_TRY(mb_import_batches_make(work->target->source, run->restore.dir, true, run->arena, &work->batches,
                                  error));
    for (size_t k = 0; k < work->batches.count; k++)
        run->restore.total_bytes += work->batches.items[k].bytes;
    MB_TRY(mb_restore_prove(work, run->arena, cancel, error));
    MB_TRY(limit(run, work, &run->collections[i], error));
    return mb_restore_probe(work, cancel, error);
}

static mb_status check_collections(struct mb_secondary *run, const struct mb_strings *databases,
                                   struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_restore_plan *plan = &run->restore.plan;
    run->works = mb_arena_alloc(run->arena, plan->count + 1, sizeof *run->works);
    run->collections = mb_arena_alloc(run->arena, plan->count + 1, sizeof *run->collections);
    if (run->works == NULL || run->collections == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < plan->count; i++) {
        const struct mb_restore_target *target = &plan->targets[i];
        run->works[i] = (struct mb_restore_work){
            .run = &run->restore, .target = target, .place = target->name, .ezk = "", .arena = run->arena};
        MB_TRY(check_absent(&run->works[i], databases, cancel, error));
    }
    for (size_t i = 0; i < plan->count; i++)
        if (check_collection(run, i, cancel, error) != MB_OK)
            return mb_error_context(error, "backup %s, collection %s.%s", run->options->name,
                                    MB_WORK_NAME(&run->works[i]));
    return MB_OK;
}

static mb_status plan_rbac(struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error)
{
    const char *kept = run->restore.backup.rbac_meta;
    return kept == NULL || *kept == '\0' ? MB_OK
                                         : mb_restore_plan_rbac(&run->restore, run->arena, cancel, error);
}

mb_status mb_secondary_check(struct mb_secondary *run, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_plan_options everything = {.lenient = true};
    struct mb_strings databases;
    MB_TRY(read_backup(run, cancel, error));
    MB_TRY(read_flush(run, error));
    MB_TRY(check_clusters(run, cancel, error));
    MB_TRY(mb_restore_plan_make(&run->restore.backup, &everything, run->arena, &run->restore.plan, error));
    MB_TRY(check_databases(run, &databases, cancel, error));
    MB_TRY(check_collections(run, &databases, cancel, error));
    return plan_rbac(run, cancel, error);
}
