/* reply.h - the envelope of every answer: {"requestId", "code", "msg", "data"}. */
#ifndef MB_API_REPLY_H
#define MB_API_REPLY_H

#include "api/call.h"
#include "api/schema.h"

/* In "code"; 0, success, is never written. */
enum {
    MB_CODE_SUCCESS = 0,
    MB_CODE_NO_PERMISSION = 2,
    MB_CODE_FAIL = 3,
    MB_CODE_PARAMETER = 400,
    MB_CODE_NOT_FOUND = 404
};

struct mb_reply {
    struct mb_api_call *call;
    struct mb_json_writer json; /* stands behind "msg": what follows are members of the envelope */
    struct mb_sink sink;
};

/* The request's id is the caller's, or else one that was made up. */
void mb_reply_begin(struct mb_reply *reply, struct mb_api_call *call, int code, const char *msg);

/* Closes the envelope and hands the call back. */
void mb_reply_end(struct mb_reply *reply);

/* Whole answers, and the call is handed back. */
void mb_reply_data(struct mb_api_call *call, const char *msg, const struct mb_api_schema *schema,
                   const void *data);
void mb_reply_null(struct mb_api_call *call, int code, const char *msg);    /* "data": null */
void mb_reply_nothing(struct mb_api_call *call, int code, const char *msg); /* no data at all */

/* A failure, with what to do about it in the words of the API; its code follows from its status.  Also a
 * status of HTTP where one fits: no place in the queue is 429, a server that stops 503. */
void mb_reply_error(struct mb_api_call *call, const struct mb_error *error);
void mb_reply_nothing_error(struct mb_api_call *call, int code,
                            const struct mb_error *error); /* without data */
void mb_reply_error_as(struct mb_api_call *call, int code, const struct mb_error *error);

/* {"error": text} under a status of HTTP. */
void mb_reply_refusal(struct mb_api_call *call, unsigned status, const char *text);

/* An envelope with code 2, no permission, under a status of HTTP. */
void mb_reply_refused(struct mb_api_call *call, unsigned status, const char *msg);

/* A body that is none: 400. */
void mb_reply_bad_body(struct mb_api_call *call, const struct mb_error *error);
/* ... as clients know it of a create: in other words, with what is wrong in the log alone. */
void mb_reply_bad_create(struct mb_api_call *call, const struct mb_error *error);

#endif
