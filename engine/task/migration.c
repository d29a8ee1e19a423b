/* A configuration of schema v1 as one of schema v2. */
#include "base/hint.h"
#include "config/migrate.h"
#include "task/abi.h"

#include <stdlib.h>

struct mb_migration {
    struct mb_migrated *migrated;
    struct mb_config_report report;
};

static const char *warning_at(const struct mb_config_report *report, size_t i)
{
    for (size_t at = 0; at < report->count; at++)
        if (report->items[at].kind == MB_CONFIG_WARNING && i-- == 0)
            return report->items[at].text;
    return NULL;
}

static void tell_problems(const struct mb_config_report *report, const struct mb_migration_options *options)
{
    for (size_t i = 0; i < report->count && options->notice != NULL; i++)
        if (report->items[i].kind == MB_CONFIG_PROBLEM)
            options->notice(options->notice_ctx, MB_NOTICE_PROBLEM, report->items[i].text);
}

static mb_status make(struct mb_migration **out, const struct mb_migration_options *given,
                      struct mb_error *error)
{
    struct mb_migration_options options;
    if (out == NULL)
        return mb_abi_missing("place for the migration", error);
    MB_TRY(mb_abi_take(&options, sizeof options, given, MB_UP_TO(struct mb_migration_options, notice_ctx),
                       "options of the migration", error));
    const struct mb_config_sources sources = {
        .path = options.config_path != NULL ? options.config_path : "backup.yaml",
        .environment = options.environment,
        .words = {.no_file = options.no_config_word, .drivers = options.drivers_word}};
    struct mb_migration *migration = calloc(1, sizeof *migration);
    if (migration == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_config_migrate(&migration->migrated, &sources, &migration->report, error);
    if (status != MB_OK) {
        tell_problems(&migration->report, &options);
        mb_migration_free(migration);
        return status == MB_E_NOT_FOUND ? (error->status = MB_E_CONFIG) : status;
    }
    *out = migration;
    return MB_OK;
}

mb_status mb_migration_make(struct mb_migration **out, const struct mb_migration_options *options,
                            struct mb_error *error)
{
    MB_ANSWER(error, make(out, options, &own));
}

void mb_migration_free(struct mb_migration *migration)
{
    if (migration == NULL)
        return;
    mb_migrated_free(migration->migrated);
    mb_config_report_done(&migration->report);
    free(migration);
}

static mb_status about(const struct mb_migration *migration, struct mb_migration_about *out,
                       struct mb_error *error)
{
    if (migration == NULL)
        return mb_abi_missing("migration", error);
    struct mb_migration_about value = {.config_path = migration->migrated->path,
                                       .text = migration->migrated->text,
                                       .rename_count = migration->migrated->name_count,
                                       .fault = migration->migrated->fault};
    while (warning_at(&migration->report, value.warning_count) != NULL)
        value.warning_count++;
    return mb_abi_give(out, MB_UP_TO(struct mb_migration_about, fault), &value, sizeof value, error);
}

mb_status mb_migration_about(const struct mb_migration *migration, struct mb_migration_about *out,
                             struct mb_error *error)
{
    MB_ANSWER(error, about(migration, out, &own));
}

const char *mb_migration_warning(const struct mb_migration *migration, size_t i)
{
    return migration != NULL ? warning_at(&migration->report, i) : NULL;
}

static mb_status name_at(const struct mb_migration *migration, size_t i, struct mb_migration_name *out,
                         struct mb_error *error)
{
    if (migration == NULL)
        return mb_abi_missing("migration", error);
    if (i >= migration->migrated->name_count)
        return mb_fail(error, MB_E_NOT_FOUND, "no variable %zu is renamed", i);
    const struct mb_migration_name value = {.from = migration->migrated->names[i].from,
                                            .to = migration->migrated->names[i].to};
    return mb_abi_give(out, MB_UP_TO(struct mb_migration_name, to), &value, sizeof value, error);
}

mb_status mb_migration_name_at(const struct mb_migration *migration, size_t i, struct mb_migration_name *out,
                               struct mb_error *error)
{
    MB_ANSWER(error, name_at(migration, i, out, &own));
}
