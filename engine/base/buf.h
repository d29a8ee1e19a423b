/* buf.h - a growing run of bytes with a ceiling, always NUL-terminated.
 *
 * Errors stick: after the first failed append every later one fails too, so a
 * builder checks once at its end with mb_buf_status.  One that is all zero is
 * empty and takes nothing. */
#ifndef MB_BASE_BUF_H
#define MB_BASE_BUF_H

#include "base/error.h"

struct mb_buf {
    char *data; /* never NULL after init; data[len] is '\0'; see mb_buf_text */
    size_t len;
    size_t cap;
    size_t max; /* ceiling in bytes, the NUL not counted */
    mb_status status;
};

/* An empty one, for an initialiser. */
#define MB_BUF_INIT(ceiling)                                                \
    (struct mb_buf)                                                         \
    {                                                                       \
        .data = (char *)(uintptr_t)mb_buf_nothing, .max = (size_t)(ceiling) \
    }
extern const char mb_buf_nothing[1];

void mb_buf_init(struct mb_buf *buf, size_t max);
void mb_buf_done(struct mb_buf *buf);
void mb_buf_reset(struct mb_buf *buf); /* empty again; keeps its memory, forgets its error */

/* As mb_buf_done, but overwrites the bytes first: for secrets. */
void mb_buf_wipe(struct mb_buf *buf);

/* Drops what lies behind the first len bytes, and the error. */
void mb_buf_truncate(struct mb_buf *buf, size_t len);

mb_status mb_buf_append(struct mb_buf *buf, const void *data, size_t len);
mb_status mb_buf_puts(struct mb_buf *buf, const char *text);
mb_status mb_buf_putc(struct mb_buf *buf, char c);
mb_status mb_buf_printf(struct mb_buf *buf, const char *fmt, ...) MB_PRINTF(2, 3);

/* Never NULL, not even for one that is all zero. */
const char *mb_buf_text(const struct mb_buf *buf);

/* MB_OK, MB_E_NO_MEMORY, or MB_E_INVALID when the ceiling was hit; the message begins with what. */
mb_status mb_buf_check(const struct mb_buf *buf, const char *what, struct mb_error *error);
mb_status mb_buf_status(const struct mb_buf *buf, struct mb_error *error); /* of "text" */

/* Appends what it gets to buf. */
struct mb_sink mb_buf_sink(struct mb_buf *buf);

/* Gives up the memory to the caller, who frees it; buf is empty afterwards.  NULL when an append failed. */
char *mb_buf_steal(struct mb_buf *buf);

#endif
