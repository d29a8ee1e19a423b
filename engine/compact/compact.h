/* compact.h - a backup once more under another name, without its L0 segments: what they delete is beside the
 * segments that it is about. */
#ifndef MB_COMPACT_COMPACT_H
#define MB_COMPACT_COMPACT_H

#include "base/progress.h"
#include "catalog/claim.h"
#include "copy/copy.h"

struct mb_compact {
    struct mb_catalog catalog; /* of both */
    const char *name;
    const char *output;            /* another name */
    const char *id;                /* of the backup to come */
    bool replace;                  /* what lies under its name is removed first */
    bool resume;                   /* goes on with what an interrupted run has left there */
    struct mb_claim_timing timing; /* usually all zero */
    struct mb_copy_options copy;   /* its callbacks are set here */
    struct mb_progress *progress;
    struct mb_log *log;
};

struct mb_compact_report {
    char id[64];      /* of the new backup: the wish's, or that of the run that is gone on with */
    uint64_t objects; /* of the new backup's data */
    uint64_t bytes;
    uint64_t folded;      /* L0 segments that it has no more */
    uint64_t added;       /* delta logs of segments that were made of theirs */
    uint64_t added_bytes; /* of these */
    uint64_t kept;        /* of the objects, those that an interrupted run had copied */
    uint64_t verified;    /* checksums compared with those that create had recorded */
    uint64_t strays;      /* in the source's directory, but no part of the backup: they stay behind */
    char first_stray[256];
    char how[128]; /* how the objects went */
};

/* Copies every insert and delta log, and each delta log of an L0 segment into each segment that it can be
 * about: of its partition, or of all for deletes over all partitions, and of its channel where both are
 * known. The copy is byte for byte; a delete of a key that a segment lacks, or that is older than the row,
 * does nothing. The source is only read.  MB_E_EXISTS when the name is taken, MB_E_UNSUPPORTED for a backup
 * that Milvus made as a snapshot and for delta logs that only L0 segments may have.  Committed last, as by
 * create.
 */
mb_status mb_compact(const struct mb_compact *compact, struct mb_compact_report *report,
                     struct mb_cancel *cancel, struct mb_error *error);

#endif
