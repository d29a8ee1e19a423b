/* temporary.h - files for what does not fit into memory.
 *
 * They have no name, so nothing is left behind, whatever happens to the process. */
#ifndef MB_BASE_TEMPORARY_H
#define MB_BASE_TEMPORARY_H

#include "base/log.h"

#include <stddef.h>

struct mb_temporary {
    int fd;           /* -1 for none */
    char folder[512]; /* where it lies, for messages */
};

#define MB_TEMPORARY_NONE \
    {                     \
        .fd = -1          \
    }

/* In the scope's temporary_folder when that is set (see scope.h); else beside the log's file, in /var/tmp or
 * in /tmp, wherever a file can be made first that lies on a disk.  What lies in a file system in memory would
 * count for nobody's budget: only where there is no other place it is taken, with a warning.  log may be
 * NULL. */
mb_status mb_temporary_open(struct mb_temporary *out, struct mb_log *log, struct mb_error *error);
void mb_temporary_close(struct mb_temporary *file);

/* At the file's end. */
mb_status mb_temporary_append(const struct mb_temporary *file, const void *data, size_t len,
                              struct mb_error *error);

/* *nread is less than len only at the file's end. */
mb_status mb_temporary_read(const struct mb_temporary *file, uint64_t offset, void *data, size_t len,
                            size_t *nread, struct mb_error *error);

#endif
