/* rename.h - collection_renames in the words of the library. */
#ifndef MB_API_RENAME_H
#define MB_API_RENAME_H

#include "api/schema.h"
#include "milvus_backup.h"

/* renames is a list of struct mb_kv.  Both sides of one are "db.*", "db.coll", "coll" or "db.", which has no
 * effect; MB_E_CONFIG for any other. */
mb_status mb_api_renames(const struct mb_api_list *renames, struct mb_arena *arena,
                         struct mb_restore_request *out, struct mb_error *error);

#endif
