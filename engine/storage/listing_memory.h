/* listing_memory.h - what a listing has handed out: its latest keys, and each page's in one number, so that
 * what a service repeats is told from what it brings late.  Keys are kept as hashes of 64 bits. */
#ifndef MB_STORAGE_LISTING_MEMORY_H
#define MB_STORAGE_LISTING_MEMORY_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct mb_hash_set {
    uint64_t *slots; /* 0 is free */
    size_t cap;      /* a power of two */
    size_t count;
};

struct mb_listing_memory {
    struct mb_hash_set latest, before; /* together at least the last MB_LISTING_LATEST keys */
    struct mb_hash_set pages;
};

enum { MB_LISTING_LATEST = 8192 };

void mb_listing_memory_done(struct mb_listing_memory *memory);

/* Notes a key that is handed out. */
mb_status mb_listing_memory_add(struct mb_listing_memory *memory, const char *key, struct mb_error *error);

/* Is it one of the latest keys? */
bool mb_listing_memory_knows(const struct mb_listing_memory *memory, const char *key);

/* Notes a page by the digest of all its keys; *known when there was one like it. */
mb_status mb_listing_memory_page(struct mb_listing_memory *memory, uint64_t digest, bool *known,
                                 struct mb_error *error);

#endif
