/* migrate.h - a file of schema v1, and what the environment says to it, as a file of schema v2. */
#ifndef MB_CONFIG_MIGRATE_H
#define MB_CONFIG_MIGRATE_H

#include "config/config.h"

/* A secret, or what else v2 reads from the environment too, by the names of its variable. */
struct mb_migrated_name {
    const char *from, *to; /* "MINIO_SECRET_KEY", "MILVUS_STORAGE_AUTH_SECRET_ACCESS_KEY" */
};

struct mb_migrated {
    const char *path; /* of the file that was read */
    char *text;       /* of the new one; it holds the secrets of the old one */
    size_t len;
    struct mb_migrated_name *names;
    size_t name_count;
    const char *fault; /* why the new file is refused when it is loaded; NULL when it is not */
    struct mb_arena *arena;
};

/* Loading the new file, with the variables renamed, gives what loading the old one gives.  Of sources, sets
 * do not count.  The report is filled whatever is returned and given back with mb_config_report_done: its
 * warnings tell what the new file lacks or is refused for, and hold no secret.  MB_E_CONFIG when the old file
 * cannot be loaded as far as it says what is meant, MB_E_INVALID when it is of schema v2. */
mb_status mb_config_migrate(struct mb_migrated **out, const struct mb_config_sources *sources,
                            struct mb_config_report *report, struct mb_error *error);
void mb_migrated_free(struct mb_migrated *migrated);

#endif
