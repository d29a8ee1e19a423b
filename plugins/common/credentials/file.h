/* file.h - small files with credentials. */
#ifndef MB_COMMON_CREDENTIALS_FILE_H
#define MB_COMMON_CREDENTIALS_FILE_H

#include "base/buf.h"

/* Appends the whole file, up to out's ceiling.  MB_E_CONFIG with the path; buffers on the way are
 * overwritten. */
mb_status mb_credential_file_read(const char *path, struct mb_buf *out, struct mb_error *error);

#endif
