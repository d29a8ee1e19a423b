#include "base/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Takes the last name off head and puts it, with a slash, before rest. */
static void shift_name(char *head, char *rest)
{
    size_t len = strlen(head);
    while (len > 0 && head[len - 1] == '/')
        head[--len] = '\0';
    char *slash = strrchr(head, '/');
    char *name = slash == NULL ? head : slash + 1;
    size_t name_len = strlen(name);
    memmove(rest + name_len + 1, rest, strlen(rest) + 1);
    memcpy(rest + 1, name, name_len);
    rest[0] = '/';
    name[0] = '\0';
}

/* Moves names from the end of head to rest until what is left exists. */
static char *find_existing(char *head, char *rest)
{
    char *real;
    while ((real = realpath(head[0] == '\0' ? "." : head, NULL)) == NULL && errno == ENOENT)
        shift_name(head, rest);
    return real;
}

static char *join(const char *real, const char *rest)
{
    char *path;
    const char *before = strcmp(real, "/") == 0 && rest[0] != '\0' ? "" : real;
    return asprintf(&path, "%s%s", before, rest) < 0 ? NULL : path;
}

char *mb_path_resolve(const char *path)
{
    char *head = strdup(path);
    char *rest = calloc(1, strlen(path) + 2);
    char *real = head != NULL && rest != NULL ? find_existing(head, rest) : NULL;
    char *resolved = real != NULL ? join(real, rest) : NULL;
    int sys_errno = errno;
    free(head);
    free(rest);
    free(real);
    errno = sys_errno;
    return resolved;
}
