#include "transfer/run.h"

#include "catalog/layout.h"

#include <string.h>

static bool is_meta_file(const char *name, enum mb_meta_file file)
{
    static const char folder[] = "meta/";
    return strncmp(name, folder, sizeof(folder) - 1) == 0 &&
           strcmp(name + sizeof(folder) - 1, mb_layout_meta_name(file)) == 0;
}

bool mb_run_is_commit_file(const char *name)
{
    return is_meta_file(name, MB_META_BACKUP) || is_meta_file(name, MB_META_IN_PROGRESS);
}

mb_status mb_run_key(struct mb_buf *key, const char *dir, const char *name, struct mb_error *error)
{
    mb_buf_reset(key);
    mb_buf_printf(key, "%s/%s", dir, name);
    return mb_buf_status(key, error);
}

mb_status mb_run_init(struct run *run, const struct mb_transfer *transfer, struct mb_cancel *cancel,
                      struct mb_error *error)
{
    *run = (struct run){.transfer = transfer, .arena = mb_arena_new(), .cancel = cancel};
    if (run->arena == NULL)
        return mb_fail_memory(error);
    mb_buf_init(&run->from_key, 8192);
    mb_buf_init(&run->to_key, 8192);
    return MB_OK;
}

void mb_run_done(struct run *run)
{
    mb_copy_close(run->copy);
    mb_claim_free(run->claim);
    mb_checksums_free(run->checksums);
    mb_expected_free(run->expected);
    mb_buf_done(&run->from_key);
    mb_buf_done(&run->to_key);
    mb_arena_free(run->arena);
}

static mb_status find_folder(struct run *run, const struct mb_catalog *catalog, const char **dir,
                             struct mb_folder *folder, struct mb_error *error)
{
    *dir = mb_layout_backup_dir(run->arena, catalog->root, run->transfer->name);
    if (*dir == NULL)
        return mb_fail_memory(error);
    *folder = (struct mb_folder){catalog->storage, mb_arena_printf(run->arena, "%s/", *dir)};
    return folder->prefix != NULL ? MB_OK : mb_fail_memory(error);
}

mb_status mb_run_read(struct run *run, struct mb_error *error)
{
    const struct mb_transfer *transfer = run->transfer;
    MB_TRY(mb_catalog_read(&transfer->from, transfer->name, run->arena, &run->backup, run->cancel, error));
    run->backup_id = run->backup.id;
    return find_folder(run, &transfer->from, &run->from_dir, &run->from, error);
}

mb_status mb_run_aim(struct run *run, struct mb_error *error)
{
    return find_folder(run, &run->transfer->to, &run->to_dir, &run->to, error);
}

/* The record and what follows when all is there are not moved like the others. */
mb_status mb_run_expect(struct run *run, struct mb_error *error)
{
    const struct mb_expectation of = {.each = mb_content_each, .source = &run->content};
    MB_TRY(mb_checksums_read(&run->checksums, run->from.storage, run->from_dir, run->cancel, error));
    run->content = (struct mb_content){
        .arena = run->arena, .dir = run->from_dir, .folder = run->from, .backup = &run->backup};
    MB_TRY(mb_content_find(&run->content, run->cancel, error));
    run->content.described[MB_META_BACKUP] = false;
    run->content.described[MB_META_IN_PROGRESS] = false;
    return mb_expected_new(&run->expected, &of, run->cancel, error);
}

static mb_status commit_as(struct run *run, const char *from, struct mb_buf *meta,
                           mb_status (*write)(struct run *run, const struct mb_buf *meta,
                                              struct mb_error *error),
                           struct mb_error *error)
{
    MB_TRY(mb_storage_read_all(run->from.storage, from, meta, run->cancel, error));
    MB_TRY(write(run, meta, error));
    run->report.objects++;
    run->report.bytes += meta->len;
    return MB_OK;
}

mb_status mb_run_commit(struct run *run,
                        mb_status (*write)(struct run *run, const struct mb_buf *meta,
                                           struct mb_error *error),
                        struct mb_error *error)
{
    struct mb_buf meta;
    char *from = mb_layout_meta_key(run->arena, run->from_dir, MB_META_BACKUP);
    if (from == NULL)
        return mb_fail_memory(error);
    mb_buf_init(&meta, 64U << 20);
    mb_status status = commit_as(run, from, &meta, write, error);
    mb_buf_done(&meta);
    return status;
}
