/* ezk_file.h - new keys of encrypted databases, from a file: a command line is there for all to see. */
#ifndef MB_CLI_EZK_FILE_H
#define MB_CLI_EZK_FILE_H

#include "base/arena.h"
#include "milvus_backup.h"

/* A JSON object, {"db": "key"}, into the request, whose texts live in arena.  No path is no keys. */
mb_status mb_ezk_file_read(const char *path, struct mb_arena *arena, struct mb_restore_request *out,
                           struct mb_error *error);

#endif
