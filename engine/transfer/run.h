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
    struct mb_claim *claim;    /* NULL for a delivery, which removes nothing */
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
    uint64_t arrived;         /* objects of data that were sent and lie there */
    struct mb_transfer_report report;
};

mb_status mb_run_init(struct run *run, const struct mb_transfer *transfer, struct mb_cancel *cancel,
                      struct mb_error *error);
void mb_run_done(struct run *run);

/* The first steps: the source's description; where the target is; what of the source is to lie there, but for
 * what commits it. */
mb_status mb_run_read(struct run *run, struct mb_error *error);
mb_status mb_run_aim(struct run *run, struct mb_error *error);
mb_status mb_run_expect(struct run *run, struct mb_error *error);

/* The last: hands the source's backup_meta.json to write. */
mb_status mb_run_commit(struct run *run,
                        mb_status (*write)(struct run *run, const struct mb_buf *meta,
                                           struct mb_error *error),
                        struct mb_error *error);

/* The object that makes a target complete, and the record until then: neither is moved like the others. */
bool mb_run_is_commit_file(const char *name);

mb_status mb_run_key(struct mb_buf *key, const char *dir, const char *name, struct mb_error *error);

/* move.c: copies what belongs to the backup, removes from the target what does not.  MB_E_CORRUPT when the
 * source has lost something. */
mb_status mb_run_move(struct run *run, struct mb_error *error);

/* arrived.c: does everything lie in the target, by its listing, and will it open there as it opens here? */
mb_status mb_run_verify(struct run *run, struct mb_error *error);
mb_status mb_run_verify_listing(struct run *run, struct mb_error *error);

#endif
