#include "common/credentials/credentials.h"

#include "base/clock.h"
#include "base/error.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const int64_t second_ns = 1000000000;
static const int64_t max_ahead_ns = 300 * 1000000000LL;
static const int64_t failed_pause_ns = 10 * 1000000000LL; /* between attempts while the old one is valid */

/* The texts lie behind the struct in the same block. */
struct shared_credential {
    struct mb_credential shown;
    atomic_uint owners;
    size_t size;
};

struct mb_credentials {
    const struct mb_credentials_provider *provider; /* NULL: static */
    void *ctx;
    pthread_mutex_t lock; /* guards what is below */
    pthread_cond_t changed;
    const struct mb_credential *current; /* NULL before the first fetch */
    int64_t renew_ns;                    /* CLOCK_REALTIME; when to fetch the next one */
    bool renewing;
    uint64_t failures;       /* renewals that left nothing valid */
    struct mb_error failure; /* of the last of them */
};

static char *place(char **at, const char *text)
{
    char *start = *at;
    size_t len = strlen(text) + 1;
    memcpy(start, text, len);
    *at += len;
    return start;
}

const struct mb_credential *mb_credential_new(const char *id, const char *secret, const char *token,
                                              int64_t expires_ns)
{
    id = id ? id : "";
    secret = secret ? secret : "";
    token = token ? token : "";
    size_t size = sizeof(struct shared_credential) + strlen(id) + strlen(secret) + strlen(token) + 3;
    struct shared_credential *made = malloc(size);
    if (!made)
        return NULL;
    char *at = (char *)(made + 1);
    made->shown.id = place(&at, id);
    made->shown.secret = place(&at, secret);
    made->shown.token = place(&at, token);
    made->shown.expires_ns = expires_ns;
    made->size = size;
    atomic_init(&made->owners, 1);
    return &made->shown;
}

static struct shared_credential *shared(const struct mb_credential *credential)
{
    return (struct shared_credential *)(uintptr_t)credential;
}

void mb_credential_drop(const struct mb_credential *credential)
{
    if (!credential)
        return;
    struct shared_credential *whole = shared(credential);
    if (atomic_fetch_sub(&whole->owners, 1) == 1) {
        OPENSSL_cleanse(whole, whole->size);
        free(whole);
    }
}

static const struct mb_credential *share(const struct mb_credential *credential)
{
    atomic_fetch_add(&shared(credential)->owners, 1);
    return credential;
}

mb_status mb_credentials_new(struct mb_credentials **out, const struct mb_credentials_provider *provider,
                             void *ctx, struct mb_error *error)
{
    pthread_condattr_t attributes;
    struct mb_credentials *made = calloc(1, sizeof(*made));
    if (!made) {
        if (provider && provider->free)
            provider->free(ctx);
        return mb_fail_memory(error);
    }
    made->provider = provider;
    made->ctx = ctx;
    pthread_mutex_init(&made->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&made->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    *out = made;
    return MB_OK;
}

mb_status mb_credentials_new_static(struct mb_credentials **out, const char *id, const char *secret,
                                    const char *token, struct mb_error *error)
{
    struct mb_credentials *made;
    const struct mb_credential *credential = mb_credential_new(id, secret, token, 0);
    if (!credential)
        return mb_fail_memory(error);
    mb_status status = mb_credentials_new(&made, NULL, NULL, error);
    if (status != MB_OK) {
        mb_credential_drop(credential);
        return status;
    }
    made->current = credential;
    *out = made;
    return MB_OK;
}

void mb_credentials_free(struct mb_credentials *credentials)
{
    if (!credentials)
        return;
    if (credentials->provider && credentials->provider->free)
        credentials->provider->free(credentials->ctx);
    mb_credential_drop(credentials->current);
    pthread_cond_destroy(&credentials->changed);
    pthread_mutex_destroy(&credentials->lock);
    free(credentials);
}

bool mb_credentials_fixed(const struct mb_credentials *credentials)
{
    return credentials->provider == NULL;
}

const char *mb_credentials_origin(const struct mb_credentials *credentials)
{
    return credentials->provider ? credentials->provider->name : "the configuration";
}

static bool is_valid(const struct mb_credential *credential, int64_t now)
{
    return credential && (credential->expires_ns == 0 || now < credential->expires_ns);
}

/* Waits for whoever renews; the lock is held.  What the provider fails with is the failure of all who waited:
 * were each to try on its own, they would do so one after the other. */
static mb_status wait_for_renewal(struct mb_credentials *credentials, const struct mb_call *call)
{
    uint64_t failures = credentials->failures;
    int64_t until = mb_clock_monotonic() + second_ns / 5;
    struct timespec ts = {.tv_sec = (time_t)(until / second_ns), .tv_nsec = (long)(until % second_ns)};

    if (call->cancelled && call->cancelled(call))
        return mb_fail(call->error, MB_E_CANCELLED, "cancelled");
    if (call->deadline_ns != 0 && mb_clock_monotonic() >= call->deadline_ns)
        return mb_fail(call->error, MB_E_TIMEOUT, "no credential from %s in time",
                       credentials->provider->name);
    pthread_cond_timedwait(&credentials->changed, &credentials->lock, &ts);
    if (credentials->failures == failures)
        return MB_OK;
    mb_error_copy(call->error, &credentials->failure);
    return call->error->status;
}

static int64_t renewal_time(const struct mb_credential *credential, int64_t now)
{
    if (credential->expires_ns == 0)
        return INT64_MAX;
    int64_t ahead = (credential->expires_ns - now) / 5;
    return credential->expires_ns - (ahead < max_ahead_ns ? ahead : max_ahead_ns);
}

/* Did the provider stop because of this caller, whose call was cancelled or came to its deadline?  That says
 * nothing to the others, and the next of them tries himself. */
static bool given_up(mb_status status, const struct mb_call *call)
{
    return status == MB_E_CANCELLED ||
           (status == MB_E_TIMEOUT && call->deadline_ns != 0 && mb_clock_monotonic() >= call->deadline_ns);
}

/* The lock is held; it is let go while the provider works.  A failure counts only when the credential at hand
 * is no longer valid. */
static mb_status renew(struct mb_credentials *credentials, const struct mb_call *call)
{
    const struct mb_credential *fresh = NULL;

    credentials->renewing = true;
    pthread_mutex_unlock(&credentials->lock);
    mb_status status = credentials->provider->fetch(credentials->ctx, &fresh, call);
    pthread_mutex_lock(&credentials->lock);
    credentials->renewing = false;
    pthread_cond_broadcast(&credentials->changed);
    int64_t now = mb_clock_wall();
    if (status == MB_OK) {
        mb_credential_drop(credentials->current);
        credentials->current = fresh;
        credentials->renew_ns = renewal_time(fresh, now);
    } else if (is_valid(credentials->current, now)) {
        if (!given_up(status, call))
            credentials->renew_ns = now + failed_pause_ns;
        status = MB_OK;
    } else {
        mb_error_context(call->error, "get a credential from %s", credentials->provider->name);
        if (!given_up(status, call)) {
            mb_error_copy(&credentials->failure, call->error);
            credentials->failures++;
        }
    }
    return status;
}

mb_status mb_credentials_get(struct mb_credentials *credentials, const struct mb_credential **out,
                             const struct mb_call *call)
{
    mb_status status = MB_OK;

    pthread_mutex_lock(&credentials->lock);
    while (credentials->provider) {
        int64_t now = mb_clock_wall();
        bool valid = is_valid(credentials->current, now);
        if (valid && (now < credentials->renew_ns || credentials->renewing))
            break;
        if (!credentials->renewing) {
            status = renew(credentials, call);
            break;
        }
        status = wait_for_renewal(credentials, call);
        if (status != MB_OK)
            break;
    }
    if (status == MB_OK)
        *out = share(credentials->current);
    pthread_mutex_unlock(&credentials->lock);
    return status;
}

bool mb_credentials_refused(struct mb_credentials *credentials, const struct mb_credential *refused)
{
    if (!credentials->provider)
        return false;
    pthread_mutex_lock(&credentials->lock);
    if (credentials->current == refused) {
        mb_credential_drop(credentials->current);
        credentials->current = NULL;
    }
    pthread_mutex_unlock(&credentials->lock);
    return true;
}
