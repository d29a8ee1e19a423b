/* arena.h - memory that is freed all at once.  Not thread-safe. */
#ifndef MB_BASE_ARENA_H
#define MB_BASE_ARENA_H

#include "base/error.h"

struct mb_arena;

struct mb_arena *mb_arena_new(void); /* NULL without memory */
void mb_arena_free(struct mb_arena *arena);

/* Zeroed and aligned for any type; NULL without memory or when count * size overflows. */
void *mb_arena_alloc(struct mb_arena *arena, size_t count, size_t size);

/* Room for one more behind count items of which each was added in the room that this gave, from the first on:
 * the items, moved where that was needed; NULL without memory.  Nobody else adds behind a copy of them. */
void *mb_arena_append(struct mb_arena *arena, void *items, size_t count, size_t size);

/* What other holds becomes arena's, where it lies; other is freed. */
void mb_arena_adopt(struct mb_arena *arena, struct mb_arena *other);

char *mb_arena_strdup(struct mb_arena *arena, const char *text);
char *mb_arena_strndup(struct mb_arena *arena, const char *text, size_t len);
char *mb_arena_printf(struct mb_arena *arena, const char *fmt, ...) MB_PRINTF(2, 3);

#endif
