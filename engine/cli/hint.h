/* hint.h - how the command line words what the engine asks for by kind (see base/hint.h). */
#ifndef MB_CLI_HINT_H
#define MB_CLI_HINT_H

#include "base/arena.h"
#include "base/hint.h"
#include "cli/command.h"

/* The message with the flag that it is about in front, "--filter: ...", or with what to do behind it. command
 * is the one whose flags are meant, NULL for none.  Without memory the message alone. */
const char *mb_hint_message(const struct mb_error *error, const struct mb_command *command,
                            struct mb_arena *arena);

/* The message with how to go on with what the command left, where the hint behind it is another one. */
const char *mb_hint_go_on(const char *message, const struct mb_error *error, const struct mb_command *command,
                          struct mb_arena *arena);

/* The flag for a member of a request: of the same name, but for some that commands call otherwise. */
const char *mb_hint_flag(const char *member, const struct mb_command *command);

#endif
