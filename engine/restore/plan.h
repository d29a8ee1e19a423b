/* plan.h - which collections of a backup go where: selection, renames, suffix, filter.  Pure. */
#ifndef MB_RESTORE_PLAN_H
#define MB_RESTORE_PLAN_H

#include "model/backup.h"
#include "model/selection.h"

/* One rule of -r.  A rule for a collection beats one for its database. */
struct mb_rename {
    const char *db;
    const char *collection; /* NULL: every collection of db, and db itself */
    const char *to_db;
    const char *to_collection; /* NULL when collection is */
};

struct mb_renames {
    struct mb_rename *items;
    size_t count;
    struct mb_strings idle; /* "db.:db2.", which is allowed and does nothing */
};

/* "db.*:db2.*,db.c:db2.c2,c:c2,db.:db2." of -r, added to renames; of several rules for the same thing the
 * last one counts.  A name without a database is in "default", and both sides are of one shape.  MB_E_CONFIG
 * names the rule that is wrong. */
mb_status mb_renames_add(struct mb_renames *renames, struct mb_arena *arena, const char *text,
                         struct mb_error *error);

/* What one collection becomes; several of one source make several of it. */
struct mb_mapping {
    const char *source_db, *target_db;
    const char *source, *target; /* both NULL: the database alone is made */
    int32_t shards;              /* 0 for as many as in the backup */
    const char *description;     /* NULL for that of the backup */
};

struct mb_mappings {
    struct mb_mapping *items;
    size_t count;
};

/* Copies it behind the others.  MB_E_CONFIG for one that lacks a name. */
mb_status mb_mappings_add(struct mb_mappings *mappings, struct mb_arena *arena,
                          const struct mb_mapping *mapping, struct mb_error *error);

/* When all have been added: MB_E_CONFIG if two make the same. */
mb_status mb_mappings_check(const struct mb_mappings *mappings, struct mb_arena *arena,
                            struct mb_error *error);

struct mb_plan_options {
    const struct mb_selection *selection; /* by the names in the backup; NULL for everything */
    const struct mb_selection *filter;    /* by the names after suffix and renames; NULL for everything */
    const char *suffix;                   /* of collections that no rule renames; NULL or "" for none */
    const struct mb_renames *renames;     /* NULL for none */
    /* Instead of suffix and renames; NULL or empty for none.  What no mapping names stays out, but for what a
     * filter names: that keeps its name. */
    const struct mb_mappings *mappings;
    bool lenient; /* what is about nothing is a warning, also when nothing is left */
};

struct mb_restore_target {
    const struct mb_collection_backup *source;
    const char *db;
    const char *name;
    int32_t shards;          /* 0 for as many as in the backup */
    const char *description; /* NULL for that of the backup */
};

struct mb_restore_plan {
    struct mb_restore_target *targets;
    size_t count;
    struct mb_strings databases;          /* that have to be there; "default" is not among them */
    const struct mb_database **made_from; /* what each of them was in the backup; or NULL */
    struct mb_strings warnings;           /* of what was given and matched nothing */
};

/* MB_E_NOT_FOUND when a collection that was asked for by name is not in the backup or the filter matches
 * nothing at all, MB_E_CONFIG when two collections would get the same name. */
mb_status mb_restore_plan_make(const struct mb_backup *backup, const struct mb_plan_options *options,
                               struct mb_arena *arena, struct mb_restore_plan *out, struct mb_error *error);

#endif
