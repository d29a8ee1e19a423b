/* command_config_show.h - the configuration as `config show` and `check` print it. */
#ifndef MB_CLI_COMMAND_CONFIG_SHOW_H
#define MB_CLI_COMMAND_CONFIG_SHOW_H

#include "cli/context.h"

mb_status mb_print_configuration(struct mb_context *context, FILE *out, struct mb_error *error);
json_t *mb_configuration_json(struct mb_context *context);

#endif
