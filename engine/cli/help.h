/* help.h - what is said about the commands, all from their table. */
#ifndef MB_CLI_HELP_H
#define MB_CLI_HELP_H

#include "cli/command.h"

#include <stdio.h>

/* Of one command, or with NULL of the program. */
void mb_help_print(const struct mb_command *command, FILE *out);

/* The man page milvus-backup(1), in roff. */
void mb_help_man(FILE *out);

/* Completion for a shell, as a script of it. */
void mb_help_bash(FILE *out);
void mb_help_zsh(FILE *out);
void mb_help_fish(FILE *out);

/* For these: the spellings of the flags that may stand in front of a command and whose value may stand apart.
 */
void mb_help_valued_flags(FILE *out, const char *between);

#endif
