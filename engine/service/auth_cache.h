/* auth_cache.h - what headers were worth a while ago, so that scrypt does not run for each request.
 *
 * A header is known by its HMAC under a key of this process: memory shows no secret, and nobody else can make
 * two that meet.  Those that were right and those that were wrong have places of their own, so that guesses
 * push nobody out.  Not thread-safe. */
#ifndef MB_SERVICE_AUTH_CACHE_H
#define MB_SERVICE_AUTH_CACHE_H

#include "service/credential.h"

enum { MB_AUTH_CACHE_ROWS = 256, MB_AUTH_CACHE_KEY = 32 };

struct mb_auth_cache {
    unsigned char key[MB_AUTH_CACHE_KEY];
    struct mb_auth_cache_row {
        unsigned char mac[MB_AUTH_CACHE_KEY];
        const struct mb_credential *who; /* NULL for nobody */
        int64_t until_ns;                /* 0 for a free place */
    } rows[2][MB_AUTH_CACHE_ROWS];
};

mb_status mb_auth_cache_init(struct mb_auth_cache *cache, struct mb_error *error);

/* Forgets all, since credentials have changed. */
void mb_auth_cache_forget(struct mb_auth_cache *cache);

bool mb_auth_cache_mac(const struct mb_auth_cache *cache, const char *header,
                       unsigned char mac[MB_AUTH_CACHE_KEY]);

/* Is it known whose it is?  *who gets NULL for nobody's. */
bool mb_auth_cache_find(const struct mb_auth_cache *cache, const unsigned char mac[MB_AUTH_CACHE_KEY],
                        int64_t now_ns, const struct mb_credential **who);

/* who lives until mb_auth_cache_forget. */
void mb_auth_cache_keep(struct mb_auth_cache *cache, const unsigned char mac[MB_AUTH_CACHE_KEY],
                        const struct mb_credential *who, int64_t now_ns);

#endif
