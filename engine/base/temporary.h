/* temporary.h - files for what does not fit into memory.
 *
 * They have no name, so nothing is left behind, whatever happens to the process. */
#ifndef MB_BASE_TEMPORARY_H
#define MB_BASE_TEMPORARY_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* In TMPDIR, or else in /var/tmp, which lies on a disk where /tmp may be memory; in /tmp where there is none.
 */
mb_status mb_temporary_open(int *fd, struct mb_error *error);

/* At the file's end. */
mb_status mb_temporary_append(int fd, const void *data, size_t len, struct mb_error *error);

/* *nread is less than len only at the file's end. */
mb_status mb_temporary_read(int fd, uint64_t offset, void *data, size_t len, size_t *nread,
                            struct mb_error *error);

#endif
