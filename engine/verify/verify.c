/* The steps of `verify`.  In: a complete backup.  Out: a report with every fault found, by kind and key; a
 * backup that is damaged is no failure of the call.  Nothing is written. */
#include "verify/verify.h"

#include "verify/run.h"

static mb_status open_folder(struct verify_run *run, struct mb_error *error)
{
    const struct mb_catalog *catalog = &run->verify->catalog;
    struct mb_content *content = &run->content;
    content->arena = run->arena;
    content->dir = mb_layout_backup_dir(run->arena, catalog->root, run->verify->name);
    if (content->dir == NULL)
        return mb_fail_memory(error);
    content->folder.storage = catalog->storage;
    content->folder.prefix = mb_arena_printf(run->arena, "%s/", content->dir);
    return content->folder.prefix != NULL ? MB_OK : mb_fail_memory(error);
}

static mb_status work(struct verify_run *run, struct mb_error *error)
{
    struct mb_progress *progress = run->verify->progress;
    MB_TRY(mb_layout_check_existing_name(run->verify->name, error));
    MB_TRY(open_folder(run, error));
    mb_progress_phase(progress, "describe");
    MB_TRY(verify_descriptions(run, error));
    mb_progress_phase(progress, "list");
    MB_TRY(verify_listed(run, error));
    if (!run->verify->read_data)
        return MB_OK;
    mb_progress_phase(progress, "read");
    return verify_data(run, error);
}

/* The rows are the faults' own until now. */
static mb_status hand_out(struct verify_run *run, struct mb_arena *arena, struct mb_verify_report *report,
                          struct mb_error *error)
{
    struct mb_faults *faults = &run->faults;
    struct mb_fault *rows = mb_arena_alloc(arena, faults->count + 1, sizeof(*rows));
    if (rows == NULL)
        return mb_fail_memory(error);
    mb_faults_sort(faults);
    for (size_t i = 0; i < faults->count; i++)
        rows[i] = faults->items[i];
    *report = run->report;
    report->faults = rows;
    report->fault_count = faults->count;
    report->damages = faults->damages;
    for (int kind = 0; kind < MB_FAULT_KINDS; kind++)
        report->counts[kind] = faults->counts[kind];
    return MB_OK;
}

mb_status mb_verify(const struct mb_verify *verify, struct mb_arena *arena, struct mb_verify_report *report,
                    struct mb_cancel *cancel, struct mb_error *error)
{
    struct verify_run run = {.verify = verify, .arena = mb_arena_new(), .cancel = cancel};
    if (run.arena == NULL)
        return mb_fail_memory(error);
    mb_faults_init(&run.faults, arena);
    mb_status status = work(&run, error);
    if (status == MB_OK)
        status = hand_out(&run, arena, report, error);
    mb_faults_done(&run.faults);
    mb_checksums_free(run.checksums);
    mb_expected_free(run.expected);
    mb_expected_free(run.left_out);
    mb_arena_free(run.arena);
    return status;
}
