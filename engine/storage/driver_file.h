/* driver_file.h - where driver files lie and whether they may be trusted.  Private to storage. */
#ifndef MB_STORAGE_DRIVER_FILE_H
#define MB_STORAGE_DRIVER_FILE_H

#include "storage/driver.h"

/* [a-z0-9_-]+ */
bool mb_driver_name_valid(const char *name, size_t len);

/* The first <dir>/<name>.so among dirs.  MB_E_CONFIG when there is none. */
mb_status mb_driver_file_find(const struct mb_strings *dirs, const char *name, struct mb_arena *arena,
                              const char **out, struct mb_error *error);

/* All of them, by name; of one name the first in dirs. */
mb_status mb_driver_file_list(const struct mb_strings *dirs, struct mb_arena *arena,
                              struct mb_driver_file **out, size_t *count, struct mb_error *error);

/* Nobody but who runs this program, owns it or is root can have put the file there.  MB_E_CONFIG otherwise.
 */
mb_status mb_driver_file_check(const char *path, struct mb_error *error);

#endif
