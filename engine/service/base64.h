/* base64.h - the alphabet of RFC 4648, section 4. */
#ifndef MB_SERVICE_BASE64_H
#define MB_SERVICE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Decodes len characters, with or without padding at their end; false for anything else and for what does not
 * fit.  Nothing is put behind the bytes. */
bool mb_base64_decode(const char *text, size_t len, void *out, size_t cap, size_t *out_len);

/* Without padding; out has room for 4 characters for 3 bytes, rounded up, and a NUL. */
void mb_base64_encode(const void *data, size_t len, char *out);

#endif
