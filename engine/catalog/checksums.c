#include "catalog/checksums.h"

#include "base/arena.h"
#include "base/text.h"
#include "catalog/layout.h"
#include "catalog/objects.h"

#include <stdlib.h>

struct entry {
    uint64_t hash;
    uint32_t crc32c;
    bool has_crc32c;
};

struct mb_checksums {
    struct mb_arena *arena;
    const char *place; /* of the backup, for messages */
    const char *dir;
    struct entry *entries; /* by hash */
    size_t count;
    size_t cap;
};

static int compare(const void *a, const void *b)
{
    uint64_t x = ((const struct entry *)a)->hash;
    uint64_t y = ((const struct entry *)b)->hash;
    return x < y ? -1 : x > y;
}

static mb_status add(struct mb_checksums *checksums, const struct mb_object_record *record,
                     struct mb_error *error)
{
    if (checksums->count == checksums->cap) {
        size_t cap = checksums->cap ? checksums->cap * 2 : 256;
        struct entry *entries = reallocarray(checksums->entries, cap, sizeof(*entries));
        if (entries == NULL)
            return mb_fail_memory(error);
        checksums->entries = entries;
        checksums->cap = cap;
    }
    checksums->entries[checksums->count++] = (struct entry){
        .hash = mb_text_hash(record->key), .crc32c = record->crc32c, .has_crc32c = record->has_crc32c};
    return MB_OK;
}

static mb_status read_all(struct mb_checksums *checksums, struct mb_storage *storage,
                          struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_objects_reader *reader = NULL;
    const struct mb_object_record *record;
    char *key = mb_layout_meta_key(checksums->arena, checksums->dir, MB_META_OBJECTS);
    if (key == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_objects_open(&reader, storage, key, cancel, error);
    while (status == MB_OK && (status = mb_objects_next(reader, &record, error)) == MB_OK)
        status = add(checksums, record, error);
    mb_objects_close(reader);
    return status == MB_END || status == MB_E_NOT_FOUND ? MB_OK : status;
}

/* An object that was recorded twice is one object. */
static void sort(struct mb_checksums *checksums)
{
    size_t kept = 0;
    if (checksums->count > 0)
        qsort(checksums->entries, checksums->count, sizeof(*checksums->entries), compare);
    for (size_t i = 0; i < checksums->count; i++)
        if (kept == 0 || checksums->entries[i].hash != checksums->entries[kept - 1].hash)
            checksums->entries[kept++] = checksums->entries[i];
    checksums->count = kept;
}

mb_status mb_checksums_read(struct mb_checksums **out, struct mb_storage *storage, const char *dir,
                            struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_checksums *checksums = calloc(1, sizeof(*checksums));
    if (checksums != NULL)
        checksums->arena = mb_arena_new();
    if (checksums == NULL || checksums->arena == NULL) {
        free(checksums);
        return mb_fail_memory(error);
    }
    checksums->place = mb_arena_strdup(checksums->arena, mb_storage_info(storage)->location);
    checksums->dir = mb_arena_strdup(checksums->arena, dir);
    mb_status status = checksums->place == NULL || checksums->dir == NULL
                           ? mb_fail_memory(error)
                           : read_all(checksums, storage, cancel, error);
    if (status != MB_OK) {
        mb_checksums_free(checksums);
        return status;
    }
    sort(checksums);
    *out = checksums;
    return MB_OK;
}

void mb_checksums_free(struct mb_checksums *checksums)
{
    if (checksums == NULL)
        return;
    free(checksums->entries);
    mb_arena_free(checksums->arena);
    free(checksums);
}

static struct entry *find(const struct mb_checksums *checksums, const char *name)
{
    const struct entry wanted = {.hash = mb_text_hash(name)};
    if (checksums->count == 0)
        return NULL;
    return bsearch(&wanted, checksums->entries, checksums->count, sizeof(wanted), compare);
}

bool mb_checksums_find(const struct mb_checksums *checksums, const char *name, uint32_t *crc32c)
{
    const struct entry *found = find(checksums, name);
    if (found == NULL || !found->has_crc32c)
        return false;
    *crc32c = found->crc32c;
    return true;
}

mb_status mb_checksums_compare(const struct mb_checksums *checksums, const char *name, uint32_t crc32c,
                               bool *compared, struct mb_error *error)
{
    uint32_t recorded = 0;
    *compared = mb_checksums_find(checksums, name, &recorded);
    if (!*compared || recorded == crc32c)
        return MB_OK;
    return mb_fail(
        error, MB_E_CORRUPT,
        "%s/%s in %s: the CRC32C of its bytes is %08x, but %08x was recorded when the backup was made; "
        "run it again, and if it stays so take the object from another copy of the backup",
        checksums->dir, name, checksums->place, crc32c, recorded);
}
