#include "http/exchange.h"

#include "base/buf.h"
#include "base/call.h"
#include "base/clock.h"
#include "base/error.h"

#include <string.h>
#include <strings.h>
#include <time.h>

enum {
    MAX_HEADER_BYTES = 256 * 1024,
    MAX_ERROR_KEPT = 64 * 1024,
    MAX_ERROR_READ = 1024 * 1024,
    DEFAULT_MAX_BODY = 1024 * 1024
};

static size_t give_up(struct mb_exchange *exchange, mb_status verdict)
{
    exchange->verdict = verdict;
    return 0;
}

bool mb_exchange_unwanted(struct mb_exchange *exchange)
{
    mb_status status = mb_call_wanted(exchange->call);
    if (status == MB_OK)
        return false;
    exchange->verdict = status;
    exchange->call->error->flags |= exchange->response->safe || !exchange->started ? 0 : MB_ERR_AMBIGUOUS;
    return true;
}

/* Sleeping in a callback keeps the connection from moving more. */
static bool paced(struct mb_exchange *exchange, size_t len)
{
    exchange->verdict = mb_rate_take(exchange->bandwidth, (double)len, exchange->call);
    return exchange->verdict == MB_OK;
}

static bool is_success(const struct mb_exchange *exchange)
{
    return exchange->response->status >= 200 && exchange->response->status < 300;
}

/* What stands behind the status: " 404 Not Found\r\n". */
static void take_reason(struct mb_http_response *response, const char *space, const char *end)
{
    const char *phrase = space ? memchr(space + 1, ' ', (size_t)(end - space - 1)) : NULL;
    size_t len = phrase ? (size_t)(end - phrase - 1) : 0;
    size_t most = sizeof(response->reason) - 1;

    response->reason[0] = '\0';
    if (len == 0)
        return;
    len = len < most ? len : most;
    memcpy(response->reason, phrase + 1, len);
    response->reason[len] = '\0';
    response->reason[strcspn(response->reason, "\r\n")] = '\0';
}

/* "HTTP/1.1 200 OK": a new status line begins a new set of headers (100 Continue comes before the real one).
 */
static void take_status_line(struct mb_exchange *exchange, const char *line, size_t len)
{
    const char *space = memchr(line, ' ', len);
    int status = 0;
    if (space)
        for (const char *p = space + 1; p < line + len && *p >= '0' && *p <= '9' && status < 1000; p++)
            status = status * 10 + (*p - '0');
    take_reason(exchange->response, space, line + len);
    mb_headers_clear(&exchange->response->headers);
    exchange->response->status = status;
    exchange->answered = status >= 200;
}

static mb_status headers_complete(struct mb_exchange *exchange)
{
    struct mb_error *error = exchange->call->error;
    if (!exchange->answered || exchange->begun)
        return MB_OK;
    exchange->begun = true;
    mb_status status = mb_headers_status(&exchange->response->headers, error);
    if (status == MB_OK && exchange->request->begin && is_success(exchange))
        status = exchange->request->begin(exchange->request->begin_ctx, exchange->response, error);
    return status;
}

static size_t on_header(char *data, size_t unit, size_t count, void *ctx)
{
    struct mb_exchange *exchange = ctx;
    size_t len = unit * count;

    exchange->active_ns = mb_clock_monotonic();
    exchange->header_bytes += len;
    if (exchange->header_bytes > MAX_HEADER_BYTES) {
        mb_fail(exchange->call->error, MB_E_PROTOCOL, "the answer has more than %d KiB of headers",
                MAX_HEADER_BYTES / 1024);
        return give_up(exchange, MB_E_PROTOCOL);
    }
    if (len >= 5 && strncasecmp(data, "HTTP/", 5) == 0) {
        take_status_line(exchange, data, len);
    } else if (len <= 2) {
        mb_status status = headers_complete(exchange);
        if (status != MB_OK)
            return give_up(exchange, status);
    } else if (!exchange->begun) {
        mb_headers_parse_line(&exchange->response->headers, data, len);
    }
    return len;
}

static size_t keep_error_body(struct mb_exchange *exchange, const char *data, size_t len)
{
    struct mb_buf *body = &exchange->response->body;
    size_t room = MAX_ERROR_KEPT - body->len;
    mb_buf_append(body, data, len < room ? len : room);
    if (exchange->response->received > MAX_ERROR_READ) {
        exchange->enough = true;
        return 0;
    }
    return len;
}

static size_t keep_body(struct mb_exchange *exchange, const char *data, size_t len)
{
    if (exchange->response->received > exchange->max_body)
        return give_up(exchange, mb_fail(exchange->call->error, MB_E_PROTOCOL,
                                         "the answer is longer than %zu bytes", exchange->max_body));
    if (mb_buf_append(&exchange->response->body, data, len) != MB_OK)
        return give_up(exchange, mb_fail_memory(exchange->call->error));
    return len;
}

static size_t on_body(char *data, size_t unit, size_t count, void *ctx)
{
    struct mb_exchange *exchange = ctx;
    const struct mb_sink *sink = exchange->request->sink;
    size_t len = unit * count;
    size_t taken;

    exchange->response->received += len;
    if (!paced(exchange, len)) {
        taken = 0;
    } else if (!is_success(exchange)) {
        taken = keep_error_body(exchange, data, len);
    } else if (!sink) {
        taken = keep_body(exchange, data, len);
    } else if (sink->write(sink->ctx, data, len) == MB_OK) {
        /* libcurl hands over a hundred pieces before it looks up, and a sink may be slow. */
        taken = mb_exchange_unwanted(exchange) ? 0 : len;
    } else {
        taken = give_up(exchange,
                        mb_fail(exchange->call->error, MB_E_CALLBACK, "the reader of the data stopped"));
    }
    exchange->active_ns = mb_clock_monotonic(); /* after the sink: its waiting is not the service's */
    return taken;
}

static size_t read_memory(struct mb_exchange *exchange, char *buf, size_t cap)
{
    const char *body = exchange->request->body;
    size_t left = (size_t)(exchange->upload_size - exchange->sent);
    size_t len = left < cap ? left : cap;
    if (len > 0)
        memcpy(buf, body + exchange->sent, len);
    return len;
}

static size_t fail_read(struct mb_exchange *exchange, mb_status status, const char *text)
{
    exchange->verdict = mb_fail(exchange->call->error, status, "%s", text);
    return CURL_READFUNC_ABORT;
}

static size_t read_source(struct mb_exchange *exchange, char *buf, size_t cap)
{
    const struct mb_source *source = exchange->request->source;
    uint64_t left = exchange->upload_size - exchange->sent;
    size_t nread = 0;

    if (left == 0)
        return 0;
    if (mb_exchange_unwanted(exchange))
        return CURL_READFUNC_ABORT;
    if (source->read(source->ctx, buf, left < cap ? (size_t)left : cap, &nread) != MB_OK)
        return fail_read(exchange, MB_E_CALLBACK, "the source of the data failed");
    if (nread == 0)
        return fail_read(exchange, MB_E_INVALID, "the source of the data ended before its size");
    return nread;
}

static size_t on_read(char *buf, size_t unit, size_t count, void *ctx)
{
    struct mb_exchange *exchange = ctx;
    size_t len = exchange->request->source ? read_source(exchange, buf, unit * count)
                                           : read_memory(exchange, buf, unit * count);
    if (len != CURL_READFUNC_ABORT)
        exchange->sent += len;
    if (len != CURL_READFUNC_ABORT && !paced(exchange, len))
        len = CURL_READFUNC_ABORT;
    exchange->active_ns = mb_clock_monotonic();
    return len;
}

/* libcurl goes back to the beginning when a kept connection turned out to be closed. */
static int on_seek(void *ctx, curl_off_t offset, int origin)
{
    struct mb_exchange *exchange = ctx;
    const struct mb_source *source = exchange->request->source;

    if (origin != SEEK_SET || offset != 0)
        return CURL_SEEKFUNC_CANTSEEK;
    if (source && exchange->sent > 0 && (!source->rewind || source->rewind(source->ctx) != MB_OK))
        return CURL_SEEKFUNC_FAIL;
    exchange->sent = 0;
    return CURL_SEEKFUNC_OK;
}

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);
    return len >= end_len && strcasecmp(name + len - end_len, end) == 0;
}

/* With a condition the second of two equal requests may be refused because of what the first one did. */
static bool is_condition(const char *name)
{
    return strncasecmp(name, "If-", 3) == 0 || ends_with(name, "-generation-match") ||
           ends_with(name, "-forbid-overwrite");
}

/* Does it do no harm when the service gets the request twice, unnoticed? */
static bool may_repeat(const struct mb_http_request *request)
{
    if (strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0 ||
        strcmp(request->method, "DELETE") == 0)
        return true;
    if (strcmp(request->method, "PUT") != 0)
        return false;
    for (size_t i = 0; request->headers && i < request->headers->count; i++)
        if (is_condition(request->headers->items[i].name))
            return false;
    return true;
}

/* libcurl repeats a request of any method on its own when a kept connection ends before the first byte of the
 * answer, although the service may have carried it out.  What must not be done twice is then a failed
 * attempt, so that the caller knows of the doubt. */
static int on_start(void *ctx, char *to, char *from, int to_port, int from_port)
{
    struct mb_exchange *exchange = ctx;
    (void)to, (void)from, (void)to_port, (void)from_port;

    bool again = exchange->started && !exchange->answered;
    exchange->started = true;
    if (!again || may_repeat(exchange->request))
        return CURL_PREREQFUNC_OK;
    exchange->verdict = mb_fail(exchange->call->error, MB_E_UNAVAILABLE,
                                "the service closed the connection before it answered, and may have "
                                "done what it was asked");
    exchange->call->error->flags |= MB_ERR_AMBIGUOUS;
    return CURL_PREREQFUNC_ABORT;
}

void mb_exchange_attach(struct mb_exchange *exchange, CURL *easy)
{
    const struct mb_http_request *request = exchange->request;
    bool get = strcmp(request->method, "GET") == 0;
    bool head = strcmp(request->method, "HEAD") == 0;
    bool carries = request->source || request->body_len > 0 || strcmp(request->method, "PUT") == 0 ||
                   strcmp(request->method, "POST") == 0;

    exchange->response->safe = (get || head) && !request->acts;
    exchange->max_body = request->max_body > 0 ? request->max_body : DEFAULT_MAX_BODY;
    size_t ceiling = exchange->max_body > MAX_ERROR_KEPT ? exchange->max_body : MAX_ERROR_KEPT;
    exchange->response->body = MB_BUF_INIT(ceiling);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_start);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    if (carries) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)exchange->upload_size);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
        curl_easy_setopt(easy, CURLOPT_READDATA, exchange);
        curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
        curl_easy_setopt(easy, CURLOPT_SEEKDATA, exchange);
    }
    if (head)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else if (!get || carries)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}
