#include "server/console.h"

#include <string.h>

const char mb_console_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const struct mb_console_page *mb_console_find(const char *path)
{
    for (size_t i = 0; i < mb_console_pages_count; i++)
        if (strcmp(mb_console_pages[i].path, path) == 0)
            return &mb_console_pages[i];
    return NULL;
}
