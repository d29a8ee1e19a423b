#include "backup/create.h"
#include "catalog/layout.h"

#include <string.h>

static const struct mb_segment *first_with_rows(const struct mb_create_collection *collection)
{
    for (size_t i = 0; i < collection->segment_count; i++) {
        const struct mb_segment *segment = &collection->segments[i];
        if (segment->level != 1 && segment->rows > 0 && segment->state == MB_SEGMENT_FLUSHED)
            return segment;
    }
    return NULL;
}

/* Looks one level below the store's top for another folder that Milvus could be writing to. */
static mb_status find_other_root(struct mb_storage *store, struct mb_arena *arena, const char **out,
                                 struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry;
    bool any = false;
    MB_TRY(mb_storage_any(store, "insert_log/", &any, cancel, error));
    if (any) {
        *out = "";
        return MB_OK;
    }
    MB_TRY(mb_listing_open(&listing, store, "", "/", cancel, error));
    mb_status status;
    while ((status = mb_listing_next(listing, &entry, error)) == MB_OK && !any) {
        if (!(entry->flags & MB_ENTRY_PREFIX))
            continue;
        const char *prefix = mb_arena_printf(arena, "%sinsert_log/", entry->key);
        if (prefix == NULL)
            status = mb_fail_memory(error);
        else if ((status = mb_storage_any(store, prefix, &any, cancel, error)) == MB_OK && any)
            *out = mb_key_clean(arena, entry->key);
        if (status < 0)
            break;
    }
    mb_listing_close(listing);
    return status < 0 ? status : MB_OK;
}

/* The segment's binlogs are not where the configuration says: finds out which key is to blame. */
static mb_status blame(struct mb_create_collection *collection, const struct mb_segment *segment,
                       struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_backup_env *env = collection->create->env;
    const struct mb_backup_keys *keys = &env->milvus_keys;
    const char *place = mb_storage_info(env->milvus_store)->location;
    const char *other = NULL;
    bool any = false;
    char *logs = mb_key_join(collection->arena, env->milvus_root, "insert_log");
    char *prefix = logs ? mb_arena_printf(collection->arena, "%s/", logs) : NULL;
    if (prefix == NULL)
        return mb_fail_memory(error);

    MB_TRY(mb_storage_any(env->milvus_store, prefix, &any, cancel, error));
    if (any)
        return mb_fail(
            error, MB_E_CONFIG,
            "%s is not the storage of this milvus: it has %s, but not segment %lld of collection %s.%s; "
            "correct %s or %s",
            place, prefix, (long long)segment->id, collection->db, collection->name, keys->bucket,
            keys->address);
    MB_TRY(find_other_root(env->milvus_store, collection->arena, &other, cancel, error));
    if (other != NULL)
        return mb_fail(
            error, MB_E_CONFIG,
            "nothing of collection %s.%s lies under \"%s\" in %s, but \"%s\" holds data of a milvus; correct "
            "%s (now \"%s\")",
            collection->db, collection->name, env->milvus_root, place, other, keys->root_path,
            env->milvus_root);
    return mb_fail(
        error, MB_E_CONFIG,
        "nothing that milvus wrote is in %s, under \"%s\" or anywhere else, yet collection %s.%s has rows; "
        "correct %s or %s",
        place, env->milvus_root, collection->db, collection->name, keys->bucket, keys->address);
}

static mb_status check(struct mb_create_collection *collection, const struct mb_segment *segment,
                       struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_backup_env *env = collection->create->env;
    struct mb_buf prefix;
    bool any = false;
    mb_buf_init(&prefix, 4096);
    mb_status status = mb_layout_source_insert_prefix(&prefix, env->milvus_root, segment->collection_id,
                                                      segment->partition_id, segment->id);
    if (status < 0)
        mb_buf_status(&prefix, error);
    if (status == MB_OK)
        status = mb_storage_any(env->milvus_store, prefix.data, &any, cancel, error);
    if (status == MB_OK && !any)
        status = blame(collection, segment, cancel, error);
    mb_buf_done(&prefix);
    return status;
}

mb_status mb_create_check_storage(struct mb_create_collection *collection, struct mb_cancel *cancel,
                                  struct mb_error *error)
{
    struct mb_create *create = collection->create;
    const struct mb_segment *segment = first_with_rows(collection);
    mb_status status = MB_OK;
    if (segment == NULL)
        return MB_OK;
    pthread_mutex_lock(&create->storage_lock);
    if (!create->storage_checked) {
        status = check(collection, segment, cancel, error);
        create->storage_checked = status == MB_OK;
    }
    pthread_mutex_unlock(&create->storage_lock);
    return status;
}
