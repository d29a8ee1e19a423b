#include "catalog/catalog_files.h"
#include "catalog/spool.h"

#include <string.h>

struct commit {
    const struct mb_catalog *catalog;
    const struct mb_backup *backup;
    struct mb_catalog_scratch scratch;
    struct mb_cancel *cancel;
};

static mb_status write_file(struct commit *commit, enum mb_meta_file file, struct mb_error *error)
{
    struct mb_spool spool;
    char *key = mb_layout_meta_key(commit->scratch.arena, commit->scratch.dir, file);
    if (key == NULL)
        return mb_fail_memory(error);
    mb_spool_init(&spool);
    mb_status status = mb_meta_write(commit->backup, file, &spool.sink, error);
    if (status == MB_OK)
        status =
            mb_spool_upload(&spool, commit->catalog->storage, key, "application/json", commit->cancel, error);
    else
        mb_spool_error(&spool, error);
    mb_spool_done(&spool);
    return status;
}

/* The name must still be ours: nobody deleted the backup while it was made. */
static mb_status check_mark(struct commit *commit, struct mb_error *error)
{
    struct mb_in_progress mark;
    const struct mb_backup *backup = commit->backup;
    mb_status status = mb_catalog_read_mark_file(commit->catalog, commit->scratch.dir, commit->scratch.arena,
                                                 &mark, commit->cancel, error);
    if (status == MB_E_NOT_FOUND)
        return mb_fail(error, MB_E_EXISTS, "backup %s was deleted while it was being made", backup->name);
    if (status == MB_OK && strcmp(mark.backup_id, backup->id) != 0)
        return mb_fail(error, MB_E_EXISTS, "backup %s is being made by somebody else (%s)", backup->name,
                       mark.owner);
    return status;
}

static mb_status write_objects(struct commit *commit, struct mb_objects *objects, struct mb_error *error)
{
    char *key = mb_layout_meta_key(commit->scratch.arena, commit->scratch.dir, MB_META_OBJECTS);
    if (key == NULL)
        return mb_fail_memory(error);
    return mb_objects_save(objects, commit->catalog->storage, key, commit->cancel, error);
}

static mb_status write_all(struct commit *commit, struct mb_objects *objects, struct mb_error *error)
{
    static const enum mb_meta_file files[] = {MB_META_COLLECTION, MB_META_PARTITION, MB_META_SEGMENT,
                                              MB_META_FULL};
    bool is_snapshot = strcmp(commit->backup->format, "snapshot") == 0;
    MB_TRY(check_mark(commit, error));
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
        if (!is_snapshot || (files[i] != MB_META_PARTITION && files[i] != MB_META_SEGMENT))
            MB_TRY(write_file(commit, files[i], error));
    if (objects != NULL)
        MB_TRY(write_objects(commit, objects, error));
    MB_TRY(check_mark(commit, error));
    return write_file(commit, MB_META_BACKUP, error);
}

mb_status mb_catalog_write(const struct mb_catalog *catalog, const struct mb_backup *backup,
                           struct mb_objects *objects, struct mb_cancel *cancel, struct mb_error *error)
{
    struct commit commit = {.catalog = catalog, .backup = backup, .cancel = cancel};
    MB_TRY(mb_catalog_scratch_init(&commit.scratch, catalog, backup->name, error));
    mb_status status = write_all(&commit, objects, error);
    if (status == MB_OK)
        mb_catalog_unmark(catalog, backup->name, backup->id);
    mb_catalog_scratch_done(&commit.scratch);
    return status;
}
