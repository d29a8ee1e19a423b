/* exchange.h - one request on its way: the callbacks that libcurl gets.  Only for send.c. */
#ifndef MB_HTTP_EXCHANGE_H
#define MB_HTTP_EXCHANGE_H

#include "http/http.h"
#include "http/rate.h"

#include <curl/curl.h>

struct mb_exchange {
    const struct mb_http_request *request;
    struct mb_http_response *response;
    const struct mb_call *call;
    struct mb_rate *bandwidth;
    uint64_t upload_size;
    uint64_t sent; /* body bytes taken by libcurl */
    size_t max_body;
    size_t header_bytes;
    int64_t active_ns; /* when something last moved */
    mb_status verdict; /* set by a callback that ended the transfer; call->error is filled */
    bool started;      /* the request, or at least its beginning, was given to a connection */
    bool begun;        /* request->begin was called */
    bool answered;     /* a final status line came */
    bool enough;       /* ended on purpose: the rest of an error document is not wanted */
};

/* Was the call cancelled, or has its deadline passed?  Sets the verdict. */
bool mb_exchange_unwanted(struct mb_exchange *exchange);

/* Sets the callbacks and the upload size. */
void mb_exchange_attach(struct mb_exchange *exchange, CURL *easy);

#endif
