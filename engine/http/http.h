/* http.h - requests over libcurl: pooled, kept alive, cancellable.
 *
 * An mb_http holds as many connections as there were callers at once and hands
 * the one used last to the next caller, so a steady load opens no new ones.
 * Thread-safe.  Nothing is retried and no redirect is followed; a request that
 * dies on a kept connection which the server had closed in the meantime is sent
 * again by libcurl when its body can be rewound and it does no harm twice: not
 * a POST, and no PUT with a condition.
 *
 * The proxy of the environment (https_proxy, no_proxy, ...) holds unless one is
 * given, but never for this machine itself or link-local addresses.  One that is
 * given holds for these too, unless near_direct is set. */
#ifndef MB_HTTP_HTTP_H
#define MB_HTTP_HTTP_H

#include "base/buf.h"
#include "http/headers.h"

struct mb_http;

/* Initialises libcurl, once in a process and for good, whoever calls first; the host does so for its drivers.
 * Comes before mb_http_new.  Thread-safe. */
mb_status mb_http_init_once(struct mb_error *error);

/* What the user sets, for messages; all of them literals or NULL. */
struct mb_http_words {
    const char *tls;         /* "useSSL" */
    const char *ca_file;     /* "caFile" */
    const char *client_cert; /* "clientCert and clientKey" */
    const char *skip_verify; /* "skipVerify", or NULL where certificates are always verified */
    const char *proxy;       /* "proxy" */
};

/* Strings are copied; NULL and 0 stand for the default.  Files are PEM. */
struct mb_http_options {
    const char *user_agent;
    const char *ca_file;     /* trusted instead of the system's authorities */
    const char *client_cert; /* with client_key */
    const char *client_key;
    const char *proxy;
    const char *place;                 /* for messages: what the user sets to reach another host; default
                                          "address and port" */
    const struct mb_http_words *words; /* lives as long as the program; those of the drivers' options */
    const char *const *near_hosts;     /* beginnings of names as near as link-local addresses, NULL behind the
                                          last;     lives as long as the program; none */
    int64_t connect_timeout_ms;        /* 10 s */
    int64_t idle_timeout_ms;           /* 60 s without a byte in either direction */
    unsigned max_idle;                 /* connections kept while nobody uses them; 256 */
    uint64_t max_bandwidth;            /* bytes per second, both directions together; no ceiling */
    unsigned max_requests;             /* per second; no ceiling */
    bool skip_verify;                  /* any certificate will do */
    bool near_direct;                  /* reach this machine and link-local addresses without proxy */
};

mb_status mb_http_new(struct mb_http **out, const struct mb_http_options *options, struct mb_error *error);
void mb_http_free(struct mb_http *http); /* no call may be running */

struct mb_http_response {
    int status;
    char reason[48]; /* the phrase behind the status, "" when there is none */
    bool safe;       /* the request was a GET or HEAD that changes nothing */
    struct mb_headers headers;
    struct mb_buf body; /* a 2xx body without sink; of another status at most 64 KiB, the rest is dropped */
    uint64_t sent;      /* body bytes of the request */
    uint64_t received;  /* body bytes, also those that went to the sink */
};

/* Frees what the response holds; all zero and used ones alike. */
void mb_http_response_done(struct mb_http_response *response);

struct mb_http_request {
    const char *method;
    const char *url;
    const struct mb_headers *headers; /* sent as they are, Host included when it is there */

    /* The body: from memory, or from source when that is given.  A source of unknown size is read into
     * memory first and may hold at most 64 MiB. */
    const void *body;
    size_t body_len;
    const struct mb_source *source;

    const struct mb_sink *sink; /* for the body of a 2xx answer; NULL keeps it in response->body */
    size_t max_body;            /* ceiling of a kept body; 0 for 1 MiB.  More is MB_E_PROTOCOL */

    /* Optional; called once for a 2xx answer when its headers are complete and before the first byte of its
     * body.  A failure (put into error) ends the request and is handed on. */
    mb_status (*begin)(void *ctx, const struct mb_http_response *response, struct mb_error *error);
    void *begin_ctx;

    bool fresh;   /* over a connection of its own: a kept one may just have been closed, unnoticed */
    bool acts;    /* changes something although it is a GET: a failure may be ambiguous */
    bool patient; /* the service may work long before it answers: only the deadline limits that wait */
};

/* MB_OK when a whole answer came, whatever its status.  response must be all zero or done, and is to be given
 * to mb_http_response_done in any case.  Failures: MB_E_CONFIG (certificates), MB_E_UNAVAILABLE,
 * MB_E_TIMEOUT, MB_E_CANCELLED, MB_E_CALLBACK (sink or source), MB_E_PROTOCOL, MB_E_NO_MEMORY; AMBIGUOUS when
 * a request that is not safe may have reached the service. */
mb_status mb_http_send(struct mb_http *http, const struct mb_http_request *request,
                       struct mb_http_response *response, const struct mb_call *call);

enum { MB_HTTP_MAX_GATHERED = 64 * 1024 * 1024 };

/* Reads a source to its end into memory: for what needs the bytes before they are sent. */
mb_status mb_http_gather(const struct mb_source *source, struct mb_buf *out, const struct mb_call *call);

/* Can a body be sent a second time?  Rewinds source for that; NULL, a body from memory or none, always can.
 */
bool mb_http_can_resend(const struct mb_source *source);

/* Of the header Retry-After, in seconds or as a date; 0 when there is none. */
uint32_t mb_http_retry_after_ms(const struct mb_http_response *response);

#endif
