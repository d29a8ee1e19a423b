#include "cli/commands.h"
#include "cli/context.h"
#include "cli/help.h"

struct help_options {
    bool man;
    bool bash;
    bool zsh;
    bool fish;
};

static const struct mb_flag flags[] = {
    {.name = "man",
     .flags = MB_FLAG_HIDDEN,
     .offset = offsetof(struct help_options, man),
     .help = "Prints the man page in roff."},
    {.name = "bash",
     .flags = MB_FLAG_HIDDEN,
     .offset = offsetof(struct help_options, bash),
     .help = "Prints the completion for bash."},
    {.name = "zsh",
     .flags = MB_FLAG_HIDDEN,
     .offset = offsetof(struct help_options, zsh),
     .help = "Prints the completion for zsh."},
    {.name = "fish",
     .flags = MB_FLAG_HIDDEN,
     .offset = offsetof(struct help_options, fish),
     .help = "Prints the completion for fish."},
};

static mb_status run(struct mb_context *context, const void *data, struct mb_error *error)
{
    const struct help_options *options = data;
    const struct mb_strings *words = &context->arguments;
    const struct mb_command *command = NULL;
    const char *name = words->count > 0 ? words->items[0] : NULL;

    if (words->count == 2)
        name = mb_arena_printf(context->arena, "%s %s", words->items[0], words->items[1]);
    if (words->count > 0 && name == NULL)
        return mb_fail_memory(error);
    if (name != NULL && (command = mb_command_find(name)) == NULL)
        return mb_fail(error, MB_E_INVALID, "there is no command '%s'; `milvus-backup --help` lists them",
                       name);
    FILE *out = mb_context_out(context);
    if (options->man)
        mb_help_man(out);
    else if (options->bash)
        mb_help_bash(out);
    else if (options->zsh)
        mb_help_zsh(out);
    else if (options->fish)
        mb_help_fish(out);
    else
        mb_help_print(command, out);
    return MB_OK;
}

const struct mb_command mb_command_help = {
    .name = "help",
    .summary = "Explains the program, or one command",
    .arguments = "[COMMAND]",
    .max_arguments = 2,
    .example = "milvus-backup help create",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .options_size = sizeof(struct help_options),
    .run = run,
};
