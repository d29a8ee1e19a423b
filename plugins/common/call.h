/* call.h - what every slot does with the call and the options that it is given. */
#ifndef MB_COMMON_CALL_H
#define MB_COMMON_CALL_H

#include "base/call.h"

/* The value of the key, or NULL. */
const char *mb_kv_find(const struct mb_kv *config, size_t count, const char *key);

/* Must a put not overwrite?  opts may be NULL. */
bool mb_put_is_new_only(const struct mb_put_options *opts);

/* The CRC32C that the host knows of what is put; false when it knows none. */
bool mb_put_crc32c(const struct mb_put_options *opts, uint32_t *out);

/* Of *from what the owner of *to knows about; to may be NULL. */
void mb_stat_write(struct mb_stat *to, const struct mb_stat *from);
void mb_info_write(struct mb_store_info *to, const struct mb_store_info *from);

#endif
