/* choice.h - the members of a request that say which collections it is about, and which of them counts. */
#ifndef MB_TASK_CHOICE_H
#define MB_TASK_CHOICE_H

#include "model/selection.h"

/* As they were given; NULL or empty where they were not. */
struct mb_choice {
    const char *filter;
    const char *database_collections;
    struct mb_strings collections;
    struct mb_strings databases;
};

/* filter counts before database_collections, and that before the other two, which exclude each other.  The
 * filter goes into *filter, which may be *out: it is apart where it is about other names.  ignored gets the
 * members that were given but do not count; memory lies in arena. */
mb_status mb_choice_select(const struct mb_choice *choice, struct mb_arena *arena, struct mb_selection *out,
                           struct mb_selection *filter, struct mb_strings *ignored, struct mb_error *error);

#endif
