/* id.h - names that nothing else has. */
#ifndef MB_CLI_ID_H
#define MB_CLI_ID_H

#include "base/arena.h"

/* A random UUID (RFC 9562 section 5.4); NULL without memory. */
const char *mb_cli_new_id(struct mb_arena *arena);

#endif
