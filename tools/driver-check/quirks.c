#include "quirks.h"

#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct quirk *quirks_find(const struct quirks *quirks, const char *test)
{
    for (size_t i = 0; i < quirks->count; i++)
        if (strcmp(quirks->items[i].test, test) == 0)
            return &quirks->items[i];
    return NULL;
}

static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
        text[--len] = '\0';
    return text;
}

static mb_status add(struct quirks *quirks, struct quirk quirk, struct mb_error *error)
{
    struct quirk *items = mb_arena_alloc(quirks->arena, quirks->count + 1, sizeof(*items));
    if (items == NULL || quirk.test == NULL || quirk.reason == NULL || quirk.file == NULL)
        return mb_fail_memory(error);
    if (quirks->count > 0)
        memcpy(items, quirks->items, quirks->count * sizeof(*items));
    items[quirks->count++] = quirk;
    quirks->items = items;
    return MB_OK;
}

static mb_status read_line(struct quirks *quirks, char *text, const char *path, unsigned line,
                           struct mb_error *error)
{
    char *name = trim(text);
    if (name[0] == '\0' || name[0] == '#')
        return MB_OK;
    char *colon = strchr(name, ':');
    if (colon == NULL || trim(colon + 1)[0] == '\0')
        return mb_fail(error, MB_E_CONFIG, "%s:%u: not a line of \"TEST: REASON\"", path, line);
    *colon = '\0';
    name = trim(name);
    size_t len = strlen(name);
    bool at_times = len > 0 && name[len - 1] == '?';
    if (at_times)
        name[len - 1] = '\0';
    if (test_find(name) == NULL)
        return mb_fail(error, MB_E_CONFIG, "%s:%u: there is no test \"%s\" (see --list)", path, line, name);
    if (quirks_find(quirks, name) != NULL)
        return mb_fail(error, MB_E_CONFIG, "%s:%u: %s is listed a second time", path, line, name);
    struct quirk quirk = {.test = mb_arena_strdup(quirks->arena, name),
                          .reason = mb_arena_strdup(quirks->arena, trim(colon + 1)),
                          .file = mb_arena_strdup(quirks->arena, path),
                          .line = line,
                          .at_times = at_times};
    return add(quirks, quirk, error);
}

mb_status quirks_read(struct quirks *quirks, const char *path, struct mb_error *error)
{
    char *text = NULL;
    size_t cap = 0;
    unsigned line = 0;
    mb_status status = MB_OK;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return mb_fail_errno(error, errno, "open the quirks file %s", path);
    while (status == MB_OK && getline(&text, &cap, file) >= 0)
        status = read_line(quirks, text, path, ++line, error);
    if (status == MB_OK && ferror(file))
        status = mb_fail_errno(error, errno, "read the quirks file %s", path);
    free(text);
    fclose(file);
    return status;
}
