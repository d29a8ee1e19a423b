/* Completion for bash, made by the program itself when it is built. */
#include "cli/commands.h"
#include "cli/help.h"

#include <string.h>

static void put_flag_names(FILE *out, const struct mb_flag *flags, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if ((flags[i].flags & MB_FLAG_HIDDEN) != 0)
            continue;
        if (flags[i].letter != 0)
            fprintf(out, " -%c", flags[i].letter);
        fprintf(out, " --%s", flags[i].name);
    }
}

static void put_choices(FILE *out, const struct mb_flag *flags, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (flags[i].choices == NULL || (flags[i].flags & MB_FLAG_HIDDEN) != 0)
            continue;
        fprintf(out, "    --%s) words='", flags[i].name);
        for (const char *c = flags[i].choices; *c != '\0'; c++)
            fputc(*c == '|' ? ' ' : *c, out);
        fputs("' ;;\n", out);
    }
}

/* The first words, or the second ones of a group. */
static void put_names(FILE *out, const char *group)
{
    size_t len = strlen(group);

    for (size_t i = 0; i < mb_command_count; i++) {
        const char *name = mb_commands[i]->name;
        bool repeated = i > 0 && strcspn(name, " ") == strcspn(mb_commands[i - 1]->name, " ") &&
                        strncmp(name, mb_commands[i - 1]->name, strcspn(name, " ")) == 0;
        if (mb_commands[i]->hidden)
            continue;
        if (len == 0 && !repeated)
            fprintf(out, " %.*s", (int)strcspn(name, " "), name);
        else if (len > 0 && strncmp(name, group, len) == 0 && name[len] == ' ')
            fprintf(out, " %s", name + len + 1);
    }
}

/* Words that stand only in front of others: "config" of "config show". */
static void put_groups(FILE *out, void (*put)(FILE *out, const char *group))
{
    for (size_t i = 0; i < mb_command_count; i++) {
        char word[32];
        size_t len = strcspn(mb_commands[i]->name, " ");
        if (mb_commands[i]->name[len] == '\0' || mb_commands[i]->hidden || len >= sizeof word)
            continue;
        memcpy(word, mb_commands[i]->name, len);
        word[len] = '\0';
        put(out, word);
    }
}

static void put_group_word(FILE *out, const char *group)
{
    fprintf(out, " %s", group);
}

static void put_group_case(FILE *out, const char *group)
{
    if (mb_command_find(group) != NULL)
        return;
    fprintf(out, "    %s) words='", group);
    put_names(out, group);
    fputs("' ;;\n", out);
}

static void put_command(FILE *out, const struct mb_command *command)
{
    size_t first = strcspn(command->name, " ");
    bool two_words = command->name[first] == ' ';

    fprintf(out, "    '%s') words='", command->name);
    put_flag_names(out, command->flags, command->flag_count);
    put_flag_names(out, mb_global_flags, mb_global_flag_count);
    if (!two_words)
        put_names(out, command->name);
    if (strcmp(command->name, "help") == 0)
        put_names(out, "");
    fputs("' ;;\n", out);
}

void mb_help_bash(FILE *out)
{
    fputs(
        "# bash completion of milvus-backup\n"
        "_milvus_backup()\n{\n"
        "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words= name= word i\n"
        "    local groups='",
        out);
    put_groups(out, put_group_word);
    fputs(" '\n"
          "    case $before in\n"
          "    --config) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n"
          "    --plugin-dir) COMPREPLY=($(compgen -d -- \"$current\")); return ;;\n",
          out);
    put_choices(out, mb_global_flags, mb_global_flag_count);
    for (size_t i = 0; i < mb_command_count; i++)
        if (!mb_commands[i]->hidden)
            put_choices(out, mb_commands[i]->flags, mb_commands[i]->flag_count);
    fputs(
        "    esac\n"
        "    if [[ -n $words ]]; then COMPREPLY=($(compgen -W \"$words\" -- \"$current\")); return; fi\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        word=${COMP_WORDS[i]}\n"
        "        [[ $word == -* || ( -n $name && $groups != *\" $name \"* ) ]] || name=${name:+$name }$word\n"
        "    done\n"
        "    case $name in\n",
        out);
    for (size_t i = 0; i < mb_command_count; i++)
        if (!mb_commands[i]->hidden)
            put_command(out, mb_commands[i]);
    put_groups(out, put_group_case);
    fputs("    '') words='", out);
    put_names(out, "");
    put_flag_names(out, mb_global_flags, mb_global_flag_count);
    fputs("' ;;\n    esac\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
          "}\n"
          "complete -F _milvus_backup milvus-backup\n",
          out);
}
