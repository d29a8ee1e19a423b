/* str.h - a growing text with a ceiling, always NUL-terminated.
 *
 * Failures stick: after the first append that failed the later ones do nothing,
 * so a builder checks once at its end with mb_str_status. */
#ifndef MB_COMMON_STR_H
#define MB_COMMON_STR_H

#include "milvus_backup/storage_plugin.h"

#include <stdbool.h>

struct mb_str {
    char *data; /* NULL while nothing was appended; see mb_str_text */
    size_t len;
    size_t cap;
    size_t max; /* ceiling in bytes, the NUL not counted */
    mb_status status;
};

/* All other members zero. */
#define MB_STR_INIT(ceiling) \
    (struct mb_str)          \
    {                        \
        .max = (ceiling)     \
    }

void mb_str_done(struct mb_str *str);
void mb_str_clear(struct mb_str *str); /* empty again; keeps its memory, forgets its failure */

mb_status mb_str_append(struct mb_str *str, const void *data, size_t len);
mb_status mb_str_puts(struct mb_str *str, const char *text);
mb_status mb_str_putc(struct mb_str *str, char c);
mb_status mb_str_printf(struct mb_str *str, const char *fmt, ...) MB_PRINTF(2, 3);

/* Never NULL. */
const char *mb_str_text(const struct mb_str *str);

/* MB_OK, MB_E_NO_MEMORY, or MB_E_INVALID when the ceiling was hit; the message begins with what. */
mb_status mb_str_status(const struct mb_str *str, const char *what, struct mb_error *error);

/* Overwrites the bytes before they are freed: for secrets. */
void mb_str_wipe(struct mb_str *str);

/* Fits text into out, cutting what is too long.  True when all of it fitted. */
bool mb_str_fit(char *out, size_t cap, const char *text);

#endif
