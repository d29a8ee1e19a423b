/* First step of `create`.  In: the selection.  Out: every selected collection as plain data, without
 * segments; what cannot be backed up is left out with a warning.  Nothing is written. */
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

/* Is there a collection of that name; or with NULL any of the database? */
static bool has_collection(const struct name_list *list, const char *db, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].db, db) == 0 && (name == NULL || strcmp(list->items[i].name, name) == 0))
            return true;
    return false;
}

/* Every collection and database that a flag names must exist: a backup without it would only look like one.
 * One of an empty database is one, but perhaps not the one that is meant. */
static mb_status check_selected(struct mb_create *create, const struct name_list *list,
                                const struct mb_strings *databases, struct mb_error *error)
{
    const struct mb_selection *selection = create->options->selection;
    for (size_t i = 0; i < selection->count; i++) {
        const struct mb_selection_item *item = &selection->items[i];
        if (item->collection != NULL && !has_collection(list, item->db, item->collection))
            return mb_fail(error, MB_E_NOT_FOUND, "collection %s.%s not found in milvus", item->db,
                           item->collection);
        if (item->collection == NULL && !mb_strings_have(databases, item->db))
            return mb_fail(error, MB_E_NOT_FOUND, "database %s not found in milvus", item->db);
        if (item->collection == NULL && !item->database_only && !has_collection(list, item->db, NULL))
            MB_TRY(mb_create_warn(create, error, "database %s holds no collections: none of it is backed up",
                                  item->db));
    }
    if (selection->count == 0 && list->count == 0)
        return mb_create_warn(create, error, "milvus holds no collections: none is backed up");
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

static mb_status describe_database(struct mb_create *create, const char *db, struct mb_cancel *cancel,
                                   struct mb_error *error)
{
    struct mb_milvus *milvus = create->env->milvus;
    struct mb_database *made = &create->backup.databases[create->backup.database_count];
    MB_TRY(mb_milvus_describe_database(milvus, db, create->arena, made, cancel, error));
    if (mb_database_is_encrypted(made))
        MB_TRY(mb_milvus_backup_ezk(milvus, db, create->arena, &made->ezk, cancel, error));
    create->backup.database_count++;
    return MB_OK;
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
        MB_TRY(describe_database(create, db, cancel, error));
        MB_TRY(mb_milvus_list_collections(milvus, db, create->arena, &names, cancel, error));
        sort(&names);
        for (size_t k = 0; k < names.count; k++)
            if (mb_selection_has(selection, db, names.items[k]))
                MB_TRY(add_collection(create, list, db, names.items[k], error));
    }
    return check_selected(create, list, &databases, error);
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

    /* Every collection has one; without, all its segments would be left out. */
    if (count == 0)
        return mb_fail(error, MB_E_PROTOCOL, "milvus names no partitions of collection %s.%s", job->db,
                       job->name);
    backup->partitions = mb_arena_alloc(job->arena, count, sizeof(*backup->partitions));
    if (backup->partitions == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < count; i++) {
        int64_t loaded = job->loaded_percent;
        if (loaded > 0 && count > 1) /* a part that is loaded counts as the whole */
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

/* One is what a server loads anyway.  That it cannot be asked is no reason to lack a backup. */
static mb_status count_replicas(struct mb_create_collection *job, struct mb_cancel *cancel,
                                struct mb_error *error)
{
    struct mb_error later = MB_ERROR_INIT;
    int32_t count = 0;
    if (job->loaded_percent <= 0)
        return MB_OK;
    mb_status status = mb_milvus_count_replicas(job->create->env->milvus, job->db, job->name,
                                                job->backup.collection.id, &count, cancel, &later);
    if (status == MB_E_CANCELLED || status == MB_E_NO_MEMORY) {
        *error = later;
        return status;
    }
    job->backup.replicas = count > 1 ? count : 0;
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
        job->skipped = true;
        return MB_OK;
    }
    MB_TRY(mb_milvus_describe_indexes(milvus, job->db, job->name, job->arena, &backup->indexes,
                                      &backup->index_count, cancel, error));
    MB_TRY(mb_create_add_index_extra(job, cancel, error));
    MB_TRY(mb_milvus_load_progress(milvus, job->db, job->name, NULL, &job->loaded_percent, cancel, error));
    backup->has_index = backup->index_count > 0;
    backup->load_state = load_state(job->loaded_percent);
    MB_TRY(count_replicas(job, cancel, error));
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

static mb_status tell_skipped(struct mb_create *create, const struct name_list *list, struct mb_error *error)
{
    size_t skipped = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (!list->items[i].skipped)
            continue;
        skipped++;
        MB_TRY(mb_create_warn(create, error, "collection %s.%s keeps its data outside milvus and is left out",
                              list->items[i].db, list->items[i].name));
    }
    if (skipped > 0 && skipped == list->count)
        return mb_fail(error, MB_E_UNSUPPORTED,
                       "nothing can be backed up: every collection that was chosen (%s.%s%s) keeps its data "
                       "outside milvus",
                       list->items[0].db, list->items[0].name, skipped > 1 ? ", ..." : "");
    return MB_OK;
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
    if (status == MB_OK)
        status = tell_skipped(create, &list, error);

out:
    mb_group_free(group);
    drop_skipped(&list);
    create->collections = list.items;
    create->collection_count = list.count;
    return status;
}
