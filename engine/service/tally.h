/* tally.h - how many tasks have ended how since the server was started, and what their phases have moved. */
#ifndef MB_SERVICE_TALLY_H
#define MB_SERVICE_TALLY_H

#include "milvus_backup.h"

enum {
    MB_TALLY_KINDS = MB_TASK_COMPACT + 1,
    MB_TALLY_STATES = MB_TASK_CANCELLED + 1,
    MB_TALLY_PHASES = 48 /* of all kinds together; more are left out */
};

struct mb_tally_phase {
    int32_t kind;
    char name[24]; /* "copy" */
    uint64_t objects, bytes;
};

struct mb_tally {
    uint64_t tasks[MB_TALLY_KINDS][MB_TALLY_STATES]; /* queued and running are as of now */
    struct mb_tally_phase phases[MB_TALLY_PHASES];
    size_t phase_count;
};

/* One more task, as it is. */
void mb_tally_add(struct mb_tally *tally, struct mb_task *task, int32_t kind, int32_t state);

#endif
