#include "service/credential.h"

#include "base/clock.h"
#include "base/random.h"
#include "service/base64.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

/* What a new password gets: 16 MiB, some tenths of a second.  What a file may ask for: eight times as much,
 * since whoever is not known yet can make the server spend it. */
enum { LOG_N = 14, BLOCK = 8, PARALLEL = 5, MIN_LOG_N = 10, MAX_LOG_N = 20, MAX_P = 32, NEW_SALT = 16 };
enum { MAX_MEMORY = 128 << 20, MAX_NAME = 128 };

static const char password_mark[] = "$scrypt$", token_mark[] = "$sha256$";
static const char *const kinds[] = {"password", "token", "certificate"};

/* ------------------------------------------------------------------- hashing */

static bool scrypt(const struct mb_credential *how, const char *secret, size_t len,
                   unsigned char out[MB_CREDENTIAL_HASH])
{
    /* What the algorithm needs, and as much again for OpenSSL's own counting. */
    const uint64_t memory = UINT64_C(2) * MAX_MEMORY;
    return EVP_PBE_scrypt(secret, len, how->salt, how->salt_len, UINT64_C(1) << how->log_n, how->r, how->p,
                          memory, out, MB_CREDENTIAL_HASH) == 1;
}

static bool digest(const char *token, size_t len, unsigned char out[MB_CREDENTIAL_HASH])
{
    return EVP_Digest(token, len, out, NULL, EVP_sha256(), NULL) == 1;
}

mb_status mb_credential_digest(const char *token, size_t len, unsigned char hash[MB_CREDENTIAL_HASH],
                               struct mb_error *error)
{
    return digest(token, len, hash) ? MB_OK : mb_fail(error, MB_E_INTERNAL, "hash the token");
}

static bool make_hash(const struct mb_credential *how, const char *secret, size_t len,
                      unsigned char out[MB_CREDENTIAL_HASH])
{
    if (how->kind == MB_CREDENTIAL_PASSWORD)
        return scrypt(how, secret, len, out);
    return how->kind == MB_CREDENTIAL_TOKEN && digest(secret, len, out);
}

bool mb_credential_matches(const struct mb_credential *credential, const char *secret, size_t len)
{
    unsigned char made[MB_CREDENTIAL_HASH];
    return make_hash(credential, secret, len, made) &&
           CRYPTO_memcmp(made, credential->hash, sizeof made) == 0;
}

mb_status mb_credential_make_token(char out[MB_CREDENTIAL_TOKEN_TEXT], struct mb_error *error)
{
    unsigned char bytes[32];
    MB_TRY(mb_random_bytes(bytes, sizeof bytes, error));
    mb_base64_encode(bytes, sizeof bytes, out);
    for (char *at = out; *at != '\0'; at++) /* as names of files and URLs take it, too */
        *at = (char)(*at == '+' ? '-' : *at == '/' ? '_' : *at);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return MB_OK;
}

/* -------------------------------------------------------------------- reading */

mb_status mb_credential_check_name(const char *name, struct mb_error *error)
{
    size_t len = strlen(name);
    bool good = len > 0 && len <= MAX_NAME && name[0] != ' ' && name[len - 1] != ' ' && name[0] != '#' &&
                strchr(name, ':') == NULL && mb_text_is_plain(name);
    if (!good)
        return mb_fail(error, MB_E_INVALID,
                       "a name has 1 to %d bytes of UTF-8, no colon, no control character, no blank at its "
                       "ends and no # in front",
                       MAX_NAME);
    if (mb_text_starts_with(name, "schedule "))
        return mb_fail(error, MB_E_INVALID, "names that begin with \"schedule \" are those of schedules");
    return MB_OK;
}

bool mb_credential_parse_moment(const char *text, int64_t *ns)
{
    char moment[32];
    snprintf(moment, sizeof moment, "%sT00:00:00Z", strlen(text) == strlen("2027-01-31") ? text : "");
    return (mb_clock_parse(text, ns) || mb_clock_parse(moment, ns)) && *ns > 0;
}

static bool parse_scrypt(const char *text, struct mb_credential *out)
{
    int at = 0;
    size_t hash_len = 0;
    if (sscanf(text, "ln=%2u,r=%2u,p=%2u$%n", &out->log_n, &out->r, &out->p, &at) != 3 || at == 0)
        return false;
    const char *salt = text + at, *end = strchr(salt, '$');
    return end != NULL && out->log_n >= MIN_LOG_N && out->log_n <= MAX_LOG_N && out->r >= 1 && out->p >= 1 &&
           out->p <= MAX_P && (UINT64_C(128) * out->r << out->log_n) <= MAX_MEMORY &&
           mb_base64_decode(salt, (size_t)(end - salt), out->salt, sizeof out->salt, &out->salt_len) &&
           out->salt_len > 0 &&
           mb_base64_decode(end + 1, strlen(end + 1), out->hash, sizeof out->hash, &hash_len) &&
           hash_len == sizeof out->hash;
}

static bool parse_hex(const char *text, unsigned char out[MB_CREDENTIAL_HASH])
{
    if (strlen(text) != MB_CREDENTIAL_HASH * 2 ||
        strspn(text, "0123456789abcdefABCDEF") != MB_CREDENTIAL_HASH * 2)
        return false;
    for (size_t i = 0; i < MB_CREDENTIAL_HASH; i++)
        if (sscanf(text + 2 * i, "%2hhx", &out[i]) != 1)
            return false;
    return true;
}

static mb_status parse_hash(const char *text, struct mb_credential *out, struct mb_error *error)
{
    bool password = out->kind == MB_CREDENTIAL_PASSWORD;
    const char *mark = password ? password_mark : token_mark;

    if (out->kind == MB_CREDENTIAL_CERTIFICATE && *text == '\0')
        return MB_OK;
    if (out->kind == MB_CREDENTIAL_CERTIFICATE)
        return mb_fail(error, MB_E_CONFIG, "the fourth field must be empty for a certificate");
    const char *rest = text + strlen(mark);
    if (!mb_text_starts_with(text, mark) ||
        !(password ? parse_scrypt(rest, out) : parse_hex(rest, out->hash)))
        return mb_fail(error, MB_E_CONFIG, "the fourth field is no hash of a %s", kinds[out->kind]);
    return MB_OK;
}

static mb_status parse_kind(const char *text, struct mb_credential *out, struct mb_error *error)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(text, kinds[i]) == 0) {
            out->kind = (enum mb_credential_kind)i;
            return MB_OK;
        }
    return mb_fail(error, MB_E_CONFIG, "the third field must be password, token or certificate");
}

static mb_status parse_fields(char *const fields[5], struct mb_credential *out, struct mb_error *error)
{
    if (mb_credential_check_name(fields[0], error) != MB_OK)
        return mb_fail_as(error, MB_E_CONFIG);
    if (!mb_role_parse(fields[1], &out->role) || out->role == MB_ROLE_NONE)
        return mb_fail(error, MB_E_CONFIG, "the second field must be the role, read or write");
    MB_TRY(parse_kind(fields[2], out, error));
    MB_TRY(parse_hash(fields[3], out, error));
    if (fields[4] != NULL && !mb_credential_parse_moment(fields[4], &out->expires_ns))
        return mb_fail(error, MB_E_CONFIG,
                       "the fifth field must be the moment from which it is refused, 2027-01-31 or "
                       "2027-01-31T12:00:00Z");
    return MB_OK;
}

mb_status mb_credential_parse(const char *line, struct mb_arena *arena, struct mb_credential *out,
                              struct mb_error *error)
{
    char *fields[5] = {mb_arena_strdup(arena, line)};
    struct mb_credential made = {0};

    if (fields[0] == NULL)
        return mb_fail_memory(error);
    for (size_t i = 1; i < 5; i++) {
        char *colon = fields[i - 1] != NULL ? strchr(fields[i - 1], ':') : NULL;
        if (colon != NULL)
            *colon = '\0';
        fields[i] = colon != NULL ? colon + 1 : NULL;
    }
    if (fields[3] == NULL)
        return mb_fail(error, MB_E_CONFIG,
                       "a line is NAME:ROLE:KIND:HASH, and :EXPIRES behind it if it does");
    made.name = fields[0];
    MB_TRY(parse_fields(fields, &made, error));
    *out = made;
    return MB_OK;
}

/* -------------------------------------------------------------------- writing */

static mb_status hash_text(struct mb_credential *made, const char *secret, char *out, size_t cap,
                           struct mb_error *error)
{
    char salt[(NEW_SALT + 2) / 3 * 4 + 1], key[(MB_CREDENTIAL_HASH + 2) / 3 * 4 + 1];
    made->log_n = LOG_N;
    made->r = BLOCK;
    made->p = PARALLEL;
    made->salt_len = NEW_SALT;
    MB_TRY(mb_random_bytes(made->salt, NEW_SALT, error));
    if (!make_hash(made, secret, strlen(secret), made->hash))
        return mb_fail(error, MB_E_INTERNAL, "hash the %s", kinds[made->kind]);
    if (made->kind == MB_CREDENTIAL_PASSWORD) {
        mb_base64_encode(made->salt, NEW_SALT, salt);
        mb_base64_encode(made->hash, sizeof made->hash, key);
        snprintf(out, cap, "%sln=%d,r=%d,p=%d$%s$%s", password_mark, LOG_N, BLOCK, PARALLEL, salt, key);
        return MB_OK;
    }
    size_t at = (size_t)snprintf(out, cap, "%s", token_mark);
    for (size_t i = 0; i < sizeof made->hash; i++)
        at += (size_t)snprintf(out + at, cap - at, "%02x", made->hash[i]);
    return MB_OK;
}

mb_status mb_credential_line(const struct mb_credential *what, const char *secret, struct mb_arena *arena,
                             const char **line, struct mb_error *error)
{
    struct mb_credential made = *what;
    char text[256] = "", expires[40] = "";

    MB_TRY(mb_credential_check_name(what->name, error));
    if (what->kind != MB_CREDENTIAL_CERTIFICATE)
        MB_TRY(hash_text(&made, secret, text, sizeof text, error));
    if (what->expires_ns != 0) {
        expires[0] = ':';
        mb_clock_format(what->expires_ns, expires + 1, sizeof expires - 1);
    }
    *line = mb_arena_printf(arena, "%s:%s:%s:%s%s", what->name, mb_role_name(what->role), kinds[what->kind],
                            text, expires);
    return *line != NULL ? MB_OK : mb_fail_memory(error);
}
