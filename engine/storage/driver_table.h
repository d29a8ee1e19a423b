/* driver_table.h - is this the table of a driver that this host can use?  Private to storage. */
#ifndef MB_STORAGE_DRIVER_TABLE_H
#define MB_STORAGE_DRIVER_TABLE_H

#include "base/error.h"

/* Copies what both sides know of table into out and leaves the rest NULL.  name is what the file calls the
 * driver; path is for the error, which is MB_E_CONFIG. */
mb_status mb_driver_table_copy(struct mb_storage_plugin *out, const struct mb_storage_plugin *table,
                               const char *name, const char *path, struct mb_error *error);

#endif
