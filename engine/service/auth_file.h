/* auth_file.h - the file of credentials, as it was read: one a line, see credential.h; empty lines and those
 * that begin with # are none. */
#ifndef MB_SERVICE_AUTH_FILE_H
#define MB_SERVICE_AUTH_FILE_H

#include "service/credential.h"

#include <sys/stat.h>

/* One reading of the file.  Never changed once it is made, but for users, whose owner counts them. */
struct mb_auth_set {
    unsigned users;
    struct mb_arena *arena;
    unsigned char digest[MB_CREDENTIAL_HASH]; /* of the whole file */
    const struct mb_credential *items;
    size_t count;
    bool passwords;             /* are there any? */
    struct mb_credential decoy; /* as dear to check as the dearest password, for names that nobody has */
    bool readable_by_others;
};

/* MB_E_CONFIG with "<path>:<line>: ..."; also for a file that its group or others may write to. */
mb_status mb_auth_set_read(struct mb_auth_set **out, const char *path, struct mb_error *error);
struct mb_auth_set *mb_auth_set_new(void); /* without any; NULL without memory */
void mb_auth_set_free(struct mb_auth_set *set);

/* The credential of that kind and name; NULL for none. */
const struct mb_credential *mb_auth_set_named(const struct mb_auth_set *set, enum mb_credential_kind kind,
                                              const char *name);

/* Whose password or token it is; NULL for nobody's.  One hash of a password is made whether there is such a
 * name or not, and every token is looked at. */
const struct mb_credential *mb_auth_set_password(const struct mb_auth_set *set, const char *name,
                                                 const char *secret, size_t len);
const struct mb_credential *mb_auth_set_token(const struct mb_auth_set *set, const char *secret, size_t len);

/* What tells one version of the file from another. */
struct mb_auth_version {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified, changed;
    int64_t read_ns; /* by the clock of the machine */
};

/* All zero for a file that is not there. */
struct mb_auth_version mb_auth_version_of(const char *path);

bool mb_auth_version_equal(const struct mb_auth_version *a, const struct mb_auth_version *b);

/* Was it read so long after its last change that a further one would show?  The times of files go forward in
 * steps. */
bool mb_auth_version_settled(const struct mb_auth_version *version);

#endif
