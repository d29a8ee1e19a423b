#include "restore/ezk.h"

#include "base/hint.h"

#include <string.h>

#define MEMBER "ezk_mapping"

static bool has_key(const struct mb_database *db)
{
    return db->ezk != NULL && *db->ezk != '\0';
}

static bool is_about(const struct mb_database *db, const char *from)
{
    return has_key(db) && (strcmp(from, db->ezk) == 0 || strcmp(from, db->name) == 0);
}

/* The new key; the backup's own where none is given. */
static const char *key_of(const struct mb_database *db, const struct mb_ezk_mapping *mapping)
{
    for (size_t i = 0; i < mapping->from.count; i++)
        if (is_about(db, mapping->from.items[i]))
            return mapping->to.items[i];
    return db->ezk;
}

const char *mb_restore_ezk(const struct mb_backup *backup, const struct mb_ezk_mapping *mapping,
                           const struct mb_collection_backup *source)
{
    for (size_t i = 0; i < backup->database_count; i++)
        if (strcmp(backup->databases[i].name, source->collection.db_name) == 0)
            return has_key(&backup->databases[i]) ? key_of(&backup->databases[i], mapping) : "";
    return "";
}

/* What is given first may itself be a key, and is named only where it is a database. */
static mb_status warn_idle(const struct mb_backup *backup, const char *from, struct mb_arena *arena,
                           struct mb_strings *warnings, struct mb_error *error)
{
    const char *text = "a new key is given for what is neither an encrypted database of the backup nor the "
                       "key of one: it has no effect";
    for (size_t i = 0; i < backup->database_count; i++)
        if (strcmp(from, backup->databases[i].name) == 0)
            text = mb_arena_printf(
                arena, "a new key is given for database %s, which is not encrypted: it has no effect", from);
    return text != NULL && mb_strings_add(warnings, arena, text) ? MB_OK : mb_fail_memory(error);
}

static bool is_idle(const struct mb_backup *backup, const char *from)
{
    for (size_t i = 0; i < backup->database_count; i++)
        if (is_about(&backup->databases[i], from))
            return false;
    return true;
}

static mb_status check_database(const struct mb_database *db, const struct mb_ezk_mapping *mapping,
                                struct mb_error *error)
{
    for (size_t i = 0; i < mapping->from.count; i++)
        if (is_about(db, mapping->from.items[i]) && strcmp(mapping->to.items[i], key_of(db, mapping)) != 0)
            return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, MEMBER,
                                "two new keys are given for database %s", db->name);
    return MB_OK;
}

mb_status mb_restore_ezk_check(const struct mb_backup *backup, const struct mb_ezk_mapping *mapping,
                               struct mb_log *log, struct mb_arena *arena, struct mb_strings *warnings,
                               struct mb_error *error)
{
    for (size_t i = 0; i < backup->database_count; i++)
        if (has_key(&backup->databases[i]))
            mb_log_hide(log, backup->databases[i].ezk);
    for (size_t i = 0; i < mapping->from.count; i++) {
        mb_log_hide(log, mapping->to.items[i]);
        if (is_idle(backup, mapping->from.items[i]))
            MB_TRY(warn_idle(backup, mapping->from.items[i], arena, warnings, error));
    }
    for (size_t i = 0; i < backup->database_count; i++)
        MB_TRY(check_database(&backup->databases[i], mapping, error));
    return MB_OK;
}
