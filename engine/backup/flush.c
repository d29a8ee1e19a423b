/* Has Milvus write out what it holds in memory, one collection at a time or everything at once. */
#include "backup/create.h"
#include "base/hint.h"
#include "catalog/channels.h"

#include <stdio.h>

/* A server that does not flush can be backed up all the same. */
static mb_status name_way_out(const char *subject, struct mb_error *error)
{
    mb_status status = error->status;
    if (status == MB_E_CANCELLED || status == MB_E_NOT_FOUND || status == MB_E_NO_MEMORY ||
        status == MB_E_UNAVAILABLE || status == MB_E_UNAUTHENTICATED)
        return status;
    return mb_error_hint(error, MB_HINT_SKIP_FLUSH, subject);
}

mb_status mb_create_flush(struct mb_create_collection *job, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_flushed flushed;
    struct mb_collection_backup *backup = &job->backup;
    char subject[sizeof(error->subject)];

    snprintf(subject, sizeof(subject), "%s.%s", job->db, job->name);
    if (mb_milvus_flush(job->create->env->milvus, job->db, job->name, job->arena, &flushed, cancel, error) <
        0)
        return name_way_out(subject, error);
    backup->physical_timestamp = (uint64_t)flushed.seal_time;
    backup->checkpoints = flushed.checkpoints;
    backup->checkpoint_count = flushed.checkpoint_count;
    for (size_t i = 0; i < flushed.checkpoint_count; i++)
        if (flushed.checkpoints[i].timestamp > backup->backup_timestamp)
            backup->backup_timestamp = flushed.checkpoints[i].timestamp;
    return MB_OK;
}

/* ------------------------------------------------------------- everything */

/* Somebody else's collections are left alone when only some are backed up. */
static bool wants_all(const struct mb_create *create)
{
    enum mb_backup_strategy strategy = create->options->strategy;
    bool everything = create->options->selection->count == 0 && create->collection_count > 0;
    return strategy == MB_STRATEGY_BULK_FLUSH || (strategy == MB_STRATEGY_FLUSH && everything);
}

static bool is_reached(mb_status status)
{
    return status != MB_E_CANCELLED && status != MB_E_NO_MEMORY && status != MB_E_UNAVAILABLE &&
           status != MB_E_TIMEOUT && status != MB_E_UNAUTHENTICATED;
}

/* Who may not flush everything may perhaps flush each collection.  Where nobody has asked for the one,
 * whatever fails it is a reason for the other. */
static mb_status one_by_one(struct mb_create *create, struct mb_error *error)
{
    static const char serial[] = "one collection after the other";
    bool asked = create->options->strategy == MB_STRATEGY_BULK_FLUSH;
    bool may_not = error->status == MB_E_FORBIDDEN || error->status == MB_E_UNSUPPORTED;
    struct mb_error later = MB_ERROR_INIT;
    mb_status status = MB_OK;

    if (asked ? !may_not : !is_reached(error->status))
        return name_way_out("", error);
    if (asked)
        status = mb_create_warn(create, &later, "bulk_flush is done as serial_flush, %s: %s", serial,
                                error->message);
    else
        mb_log(create->env->log, MB_LOG_WARN, "milvus is flushed %s: %s", serial, error->message);
    *error = later;
    return status;
}

static mb_status keep(struct mb_create *create, const struct mb_flushed_all *flushed, struct mb_error *error)
{
    create->flushed = true;
    create->backup.control_channel = flushed->control_channel;
    create->backup.physical_channels = flushed->physical_channels;
    return mb_channels_flushed(flushed, create->arena, &create->backup.flush_all_msgs, error);
}

mb_status mb_create_flush_all(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_flushed_all flushed;
    bool can = mb_milvus_info(create->env->milvus)->can[MB_MILVUS_FLUSH_ALL];
    if (!wants_all(create) || (!can && create->options->strategy != MB_STRATEGY_BULK_FLUSH))
        return MB_OK;
    mb_progress_phase(create->env->progress, "flush");
    if (mb_milvus_flush_all(create->env->milvus, create->arena, &flushed, cancel, error) < 0)
        return one_by_one(create, error);
    return keep(create, &flushed, error);
}

/* -------------------------------------------------------------- replication */

static mb_status ask_channel(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_backup_env *env = create->env;
    const char *position;
    MB_TRY(mb_milvus_rpc_position(env->milvus, env->rpc_channel, create->arena, &position, cancel, error));
    return mb_channels_rpc(env->rpc_channel, position, create->arena, &create->backup.rpc_channel_info,
                           error);
}

mb_status mb_create_note_channel(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_backup_env *env = create->env;
    if (!mb_milvus_info(env->milvus)->can[MB_MILVUS_RPC_CHANNEL] || *env->rpc_channel == '\0')
        return MB_OK;
    mb_status status = ask_channel(create, cancel, error);
    if (status == MB_OK || status == MB_E_CANCELLED || status == MB_E_NO_MEMORY)
        return status;
    mb_log(env->log, MB_LOG_WARN, "the backup tells no position for a replication to go on from: %s",
           error->message);
    mb_error_clear(error);
    return MB_OK;
}
