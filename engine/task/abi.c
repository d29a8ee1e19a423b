#include "task/abi.h"

#include <string.h>

static mb_status check_size(size_t given, size_t first, const char *what, struct mb_error *error)
{
    if (given >= first)
        return MB_OK;
    return mb_fail(error, MB_E_INVALID, "struct_size of the %s is %zu: set it to sizeof the struct", what,
                   given);
}

mb_status mb_abi_missing(const char *what, struct mb_error *error)
{
    return mb_fail(error, MB_E_INVALID, "the %s is NULL", what);
}

mb_status mb_abi_take(void *copy, size_t size, const void *given, size_t first, const char *what,
                      struct mb_error *error)
{
    size_t given_size;

    if (given == NULL)
        return mb_abi_missing(what, error);
    memcpy(&given_size, given, sizeof given_size);
    MB_TRY(check_size(given_size, first, what, error));
    memset(copy, 0, size);
    memcpy(copy, given, given_size < size ? given_size : size);
    return MB_OK;
}

mb_status mb_abi_give(void *out, size_t first, const void *value, size_t size, struct mb_error *error)
{
    size_t room;

    if (out == NULL)
        return mb_abi_missing("struct to fill in", error);
    memcpy(&room, out, sizeof room);
    MB_TRY(check_size(room, first, "struct to fill in", error));
    memset(out, 0, room);
    memcpy(out, value, room < size ? room : size);
    memcpy(out, &room, sizeof room);
    return MB_OK;
}

mb_status mb_abi_return(mb_status status, const struct mb_error *own, struct mb_error *error)
{
    if (status >= 0 || error == NULL || error->struct_size < sizeof error->struct_size + sizeof error->status)
        return status;
    uint32_t room = error->struct_size;
    memset(error, 0, room);
    memcpy(error, own, room < sizeof *own ? room : sizeof *own);
    error->struct_size = room;
    error->status = status;
    return status;
}
