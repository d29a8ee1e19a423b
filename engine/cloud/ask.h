/* ask.h - one call of the API: JSON there and back, made again where that does no harm.  Only for this room.
 */
#ifndef MB_CLOUD_ASK_H
#define MB_CLOUD_ASK_H

#include "cloud/cloud.h"
#include "http/http.h"

#include <jansson.h>

struct mb_cloud {
    struct mb_cloud_options options;
    struct mb_http *http;
};

struct mb_cloud_ask {
    const char *path;
    const char *cluster; /* that it is about, for messages */
    bool begins;         /* something that must not be begun twice */
};

/* POSTs body, which it gives back and may be NULL without memory.  *data is "data" of the answer, an object,
 * for the caller to give back. */
mb_status mb_cloud_post(struct mb_cloud *cloud, const struct mb_cloud_ask *ask, json_t *body, json_t **data,
                        struct mb_cancel *cancel, struct mb_error *error);

/* answer.c: "data" of an answer of success, or what the failure means and what to change. */
mb_status mb_cloud_read(const struct mb_cloud *cloud, const struct mb_cloud_ask *ask,
                        struct mb_http_response *response, json_t **data, struct mb_error *error);

/* place.c: a place out of the answer's "data". */
mb_status mb_cloud_take_place(const json_t *data, struct mb_arena *arena, struct mb_cloud_place *out,
                              struct mb_error *error);

#endif
