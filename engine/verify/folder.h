/* folder.h - does everything lie in a folder that is expected there?
 *
 * One rule for whoever asks: an object is known by its name, and a name that is listed twice counts once; a
 * folder marker is neither expected nor a stray; what a listing lacks, or shows with another size, is asked
 * for by name, again and again for as long as the store's patience lasts, before it counts as missing; and a
 * stray is one only if it is still there when it is asked for. */
#ifndef MB_VERIFY_FOLDER_H
#define MB_VERIFY_FOLDER_H

#include "verify/compare.h"
#include "verify/expected.h"

/* An empty object whose key ends in a slash: consoles and old tools leave such where they show a folder. */
bool mb_is_folder_marker(const char *key, uint64_t size);

/* Objects that were looked for in vain. */
struct mb_missing {
    size_t count;
    char first[256];       /* its name, or the beginning of it */
    struct mb_error error; /* what was said of it: MB_E_NOT_FOUND, or MB_E_CORRUPT for another size */
};

/* Asks by name for every object that has not been seen.  found, which may be NULL, is called for each that is
 * there after all.  Fails only when the store does. */
mb_status mb_folder_look_again(const struct mb_folder *folder, struct mb_expected *expected,
                               mb_status (*found)(void *ctx, const char *name, const struct mb_stat *stat,
                                                  struct mb_error *error),
                               void *ctx, struct mb_missing *missing, struct mb_cancel *cancel,
                               struct mb_error *error);

/* MB_E_CORRUPT with what is missing where and how to read it; MB_OK when nothing is. */
mb_status mb_folder_judge(const struct mb_folder *folder, const struct mb_expected *expected,
                          const struct mb_missing *missing, struct mb_error *error);

/* Is an object that was listed still there?  Where listings lag they show what is gone. */
mb_status mb_folder_holds(const struct mb_folder *folder, const char *name, bool *holds,
                          struct mb_cancel *cancel, struct mb_error *error);

/* Lists the part of the folder that begins with below ("binlogs/"), compares it with what is expected and
 * looks again for what is missing.  stray is called for each object that is not expected. */
mb_status mb_folder_verify(const struct mb_folder *folder, const char *below, struct mb_expected *expected,
                           mb_status (*stray)(void *ctx, const char *key, struct mb_error *error), void *ctx,
                           struct mb_cancel *cancel, struct mb_error *error);

#endif
