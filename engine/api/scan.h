/* scan.h - JSON as the clients of the Go program may write it, walked without a tree.
 *
 * The first value counts and what follows it is not looked at.  Bytes that are no UTF-8 and halves of
 * surrogate pairs pass; strings have U+FFFD in their place, as in that of U+0000, which no text of the API
 * may hold. */
#ifndef MB_API_SCAN_H
#define MB_API_SCAN_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

/* A value in a text that mb_scan_first has found sound. */
struct mb_scan {
    const char *text;
    size_t len;
};

/* The first value of a text; MB_E_INVALID for what is no JSON or nested too deep. */
mb_status mb_scan_first(const char *text, size_t len, struct mb_scan *out, struct mb_error *error);

/* '{', '[', '"', 't', 'f', 'n', '0' for a number. */
char mb_scan_kind(struct mb_scan value);

/* Members of an object or elements of an array, one after the other: false behind the last.  key gets nothing
 * in an array. */
struct mb_scan_walk {
    struct mb_scan rest;
    bool object;
};
struct mb_scan_walk mb_scan_enter(struct mb_scan value);
bool mb_scan_next(struct mb_scan_walk *walk, struct mb_scan *key, struct mb_scan *value);

/* A string's text; NULL without memory. */
char *mb_scan_text(struct mb_scan string, struct mb_arena *arena);

/* A number that is written as an integer and fits; false for any other. */
bool mb_scan_int64(struct mb_scan number, int64_t *out);
bool mb_scan_uint64(struct mb_scan number, uint64_t *out);

#endif
