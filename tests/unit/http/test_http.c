#include "test.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "canned_server.h"
#include "http/http.h"

#include <curl/curl.h>
#include <stdlib.h>

static const int64_t ms_ns = 1000000;

struct setting {
    struct canned_server *server;
    struct mb_http *http;
    struct mb_error error;
    struct mb_call call;
    struct mb_http_response response;
    char url[128];
};

static void begin_with(struct setting *s, const struct canned_reply *replies, size_t count,
                       const struct mb_http_options *options)
{
    memset(s, 0, sizeof(*s));
    s->error = MB_TEST_ERROR;
    s->call = (struct mb_call){.struct_size = sizeof(s->call), .error = &s->error};
    s->server = canned_start(replies, count);
    snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d/b/../k", canned_port(s->server));
    assert_int_equal(mb_http_new(&s->http, options, &s->error), MB_OK);
}

static void begin(struct setting *s, const struct canned_reply *replies, size_t count)
{
    begin_with(s, replies, count, &(struct mb_http_options){.user_agent = "tester/1"});
}

static void end(struct setting *s)
{
    mb_http_response_done(&s->response);
    mb_http_free(s->http);
    canned_free(s->server);
}

static mb_status get(struct setting *s)
{
    const struct mb_http_request request = {.method = "GET", .url = s->url};
    mb_http_response_done(&s->response);
    return mb_http_send(s->http, &request, &s->response, &s->call);
}

static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"e\"\r\n\r\nhello";

static void connections_are_kept(void **state)
{
    (void)state;
    struct setting s;
    const struct canned_reply replies[] = {{.bytes = ok}, {.bytes = ok}, {.bytes = ok}, {.bytes = ok}};
    begin(&s, replies, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(get(&s), MB_OK);
        assert_int_equal(s.response.status, 200);
        assert_string_equal(mb_buf_text(&s.response.body), "hello");
        assert_string_equal(mb_headers_get(&s.response.headers, "etag"), "\"e\"");
    }
    canned_stop(s.server);
    assert_int_equal(canned_connections(s.server), 1);
    assert_contains(canned_requests(s.server), "GET /b/../k HTTP/1.1\r\n");
    assert_contains(canned_requests(s.server), "User-Agent: tester/1\r\n");
    assert_lacks(canned_requests(s.server), "Expect");
    assert_lacks(canned_requests(s.server), "Accept-Encoding");
    end(&s);
}

/* For what must not be done twice a kept connection is a risk, whoever keeps it. */
static void a_fresh_request_has_a_connection_of_its_own(void **state)
{
    (void)state;
    struct setting s;
    const struct canned_reply replies[] = {{.bytes = ok}, {.bytes = ok}, {.bytes = ok}};
    begin(&s, replies, 3);
    const struct mb_http_request fresh = {.method = "GET", .url = s.url, .fresh = true};
    assert_int_equal(get(&s), MB_OK);
    mb_http_response_done(&s.response);
    assert_int_equal(mb_http_send(s.http, &fresh, &s.response, &s.call), MB_OK);
    mb_http_response_done(&s.response);
    assert_int_equal(mb_http_send(s.http, &fresh, &s.response, &s.call), MB_OK);
    canned_stop(s.server);
    assert_int_equal(canned_connections(s.server), 3);
    end(&s);
}

static void only_a_get_that_acts_leaves_a_doubt(void **state)
{
    (void)state;
    const struct canned_reply cut = {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe",
                                     .close = true};
    for (int acts = 0; acts < 2; acts++) {
        struct setting s;
        begin(&s, &cut, 1);
        const struct mb_http_request request = {.method = "GET", .url = s.url, .acts = acts == 1};
        assert_int_equal(mb_http_send(s.http, &request, &s.response, &s.call), MB_E_UNAVAILABLE);
        assert_int_equal(s.error.flags, MB_ERR_RETRYABLE | (acts == 1 ? MB_ERR_AMBIGUOUS : 0));
        end(&s);
    }
}

static void a_closed_connection_is_replaced(void **state)
{
    (void)state;
    struct setting s;
    const struct canned_reply replies[] = {{.bytes = ok, .close = true}, {.bytes = ok}};
    begin(&s, replies, 2);
    assert_int_equal(get(&s), MB_OK);
    assert_int_equal(get(&s), MB_OK);
    canned_stop(s.server);
    assert_int_equal(canned_connections(s.server), 2);
    end(&s);
}

/* A request on a kept connection that the server closes after it has read it. */
static mb_status send_into_the_void(struct setting *s, const char *method, const char *condition,
                                    unsigned *times)
{
    const struct canned_reply replies[] = {{.bytes = ok}, {.bytes = "", .close = true}, {.bytes = ok}};
    struct mb_headers headers = {0};
    char line[64];

    begin(s, replies, 3);
    assert_int_equal(get(s), MB_OK);
    mb_http_response_done(&s->response);
    if (condition)
        mb_headers_set(&headers, condition, "*");
    const struct mb_http_request request = {
        .method = method, .url = s->url, .headers = &headers, .body = "<x/>", .body_len = 4};
    mb_status status = mb_http_send(s->http, &request, &s->response, &s->call);
    canned_stop(s->server);
    *times = 0;
    snprintf(line, sizeof(line), "%s /b/../k ", method);
    for (const char *at = canned_requests(s->server); (at = strstr(at, line)); at++)
        ++*times;
    mb_headers_done(&headers);
    end(s);
    return status;
}

static void a_request_whose_answer_is_lost_is_repeated_when_that_does_no_harm(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        const char *condition;
        bool repeated;
    } cases[] = {
        {"PUT", NULL, true},
        {"PUT", "x-amz-meta-if-none", true},
        {"DELETE", NULL, true},
        {"POST", NULL, false},
        {"PUT", "If-None-Match", false},
        {"PUT", "x-goog-if-generation-match", false},
        {"PUT", "x-oss-forbid-overwrite", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct setting s;
        unsigned times;
        mb_status status = send_into_the_void(&s, cases[i].method, cases[i].condition, &times);
        assert_int_equal(status, cases[i].repeated ? MB_OK : MB_E_UNAVAILABLE);
        assert_int_equal(times, cases[i].repeated ? 2 : 1);
        if (cases[i].repeated)
            continue;
        assert_int_equal(s.error.flags, MB_ERR_RETRYABLE | MB_ERR_AMBIGUOUS);
        assert_contains(s.error.message, "closed the connection before it answered");
    }
}

static void redirects_are_not_followed(void **state)
{
    (void)state;
    struct setting s;
    const struct canned_reply replies[] = {
        {.bytes = "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"}};
    begin(&s, replies, 1);
    assert_int_equal(get(&s), MB_OK);
    assert_int_equal(s.response.status, 301);
    canned_stop(s.server);
    end(&s);
}

struct pieces {
    struct mb_buf text;
    mb_status answer;
    int64_t position;
    const char *data;
    int rewinds;
};

static mb_status take_piece(void *ctx, const void *data, size_t len)
{
    struct pieces *pieces = ctx;
    mb_buf_append(&pieces->text, data, len);
    return pieces->answer;
}

static void an_error_document_never_reaches_the_sink(void **state)
{
    (void)state;
    struct setting s;
    const struct canned_reply replies[] = {
        {.bytes = "HTTP/1.1 503 Slow\r\nRetry-After: 3\r\nContent-Length: 6\r\n\r\n<no/> "},
        {.bytes = "HTTP/1.1 404 No\r\nContent-Length: 100001\r\n\r\nx", .repeat_last = 100000},
        {.bytes = "HTTP/1.1 404 No\r\nContent-Length: 9000001\r\n\r\nx", .repeat_last = 9000000},
    };
    struct pieces pieces = {.text = MB_BUF_INIT(1000)};
    const struct mb_sink sink = {.struct_size = sizeof(sink), .write = take_piece, .ctx = &pieces};
    begin(&s, replies, 3);
    const struct mb_http_request request = {.method = "GET", .url = s.url, .sink = &sink};
    assert_int_equal(mb_http_send(s.http, &request, &s.response, &s.call), MB_OK);
    assert_int_equal(s.response.status, 503);
    assert_string_equal(mb_buf_text(&s.response.body), "<no/> ");
    assert_int_equal(mb_http_retry_after_ms(&s.response), 3000);
    for (int i = 0; i < 2; i++) {
        mb_http_response_done(&s.response);
        assert_int_equal(mb_http_send(s.http, &request, &s.response, &s.call), MB_OK);
        assert_int_equal(s.response.status, 404);
        assert_int_equal(s.response.body.len, 64 * 1024);
    }
    assert_int_equal(pieces.text.len, 0);
    canned_stop(s.server);
    end(&s);
}

static void the_sink_gets_a_good_body_and_may_refuse(void **state)
{
    (void)state;
    struct setting s;
    const struct canned_reply replies[] = {{.bytes = ok}, {.bytes = ok}};
    struct pieces pieces = {.text = MB_BUF_INIT(1000)};
    const struct mb_sink sink = {.struct_size = sizeof(sink), .write = take_piece, .ctx = &pieces};
    begin(&s, replies, 2);
    const struct mb_http_request request = {.method = "GET", .url = s.url, .sink = &sink};
    assert_int_equal(mb_http_send(s.http, &request, &s.response, &s.call), MB_OK);
    assert_string_equal(mb_buf_text(&pieces.text), "hello");
    assert_int_equal(s.response.received, 5);
    pieces.answer = MB_E_NO_SPACE;
    mb_http_response_done(&s.response);
    assert_int_equal(mb_http_send(s.http, &request, &s.response, &s.call), MB_E_CALLBACK);
    mb_buf_done(&pieces.text);
    canned_stop(s.server);
    end(&s);
}

static void cut_and_senseless_answers(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        mb_status status;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello", MB_E_UNAVAILABLE},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", MB_E_UNAVAILABLE},
        {"HTTP/1.1 200 OK\r\nContent-Le", MB_E_UNAVAILABLE},
        {"", MB_E_UNAVAILABLE},
        {"SSH-2.0-OpenSSH_9.2\r\n", MB_E_PROTOCOL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct setting s;
        const struct canned_reply reply = {.bytes = cases[i].bytes, .close = true};
        begin(&s, &reply, 1);
        assert_int_equal(get(&s), cases[i].status);
        assert_int_equal(s.error.status, cases[i].status);
        assert_int_equal(s.error.flags, cases[i].status == MB_E_UNAVAILABLE ? MB_ERR_RETRYABLE : 0);
        canned_stop(s.server);
        end(&s);
    }
}

static void too_many_headers(void **state)
{
    (void)state;
    struct setting s;
    struct mb_buf bytes = MB_BUF_INIT(1024 * 1024);
    mb_buf_puts(&bytes, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
    for (int i = 0; i < 10000; i++)
        mb_buf_printf(&bytes, "X-Filler-%d: aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", i);
    mb_buf_puts(&bytes, "\r\n");
    const struct canned_reply reply = {.bytes = mb_buf_text(&bytes)};
    begin(&s, &reply, 1);
    assert_int_equal(get(&s), MB_E_PROTOCOL);
    canned_stop(s.server);
    end(&s);
    mb_buf_done(&bytes);
}

static void a_body_above_the_ceiling(void **state)
{
    (void)state;
    struct setting s;
    const struct canned_reply reply = {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\nx",
                                       .repeat_last = 1999};
    begin(&s, &reply, 1);
    const struct mb_http_request request = {.method = "GET", .url = s.url, .max_body = 1000};
    assert_int_equal(mb_http_send(s.http, &request, &s.response, &s.call), MB_E_PROTOCOL);
    assert_contains(s.error.message, "longer than 1000 bytes");
    canned_stop(s.server);
    end(&s);
}

static mb_status read_piece(void *ctx, void *buf, size_t cap, size_t *nread)
{
    struct pieces *pieces = ctx;
    size_t left = strlen(pieces->data) - (size_t)pieces->position;
    size_t len = left < 3 ? left : 3;
    if (pieces->answer != MB_OK)
        return pieces->answer;
    len = len < cap ? len : cap;
    memcpy(buf, pieces->data + pieces->position, len);
    pieces->position += (int64_t)len;
    *nread = len;
    return MB_OK;
}

static mb_status rewind_piece(void *ctx)
{
    struct pieces *pieces = ctx;
    pieces->position = 0;
    pieces->rewinds++;
    return MB_OK;
}

static mb_status put(struct setting *s, struct pieces *pieces, int64_t size)
{
    const struct mb_source source = {.struct_size = sizeof(source),
                                     .size = size,
                                     .read = read_piece,
                                     .rewind = rewind_piece,
                                     .ctx = pieces};
    const struct mb_http_request request = {.method = "PUT", .url = s->url, .source = &source};
    mb_http_response_done(&s->response);
    pieces->position = 0;
    return mb_http_send(s->http, &request, &s->response, &s->call);
}

static void uploads(void **state)
{
    (void)state;
    struct setting s;
    const struct canned_reply replies[] = {
        {.bytes = ok}, {.bytes = ok, .close = true}, {.bytes = ok}, {.bytes = ok}, {.bytes = ok}};
    struct pieces pieces = {.data = "0123456789"};
    begin(&s, replies, 5);
    assert_int_equal(put(&s, &pieces, 10), MB_OK);
    assert_int_equal(put(&s, &pieces, -1), MB_OK);
    pieces.data = "";
    assert_int_equal(put(&s, &pieces, 0), MB_OK);
    const struct mb_http_request post = {.method = "POST", .url = s.url, .body = "<x/>", .body_len = 4};
    mb_http_response_done(&s.response);
    assert_int_equal(mb_http_send(s.http, &post, &s.response, &s.call), MB_OK);
    const struct mb_http_request erase = {.method = "DELETE", .url = s.url};
    mb_http_response_done(&s.response);
    assert_int_equal(mb_http_send(s.http, &erase, &s.response, &s.call), MB_OK);
    canned_stop(s.server);
    const char *heard = canned_requests(s.server);
    for (int i = 0; i < 2; i++) {
        heard = strstr(heard, "PUT /b/../k HTTP/1.1\r\n");
        assert_non_null(heard);
        const char *body = strstr(heard, "\r\n\r\n");
        assert_non_null(body);
        assert_contains(heard, "Content-Length: 10\r\n");
        assert_memory_equal(body + 4, "0123456789", 10);
        heard = body;
    }
    assert_contains(heard, "Content-Length: 0\r\n");
    assert_contains(heard, "POST /b/../k HTTP/1.1\r\n");
    assert_contains(heard, "<x/>");
    assert_contains(heard, "DELETE /b/../k HTTP/1.1\r\n");
    end(&s);
}

static void uploads_whose_source_fails(void **state)
{
    (void)state;
    struct setting s;
    struct pieces pieces = {.data = "0123456789"};
    begin(&s, NULL, 0);
    assert_int_equal(put(&s, &pieces, 11), MB_E_INVALID);
    assert_contains(s.error.message, "ended before its size");
    pieces.answer = MB_E_INTERNAL;
    assert_int_equal(put(&s, &pieces, 10), MB_E_CALLBACK);
    assert_int_equal(put(&s, &pieces, -1), MB_E_CALLBACK);
    canned_stop(s.server);
    end(&s);
}

static void a_broken_upload_is_ambiguous(void **state)
{
    (void)state;
    struct setting s;
    const struct canned_reply reply = {.bytes = "HTTP/1.1 200", .close = true};
    struct pieces pieces = {.data = "0123456789"};
    begin(&s, &reply, 1);
    assert_int_equal(put(&s, &pieces, 10), MB_E_UNAVAILABLE);
    assert_int_equal(s.error.flags, MB_ERR_RETRYABLE | MB_ERR_AMBIGUOUS);
    canned_stop(s.server);
    end(&s);
}

static int cancelled(const struct mb_call *call)
{
    return mb_clock_monotonic() >= *(const int64_t *)call->host_data;
}

static void waiting_ends_by_cancel_deadline_or_silence(void **state)
{
    (void)state;
    struct setting s;
    const struct canned_reply replies[] = {{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe"},
                                           {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe"},
                                           {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe"}};
    begin_with(&s, replies, 3, &(struct mb_http_options){.idle_timeout_ms = 2000});
    int64_t cancel_ns = mb_clock_monotonic() + 300 * ms_ns;
    s.call.cancelled = cancelled;
    s.call.host_data = &cancel_ns;
    assert_int_equal(get(&s), MB_E_CANCELLED);
    assert_true(mb_clock_monotonic() - cancel_ns < 900 * ms_ns);
    s.call.cancelled = NULL;
    s.call.deadline_ns = mb_clock_monotonic() + 300 * ms_ns;
    assert_int_equal(get(&s), MB_E_TIMEOUT);
    assert_int_equal(s.error.flags, MB_ERR_RETRYABLE);
    s.call.deadline_ns = 0;
    assert_int_equal(get(&s), MB_E_TIMEOUT);
    assert_contains(s.error.message, "nothing was heard for 2000 ms");
    canned_stop(s.server);
    end(&s);
}

static void a_call_already_cancelled_asks_nobody(void **state)
{
    (void)state;
    struct setting s;
    int64_t long_ago = 0;
    begin(&s, NULL, 0);
    s.call.cancelled = cancelled;
    s.call.host_data = &long_ago;
    assert_int_equal(get(&s), MB_E_CANCELLED);
    const struct mb_http_request put = {.method = "PUT", .url = s.url, .body = "x", .body_len = 1};
    assert_int_equal(mb_http_send(s.http, &put, &s.response, &s.call), MB_E_CANCELLED);
    assert_int_equal(s.error.flags, 0);
    canned_stop(s.server);
    assert_int_equal(canned_connections(s.server), 0);
    end(&s);
}

static void nobody_listens(void **state)
{
    (void)state;
    struct setting s;
    begin(&s, NULL, 0);
    canned_stop(s.server);
    assert_int_equal(get(&s), MB_E_UNAVAILABLE);
    assert_contains(s.error.message, "cannot connect to http://127.0.0.1:");
    assert_contains(s.error.message, "check address and port");
    assert_lacks(s.error.message, "/b/");
    end(&s);
}

struct doorman {
    mb_status answer;
    int asked;
};

static mb_status at_the_door(void *ctx, const struct mb_http_response *response, struct mb_error *error)
{
    struct doorman *doorman = ctx;
    doorman->asked++;
    assert_string_equal(mb_headers_get(&response->headers, "etag"), "\"e\"");
    assert_null(mb_headers_get(&response->headers, "early"));
    return doorman->answer == MB_OK ? MB_OK : mb_fail(error, doorman->answer, "not this one");
}

static void begin_sees_the_final_headers_first(void **state)
{
    (void)state;
    struct setting s;
    const struct canned_reply replies[] = {
        {.bytes = "HTTP/1.1 100 Continue\r\nEarly: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
                  "ETag: \"e\"\r\n\r\nhello"},
        {.bytes = ok},
        {.bytes = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"},
    };
    struct doorman doorman = {0};
    struct pieces pieces = {.text = MB_BUF_INIT(1000)};
    const struct mb_sink sink = {.struct_size = sizeof(sink), .write = take_piece, .ctx = &pieces};
    begin(&s, replies, 3);
    const struct mb_http_request request = {
        .method = "GET", .url = s.url, .sink = &sink, .begin = at_the_door, .begin_ctx = &doorman};
    assert_int_equal(mb_http_send(s.http, &request, &s.response, &s.call), MB_OK);
    assert_int_equal(pieces.text.len, 5);
    doorman.answer = MB_E_PROTOCOL;
    mb_http_response_done(&s.response);
    assert_int_equal(mb_http_send(s.http, &request, &s.response, &s.call), MB_E_PROTOCOL);
    assert_string_equal(s.error.message, "not this one");
    assert_int_equal(pieces.text.len, 5);
    mb_http_response_done(&s.response);
    assert_int_equal(mb_http_send(s.http, &request, &s.response, &s.call), MB_OK);
    assert_int_equal(s.response.status, 500);
    assert_int_equal(doorman.asked, 2);
    mb_buf_done(&pieces.text);
    canned_stop(s.server);
    end(&s);
}

static void a_header_with_a_line_break_is_not_sent(void **state)
{
    (void)state;
    struct setting s;
    struct mb_headers headers = {0};
    begin(&s, NULL, 0);
    mb_headers_set(&headers, "Content-Type", "a/b\r\nX-Evil: 1");
    const struct mb_http_request request = {.method = "GET", .url = s.url, .headers = &headers};
    assert_int_equal(mb_http_send(s.http, &request, &s.response, &s.call), MB_E_INVALID);
    mb_headers_done(&headers);
    canned_stop(s.server);
    assert_int_equal(canned_connections(s.server), 0);
    end(&s);
}

static int set_up(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    return mb_http_init_once(&error) == MB_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    curl_global_cleanup();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_are_kept),
        cmocka_unit_test(a_fresh_request_has_a_connection_of_its_own),
        cmocka_unit_test(only_a_get_that_acts_leaves_a_doubt),
        cmocka_unit_test(a_closed_connection_is_replaced),
        cmocka_unit_test(a_request_whose_answer_is_lost_is_repeated_when_that_does_no_harm),
        cmocka_unit_test(redirects_are_not_followed),
        cmocka_unit_test(an_error_document_never_reaches_the_sink),
        cmocka_unit_test(the_sink_gets_a_good_body_and_may_refuse),
        cmocka_unit_test(cut_and_senseless_answers),
        cmocka_unit_test(too_many_headers),
        cmocka_unit_test(a_body_above_the_ceiling),
        cmocka_unit_test(uploads),
        cmocka_unit_test(uploads_whose_source_fails),
        cmocka_unit_test(a_broken_upload_is_ambiguous),
        cmocka_unit_test(waiting_ends_by_cancel_deadline_or_silence),
        cmocka_unit_test(a_call_already_cancelled_asks_nobody),
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(begin_sees_the_final_headers_first),
        cmocka_unit_test(a_header_with_a_line_break_is_not_sent),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
