#include "relocate/checksums.h"

#include "catalog/objects.h"

#include <stdlib.h>

struct entry {
    uint64_t hash;
    uint32_t crc32c;
};

struct mb_checksums {
    struct entry *entries; /* by hash */
    size_t count;
    size_t cap;
};

/* FNV-1a; that two of a backup's keys share a value of 64 bits is not going to happen. */
static uint64_t hash_of(const char *key)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *key != '\0'; key++)
        hash = (hash ^ (uint8_t)*key) * UINT64_C(1099511628211);
    return hash;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = ((const struct entry *)a)->hash;
    uint64_t y = ((const struct entry *)b)->hash;
    return x < y ? -1 : x > y;
}

static mb_status add(struct mb_checksums *checksums, const struct mb_object_record *record,
                     struct mb_error *error)
{
    if (!record->has_crc32c)
        return MB_OK;
    if (checksums->count == checksums->cap) {
        size_t cap = checksums->cap ? checksums->cap * 2 : 256;
        struct entry *entries = reallocarray(checksums->entries, cap, sizeof(*entries));
        if (entries == NULL)
            return mb_fail_memory(error);
        checksums->entries = entries;
        checksums->cap = cap;
    }
    checksums->entries[checksums->count++] =
        (struct entry){.hash = hash_of(record->key), .crc32c = record->crc32c};
    return MB_OK;
}

mb_status mb_checksums_read(struct mb_checksums **out, struct mb_storage *storage, const char *key,
                            struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_objects_reader *reader = NULL;
    const struct mb_object_record *record;
    struct mb_checksums *checksums = calloc(1, sizeof(*checksums));
    if (checksums == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_objects_open(&reader, storage, key, cancel, error);
    while (status == MB_OK && (status = mb_objects_next(reader, &record, error)) == MB_OK)
        status = add(checksums, record, error);
    mb_objects_close(reader);
    if (status < 0 && status != MB_E_NOT_FOUND) {
        mb_checksums_free(checksums);
        return status;
    }
    if (checksums->count > 0)
        qsort(checksums->entries, checksums->count, sizeof(*checksums->entries), compare);
    *out = checksums;
    return MB_OK;
}

void mb_checksums_free(struct mb_checksums *checksums)
{
    if (checksums == NULL)
        return;
    free(checksums->entries);
    free(checksums);
}

bool mb_checksums_find(const struct mb_checksums *checksums, const char *key, uint32_t *crc32c)
{
    const struct entry wanted = {.hash = hash_of(key)};
    const struct entry *found =
        checksums->count ? bsearch(&wanted, checksums->entries, checksums->count, sizeof(wanted), compare)
                         : NULL;
    if (found == NULL)
        return false;
    *crc32c = found->crc32c;
    return true;
}
