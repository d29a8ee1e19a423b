/* auth_header.h - what stands in Authorization: a token (RFC 6750) or a name and a password (RFC 7617). */
#ifndef MB_SERVICE_AUTH_HEADER_H
#define MB_SERVICE_AUTH_HEADER_H

#include "service/credential.h"

struct mb_auth_header {
    enum mb_credential_kind kind;
    char name[MB_CREDENTIAL_SECRET]; /* "" with a token */
    char secret[MB_CREDENTIAL_SECRET];
    size_t secret_len;
};

/* false for anything that is neither.  out holds secrets either way: wipe it. */
bool mb_auth_header_parse(const char *authorization, struct mb_auth_header *out);
void mb_auth_header_wipe(struct mb_auth_header *header);

/* Can a header carry this token? */
bool mb_auth_header_takes(const char *token);

#endif
