/* credential.h - one line of the file of credentials: who it is, what he may, and how he proves it.
 *
 *     NAME:ROLE:KIND:HASH[:EXPIRES]
 *
 *     alice:write:password:$scrypt$ln=14,r=8,p=5$SALT$KEY     salt and key in base64 without padding
 *     grafana:read:token:$sha256$HEX                          SHA-256 of the token
 *     proxy.example:write:certificate:                        the name (CN) in the certificate says it all
 *
 * A password is hashed with scrypt, whose memory and time make guessing dear.  A token has 256 random bits,
 * which nobody guesses however fast he hashes; so one SHA-256 suffices. */
#ifndef MB_SERVICE_CREDENTIAL_H
#define MB_SERVICE_CREDENTIAL_H

#include "service/service.h"

enum mb_credential_kind { MB_CREDENTIAL_PASSWORD, MB_CREDENTIAL_TOKEN, MB_CREDENTIAL_CERTIFICATE };

enum {
    MB_CREDENTIAL_HASH = 32,
    MB_CREDENTIAL_SALT = 64,       /* at most */
    MB_CREDENTIAL_TOKEN_TEXT = 48, /* of a token that is made here, with the NUL */
    MB_CREDENTIAL_SECRET = 1024    /* the longest password or token that anybody needs */
};

struct mb_credential {
    const char *name;
    enum mb_role role;
    enum mb_credential_kind kind;
    int64_t expires_ns;   /* since 1970; 0 for never */
    unsigned log_n, r, p; /* of a password */
    unsigned char salt[MB_CREDENTIAL_SALT];
    size_t salt_len;
    unsigned char hash[MB_CREDENTIAL_HASH];
};

/* The line without its end.  name lies in arena.  MB_E_CONFIG with the field that is wrong, not with what it
 * holds: fields that were mixed up may be secrets. */
mb_status mb_credential_parse(const char *line, struct mb_arena *arena, struct mb_credential *out,
                              struct mb_error *error);

/* A name as it may stand in the file; MB_E_INVALID otherwise. */
mb_status mb_credential_check_name(const char *name, struct mb_error *error);

/* A moment, "2027-01-31T12:00:00Z", or the beginning of a day, "2027-01-31". */
bool mb_credential_parse_moment(const char *text, int64_t *ns);

/* The line for name, role, kind and expires_ns of what, which has none of the others; secret is the password
 * or token. */
mb_status mb_credential_line(const struct mb_credential *what, const char *secret, struct mb_arena *arena,
                             const char **line, struct mb_error *error);

/* A new token. */
mb_status mb_credential_make_token(char out[MB_CREDENTIAL_TOKEN_TEXT], struct mb_error *error);

/* The hash of a token. */
mb_status mb_credential_digest(const char *token, size_t len, unsigned char hash[MB_CREDENTIAL_HASH],
                               struct mb_error *error);

/* Is it the secret of that password or token?  In a time that depends on neither of the two. */
bool mb_credential_matches(const struct mb_credential *credential, const char *secret, size_t len);

#endif
