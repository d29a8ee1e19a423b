/* run.h - what the steps of one transfer of a backup share.  Private to the room. */
#ifndef MB_TRANSFER_RUN_H
#define MB_TRANSFER_RUN_H

#include "catalog/checksums.h"
#include "catalog/claim.h"
#include "catalog/layout.h"
#include "transfer/transfer.h"
#include "verify/content.h"

/* What one call works with. */
struct run {
    const struct mb_transfer *transfer;
    struct mb_arena *arena;
    const char *from_dir;
    const char *to_dir;
    const char *backup_id;
    struct mb_folder from, to; /* the same directories */
    struct mb_claim *claim;
    bool resumed;
    struct mb_backup backup;
    struct mb_content content;    /* of the source, without what commits it */
    struct mb_expected *expected; /* the same */
    struct mb_checksums *checksums;
    struct mb_copy *copy;
    struct mb_cancel *cancel;
    struct mb_buf from_key; /* of the object at hand */
    struct mb_buf to_key;
    uint64_t listed;          /* of what is expected, by the latest listing of the source */
    char first_unlisted[256]; /* name of an object that is there and was not listed */
    struct mb_transfer_report report;
};

/* The object that makes a target complete, and the record until then: neither is moved like the others. */
bool mb_run_is_commit_file(const char *name);

mb_status mb_run_key(struct mb_buf *key, const char *dir, const char *name, struct mb_error *error);

/* move.c: copies what belongs to the backup, removes from the target what does not.  MB_E_CORRUPT when the
 * source has lost something. */
mb_status mb_run_move(struct run *run, struct mb_error *error);

/* arrived.c: does everything lie in the target, and will it open there as it opens here? */
mb_status mb_run_verify(struct run *run, struct mb_error *error);

#endif
