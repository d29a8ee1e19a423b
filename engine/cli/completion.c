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

/* The value of flag is what the word at hand has to be: "command --name)" and what to do then. */
static void put_value(FILE *out, const char *command, const struct mb_flag *flag)
{
    if (flag->argument == NULL || flag->type == MB_FLAG_OPTIONAL_TEXT || (flag->flags & MB_FLAG_HIDDEN) != 0)
        return;
    fprintf(out, "    '%s --%s'", command, flag->name);
    if (flag->letter != 0)
        fprintf(out, "|'%s -%c'", command, flag->letter);
    if (flag->choices != NULL) {
        fputs(") words='", out);
        for (const char *c = flag->choices; *c != '\0'; c++)
            fputc(*c == '|' ? ' ' : *c, out);
        fputs("' ;;\n", out);
    } else if (strcmp(flag->argument, "FILE") == 0 || strcmp(flag->argument, "FOLDER") == 0) {
        fprintf(out, ") COMPREPLY=($(compgen -%c -- \"$current\")); return ;;\n",
                strcmp(flag->argument, "FILE") == 0 ? 'f' : 'd');
    } else {
        fputs(") return ;;\n", out);
    }
}

static void put_values(FILE *out)
{
    for (size_t k = 0; k < mb_global_flag_count; k++)
        put_value(out, "", &mb_global_flags[k]);
    for (size_t i = 0; i < mb_command_count; i++)
        for (size_t k = 0; k < mb_commands[i]->flag_count && !mb_commands[i]->hidden; k++)
            put_value(out, mb_commands[i]->name, &mb_commands[i]->flags[k]);
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
        if (mb_commands[i]->name[len] == '\0' || mb_commands[i]->hidden || len >= sizeof word ||
            !mb_command_leads_group(mb_commands[i]))
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

void mb_help_valued_flags(FILE *out, const char *between)
{
    const char *separator = "";

    for (size_t i = 0; i < mb_global_flag_count; i++) {
        const struct mb_flag *flag = &mb_global_flags[i];
        if (flag->argument == NULL || flag->type == MB_FLAG_OPTIONAL_TEXT)
            continue;
        fprintf(out, "%s--%s", separator, flag->name);
        separator = between;
        if (flag->letter != 0)
            fprintf(out, "%s-%c", separator, flag->letter);
    }
}

/* Where a value stands apart from its flag, the loop steps over it: it is no command.  bash makes a word of
 * its own of the '=' between them. */
static void put_scan(FILE *out)
{
    fputs("    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        word=${COMP_WORDS[i]}\n"
          "        case $word in\n"
          "        ",
          out);
    mb_help_valued_flags(out, "|");
    fputs(") [[ ${COMP_WORDS[i+1]} == = ]] && ((i += 2)) || ((i += 1)) ;;\n"
          "        =) ((i += 1)) ;;\n"
          "        -*) ;;\n"
          "        *) [[ -n $name && $groups != *\" $name \"* ]] || name=${name:+$name }$word ;;\n"
          "        esac\n"
          "    done\n",
          out);
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
          "    if [[ $current == = ]]; then current=\n"
          "    elif [[ $before == = ]]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi\n",
          out);
    put_scan(out);
    fputs("    for word in \"$name\" ''; do\n"
          "    case \"$word $before\" in\n",
          out);
    put_values(out);
    fputs("    esac\n"
          "    done\n"
          "    if [[ -n $words ]]; then COMPREPLY=($(compgen -W \"$words\" -- \"$current\")); return; fi\n"
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
