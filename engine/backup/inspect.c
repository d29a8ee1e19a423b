/* Last look of `create` at what it copied.  In: the binlogs that the description names.  Out: success only
 * when a listing of the backup's folder, and questions by name, show each with its size and nothing else;
 * what an interrupted run left and nobody needs is removed. */
#include "backup/create.h"
#include "catalog/layout.h"
#include "verify/folder.h"
#include "verify/named.h"

#include <string.h>

typedef mb_status mb_inspect_fn(void *ctx, const struct mb_entry *entry, const struct mb_source_key *key,
                                struct mb_error *error);

/* Calls found for every object below the backup's binlogs; key is NULL for one whose name is no binlog's. */
static mb_status inspect(struct mb_create *create, mb_inspect_fn *found, void *ctx, struct mb_cancel *cancel,
                         struct mb_error *error)
{
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry;
    mb_status status;
    char *prefix = mb_arena_printf(create->arena, "%s/binlogs/", create->dir);
    if (prefix == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_listing_open(&listing, create->env->backup_store, prefix, NULL, cancel, error));
    while ((status = mb_listing_next(listing, &entry, error)) == MB_OK) {
        struct mb_source_key key;
        bool is_binlog = mb_layout_parse_backup_key(create->dir, entry->key, &key);
        status = found(ctx, entry, is_binlog ? &key : NULL, error);
        if (status < 0)
            break;
    }
    mb_listing_close(listing);
    return status < 0 ? status : MB_OK;
}

static mb_status remember(void *ctx, const struct mb_entry *entry, const struct mb_source_key *key,
                          struct mb_error *error)
{
    struct mb_create *create = ctx;
    if (key == NULL)
        return MB_OK;
    struct mb_binlog_entry binlog = mb_binlogs_entry(key, entry->size);
    return mb_binlogs_add(create->present, &binlog, error);
}

mb_status mb_create_find_present(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error)
{
    MB_TRY(mb_binlogs_new(&create->present, NULL, 0, error));
    MB_TRY(inspect(create, remember, create, cancel, error));
    mb_binlogs_sort(create->present);
    return MB_OK;
}

/* What the description names of every collection, under the key where it should lie. */
static mb_status each_described(void *source, mb_expect_fn *expect, void *ctx, struct mb_cancel *cancel,
                                struct mb_error *error)
{
    const struct mb_create *create = source;
    (void)cancel;
    for (size_t i = 0; i < create->collection_count; i++)
        MB_TRY(mb_named_by_collection(&create->collections[i].backup, expect, ctx, error));
    return MB_OK;
}

struct verification {
    struct mb_create *create;
    struct mb_cancel *cancel;
};

/* An object that does not belong here would be imported by a restore. */
static mb_status judge_stray(void *ctx, const char *name, const struct mb_entry *entry,
                             struct mb_error *error)
{
    struct verification *verification = ctx;
    struct mb_create *create = verification->create;
    const char *key = entry->key;
    (void)name;
    if (create->present == NULL)
        return mb_fail(error, MB_E_CORRUPT, "%s lies in the backup's folder but is no part of the backup",
                       key);
    mb_log(create->env->log, MB_LOG_INFO, "%s of the interrupted run is no longer needed and is removed",
           key);
    return mb_storage_remove(create->env->backup_store, key, verification->cancel, error);
}

mb_status mb_create_verify(struct mb_create *create, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_expectation described = {.each = each_described, .source = create};
    const struct mb_folder folder = {.storage = create->env->backup_store,
                                     .prefix = mb_arena_printf(create->arena, "%s/", create->dir)};
    struct verification verification = {.create = create, .cancel = cancel};
    const struct mb_folder_visitor visitor = {.stray = judge_stray, .ctx = &verification};
    struct mb_expected *expected = NULL;
    if (folder.prefix == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_expected_new(&expected, &described, cancel, error));
    mb_status status = mb_folder_verify(&folder, "binlogs/", expected, &visitor, cancel, error);
    mb_expected_free(expected);
    return status == MB_E_CORRUPT ? mb_error_context(error, "after copying") : status;
}
