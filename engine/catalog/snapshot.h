/* snapshot.h - the bundle that Milvus makes of a collection's snapshot, as part of a backup: where it lies,
 * and what the description says of it. */
#ifndef MB_CATALOG_SNAPSHOT_H
#define MB_CATALOG_SNAPSHOT_H

#include "base/arena.h"
#include "model/backup.h"

#define MB_SNAPSHOT_FORMAT "snapshot"

/* Has Milvus written the data of this backup itself? */
bool mb_backup_is_snapshot(const struct mb_backup *backup);

/* Under which all bundles of a backup lie. */
#define MB_BUNDLES "bundle/"

/* "snapshot_backup" of a collection. */
struct mb_snapshot {
    const char *metadata_path; /* relative to the backup's directory */
    int64_t total_files, total_bytes;
};

mb_status mb_snapshot_to_json(const struct mb_snapshot *snapshot, struct mb_arena *arena, const char **out,
                              struct mb_error *error);

/* MB_E_CORRUPT for a path that leads to no file of the backup. */
mb_status mb_snapshot_from_json(const char *json, struct mb_arena *arena, struct mb_snapshot *out,
                                struct mb_error *error);

/* "bundle/<id>/", where create has the bundle of a collection written; or "bundle/<id>-<run>/", where run is
 * not "": an export that an earlier run had begun may be under way still, and write or remove what it likes.
 * NULL without memory. */
const char *mb_snapshot_folder(struct mb_arena *arena, int64_t collection_id, const char *run);

/* The folder that holds the bundle, by where its metadata lies: the collection's own, or one that it may
 * share with others.  NULL without memory. */
const char *mb_snapshot_folder_of(struct mb_arena *arena, const char *metadata_path, int64_t collection_id);

/* What uri names below dir, a backup's directory in the bucket that place_uri names; NULL for what lies
 * elsewhere.  Milvus may spell the bucket otherwise than it was told. */
const char *mb_snapshot_path(const char *uri, const char *place_uri, const char *dir);

#endif
