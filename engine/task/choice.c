#include "task/choice.h"

#include "base/hint.h"
#include "base/text.h"

enum { FILTER, DATABASE_COLLECTIONS, COLLECTIONS, DATABASES, CHOICES };

static const char *const members[CHOICES] = {"filter", "database_collections", "collections", "databases"};

/* Scripts pass an empty variable for "everything". */
static bool any_is_given(const struct mb_strings *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        if (mb_text_is_given(texts->items[i]))
            return true;
    return false;
}

static mb_status name_ignored(const bool given[CHOICES], int counts, struct mb_arena *arena,
                              struct mb_strings *ignored, struct mb_error *error)
{
    for (int i = counts + 1; i < CHOICES; i++)
        if (given[i] && !mb_strings_add(ignored, arena, members[i]))
            return mb_fail_memory(error);
    return MB_OK;
}

static mb_status add(const struct mb_choice *choice, int counts, struct mb_arena *arena,
                     struct mb_selection *out, struct mb_error *error)
{
    if (counts == DATABASE_COLLECTIONS)
        return mb_selection_add_json(out, arena, choice->database_collections, error);
    for (size_t i = 0; counts == COLLECTIONS && i < choice->collections.count; i++)
        MB_TRY(mb_selection_add_names(out, arena, choice->collections.items[i], error));
    for (size_t i = 0; counts == DATABASES && i < choice->databases.count; i++)
        MB_TRY(mb_selection_add_databases(out, arena, choice->databases.items[i], error));
    return MB_OK;
}

mb_status mb_choice_select(const struct mb_choice *choice, struct mb_arena *arena, struct mb_selection *out,
                           struct mb_selection *filter, struct mb_strings *ignored, struct mb_error *error)
{
    const bool given[CHOICES] = {[FILTER] = mb_text_is_given(choice->filter),
                                 [DATABASE_COLLECTIONS] = mb_text_is_given(choice->database_collections),
                                 [COLLECTIONS] = any_is_given(&choice->collections),
                                 [DATABASES] = any_is_given(&choice->databases)};
    int counts = 0;
    while (counts < CHOICES && !given[counts])
        counts++;
    /* Versions of the Go program disagree about which of the two counts. */
    if (counts == COLLECTIONS && given[DATABASES])
        return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_EXCLUSIVE, members[COLLECTIONS],
                            "collections and databases are chosen together");
    if (given[FILTER])
        MB_TRY(mb_selection_add_filter(filter, arena, choice->filter, error));
    MB_TRY(add(choice, counts, arena, out, error));
    return name_ignored(given, counts, arena, ignored, error);
}
