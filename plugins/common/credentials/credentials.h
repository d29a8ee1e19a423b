/* credentials.h - a credential that may expire, shared by all calls of a store.
 *
 * A provider fetches; the cache asks it ahead of expiry (five minutes, or a
 * fifth of the lifetime when that is less).  One caller at a time renews, the
 * others go on with the credential at hand as long as it is valid, so there is
 * no thread of its own.  Secrets are overwritten before their memory is freed
 * and never reach a message.  Thread-safe. */
#ifndef MB_COMMON_CREDENTIALS_CREDENTIALS_H
#define MB_COMMON_CREDENTIALS_CREDENTIALS_H

#include "milvus_backup/storage_plugin.h"

#include <stdbool.h>

/* Never changes; members are never NULL.  A bearer token has an empty id and secret. */
struct mb_credential {
    const char *id;
    const char *secret;
    const char *token;
    int64_t expires_ns; /* CLOCK_REALTIME; 0 for never */
};

/* Copies; NULL counts as "".  Returns NULL without memory.  Every credential has an owner who drops it. */
const struct mb_credential *mb_credential_new(const char *id, const char *secret, const char *token,
                                              int64_t expires_ns);
void mb_credential_drop(const struct mb_credential *credential);

struct mb_credentials_provider {
    const char *name; /* for messages: "instance metadata" */
    /* Puts a new credential into *out, for the cache to own.  One call at a time. */
    mb_status (*fetch)(void *ctx, const struct mb_credential **out, const struct mb_call *call);
    void (*free)(void *ctx);
};

struct mb_credentials;

/* Takes ctx over, also on failure.  provider outlives the cache. */
mb_status mb_credentials_new(struct mb_credentials **out, const struct mb_credentials_provider *provider,
                             void *ctx, struct mb_error *error);

/* One that never changes. */
mb_status mb_credentials_new_static(struct mb_credentials **out, const char *id, const char *secret,
                                    const char *token, struct mb_error *error);
void mb_credentials_free(struct mb_credentials *credentials);

/* Never changes, so that renewing is of no use. */
bool mb_credentials_fixed(const struct mb_credentials *credentials);

/* Where they come from, for messages. */
const char *mb_credentials_origin(const struct mb_credentials *credentials);

/* The current credential; the caller drops it. */
mb_status mb_credentials_get(struct mb_credentials *credentials, const struct mb_credential **out,
                             const struct mb_call *call);

/* The service refused this credential as expired: the next get fetches another, unless somebody has already.
 * False when there will be no other. */
bool mb_credentials_refused(struct mb_credentials *credentials, const struct mb_credential *refused);

#endif
