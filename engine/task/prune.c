/* prune: what no rule keeps is deleted, one by one, the oldest first.
 *
 * What is in use stays: a backup that is being made is none that takes part, and one that a task of this
 * process is at work on is told.  Right before each delete is looked whether what was decided still holds. */
#include "base/clock.h"
#include "calendar/retention.h"
#include "task/connect.h"
#include "task/details.h"
#include "task/list.h"
#include "task/prune_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One run. */
struct prune {
    struct mb_task *task;
    const struct mb_prune_plan *plan;
    struct mb_catalog catalog;
    struct mb_prune_row *rows;
    struct mb_retention_item *items; /* of the rows, in their order */
    size_t count;
    size_t failed;
    struct mb_error first; /* failure of a delete */
};

/* When its data was taken: a backup that was moved here is as old as it was there. */
static int64_t taken_ms(const struct mb_backup_entry *entry)
{
    return entry->took_ms >= 0 ? entry->made_ms - entry->took_ms : entry->made_ms;
}

static int oldest_first(const void *a, const void *b)
{
    const struct mb_prune_row *x = a, *y = b;
    if (x->made_ms != y->made_ms)
        return x->made_ms < y->made_ms ? -1 : 1;
    return strcmp(x->name, y->name);
}

static mb_status add_row(struct prune *prune, const struct mb_backup_entry *entry, struct mb_error *error)
{
    const char *name;
    if (!mb_prune_plan_has(prune->plan, entry->name))
        return MB_OK;
    MB_TRY(mb_request_text(prune->task->arena, entry->name, &name, error));
    prune->rows[prune->count++] = (struct mb_prune_row){
        .name = name, .state = entry->state, .made_ms = taken_ms(entry), .size = entry->size};
    return MB_OK;
}

static mb_status read_rows(struct prune *prune, const struct mb_backup_list *list, struct mb_error *error)
{
    struct mb_arena *arena = prune->task->arena;
    size_t most = mb_backup_list_count(list);

    prune->rows = mb_arena_alloc(arena, most + 1, sizeof *prune->rows);
    prune->items = mb_arena_alloc(arena, most + 1, sizeof *prune->items);
    if (prune->rows == NULL || prune->items == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < most; i++) {
        struct mb_backup_entry entry = {.struct_size = sizeof entry};
        MB_TRY(mb_backup_list_at(list, i, &entry, error));
        MB_TRY(add_row(prune, &entry, error));
    }
    qsort(prune->rows, prune->count, sizeof *prune->rows, oldest_first);
    return MB_OK;
}

static mb_status list_rows(struct prune *prune, struct mb_error *error)
{
    const struct mb_list_request request = {.struct_size = sizeof request, .with_details = true};
    struct mb_backup_list *list = NULL;

    mb_progress_phase(&prune->task->progress, "list");
    MB_TRY(mb_list_read(&prune->catalog, &request, &list, prune->task->cancel, error));
    mb_status status = read_rows(prune, list, error);
    mb_backup_list_free(list);
    return status;
}

/* Keeps what a task is at work on. */
static mb_status spare(struct prune *prune, struct mb_prune_row *row, struct mb_error *error)
{
    int32_t kind = mb_users_find(&prune->task->session->common->users, row->name);
    char text[256];

    if (kind == 0)
        return MB_OK;
    row->decision = MB_PRUNE_KEPT;
    row->why = mb_arena_printf(prune->task->arena, "in use by a %s", mb_task_kind_name(kind));
    if (row->why == NULL)
        return mb_fail_memory(error);
    snprintf(text, sizeof text, "%.128s is not removed: it is %s", row->name, row->why);
    mb_task_warn(prune->task, MB_HINT_NONE, row->name, text);
    return MB_OK;
}

static mb_status decide(struct prune *prune, struct mb_error *error)
{
    const struct mb_prune_plan *plan = prune->plan;
    struct mb_zone *zone = NULL;

    for (size_t i = 0; i < prune->count; i++)
        prune->items[i] = (struct mb_retention_item){.name = prune->rows[i].name,
                                                     .made_ms = prune->rows[i].made_ms,
                                                     .complete = prune->rows[i].state == MB_STATE_COMPLETE};
    MB_TRY(mb_zone_open(&zone, plan->zone, error));
    mb_status status = mb_retention_decide(&plan->rules, zone, mb_clock_wall() / MB_NS_PER_MS, prune->items,
                                           prune->count, prune->task->arena, error);
    mb_zone_close(zone);
    MB_TRY(status);
    for (size_t i = 0; i < prune->count; i++) {
        struct mb_prune_row *row = &prune->rows[i];
        row->decision = prune->items[i].keep ? MB_PRUNE_KEPT : MB_PRUNE_DUE;
        row->why = row->state == MB_STATE_COMPLETE ? prune->items[i].why : mb_state_name(row->state);
        if (row->decision == MB_PRUNE_DUE)
            MB_TRY(spare(prune, row, error));
    }
    return MB_OK;
}

/* --------------------------------------------------------------- removing */

/* Is a backup complete, and the one that was listed? */
static mb_status check_same(struct prune *prune, const struct mb_prune_row *row, bool *same,
                            struct mb_error *error)
{
    struct mb_details now = MB_DETAILS_UNKNOWN;
    enum mb_backup_state state;

    *same = false;
    MB_TRY(mb_catalog_state(&prune->catalog, row->name, &state, prune->task->cancel, error));
    if (state != MB_BACKUP_COMPLETE)
        return MB_OK;
    MB_TRY(mb_details_read(&prune->catalog, row->name, &now, prune->task->cancel, error));
    *same = row->made_ms == (now.took_ms >= 0 ? now.made_ms - now.took_ms : now.made_ms);
    return MB_OK;
}

/* The youngest one that stays: without it the last complete backup might be among those that are due. */
static mb_status check_last(struct prune *prune, struct mb_error *error)
{
    const struct mb_prune_row *last = NULL;
    bool same = true;

    for (size_t i = 0; i < prune->count; i++)
        if (prune->rows[i].decision == MB_PRUNE_KEPT && prune->rows[i].state == MB_STATE_COMPLETE)
            last = &prune->rows[i];
    if (last != NULL)
        MB_TRY(check_same(prune, last, &same, error));
    if (same)
        return MB_OK;
    return mb_fail(error, MB_E_EXISTS,
                   "backup %s, which was to stay, has been changed meanwhile; prune again to decide anew",
                   last->name);
}

static mb_status remove_row(struct prune *prune, struct mb_prune_row *row, struct mb_error *error)
{
    uint64_t objects = 0;
    bool same = false;

    MB_TRY(spare(prune, row, error));
    if (row->decision != MB_PRUNE_DUE)
        return MB_OK;
    MB_TRY(check_same(prune, row, &same, error));
    if (!same) {
        row->decision = MB_PRUNE_KEPT;
        row->why = "changed or removed by somebody else meanwhile";
        return MB_OK;
    }
    MB_TRY(mb_catalog_delete(&prune->catalog, row->name, false, &objects, prune->task->cancel, error));
    row->decision = MB_PRUNE_REMOVED;
    prune->task->result.prune.objects += objects;
    return MB_OK;
}

static mb_status note_failure(struct prune *prune, struct mb_prune_row *row, const struct mb_error *why,
                              struct mb_error *error)
{
    row->decision = MB_PRUNE_FAILED;
    if (prune->failed++ == 0)
        mb_error_copy(&prune->first, why);
    return mb_request_text(prune->task->arena, why->message, &row->why, error);
}

/* "2 of 5 backups could not be removed: a, b" */
static mb_status tell_left(struct prune *prune, size_t due, struct mb_error *error)
{
    struct mb_buf names;
    size_t told = 0;

    if (prune->failed == 0)
        return MB_OK;
    mb_buf_init(&names, 4096);
    for (size_t i = 0; i < prune->count && told < 8; i++)
        if (prune->rows[i].decision == MB_PRUNE_FAILED)
            mb_buf_printf(&names, "%s%s", told++ > 0 ? ", " : "", prune->rows[i].name);
    mb_fail(error, prune->first.status,
            "%zu of %zu backups could not be removed (%s%s), the first because %s; "
            "prune again to go on",
            prune->failed, due, names.data != NULL ? names.data : "", prune->failed > told ? ", ..." : "",
            prune->first.message);
    mb_buf_done(&names);
    return error->status;
}

static mb_status remove_due(struct prune *prune, struct mb_error *error)
{
    size_t due = 0;

    mb_progress_phase(&prune->task->progress, "delete");
    for (size_t i = 0; i < prune->count; i++) {
        struct mb_prune_row *row = &prune->rows[i];
        struct mb_error own = MB_ERROR_INIT;
        if (row->decision != MB_PRUNE_DUE)
            continue;
        due++;
        MB_TRY(check_last(prune, error));
        if (remove_row(prune, row, &own) >= 0)
            continue;
        if (own.status == MB_E_CANCELLED) {
            mb_error_copy(error, &own);
            return mb_error_context(error, "remove backup %s", row->name);
        }
        MB_TRY(note_failure(prune, row, &own, error));
    }
    return tell_left(prune, due, error);
}

/* ----------------------------------------------------------------- result */

static void keep_result(struct prune *prune)
{
    struct mb_task *task = prune->task;
    struct mb_prune_result *out = &task->result.prune;

    out->pattern = task->plan->name;
    out->dry_run = prune->plan->dry_run;
    for (size_t i = 0; i < prune->count; i++) {
        const struct mb_prune_row *row = &prune->rows[i];
        bool goes = row->decision == (out->dry_run ? MB_PRUNE_DUE : MB_PRUNE_REMOVED);
        out->kept += row->decision == MB_PRUNE_KEPT;
        out->removed += goes;
        out->left += row->decision != MB_PRUNE_KEPT && !goes;
        out->bytes += goes ? (uint64_t)row->size : 0;
    }
    out->ns = mb_task_ns(task);
    task->pruned = prune->rows;
    task->pruned_count = prune->count;
    task->has_result = true;
}

static mb_status run(struct mb_task *task, const void *given, struct mb_error *error)
{
    struct prune prune = {.task = task, .plan = given, .first = MB_ERROR_INIT};
    struct mb_storage *store = NULL;

    MB_TRY(mb_connect_backup_storage(task->session, MB_MISSING_FOLDER_IS_EMPTY, &store, task->cancel, error));
    prune.catalog = mb_request_catalog(task->session, store);
    MB_TRY(list_rows(&prune, error));
    MB_TRY(decide(&prune, error));
    mb_status status = prune.plan->dry_run ? MB_OK : remove_due(&prune, error);
    keep_result(&prune);
    return status;
}

static const struct mb_work work = {
    .kind = MB_TASK_PRUNE, .plan_size = sizeof(struct mb_prune_plan), .take = mb_prune_plan_take, .run = run};

mb_status mb_prune_check(const struct mb_prune_request *request, struct mb_error *error)
{
    MB_ANSWER(error, mb_work_check(&work, request, &own));
}

mb_status mb_prune_start(struct mb_session *session, const struct mb_prune_request *request,
                         struct mb_task **out, struct mb_error *error)
{
    MB_ANSWER(error, mb_work_start(&work, session, request, out, &own));
}
