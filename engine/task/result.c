/* What a task has done, for those who ask when it has ended. */
#include "base/clock.h"
#include "base/progress_row.h"
#include "task/task.h"

#include <string.h>

static mb_status find(struct mb_task *task, int32_t kind, struct mb_error *error)
{
    if (task == NULL)
        return mb_abi_missing("task", error);
    if (task->work->kind != kind)
        return mb_fail(error, MB_E_INVALID, "the task is a %s, not a %s", mb_task_kind_name(task->work->kind),
                       mb_task_kind_name(kind));
    bool ended = mb_task_has_ended(task);
    if (!ended || !task->has_result)
        return mb_fail(error, MB_E_INVALID, ended ? "the task has failed" : "the task still runs");
    return MB_OK;
}

static mb_status give(struct mb_task *task, int32_t kind, void *out, size_t first, size_t size,
                      struct mb_error *error)
{
    MB_TRY(find(task, kind, error));
    return mb_abi_give(out, first, &task->result, size, error);
}

mb_status mb_task_create_result(struct mb_task *task, struct mb_create_result *out, struct mb_error *error)
{
    MB_ANSWER(error,
              give(task, MB_TASK_CREATE, out, MB_UP_TO(struct mb_create_result, ns), sizeof *out, &own));
}

mb_status mb_task_restore_result(struct mb_task *task, struct mb_restore_result *out, struct mb_error *error)
{
    MB_ANSWER(error,
              give(task, MB_TASK_RESTORE, out, MB_UP_TO(struct mb_restore_result, ns), sizeof *out, &own));
}

mb_status mb_task_transfer_result(struct mb_task *task, struct mb_transfer_result *out,
                                  struct mb_error *error)
{
    MB_ANSWER(error,
              give(task, MB_TASK_TRANSFER, out, MB_UP_TO(struct mb_transfer_result, ns), sizeof *out, &own));
}

mb_status mb_task_verify_result(struct mb_task *task, struct mb_verify_result *out, struct mb_error *error)
{
    MB_ANSWER(error,
              give(task, MB_TASK_VERIFY, out, MB_UP_TO(struct mb_verify_result, ns), sizeof *out, &own));
}

mb_status mb_task_delete_result(struct mb_task *task, struct mb_delete_result *out, struct mb_error *error)
{
    MB_ANSWER(error,
              give(task, MB_TASK_DELETE, out, MB_UP_TO(struct mb_delete_result, ns), sizeof *out, &own));
}

mb_status mb_task_prune_result(struct mb_task *task, struct mb_prune_result *out, struct mb_error *error)
{
    MB_ANSWER(error, give(task, MB_TASK_PRUNE, out, MB_UP_TO(struct mb_prune_result, ns), sizeof *out, &own));
}

mb_status mb_task_compact_result(struct mb_task *task, struct mb_compact_result *out, struct mb_error *error)
{
    MB_ANSWER(error,
              give(task, MB_TASK_COMPACT, out, MB_UP_TO(struct mb_compact_result, ns), sizeof *out, &own));
}

mb_status mb_task_migrate_result(struct mb_task *task, struct mb_migrate_result *out, struct mb_error *error)
{
    MB_ANSWER(error,
              give(task, MB_TASK_MIGRATE, out, MB_UP_TO(struct mb_migrate_result, ns), sizeof *out, &own));
}

size_t mb_task_prune_count(struct mb_task *task)
{
    return task != NULL && mb_task_has_ended(task) ? task->pruned_count : 0;
}

static mb_status prune_at(struct mb_task *task, size_t i, struct mb_prune_row *out, struct mb_error *error)
{
    MB_TRY(find(task, MB_TASK_PRUNE, error));
    if (i >= task->pruned_count)
        return mb_fail(error, MB_E_NOT_FOUND, "the prune decided about no backup %zu", i);
    return mb_abi_give(out, MB_UP_TO(struct mb_prune_row, why), &task->pruned[i], sizeof *out, error);
}

mb_status mb_task_prune_at(struct mb_task *task, size_t i, struct mb_prune_row *out, struct mb_error *error)
{
    MB_ANSWER(error, prune_at(task, i, out, &own));
}

size_t mb_task_rbac_count(struct mb_task *task)
{
    return task != NULL && mb_task_has_ended(task) ? task->rbac_count : 0;
}

static mb_status rbac_at(struct mb_task *task, size_t i, struct mb_rbac_row *out, struct mb_error *error)
{
    MB_TRY(find(task, MB_TASK_RESTORE, error));
    if (i >= task->rbac_count)
        return mb_fail(error, MB_E_NOT_FOUND, "the restore was about no entry %zu of users and roles", i);
    return mb_abi_give(out, MB_UP_TO(struct mb_rbac_row, made), &task->rbac[i], sizeof *out, error);
}

mb_status mb_task_rbac_at(struct mb_task *task, size_t i, struct mb_rbac_row *out, struct mb_error *error)
{
    MB_ANSWER(error, rbac_at(task, i, out, &own));
}

/* ----------------------------------------------------------- collections */

/* What was done, once that is known; before, and after a failure, how far it came. */
static bool has_table(struct mb_task *task)
{
    return mb_task_has_ended(task) && task->collections != NULL;
}

size_t mb_task_collection_count(struct mb_task *task)
{
    if (task == NULL)
        return 0;
    return has_table(task) ? task->collection_count : mb_progress_row_count(&task->progress);
}

/* A point in time by the clock of durations as one since 1970. */
static int64_t since_1970_ms(int64_t ns)
{
    return ns == 0 ? 0 : (mb_clock_wall() - (mb_clock_monotonic() - ns)) / MB_NS_PER_MS;
}

static struct mb_task_collection from_row(const struct mb_progress_row *row)
{
    const char *doing = atomic_load(&row->doing);
    int64_t started = atomic_load(&row->started_ns), ended = atomic_load(&row->ended_ns);
    return (struct mb_task_collection){
        .db = row->db,
        .name = row->name,
        .source_db = row->source_db,
        .source_name = row->source_name,
        .state = started == 0 ? MB_COLLECTION_WAITING
                 : ended == 0 ? MB_COLLECTION_RUNNING
                              : MB_COLLECTION_DONE,
        .doing = doing != NULL ? doing : "",
        .rows = atomic_load(&row->rows),
        .segments = atomic_load(&row->segments),
        .objects = atomic_load(&row->objects),
        .imports = atomic_load(&row->imports),
        .bytes_done = atomic_load(&row->bytes_done),
        .bytes_total = atomic_load(&row->bytes_total),
        .ns = started == 0 ? 0 : (ended == 0 ? mb_clock_monotonic() : ended) - started,
        .started_ms = since_1970_ms(started),
        .ended_ms = since_1970_ms(ended)};
}

/* The table knows how long, its row when.  Both have nearly the same order, so the search begins at the same
 * place. */
static void add_times(struct mb_task *task, size_t i, struct mb_task_collection *out)
{
    size_t count = mb_progress_row_count(&task->progress);
    for (size_t k = 0; k < count; k++) {
        const struct mb_progress_row *row = mb_progress_row_at(&task->progress, (i + k) % count);
        if (strcmp(row->name, out->name) != 0 || strcmp(row->db, out->db) != 0)
            continue;
        out->started_ms = since_1970_ms(atomic_load(&row->started_ns));
        out->ended_ms = since_1970_ms(atomic_load(&row->ended_ns));
        return;
    }
}

static mb_status find_collection(struct mb_task *task, size_t i, struct mb_task_collection *out,
                                 struct mb_error *error)
{
    if (has_table(task) && i < task->collection_count) {
        *out = task->collections[i];
        add_times(task, i, out);
        return MB_OK;
    }
    const struct mb_progress_row *row = has_table(task) ? NULL : mb_progress_row_at(&task->progress, i);
    if (row == NULL)
        return mb_fail(error, MB_E_NOT_FOUND, "the task has no collection %zu", i);
    *out = from_row(row);
    return MB_OK;
}

static mb_status collection_at(struct mb_task *task, size_t i, struct mb_task_collection *out,
                               struct mb_error *error)
{
    struct mb_task_collection value;
    if (task == NULL)
        return mb_abi_missing("task", error);
    MB_TRY(find_collection(task, i, &value, error));
    return mb_abi_give(out, MB_UP_TO(struct mb_task_collection, ns), &value, sizeof value, error);
}

mb_status mb_task_collection_at(struct mb_task *task, size_t i, struct mb_task_collection *out,
                                struct mb_error *error)
{
    MB_ANSWER(error, collection_at(task, i, out, &own));
}
