#include "verify/named.h"
#include "verify/run.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>

/* ------------------------------------------------------- what is expected */

static mb_status each_left_out(void *source, mb_expect_fn *expect, void *ctx, struct mb_cancel *cancel,
                               struct mb_error *error)
{
    const struct verify_run *run = source;
    const struct mb_backup *backup = run->content.backup;
    (void)cancel;
    for (size_t i = 0; i < backup->collection_count && !run->content.recorded; i++)
        for (size_t p = 0; p < backup->collections[i].partition_count; p++) {
            const struct mb_partition_backup *partition = &backup->collections[i].partitions[p];
            for (size_t k = 0; k < partition->segment_count; k++)
                MB_TRY(mb_named_left_out(&partition->segments[k], expect, ctx, error));
        }
    return MB_OK;
}

static mb_status expect(struct verify_run *run, struct mb_error *error)
{
    const struct mb_expectation content = {.each = mb_content_each, .source = &run->content};
    const struct mb_expectation left_out = {.each = each_left_out, .source = run};
    MB_TRY(mb_expected_new(&run->expected, &content, run->cancel, error));
    return mb_expected_new(&run->left_out, &left_out, run->cancel, error);
}

/* ------------------------------------------------------- what lies there */

static void count_seen(struct verify_run *run, const char *name, uint64_t size)
{
    atomic_fetch_add(&run->verify->progress->objects_done, 1);
    if (!verify_is_to_be_read(run, name))
        return;
    run->to_read++;
    run->bytes_to_read += size;
}

static mb_status note_seen(void *ctx, const char *name, const struct mb_entry *entry, struct mb_error *error)
{
    (void)error;
    count_seen(ctx, name, entry->size);
    return MB_OK;
}

/* An import reads folders and no lists, so what lies too much among the binlogs would be restored.  Where
 * nobody recorded all objects it may belong to the backup, and elsewhere nobody looks at it. */
static mb_status note_stray(void *ctx, const char *name, const struct mb_entry *entry, struct mb_error *error)
{
    struct verify_run *run = ctx;
    char found[64];
    const struct mb_fault fault = {
        .kind = MB_FAULT_STRAY,
        .harmless = !run->content.recorded || !mb_text_starts_with(name, "binlogs/"),
        .key = name,
        .expected = "nothing",
        .found = found,
    };
    if (mb_named_is_left_out(run->left_out, name)) {
        run->report.left_out++;
        return MB_OK;
    }
    bool nobody_knows = !run->content.recorded && run->content.backup->format[0] != '\0';
    if (nobody_knows || mb_layout_is_other_meta(name))
        return MB_OK;
    snprintf(found, sizeof(found), "%" PRIu64 " bytes", entry->size);
    return mb_faults_add(&run->faults, &fault, error);
}

/* An object that is there after all, only no listing showed it. */
static mb_status see_late(void *ctx, const char *name, const struct mb_stat *stat, struct mb_error *error)
{
    struct verify_run *run = ctx;
    (void)error;
    mb_expected_see(run->expected, name, stat->size);
    run->report.unlisted++;
    count_seen(run, name, stat->size);
    return MB_OK;
}

static const char *size_text(uint64_t size, char *text, size_t cap)
{
    if (size == MB_ANY_SIZE)
        snprintf(text, cap, "an object");
    else
        snprintf(text, cap, "%" PRIu64 " bytes", size);
    return text;
}

static mb_status note_lost(void *ctx, const char *name, uint64_t size, const struct mb_error *why,
                           struct mb_error *error)
{
    struct verify_run *run = ctx;
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    char expected[64];
    size_text(size, expected, sizeof(expected));
    if (why == NULL)
        return mb_faults_note(&run->faults, MB_FAULT_MISSING, name, expected, error,
                              "not in the listing; many are missing, so it was not asked for by name");
    if (why->status == MB_E_NOT_FOUND)
        return mb_faults_note(&run->faults, MB_FAULT_MISSING, name, expected, error, "nothing");
    const char *key = mb_arena_printf(run->arena, "%s%s", run->content.folder.prefix, name);
    if (key == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_storage_stat(run->content.folder.storage, key, &stat, run->cancel, error));
    return mb_faults_note(&run->faults, MB_FAULT_SIZE, name, expected, error, "%" PRIu64 " bytes", stat.size);
}

mb_status verify_listed(struct verify_run *run, struct mb_error *error)
{
    const struct mb_folder_visitor visitor = {.seen = note_seen, .stray = note_stray, .ctx = run};
    const struct mb_looker looker = {.found = see_late, .lost = note_lost, .ctx = run};
    const struct mb_folder *folder = &run->content.folder;
    struct mb_missing missing;
    MB_TRY(expect(run, error));
    run->report.expected = mb_expected_count(run->expected);
    atomic_store(&run->verify->progress->objects_total, run->report.expected);
    MB_TRY(mb_folder_list(folder, "", run->expected, &visitor, run->cancel, error));
    MB_TRY(mb_folder_look_again(folder, run->expected, &looker, &missing, run->cancel, error));
    mb_expected_count_seen(run->expected, &run->report.objects, &run->report.bytes);
    return MB_OK;
}
