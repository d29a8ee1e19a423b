#include "cli/choice.h"

enum { FILTER, DATABASE_COLLECTIONS, COLLECTIONS, DATABASES, CHOICES };

/* Scripts pass an empty variable for "everything". */
static bool is_given(const char *text)
{
    return text != NULL && *text != '\0';
}

static bool any_is_given(const struct mb_strings *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        if (is_given(texts->items[i]))
            return true;
    return false;
}

static mb_status name_ignored(const bool given[CHOICES], const char *const flags[CHOICES], int counts,
                              struct mb_arena *arena, const char **ignored, struct mb_error *error)
{
    const char *text = NULL;
    for (int i = counts + 1; i < CHOICES; i++) {
        if (!given[i])
            continue;
        text = text == NULL ? flags[i] : mb_arena_printf(arena, "%s and %s", text, flags[i]);
        if (text == NULL)
            return mb_fail_memory(error);
    }
    *ignored = text;
    return MB_OK;
}

static mb_status add(const struct mb_choice *choice, const struct mb_choice_rules *rules, int counts,
                     struct mb_arena *arena, struct mb_selection *out, struct mb_error *error)
{
    if (counts == FILTER && !rules->filter_is_apart)
        MB_TRY(mb_selection_add_filter(out, arena, choice->filter, error));
    if (counts == DATABASE_COLLECTIONS)
        return mb_selection_add_json(out, arena, choice->database_collections, error);
    for (size_t i = 0; counts == COLLECTIONS && i < choice->collections.count; i++)
        MB_TRY(mb_selection_add_names(out, arena, choice->collections.items[i], error));
    for (size_t i = 0; counts == DATABASES && i < choice->databases.count; i++)
        MB_TRY(mb_selection_add_databases(out, arena, choice->databases.items[i], error));
    return MB_OK;
}

mb_status mb_choice_select(const struct mb_choice *choice, const struct mb_choice_rules *rules,
                           struct mb_arena *arena, struct mb_selection *out, const char **ignored,
                           struct mb_error *error)
{
    const bool given[CHOICES] = {[FILTER] = is_given(choice->filter),
                                 [DATABASE_COLLECTIONS] = is_given(choice->database_collections),
                                 [COLLECTIONS] = any_is_given(&choice->collections),
                                 [DATABASES] = any_is_given(&choice->databases)};
    const char *const flags[CHOICES] = {[FILTER] = "--filter",
                                        [DATABASE_COLLECTIONS] = "--database_collections",
                                        [COLLECTIONS] = rules->collections_flag,
                                        [DATABASES] = "--databases"};
    int counts = 0;
    while (counts < CHOICES && !given[counts])
        counts++;
    /* Versions of the Go program disagree about which of the two counts. */
    if (counts == COLLECTIONS && given[DATABASES])
        return mb_fail(error, MB_E_CONFIG,
                       "give %s or --databases, not both; --filter takes collections and databases together: "
                       "'coll,db.*'",
                       rules->collections_flag);
    MB_TRY(add(choice, rules, counts, arena, out, error));
    return name_ignored(given, flags, counts, arena, ignored, error);
}

void mb_choice_warn(struct mb_context *context, const char *ignored)
{
    if (ignored != NULL)
        mb_context_warn(context, "collections are chosen in more than one way: %s ignored", ignored);
}
