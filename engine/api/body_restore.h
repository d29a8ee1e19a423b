/* body_restore.h - what POST /restore takes. */
#ifndef MB_API_BODY_RESTORE_H
#define MB_API_BODY_RESTORE_H

#include "api/plan.h"
#include "milvus_backup.h"

struct mb_body_skip {
    struct mb_strings collection_properties, field_index, field_type, index;
};

struct mb_body_restore {
    const char *request_id, *name, *suffix, *bucket, *path, *db_collections, *id, *after_rename, *until;
    struct mb_strings collections;
    struct mb_api_list renames, ezk; /* of struct mb_kv */
    bool async, meta_only, restore_index, auto_index, drop_collection, drop_first, drop_index, skip_create;
    bool skip_quota, rbac, load, v2, truncate, bound;
    int32_t max_shards;
    struct mb_body_skip *skip;
    struct mb_body_plan *plan;
};

extern const struct mb_api_schema mb_body_restore_schema;

/* The library's request for it.  MB_E_INVALID for what the API calls an error of parameters, MB_E_CONFIG for
 * a selection or a renaming that cannot be, MB_E_UNSUPPORTED for what is asked for and cannot be done. */
mb_status mb_body_restore_request(const struct mb_body_restore *body, struct mb_arena *arena,
                                  struct mb_restore_request *out, struct mb_error *error);

#endif
