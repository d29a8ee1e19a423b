/* writer.h - JSON as Go's encoding/json prints it, written to a sink piece by piece.
 *
 * Nothing of the document stays in memory.  Errors stick: check once with mb_json_finish.  key is NULL for
 * the elements of arrays and for the document itself. */
#ifndef MB_JSON_WRITER_H
#define MB_JSON_WRITER_H

#include "base/buf.h"

#include <jansson.h>
#include <stdint.h>

struct mb_json_writer {
    struct mb_buf buf;
    const struct mb_sink *sink; /* gets the text; outlives the writer */
    mb_status sink_status;
    bool comma;      /* the next value needs one in front */
    const void *ctx; /* the user's */
};

void mb_json_init(struct mb_json_writer *writer, const struct mb_sink *sink);
void mb_json_done(struct mb_json_writer *writer);

/* Hands the rest to the sink; the first error of all calls. */
mb_status mb_json_finish(struct mb_json_writer *writer, struct mb_error *error);

void mb_json_begin_object(struct mb_json_writer *writer, const char *key);
void mb_json_end_object(struct mb_json_writer *writer);
void mb_json_begin_array(struct mb_json_writer *writer, const char *key);
void mb_json_end_array(struct mb_json_writer *writer);

void mb_json_string(struct mb_json_writer *writer, const char *key, const char *text);
void mb_json_string_n(struct mb_json_writer *writer, const char *key, const char *text, size_t len);
void mb_json_int(struct mb_json_writer *writer, const char *key, int64_t value);
void mb_json_uint(struct mb_json_writer *writer, const char *key, uint64_t value);
void mb_json_bool(struct mb_json_writer *writer, const char *key, bool value);
void mb_json_base64(struct mb_json_writer *writer, const char *key, const void *data, size_t len);

/* text is JSON already. */
void mb_json_raw(struct mb_json_writer *writer, const char *key, const char *text);

/* Members of the object at hand, JSON already: "\"a\":1,\"b\":2". */
void mb_json_members(struct mb_json_writer *writer, const char *text);

/* A failure of the caller's own, found by mb_json_finish; MB_OK is none. */
void mb_json_fail(struct mb_json_writer *writer, mb_status status);

/* The order of its members is kept. */
void mb_json_value(struct mb_json_writer *writer, const char *key, json_t *value);

/* A filter that lays out the compact JSON written to it as Go's MarshalIndent does, and passes it on. */
struct mb_json_indenter {
    struct mb_sink sink; /* write here */
    const struct mb_sink *next;
    unsigned width; /* spaces a level */
    unsigned depth;
    bool in_string;
    bool escaped;
    bool opened; /* the last character was a bracket that opens */
};

void mb_json_indenter_init(struct mb_json_indenter *indenter, unsigned width, const struct mb_sink *next);

#endif
