/* run.h - what the steps of verifying one backup share.  Private to the room. */
#ifndef MB_VERIFY_RUN_H
#define MB_VERIFY_RUN_H

#include "base/text.h"
#include "catalog/checksums.h"
#include "verify/content.h"
#include "verify/verify.h"

struct verify_run {
    const struct mb_verify *verify;
    struct mb_arena *arena; /* of the run */
    struct mb_content content;
    struct mb_descriptions descriptions;
    bool disagrees[MB_META_COUNT]; /* level files that say something else than full_meta.json */
    struct mb_expected *expected;
    struct mb_expected *left_out; /* folders of deletes that an older tool left out of the description */
    struct mb_checksums *checksums;
    struct mb_faults faults;
    struct mb_cancel *cancel;
    uint64_t to_read, bytes_to_read; /* of the share */
    unsigned unreadable;             /* objects one after the other: is it they, or the service? */
    struct mb_verify_report report;
};

/* descriptions.c: reads them, and meta/objects.jsonl, and compares what they say. */
mb_status verify_descriptions(struct verify_run *run, struct mb_error *error);

/* listed.c: compares what they say with what lies there. */
mb_status verify_listed(struct verify_run *run, struct mb_error *error);

/* Is it part of the share of data?  The files that describe the backup are none: they are read by whoever
 * verifies.
 */
static inline bool verify_is_to_be_read(const struct verify_run *run, const char *name)
{
    return run->verify->read_data && !mb_text_starts_with(name, "meta/") &&
           mb_share_holds(&run->verify->share, name);
}

/* data.c: reads the share. */
mb_status verify_data(struct verify_run *run, struct mb_error *error);

#endif
