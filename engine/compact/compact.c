/* The steps of `l0compact`.  In: a complete backup and a name that is free, or to be freed.  Out: a backup of
 * that name which restores the same rows and has no L0 segments; or, after a failure, a claimed, incomplete
 * one whose record says why, or nothing where no object had been written yet. */
#include "compact/compact.h"

#include "base/hint.h"
#include "compact/run.h"

#include <stdio.h>
#include <string.h>

static mb_status expect(struct run *run, struct mb_error *error)
{
    const struct mb_expectation of = {.each = mb_content_each, .source = &run->content};
    run->content = (struct mb_content){
        .arena = run->arena, .dir = run->from_dir, .folder = run->from, .backup = &run->backup};
    MB_TRY(mb_content_find(&run->content, run->cancel, error));
    for (int i = 0; i < MB_META_COUNT; i++) /* the copy gets its own */
        run->content.described[i] = false;
    return mb_expected_new(&run->expected, &of, run->cancel, error);
}

static mb_status place(struct run *run, struct mb_error *error)
{
    const struct mb_catalog *catalog = &run->compact->catalog;
    run->from_dir = mb_layout_backup_dir(run->arena, catalog->root, run->compact->name);
    run->to_dir = mb_layout_backup_dir(run->arena, catalog->root, run->compact->output);
    if (run->from_dir == NULL || run->to_dir == NULL)
        return mb_fail_memory(error);
    run->from = (struct mb_folder){catalog->storage, mb_arena_printf(run->arena, "%s/", run->from_dir)};
    run->to = (struct mb_folder){catalog->storage, mb_arena_printf(run->arena, "%s/", run->to_dir)};
    return run->from.prefix != NULL && run->to.prefix != NULL ? MB_OK : mb_fail_memory(error);
}

/* All that can be refused is refused before anything is removed or written. */
static mb_status read(struct run *run, struct mb_error *error)
{
    const struct mb_compact *compact = run->compact;
    MB_TRY(mb_catalog_read(&compact->catalog, compact->name, run->arena, &run->backup, run->cancel, error));
    if (run->backup.format[0] != '\0')
        return mb_fail(error, MB_E_UNSUPPORTED,
                       "backup %s is of the format %s: it holds no binlogs that could be compacted",
                       compact->name, run->backup.format);
    MB_TRY(place(run, error));
    MB_TRY(mb_checksums_read(&run->checksums, run->from.storage, run->from_dir, run->cancel, error));
    MB_TRY(expect(run, error));
    MB_TRY(mb_compact_index(run, error));
    MB_TRY(mb_compact_find_deletes(run, error));
    return mb_objects_new(&run->objects, compact->log, error);
}

static mb_status make_room(struct run *run, struct mb_error *error)
{
    const struct mb_compact *compact = run->compact;
    if (!compact->replace)
        return MB_OK;
    mb_status status = mb_catalog_delete(&compact->catalog, compact->output, false, NULL, run->cancel, error);
    if (status != MB_E_NOT_FOUND) {
        if (status == MB_E_EXISTS)
            error->hint = MB_HINT_NONE; /* that asks for what has been asked for here */
        return status;
    }
    mb_error_clear(error);
    return MB_OK;
}

/* A compaction of the same source only. */
static mb_status take_over(struct run *run, const struct mb_claim_record *record,
                           const struct mb_claim_wish *wish, struct mb_error *error)
{
    const struct mb_compact *compact = run->compact;
    if (strcmp(record->plan_digest, wish->plan_digest) != 0)
        return mb_fail_hint(error, MB_E_EXISTS, MB_HINT_REPLACE, compact->output,
                            "the interrupted backup %s was of something else (%s, now %s)", compact->output,
                            record->plan_digest, wish->plan_digest);
    MB_TRY(mb_claim_take_over(&run->claim, &compact->catalog, compact->output, record, wish, run->cancel,
                              error));
    atomic_store(&run->touched, true);
    run->cancel = mb_claim_cancel(run->claim);
    run->id = mb_claim_backup_id(run->claim);
    MB_TRY(mb_catalog_abort_uploads(&compact->catalog, compact->output, run->cancel, error));
    return mb_compact_find_present(run, error);
}

static mb_status begin(struct run *run, const struct mb_claim_wish *wish, struct mb_error *error)
{
    const struct mb_compact *compact = run->compact;
    mb_status status =
        mb_claim_begin(&run->claim, &compact->catalog, compact->output, wish, run->cancel, error);
    if (status == MB_E_EXISTS && error->hint != MB_HINT_RESUME) {
        error->hint = MB_HINT_NONE;
        return mb_error_hint(error, MB_HINT_REPLACE, compact->output);
    }
    MB_TRY(status);
    run->cancel = mb_claim_cancel(run->claim);
    return MB_OK;
}

static mb_status claim(struct run *run, struct mb_error *error)
{
    const struct mb_compact *compact = run->compact;
    const struct mb_claim_wish wish = {.backup_id = compact->id,
                                       .plan_digest =
                                           mb_arena_printf(run->arena, "l0compact of %s", run->backup.id),
                                       .timing = compact->timing};
    struct mb_claim_record record;
    if (wish.plan_digest == NULL)
        return mb_fail_memory(error);
    MB_TRY(make_room(run, error));
    mb_status status = MB_E_NOT_FOUND;
    if (compact->resume)
        status =
            mb_claim_record_read(&compact->catalog, compact->output, run->arena, &record, run->cancel, error);
    if (status == MB_OK)
        return take_over(run, &record, &wish, error);
    if (status != MB_E_NOT_FOUND)
        return status;
    mb_error_clear(error);
    return begin(run, &wish, error);
}

static mb_status work(struct run *run, struct mb_error *error)
{
    const struct mb_compact *compact = run->compact;
    mb_progress_phase(compact->progress, "prepare");
    MB_TRY(read(run, error));
    MB_TRY(claim(run, error));
    mb_progress_phase(compact->progress, "copy");
    MB_TRY(mb_compact_move_plain(run, error));
    MB_TRY(mb_compact_fold(run, error));
    MB_TRY(mb_compact_move_deletes(run, error));
    mb_progress_phase(compact->progress, "verify");
    MB_TRY(mb_compact_verify(run, error));
    mb_progress_phase(compact->progress, "commit");
    return mb_catalog_write(&compact->catalog, run->claim, &run->backup, run->objects, run->cancel, error);
}

static mb_status give_up(struct run *run, struct mb_error *error)
{
    struct mb_error later = MB_ERROR_INIT;
    if (run->claim == NULL)
        return error->status;
    mb_claim_explain(run->claim, error);
    if (mb_claim_is_lost(run->claim))
        return error->status;
    if (!atomic_load(&run->touched)) {
        if (mb_claim_abandon(run->claim, &later) < 0)
            mb_log(run->compact->log, MB_LOG_WARN, "%s could not be cleaned up: %s", run->to_dir,
                   later.message);
        return error->status;
    }
    mb_claim_fail(run->claim, error);
    atomic_store(&run->compact->progress->resumable, true);
    mb_error_hint(error, MB_HINT_RESUME, run->compact->output);
    return mb_error_context(error, "backup %s is incomplete and can be resumed or deleted",
                            run->compact->output);
}

static void done(struct run *run)
{
    mb_claim_free(run->claim);
    mb_objects_free(run->objects);
    mb_checksums_free(run->checksums);
    mb_expected_free(run->expected);
    mb_expected_free(run->present);
    mb_buf_done(&run->from_key);
    mb_buf_done(&run->to_key);
    mb_arena_free(run->arena);
}

mb_status mb_compact(const struct mb_compact *compact, struct mb_compact_report *report,
                     struct mb_cancel *cancel, struct mb_error *error)
{
    struct run run = {.compact = compact, .arena = mb_arena_new(), .cancel = cancel, .id = compact->id};
    mb_buf_init(&run.from_key, 8192);
    mb_buf_init(&run.to_key, 8192);
    mb_status status = run.arena != NULL ? work(&run, error) : mb_fail_memory(error);
    mb_copy_close(run.copy); /* nobody else looks at the run from here on */
    snprintf(run.report.id, sizeof(run.report.id), "%s", run.id);
    if (status == MB_OK)
        *report = run.report;
    else
        status = give_up(&run, error);
    done(&run);
    return status;
}
