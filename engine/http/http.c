#include "http/http.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "http/client.h"
#include "http/date.h"
#include "http/trust.h"

#include <stdlib.h>
#include <string.h>

enum {
    DEFAULT_CONNECT_TIMEOUT_MS = 10000,
    DEFAULT_IDLE_TIMEOUT_MS = 60000,
    DEFAULT_MAX_IDLE = 256,
    MAX_RETRY_AFTER_MS = 3600 * 1000
};

/* The pieces of all lines together: the memory of a client does not grow with what it does at once. */
enum { PIECES_BYTES = 8 << 20, LARGEST_PIECE = 512 << 10, SMALLEST_PIECE = 64 << 10 };

static void lock_share(CURL *easy, curl_lock_data data, curl_lock_access access, void *ctx)
{
    struct mb_http *http = ctx;
    (void)easy;
    (void)access;
    pthread_mutex_lock(&http->share_locks[data]);
}

static void unlock_share(CURL *easy, curl_lock_data data, void *ctx)
{
    struct mb_http *http = ctx;
    (void)easy;
    pthread_mutex_unlock(&http->share_locks[data]);
}

/* Resolved names and TLS sessions serve all connections of one client. */
static bool init_share(struct mb_http *http)
{
    http->share = curl_share_init();
    if (!http->share)
        return false;
    curl_share_setopt(http->share, CURLSHOPT_LOCKFUNC, lock_share);
    curl_share_setopt(http->share, CURLSHOPT_UNLOCKFUNC, unlock_share);
    curl_share_setopt(http->share, CURLSHOPT_USERDATA, http);
    curl_share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    return true;
}

static bool copy_text(char **out, const char *text)
{
    if (!text || !*text)
        return true;
    *out = strdup(text);
    return *out != NULL;
}

static bool copy_authorities(struct mb_http *http, const char *given)
{
    char path[PATH_MAX];
    const char *own = curl_version_info(CURLVERSION_NOW)->cainfo;
    return copy_text(&http->ca_file, given && *given ? given : mb_http_authorities(own, path));
}

static bool copy_options(struct mb_http *http, const struct mb_http_options *options)
{
    http->connect_timeout_ms =
        options->connect_timeout_ms > 0 ? options->connect_timeout_ms : DEFAULT_CONNECT_TIMEOUT_MS;
    http->idle_timeout_ms = options->idle_timeout_ms > 0 ? options->idle_timeout_ms : DEFAULT_IDLE_TIMEOUT_MS;
    http->max_idle = options->max_idle > 0 ? options->max_idle : DEFAULT_MAX_IDLE;
    static const struct mb_http_words of_drivers = {.tls = "useSSL",
                                                    .ca_file = "caFile",
                                                    .client_cert = "clientCert and clientKey",
                                                    .skip_verify = "skipVerify",
                                                    .proxy = "proxy"};
    http->words = options->words ? options->words : &of_drivers;
    http->near_hosts = options->near_hosts;
    http->skip_verify = options->skip_verify;
    http->near_direct = options->near_direct;
    mb_rate_init(&http->bandwidth, (double)options->max_bandwidth);
    mb_rate_init(&http->requests, (double)options->max_requests);
    return copy_text(&http->user_agent, options->user_agent) && copy_authorities(http, options->ca_file) &&
           copy_text(&http->client_cert, options->client_cert) &&
           copy_text(&http->client_key, options->client_key) && copy_text(&http->proxy, options->proxy) &&
           copy_text(&http->place, options->place ? options->place : "address and port");
}

mb_status mb_http_new(struct mb_http **out, const struct mb_http_options *options, struct mb_error *error)
{
    struct mb_http *http = calloc(1, sizeof(*http));
    if (!http)
        return mb_fail_memory(error);
    pthread_mutex_init(&http->lock, NULL);
    for (size_t i = 0; i < CURL_LOCK_DATA_LAST; i++)
        pthread_mutex_init(&http->share_locks[i], NULL);
    if (!copy_options(http, options) || !init_share(http)) {
        mb_http_free(http);
        return mb_fail_memory(error);
    }
    *out = http;
    return MB_OK;
}

static void free_line(struct mb_http_line *line)
{
    if (!line)
        return;
    curl_easy_cleanup(line->easy);
    curl_multi_cleanup(line->multi);
    free(line);
}

void mb_http_free(struct mb_http *http)
{
    if (!http)
        return;
    while (http->idle) {
        struct mb_http_line *line = http->idle;
        http->idle = line->next;
        free_line(line);
    }
    curl_share_cleanup(http->share);
    for (size_t i = 0; i < CURL_LOCK_DATA_LAST; i++)
        pthread_mutex_destroy(&http->share_locks[i]);
    pthread_mutex_destroy(&http->lock);
    mb_rate_done(&http->bandwidth);
    mb_rate_done(&http->requests);
    free(http->user_agent);
    free(http->ca_file);
    free(http->client_cert);
    free(http->client_key);
    free(http->proxy);
    free(http->place);
    free(http);
}

/* libcurl has at most a few sockets for one transfer: those of its resolver, and one for each address that it
 * tries at the same time.  One that does not fit is looked at when libcurl's timer strikes. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *of_socket)
{
    struct mb_http_line *line = ctx;
    struct pollfd *at = line->sockets, *end = line->sockets + line->socket_count;
    (void)easy, (void)of_socket;

    while (at < end && at->fd != fd)
        at++;
    if (what == CURL_POLL_REMOVE) {
        if (at < end)
            *at = line->sockets[--line->socket_count];
        return 0;
    }
    if (at == end && line->socket_count == MB_HTTP_SOCKETS)
        return 0;
    if (at == end)
        line->socket_count++;
    *at = (struct pollfd){
        .fd = fd,
        .events = (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0))};
    return 0;
}

static int on_timer(CURLM *multi, long ms, void *ctx)
{
    struct mb_http_line *line = ctx;
    (void)multi;
    line->timer_ns = ms < 0 ? INT64_MAX : mb_clock_monotonic() + ms * (int64_t)1000000;
    return 0;
}

static struct mb_http_line *new_line(void)
{
    struct mb_http_line *line = calloc(1, sizeof(*line));
    if (!line)
        return NULL;
    line->easy = curl_easy_init();
    line->multi = curl_multi_init();
    if (!line->easy || !line->multi) {
        free_line(line);
        return NULL;
    }
    line->timer_ns = INT64_MAX;
    curl_multi_setopt(line->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(line->multi, CURLMOPT_SOCKETDATA, line);
    curl_multi_setopt(line->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(line->multi, CURLMOPT_TIMERDATA, line);
    return line;
}

static void count_out(struct mb_http *http)
{
    pthread_mutex_lock(&http->lock);
    http->busy--;
    pthread_mutex_unlock(&http->lock);
}

static long piece_of(unsigned busy)
{
    long share = PIECES_BYTES / (long)busy;
    return share > LARGEST_PIECE ? LARGEST_PIECE : share < SMALLEST_PIECE ? SMALLEST_PIECE : share;
}

struct mb_http_line *mb_http_acquire(struct mb_http *http)
{
    pthread_mutex_lock(&http->lock);
    struct mb_http_line *line = http->idle;
    if (line) {
        http->idle = line->next;
        http->idle_count--;
    }
    unsigned busy = ++http->busy;
    pthread_mutex_unlock(&http->lock);
    if (!line)
        line = new_line();
    if (line)
        line->piece = piece_of(busy);
    else
        count_out(http);
    return line;
}

void mb_http_release(struct mb_http *http, struct mb_http_line *line)
{
    curl_easy_reset(line->easy);
    pthread_mutex_lock(&http->lock);
    http->busy--;
    bool keep = http->idle_count < http->max_idle;
    if (keep) {
        line->next = http->idle;
        http->idle = line;
        http->idle_count++;
    }
    pthread_mutex_unlock(&http->lock);
    if (!keep)
        free_line(line);
}

void mb_http_response_done(struct mb_http_response *response)
{
    mb_headers_done(&response->headers);
    mb_buf_done(&response->body);
    *response = (struct mb_http_response){0};
}

uint32_t mb_http_retry_after_ms(const struct mb_http_response *response)
{
    const char *value = mb_headers_get(&response->headers, "Retry-After");
    int64_t date_ns;
    if (!value)
        return 0;
    char *end;
    double ms = strtod(value, &end) * 1000;
    if (end == value || *end != '\0') {
        if (!mb_http_date_parse(value, &date_ns))
            return 0;
        ms = (double)(date_ns - mb_clock_wall()) / 1e6;
    }
    if (!(ms > 0))
        return 0;
    return ms < MAX_RETRY_AFTER_MS ? (uint32_t)ms : MAX_RETRY_AFTER_MS;
}

bool mb_http_can_resend(const struct mb_source *source)
{
    return source == NULL || (source->rewind != NULL && source->rewind(source->ctx) == MB_OK);
}
