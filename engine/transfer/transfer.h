/* transfer.h - moves a whole backup from one storage to another, whatever the two are. */
#ifndef MB_TRANSFER_TRANSFER_H
#define MB_TRANSFER_TRANSFER_H

#include "base/progress.h"
#include "catalog/claim.h"
#include "copy/copy.h"

struct mb_transfer {
    struct mb_catalog from;
    struct mb_catalog to;
    const char *name;
    bool take_over;                /* go on also where another transfer seems to be at work */
    struct mb_claim_timing timing; /* usually all zero */
    struct mb_copy_options copy;   /* its callback is set here */
    struct mb_progress *progress;
    struct mb_log *log;
};

struct mb_transfer_report {
    uint64_t objects; /* of the backup */
    uint64_t bytes;
    uint64_t present;  /* of these, already there from an interrupted run */
    uint64_t verified; /* checksums compared with those that create had recorded */
    uint64_t unlisted; /* found by name where the source's listing lacked them */
    uint64_t strays;   /* in the source's directory, but no part of the backup: they stay behind */
    char first_stray[256];
    char how[128]; /* how the objects went */
};

/* Copies the backup of that name.  It is committed at the end like one that was made there: until then the
 * target is claimed, and calling this again goes on with it when nobody works on it any more.  Every object's
 * size is compared at the end, and the checksum of each one that passed through this process with what create
 * recorded of it.
 */
mb_status mb_transfer(const struct mb_transfer *transfer, struct mb_transfer_report *report,
                      struct mb_cancel *cancel, struct mb_error *error);

#endif
