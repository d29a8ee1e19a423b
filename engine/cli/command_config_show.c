#include "cli/command_config_show.h"

#include "cli/commands.h"

mb_status mb_print_configuration(const struct mb_config *config, struct mb_arena *arena, FILE *out,
                                 struct mb_error *error)
{
    static const char *const headings[] = {"PARAMETER", "VALUE", "SOURCE", "SOURCE_KEY"};
    struct mb_table table;

    mb_table_init(&table, arena, headings, NULL, 4);
    for (size_t i = 0; i < mb_config_value_count(config); i++) {
        struct mb_config_value value = mb_config_value_at(config, i);
        mb_table_add(&table, (const char *[]){value.parameter, value.value, value.source, value.source_key});
    }
    return mb_table_print(&table, out, error);
}

json_t *mb_configuration_json(const struct mb_config *config)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < mb_config_value_count(config); i++) {
        struct mb_config_value value = mb_config_value_at(config, i);
        json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "parameter", value.parameter, "key",
                                value.key, "value", value.value, "source", value.source, "source_key",
                                value.source_key, "where", value.where);
        if (json_array_append_new(rows, row) != 0) {
            json_decref(rows);
            return NULL;
        }
    }
    return rows;
}

static mb_status run(struct mb_context *context, const void *options, struct mb_error *error)
{
    (void)options;
    if (context->global.json)
        return mb_context_json(context, mb_configuration_json(context->config), error);
    return mb_print_configuration(context->config, context->arena, mb_context_out(context), error);
}

const struct mb_command mb_command_config_show = {
    .name = "config show",
    .summary = "Prints every key of the configuration, its value and where the value came from",
    .description = "Secrets are masked.  SOURCE is override (--set), env, config (the file) or default.",
    .example = "milvus-backup config show --set milvus.port=19531",
    .needs = MB_NEEDS_CONFIG,
    .run = run,
};
