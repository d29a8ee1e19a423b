#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CHUNK = 4096, LARGEST_CHUNK = 1 << 20 };

struct chunk {
    struct chunk *next;
    size_t cap;
    size_t used;
    max_align_t data[];
};

/* The first chunk is the one being filled. */
struct mb_arena {
    struct chunk *chunks;
    size_t next_cap;
};

struct mb_arena *mb_arena_new(void)
{
    struct mb_arena *arena = calloc(1, sizeof(*arena));
    if (arena != NULL)
        arena->next_cap = FIRST_CHUNK;
    return arena;
}

void mb_arena_free(struct mb_arena *arena)
{
    if (arena == NULL)
        return;
    for (struct chunk *chunk = arena->chunks; chunk != NULL;) {
        struct chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    free(arena);
}

/* Behind the chunk that is being filled, as blocks that are alone. */
void mb_arena_adopt(struct mb_arena *arena, struct mb_arena *other)
{
    struct chunk **end = arena->chunks != NULL ? &arena->chunks->next : &arena->chunks;
    struct chunk *rest = *end;
    *end = other->chunks;
    while (*end != NULL)
        end = &(*end)->next;
    *end = rest;
    free(other);
}

/* A large block gets a chunk to itself, put behind the one being filled so that its rest is not lost. */
static struct chunk *add_chunk(struct mb_arena *arena, size_t bytes)
{
    bool alone = bytes > arena->next_cap / 4;
    size_t cap = alone ? bytes : arena->next_cap;
    struct chunk *chunk = calloc(1, sizeof(*chunk) + cap);
    if (chunk == NULL)
        return NULL;
    chunk->cap = cap;
    if (alone && arena->chunks != NULL) {
        chunk->next = arena->chunks->next;
        arena->chunks->next = chunk;
        return chunk;
    }
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    if (!alone && arena->next_cap < LARGEST_CHUNK)
        arena->next_cap *= 2;
    return chunk;
}

void *mb_arena_alloc(struct mb_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX / 2)
        return NULL;
    size_t align = _Alignof(max_align_t);
    bytes = bytes == 0 ? align : (bytes + align - 1) / align * align;
    struct chunk *chunk = arena->chunks;
    if (chunk == NULL || chunk->cap - chunk->used < bytes)
        chunk = add_chunk(arena, bytes);
    if (chunk == NULL)
        return NULL;
    void *block = (char *)chunk->data + chunk->used;
    chunk->used += bytes;
    return block;
}

/* There is room for the power of two that the count has reached. */
void *mb_arena_append(struct mb_arena *arena, void *items, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return items;
    void *larger = mb_arena_alloc(arena, count > 0 ? 2 * count : 1, size);
    if (larger != NULL && count > 0)
        memcpy(larger, items, count * size);
    return larger;
}

char *mb_arena_strdup(struct mb_arena *arena, const char *text)
{
    return mb_arena_strndup(arena, text, strlen(text));
}

char *mb_arena_strndup(struct mb_arena *arena, const char *text, size_t len)
{
    len = strnlen(text, len);
    char *copy = mb_arena_alloc(arena, len + 1, 1);
    if (copy != NULL)
        memcpy(copy, text, len);
    return copy;
}

char *mb_arena_printf(struct mb_arena *arena, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *text = n < 0 ? NULL : mb_arena_alloc(arena, (size_t)n + 1, 1);
    if (text == NULL)
        return NULL;
    va_start(args, fmt);
    vsnprintf(text, (size_t)n + 1, fmt, args);
    va_end(args);
    return text;
}
