/* lookalike.h - characters that look like one of YAML's and are not: what comes along when a configuration is
 * copied from a web page or a document. */
#ifndef MB_CONFIG_LOOKALIKE_H
#define MB_CONFIG_LOOKALIKE_H

#include <stddef.h>

struct mb_lookalike {
    const char *name; /* "a no-break space (U+00A0)" */
    const char *advice;
    size_t at;         /* bytes before it */
    size_t characters; /* characters before it */
};

/* The first one in len bytes of UTF-8; its name is NULL when there is none. */
struct mb_lookalike mb_lookalike_find(const char *text, size_t len);

#endif
