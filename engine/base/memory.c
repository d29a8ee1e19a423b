#include "base/memory.h"

#include <string.h>

static mb_status read_memory(void *ctx, void *buf, size_t cap, size_t *nread)
{
    struct mb_memory_source *memory = ctx;
    size_t n = memory->len - memory->pos;
    if (n > cap)
        n = cap;
    if (n > 0)
        memcpy(buf, memory->data + memory->pos, n);
    memory->pos += n;
    *nread = n;
    return MB_OK;
}

static mb_status rewind_memory(void *ctx)
{
    struct mb_memory_source *memory = ctx;
    memory->pos = 0;
    return MB_OK;
}

struct mb_source mb_memory_source(struct mb_memory_source *memory, const void *data, size_t len)
{
    *memory = (struct mb_memory_source){.data = data, .len = len};
    return (struct mb_source){
        .struct_size = sizeof(struct mb_source),
        .size = (int64_t)len,
        .read = read_memory,
        .rewind = rewind_memory,
        .ctx = memory,
    };
}
