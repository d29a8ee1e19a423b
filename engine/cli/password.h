/* password.h - a password from a terminal, where it is not shown, or from a file. */
#ifndef MB_CLI_PASSWORD_H
#define MB_CLI_PASSWORD_H

#include "base/cancel.h"

#include <stdio.h>

/* The longest, with its NUL. */
enum { MB_PASSWORD = 1024 };

/* From standard input: asked for twice where that is a terminal; otherwise its first line. */
mb_status mb_password_ask(struct mb_cancel *cancel, FILE *prompts, char out[MB_PASSWORD],
                          struct mb_error *error);

/* The first line of a file; "-" is standard input. */
mb_status mb_password_read(struct mb_cancel *cancel, const char *path, char out[MB_PASSWORD],
                           struct mb_error *error);

#endif
