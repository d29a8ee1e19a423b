/* driver.h - finding and loading storage drivers (shared objects that speak storage_plugin.h). */
#ifndef MB_STORAGE_DRIVER_H
#define MB_STORAGE_DRIVER_H

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

struct mb_drivers;

struct mb_drivers_options {
    const char *plugin_dir; /* one folder, searched first; or NULL */
    const char *path;       /* folders with ':' between; or NULL */
    const char *build_dir;  /* beside the executable; or NULL */
    const char *libdir;     /* where an installation keeps them; or NULL */
    struct mb_log *log;     /* outlives the process' last use of a driver */
};

/* Knows where to look; loads nothing.  Thread-safe; strings are copied. */
mb_status mb_drivers_new(struct mb_drivers **out, const struct mb_drivers_options *options,
                         struct mb_error *error);
void mb_drivers_free(struct mb_drivers *drivers); /* shared objects stay mapped until the process ends */

/* The table of the driver called name, normalised: its size is this host's, what an older driver lacks is
 * NULL.  It is loaded at the first call and valid until mb_drivers_free.  A failure is MB_E_CONFIG and says
 * exactly what is wrong: no such file (with the places searched and the drivers found there), unsafe
 * permissions, not a driver, another ABI major, table too short, which required slot is missing, which half
 * of the multipart group. */
mb_status mb_drivers_load(struct mb_drivers *drivers, const char *name, const struct mb_storage_plugin **out,
                          struct mb_error *error);

struct mb_driver_file {
    const char *name;
    const char *path;
};

/* Every driver file in the search path, by name; a name found twice is the first. */
mb_status mb_drivers_list(struct mb_drivers *drivers, struct mb_arena *arena, struct mb_driver_file **out,
                          size_t *count, struct mb_error *error);

/* The option at index i of a table, whatever its stride; members the driver does not know are zero. */
void mb_driver_option(const struct mb_storage_plugin *plugin, uint32_t i, struct mb_option *out);

/* Makes of a driver's table in slots what is left of it for a store with these MB_LACKS_*. */
void mb_driver_slots_without(struct mb_storage_plugin *slots, uint64_t lacks);

#endif
