#include "restore/report.h"

#include "restore/until.h"

/* ----------------------------------------------------------------- warnings */

static const char *stray_text(const struct mb_restore_work *work, struct mb_arena *arena)
{
    const struct mb_strays *strays = &work->strays;
    const char *names = strays->names[0];
    for (size_t i = 1; names && i < strays->count && i < MB_STRAY_NAMES; i++)
        names = mb_arena_printf(arena, "%s, %s", names, strays->names[i]);
    if (names == NULL)
        return NULL;
    return mb_arena_printf(
        arena, "left out what is no part of the backup, %zu %s among the binlogs of %s.%s: %s%s%s",
        strays->count, strays->count == 1 ? "object" : "objects", work->target->source->collection.db_name,
        work->target->source->collection.name, names, strays->count > MB_STRAY_NAMES ? ", ..." : "",
        strays->deletes > 0 ? "; some are deletes over all partitions, which no description names: rows that "
                              "they deleted are there again"
                            : "");
}

static const char *unserved_text(const struct mb_restore_work *work, struct mb_arena *arena)
{
    return mb_arena_printf(arena,
                           "%s.%s was loaded and no longer is: without an index it cannot be "
                           "(restore its indexes, too, to have it loaded)",
                           MB_WORK_NAME(work));
}

static const char *too_young_text(const struct mb_restore_work *work, struct mb_arena *arena)
{
    return mb_arena_printf(arena, "%s.%s is empty: of its rows none is as old as it was asked for",
                           MB_WORK_NAME(work));
}

static bool add_lost_defaults(const struct mb_restore_work *work, struct mb_arena *arena,
                              struct mb_strings *list)
{
    const struct mb_schema *schema = &work->target->source->collection.schema;
    bool ok = true;
    for (size_t i = 0; i < schema->field_count && ok; i++)
        if (schema->fields[i].default_lost && schema->fields[i].default_value.len == 0)
            ok = mb_strings_add(
                list, arena,
                mb_arena_printf(arena,
                                "field %s of %s.%s has no default value: the version that wrote "
                                "the backup did not keep it whole",
                                schema->fields[i].name, MB_WORK_NAME(work)));
    return ok;
}

static const char *replicas_text(const struct mb_restore_work *work, struct mb_arena *arena)
{
    return mb_arena_printf(arena, "%s.%s serves with fewer replicas than before: milvus refused so many",
                           MB_WORK_NAME(work));
}

static const char *fewer_rows_text(const struct mb_restore_work *work, struct mb_arena *arena)
{
    return mb_arena_printf(
        arena,
        "%s.%s has %lld rows, %lld fewer than when its snapshot was made: that is right only "
        "if they had been deleted by then",
        MB_WORK_NAME(work), (long long)work->line.rows, (long long)work->rows_missing);
}

static mb_status make_warnings(const struct mb_restore *run, const struct mb_restore_work *works,
                               struct mb_arena *arena, struct mb_strings *out, struct mb_error *error)
{
    struct mb_strings list = run->plan.warnings;
    bool ok = run->difference == NULL || mb_strings_add(&list, arena, run->difference);
    for (size_t i = 0; i < run->rbac.warnings.count && ok; i++)
        ok = mb_strings_add(&list, arena, run->rbac.warnings.items[i]);
    for (size_t i = 0; i < run->plan.count && ok; i++) {
        for (size_t k = 0; k < works[i].lost_aliases.count && ok; k++)
            ok = mb_strings_add(&list, arena, works[i].lost_aliases.items[k]);
        if (!works[i].complete)
            continue;
        if (works[i].strays.count > 0 && ok)
            ok = mb_strings_add(&list, arena, stray_text(&works[i], arena));
        if (works[i].unserved && ok)
            ok = mb_strings_add(&list, arena, unserved_text(&works[i], arena));
        if (ok && mb_restore_left_nothing(&works[i]))
            ok = mb_strings_add(&list, arena, too_young_text(&works[i], arena));
        if (works[i].created && ok)
            ok = add_lost_defaults(&works[i], arena, &list);
        if (works[i].rows_missing > 0 && ok)
            ok = mb_strings_add(&list, arena, fewer_rows_text(&works[i], arena));
        if (works[i].fewer_replicas && ok)
            ok = mb_strings_add(&list, arena, replicas_text(&works[i], arena));
    }
    *out = list;
    return ok ? MB_OK : mb_fail_memory(error);
}

mb_status mb_restore_report_make(const struct mb_restore *run, const struct mb_restore_work *works,
                                 struct mb_arena *arena, struct mb_restore_report *out,
                                 struct mb_error *error)
{
    struct mb_restore_report report = {.count = run->plan.count,
                                       .snapshot = run->snapshot,
                                       .staged = run->foreign,
                                       .rbac = run->rbac.lines,
                                       .rbac_count = run->rbac.count};
    report.lines = mb_arena_alloc(arena, report.count + 1, sizeof *report.lines);
    if (report.lines == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < report.count; i++) {
        report.lines[i] = works[i].line;
        report.lines[i].aliases = works[i].aliases;
        report.lines[i].was_loaded = mb_restore_was_loaded(&works[i]);
        report.lines[i].loaded = works[i].loaded;
        report.lost_aliases += works[i].lost_aliases.count;
    }
    MB_TRY(make_warnings(run, works, arena, &report.warnings, error));
    *out = report;
    return MB_OK;
}
