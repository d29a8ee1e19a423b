/* reader.h - walks down a JSON document that is too large for a tree.
 *
 * The caller enters the objects and arrays that hold the mass and takes the values in them one at a time, as
 * small trees.  Memory depends on the largest value taken, not on the document.  A null stands for an empty
 * object or array.  Every failure names the file and the byte. */
#ifndef MB_JSON_READER_H
#define MB_JSON_READER_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Reads up to cap bytes; *nread is 0 only at the end. */
typedef mb_status mb_json_read_fn(void *ctx, void *buf, size_t cap, size_t *nread, struct mb_error *error);

struct mb_json_reader;

/* name is what errors call the document; borrowed. */
mb_status mb_json_reader_new(struct mb_json_reader **out, const char *name, mb_json_read_fn *read, void *ctx,
                             struct mb_error *error);
void mb_json_reader_free(struct mb_json_reader *reader);

mb_status mb_json_enter_object(struct mb_json_reader *reader, struct mb_error *error);
mb_status mb_json_enter_array(struct mb_json_reader *reader, struct mb_error *error);

/* Is what was entered last a null? */
bool mb_json_entered_null(const struct mb_json_reader *reader);

/* MB_OK: the reader stands before a value, which must be entered, taken or skipped before the next call.
 * MB_END: the object or array is left.  key is valid until the next call. */
mb_status mb_json_next_member(struct mb_json_reader *reader, const char **key, struct mb_error *error);
mb_status mb_json_next_element(struct mb_json_reader *reader, struct mb_error *error);

/* The value as a tree that the caller owns.  Integers beyond 64 bits with sign come as strings of digits, and
 * strings may hold NUL: see table.h, which knows both.  A value above 64 MiB is refused. */
mb_status mb_json_take(struct mb_json_reader *reader, json_t **out, struct mb_error *error);

/* Passes over the value without keeping it; brackets and quotes are all that is checked. */
mb_status mb_json_skip(struct mb_json_reader *reader, struct mb_error *error);

/* Nothing may follow the document. */
mb_status mb_json_reader_finish(struct mb_json_reader *reader, struct mb_error *error);

/* Where the last value began, for messages. */
const char *mb_json_reader_name(const struct mb_json_reader *reader);
uint64_t mb_json_value_offset(const struct mb_json_reader *reader);

#endif
