/* kept.h - what a configuration is made of: kept with it, for others that are made like it. */
#ifndef MB_CONFIG_KEPT_H
#define MB_CONFIG_KEPT_H

#include "config/config.h"

/* Lives in the arena of the configuration. */
struct mb_config_kept {
    const char *path; /* of the file that was found; "" for none */
    const char *text; /* of the file */
    size_t len;
    const char *const *environment; /* NULL at its end */
    const char *const *sets;
    size_t set_count;
    const char *folder; /* absolute: where relative paths start */
};

/* Reads what sources name, or copies what they are to be like. */
mb_status mb_config_keep(struct mb_arena *arena, const struct mb_config_sources *sources,
                         struct mb_config_kept *out, struct mb_error *error);

#endif
