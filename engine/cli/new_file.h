/* new_file.h - a file that is there whole or not at all. */
#ifndef MB_CLI_NEW_FILE_H
#define MB_CLI_NEW_FILE_H

#include "base/error.h"

/* Writes text into path, which only the user may read: it may hold secrets.  What stands there is kept, with
 * MB_E_EXISTS, unless it is to be replaced. */
mb_status mb_new_file_write(const char *path, bool replace, const char *text, struct mb_error *error);

#endif
