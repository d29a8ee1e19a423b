/* place.h - which other places than the configured one a request may name. */
#ifndef MB_SERVICE_PLACE_H
#define MB_SERVICE_PLACE_H

#include "base/text.h"
#include "milvus_backup.h"

/* What the configuration allows; "" for what it leaves open. */
struct mb_places {
    bool files;                     /* backups are files: root paths are folders, and there are no buckets */
    const char *bucket, *root_path; /* the configured ones, in one spelling */
    const char *gc_address;         /* of Milvus' management, "http://host:9091" */
    const char *milvus_address;     /* the host */
    const char *bucket_key, *root_key, *gc_key;     /* what the configuration calls them */
    const char *const *buckets, *const *root_paths; /* further ones; NULL at the end */
};

/* A place; "" for what is the configured one. */
struct mb_place {
    const char *bucket, *root_path, *gc_address;
};

/* What a request says, judged and in one spelling; a member may be NULL.  MB_E_FORBIDDEN with MB_HINT_INPUT
 * and "bucket", "root_path" or "gc_address" for a place that is not allowed. */
mb_status mb_place_settle(const struct mb_places *places, const struct mb_place *asked,
                          struct mb_arena *arena, struct mb_place *out, struct mb_error *error);

/* What the session's configuration allows; strings are the session's. */
mb_status mb_places_read(struct mb_places *out, struct mb_session *session, struct mb_error *error);

#endif
