/* The man page, made by the program itself when it is built. */
#include "base/version.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/help.h"
#include "milvus_backup.h"

#include <string.h>

/* Text with what roff would take for itself escaped. */
static void put(FILE *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
    for (; *text != '\0'; text++) {
        if (*text == '-')
            fputs("\\-", out);
        else if (*text == '\\')
            fputs("\\e", out);
        else
            fputc(*text, out);
        if (*text == '\n' && (text[1] == '.' || text[1] == '\''))
            fputs("\\&", out);
    }
}

static void put_line(FILE *out, const char *text)
{
    put(out, text);
    fputc('\n', out);
}

static void put_flags(FILE *out, const struct mb_flag *flags, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct mb_flag *flag = &flags[i];
        if ((flag->flags & MB_FLAG_HIDDEN) != 0)
            continue;
        fputs(".TP\n", out);
        if (flag->letter != 0)
            fprintf(out, "\\fB\\-%c\\fR, ", flag->letter);
        fputs("\\fB\\-\\-", out);
        put(out, flag->name);
        fputs("\\fR", out);
        if (flag->argument != NULL) {
            bool optional = flag->type == MB_FLAG_OPTIONAL_TEXT;
            fputs(optional ? "[=\\fI" : " \\fI", out);
            put(out, flag->argument);
            fputs(optional ? "\\fR]" : "\\fR", out);
        }
        fputc('\n', out);
        put_line(out, flag->help);
        if (flag->choices != NULL) {
            fputs("One of ", out);
            put(out, flag->choices);
            fputs(".\n", out);
        }
        if (flag->deprecated != NULL) {
            fputs("Going away: ", out);
            put(out, flag->deprecated);
            fputs(".\n", out);
        }
    }
}

static void put_command(FILE *out, const struct mb_command *command)
{
    fputs(".SS ", out);
    put(out, command->name);
    if (command->arguments != NULL) {
        fputc(' ', out);
        put(out, command->arguments);
    }
    fputc('\n', out);
    put(out, command->summary);
    fputs(".\n", out);
    if (command->description != NULL)
        put_line(out, command->description);
    fputs(".PP\n.EX\n", out);
    put_line(out, command->example);
    fputs(".EE\n", out);
    put_flags(out, command->flags, command->flag_count);
}

static void put_key(FILE *out, const struct mb_key_row *key)
{
    fputs(".TP\n\\fB", out);
    put(out, key->name);
    fputs("\\fR (", out);
    put(out, key->type);
    if (key->inherits != NULL) {
        fputs(", as ", out);
        put(out, key->inherits);
    } else if (*key->def != '\0') {
        fputs(", ", out);
        put(out, key->secret ? "a secret" : key->def);
    }
    if (key->environment != NULL)
        fprintf(out, ", %s", key->environment);
    fputs(")\n", out);
    put_line(out, key->help);
}

static void put_configuration(FILE *out)
{
    struct mb_key_row key = {.struct_size = sizeof key};

    fputs(".SH CONFIGURATION\n"
          "Keys of the configuration, each with its type, its default and its environment variable.\n"
          "A value is taken from \\fB\\-\\-set\\fR, else from the environment, else from the file, else it "
          "is the "
          "default.\n",
          out);
    for (size_t i = 0; mb_key_at(1, i, &key, NULL) == MB_OK; i++)
        put_key(out, &key);
    fputs(".PP\nWith \\fBconfigVersion: v2\\fR in the file the keys are called otherwise:\n", out);
    for (size_t i = 0; mb_key_at(2, i, &key, NULL) == MB_OK; i++)
        put_key(out, &key);
}

static void put_end(FILE *out)
{
    const char *meaning;
    int code;

    fputs(".SH ENVIRONMENT\n"
          "Besides the variables of single keys:\n"
          ".TP\n\\fBMILVUSCONF\\fR\nFolder in which the configuration is looked for.\n"
          ".TP\n\\fBMILVUS_BACKUP_PLUGIN_PATH\\fR\nFolders in which storage drivers are looked for, with "
          "colons "
          "between them.\n"
          ".TP\n\\fBMILVUS_BACKUP_TOKEN\\fR\nA token with which callers of the server may do everything.\n"
          ".TP\n\\fBNO_COLOR\\fR\nIf it is not empty, nothing is printed in color.\n"
          ".SH EXIT STATUS\n",
          out);
    for (size_t i = 0; mb_exit_code_at(i, &code, &meaning); i++)
        fprintf(out, ".TP\n%d\n%s\n", code, meaning);
}

void mb_help_man(FILE *out)
{
    fprintf(out, ".TH MILVUS\\-BACKUP 1 \"\" \"milvus\\-backup %s\"\n", mb_program_version());
    fputs(".SH NAME\nmilvus\\-backup \\- backs up and restores the collections of a Milvus\n"
          ".SH SYNOPSIS\n\\fBmilvus\\-backup\\fR \\fICOMMAND\\fR [\\fIflags\\fR]\n"
          ".SH DESCRIPTION\n"
          "Copies the data of collections from the storage of a running Milvus to another place, with all "
          "that is "
          "needed to make them anew, and restores them from there.\n"
          ".SH COMMANDS\n",
          out);
    for (size_t i = 0; i < mb_command_count; i++)
        if (!mb_commands[i]->hidden)
            put_command(out, mb_commands[i]);
    fputs(".SH FLAGS OF EVERY COMMAND\n", out);
    put_flags(out, mb_global_flags, mb_global_flag_count);
    put_configuration(out);
    put_end(out);
}
