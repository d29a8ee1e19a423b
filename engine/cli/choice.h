/* choice.h - the flags that say which collections a command is about, and which of them counts. */
#ifndef MB_CLI_CHOICE_H
#define MB_CLI_CHOICE_H

#include "cli/context.h"
#include "model/selection.h"

/* As the flags were given; NULL or empty where they were not. */
struct mb_choice {
    const char *filter;
    const char *database_collections;
    struct mb_strings collections;
    struct mb_strings databases;
};

/* How a command uses its flags. */
struct mb_choice_rules {
    const char *collections_flag; /* --colls or --collections */
    bool filter_is_apart; /* the filter is about other names than the selection: it is not added here */
};

/* The filter counts before --database_collections, and that before the other two, which exclude each other.
 * *ignored is NULL, or the flags that were given but do not count; memory lies in arena. */
mb_status mb_choice_select(const struct mb_choice *choice, const struct mb_choice_rules *rules,
                           struct mb_arena *arena, struct mb_selection *out, const char **ignored,
                           struct mb_error *error);

/* Tells of flags that do not count; ignored as mb_choice_select gave it. */
void mb_choice_warn(struct mb_context *context, const char *ignored);

#endif
