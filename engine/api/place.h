/* place.h - where a request says that backups lie: a session for the duration of a call. */
#ifndef MB_API_PLACE_H
#define MB_API_PLACE_H

#include "api/call.h"

/* NULL and "" for the configured ones. */
struct mb_api_place {
    const char *bucket, *root_path;
};

/* Opens the place, for mb_api_leave. */
mb_status mb_api_enter(struct mb_api_call *call, const struct mb_api_place *place, struct mb_session **out,
                       struct mb_error *error);
void mb_api_leave(struct mb_api_call *call, struct mb_session *session);

/* "" becomes NULL. */
const char *mb_api_given(const char *text);

#endif
