/* commands.h - the table of all commands, in the order of help. */
#ifndef MB_CLI_COMMANDS_H
#define MB_CLI_COMMANDS_H

#include "cli/command.h"

extern const struct mb_command mb_command_create;
extern const struct mb_command mb_command_restore;
extern const struct mb_command mb_command_restore_secondary;
extern const struct mb_command mb_command_server;
extern const struct mb_command mb_command_credential;
extern const struct mb_command mb_command_l0compact;
extern const struct mb_command mb_command_migrate;
extern const struct mb_command mb_command_list;
extern const struct mb_command mb_command_get;
extern const struct mb_command mb_command_info;
extern const struct mb_command mb_command_delete;
extern const struct mb_command mb_command_prune;
extern const struct mb_command mb_command_transfer;
extern const struct mb_command mb_command_verify;
extern const struct mb_command mb_command_check;
extern const struct mb_command mb_command_drivers;
extern const struct mb_command mb_command_config_show;
extern const struct mb_command mb_command_config_migrate;
extern const struct mb_command mb_command_version;
extern const struct mb_command mb_command_help;

extern const struct mb_command *const mb_commands[];
extern const size_t mb_command_count;

/* By name; NULL when there is none. */
const struct mb_command *mb_command_find(const char *name);

/* Is word the first of a two-word command ("config" of "config show")? */
bool mb_command_is_group(const char *word);

/* Of the commands that share its first word ("config"): is it the first, and how many are there?  The second
 * words of all of them stand in words, with `between` between; "" where there is none. */
bool mb_command_leads_group(const struct mb_command *command);
size_t mb_command_group(const struct mb_command *command, const char *between, char *words, size_t cap);

/* The command that is nearly called this, or NULL. */
const char *mb_command_nearest(const char *name);

#endif
