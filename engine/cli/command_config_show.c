#include "cli/command_config_show.h"

#include "cli/commands.h"

mb_status mb_print_configuration(struct mb_context *context, FILE *out, struct mb_error *error)
{
    static const char *const headings[] = {"PARAMETER", "VALUE", "SOURCE", "SOURCE_KEY"};
    struct mb_table table;

    mb_table_init(&table, context->arena, headings, NULL, 4);
    for (size_t i = 0; i < mb_session_config_count(context->session); i++) {
        struct mb_config_row row = {.struct_size = sizeof row};
        MB_TRY(mb_session_config_at(context->session, i, &row, error));
        mb_table_add(&table, (const char *[]){row.parameter, row.value, row.source, row.source_key});
    }
    return mb_table_print(&table, out, error);
}

json_t *mb_configuration_json(struct mb_context *context)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < mb_session_config_count(context->session); i++) {
        struct mb_config_row row = {.struct_size = sizeof row};
        if (mb_session_config_at(context->session, i, &row, NULL) == MB_OK)
            json_array_append_new(rows,
                                  json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "parameter", row.parameter,
                                            "key", row.key, "value", row.value, "source", row.source,
                                            "source_key", row.source_key, "where", row.where));
    }
    return rows;
}

static mb_status run(struct mb_context *context, const void *options, struct mb_error *error)
{
    (void)options;
    if (context->global.json)
        return mb_context_json(context, mb_configuration_json(context), error);
    return mb_print_configuration(context, mb_context_out(context), error);
}

const struct mb_command mb_command_config_show = {
    .name = "config show",
    .summary = "Prints every key of the configuration, its value and where the value came from",
    .description = "Secrets are masked.  SOURCE is override (--set), env, config (the file) or default.",
    .example = "milvus-backup config show --set milvus.port=19531",
    .needs = MB_NEEDS_CONFIG,
    .run = run,
};
