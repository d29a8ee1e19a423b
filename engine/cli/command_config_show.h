/* command_config_show.h - the configuration in effect, for `config show` and `check`. */
#ifndef MB_CLI_COMMAND_CONFIG_SHOW_H
#define MB_CLI_COMMAND_CONFIG_SHOW_H

#include "cli/context.h"

mb_status mb_print_configuration(const struct mb_config *config, struct mb_arena *arena, FILE *out,
                                 struct mb_error *error);

/* NULL without memory. */
json_t *mb_configuration_json(const struct mb_config *config);

#endif
