#include "base/version.h"

const char *mb_program_version(void)
{
    return MB_PROGRAM_VERSION;
}
