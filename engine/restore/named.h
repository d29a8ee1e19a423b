/* named.h - the binlogs that the description of a backup names, and what else lies among them. */
#ifndef MB_RESTORE_NAMED_H
#define MB_RESTORE_NAMED_H

#include "base/buf.h"
#include "restore/units.h"

/* One binlog that the description names. */
struct mb_named {
    const struct mb_segment_backup *segment;
    const struct mb_binlog *log; /* NULL: the description lists no deletes of this segment */
    int64_t field_id;            /* 0 for a delta log */
    bool found;
    bool other_size;
};

/* The insert or the delta logs of some units.  It belongs to one thread. */
struct mb_named_set {
    const char *dir; /* of the backup */
    bool is_delta;
    struct mb_named *items; /* by segment, field and log */
    size_t count;
    struct mb_buf key; /* scratch */
};

mb_status mb_named_init(struct mb_named_set *set, const char *dir, bool is_delta,
                        const struct mb_import_unit *units, size_t count, struct mb_error *error);
void mb_named_done(struct mb_named_set *set);

/* The key of an item that has a log, valid until the next call; NULL without memory. */
const char *mb_named_key(struct mb_named_set *set, const struct mb_named *named);

enum mb_named_kind {
    MB_NAMED_STRAY,   /* no part of the backup: whatever the name says, it is not to be imported */
    MB_NAMED_LISTED,  /* *item is what names it */
    MB_NAMED_LEFT_OUT /* a delta log of a segment whose deletes an older tool has left out */
};

mb_status mb_named_find(struct mb_named_set *set, const char *key, enum mb_named_kind *kind,
                        struct mb_named **item, struct mb_error *error);

#endif
