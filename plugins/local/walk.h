/* walk.h - the files below the root in the order of their keys. */
#ifndef MB_PLUGINS_LOCAL_WALK_H
#define MB_PLUGINS_LOCAL_WALK_H

#include "local.h"
#include "names.h"

/* Memory for the names of one directory: some half a million.  A larger directory is read several times. */
#define LOCAL_WALK_BUDGET ((size_t)16 << 20)

struct local_walk {
    struct mb_store *store;
    bool hidden;           /* finds the driver's own names instead of objects */
    const char *delimiter; /* a directory that may not be read is found when its name ends with it; or NULL */
    size_t budget;         /* LOCAL_WALK_BUDGET; tests take less */
    char *prefix;          /* only keys that begin with it; hidden ones lie in its directories */
    char *after;           /* only keys after it */
    struct mb_buf skipped; /* keys that begin with it are passed over; empty for none */
    struct mb_buf path;    /* of the innermost level, with a slash at its end; then the found name */
    struct local_level *levels;
    size_t depth;
    size_t cap;
};

struct local_found {
    const char *key; /* until the next call */
    int dir;         /* the directory that holds name */
    const char *name;
    struct stat st;
};

mb_status local_walk_open(struct local_walk *walk, struct mb_store *store, const char *prefix,
                          const char *after, bool hidden, const struct mb_call *call);
void local_walk_close(struct local_walk *walk);

/* MB_END when there is no more. */
mb_status local_walk_next(struct local_walk *walk, struct local_found *out, const struct mb_call *call);

/* From now on nothing whose key begins with the first len bytes of key. */
mb_status local_walk_skip(struct local_walk *walk, const char *key, size_t len, struct mb_error *error);

#endif
