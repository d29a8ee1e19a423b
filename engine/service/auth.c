#include "service/auth.h"

#include "base/clock.h"
#include "service/auth_header.h"
#include "service/auth_state.h"

#include <stdlib.h>
#include <string.h>

/* Passwords are checked one at a time, for the sake of memory, and few wait for it: threads are for those who
 * are known.  A token of so many characters as GUESSABLE says is not guessed, so nobody counts its trials. */
enum { WAITING = 6, GUESSABLE = 32, WAIT_MS = 1000 };

/* One request. */
struct attempt {
    struct mb_auth *auth;
    const char *authorization, *certificate;
    struct mb_arena *arena;
    struct mb_caller *caller;
    struct mb_auth_header header;
    unsigned char mac[MB_AUTH_CACHE_KEY];
};

/* The name is one of the file: people type passwords where names belong. */
static mb_status refuse(const struct attempt *attempt, const char *why, const char *name,
                        struct mb_error *error)
{
    if (mb_auth_may_tell(attempt->auth))
        mb_auth_tell(attempt->auth, MB_LOG_WARN, "refused a request from %s: %s%s%s",
                     attempt->caller->address, why, *name != '\0' ? " of " : "", name);
    return mb_fail(error, MB_E_UNAUTHENTICATED, "%s", why);
}

static mb_status throttle(uint32_t wait_ms, const char *why, struct mb_error *error)
{
    mb_fail(error, MB_E_THROTTLED, "%s", why);
    error->retry_after_ms = wait_ms;
    return error->status;
}

/* ----------------------------------------------------------------- one request */

/* With the lock, since who belongs to a set. */
static mb_status admit(const struct attempt *attempt, const struct mb_credential *who, struct mb_error *error)
{
    if (who->expires_ns != 0 && who->expires_ns <= mb_clock_wall())
        return refuse(attempt, "the credential has expired", who->name, error);
    attempt->caller->name = mb_arena_strdup(attempt->arena, who->name);
    if (attempt->caller->name == NULL)
        return mb_fail_memory(error);
    attempt->caller->role = who->role;
    return MB_OK;
}

static mb_status by_certificate(const struct attempt *attempt, struct mb_error *error)
{
    const struct mb_credential *who =
        mb_auth_set_named(attempt->auth->set, MB_CREDENTIAL_CERTIFICATE, attempt->certificate);
    if (who != NULL && *attempt->certificate != '\0')
        return admit(attempt, who, error);
    return mb_fail(error, MB_E_UNAUTHENTICATED, "the request shows no credentials");
}

static bool is_guess(const struct mb_auth_header *header)
{
    return header->kind == MB_CREDENTIAL_PASSWORD || header->secret_len < GUESSABLE;
}

static mb_status refuse_secret(const struct attempt *attempt, struct mb_error *error)
{
    const struct mb_auth_header *header = &attempt->header;
    const struct mb_credential *named =
        mb_auth_set_named(attempt->auth->set, MB_CREDENTIAL_PASSWORD, header->name);
    if (header->kind == MB_CREDENTIAL_TOKEN)
        return refuse(attempt, "the token is not known", "", error);
    return refuse(attempt, "user or password are not right", named != NULL ? named->name : "", error);
}

/* The first time that this header was seen to be right or wrong; with the lock. */
static mb_status settle(const struct attempt *attempt, const struct mb_credential *who,
                        struct mb_error *error)
{
    struct mb_auth *auth = attempt->auth;
    int64_t now = mb_clock_monotonic();
    mb_auth_cache_keep(&auth->cache, attempt->mac, who, now);
    if (who != NULL)
        return admit(attempt, who, error);
    if (is_guess(&attempt->header))
        mb_auth_limit_count(&auth->limit, attempt->caller->address, now);
    return refuse_secret(attempt, error);
}

/* MB_END when it takes a closer look; with the lock. */
static mb_status by_memory(const struct attempt *attempt, struct mb_error *error)
{
    struct mb_auth *auth = attempt->auth;
    const struct mb_credential *who;
    int64_t now = mb_clock_monotonic();
    if (mb_auth_cache_find(&auth->cache, attempt->mac, now, &who))
        return who != NULL ? admit(attempt, who, error) : refuse_secret(attempt, error);
    uint32_t wait = mb_auth_limit_wait(&auth->limit, attempt->caller->address, now);
    if (wait > 0 && is_guess(&attempt->header))
        return throttle(wait, "too many wrong credentials from this address; wait a moment", error);
    return MB_END;
}

static const struct mb_credential *whose_token(const struct mb_auth *auth,
                                               const struct mb_auth_header *header)
{
    const struct mb_credential *who = mb_auth_set_token(auth->set, header->secret, header->secret_len);
    bool ours = auth->has_token && mb_credential_matches(&auth->token, header->secret, header->secret_len);
    return ours ? &auth->token : who;
}

/* With hashing, and without the lock while it lasts. */
static mb_status hash_password(struct attempt *attempt, struct mb_error *error)
{
    struct mb_auth *auth = attempt->auth;
    const struct mb_auth_header *header = &attempt->header;

    pthread_mutex_lock(&auth->lock);
    mb_status status = by_memory(attempt, error); /* another may just have been here with the same */
    struct mb_auth_set *set = auth->set;
    set->users++;
    pthread_mutex_unlock(&auth->lock);

    const struct mb_credential *who =
        status == MB_END ? mb_auth_set_password(set, header->name, header->secret, header->secret_len) : NULL;

    pthread_mutex_lock(&auth->lock);
    if (status == MB_END && set == auth->set)
        status = settle(attempt, who, error);
    else if (status == MB_END)
        status = throttle(WAIT_MS, "the credentials have just changed; try again", error);
    mb_auth_let_go(set);
    auth->waiting--;
    pthread_mutex_unlock(&auth->lock);
    return status;
}

static bool is_known(struct attempt *attempt)
{
    struct mb_auth *auth = attempt->auth;
    const struct mb_credential *who = NULL;
    if (*attempt->authorization == '\0')
        who = mb_auth_set_named(auth->set, MB_CREDENTIAL_CERTIFICATE, attempt->certificate);
    else if (!mb_auth_header_parse(attempt->authorization, &attempt->header) ||
             !mb_auth_cache_mac(&auth->cache, attempt->authorization, attempt->mac))
        return false;
    else if (!mb_auth_cache_find(&auth->cache, attempt->mac, mb_clock_monotonic(), &who) &&
             attempt->header.kind == MB_CREDENTIAL_TOKEN && !is_guess(&attempt->header))
        who = whose_token(auth, &attempt->header);
    return who != NULL;
}

static mb_status by_password(struct attempt *attempt, struct mb_error *error)
{
    struct mb_auth *auth = attempt->auth;
    pthread_mutex_lock(&auth->lock);
    bool full = auth->waiting >= WAITING;
    auth->waiting += full ? 0 : 1;
    pthread_mutex_unlock(&auth->lock);
    if (full)
        return throttle(WAIT_MS, "too many passwords wait to be checked; try again", error);
    pthread_mutex_lock(&auth->hashing);
    mb_status status = hash_password(attempt, error);
    pthread_mutex_unlock(&auth->hashing);
    return status;
}

/* MB_END for a password that has to be hashed; with the lock. */
static mb_status by_header(struct attempt *attempt, struct mb_error *error)
{
    struct mb_auth *auth = attempt->auth;
    if (!mb_auth_header_parse(attempt->authorization, &attempt->header))
        return refuse(attempt, "the credentials are malformed", "", error);
    if (!mb_auth_cache_mac(&auth->cache, attempt->authorization, attempt->mac))
        return mb_fail_memory(error);
    mb_status status = by_memory(attempt, error);
    if (status == MB_END && attempt->header.kind == MB_CREDENTIAL_TOKEN)
        return settle(attempt, whose_token(auth, &attempt->header), error);
    if (status == MB_END && !auth->set->passwords)
        return settle(attempt, NULL, error);
    return status;
}

static mb_status look(struct attempt *attempt, struct mb_error *error)
{
    struct mb_auth *auth = attempt->auth;
    pthread_mutex_lock(&auth->lock);
    mb_auth_refresh(auth);
    mb_status status =
        *attempt->authorization == '\0' ? by_certificate(attempt, error) : by_header(attempt, error);
    pthread_mutex_unlock(&auth->lock);
    return status == MB_END ? by_password(attempt, error) : status;
}

mb_status mb_auth_check(struct mb_auth *auth, const char *authorization, const char *certificate_name,
                        struct mb_arena *arena, struct mb_caller *caller, struct mb_error *error)
{
    struct attempt attempt = {.auth = auth,
                              .authorization = authorization,
                              .certificate = certificate_name,
                              .arena = arena,
                              .caller = caller};
    caller->name = "";
    caller->role = MB_ROLE_NONE;
    if (auth->certificates && *certificate_name == '\0')
        return mb_fail(error, MB_E_UNAUTHENTICATED, "the request comes without a client's certificate");
    if (auth->path != NULL || auth->has_token) {
        mb_status status = look(&attempt, error);
        mb_auth_header_wipe(&attempt.header);
        return status;
    }
    caller->name = mb_arena_strdup(arena, certificate_name);
    caller->role = MB_ROLE_WRITE;
    return caller->name != NULL ? MB_OK : mb_fail_memory(error);
}

bool mb_auth_knows(struct mb_auth *auth, const char *authorization, const char *certificate_name)
{
    struct attempt attempt = {.auth = auth, .authorization = authorization, .certificate = certificate_name};
    if (auth->certificates && *certificate_name == '\0')
        return false;
    if (auth->path == NULL && !auth->has_token)
        return true;
    pthread_mutex_lock(&auth->lock);
    mb_auth_refresh(auth);
    bool known = is_known(&attempt);
    pthread_mutex_unlock(&auth->lock);
    mb_auth_header_wipe(&attempt.header);
    return known;
}

/* With the lock. */
static bool takes_hashing(struct attempt *attempt)
{
    struct mb_auth *auth = attempt->auth;
    const struct mb_credential *who;
    return *attempt->authorization != '\0' && auth->set->passwords &&
           mb_auth_header_parse(attempt->authorization, &attempt->header) &&
           attempt->header.kind == MB_CREDENTIAL_PASSWORD &&
           mb_auth_cache_mac(&auth->cache, attempt->authorization, attempt->mac) &&
           !mb_auth_cache_find(&auth->cache, attempt->mac, mb_clock_monotonic(), &who);
}

bool mb_auth_is_quick(struct mb_auth *auth, const char *authorization, const char *certificate_name)
{
    struct attempt attempt = {.auth = auth, .authorization = authorization};
    if ((auth->certificates && *certificate_name == '\0') || (auth->path == NULL && !auth->has_token))
        return true;
    pthread_mutex_lock(&auth->lock);
    mb_auth_refresh(auth);
    bool quick = !takes_hashing(&attempt);
    pthread_mutex_unlock(&auth->lock);
    mb_auth_header_wipe(&attempt.header);
    return quick;
}

bool mb_auth_required(const struct mb_auth *auth)
{
    return auth->path != NULL || auth->has_token || auth->certificates;
}

const char *mb_auth_challenge(struct mb_auth *auth)
{
    pthread_mutex_lock(&auth->lock);
    bool passwords = auth->set->passwords;
    pthread_mutex_unlock(&auth->lock);
    return passwords ? "Bearer realm=\"milvus-backup\", Basic realm=\"milvus-backup\", charset=\"UTF-8\""
                     : "Bearer realm=\"milvus-backup\"";
}

/* --------------------------------------------------------------------- its life */

static mb_status take_token(struct mb_auth *auth, const char *token, struct mb_error *error)
{
    if (token == NULL || *token == '\0')
        return MB_OK;
    if (!mb_auth_header_takes(token))
        return mb_fail(error, MB_E_CONFIG,
                       "the token for the server holds a blank, a line end or another character that no "
                       "header carries, or has more than %d characters",
                       MB_CREDENTIAL_SECRET - 1);
    if (strlen(token) < GUESSABLE)
        mb_auth_tell(auth, MB_LOG_WARN,
                     "the token for the server has fewer than %d characters and may be guessed", GUESSABLE);
    auth->token = (struct mb_credential){.name = "token", .role = MB_ROLE_WRITE, .kind = MB_CREDENTIAL_TOKEN};
    auth->has_token = true;
    return mb_credential_digest(token, strlen(token), auth->token.hash, error);
}

static mb_status take_file(struct mb_auth *auth, const char *path, struct mb_error *error)
{
    auth->set = mb_auth_set_new();
    if (auth->set == NULL)
        return mb_fail_memory(error);
    auth->set->users = 1;
    if (*path == '\0')
        return MB_OK;
    auth->path = strdup(path);
    if (auth->path == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_auth_read_file(auth, error);
    if (status == MB_OK && auth->set->count == 0 && !auth->has_token)
        status = mb_fail(error, MB_E_CONFIG, "%s holds no credential, so nobody could call", path);
    if (status != MB_OK)
        return mb_error_context(error, "server.credentialsFile");
    mb_auth_tell_file(auth, MB_OK, error);
    return MB_OK;
}

static mb_status set_up(struct mb_auth *auth, const struct mb_auth_options *options, struct mb_error *error)
{
    MB_TRY(mb_auth_cache_init(&auth->cache, error));
    MB_TRY(take_token(auth, options->token, error));
    return take_file(auth, options->credentials_file, error);
}

mb_status mb_auth_open(struct mb_auth **out, const struct mb_auth_options *options, struct mb_error *error)
{
    struct mb_auth *auth = calloc(1, sizeof *auth);
    if (auth == NULL)
        return mb_fail_memory(error);
    pthread_mutex_init(&auth->lock, NULL);
    pthread_mutex_init(&auth->hashing, NULL);
    auth->certificates = options->certificates;
    auth->session = options->session;
    mb_status status = set_up(auth, options, error);
    if (status != MB_OK) {
        mb_auth_close(auth);
        return status;
    }
    *out = auth;
    return MB_OK;
}

void mb_auth_close(struct mb_auth *auth)
{
    if (auth == NULL)
        return;
    mb_auth_let_go(auth->set);
    free(auth->path);
    pthread_mutex_destroy(&auth->hashing);
    pthread_mutex_destroy(&auth->lock);
    explicit_bzero(auth, sizeof *auth);
    free(auth);
}
