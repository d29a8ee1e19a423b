#include "storage/listing_memory.h"

#include "base/text.h"

#include <stdlib.h>

static size_t slot_of(const struct mb_hash_set *set, uint64_t hash)
{
    size_t at = (size_t)hash & (set->cap - 1);
    while (set->slots[at] != 0 && set->slots[at] != hash)
        at = (at + 1) & (set->cap - 1);
    return at;
}

static bool contains(const struct mb_hash_set *set, uint64_t hash)
{
    return set->cap > 0 && set->slots[slot_of(set, hash)] == hash;
}

static mb_status grow(struct mb_hash_set *set, struct mb_error *error)
{
    struct mb_hash_set larger = {.cap = set->cap > 0 ? set->cap * 2 : 64, .count = set->count};
    larger.slots = calloc(larger.cap, sizeof(*larger.slots));
    if (larger.slots == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < set->cap; i++)
        if (set->slots[i] != 0)
            larger.slots[slot_of(&larger, set->slots[i])] = set->slots[i];
    free(set->slots);
    *set = larger;
    return MB_OK;
}

static mb_status add(struct mb_hash_set *set, uint64_t hash, struct mb_error *error)
{
    if (set->count * 2 >= set->cap)
        MB_TRY(grow(set, error));
    size_t at = slot_of(set, hash);
    set->count += set->slots[at] == 0;
    set->slots[at] = hash;
    return MB_OK;
}

static uint64_t not_zero(uint64_t hash)
{
    return hash != 0 ? hash : 1;
}

void mb_listing_memory_done(struct mb_listing_memory *memory)
{
    free(memory->latest.slots);
    free(memory->before.slots);
    free(memory->pages.slots);
}

mb_status mb_listing_memory_add(struct mb_listing_memory *memory, const char *key, struct mb_error *error)
{
    if (memory->latest.count == MB_LISTING_LATEST) {
        free(memory->before.slots);
        memory->before = memory->latest;
        memory->latest = (struct mb_hash_set){0};
    }
    return add(&memory->latest, not_zero(mb_text_hash(key)), error);
}

bool mb_listing_memory_knows(const struct mb_listing_memory *memory, const char *key)
{
    uint64_t hash = not_zero(mb_text_hash(key));
    return contains(&memory->latest, hash) || contains(&memory->before, hash);
}

mb_status mb_listing_memory_page(struct mb_listing_memory *memory, uint64_t digest, bool *known,
                                 struct mb_error *error)
{
    *known = contains(&memory->pages, not_zero(digest));
    return *known ? MB_OK : add(&memory->pages, not_zero(digest), error);
}
