#include "common/call.h"

#include <string.h>

const char *mb_kv_find(const struct mb_kv *config, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(config[i].key, key) == 0)
            return config[i].value;
    return NULL;
}

bool mb_put_is_new_only(const struct mb_put_options *opts)
{
    return opts != NULL && (opts->flags & MB_PUT_IF_ABSENT) != 0;
}

bool mb_put_crc32c(const struct mb_put_options *opts, uint32_t *out)
{
    const uint8_t *bytes = opts != NULL ? opts->crc32c : NULL;
    if (bytes != NULL)
        *out = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    return bytes != NULL;
}

/* Both begin with struct_size, which stays. */
static void write_struct(void *to, const void *from, uint32_t known)
{
    uint32_t size = *(uint32_t *)to;
    if (size > sizeof(size))
        memcpy((char *)to + sizeof(size), (const char *)from + sizeof(size),
               (size < known ? size : known) - sizeof(size));
}

void mb_stat_write(struct mb_stat *to, const struct mb_stat *from)
{
    if (to != NULL)
        write_struct(to, from, sizeof(*from));
}

void mb_info_write(struct mb_store_info *to, const struct mb_store_info *from)
{
    write_struct(to, from, sizeof(*from));
}
