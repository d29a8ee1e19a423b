#include "config/collect.h"

#include "base/arena.h"
#include "config/misfit.h"

static struct mb_config_words words_of(const struct mb_config_words *given)
{
    return (struct mb_config_words){
        .overrides = given->overrides != NULL ? given->overrides : "the override",
        .no_file = given->no_file != NULL ? given->no_file : "name no file",
        .drivers = given->drivers != NULL ? given->drivers : "the list of drivers",
    };
}

mb_status mb_settings_begin(struct mb_arena *arena, struct mb_config_report *report,
                            const struct mb_config_kept *kept, const struct mb_config_words *words,
                            struct mb_settings **out, struct mb_error *error)
{
    struct mb_settings *settings = mb_arena_alloc(arena, 1, sizeof *settings);
    if (settings == NULL)
        return mb_fail_memory(error);
    *settings =
        (struct mb_settings){.arena = arena, .report = report, .path = kept->path, .words = words_of(words)};
    *out = settings;
    return MB_OK;
}

/* Which schema the nodes are written in; 0 when configVersion is none we know. */
static unsigned find_schema(struct mb_settings *settings, const struct mb_yaml_node *nodes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct mb_yaml_node *node = &nodes[i];
        if (!mb_text_equal_nocase(node->path, "configVersion") || node->kind == MB_YAML_NULL)
            continue;
        if (mb_text_equal_nocase(node->text, "v1"))
            return 1;
        if (mb_text_equal_nocase(node->text, "v2"))
            return 2;
        mb_report_add(settings->report, MB_CONFIG_PROBLEM,
                      mb_arena_printf(settings->arena, "%s:%u:%u", settings->path, node->line, node->column),
                      "configVersion is %s; it takes v1 or v2", mb_quote(settings->arena, node->text));
        return 0;
    }
    return 1;
}

bool mb_settings_collect(struct mb_settings *settings, const struct mb_config_kept *kept)
{
    struct mb_yaml_node *nodes = NULL;
    size_t count = 0;

    settings->schema = *settings->path != '\0' ? 0 : 2;
    if (*settings->path != '\0') {
        if (!mb_yaml_read(settings->arena, settings->report, settings->path, kept->text, kept->len, &nodes,
                          &count))
            return false;
        settings->schema = find_schema(settings, nodes, count);
        if (settings->schema == 0 || !mb_misfit_judge(settings, nodes, count))
            return false;
    }
    settings->nodes = nodes;
    settings->node_count = count;
    mb_settings_from_file(settings, nodes, count);
    mb_settings_from_environment(settings, kept->environment);
    mb_settings_from_sets(settings, kept->sets, kept->set_count);
    if (!mb_misfit_judge_empty(settings, nodes, count, kept->set_count > 0))
        return false;
    mb_misfit_placeholders(settings);
    mb_settings_complete(settings);
    if (settings->schema == 1)
        mb_settings_translate(settings);
    return true;
}
