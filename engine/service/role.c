#include "service/service.h"

#include <string.h>

static const char *const names[] = {
    [MB_ROLE_NONE] = "none", [MB_ROLE_READ] = "read", [MB_ROLE_WRITE] = "write"};

const char *mb_role_name(enum mb_role role)
{
    return names[role];
}

bool mb_role_parse(const char *text, enum mb_role *out)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], text) == 0) {
            *out = (enum mb_role)i;
            return true;
        }
    return false;
}
