/* probe.h - proves that both storages can be used, with one small object. */
#ifndef MB_TASK_PROBE_H
#define MB_TASK_PROBE_H

#include "task/probe_listing.h"
#include "task/session.h"

struct mb_probe_step {
    const char *side; /* "milvus", "backup" */
    const char *operation;
    int64_t ns;
};

enum { MB_PROBE_STEPS = 16 };

struct mb_probe {
    struct mb_probe_step steps[MB_PROBE_STEPS];
    size_t count;
    struct mb_probe_listing milvus_listing, backup_listing;
    bool in_service;                                       /* the copy was made inside the service */
    bool milvus_empty;                                     /* nothing lies below Milvus' root path */
    char refusal[sizeof(((struct mb_error *)0)->message)]; /* of the service to copy; or "" */
};

/* Writes an object on Milvus' side, reads it, lists, copies it to the backup's side, reads it there and
 * removes both, also when it fails or is cancelled half way.  An error names the side and the key to look at.
 */
mb_status mb_probe_run(const struct mb_session *session, struct mb_storage *milvus, struct mb_storage *backup,
                       struct mb_probe *out, struct mb_cancel *cancel, struct mb_error *error);

#endif
