/* Mappings: collections of a backup, and what each becomes by name. */
#include "restore/plan_private.h"

#include "base/hint.h"

#include <stdlib.h>
#include <string.h>

static mb_status refuse(const char *what, const char *why, struct mb_error *error)
{
    return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "mappings", "%s %s", what, why);
}

static mb_status check_target(const char *what, const char *name, struct mb_error *error)
{
    if (name == NULL || *name == '\0')
        return refuse(what, "is missing from a mapping", error);
    if (mb_text_is_name(name, strlen(name)))
        return MB_OK;
    return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "mappings",
                        "\"%s\" cannot be a %s: names are of letters, digits and _", name, what);
}

static mb_status check_source(const char *what, const char *name, struct mb_error *error)
{
    return name != NULL && *name != '\0' ? MB_OK : refuse(what, "is missing from a mapping", error);
}

static mb_status check(const struct mb_mapping *mapping, struct mb_error *error)
{
    MB_TRY(check_source("the source database", mapping->source_db, error));
    MB_TRY(check_target("target database", mapping->target_db, error));
    if (mapping->shards < 0)
        return refuse("a number of shards", "is below 0", error);
    if (mapping->source == NULL && mapping->target == NULL)
        return MB_OK;
    MB_TRY(check_source("the source collection", mapping->source, error));
    return check_target("target collection", mapping->target, error);
}

static const char *keep(struct mb_arena *arena, const char *text, bool *ok)
{
    const char *copy = text != NULL ? mb_arena_strdup(arena, text) : NULL;
    *ok = *ok && (text == NULL || copy != NULL);
    return copy;
}

mb_status mb_mappings_add(struct mb_mappings *mappings, struct mb_arena *arena,
                          const struct mb_mapping *mapping, struct mb_error *error)
{
    bool ok = true;
    MB_TRY(check(mapping, error));
    struct mb_mapping *items = mb_arena_append(arena, mappings->items, mappings->count, sizeof *items);
    const struct mb_mapping copy = {.source_db = keep(arena, mapping->source_db, &ok),
                                    .target_db = keep(arena, mapping->target_db, &ok),
                                    .source = keep(arena, mapping->source, &ok),
                                    .target = keep(arena, mapping->target, &ok),
                                    .shards = mapping->shards,
                                    .description = keep(arena, mapping->description, &ok)};
    if (items == NULL || !ok)
        return mb_fail_memory(error);
    items[mappings->count++] = copy;
    mappings->items = items;
    return MB_OK;
}

/* Those that make a database alone have no target, and come first. */
static int by_target(const void *a, const void *b)
{
    const struct mb_mapping *x = *(const struct mb_mapping *const *)a;
    const struct mb_mapping *y = *(const struct mb_mapping *const *)b;
    if (x->target == NULL || y->target == NULL)
        return (x->target != NULL) - (y->target != NULL);
    int order = strcmp(x->target_db, y->target_db);
    return order != 0 ? order : strcmp(x->target, y->target);
}

mb_status mb_mappings_check(const struct mb_mappings *mappings, struct mb_arena *arena,
                            struct mb_error *error)
{
    const struct mb_mapping **sorted = mb_arena_alloc(arena, mappings->count + 1, sizeof *sorted);
    if (sorted == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < mappings->count; i++)
        sorted[i] = &mappings->items[i];
    qsort(sorted, mappings->count, sizeof *sorted, by_target);
    for (size_t i = 1; i < mappings->count; i++)
        if (sorted[i]->target != NULL && by_target(&sorted[i - 1], &sorted[i]) == 0)
            return mb_fail_hint(error, MB_E_CONFIG, MB_HINT_INPUT, "mappings",
                                "two mappings make %s.%s: give other targets", sorted[i]->target_db,
                                sorted[i]->target);
    return MB_OK;
}

bool mb_plan_is_mapped(const struct mb_plan_options *options)
{
    return options->mappings != NULL && options->mappings->count > 0;
}

bool mb_mapping_is_about(const struct mb_mapping *mapping, const struct mb_collection_backup *source)
{
    return mapping->source != NULL && strcmp(mapping->source_db, mb_plan_db(source)) == 0 &&
           strcmp(mapping->source, source->collection.name) == 0;
}

static void add_if_chosen(struct mb_restore_plan *plan, struct mb_restore_target target,
                          const struct mb_plan_options *options)
{
    if (mb_plan_selects(options->filter, target.db, target.name))
        plan->targets[plan->count++] = target;
}

void mb_plan_add_mapped(const struct mb_collection_backup *source, const struct mb_plan_options *options,
                        struct mb_restore_plan *plan)
{
    bool named = false;
    for (size_t i = 0; i < options->mappings->count; i++) {
        const struct mb_mapping *mapping = &options->mappings->items[i];
        if (!mb_mapping_is_about(mapping, source))
            continue;
        named = true;
        add_if_chosen(plan,
                      (struct mb_restore_target){.source = source,
                                                 .db = mapping->target_db,
                                                 .name = mapping->target,
                                                 .shards = mapping->shards,
                                                 .description = mapping->description},
                      options);
    }
    if (!named && options->filter != NULL && options->filter->count > 0)
        add_if_chosen(plan,
                      (struct mb_restore_target){
                          .source = source, .db = mb_plan_db(source), .name = source->collection.name},
                      options);
}

size_t mb_plan_map_database(const char *db, const struct mb_plan_options *options, const char **to)
{
    size_t count = 0;
    for (size_t i = 0; i < options->mappings->count; i++)
        if (strcmp(options->mappings->items[i].source_db, db) == 0)
            to[count++] = options->mappings->items[i].target_db;
    if (count == 0 && options->filter != NULL && options->filter->count > 0)
        to[count++] = db;
    return count;
}
