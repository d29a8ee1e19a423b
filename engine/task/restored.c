#include "task/restored.h"

#include <string.h>

struct mb_restore_env mb_restored_env(struct mb_task *task)
{
    const struct mb_config *config = task->session->config;
    const struct mb_config_storage *storage = &config->milvus_storage;
    bool same = strcmp(storage->import_root, storage->root_path) == 0;
    return (struct mb_restore_env){.import_root = same ? NULL : storage->import_root,
                                   .backup_root = config->backup_storage.prefix,
                                   .progress = &task->progress,
                                   .log = task->session->common->log};
}

static struct mb_restore_result result_of(const struct mb_task *task, const struct mb_restore_report *report)
{
    struct mb_restore_result result = {.name = task->plan->name,
                                       .staged = report->staged,
                                       .ns = mb_task_ns(task),
                                       .lost_aliases = report->lost_aliases};
    for (size_t i = 0; i < report->count; i++) {
        const struct mb_restore_line *line = &report->lines[i];
        result.aliases += line->aliases.count;
        result.loaded += line->loaded;
        result.unloaded += line->was_loaded && !line->loaded;
    }
    for (size_t i = 0; i < report->rbac_count; i++) {
        result.rbac_made += report->rbac[i].made;
        result.rbac_left += !report->rbac[i].made;
    }
    return result;
}

static mb_status keep_rbac(struct mb_task *task, const struct mb_restore_report *report,
                           struct mb_error *error)
{
    task->rbac = mb_arena_alloc(task->arena, report->rbac_count + 1, sizeof *task->rbac);
    if (task->rbac == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < report->rbac_count; i++)
        task->rbac[i] = (struct mb_rbac_row){.kind = (int32_t)report->rbac[i].kind,
                                             .text = report->rbac[i].text,
                                             .made = report->rbac[i].made};
    task->rbac_count = report->rbac_count;
    return MB_OK;
}

void mb_restored_warn(struct mb_task *task, const struct mb_restore_report *report)
{
    for (size_t i = 0; i < report->warnings.count; i++)
        mb_task_warn(task, MB_HINT_NONE, NULL, report->warnings.items[i]);
}

mb_status mb_restored_keep(struct mb_task *task, bool data, const struct mb_restore_report *report,
                           struct mb_error *error)
{
    struct mb_task_collection *rows = mb_arena_alloc(task->arena, report->count + 1, sizeof *rows);
    if (rows == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < report->count; i++) {
        const struct mb_restore_line *line = &report->lines[i];
        rows[i] = (struct mb_task_collection){.db = line->db,
                                              .name = line->name,
                                              .source_db = line->source_db,
                                              .source_name = line->source_name,
                                              .state = MB_COLLECTION_DONE,
                                              .doing = "",
                                              .rows = data ? line->rows : -1,
                                              .segments = line->segments,
                                              .imports = line->imports,
                                              .bytes_done = (uint64_t)line->bytes,
                                              .bytes_total = (uint64_t)line->bytes,
                                              .ns = line->ns,
                                              .aliases = line->aliases.items,
                                              .alias_count = line->aliases.count,
                                              .was_loaded = line->was_loaded,
                                              .loaded = line->loaded};
    }
    mb_restored_warn(task, report);
    task->collections = rows;
    task->collection_count = report->count;
    MB_TRY(keep_rbac(task, report, error));
    task->result.restore = result_of(task, report);
    task->has_result = true;
    return MB_OK;
}
