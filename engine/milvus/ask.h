/* ask.h - the few calls that Milvus answers over HTTP only. */
#ifndef MB_MILVUS_ASK_H
#define MB_MILVUS_ASK_H

#include "milvus/client.h"

#include <jansson.h>

struct mb_ask {
    struct mb_http *over; /* milvus->rest or milvus->management */
    const char *url;
    const char *body;   /* JSON to POST; NULL for GET */
    const char *within; /* seconds that the server may take, told to it; or NULL */
    bool authorized;    /* sends the user's credentials */
    bool secret;        /* the answer holds one: no message repeats more of it than its "msg" */
    int64_t timeout_ns;
    size_t max_answer;
};

/* The clients for both, with words that fit the configuration. */
mb_status mb_ask_open(struct mb_milvus *milvus, struct mb_error *error);
void mb_ask_close(struct mb_milvus *milvus);

/* Asks once.  *out is the answer's JSON object, for the caller to give back.  Also a GET may change something
 * here, so that every failure of a request that was sent is ambiguous. */
mb_status mb_ask_json(struct mb_milvus *milvus, const struct mb_ask *ask, json_t **out,
                      struct mb_cancel *cancel, struct mb_error *error);

#endif
