/* command.h - what a command is: one row of data and one function.
 *
 * Parsing, help, the man page and completion are all made from the row.  To add a
 * command: write command_NAME.c, which defines a `const struct mb_command
 * mb_command_NAME` and is the only place that knows the command, declare it in
 * commands.h, put it into the table in commands.c and the file into CMakeLists.txt. */
#ifndef MB_CLI_COMMAND_H
#define MB_CLI_COMMAND_H

#include "base/error.h"
#include "base/text.h"

struct mb_arena;
struct mb_context;

enum mb_flag_type {
    MB_FLAG_BOOL,          /* bool: --force, --force=false */
    MB_FLAG_TEXT,          /* const char *: NULL when not given; the last one wins */
    MB_FLAG_OPTIONAL_TEXT, /* the same, and "" when given alone; a value stands behind '=' and not apart */
    MB_FLAG_CSV            /* struct mb_strings: repeatable, each split at commas; "a ""b"", c" is one item */
};

enum {
    MB_FLAG_REQUIRED = 1u << 0,
    MB_FLAG_HIDDEN = 1u << 1, /* parsed, but in no help */
    MB_FLAG_WIPED = 1u << 2   /* its value is overwritten in the process list after parsing */
};

/* One flag; where its value goes is an offset into the command's own struct of options. */
struct mb_flag {
    const char *name; /* "meta_only"; on the command line '-' and '_' are the same */
    char letter;      /* 'n', or 0 */
    enum mb_flag_type type;
    unsigned flags;
    size_t offset;
    const char *argument;   /* "NAME", for help; NULL for bool */
    const char *choices;    /* "a|b|c": the only values it takes, besides ""; or NULL */
    const char *deprecated; /* "use --filter": told when it is used; or NULL */
    const char *help;       /* one sentence */
};

/* What the context opens before the command runs. */
enum {
    MB_NEEDS_CONFIG = 1u << 0, /* a session over the configuration */
    MB_NEEDS_DRIVERS = 1u << 1 /* a session over none: it can but name drivers */
};

/* Runs in a thread of its own; options is the struct that the flags were written to. */
typedef mb_status mb_command_fn(struct mb_context *context, const void *options, struct mb_error *error);

/* Judges the flags alone: MB_E_INVALID or MB_E_CONFIG with a sentence that names the flag.  Nothing is open
 * yet, so that a slip of the pen costs no connection. */
typedef mb_status mb_validate_fn(const void *options, struct mb_arena *arena, struct mb_error *error);

struct mb_command {
    const char *name;        /* "create", "config show" */
    const char *summary;     /* one line, no full stop */
    const char *description; /* further sentences; or NULL */
    const char *arguments;   /* "[NAME]" in the usage line; NULL when it takes none */
    size_t max_arguments;
    const char *example; /* one command line, or several */
    const struct mb_flag *flags;
    size_t flag_count;
    size_t options_size;
    unsigned needs;
    bool hidden;
    mb_validate_fn *validate; /* before anything is opened; or NULL */
    mb_command_fn *run;
};

/* Flags that every command takes. */
struct mb_global_options {
    const char *config;
    struct mb_strings sets;
    const char *plugin_dir;
    const char *log_level;
    bool json;
    bool quiet;
    bool help;
    bool version;
};

extern const struct mb_flag mb_global_flags[];
extern const size_t mb_global_flag_count;

#endif
