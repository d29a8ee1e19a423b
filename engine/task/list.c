/* The list of backups: from a catalog's summaries, and with details from the descriptions. */
#include "task/list.h"
#include "base/pool.h"
#include "catalog/layout.h"
#include "catalog/memo.h"
#include "task/details.h"
#include "task/query.h"

#include <stdlib.h>
#include <string.h>

enum { PARALLEL_READS = 8 };

struct mb_backup_list {
    struct mb_arena *arena;
    struct mb_backup_summary *items;
    struct mb_details *details; /* of the same length; NULL where they were not asked for */
    size_t count;
};

static bool is_called(const struct mb_collection_name *collection, const char *name)
{
    size_t db_len = strlen(collection->db_name);
    if (strcmp(collection->name, name) == 0)
        return true;
    return strncmp(collection->db_name, name, db_len) == 0 && name[db_len] == '.' &&
           strcmp(collection->name, name + db_len + 1) == 0;
}

/* What cannot be read may hold any collection, but nobody can say so. */
static bool holds(const struct mb_backup_summary *backup, const char *collection)
{
    for (size_t i = 0; i < backup->collection_count; i++)
        if (is_called(&backup->collections[i], collection))
            return true;
    return false;
}

static void keep_holders(struct mb_backup_list *list, const char *collection)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (holds(&list->items[i], collection))
            list->items[kept++] = list->items[i];
    list->count = kept;
}

static int32_t state_of(const struct mb_backup_summary *backup)
{
    switch (backup->state) {
    case MB_BACKUP_COMPLETE:
        return *backup->problem == '\0' ? MB_STATE_COMPLETE : MB_STATE_UNREADABLE;
    case MB_BACKUP_IN_PROGRESS:
        return backup->heart == MB_HEART_BEATS    ? MB_STATE_IN_PROGRESS
               : backup->heart == MB_HEART_FAILED ? MB_STATE_FAILED
                                                  : MB_STATE_INTERRUPTED;
    case MB_BACKUP_ABSENT:
    case MB_BACKUP_FOREIGN:
    default:
        return MB_STATE_FOREIGN;
    }
}

struct detail_job {
    const struct mb_catalog *catalog;
    const struct mb_backup_summary *backup;
    struct mb_details *out;
};

static bool recall(const struct detail_job *job)
{
    const char *kept = NULL;
    size_t len = 0;
    struct mb_arena *arena = mb_arena_new();
    bool found = arena != NULL && mb_memo_get(job->catalog->memo, job->backup->name, job->backup->stamp,
                                              MB_MEMO_DETAILS, arena, &kept, &len);
    if (found)
        memcpy(job->out, kept, sizeof *job->out);
    mb_arena_free(arena);
    return found;
}

static mb_status read_details(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct detail_job *job = ctx;
    const struct mb_backup_summary *backup = job->backup;
    if (recall(job))
        return MB_OK;
    MB_TRY(mb_details_read(job->catalog, backup->name, job->out, cancel, error));
    if (job->out->rows >= 0)
        mb_memo_put(job->catalog->memo, backup->name, backup->stamp, MB_MEMO_DETAILS, job->out,
                    sizeof *job->out);
    return MB_OK;
}

static mb_status read_all_details(struct mb_backup_list *list, const struct mb_catalog *catalog,
                                  struct mb_pool *pool, struct mb_cancel *cancel, struct mb_error *error)
{
    struct detail_job *jobs = mb_arena_alloc(list->arena, list->count + 1, sizeof *jobs);
    struct mb_group *group = mb_group_new(pool, cancel);
    mb_status status = jobs == NULL || group == NULL ? mb_fail_memory(error) : MB_OK;

    for (size_t i = 0; i < list->count && status == MB_OK; i++) {
        jobs[i] = (struct detail_job){catalog, &list->items[i], &list->details[i]};
        list->details[i] = MB_DETAILS_UNKNOWN;
        if (state_of(&list->items[i]) == MB_STATE_COMPLETE)
            status = mb_group_submit(group, read_details, &jobs[i], error);
    }
    if (group != NULL && status == MB_OK)
        status = mb_group_wait(group, error);
    mb_group_free(group);
    return status;
}

static mb_status add_details(struct mb_backup_list *list, const struct mb_catalog *catalog,
                             struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_pool *pool = mb_pool_new(PARALLEL_READS);
    list->details = mb_arena_alloc(list->arena, list->count + 1, sizeof *list->details);
    mb_status status = pool == NULL || list->details == NULL
                           ? mb_fail_memory(error)
                           : read_all_details(list, catalog, pool, cancel, error);
    mb_pool_free(pool);
    return status;
}

static mb_status fill(struct mb_backup_list *list, const struct mb_catalog *catalog,
                      const struct mb_list_request *request, struct mb_cancel *cancel, struct mb_error *error)
{
    if (catalog->storage == NULL)
        return MB_OK;
    MB_TRY(mb_catalog_list(catalog, request->with_collections || request->collection != NULL, list->arena,
                           &list->items, &list->count, cancel, error));
    if (request->collection != NULL)
        keep_holders(list, request->collection);
    return request->with_details ? add_details(list, catalog, cancel, error) : MB_OK;
}

mb_status mb_list_read(const struct mb_catalog *catalog, const struct mb_list_request *request,
                       struct mb_backup_list **out, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_backup_list *list = calloc(1, sizeof *list);
    if (list == NULL)
        return mb_fail_memory(error);
    list->arena = mb_arena_new();
    mb_status status =
        list->arena == NULL ? mb_fail_memory(error) : fill(list, catalog, request, cancel, error);
    if (status != MB_OK) {
        mb_backup_list_free(list);
        return status;
    }
    *out = list;
    return MB_OK;
}

static mb_status read_list(struct mb_session *session, const struct mb_list_request *request,
                           struct mb_backup_list **out, struct mb_error *error)
{
    struct mb_catalog catalog;
    MB_TRY(mb_query_catalog(session, &catalog, error));
    return mb_list_read(&catalog, request, out, session->cancel, error);
}

static mb_status list_backups(struct mb_session *session, const struct mb_list_request *given,
                              struct mb_backup_list **out, struct mb_error *error)
{
    static const struct mb_list_request everything = {.struct_size = sizeof everything};
    struct mb_list_request request;
    struct mb_visit visit;

    if (session == NULL || out == NULL)
        return mb_abi_missing(session == NULL ? "session" : "place for the list", error);
    MB_TRY(mb_abi_take(&request, sizeof request, given != NULL ? given : &everything,
                       MB_UP_TO(struct mb_list_request, with_details), "request", error));
    mb_visit_begin(&visit, session);
    mb_status status = read_list(session, &request, out, error);
    mb_visit_end(&visit);
    return status;
}

mb_status mb_session_list(struct mb_session *session, const struct mb_list_request *request,
                          struct mb_backup_list **out, struct mb_error *error)
{
    MB_ANSWER(error, list_backups(session, request, out, &own));
}

void mb_backup_list_free(struct mb_backup_list *list)
{
    if (list == NULL)
        return;
    mb_arena_free(list->arena);
    free(list);
}

size_t mb_backup_list_count(const struct mb_backup_list *list)
{
    return list != NULL ? list->count : 0;
}

static mb_status find(const struct mb_backup_list *list, size_t i, const struct mb_backup_summary **out,
                      struct mb_error *error)
{
    if (list == NULL)
        return mb_abi_missing("list", error);
    if (i >= list->count)
        return mb_fail(error, MB_E_NOT_FOUND, "the list has no backup %zu", i);
    *out = &list->items[i];
    return MB_OK;
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static mb_status entry_at(const struct mb_backup_list *list, size_t i, struct mb_backup_entry *out,
                          struct mb_error *error)
{
    const struct mb_backup_summary *backup = NULL;
    MB_TRY(find(list, i, &backup, error));
    const struct mb_details details = list->details != NULL ? list->details[i] : MB_DETAILS_UNKNOWN;
    const char *format = or_empty(backup->format);
    const struct mb_backup_entry value = {.name = backup->name,
                                          .state = state_of(backup),
                                          .id = or_empty(backup->id),
                                          .milvus_version = or_empty(backup->milvus_version),
                                          .format = *format != '\0' ? format : "binlog",
                                          .size = backup->size,
                                          .failed = or_empty(backup->failed),
                                          .reason = or_empty(backup->reason),
                                          .problem = or_empty(backup->problem),
                                          .collection_count = backup->collection_count,
                                          .rows = details.rows,
                                          .made_ms = details.made_ms,
                                          .took_ms = details.took_ms};
    return mb_abi_give(out, MB_UP_TO(struct mb_backup_entry, took_ms), &value, sizeof value, error);
}

mb_status mb_backup_list_at(const struct mb_backup_list *list, size_t i, struct mb_backup_entry *out,
                            struct mb_error *error)
{
    MB_ANSWER(error, entry_at(list, i, out, &own));
}

static mb_status collection_at(const struct mb_backup_list *list, size_t i, size_t j,
                               struct mb_backup_collection *out, struct mb_error *error)
{
    const struct mb_backup_summary *backup = NULL;
    MB_TRY(find(list, i, &backup, error));
    if (j >= backup->collection_count)
        return mb_fail(error, MB_E_NOT_FOUND, "the backup has no collection %zu", j);
    const struct mb_backup_collection value = {.db = backup->collections[j].db_name,
                                               .name = backup->collections[j].name};
    return mb_abi_give(out, MB_UP_TO(struct mb_backup_collection, name), &value, sizeof value, error);
}

mb_status mb_backup_list_collection(const struct mb_backup_list *list, size_t i, size_t j,
                                    struct mb_backup_collection *out, struct mb_error *error)
{
    MB_ANSWER(error, collection_at(list, i, j, out, &own));
}
