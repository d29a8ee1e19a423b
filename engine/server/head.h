/* head.h - what the door reads of a request's headers, and whether they can be believed. */
#ifndef MB_SERVER_HEAD_H
#define MB_SERVER_HEAD_H

#include "base/arena.h"
#include "server/origin.h"

#include <stdint.h>

struct MHD_Connection;

struct mb_head {
    struct mb_arena *arena;
    const char *authorization; /* of several none: ", "; "" where it is not sent, as below */
    const char *accept;
    const char *request_id; /* the first */
    struct mb_origin origin;
    uint64_t length; /* of the body, if it is told */
    unsigned hosts, lengths, encodings;
    bool malformed, chunked, without_memory;
};

/* MB_E_INVALID for a request that two readers could take for two different ones: another length, another
 * host, a name that is none. */
mb_status mb_head_read(struct mb_head *out, struct mb_arena *arena, struct MHD_Connection *connection,
                       const char *version, struct mb_error *error);

/* May this be shown again, in replies and in the log: short text without control characters? */
bool mb_head_is_plain(const char *text);

#endif
