/* exit_code.h - what the process returns to its caller. */
#ifndef MB_CLI_EXIT_CODE_H
#define MB_CLI_EXIT_CODE_H

#include "base/error.h"

enum mb_exit {
    MB_EXIT_OK = 0,
    MB_EXIT_FAILURE = 1,
    MB_EXIT_USAGE = 2,
    MB_EXIT_NOT_FOUND = 3,
    MB_EXIT_EXISTS = 4,
    MB_EXIT_DENIED = 5,
    MB_EXIT_UNREACHABLE = 6,
    MB_EXIT_CORRUPT = 7,
    MB_EXIT_NO_SPACE = 8,
    MB_EXIT_SIGNAL = 128 /* plus the number of the signal that cancelled */
};

/* signal_number is that of the signal that asked to stop, 0 for none. */
int mb_exit_code(mb_status status, int signal_number);

/* For help and the man page: code and meaning, in order; false past the end. */
bool mb_exit_code_at(size_t i, int *code, const char **meaning);

#endif
