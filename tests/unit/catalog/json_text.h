/* json_text.h - a JSON reader over a text in memory, which it gets in small pieces. */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include "json/reader.h"

#include <string.h>

struct json_text {
    const char *data;
    size_t len;
    size_t at;
    size_t step; /* bytes a read; 0 for all */
};

static inline mb_status json_text_read(void *ctx, void *buf, size_t cap, size_t *nread,
                                       struct mb_error *error)
{
    struct json_text *text = ctx;
    size_t n = text->len - text->at;
    (void)error;
    if (n > cap)
        n = cap;
    if (text->step > 0 && n > text->step)
        n = text->step;
    memcpy(buf, text->data + text->at, n);
    text->at += n;
    *nread = n;
    return MB_OK;
}

#endif
