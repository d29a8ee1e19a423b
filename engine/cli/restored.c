#include "cli/restored.h"

static json_t *aliases_json(const struct mb_task_collection *row)
{
    json_t *names = json_array();
    for (size_t i = 0; i < row->alias_count; i++)
        json_array_append_new(names, mb_json_text(row->aliases[i]));
    return names;
}

static json_t *collections_json(struct mb_task *task)
{
    json_t *collections = json_array();
    for (size_t i = 0; i < mb_task_collection_count(task); i++) {
        struct mb_task_collection row = {.struct_size = sizeof row};
        if (mb_task_collection_at(task, i, &row, NULL) == MB_OK)
            json_array_append_new(
                collections,
                json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:f, s:o, s:b, s:b}", "source_database",
                          row.source_db, "source_collection", row.source_name, "database", row.db,
                          "collection", row.name, "rows", (json_int_t)row.rows, "segments",
                          (json_int_t)row.segments, "imports", (json_int_t)row.imports, "bytes",
                          (json_int_t)row.bytes_total, "seconds", (double)row.ns / 1e9, "aliases",
                          aliases_json(&row), "was_loaded", row.was_loaded, "loaded", row.loaded));
    }
    return collections;
}

/* What a restore does with load states is worth a line where it leaves something undone. */
static void say_unloaded(struct mb_context *context, bool loads, const struct mb_restore_result *made)
{
    unsigned long long count = made->unloaded;
    if (count > 0 && !loads)
        mb_context_say(context, "%llu %s loaded when backed up and %s not now: --load loads them again",
                       count, count == 1 ? "collection was" : "collections were", count == 1 ? "is" : "are");
}

static void say_rbac(struct mb_context *context, const struct mb_restore_result *made)
{
    for (size_t i = 0; i < mb_task_rbac_count(context->task); i++) {
        struct mb_rbac_row row = {.struct_size = sizeof row};
        if (mb_task_rbac_at(context->task, i, &row, NULL) == MB_OK)
            mb_context_say(context, "%s %s: %s",
                           row.kind == MB_RBAC_PRIVILEGE_GROUP ? "privilege group"
                                                               : mb_rbac_kind_name(row.kind),
                           row.text, row.made ? "made" : "there already");
    }
    if (mb_task_rbac_count(context->task) > 0)
        mb_context_say(context, "users and roles: %llu entries made, %llu there already",
                       (unsigned long long)made->rbac_made, (unsigned long long)made->rbac_left);
}

static json_t *rbac_json(struct mb_task *task)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < mb_task_rbac_count(task); i++) {
        struct mb_rbac_row row = {.struct_size = sizeof row};
        if (mb_task_rbac_at(task, i, &row, NULL) == MB_OK)
            json_array_append_new(rows, json_pack("{s:s, s:o, s:b}", "kind", mb_rbac_kind_name(row.kind),
                                                  "name", mb_json_text(row.text), "made", row.made));
    }
    return rows;
}

static json_t *result_json(struct mb_context *context, const struct mb_restore_result *made)
{
    return json_pack("{s:o, s:s, s:b, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:f, s:o}", "name",
                     mb_json_text(made->name), "id", mb_task_id(context->task), "staged", made->staged,
                     "collections", collections_json(context->task), "aliases", (json_int_t)made->aliases,
                     "lost_aliases", (json_int_t)made->lost_aliases, "loaded", (json_int_t)made->loaded,
                     "unloaded", (json_int_t)made->unloaded, "rbac_made", (json_int_t)made->rbac_made,
                     "rbac_left", (json_int_t)made->rbac_left, "rbac", rbac_json(context->task), "seconds",
                     (double)made->ns / 1e9, "warnings", mb_context_warnings_json(context));
}

mb_status mb_restored_tell(struct mb_context *context, bool data, bool loads, struct mb_error *error)
{
    struct mb_restore_result made = {.struct_size = sizeof made};
    MB_TRY(mb_task_restore_result(context->task, &made, error));
    MB_TRY(mb_context_summary(context, data, error));
    if (made.staged)
        mb_context_say(context,
                       "milvus could not read the backup where it lies: its data went through a temporary "
                       "copy in milvus' own storage");
    say_rbac(context, &made);
    say_unloaded(context, loads, &made);
    if (context->global.json)
        return mb_context_json(context, result_json(context, &made), error);
    fprintf(mb_context_out(context), "success\nduration:%.2f s\n", (double)made.ns / 1e9);
    return MB_OK;
}
