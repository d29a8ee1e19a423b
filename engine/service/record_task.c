/* What a task tells of itself, as a record. */
#include "service/record.h"

#include "base/clock.h"

#include <string.h>

int32_t mb_record_percent(double percent, int32_t state)
{
    if (state == MB_TASK_SUCCEEDED)
        return 100;
    return percent >= 99 ? 99 : percent > 0 ? (int32_t)percent : 0;
}

static const char *copied(struct mb_arena *arena, const char *text, mb_status *status)
{
    const char *copy = mb_arena_strdup(arena, text != NULL ? text : "");
    if (copy == NULL)
        *status = MB_E_NO_MEMORY;
    return copy;
}

/* ----------------------------------------------------------- collections */

/* Of a task that has ended nothing runs or waits any more. */
static int32_t collection_state(const struct mb_task_collection *collection, int32_t task_state)
{
    bool ended = task_state != MB_TASK_QUEUED && task_state != MB_TASK_RUNNING;
    if (collection->state == MB_COLLECTION_DONE || task_state == MB_TASK_SUCCEEDED)
        return MB_TASK_SUCCEEDED;
    if (collection->state == MB_COLLECTION_WAITING)
        return ended ? MB_TASK_CANCELLED : MB_TASK_QUEUED;
    return ended ? task_state : MB_TASK_RUNNING;
}

static int32_t collection_percent(const struct mb_task_collection *collection, int32_t state)
{
    double share = collection->bytes_total > 0
                       ? 100 * (double)collection->bytes_done / (double)collection->bytes_total
                       : 0;
    return mb_record_percent(share, state);
}

static struct mb_record_collection collection_of(const struct mb_task_collection *collection,
                                                 const struct mb_record *record)
{
    int32_t state = collection_state(collection, record->state);
    bool cut_off = collection->state == MB_COLLECTION_RUNNING && state != MB_TASK_RUNNING;
    return (struct mb_record_collection){.state = state,
                                         .percent = collection_percent(collection, state),
                                         .rows = collection->rows,
                                         .size = (int64_t)collection->bytes_total,
                                         .started_ms = collection->started_ms,
                                         .ended_ms = cut_off ? record->ended_ms : collection->ended_ms};
}

static mb_status add_collections(struct mb_task *task, struct mb_arena *arena, struct mb_record *record,
                                 struct mb_error *error)
{
    mb_status status = MB_OK;
    size_t count = mb_task_collection_count(task);
    record->collections = mb_arena_alloc(arena, count + 1, sizeof *record->collections);
    if (record->collections == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < count; i++) {
        struct mb_task_collection collection = {.struct_size = sizeof collection};
        if (mb_task_collection_at(task, i, &collection, NULL) != MB_OK)
            break; /* it has ended meanwhile, with fewer */
        struct mb_record_collection *out = &record->collections[i];
        *out = collection_of(&collection, record);
        out->db = copied(arena, collection.db, &status);
        out->name = copied(arena, collection.name, &status);
        record->collection_count++;
    }
    return status == MB_OK ? MB_OK : mb_fail_memory(error);
}

/* -------------------------------------------------------------- the task */

static const char *plain(const struct mb_task_warning *warning, struct mb_arena *arena)
{
    bool names = warning->hint == MB_HINT_INPUT;
    return mb_arena_printf(arena, "%s%s%s", names ? warning->subject : "", names ? " " : "", warning->text);
}

static mb_status add_warnings(struct mb_task *task, mb_word_fn *word, struct mb_arena *arena,
                              struct mb_record *record, struct mb_error *error)
{
    size_t count = mb_task_warning_count(task);
    for (size_t i = 0; i < count; i++) {
        struct mb_task_warning warning = {.struct_size = sizeof warning};
        MB_TRY(mb_task_warning_at(task, i, &warning, error));
        const char *text = word != NULL ? word(&warning, arena) : plain(&warning, arena);
        if (!mb_strings_add(&record->warnings, arena, text))
            return mb_fail_memory(error);
    }
    return MB_OK;
}

static void add_progress(const struct mb_task_status *now, struct mb_record *record)
{
    record->state = now->state;
    record->percent = mb_record_percent(now->percent, now->state);
    record->bytes_done = now->bytes_done;
    record->bytes_total = now->bytes_total;
    record->objects_done = now->objects_done;
    record->objects_total = now->objects_total;
    record->retries = now->retries;
    record->started_ms = now->started_ms;
    record->ended_ms = now->ended_ms;
    record->resumable = now->resumable && mb_record_can_resume(record->kind);
    if (now->state == MB_TASK_RUNNING) {
        record->bytes_per_s = now->bytes_per_s;
        record->left_ms = now->left_ns < 0 ? -1 : now->left_ns / MB_NS_PER_MS;
    }
}

static mb_status add_end(struct mb_task *task, struct mb_arena *arena, struct mb_record *record,
                         struct mb_error *error)
{
    struct mb_error failure = {.struct_size = sizeof failure};
    mb_status status = MB_OK;
    record->status = mb_task_error(task, &failure);
    record->error = copied(arena, record->status < 0 ? failure.message : "", &status);
    record->hint = record->status < 0 ? failure.hint : 0;
    record->hint_subject = copied(arena, record->hint != 0 ? failure.subject : "", &status);
    if (status != MB_OK)
        return mb_fail_memory(error);
    return mb_result_of_task(task, arena, &record->result, error);
}

mb_status mb_record_of_task(struct mb_task *task, mb_word_fn *word, bool with_collections,
                            struct mb_arena *arena, struct mb_record *out, struct mb_error *error)
{
    struct mb_task_status now = {.struct_size = sizeof now};
    struct mb_record record = *out;
    mb_status status = MB_OK;

    MB_TRY(mb_task_poll(task, &now, error));
    record.left_ms = -1;
    add_progress(&now, &record);
    record.phase = copied(arena, now.phase, &status);
    record.waiting_for = copied(arena, now.waiting_for, &status);
    if (status != MB_OK)
        return mb_fail_memory(error);
    MB_TRY(add_end(task, arena, &record, error));
    MB_TRY(add_warnings(task, word, arena, &record, error));
    if (with_collections)
        MB_TRY(add_collections(task, arena, &record, error));
    *out = record;
    return MB_OK;
}
