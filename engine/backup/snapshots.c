#include "backup/snapshot.h"

#include "base/pool.h"
#include "catalog/snapshot.h"

static mb_status export_rest(struct mb_create *create, struct mb_group *group, struct mb_error *error)
{
    for (size_t i = 1; i < create->collection_count; i++)
        MB_TRY(mb_group_submit(group, mb_create_snapshot, &create->collections[i], error));
    return mb_group_wait(group, error);
}

static mb_status side_by_side(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_pool *pool = mb_pool_new(mb_create_parallel(create));
    struct mb_group *group = pool != NULL ? mb_group_new(pool, cancel) : NULL;
    mb_status status = group != NULL ? export_rest(create, group, error) : mb_fail_memory(error);
    mb_group_free(group);
    mb_pool_free(pool);
    return status;
}

static mb_status go_back(struct mb_create *create, struct mb_error *error)
{
    struct mb_error why = *error;
    mb_error_clear(error);
    create->snapshots = false;
    create->collections[0].backup.row_count = 0;
    create->collections[0].backup.backup_timestamp = 0;
    return mb_create_warn(create, error, "milvus %s makes no snapshots, so binlogs are copied: %s",
                          mb_milvus_info(create->env->milvus)->version_text, why.message);
}

/* The first one shows whether Milvus can at all: versions do not tell, and a build may have none. */
static mb_status export_all(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error)
{
    if (create->resumed)
        MB_TRY(mb_create_clear(create, MB_BUNDLES, cancel, error));
    if (create->collection_count == 0)
        return MB_OK;
    mb_status status = mb_create_snapshot(&create->collections[0], cancel, error);
    if (status == MB_E_UNSUPPORTED && create->options->format == MB_DATA_AUTO &&
        !atomic_load(&create->exporting))
        return go_back(create, error);
    MB_TRY(status);
    return side_by_side(create, cancel, error);
}

static mb_status warn_of_undropped(struct mb_create *create, struct mb_error *error)
{
    for (size_t i = 0; i < create->collection_count; i++) {
        const struct mb_create_collection *job = &create->collections[i];
        if (job->undropped != NULL)
            MB_TRY(mb_create_warn(create, error,
                                  "the snapshot mbk_%s of %s.%s stays in milvus, which keeps its files for "
                                  "it; drop it there: %s",
                                  create->options->name, job->db, job->name, job->undropped));
    }
    return MB_OK;
}

mb_status mb_create_snapshots(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error)
{
    mb_progress_phase(create->env->progress, "export");
    MB_TRY(export_all(create, cancel, error));
    if (!create->snapshots)
        return MB_OK;
    create->backup.format = MB_SNAPSHOT_FORMAT;
    MB_TRY(warn_of_undropped(create, error));
    if (create->resumed)
        MB_TRY(mb_create_clear(create, "binlogs/", cancel, error));
    mb_progress_phase(create->env->progress, "verify");
    return mb_create_record_bundles(create, cancel, error);
}
