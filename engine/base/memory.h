/* memory.h - bytes in memory as a source for a driver; mb_buf_sink is the way back. */
#ifndef MB_BASE_MEMORY_H
#define MB_BASE_MEMORY_H

#include "milvus_backup/storage_plugin.h"

struct mb_memory_source {
    const char *data;
    size_t len, pos;
};

/* Of known size, and can be rewound.  memory and data outlive it. */
struct mb_source mb_memory_source(struct mb_memory_source *memory, const void *data, size_t len);

#endif
