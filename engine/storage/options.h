/* options.h - what the user configured, held against what a driver accepts.  For storage, driver-check. */
#ifndef MB_STORAGE_OPTIONS_H
#define MB_STORAGE_OPTIONS_H

#include "storage/driver.h"

/* The pairs that open() gets, in the arena: only options whose `when` holds, defaults filled in, values in
 * the canonical form that struct mb_option promises.  An empty value counts as none.  Secrets are hidden
 * from log (may be NULL).  Everything that is wrong is told in one MB_E_CONFIG. */
mb_status mb_options_resolve(const struct mb_storage_plugin *plugin, const struct mb_kv *config, size_t count,
                             struct mb_log *log, struct mb_arena *arena, struct mb_kv **out,
                             size_t *out_count, struct mb_error *error);

/* The canonical form of text, which is not empty; NULL with *problem, "is not ..." , when it has none.
 * *problem is NULL when memory ran out. */
const char *mb_option_value(const struct mb_option *option, const char *text, struct mb_arena *arena,
                            const char **problem);

#endif
