#include "service/auth_cache.h"

#include "base/clock.h"
#include "base/random.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum { KEEP_S = 300 };

mb_status mb_auth_cache_init(struct mb_auth_cache *cache, struct mb_error *error)
{
    mb_auth_cache_forget(cache);
    return mb_random_bytes(cache->key, sizeof cache->key, error);
}

void mb_auth_cache_forget(struct mb_auth_cache *cache)
{
    memset(cache->rows, 0, sizeof cache->rows);
}

bool mb_auth_cache_mac(const struct mb_auth_cache *cache, const char *header,
                       unsigned char mac[MB_AUTH_CACHE_KEY])
{
    return HMAC(EVP_sha256(), cache->key, sizeof cache->key, (const unsigned char *)header, strlen(header),
                mac, NULL) != NULL;
}

bool mb_auth_cache_find(const struct mb_auth_cache *cache, const unsigned char mac[MB_AUTH_CACHE_KEY],
                        int64_t now_ns, const struct mb_credential **who)
{
    const struct mb_auth_cache_row *rows = cache->rows[0];
    for (size_t i = 0; i < sizeof cache->rows / sizeof *rows; i++)
        if (rows[i].until_ns > now_ns && CRYPTO_memcmp(rows[i].mac, mac, MB_AUTH_CACHE_KEY) == 0) {
            *who = rows[i].who;
            return true;
        }
    return false;
}

void mb_auth_cache_keep(struct mb_auth_cache *cache, const unsigned char mac[MB_AUTH_CACHE_KEY],
                        const struct mb_credential *who, int64_t now_ns)
{
    struct mb_auth_cache_row *rows = cache->rows[who != NULL], *oldest = rows;
    for (size_t i = 1; i < MB_AUTH_CACHE_ROWS; i++)
        if (rows[i].until_ns < oldest->until_ns)
            oldest = &rows[i];
    memcpy(oldest->mac, mac, MB_AUTH_CACHE_KEY);
    oldest->who = who;
    oldest->until_ns = now_ns + KEEP_S * MB_NS_PER_S;
}
