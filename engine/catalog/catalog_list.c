/* The backups below a root.  In: one listing of the root's folders.  Out: a summary of each, read side by
 * side, with the state of what is not complete. */
#include "base/owner.h"
#include "base/pool.h"
#include "catalog/catalog_files.h"
#include "catalog/claim_record.h"
#include "catalog/snapshot.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARALLEL_READS 8

struct names {
    char **items;
    size_t count, cap;
};

static mb_status add_name(struct names *names, struct mb_arena *arena, const char *name, size_t len,
                          struct mb_error *error)
{
    if (names->count == names->cap) {
        size_t cap = names->cap == 0 ? 64 : names->cap * 2;
        char **items = realloc(names->items, cap * sizeof(*items));
        if (items == NULL)
            return mb_fail_memory(error);
        names->items = items;
        names->cap = cap;
    }
    char *copy = mb_arena_strndup(arena, name, len);
    if (copy == NULL)
        return mb_fail_memory(error);
    names->items[names->count++] = copy;
    return MB_OK;
}

static int compare_names(const void *a, const void *b)
{
    char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

/* A service that repeats a page names a folder twice. */
static void sort_names(struct names *names)
{
    size_t kept = 0;
    if (names->count > 0)
        qsort(names->items, names->count, sizeof(*names->items), compare_names);
    for (size_t i = 0; i < names->count; i++)
        if (kept == 0 || strcmp(names->items[i], names->items[kept - 1]) != 0)
            names->items[kept++] = names->items[i];
    names->count = kept;
}

/* The folders directly below the root, in order. */
static mb_status list_names(const struct mb_catalog *catalog, struct mb_arena *arena, struct names *names,
                            struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry = NULL;
    char *root = mb_key_clean(arena, catalog->root);
    char *prefix = root == NULL ? NULL : mb_arena_printf(arena, "%s%s", root, *root == '\0' ? "" : "/");
    if (prefix == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_listing_open(&listing, catalog->storage, prefix, "/", cancel, error));
    mb_status status;
    while ((status = mb_listing_next(listing, &entry, error)) == MB_OK) {
        const char *name = entry->key + strlen(prefix);
        size_t len = strcspn(name, "/");
        if ((entry->flags & MB_ENTRY_PREFIX) == 0 || len == 0)
            continue;
        status = add_name(names, arena, name, len, error);
        if (status != MB_OK)
            break;
    }
    mb_listing_close(listing);
    sort_names(names);
    return status == MB_END ? MB_OK : status;
}

/* What the jobs of one listing share. */
struct listing_job {
    const struct mb_catalog *catalog;
    bool with_collections;
    struct mb_arena *arena; /* under lock */
    pthread_mutex_t lock;
};

struct summary_job {
    struct listing_job *listing;
    struct mb_backup_summary summary;
    bool is_backup;
};

/* Leftovers of a backup without records, or some other folder? */
static mb_status find_binlogs(const struct mb_catalog *catalog, const struct mb_catalog_scratch *scratch,
                              bool *any, struct mb_cancel *cancel, struct mb_error *error)
{
    char *prefix = mb_arena_printf(scratch->arena, "%s/binlogs/", scratch->dir);
    if (prefix == NULL)
        return mb_fail_memory(error);
    return mb_storage_any(catalog->storage, prefix, any, cancel, error);
}

static mb_status copy_collections(struct mb_arena *arena, const struct mb_backup *backup,
                                  struct mb_backup_summary *summary)
{
    size_t count = backup->collection_count;
    struct mb_collection_name *names = mb_arena_alloc(arena, count + 1, sizeof(*names));
    if (names == NULL)
        return MB_E_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        names[i].db_name = mb_arena_strdup(arena, backup->collections[i].collection.db_name);
        names[i].name = mb_arena_strdup(arena, backup->collections[i].collection.name);
        if (names[i].db_name == NULL || names[i].name == NULL)
            return MB_E_NO_MEMORY;
    }
    summary->collections = names;
    summary->collection_count = count;
    return MB_OK;
}

/* Into the arena of the whole list. */
static mb_status fill_summary(struct summary_job *job, const struct mb_backup *backup, const char *problem,
                              struct mb_error *error)
{
    struct mb_backup_summary *summary = &job->summary;
    struct mb_arena *arena = job->listing->arena;
    pthread_mutex_lock(&job->listing->lock);
    summary->id = mb_arena_strdup(arena, backup->id == NULL ? "" : backup->id);
    summary->milvus_version =
        mb_arena_strdup(arena, backup->milvus_version == NULL ? "" : backup->milvus_version);
    summary->format = mb_arena_strdup(arena, backup->format == NULL ? "" : backup->format);
    summary->problem = mb_arena_strdup(arena, problem);
    summary->size = backup->size;
    mb_status status = copy_collections(arena, backup, summary);
    pthread_mutex_unlock(&job->listing->lock);
    if (status != MB_OK || summary->id == NULL || summary->milvus_version == NULL ||
        summary->format == NULL || summary->problem == NULL)
        return mb_fail_memory(error);
    return MB_OK;
}

/* A backup of snapshots has no size of its own, only its collections have. */
static void add_up(struct mb_backup *backup, bool with_collections)
{
    for (size_t i = 0; mb_backup_is_snapshot(backup) && i < backup->collection_count; i++)
        backup->size += backup->collections[i].size;
    if (!with_collections)
        backup->collection_count = 0;
}

static mb_status read_complete(const struct summary_job *job, const char *dir,
                               const bool present[MB_META_COUNT], const char *stamp,
                               struct mb_meta_draft *draft, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_catalog *catalog = job->listing->catalog;
    const struct mb_catalog_note backup = {job->summary.name, stamp, MB_META_BACKUP, MB_MEMO_BACKUP};
    const struct mb_catalog_note names = {job->summary.name, stamp,
                                          present[MB_META_COLLECTION] ? MB_META_COLLECTION : MB_META_FULL,
                                          MB_MEMO_COLLECTIONS};
    MB_TRY(mb_catalog_read_noted(catalog, dir, &backup, draft, cancel, error));
    return job->listing->with_collections || mb_backup_is_snapshot(&draft->backup)
               ? mb_catalog_read_noted(catalog, dir, &names, draft, cancel, error)
               : MB_OK;
}

/* A description that makes no sense is told in the list; a store that fails, fails the list. */
static mb_status summarise_complete(struct summary_job *job, const struct mb_catalog_scratch *scratch,
                                    const bool present[MB_META_COUNT], const char *stamp,
                                    struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_meta_draft draft = {.arena = scratch->arena, .names_only = true};
    mb_status status = read_complete(job, scratch->dir, present, stamp, &draft, cancel, error);
    add_up(&draft.backup, job->listing->with_collections);
    if (status != MB_OK && status != MB_E_CORRUPT)
        return status;
    struct mb_error reason = *error;
    mb_error_clear(error);
    return fill_summary(job, &draft.backup, status == MB_OK ? "" : reason.message, error);
}

static void tell_record(struct mb_backup_summary *summary, const struct mb_claim_record *record,
                        struct mb_arena *arena, char *problem, size_t cap)
{
    const char *owner = mb_owner_brief(record->owner, arena);
    summary->heart = mb_claim_record_heart(record, mb_claim_record_age(record), MB_HEART_LIMIT_NS);
    if (summary->heart == MB_HEART_FAILED)
        snprintf(problem, cap, "failed at %s: %s", record->failed, record->reason);
    else
        snprintf(problem, cap, "begun by %s at %s and not finished%s%s", owner == NULL ? "" : owner,
                 record->started, *record->heartbeat ? ", last at work at " : "", record->heartbeat);
}

static mb_status keep_failure(struct summary_job *job, const struct mb_claim_record *record,
                              struct mb_error *error)
{
    pthread_mutex_lock(&job->listing->lock);
    job->summary.failed = mb_arena_strdup(job->listing->arena, record->failed);
    job->summary.reason = mb_arena_strdup(job->listing->arena, record->reason);
    pthread_mutex_unlock(&job->listing->lock);
    return job->summary.failed == NULL || job->summary.reason == NULL ? mb_fail_memory(error) : MB_OK;
}

static mb_status summarise_in_progress(struct summary_job *job, const struct mb_catalog_scratch *scratch,
                                       struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_claim_record record;
    struct mb_backup backup = {0};
    char problem[2 * sizeof(error->message)];
    mb_status status =
        mb_claim_record_read_in(job->listing->catalog, scratch->dir, scratch->arena, &record, cancel, error);
    job->summary.heart = MB_HEART_STOPPED;
    if (status == MB_OK) {
        backup.id = record.backup_id;
        tell_record(&job->summary, &record, scratch->arena, problem, sizeof(problem));
        MB_TRY(keep_failure(job, &record, error));
    } else if (status == MB_E_CORRUPT || status == MB_E_NOT_FOUND) {
        snprintf(problem, sizeof(problem), "%s", error->message);
        mb_error_clear(error);
    } else {
        return status;
    }
    return fill_summary(job, &backup, problem, error);
}

/* Somebody else's folder among the backups does not hide them. */
static mb_status summarise_closed(struct summary_job *job, struct mb_error *error)
{
    const struct mb_backup nothing = {0};
    struct mb_error reason = *error;
    mb_error_clear(error);
    job->summary.state = MB_BACKUP_FOREIGN;
    job->is_backup = true;
    return fill_summary(job, &nothing, reason.message, error);
}

static mb_status summarise_part(struct summary_job *job, const struct mb_catalog_scratch *scratch,
                                const bool present[MB_META_COUNT], struct mb_cancel *cancel,
                                struct mb_error *error)
{
    const struct mb_backup nothing = {0};
    mb_status status =
        mb_catalog_refuse(job->listing->catalog, scratch, job->summary.name, present, cancel, error);
    if (status != MB_E_CORRUPT && status != MB_E_NOT_FOUND)
        return status;
    struct mb_error reason = *error;
    mb_error_clear(error);
    return fill_summary(job, &nothing, reason.message, error);
}

static mb_status keep_stamp(struct summary_job *job, const char *stamp, struct mb_error *error)
{
    if (job->listing->catalog->memo == NULL)
        return MB_OK;
    pthread_mutex_lock(&job->listing->lock);
    job->summary.stamp = mb_arena_strdup(job->listing->arena, stamp);
    pthread_mutex_unlock(&job->listing->lock);
    return job->summary.stamp != NULL ? MB_OK : mb_fail_memory(error);
}

static mb_status summarise_in(struct summary_job *job, const struct mb_catalog_scratch *scratch,
                              struct mb_cancel *cancel, struct mb_error *error)
{
    bool present[MB_META_COUNT];
    bool any = false;
    const char *stamp = NULL;
    mb_status status = mb_catalog_find_stamped(job->listing->catalog, scratch->dir, present, scratch->arena,
                                               &stamp, cancel, error);
    if (status == MB_E_FORBIDDEN)
        return summarise_closed(job, error);
    MB_TRY(status);
    if (mb_catalog_is_whole(present)) {
        job->summary.state = MB_BACKUP_COMPLETE;
        MB_TRY(summarise_complete(job, scratch, present, stamp, cancel, error));
        MB_TRY(keep_stamp(job, stamp, error));
    } else if (present[MB_META_IN_PROGRESS]) {
        job->summary.state = MB_BACKUP_IN_PROGRESS;
        MB_TRY(summarise_in_progress(job, scratch, cancel, error));
    } else {
        for (int i = 0; i < MB_META_COUNT; i++)
            any = any || present[i];
        if (!any)
            MB_TRY(find_binlogs(job->listing->catalog, scratch, &any, cancel, error));
        if (!any)
            return MB_OK;
        job->summary.state = MB_BACKUP_FOREIGN;
        MB_TRY(summarise_part(job, scratch, present, cancel, error));
    }
    job->is_backup = true;
    return MB_OK;
}

static mb_status summarise(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    struct summary_job *job = ctx;
    struct mb_catalog_scratch scratch;
    MB_TRY(mb_catalog_scratch_init(&scratch, job->listing->catalog, job->summary.name, error));
    mb_status status = summarise_in(job, &scratch, cancel, error);
    mb_catalog_scratch_done(&scratch);
    if (status == MB_E_NOT_FOUND) { /* deleted since its files were listed */
        mb_error_clear(error);
        job->is_backup = false;
        return MB_OK;
    }
    return status;
}

static mb_status run_jobs(struct summary_job *jobs, size_t count, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    struct mb_pool *pool = mb_pool_new(PARALLEL_READS);
    struct mb_group *group = pool == NULL ? NULL : mb_group_new(pool, cancel);
    mb_status status = group == NULL ? mb_fail_memory(error) : MB_OK;
    for (size_t i = 0; i < count && status == MB_OK; i++)
        status = mb_group_submit(group, summarise, &jobs[i], error);
    if (status == MB_OK)
        status = mb_group_wait(group, error);
    mb_group_free(group);
    mb_pool_free(pool);
    return status;
}

static mb_status collect(const struct summary_job *jobs, size_t job_count, struct mb_arena *arena,
                         struct mb_backup_summary **out, size_t *count, struct mb_error *error)
{
    struct mb_backup_summary *summaries = mb_arena_alloc(arena, job_count + 1, sizeof(*summaries));
    size_t n = 0;
    if (summaries == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < job_count; i++)
        if (jobs[i].is_backup)
            summaries[n++] = jobs[i].summary;
    *out = summaries;
    *count = n;
    return MB_OK;
}

mb_status mb_catalog_list(const struct mb_catalog *catalog, bool with_collections, struct mb_arena *arena,
                          struct mb_backup_summary **out, size_t *count, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    struct listing_job listing = {.catalog = catalog, .with_collections = with_collections, .arena = arena};
    struct names names = {0};
    struct summary_job *jobs = NULL;
    uint64_t begun = mb_memo_begin(catalog->memo);
    mb_status status = list_names(catalog, arena, &names, cancel, error);
    if (status != MB_OK)
        goto out;
    jobs = calloc(names.count + 1, sizeof(*jobs));
    if (jobs == NULL) {
        status = mb_fail_memory(error);
        goto out;
    }
    for (size_t i = 0; i < names.count; i++)
        jobs[i] = (struct summary_job){
            .listing = &listing,
            .summary = {.name = names.items[i], .failed = "", .reason = "", .stamp = ""}};
    pthread_mutex_init(&listing.lock, NULL);
    status = run_jobs(jobs, names.count, cancel, error);
    pthread_mutex_destroy(&listing.lock);
    if (status == MB_OK)
        status = collect(jobs, names.count, arena, out, count, error);
    if (status == MB_OK)
        mb_memo_end(catalog->memo, begun);
out:
    free(jobs);
    free(names.items);
    return status;
}
