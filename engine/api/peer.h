/* peer.h - the other sides of transfers: files NAME.yaml in the folder "peers" beside the configuration's
 * file. */
#ifndef MB_API_PEER_H
#define MB_API_PEER_H

#include "base/text.h"
#include "milvus_backup.h"

/* Their names, sorted; none where there is no such folder. */
mb_status mb_peer_list(struct mb_session *session, struct mb_arena *arena, struct mb_strings *out,
                       struct mb_error *error);

/* The file of one; MB_E_INVALID for what cannot be its name, MB_E_NOT_FOUND where there is none. */
mb_status mb_peer_file(struct mb_session *session, const char *name, struct mb_arena *arena, const char **out,
                       struct mb_error *error);

#endif
