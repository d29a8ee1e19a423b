/* module.h - shared objects that this process has mapped as drivers.  Private to storage; thread-safe.
 *
 * They stay mapped and initialised until the process ends, whoever asked for them, so what is known about
 * them lives as long. */
#ifndef MB_STORAGE_MODULE_H
#define MB_STORAGE_MODULE_H

#include "storage/driver.h"

struct mb_module;

/* Maps the file and asks it for its table, which may be anything still (see driver_table.h). */
mb_status mb_module_open(struct mb_module **out, const char *path, struct mb_error *error);
const struct mb_storage_plugin *mb_module_table(const struct mb_module *module);

/* Calls the table's load(), once per process.  From now on the driver logs to log and finds others among
 * drivers.  A failure is remembered. */
mb_status mb_module_load(struct mb_module *module, struct mb_drivers *drivers, struct mb_log *log,
                         struct mb_error *error);

/* Both are about to be freed. */
void mb_module_forget(struct mb_module *module, struct mb_drivers *drivers, struct mb_log *log);

#endif
