/* auth.h - who may call: users and tokens from a file, with hashed secrets.
 *
 * Thread-safe.  The file is read again when it has changed. */
#ifndef MB_SERVICE_AUTH_H
#define MB_SERVICE_AUTH_H

#include "service/service.h"

struct mb_auth;

struct mb_auth_options {
    const char *credentials_file; /* "" for none */
    const char *token; /* one more, with the role write; NULL for none.  Wiped by nobody: the caller's */
};

mb_status mb_auth_open(struct mb_auth **out, const struct mb_auth_options *options, struct mb_error *error);
void mb_auth_close(struct mb_auth *auth);

/* Is there any credential?  Where there is none everybody is MB_ROLE_WRITE. */
bool mb_auth_required(const struct mb_auth *auth);

/* What a request showed: the value of Authorization or "", and the name in a certificate that was checked, or
 * "".  Fills name and role of caller (name lies in arena); MB_E_UNAUTHENTICATED for what is not known,
 * malformed or missing.  Takes the same time whichever it is, as far as that can be had. */
mb_status mb_auth_check(struct mb_auth *auth, const char *authorization, const char *certificate_name,
                        struct mb_arena *arena, struct mb_caller *caller, struct mb_error *error);

#endif
