/* answer.h - what an answer that is a failure says, put into a struct mb_error. */
#ifndef MB_HTTP_ANSWER_H
#define MB_HTTP_ANSWER_H

#include "http/http.h"

/* Says so when the Date of an answer shows this machine's clock to be off by five minutes or more. */
bool mb_http_advise_clock(struct mb_error *error, const struct mb_http_response *response);

/* What an HTTP status means when nothing better is known; MB_OK for 2xx. */
mb_status mb_status_of_http(int http_status);

/* What a service said in its error document; members may be NULL. */
struct mb_answer {
    mb_status status; /* 0: what the HTTP status means */
    const char *code;
    const char *text;
    const char *request_id;
};

/* "503 SlowDown: <text>", "405 Method Not Allowed" without a code, with Retry-After, HTTP status, code and
 * request id in their members.  An answer of 5xx to a request that changes something is MB_ERR_AMBIGUOUS. */
mb_status mb_http_fail_answer(struct mb_error *error, const struct mb_http_response *response,
                              const struct mb_answer *answer);

#endif
