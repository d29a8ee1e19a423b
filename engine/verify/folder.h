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

/* Objects that were looked for in vain. */
struct mb_missing {
    size_t count;
    char first[256];       /* its name, or the beginning of it */
    struct mb_error error; /* what was said of it: MB_E_NOT_FOUND, or MB_E_CORRUPT for another size */
};

/* Who hears what became of the objects that no listing showed; each may be NULL. */
struct mb_looker {
    /* It is there after all. */
    mb_status (*found)(void *ctx, const char *name, const struct mb_stat *stat, struct mb_error *error);
    /* It is not, or not like that; size is the one it should have, or MB_ANY_SIZE.  why is MB_E_NOT_FOUND or
     * MB_E_CORRUPT, or NULL when so many are missing already that this one was not asked for. */
    mb_status (*lost)(void *ctx, const char *name, uint64_t size, const struct mb_error *why,
                      struct mb_error *error);
    void *ctx;
};

/* Asks by name for every object that has not been seen.  looker may be NULL.  Fails only when the store or
 * the looker does. */
mb_status mb_folder_look_again(const struct mb_folder *folder, struct mb_expected *expected,
                               const struct mb_looker *looker, struct mb_missing *missing,
                               struct mb_cancel *cancel, struct mb_error *error);

/* MB_E_CORRUPT with what is missing where and how to read it; MB_OK when nothing is.  what is expected, in
 * words: "objects". */
mb_status mb_folder_judge(const struct mb_folder *folder, const char *what,
                          const struct mb_expected *expected, const struct mb_missing *missing,
                          struct mb_error *error);

/* Is an object that was listed still there?  Where listings lag they show what is gone. */
mb_status mb_folder_holds(const struct mb_folder *folder, const char *name, bool *holds,
                          struct mb_cancel *cancel, struct mb_error *error);

/* Who hears of what a listing shows, each object once; name is relative to the folder. */
struct mb_folder_visitor {
    /* It is expected; may be NULL. */
    mb_status (*seen)(void *ctx, const char *name, const struct mb_entry *entry, struct mb_error *error);
    /* It is not, but it is there. */
    mb_status (*stray)(void *ctx, const char *name, const struct mb_entry *entry, struct mb_error *error);
    void *ctx;
};

/* Lists the part of the folder that begins with below ("binlogs/", or "" for all of it) and sees what is
 * expected there. */
mb_status mb_folder_list(const struct mb_folder *folder, const char *below, struct mb_expected *expected,
                         const struct mb_folder_visitor *visitor, struct mb_cancel *cancel,
                         struct mb_error *error);

/* Lists, looks again for what is missing, and judges. */
mb_status mb_folder_verify(const struct mb_folder *folder, const char *below, struct mb_expected *expected,
                           const struct mb_folder_visitor *visitor, struct mb_cancel *cancel,
                           struct mb_error *error);

#endif
