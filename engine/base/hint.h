/* hint.h - what an error asks its reader to do, as a kind and the thing that it is about.
 *
 * Below a front end nobody knows how something is asked for: by a flag, a member of a request or a field of a
 * struct.  An error carries a kind, and the front end words it. */
#ifndef MB_BASE_HINT_H
#define MB_BASE_HINT_H

#include "base/error.h"

/* Behind each: its subject.  Append; mb_hint_name's are seen by scripts. */
enum mb_hint {
    MB_HINT_NONE = 0,
    MB_HINT_INPUT,           /* the member of the request that is malformed, "filter" */
    MB_HINT_RESUME,          /* a backup that is not complete: go on with it, or delete it */
    MB_HINT_DELETE,          /* a backup: delete what lies under its name */
    MB_HINT_DELETE_AGAIN,    /* a backup: delete it once more if it is still listed */
    MB_HINT_TAKE_OVER,       /* a backup that is being made: take its name all the same */
    MB_HINT_FORCE_DELETE,    /* a backup that is being made: delete it all the same */
    MB_HINT_TARGET_EXISTS,   /* a collection: give another name, replace it, or add to it */
    MB_HINT_TARGET_MISSING,  /* a collection: have it created */
    MB_HINT_TARGET_IS_ALIAS, /* an alias: name its collection, or drop the alias */
    MB_HINT_RENAME_DATABASE, /* a database: send what it holds to the default one */
    MB_HINT_SKIP_FLUSH,      /* a collection: back up what is written out, without a flush */
    MB_HINT_DROP_FIRST,      /* a collection: drop it before the new one is made, or release it */
    MB_HINT_NO_JOBS,         /* none: do without import jobs */
    MB_HINT_CONFIG_FILE,     /* none: name a configuration file, or say that there is none */
    MB_HINT_COUNT
};

/* mb_fail with a hint.  A subject that is too long is cut; NULL for none. */
mb_status mb_fail_hint(struct mb_error *error, mb_status status, enum mb_hint hint, const char *subject,
                       const char *fmt, ...) MB_PRINTF(5, 6);

/* Gives a hint to an error that has none: what is nearest to the cause knows best.  Returns error->status. */
mb_status mb_error_hint(struct mb_error *error, enum mb_hint hint, const char *subject);

/* "target_exists": for JSON; "none", also for a number that is no kind. */
const char *mb_hint_name(uint32_t hint);

#endif
