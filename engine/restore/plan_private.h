/* plan_private.h - what the files of the plan share. */
#ifndef MB_RESTORE_PLAN_PRIVATE_H
#define MB_RESTORE_PLAN_PRIVATE_H

#include "restore/plan.h"

#define DEFAULT_DATABASE "default"

const char *mb_plan_db(const struct mb_collection_backup *collection);

/* NULL selects everything. */
bool mb_plan_selects(const struct mb_selection *selection, const char *db, const char *collection);

/* The rule for a collection, or with NULL for the database; or NULL. */
const struct mb_rename *mb_plan_find_rename(const struct mb_renames *renames, const char *db,
                                            const char *collection);

/* plan_mapping.c: are there mappings? */
bool mb_plan_is_mapped(const struct mb_plan_options *options);
bool mb_mapping_is_about(const struct mb_mapping *mapping, const struct mb_collection_backup *source);

/* Adds what the mappings make of a collection, as far as the filter lets it. */
void mb_plan_add_mapped(const struct mb_collection_backup *source, const struct mb_plan_options *options,
                        struct mb_restore_plan *plan);

/* What they make of a database; to has room for one more than there are mappings.  Returns how many. */
size_t mb_plan_map_database(const char *db, const struct mb_plan_options *options, const char **to);

/* plan_check.c: every name that was given is in the backup. */
mb_status mb_plan_check_names(const struct mb_backup *backup, const struct mb_plan_options *options,
                              struct mb_arena *arena, struct mb_strings *warnings, struct mb_error *error);

/* plan_check.c: a plan of nothing is MB_E_NOT_FOUND; parts of the options that matched nothing are added to
 * its warnings. */
mb_status mb_plan_check(const struct mb_backup *backup, const struct mb_plan_options *options,
                        struct mb_arena *arena, struct mb_restore_plan *plan, struct mb_error *error);

#endif
