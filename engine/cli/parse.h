/* parse.h - from the command line to a command and its options. */
#ifndef MB_CLI_PARSE_H
#define MB_CLI_PARSE_H

#include "base/arena.h"
#include "cli/command.h"

struct mb_parsed {
    const struct mb_command *command; /* NULL when only --help or --version was given */
    struct mb_global_options global;
    void *options; /* the command's struct */
    struct mb_strings arguments;
    struct mb_strings warnings; /* of deprecated flags */
};

/* Texts point into argv, which outlives the result, except those of flags that are wiped: these are copied
 * into arena and overwritten in argv.  MB_E_INVALID: the sentence names the flag or the word, and the nearest
 * one there is. */
mb_status mb_parse(struct mb_arena *arena, int argc, char **argv, struct mb_parsed *out,
                   struct mb_error *error);

/* Splits one line of comma-separated items, quoted as in CSV, and appends them. */
mb_status mb_parse_csv(struct mb_arena *arena, const char *text, struct mb_strings *out,
                       struct mb_error *error);

#endif
