/* random.h - bytes that nobody can foresee, and names that nobody else takes. */
#ifndef MB_BASE_RANDOM_H
#define MB_BASE_RANDOM_H

#include "base/error.h"

enum { MB_RANDOM_MAX = 256 };

/* At most MB_RANDOM_MAX of them. */
mb_status mb_random_bytes(void *out, size_t count, struct mb_error *error);

/* So many hexadecimal digits, an even number of at most 64, and a NUL. */
mb_status mb_random_hex(char *out, size_t digits, struct mb_error *error);

enum { MB_UUID_SIZE = 37 };

/* A random UUID of version 4 (RFC 9562, 5.4). */
mb_status mb_random_uuid(char out[MB_UUID_SIZE], struct mb_error *error);

#endif
