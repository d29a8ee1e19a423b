#include "cli/exit_code.h"

int mb_exit_code(mb_status status, int signal_number)
{
    switch (status) {
    case MB_OK:
    case MB_END:
        return MB_EXIT_OK;
    case MB_E_INVALID:
    case MB_E_CONFIG:
        return MB_EXIT_USAGE;
    case MB_E_NOT_FOUND:
    case MB_E_NO_BUCKET:
        return MB_EXIT_NOT_FOUND;
    case MB_E_EXISTS:
        return MB_EXIT_EXISTS;
    case MB_E_UNAUTHENTICATED:
    case MB_E_FORBIDDEN:
        return MB_EXIT_DENIED;
    case MB_E_THROTTLED:
    case MB_E_UNAVAILABLE:
    case MB_E_TIMEOUT:
        return MB_EXIT_UNREACHABLE;
    case MB_E_CORRUPT:
        return MB_EXIT_CORRUPT;
    case MB_E_NO_SPACE:
        return MB_EXIT_NO_SPACE;
    case MB_E_CANCELLED:
        return signal_number > 0 ? MB_EXIT_SIGNAL + signal_number : MB_EXIT_FAILURE;
    default:
        return MB_EXIT_FAILURE;
    }
}

bool mb_exit_code_at(size_t i, int *code, const char **meaning)
{
    static const struct {
        int code;
        const char *meaning;
    } codes[] = {
        {MB_EXIT_OK, "Success."},
        {MB_EXIT_FAILURE, "Any failure that is none of those below."},
        {MB_EXIT_USAGE, "The command line or the configuration is wrong."},
        {MB_EXIT_NOT_FOUND, "The backup, collection, object or bucket is not there."},
        {MB_EXIT_EXISTS, "The backup or collection exists already, or somebody else is making it."},
        {MB_EXIT_DENIED, "Credentials or permissions do not suffice."},
        {MB_EXIT_UNREACHABLE,
         "Milvus or the storage cannot be reached, answers too late or turns requests away."},
        {MB_EXIT_CORRUPT, "Data is damaged, or the backup is not complete."},
        {MB_EXIT_NO_SPACE, "No space is left in the storage."},
        {MB_EXIT_SIGNAL + 1, "Stopped by SIGHUP (its terminal is gone)."},
        {MB_EXIT_SIGNAL + 2, "Stopped by SIGINT (Ctrl-C)."},
        {MB_EXIT_SIGNAL + 15, "Stopped by SIGTERM."},
    };

    if (i >= sizeof codes / sizeof *codes)
        return false;
    *code = codes[i].code;
    *meaning = codes[i].meaning;
    return true;
}
