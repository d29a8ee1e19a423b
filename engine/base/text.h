/* text.h - strings: lists, names that are nearly right, numbers for people. */
#ifndef MB_BASE_TEXT_H
#define MB_BASE_TEXT_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* Strings in an arena. */
struct mb_strings {
    const char **items;
    size_t count;
};

/* Puts text, which lives as long as arena, behind the others, all of which came by this way.  false without
 * memory, also when text is NULL. */
bool mb_strings_add(struct mb_strings *list, struct mb_arena *arena, const char *text);
bool mb_strings_have(const struct mb_strings *list, const char *text);

bool mb_text_starts_with(const char *text, const char *prefix);
bool mb_text_ends_with(const char *text, const char *suffix);
/* The greatest length up to len at which text can be cut without splitting a UTF-8 character. */
size_t mb_text_whole(const char *text, size_t len);

/* The length of the UTF-8 character that begins text of len > 0 bytes; 0 when none does. */
size_t mb_text_character(const char *text, size_t len);

/* Neither NULL nor empty. */
bool mb_text_is_given(const char *text);

/* Is it of ASCII's letters, digits and _ alone, whatever the locale calls a letter?  Nothing is no name. */
bool mb_text_is_name(const char *text, size_t len);

/* Is it UTF-8 without control characters: fit to be shown, and to stand in a line? */
bool mb_text_is_plain(const char *text);

/* Fits text into out, cutting what is too long.  True when all of it fitted. */
bool mb_text_fit(char *out, size_t cap, const char *text);

/* In place: runs of control characters become one blank, ends are trimmed, broken UTF-8 becomes '?'. */
void mb_text_clean(char *text);

/* FNV-1a of 64 bits: that two of a backup's keys share one is not going to happen. */
uint64_t mb_text_hash(const char *text);

bool mb_text_equal_nocase(const char *a, const char *b); /* ASCII */

/* The candidate nearest to text by edit distance, or NULL when none is near enough to be a slip of the
 * keyboard. */
const char *mb_text_nearest(const char *text, const char *const *candidates, size_t count);

/* "1.5 GiB", "12 B"; "3.2 s", "1 h 04 min".  They return buf. */
const char *mb_text_bytes(uint64_t bytes, char *buf, size_t cap);
const char *mb_text_duration(int64_t ns, char *buf, size_t cap);

/* Whole-string conversions; false for anything else, also out of range. */
bool mb_text_to_int64(const char *text, int64_t *out);
bool mb_text_to_bool(const char *text, bool *out); /* 1 t T true TRUE True and their opposites */

/* Keys of an object store: joins with exactly one slash, drops empty elements, leading and trailing slashes
 * ("/a//b/" is "a/b").  NULL without memory. */
char *mb_key_clean(struct mb_arena *arena, const char *key);
char *mb_key_join(struct mb_arena *arena, const char *a, const char *b);

/* First bytes and length only, for showing that a secret is set: "" stays "", up to four bytes are "****",
 * longer ones keep two bytes at each end. */
const char *mb_text_mask(const char *secret, char *buf, size_t cap);

/* Puts asterisks wherever the secret stands in the len bytes of text, or enough of its beginning to give it
 * away.  Gives the new length, which is no larger; where it is smaller a NUL stands behind.  A secret of less
 * than four bytes is none. */
size_t mb_text_hide(char *text, size_t len, const char *secret);

#endif
