/* auth.h - who may call: users, tokens and certificates from a file, with hashed secrets (credential.h).
 *
 * Thread-safe.  The file is looked at with every request and read again when it has changed; a version that
 * is broken is told to the log, and the one before stays. */
#ifndef MB_SERVICE_AUTH_H
#define MB_SERVICE_AUTH_H

#include "service/service.h"

struct mb_auth;

struct mb_auth_options {
    const char *credentials_file; /* "" for none */
    const char
        *token; /* one more, with the role write; NULL or "" for none.  Wiped by nobody: the caller's */
    bool certificates;          /* those of clients are checked by the door: nobody comes in without one */
    struct mb_session *session; /* its log gets refusals and changes of the file; NULL for nobody */
};

/* MB_E_CONFIG for a file that cannot be used, with its name and line, and never with what stands there. */
mb_status mb_auth_open(struct mb_auth **out, const struct mb_auth_options *options, struct mb_error *error);
void mb_auth_close(struct mb_auth *auth);

/* Does it take a credential to come in?  Where it does not everybody is MB_ROLE_WRITE. */
bool mb_auth_required(const struct mb_auth *auth);

/* What WWW-Authenticate says behind a 401. */
const char *mb_auth_challenge(struct mb_auth *auth);

/* What a request showed: the value of Authorization or "", and the name in a certificate that was checked
 * (its CN, or else its first DNS name), or "".  Several values of Authorization are to be joined by ", ",
 * which no credential holds, and one with a NUL is to be handed in as " ".  caller->address, without a port,
 * is read; name (which lies in arena) and role are filled.
 *
 * MB_E_UNAUTHENTICATED for what is unknown, malformed, expired or missing; MB_E_THROTTLED, with
 * retry_after_ms, for a guess from an address that has guessed too often, and where too many passwords wait
 * to be checked.  A password that was not seen lately takes some tenths of a second: to be called in a thread
 * that may wait.  Takes the same time whichever it is that is wrong, as far as that can be had. */
mb_status mb_auth_check(struct mb_auth *auth, const char *authorization, const char *certificate_name,
                        struct mb_arena *arena, struct mb_caller *caller, struct mb_error *error);

/* Would it be let in at once?  Quick, so that a door can ask before it reads a body, and wait elsewhere for
 * those whom nobody knows yet. */
bool mb_auth_knows(struct mb_auth *auth, const char *authorization, const char *certificate_name);

/* Would mb_auth_check answer at once, whatever it says?  Only a password that was not seen lately makes it
 * wait. */
bool mb_auth_is_quick(struct mb_auth *auth, const char *authorization, const char *certificate_name);

#endif
