/* http.h - the few calls that Milvus answers over HTTP only. */
#ifndef MB_MILVUS_HTTP_H
#define MB_MILVUS_HTTP_H

#include "base/buf.h"
#include "milvus/client.h"

#include <jansson.h>

struct mb_http_call {
    const char *url;
    const char *body;   /* JSON to POST; NULL for GET */
    const char *header; /* one more header line; or NULL */
    bool authorized;    /* sends the user's credentials */
    const char *key;    /* the configuration key that holds the address, for messages */
    int64_t timeout_ns;
};

struct mb_http_answer {
    struct mb_buf body;
    long status;
    int64_t retry_after_s; /* 0 when it does not say */
};

/* One attempt.  The body is initialised, and is the caller's.  A failure is that there is no answer. */
mb_status mb_http_send(struct mb_milvus *milvus, const struct mb_http_call *call,
                       struct mb_http_answer *answer, struct mb_cancel *cancel, struct mb_error *error);

/* An answer as JSON; the caller gives it back with json_decref.  status from 400 on, and an answer that is no
 * JSON object, are failures. */
mb_status mb_http_json(const struct mb_http_call *call, const struct mb_http_answer *answer, json_t **out,
                       struct mb_error *error);

#endif
