#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

const struct mb_command *const mb_commands[] = {
    &mb_command_create,  &mb_command_restore,     &mb_command_restore_secondary,
    &mb_command_list,    &mb_command_get,         &mb_command_info,
    &mb_command_delete,  &mb_command_transfer,    &mb_command_verify,
    &mb_command_check,   &mb_command_server,      &mb_command_credential,
    &mb_command_prune,   &mb_command_l0compact,   &mb_command_migrate,
    &mb_command_drivers, &mb_command_config_show, &mb_command_config_migrate,
    &mb_command_version, &mb_command_help,
};

const size_t mb_command_count = sizeof mb_commands / sizeof *mb_commands;

enum { MAX_COMMANDS = 64 };

_Static_assert(sizeof mb_commands / sizeof *mb_commands <= MAX_COMMANDS, "raise MAX_COMMANDS");

const struct mb_command *mb_command_find(const char *name)
{
    for (size_t i = 0; i < mb_command_count; i++)
        if (strcmp(mb_commands[i]->name, name) == 0)
            return mb_commands[i];
    return NULL;
}

bool mb_command_is_group(const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; i < mb_command_count; i++)
        if (strncmp(mb_commands[i]->name, word, len) == 0 && mb_commands[i]->name[len] == ' ')
            return true;
    return false;
}

static bool shares_word(const struct mb_command *a, const struct mb_command *b)
{
    size_t len = strcspn(a->name, " ");
    return strcspn(b->name, " ") == len && strncmp(a->name, b->name, len) == 0;
}

bool mb_command_leads_group(const struct mb_command *command)
{
    size_t i = 0;

    while (!shares_word(mb_commands[i], command))
        i++;
    return mb_commands[i] == command;
}

size_t mb_command_group(const struct mb_command *command, const char *between, char *words, size_t cap)
{
    size_t count = 0;

    *words = '\0';
    for (size_t i = 0; i < mb_command_count; i++) {
        const char *second = strchr(mb_commands[i]->name, ' ');
        if (second == NULL || mb_commands[i]->hidden || !shares_word(mb_commands[i], command))
            continue;
        size_t len = strlen(words);
        snprintf(words + len, cap - len, "%s%s", len > 0 ? between : "", second + 1);
        count++;
    }
    return count;
}

const char *mb_command_nearest(const char *name)
{
    const char *names[MAX_COMMANDS];
    size_t count = 0;

    for (size_t i = 0; i < mb_command_count; i++)
        if (!mb_commands[i]->hidden)
            names[count++] = mb_commands[i]->name;
    return mb_text_nearest(name, names, count);
}
