#include "backup/create.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct name_list {
    struct mb_create_collection *items;
    size_t count;
};

static mb_status add_collection(struct mb_create *create, struct name_list *list, const char *db,
                                const char *name, struct mb_error *error)
{
    if ((list->count & (list->count - 1)) == 0) {
        size_t cap = list->count ? list->count * 2 : 1;
        struct mb_create_collection *items = mb_arena_alloc(create->arena, cap, sizeof(*items));
        if (items == NULL)
            return mb_fail_memory(error);
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof(*items));
        list->items = items;
    }
    struct mb_create_collection *added = &list->items[list->count++];
    *added = (struct mb_create_collection){
        .create = create, .db = db, .name = mb_arena_strdup(create->arena, name)};
    added->arena = mb_arena_new();
    if (added->arena == NULL || added->name == NULL)
        return mb_fail_memory(error);
    return MB_OK;
}

/* Every collection that a flag names must exist: a backup without it would only look like one. */
static mb_status check_selected(const struct mb_selection *selection, const struct name_list *list,
                                const struct mb_strings *databases, struct mb_error *error)
{
    for (size_t i = 0; i < selection->count; i++) {
        const struct mb_selection_item *item = &selection->items[i];
        bool found = false;
        for (size_t k = 0; k < databases->count && item->collection == NULL; k++)
            found = found || strcmp(databases->items[k], item->db) == 0;
        for (size_t k = 0; k < list->count && item->collection != NULL; k++)
            found = found || (strcmp(list->items[k].db, item->db) == 0 &&
                              strcmp(list->items[k].name, item->collection) == 0);
        if (found)
            continue;
        if (item->collection == NULL)
            return mb_fail(error, MB_E_NOT_FOUND, "database %s not found in milvus", item->db);
        return mb_fail(error, MB_E_NOT_FOUND, "collection %s.%s not found in milvus", item->db,
                       item->collection);
    }
    return MB_OK;
}

static int by_text(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

/* Milvus names them in another order every time; a resumed create must plan the same as the one before. */
static void sort(struct mb_strings *names)
{
    if (names->count > 0)
        qsort(names->items, names->count, sizeof(*names->items), by_text);
}

static mb_status find_collections(struct mb_create *create, struct name_list *list, struct mb_cancel *cancel,
                                  struct mb_error *error)
{
    const struct mb_selection *selection = create->options->selection;
    struct mb_milvus *milvus = create->env->milvus;
    struct mb_strings databases;
    MB_TRY(mb_milvus_list_databases(milvus, create->arena, &databases, cancel, error));
    sort(&databases);

    create->backup.databases = mb_arena_alloc(create->arena, databases.count, sizeof(struct mb_database));
    if (create->backup.databases == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < databases.count; i++) {
        const char *db = databases.items[i];
        struct mb_strings names;
        if (!mb_selection_has_database(selection, db))
            continue;
        MB_TRY(mb_milvus_describe_database(milvus, db, create->arena,
                                           &create->backup.databases[create->backup.database_count], cancel,
                                           error));
        create->backup.database_count++;
        MB_TRY(mb_milvus_list_collections(milvus, db, create->arena, &names, cancel, error));
        sort(&names);
        for (size_t k = 0; k < names.count; k++)
            if (mb_selection_has(selection, db, names.items[k]))
                MB_TRY(add_collection(create, list, db, names.items[k], error));
    }
    return check_selected(selection, list, &databases, error);
}

static const char *load_state(int64_t percent)
{
    if (percent <= 0)
        return "NotLoad";
    return percent >= 100 ? "Loaded" : "Loading";
}

static bool is_blank(const char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    return *text == '\0';
}

mb_status mb_create_describe_partitions(struct mb_create_collection *job, struct mb_cancel *cancel,
                                        struct mb_error *error)
{
    struct mb_milvus *milvus = job->create->env->milvus;
    struct mb_collection_backup *backup = &job->backup;
    struct mb_partition *partitions;
    size_t count;
    MB_TRY(mb_milvus_list_partitions(milvus, job->db, job->name, job->arena, &partitions, &count, cancel,
                                     error));

    backup->partitions = mb_arena_alloc(job->arena, count, sizeof(*backup->partitions));
    if (backup->partitions == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < count; i++) {
        int64_t loaded = job->loaded_percent;
        if (loaded > 0 && loaded < 100)
            MB_TRY(mb_milvus_load_progress(milvus, job->db, job->name, partitions[i].name, &loaded, cancel,
                                           error));
        backup->partitions[i] = (struct mb_partition_backup){.id = partitions[i].id,
                                                             .name = partitions[i].name,
                                                             .collection_id = backup->collection.id,
                                                             .load_state = load_state(loaded)};
    }
    backup->partition_count = count;
    return MB_OK;
}

static mb_status describe_collection(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_create_collection *job = ctx;
    struct mb_milvus *milvus = job->create->env->milvus;
    struct mb_collection_backup *backup = &job->backup;

    MB_TRY(mb_milvus_describe_collection(milvus, job->db, job->name, job->arena, &backup->collection, cancel,
                                         error));
    if (!is_blank(backup->collection.schema.external_source)) {
        mb_log(job->create->env->log, MB_LOG_WARN,
               "collection %s.%s keeps its data outside milvus and is left out", job->db, job->name);
        job->skipped = true;
        return MB_OK;
    }
    MB_TRY(mb_milvus_describe_indexes(milvus, job->db, job->name, job->arena, &backup->indexes,
                                      &backup->index_count, cancel, error));
    MB_TRY(mb_milvus_load_progress(milvus, job->db, job->name, NULL, &job->loaded_percent, cancel, error));
    backup->has_index = backup->index_count > 0;
    backup->load_state = load_state(job->loaded_percent);
    return mb_create_describe_partitions(job, cancel, error);
}

static void drop_skipped(struct name_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].skipped)
            mb_arena_free(list->items[i].arena);
        else
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

mb_status mb_create_describe(struct mb_create *create, struct mb_pool *pool, struct mb_cancel *cancel,
                             struct mb_error *error)
{
    struct name_list list = {0};
    struct mb_group *group = NULL;
    mb_status status = find_collections(create, &list, cancel, error);
    if (status < 0)
        goto out;
    group = mb_group_new(pool, cancel);
    if (group == NULL) {
        status = mb_fail_memory(error);
        goto out;
    }
    for (size_t i = 0; i < list.count && status == MB_OK; i++)
        status = mb_group_submit(group, describe_collection, &list.items[i], error);
    if (status == MB_OK)
        status = mb_group_wait(group, error);

out:
    mb_group_free(group);
    drop_skipped(&list);
    create->collections = list.items;
    create->collection_count = list.count;
    return status;
}
