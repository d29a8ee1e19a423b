#include "task/explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Adds to the end of the message. */
static void MB_PRINTF(2, 3) add(struct mb_error *error, const char *fmt, ...)
{
    size_t len = strlen(error->message);
    va_list args;

    va_start(args, fmt);
    vsnprintf(error->message + len, sizeof error->message - len, fmt, args);
    va_end(args);
}

/* A driver that says what to set knows only its own options' names. */
static void name_keys(const struct mb_config_storage_keys *keys, struct mb_error *error)
{
    const char *const options[][2] = {
        {"address to '", keys->address}, {"port to ", keys->port}, {"useSSL to ", keys->use_ssl}};
    const char *before = "; here that is ";
    bool told[3];

    for (size_t i = 0; i < 3; i++)
        told[i] = strstr(error->message, options[i][0]) != NULL;
    for (size_t i = 0; i < 3; i++) {
        if (!told[i])
            continue;
        add(error, "%s%s", before, options[i][1]);
        before = ", ";
    }
}

mb_status mb_explain(const struct mb_config_storage *side, struct mb_error *error)
{
    const struct mb_config_storage_keys *keys = &side->keys;
    bool files = *side->bucket == '\0';

    switch (error->status) {
    case MB_E_NO_BUCKET:
        add(error, "; check %s", files ? keys->root_path : keys->bucket);
        break;
    case MB_E_UNAUTHENTICATED:
    case MB_E_FORBIDDEN:
        if (files)
            add(error, "; check %s", keys->root_path);
        else
            add(error, "; check %s and %s", keys->access_key, keys->secret_key);
        break;
    case MB_E_UNAVAILABLE:
    case MB_E_TIMEOUT:
    case MB_E_PROTOCOL:
        if (!files)
            add(error, "; check %s and %s", keys->address, keys->port);
        break;
    case MB_E_CONFIG:
        name_keys(keys, error);
        add(error, "; %s is '%s'", keys->storage_type, side->driver);
        break;
    default:
        break;
    }
    return error->status;
}
