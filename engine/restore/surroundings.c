/* What is around collections.  In: a backup, a plan, a running Milvus.  Out: the databases that the plan
 * needs are there, and so are users and roles where they are asked for. */
#include "base/hint.h"
#include "catalog/rbac.h"
#include "restore/run.h"
#include "restore/schema.h"

/* ---------------------------------------------------------------- databases */

mb_status mb_restore_check_databases(const struct mb_restore *run, struct mb_error *error)
{
    if (run->milvus->can[MB_MILVUS_DATABASES] || run->plan.databases.count == 0)
        return MB_OK;
    const char *db = run->plan.databases.items[0];
    return mb_fail_hint(error, MB_E_UNSUPPORTED, MB_HINT_RENAME_DATABASE, db,
                        "Milvus %s knows no databases, but the restore needs %s", run->milvus->version_text,
                        db);
}

static mb_status warn(struct mb_restore *run, struct mb_arena *arena, const char *text,
                      struct mb_error *error)
{
    return mb_strings_add(&run->plan.warnings, arena, text) ? MB_OK : mb_fail_memory(error);
}

static mb_status create_database(struct mb_restore *run, const char *db, const struct mb_database *from,
                                 struct mb_arena *arena, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_properties properties = {0};
    bool without_cipher = false;
    if (from != NULL)
        MB_TRY(mb_restore_database_properties(from, arena, &properties, &without_cipher, error));
    MB_TRY(mb_milvus_create_database(run->env->milvus, db, &properties, cancel, error));
    if (without_cipher)
        MB_TRY(warn(run, arena,
                    mb_arena_printf(arena,
                                    "database %s was encrypted in the backup and is made without: make it "
                                    "yourself before the restore if it is to be encrypted",
                                    db),
                    error));
    if (properties.count > 0 && !run->milvus->can[MB_MILVUS_DESCRIBE_DATABASE])
        return warn(run, arena,
                    mb_arena_printf(arena, "database %s is made without its properties: they need %s", db,
                                    mb_milvus_needs(MB_MILVUS_DESCRIBE_DATABASE)),
                    error);
    return MB_OK;
}

mb_status mb_restore_databases(struct mb_restore *run, const struct mb_strings *there, struct mb_arena *arena,
                               struct mb_cancel *cancel, struct mb_error *error)
{
    for (size_t i = 0; i < run->plan.databases.count; i++) {
        const char *db = run->plan.databases.items[i];
        if (!mb_strings_have(there, db))
            MB_TRY(create_database(run, db, run->plan.made_from[i], arena, cancel, error));
    }
    return MB_OK;
}

/* ---------------------------------------------------------- users and roles */

mb_status mb_restore_plan_rbac(struct mb_restore *run, struct mb_arena *arena, struct mb_cancel *cancel,
                               struct mb_error *error)
{
    const struct mb_backup *backup = &run->backup;
    struct mb_rbac kept, there;
    if (!run->options->rbac)
        return MB_OK;
    if (backup->rbac_meta == NULL || *backup->rbac_meta == '\0')
        return mb_fail(error, MB_E_NOT_FOUND,
                       "backup %s holds no users and roles: they were not asked for when it was made",
                       run->options->name);
    MB_TRY(mb_rbac_from_json(backup->rbac_meta, run->options->name, arena, &kept, error));
    MB_TRY(mb_milvus_backup_rbac(run->env->milvus, arena, &there, cancel, error));
    return mb_rbac_plan_make(&kept, &there, arena, &run->rbac, error);
}

mb_status mb_restore_rbac(struct mb_restore *run, struct mb_cancel *cancel, struct mb_error *error)
{
    if (run->rbac.missing_count == 0)
        return MB_OK;
    return mb_milvus_restore_rbac(run->env->milvus, &run->rbac.missing, cancel, error);
}
