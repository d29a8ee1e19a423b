/* client.h - what http.c, send.c and fail.c share; for nobody else. */
#ifndef MB_HTTP_CLIENT_H
#define MB_HTTP_CLIENT_H

#include "http/exchange.h"
#include "http/rate.h"

#include <poll.h>
#include <pthread.h>

enum { MB_HTTP_SOCKETS = 16 };

/* A handle with its own kept connection; used by one call at a time. */
struct mb_http_line {
    struct mb_http_line *next;
    CURL *easy;
    CURLM *multi;
    char message[CURL_ERROR_SIZE];
    long piece; /* bytes that libcurl takes or hands over at once */

    /* What libcurl waits for. */
    struct pollfd sockets[MB_HTTP_SOCKETS];
    size_t socket_count;
    int64_t timer_ns; /* monotonic; INT64_MAX for none */
};

struct mb_http {
    char *user_agent;
    char *ca_file;
    char *client_cert;
    char *client_key;
    char *proxy;
    char *place;
    const struct mb_http_words *words;
    const char *const *near_hosts;
    int64_t connect_timeout_ms;
    int64_t idle_timeout_ms;
    unsigned max_idle;
    bool skip_verify;
    bool near_direct;
    struct mb_rate bandwidth;
    struct mb_rate requests;

    CURLSH *share;
    pthread_mutex_t share_locks[CURL_LOCK_DATA_LAST];

    pthread_mutex_t lock; /* guards what is below */
    struct mb_http_line *idle;
    unsigned idle_count;
    unsigned busy; /* lines that are acquired */
};

/* NULL without memory. */
struct mb_http_line *mb_http_acquire(struct mb_http *http);
void mb_http_release(struct mb_http *http, struct mb_http_line *line);

/* Says in the call's error what libcurl's code means here. */
mb_status mb_http_fail(const struct mb_http *http, const struct mb_exchange *exchange, CURLcode code,
                       const char *said);

#endif
