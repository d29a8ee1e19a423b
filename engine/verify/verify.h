/* verify.h - is a backup whole?  What comes in is a complete backup and its catalog; what goes out is a
 * report with a row for each thing that is wrong.  Nothing is written. */
#ifndef MB_VERIFY_VERIFY_H
#define MB_VERIFY_VERIFY_H

#include "base/progress.h"
#include "catalog/catalog.h"
#include "copy/copy.h"
#include "verify/expected.h"
#include "verify/faults.h"

struct mb_verify {
    struct mb_catalog catalog;
    const char *name;
    bool read_data;        /* and not only list */
    struct mb_share share; /* of the data, when it is read: 1 of 1 for all of it */
    struct mb_copy_options
        copy; /* how much is read at once, and through how much memory; callbacks are set here */
    struct mb_progress *progress;
};

struct mb_verify_report {
    uint64_t objects; /* that are there as they should be */
    uint64_t bytes;
    uint64_t expected;   /* that should be */
    uint64_t unlisted;   /* of those that are there, found by name where the listing lacked them */
    uint64_t read;       /* from beginning to end */
    uint64_t read_bytes; /* of these */
    uint64_t compared;   /* of these, with a checksum that was recorded */
    uint64_t
        left_out;  /* deletes that the description of an older tool does not name: nothing to compare with */
    bool recorded; /* there is a record of all objects, by which strays are known for sure */
    bool described_twice; /* by full_meta.json and by the level files, which were compared */
    uint64_t counts[MB_FAULT_KINDS];
    uint64_t damages;              /* faults that are not harmless */
    const struct mb_fault *faults; /* by kind and key; the first of each kind */
    size_t fault_count;
};

/* Everything that the description and meta/objects.jsonl name is there with its size, both forms of the
 * description agree, and nothing lies beside it; with read_data the bytes of that share have the CRC32C that
 * was recorded.  An object that has none recorded is read and summed all the same, and its CRC32C told to the
 * log at debug.
 *
 * MB_OK also for a damaged backup: the report says so.  MB_E_NOT_FOUND when there is no such backup,
 * MB_E_CORRUPT when it is not complete or its description cannot be read at all, MB_E_UNSUPPORTED when a
 * newer version made it. What the report points to lies in arena. */
mb_status mb_verify(const struct mb_verify *verify, struct mb_arena *arena, struct mb_verify_report *report,
                    struct mb_cancel *cancel, struct mb_error *error);

#endif
