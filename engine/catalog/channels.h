/* channels.h - what a backup tells of channels, as JSON texts of members of its description; both in arena.
 */
#ifndef MB_CATALOG_CHANNELS_H
#define MB_CATALOG_CHANNELS_H

#include "base/arena.h"
#include "base/error.h"
#include "model/collection.h"

/* "flush_all_msgs_base64". */
mb_status mb_channels_flushed(const struct mb_flushed_all *flushed, struct mb_arena *arena, const char **out,
                              struct mb_error *error);

/* And back: an entry for each channel, its timestamp 0.  MB_E_CORRUPT, with the backup's name, for what is
 * none. */
mb_status mb_channels_read_flushed(const char *json, const char *backup, struct mb_arena *arena,
                                   struct mb_checkpoint **out, size_t *count, struct mb_error *error);

/* "rpc_channel_info". */
mb_status mb_channels_rpc(const char *name, const char *position, struct mb_arena *arena, const char **out,
                          struct mb_error *error);

#endif
