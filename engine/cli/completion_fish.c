/* Completion for fish, one line for each thing that can be completed. */
#include "cli/commands.h"
#include "cli/help.h"

#include <string.h>

static void put_quoted(FILE *out, const char *text)
{
    fputs(" '", out);
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('\'', out);
}

static void put_value(FILE *out, const struct mb_flag *flag)
{
    if (flag->argument == NULL || flag->type == MB_FLAG_OPTIONAL_TEXT)
        return;
    if (flag->choices != NULL) {
        fputs(" -x -a '", out);
        for (const char *c = flag->choices; *c != '\0'; c++)
            fputc(*c == '|' ? ' ' : *c, out);
        fputc('\'', out);
    } else if (strcmp(flag->argument, "FILE") == 0) {
        fputs(" -r -F", out);
    } else if (strcmp(flag->argument, "FOLDER") == 0) {
        fputs(" -x -a '(__fish_complete_directories)'", out);
    } else {
        fputs(" -x", out);
    }
}

static void put_condition(FILE *out, const struct mb_command *command)
{
    size_t first = strcspn(command->name, " ");

    fprintf(out, " -n '__milvus_backup_is %.*s", (int)first, command->name);
    if (command->name[first] == ' ')
        fprintf(out, "; and __fish_seen_subcommand_from %s", command->name + first + 1);
    fputc('\'', out);
}

/* For command, or with NULL for every one. */
static void put_flags(FILE *out, const struct mb_flag *flags, size_t count, const struct mb_command *command)
{
    for (size_t i = 0; i < count; i++) {
        if ((flags[i].flags & MB_FLAG_HIDDEN) != 0)
            continue;
        fputs("complete -c milvus-backup", out);
        if (command != NULL)
            put_condition(out, command);
        if (flags[i].letter != 0)
            fprintf(out, " -s %c", flags[i].letter);
        fprintf(out, " -l %s", flags[i].name);
        put_value(out, &flags[i]);
        fputs(" -d", out);
        put_quoted(out, flags[i].help);
        fputc('\n', out);
    }
}

static void put_command(FILE *out, const struct mb_command *command)
{
    size_t first = strcspn(command->name, " ");
    char words[128], others[128];
    size_t count = mb_command_group(command, ", ", words, sizeof words);

    mb_command_group(command, " ", others, sizeof others);
    if (mb_command_leads_group(command)) {
        fprintf(out, "complete -c milvus-backup -n __milvus_backup_wants_command -a %.*s -d", (int)first,
                command->name);
        put_quoted(out, count > 1 ? words : command->summary);
        fputc('\n', out);
    }
    if (command->name[first] == ' ') {
        const char *second = command->name + first + 1;
        fprintf(out,
                "complete -c milvus-backup -n '__milvus_backup_is %.*s; and not "
                "__fish_seen_subcommand_from %s' -a %s -d",
                (int)first, command->name, others, second);
        put_quoted(out, command->summary);
        fputc('\n', out);
    }
    put_flags(out, command->flags, command->flag_count, command);
}

/* What command is being typed: the first word that is neither a flag nor the value of one.  After "help" a
 * command is wanted too. */
static void put_conditions(FILE *out)
{
    fputs("function __milvus_backup_command\n"
          "    set -l words (commandline -opc)\n"
          "    set -e words[1]\n"
          "    while set -q words[1]\n"
          "        switch $words[1]\n"
          "            case ",
          out);
    mb_help_valued_flags(out, " ");
    fputs("\n"
          "                set -e words[1]\n"
          "            case '-*'\n"
          "            case '*'\n"
          "                echo $words[1]\n"
          "                return\n"
          "        end\n"
          "        set -e words[1]\n"
          "    end\n"
          "end\n"
          "function __milvus_backup_is\n"
          "    set -l command (__milvus_backup_command)\n"
          "    contains -- \"$command\" $argv\n"
          "end\n"
          "function __milvus_backup_wants_command\n"
          "    __milvus_backup_is '' help\n"
          "end\n",
          out);
}

void mb_help_fish(FILE *out)
{
    fputs("# fish completion of milvus-backup\n", out);
    put_conditions(out);
    fputs("complete -c milvus-backup -f\n", out);
    put_flags(out, mb_global_flags, mb_global_flag_count, NULL);
    for (size_t i = 0; i < mb_command_count; i++)
        if (!mb_commands[i]->hidden)
            put_command(out, mb_commands[i]);
}
