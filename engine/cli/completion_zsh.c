/* Completion for zsh, by its _arguments. */
#include "cli/commands.h"
#include "cli/help.h"

#include <string.h>

/* Text within single quotes of the shell, where `special` has a meaning to _arguments or _describe. */
static void put_text(FILE *out, const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (strchr(special, *text) != NULL)
            fputc('\\', out);
        if (*text == '\'')
            fputs("'\\''", out);
        else
            fputc(*text, out);
    }
}

static void put_value(FILE *out, const struct mb_flag *flag)
{
    if (flag->argument == NULL)
        return;
    fputs(flag->type == MB_FLAG_OPTIONAL_TEXT ? "::" : ":", out);
    put_text(out, flag->argument, ":\\");
    if (flag->choices != NULL) {
        fputs(":(", out);
        for (const char *c = flag->choices; *c != '\0'; c++)
            fputc(*c == '|' ? ' ' : *c, out);
        fputc(')', out);
    } else if (strcmp(flag->argument, "FILE") == 0) {
        fputs(":_files", out);
    } else if (strcmp(flag->argument, "FOLDER") == 0) {
        fputs(":_files -/", out);
    } else {
        fputs(": ", out);
    }
}

/* One way to write the flag; only lists may be given again. */
static void put_spelling(FILE *out, const struct mb_flag *flag, const char *spelling)
{
    fputs(" \\\n        '", out);
    if (flag->type == MB_FLAG_CSV)
        fputc('*', out);
    else if (flag->letter != 0)
        fprintf(out, "(-%c --%s)", flag->letter, flag->name);
    fprintf(out, "%s[", spelling);
    put_text(out, flag->help, "[]\\");
    fputc(']', out);
    put_value(out, flag);
    fputc('\'', out);
}

static void put_flags(FILE *out, const struct mb_flag *flags, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char spelling[64];
        if ((flags[i].flags & MB_FLAG_HIDDEN) != 0)
            continue;
        snprintf(spelling, sizeof spelling, "--%s%s", flags[i].name,
                 flags[i].argument == NULL                ? ""
                 : flags[i].type == MB_FLAG_OPTIONAL_TEXT ? "=-"
                                                          : "=");
        put_spelling(out, &flags[i], spelling);
        snprintf(spelling, sizeof spelling, "-%c", flags[i].letter);
        if (flags[i].letter != 0)
            put_spelling(out, &flags[i], spelling);
    }
}

/* Of a name of two words the first, once. */
static void put_names(FILE *out)
{
    fputs("_milvus_backup_names()\n{\n    local -a names=(", out);
    for (size_t i = 0; i < mb_command_count; i++) {
        char words[128];
        if (mb_commands[i]->hidden || !mb_command_leads_group(mb_commands[i]))
            continue;
        bool several = mb_command_group(mb_commands[i], ", ", words, sizeof words) > 1;
        fprintf(out, "\n        '%.*s:", (int)strcspn(mb_commands[i]->name, " "), mb_commands[i]->name);
        put_text(out, several ? words : mb_commands[i]->summary, ":\\");
        fputc('\'', out);
    }
    fputs(")\n    _describe command names\n}\n\n", out);
}

static void put_command(FILE *out, const struct mb_command *command)
{
    fprintf(out, "    %s) _arguments $globals", command->name);
    put_flags(out, command->flags, command->flag_count);
    if (strcmp(command->name, "help") == 0)
        fputs(" '1: :_milvus_backup_names'", out);
    fputs(" ;;\n", out);
}

/* What follows a first word that several commands may share. */
static void put_group(FILE *out, const struct mb_command *leader)
{
    int first = (int)strcspn(leader->name, " ");
    char words[128];

    mb_command_group(leader, " ", words, sizeof words);
    fprintf(out, "    %.*s) case $words[2] in\n", first, leader->name);
    for (size_t i = 0; i < mb_command_count; i++) {
        const struct mb_command *command = mb_commands[i];
        if (command->hidden || strncmp(command->name, leader->name, (size_t)first) != 0 ||
            command->name[first] != ' ')
            continue;
        fprintf(out, "    %s) _arguments $globals '1:command:(%s)'", command->name + first + 1, words);
        put_flags(out, command->flags, command->flag_count);
        fputs(" ;;\n", out);
    }
    fprintf(out, "    *) _arguments $globals '1:command:(%s)'", words);
    if (leader->name[first] == '\0')
        put_flags(out, leader->flags, leader->flag_count);
    fputs(" ;;\n    esac ;;\n", out);
}

void mb_help_zsh(FILE *out)
{
    fputs("#compdef milvus-backup\n# zsh completion of milvus-backup\n\n", out);
    put_names(out);
    fputs("_milvus_backup()\n{\n"
          "    local curcontext=$curcontext state line\n"
          "    typeset -A opt_args\n"
          "    local -a globals=(",
          out);
    put_flags(out, mb_global_flags, mb_global_flag_count);
    fputs(")\n"
          "    _arguments -C $globals '(-): :_milvus_backup_names' '(-)*:: :->rest' && return\n"
          "    [[ $state == rest ]] || return\n"
          "    case $words[1] in\n",
          out);
    for (size_t i = 0; i < mb_command_count; i++) {
        char words[128];
        if (mb_commands[i]->hidden || !mb_command_leads_group(mb_commands[i]))
            continue;
        if (mb_command_group(mb_commands[i], " ", words, sizeof words) > 0)
            put_group(out, mb_commands[i]);
        else
            put_command(out, mb_commands[i]);
    }
    fputs("    esac\n}\n\n"
          "if [[ $funcstack[1] == _milvus-backup ]]; then _milvus_backup \"$@\"\n"
          "else compdef _milvus_backup milvus-backup; fi\n",
          out);
}
