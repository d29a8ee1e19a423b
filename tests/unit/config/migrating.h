/* A file of schema v1 migrated, and both files loaded. */
#ifndef TEST_CONFIG_MIGRATING_H
#define TEST_CONFIG_MIGRATING_H

#include "config/migrate.h"
#include "fixture.h"

struct migrating {
    struct mb_migrated *migrated;
    struct mb_config_report report;
    struct mb_error error;
};

/* Writes yaml as backup.yaml and migrates it; environment ends with NULL, or is NULL. */
mb_status migrating_run(struct migrating *m, struct fixture *f, const char *yaml,
                        const char *const *environment);
void migrating_done(struct migrating *m);

/* The same, which must succeed: the new file, which is accepted when it is loaded. */
const char *migrating_ok(struct migrating *m, struct fixture *f, const char *yaml,
                         const char *const *environment);

bool migrating_warns(const struct migrating *m, const char *text);
void migrating_assert_warns(const struct migrating *m, const char *text);

/* "OLD -> NEW"? */
bool migrating_renames(const struct migrating *m, const char *from, const char *to);

/* Do both have the same effect?  Else in what they differ; NULL when in nothing. */
const char *migrating_difference(const struct mb_config *a, const struct mb_config *b);

#endif
