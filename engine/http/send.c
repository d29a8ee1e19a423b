#include "http/client.h"
#include "http/echo.h"

#include "base/buf.h"
#include "base/call.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "http/url.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    POLL_MS = 200, /* how late a cancelled call is noticed */
    GATHER_STEP = 64 * 1024
};

static const int64_t ms_ns = 1000000;

/* A write to a connection that the peer has closed must not kill the process: libcurl leaves that to its
 * caller when CURLOPT_NOSIGNAL is set.  The signal goes to the writing thread, so it is enough to block it
 * here and to take away what came. */
struct pipe_guard {
    sigset_t before;
    bool was_pending;
};

static void guard_begin(struct pipe_guard *guard)
{
    sigset_t pipe_only, pending;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    guard->was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_only, &guard->before);
}

static void guard_end(const struct pipe_guard *guard)
{
    sigset_t pipe_only, pending;
    const struct timespec at_once = {0};
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    if (!guard->was_pending && sigismember(&pending, SIGPIPE) == 1)
        sigtimedwait(&pipe_only, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, &guard->before, NULL);
}

static struct curl_slist *add_line(struct curl_slist *list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(list, line);
    if (!longer)
        curl_slist_free_all(list);
    return longer;
}

static struct curl_slist *build_headers(const struct mb_headers *headers)
{
    /* Waiting for "100 Continue" costs a round trip for each part, and a second where it is not known. */
    struct curl_slist *list = add_line(NULL, "Expect:");
    struct mb_buf line = MB_BUF_INIT(64 * 1024);

    for (size_t i = 0; list && headers && i < headers->count; i++) {
        const struct mb_header *header = &headers->items[i];
        mb_buf_reset(&line);
        if (*header->value)
            mb_buf_printf(&line, "%s: %s", header->name, header->value);
        else
            mb_buf_printf(&line, "%s;", header->name); /* how libcurl spells an empty value */
        if (line.status != MB_OK) {
            curl_slist_free_all(list);
            list = NULL;
        } else {
            list = add_line(list, mb_buf_text(&line));
        }
    }
    mb_buf_done(&line);
    return list;
}

static void set_tls(const struct mb_http *http, CURL *easy)
{
    if (http->ca_file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, http->ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    if (http->client_cert)
        curl_easy_setopt(easy, CURLOPT_SSLCERT, http->client_cert);
    if (http->client_key)
        curl_easy_setopt(easy, CURLOPT_SSLKEY, http->client_key);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, http->skip_verify ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, http->skip_verify ? 0L : 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
}

static bool is_near(const struct mb_http *http, const char *url)
{
    char name[256];
    const char *host = strstr(url, "://");
    if (!host)
        return false;
    host += 3;
    size_t len = *host == '[' ? strcspn(host, "/?") : strcspn(host, ":/?");
    mb_text_fit(name, len + 1 < sizeof(name) ? len + 1 : sizeof(name), host);
    for (const char *const *near = http->near_hosts; near && *near; near++)
        if (strncasecmp(name, *near, strlen(*near)) == 0)
            return true;
    return mb_host_is_local(name);
}

static void set_proxy(const struct mb_http *http, CURL *easy, const char *url)
{
    if ((!http->proxy || http->near_direct) && is_near(http, url))
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    else if (http->proxy)
        curl_easy_setopt(easy, CURLOPT_PROXY, http->proxy);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

/* An object's bytes go in large pieces, which takes a third less processor time than small ones.  libcurl has
 * these buffers only while a request is under way. */
static void set_buffers(const struct mb_http_line *line, const struct mb_exchange *exchange)
{
    uint64_t upload = exchange->upload_size;
    curl_easy_setopt(line->easy, CURLOPT_BUFFERSIZE, exchange->request->sink ? line->piece : 16L * 1024);
    curl_easy_setopt(line->easy, CURLOPT_UPLOAD_BUFFERSIZE,
                     upload < (uint64_t)line->piece ? (long)upload : line->piece);
}

static void set_options(const struct mb_http *http, struct mb_http_line *line,
                        const struct mb_http_request *request, struct curl_slist *headers)
{
    CURL *easy = line->easy;
    const char *url = request->url;

    line->message[0] = '\0';
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, line->message);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_SHARE, http->share);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* do not wait for a resolver that hangs */
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L); /* a key may hold "/../" */
    curl_easy_setopt(easy, CURLOPT_HTTP_TRANSFER_DECODING, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, request->fresh ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, request->fresh ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)http->connect_timeout_ms);
    if (http->user_agent)
        curl_easy_setopt(easy, CURLOPT_USERAGENT, http->user_agent);
    set_tls(http, easy);
    set_proxy(http, easy, url);
}

/* Does something outside of the connection end the transfer?  Sets the verdict. */
static bool interrupted(const struct mb_http *http, struct mb_exchange *exchange)
{
    const struct mb_call *call = exchange->call;
    int64_t now = mb_clock_monotonic();
    uint32_t doubt = exchange->response->safe ? 0 : MB_ERR_AMBIGUOUS;
    bool working =
        exchange->request->patient && !exchange->answered && exchange->sent == exchange->upload_size;

    if (mb_exchange_unwanted(exchange)) {
        return true;
    } else if (!working && now - exchange->active_ns > http->idle_timeout_ms * ms_ns) {
        exchange->verdict = mb_fail(call->error, MB_E_TIMEOUT, "nothing was heard for %lld ms",
                                    (long long)http->idle_timeout_ms);
        call->error->flags |= doubt;
    }
    return exchange->verdict != MB_OK;
}

static int wait_ms(const struct mb_http_line *line, const struct mb_call *call)
{
    int64_t until = line->timer_ns;
    if (call->deadline_ns != 0 && call->deadline_ns < until)
        until = call->deadline_ns;
    int64_t now = mb_clock_monotonic();
    if (until <= now)
        return 0;
    int64_t left = (until - now - 1) / ms_ns + 1;
    return left < POLL_MS ? (int)left : POLL_MS;
}

static CURLcode result_of(CURLM *multi)
{
    int left;
    CURLMsg *message = curl_multi_info_read(multi, &left);
    return message && message->msg == CURLMSG_DONE ? message->data.result : CURLE_OUT_OF_MEMORY;
}

/* A broken connection is ready for whatever was wanted of it: that call then says what is wrong with it. */
static int readiness(const struct pollfd *socket)
{
    bool broken = (socket->revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    short ready = broken ? socket->events : socket->revents;
    return (ready & POLLIN ? CURL_CSELECT_IN : 0) | (ready & POLLOUT ? CURL_CSELECT_OUT : 0);
}

/* Waits for what libcurl waits for, and lets it go on with whatever came.  It is told which sockets are ready
 * and need not ask the system once more, as curl_multi_perform would for each piece. */
static CURLMcode step(struct mb_http_line *line, const struct mb_call *call, int *running)
{
    struct pollfd ready[MB_HTTP_SOCKETS];
    size_t count = line->socket_count;
    memcpy(ready, line->sockets, count * sizeof(*ready));
    poll(ready, (nfds_t)count, wait_ms(line, call));

    CURLMcode code = CURLM_OK;
    if (mb_clock_monotonic() >= line->timer_ns) {
        line->timer_ns = INT64_MAX;
        code = curl_multi_socket_action(line->multi, CURL_SOCKET_TIMEOUT, 0, running);
    }
    for (size_t i = 0; i < count && code == CURLM_OK; i++) {
        if (ready[i].revents != 0)
            code = curl_multi_socket_action(line->multi, ready[i].fd, readiness(&ready[i]), running);
    }
    return code;
}

/* Runs the transfer to its end.  CURLE_OK with a verdict when it was interrupted. */
static CURLcode run(const struct mb_http *http, struct mb_http_line *line, struct mb_exchange *exchange)
{
    int running = 1;
    CURLcode code = CURLE_OK;

    if (curl_multi_add_handle(line->multi, line->easy) != CURLM_OK)
        return CURLE_OUT_OF_MEMORY;
    while (running > 0 && !interrupted(http, exchange))
        if (step(line, exchange->call, &running) != CURLM_OK)
            break;
    if (running == 0)
        code = result_of(line->multi);
    else if (exchange->verdict == MB_OK)
        code = CURLE_OUT_OF_MEMORY;
    curl_multi_remove_handle(line->multi, line->easy);
    return code;
}

/* What the end of a transfer means; libcurl takes headers that were cut for all there are. */
static mb_status verdict_of(const struct mb_http *http, const struct mb_http_line *line,
                            const struct mb_exchange *exchange, CURLcode code)
{
    if (exchange->verdict != MB_OK)
        return exchange->verdict;
    if (code == CURLE_OK && !exchange->begun)
        code = CURLE_GOT_NOTHING;
    return code == CURLE_OK || exchange->enough ? MB_OK : mb_http_fail(http, exchange, code, line->message);
}

static mb_status exchange_on(struct mb_http *http, struct mb_http_line *line, struct mb_exchange *exchange)
{
    const struct mb_http_request *request = exchange->request;
    struct pipe_guard guard;

    struct curl_slist *headers = build_headers(request->headers);
    if (!headers)
        return mb_fail_memory(exchange->call->error);
    set_options(http, line, request, headers);
    set_buffers(line, exchange);
    mb_exchange_attach(exchange, line->easy);
    exchange->active_ns = mb_clock_monotonic();
    guard_begin(&guard);
    CURLcode code = run(http, line, exchange);
    guard_end(&guard);
    curl_slist_free_all(headers);
    return verdict_of(http, line, exchange, code);
}

static mb_status exchange_over(struct mb_http *http, struct mb_exchange *exchange)
{
    struct mb_http_line *line = mb_http_acquire(http);
    if (!line)
        return mb_fail_memory(exchange->call->error);
    mb_status status = exchange_on(http, line, exchange);
    mb_http_release(http, line);
    return status;
}

static mb_status gather_steps(const struct mb_source *source, char *step, struct mb_buf *out,
                              const struct mb_call *call)
{
    size_t nread;
    do {
        if (source->read(source->ctx, step, GATHER_STEP, &nread) != MB_OK)
            return mb_fail(call->error, MB_E_CALLBACK, "the source of the data failed");
        MB_TRY(mb_call_wanted(call));
        mb_buf_append(out, step, nread);
    } while (out->status == MB_OK && nread > 0);
    if (out->status == MB_E_INVALID)
        return mb_fail(call->error, MB_E_UNSUPPORTED,
                       "the data is longer than %zu MiB, and its size or checksum is not known",
                       out->max / (1024 * 1024));
    return mb_buf_check(out, "the data", call->error);
}

mb_status mb_http_gather(const struct mb_source *source, struct mb_buf *out, const struct mb_call *call)
{
    char *step = malloc(GATHER_STEP);
    if (!step)
        return mb_fail_memory(call->error);
    mb_status status = gather_steps(source, step, out, call);
    free(step);
    return status;
}

static mb_status send_gathered(struct mb_http *http, struct mb_http_request *request, struct mb_buf *gathered,
                               struct mb_http_response *response, const struct mb_call *call)
{
    if (request->headers)
        MB_TRY(mb_headers_status(request->headers, call->error));
    MB_TRY(mb_rate_take(&http->requests, 1, call));
    if (request->source && request->source->size < 0) {
        MB_TRY(mb_http_gather(request->source, gathered, call));
        request->source = NULL;
        request->body = mb_buf_text(gathered);
        request->body_len = gathered->len;
    }
    struct mb_exchange exchange = {.request = request,
                                   .response = response,
                                   .call = call,
                                   .bandwidth = &http->bandwidth,
                                   .upload_size =
                                       request->source ? (uint64_t)request->source->size : request->body_len};
    mb_status status = exchange_over(http, &exchange);
    response->sent = exchange.sent;
    mb_http_hide_echo(request, response);
    return status;
}

mb_status mb_http_send(struct mb_http *http, const struct mb_http_request *request,
                       struct mb_http_response *response, const struct mb_call *call)
{
    struct mb_http_request own = *request;
    struct mb_buf gathered = MB_BUF_INIT(MB_HTTP_MAX_GATHERED);
    mb_status status = send_gathered(http, &own, &gathered, response, call);
    mb_buf_done(&gathered);
    return status;
}
