/* id.h - names that nobody else has: of a task, and of the backup that it makes. */
#ifndef MB_TASK_ID_H
#define MB_TASK_ID_H

#include "base/error.h"

struct mb_arena;

enum { MB_ID_SIZE = 37 };

/* A random UUID of version 4 (RFC 9562, 5.4). */
mb_status mb_id_new(char out[MB_ID_SIZE], struct mb_error *error);

/* "backup_2026_11_21_06_49_30_123456789"; NULL without memory. */
const char *mb_id_backup_name(struct mb_arena *arena);

#endif
