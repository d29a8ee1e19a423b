/* probe.h - proves that both storages can be used, with one small object. */
#ifndef MB_CLI_PROBE_H
#define MB_CLI_PROBE_H

#include "cli/probe_listing.h"

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
    bool in_service;   /* the copy was made inside the service */
    bool milvus_empty; /* nothing lies below Milvus' root path */
};

/* Writes an object on Milvus' side, reads it, lists, copies it to the backup's side, reads it there and
 * removes both, also when it fails or is cancelled half way.  An error names the side and the key to look at.
 */
mb_status mb_probe_run(struct mb_context *context, struct mb_probe *out, struct mb_error *error);

#endif
