#include "cli/help.h"

#include "cli/commands.h"
#include "cli/exit_code.h"

#include <string.h>

enum { WIDTH = 88, FLAG_COLUMN = 36 };

/* Breaks text at spaces; the first line begins at column `at`, the others at `indent`. */
static void print_wrapped(FILE *out, const char *text, size_t at, size_t indent)
{
    bool first = true;

    for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " ")) {
        size_t len = strcspn(text, " ");
        if (!first && at + 1 + len > WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (!first) {
            fputc(' ', out);
            at++;
        }
        fwrite(text, 1, len, out);
        at += len;
        text += len;
        first = false;
    }
    fputc('\n', out);
}

static void print_flag(FILE *out, const struct mb_flag *flag)
{
    char head[96];
    char letter[8] = "    ";

    if ((flag->flags & MB_FLAG_HIDDEN) != 0)
        return;
    if (flag->letter != 0)
        snprintf(letter, sizeof letter, "-%c, ", flag->letter);
    bool optional = flag->type == MB_FLAG_OPTIONAL_TEXT;
    int n = snprintf(head, sizeof head, "  %s--%s%s%s%s", letter, flag->name,
                     flag->argument == NULL ? ""
                     : optional             ? "[="
                                            : " ",
                     flag->argument != NULL ? flag->argument : "", optional ? "]" : "");
    size_t at = n > 0 ? (size_t)n : 0;
    fputs(head, out);
    if (at + 2 > FLAG_COLUMN) {
        fputc('\n', out);
        at = 0;
    }
    fprintf(out, "%*s", (int)(FLAG_COLUMN - at), "");
    print_wrapped(out, flag->help, FLAG_COLUMN, FLAG_COLUMN);
    if (flag->choices != NULL)
        fprintf(out, "%*sOne of %s.\n", FLAG_COLUMN, "", flag->choices);
    if (flag->deprecated != NULL)
        fprintf(out, "%*sGoing away: %s.\n", FLAG_COLUMN, "", flag->deprecated);
}

static void print_global_flags(FILE *out)
{
    fputs("\nFlags of every command:\n", out);
    for (size_t i = 0; i < mb_global_flag_count; i++)
        print_flag(out, &mb_global_flags[i]);
}

static void print_example(FILE *out, const char *example)
{
    while (*example != '\0') {
        size_t len = strcspn(example, "\n");
        fprintf(out, "  %.*s\n", (int)len, example);
        example += len + (example[len] == '\n');
    }
}

static void print_command(FILE *out, const struct mb_command *command)
{
    char title[256];

    snprintf(title, sizeof title, "milvus-backup %s: %s.", command->name, command->summary);
    print_wrapped(out, title, 0, 0);
    if (command->description != NULL) {
        fputc('\n', out);
        print_wrapped(out, command->description, 0, 0);
    }
    fprintf(out, "\nUsage:\n  milvus-backup %s%s%s [flags]\n", command->name,
            command->arguments != NULL ? " " : "", command->arguments != NULL ? command->arguments : "");
    fprintf(out, "\nExample:\n");
    print_example(out, command->example);
    if (command->flag_count > 0)
        fputs("\nFlags:\n", out);
    for (size_t i = 0; i < command->flag_count; i++)
        print_flag(out, &command->flags[i]);
    print_global_flags(out);
}

static void print_program(FILE *out)
{
    int code;
    const char *meaning;

    fputs("milvus-backup: backs up and restores the collections of a Milvus.\n\n"
          "Usage:\n  milvus-backup COMMAND [flags]\n\nCommands:\n",
          out);
    for (size_t i = 0; i < mb_command_count; i++)
        if (!mb_commands[i]->hidden)
            fprintf(out, "  %-19s%s\n", mb_commands[i]->name, mb_commands[i]->summary);
    print_global_flags(out);
    fputs("\nExit codes:\n", out);
    for (size_t i = 0; mb_exit_code_at(i, &code, &meaning); i++)
        fprintf(out, "  %-5d%s\n", code, meaning);
    fputs("\n`milvus-backup COMMAND --help` says more about a command.\n", out);
}

void mb_help_print(const struct mb_command *command, FILE *out)
{
    if (command != NULL)
        print_command(out, command);
    else
        print_program(out);
}
