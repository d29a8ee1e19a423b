/* plan_private.h - what the files of the plan share. */
#ifndef MB_RESTORE_PLAN_PRIVATE_H
#define MB_RESTORE_PLAN_PRIVATE_H

#include "restore/plan.h"

#define DEFAULT_DATABASE "default"

/* Of letters, digits and _ alone. */
bool mb_plan_is_name(const char *text, size_t len);

const char *mb_plan_db(const struct mb_collection_backup *collection);

/* NULL selects everything. */
bool mb_plan_selects(const struct mb_selection *selection, const char *db, const char *collection);

/* The rule for a collection, or with NULL for the database; or NULL. */
const struct mb_rename *mb_plan_find_rename(const struct mb_renames *renames, const char *db,
                                            const char *collection);

/* plan_check.c: every name that was given is in the backup. */
mb_status mb_plan_check_names(const struct mb_backup *backup, const struct mb_plan_options *options,
                              struct mb_error *error);

/* plan_check.c: a plan of nothing is MB_E_NOT_FOUND; parts of the options that matched nothing are added to
 * its warnings. */
mb_status mb_plan_check(const struct mb_backup *backup, const struct mb_plan_options *options,
                        struct mb_arena *arena, struct mb_restore_plan *plan, struct mb_error *error);

#endif
