#include "catalog/catalog_files.h"
#include "catalog/claim.h"
#include "catalog/meta_check.h"
#include "catalog/read_back.h"
#include "catalog/snapshot.h"
#include "catalog/spool.h"

#include <string.h>

struct commit {
    struct mb_claim *claim;
    const struct mb_catalog *catalog;
    const struct mb_backup *backup;
    struct mb_catalog_scratch scratch;
    struct mb_written written[MB_META_COUNT];
    struct mb_cancel *cancel;
};

static mb_status write_file(struct commit *commit, enum mb_meta_file file, struct mb_error *error)
{
    struct mb_spool spool;
    char *key = mb_layout_meta_key(commit->scratch.arena, commit->scratch.dir, file);
    if (key == NULL)
        return mb_fail_memory(error);
    mb_spool_init(&spool, commit->catalog->log);
    mb_status status = mb_meta_write(commit->backup, file, &spool.sink, error);
    if (status == MB_OK)
        status =
            mb_spool_upload(&spool, commit->catalog->storage, key, "application/json", commit->cancel, error);
    else
        mb_spool_error(&spool, error);
    commit->written[file] = (struct mb_written){true, spool.size, spool.crc32c};
    mb_spool_done(&spool);
    return status;
}

static mb_status write_objects(struct commit *commit, struct mb_objects *objects, struct mb_error *error)
{
    char *key = mb_layout_meta_key(commit->scratch.arena, commit->scratch.dir, MB_META_OBJECTS);
    if (key == NULL)
        return mb_fail_memory(error);
    struct mb_written *written = &commit->written[MB_META_OBJECTS];
    written->done = true;
    return mb_objects_save(objects, commit->catalog->storage, key, &written->size, &written->crc32c,
                           commit->cancel, error);
}

static mb_status put_commit(struct commit *commit, struct mb_error *error)
{
    struct mb_buf text;
    mb_buf_init(&text, 1 << 20);
    const struct mb_sink sink = mb_buf_sink(&text);
    mb_status status = mb_meta_write(commit->backup, MB_META_BACKUP, &sink, error);
    if (status == MB_OK)
        status = mb_claim_commit(commit->claim, text.data, text.len, commit->cancel, error);
    mb_buf_done(&text);
    return status;
}

static mb_status write_all(struct commit *commit, struct mb_objects *objects, struct mb_error *error)
{
    static const enum mb_meta_file files[] = {MB_META_COLLECTION, MB_META_PARTITION, MB_META_SEGMENT,
                                              MB_META_FULL};
    bool is_snapshot = mb_backup_is_snapshot(commit->backup);
    MB_TRY(mb_claim_check(commit->claim, commit->cancel, error));
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
        if (!is_snapshot || (files[i] != MB_META_PARTITION && files[i] != MB_META_SEGMENT))
            MB_TRY(write_file(commit, files[i], error));
    if (objects != NULL)
        MB_TRY(write_objects(commit, objects, error));
    MB_TRY(mb_catalog_read_back(commit->catalog, commit->scratch.dir, commit->backup->format, commit->written,
                                commit->cancel, error));
    return put_commit(commit, error);
}

mb_status mb_catalog_write(const struct mb_catalog *catalog, struct mb_claim *claim,
                           const struct mb_backup *backup, struct mb_objects *objects,
                           struct mb_cancel *cancel, struct mb_error *error)
{
    struct commit commit = {.claim = claim, .catalog = catalog, .backup = backup, .cancel = cancel};
    MB_TRY(mb_catalog_scratch_init(&commit.scratch, catalog, backup->name, error));
    mb_status status = write_all(&commit, objects, error);
    mb_catalog_scratch_done(&commit.scratch);
    return status;
}

mb_status mb_catalog_judge(struct mb_collection_backup *collections, size_t count, struct mb_error *error)
{
    struct mb_meta_draft draft = {
        .spoken = true, .backup = {.collections = collections, .collection_count = count, .format = ""}};
    return mb_meta_check(&draft, error);
}
