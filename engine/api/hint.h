/* hint.h - what to do about a failure, in the words of the API. */
#ifndef MB_API_HINT_H
#define MB_API_HINT_H

#include "base/arena.h"

/* The error's message with the advice behind it, or the member that it is about in front. */
const char *mb_api_hint(const struct mb_error *error, struct mb_arena *arena);

/* The advice alone; "" for none. */
const char *mb_api_advice(const struct mb_error *error, struct mb_arena *arena);

#endif
