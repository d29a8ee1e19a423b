/* id.h - names that nobody else has: of a task, and of the backup that it makes. */
#ifndef MB_TASK_ID_H
#define MB_TASK_ID_H

#include "base/random.h"

struct mb_arena;

enum { MB_ID_SIZE = MB_UUID_SIZE };

/* "backup_2026_11_21_06_49_30_123456789"; NULL without memory. */
const char *mb_id_backup_name(struct mb_arena *arena);

#endif
