/* names.h - the names in one directory in key order, a bounded batch at a time. */
#ifndef MB_PLUGINS_LOCAL_NAMES_H
#define MB_PLUGINS_LOCAL_NAMES_H

#include "base/buf.h"

#include <dirent.h>

/* A directory's name ends with a slash, which is also how it sorts: "a-b" comes before "a/". */
struct local_names {
    struct mb_buf text; /* the names, each with its NUL */
    struct mb_buf at;   /* a size_t each: where they begin, in order */
    size_t count;
    bool more; /* the directory has names after the last of these */
};

struct local_names_query {
    const char *after;  /* only names after this one, or directories that it lies in; "" for all */
    const char *prefix; /* only names that begin with it */
    bool hidden;        /* the driver's own names, and directories to look further in, instead of objects */
    size_t budget;      /* bytes of memory for names; at least two fit, however little it is */
};

void local_names_init(struct local_names *names);
void local_names_done(struct local_names *names);
const char *local_names_get(const struct local_names *names, size_t i);

/* Reads the whole directory and keeps as many of the first names as fit into the budget. */
mb_status local_names_read(struct local_names *names, DIR *dir, const struct local_names_query *query,
                           const struct mb_call *call);

#endif
