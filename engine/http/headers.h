/* headers.h - the header fields of an HTTP request or response.
 *
 * Names are compared without regard to case.  Failures stick as in base/buf.h; a
 * value with a line break or another control character is one (MB_E_INVALID),
 * so that no text from a configuration can add a field of its own. */
#ifndef MB_HTTP_HEADERS_H
#define MB_HTTP_HEADERS_H

#include "milvus_backup/storage_plugin.h"

struct mb_header {
    char *name;
    char *value;
};

/* For headers and queries; a list of them ends with a name of NULL, and of those without value nothing is
 * sent. */
struct mb_pair {
    const char *name;
    const char *value;
};

/* All zero is an empty list. */
struct mb_headers {
    struct mb_header *items;
    size_t count;
    size_t cap;
    mb_status status;
};

void mb_headers_done(struct mb_headers *headers);
void mb_headers_clear(struct mb_headers *headers);

/* Replaces a field of the same name. */
void mb_headers_set(struct mb_headers *headers, const char *name, const char *value);
void mb_headers_add(struct mb_headers *headers, const struct mb_pair *pairs); /* pairs may be NULL */
void mb_headers_printf(struct mb_headers *headers, const char *name, const char *fmt, ...) MB_PRINTF(3, 4);
void mb_headers_remove(struct mb_headers *headers, const char *name);

/* The value of the first field of that name, or NULL. */
const char *mb_headers_get(const struct mb_headers *headers, const char *name);

mb_status mb_headers_status(const struct mb_headers *headers, struct mb_error *error);

/* Adds what one line of a response says; lines that are no field are left out. */
void mb_headers_parse_line(struct mb_headers *headers, const char *line, size_t len);

#endif
