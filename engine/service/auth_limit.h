/* auth_limit.h - how often an address may guess: some times at once, and then once a second.
 *
 * Of an IPv6 address the first half counts, since whoever has one has all behind it.  Remembers a bounded
 * number of addresses, and forgets the one that has been quiet for longest.  Not thread-safe. */
#ifndef MB_SERVICE_AUTH_LIMIT_H
#define MB_SERVICE_AUTH_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

enum { MB_AUTH_LIMIT_ADDRESSES = 512, MB_AUTH_LIMIT_GUESSES = 10 };

struct mb_auth_limit {
    struct mb_auth_limit_row {
        char address[48];
        int64_t full_ns; /* when all of its guesses are there again */
    } rows[MB_AUTH_LIMIT_ADDRESSES];
};

/* Milliseconds until the address may guess; 0 for now. */
uint32_t mb_auth_limit_wait(const struct mb_auth_limit *limit, const char *address, int64_t now_ns);

/* It has guessed, and wrongly. */
void mb_auth_limit_count(struct mb_auth_limit *limit, const char *address, int64_t now_ns);

#endif
