/* The door with an API of the test's own behind it: one that waits, answers later, or much. */
#include "test.h"

#include "api/route.h"
#include "api/schema.h"
#include "base/clock.h"
#include "server/http.h"
#include "server/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LARGE = 100 << 20, WORKERS = 32, LIMIT = 1 << 16, MAX_KEPT = 64 };

struct bed {
    struct mb_auth *auth;
    struct mb_http_door *door;
    struct mb_listener listener;
    struct mb_tls tls;
};

/* ------------------------------------------------------------------- the API */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open;
    size_t waiting, kept_count;
    struct mb_api_call *kept[MAX_KEPT];
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void set_gate(bool open)
{
    pthread_mutex_lock(&gate.lock);
    gate.open = open;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
}

static void await_waiting(size_t count)
{
    pthread_mutex_lock(&gate.lock);
    while (gate.waiting < count)
        pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
}

static void serve_waiting(struct mb_api_call *call)
{
    pthread_mutex_lock(&gate.lock);
    gate.waiting++;
    pthread_cond_broadcast(&gate.changed);
    while (!gate.open)
        pthread_cond_wait(&gate.changed, &gate.lock);
    gate.waiting--;
    pthread_mutex_unlock(&gate.lock);
    mb_api_text(call, 200, "text/plain", "waited");
}

static void serve_later(struct mb_api_call *call)
{
    pthread_mutex_lock(&gate.lock);
    gate.kept[gate.kept_count++] = call;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
}

static void serve_large(struct mb_api_call *call)
{
    static char block[1 << 16];
    memset(block, 'x', sizeof block);
    for (size_t i = 0; i < LARGE / sizeof block; i++)
        mb_buf_append(&call->answer.body, block, sizeof block);
    call->answer.status = 200;
    mb_api_done(call);
}

static void serve_echo(struct mb_api_call *call)
{
    mb_buf_printf(&call->answer.body, "%s %s?%s id='%s' caller='%s'/'%s'@%s body=%zu:%.20s", call->method,
                  call->path, call->raw_query, call->request_id, call->caller.name, call->caller.request_id,
                  call->caller.address, call->body_len, call->body);
    for (size_t i = 0; i < call->query_count; i++)
        mb_buf_printf(&call->answer.body, " [%s=%s]", call->query[i].key, call->query[i].value);
    call->answer.status = 200;
    mb_api_done(call);
}

static void serve_refused(struct mb_api_call *call)
{
    call->answer.retry_after = 7;
    mb_api_text(call, 401, "text/plain", "");
}

static const struct mb_api_schema any_body = {.name = "Body"};

static const struct mb_route routes[] = {
    {.path = "/echo", .quick = true, .serve = serve_echo, .body = &any_body},
    {.path = "/wait", .serve = serve_waiting},
    {.path = "/later", .serve = serve_later},
    {.path = "/large", .serve = serve_large},
    {.path = "/refused", .quick = true, .serve = serve_refused},
};

const struct mb_route *mb_route_find(const char *method, const char *path)
{
    (void)method;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (strcmp(routes[i].path, path) == 0)
            return &routes[i];
    return NULL;
}

void mb_api_serve(struct mb_api_call *call)
{
    const struct mb_route *route = mb_route_find(call->method, call->path);
    if (route != NULL)
        route->serve(call);
    else
        mb_api_text(call, 404, "text/plain", "404 page not found");
}

/* ------------------------------------------------------------------- clients */

static int dial(const struct bed *bed)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(bed->listener.port)};
    struct timeval patience = {.tv_sec = 20};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

static void say(int fd, const char *text)
{
    size_t len = strlen(text);
    assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
}

static void ask(int fd, const char *target)
{
    char text[256];
    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", target);
    say(fd, text);
}

/* One answer, headers and body, and nothing behind it. */
static const char *hear(int fd)
{
    static char answer[8192];
    size_t len = 0, expected = sizeof answer;
    while (len < expected && len + 1 < sizeof answer) {
        ssize_t got = recv(fd, answer + len, 1, 0);
        if (got <= 0)
            break;
        answer[++len] = '\0';
        const char *end = expected == sizeof answer ? strstr(answer, "\r\n\r\n") : NULL;
        const char *length = end != NULL ? strstr(answer, "Content-Length: ") : NULL;
        if (length != NULL)
            expected = (size_t)(end + 4 - answer) + strtoul(length + 16, NULL, 10);
        else if (end != NULL)
            break;
    }
    answer[len] = '\0';
    return answer;
}

static bool is_over(int fd)
{
    char byte;
    ssize_t got = recv(fd, &byte, 1, 0);
    return got == 0 || (got < 0 && errno == ECONNRESET);
}

static const char *get(const struct bed *bed, const char *target)
{
    int fd = dial(bed);
    ask(fd, target);
    const char *answer = hear(fd);
    close(fd);
    return answer;
}

static int set_up_for(void **state, unsigned seconds)
{
    static struct bed bed;
    struct mb_error error = MB_TEST_ERROR;
    const struct mb_auth_options auth = {.credentials_file = ""};
    bed = (struct bed){0};
    if (mb_auth_open(&bed.auth, &auth, &error) != MB_OK ||
        mb_listener_open(&bed.listener, "127.0.0.1", 0, "", &error) != MB_OK)
        return -1;
    const struct mb_http_door_options options = {.listener = bed.listener.fd,
                                                 .auth = bed.auth,
                                                 .tls = &bed.tls,
                                                 .connections = 500,
                                                 .request_seconds = seconds,
                                                 .body_limit = LIMIT};
    set_gate(false);
    gate.kept_count = 0;
    *state = &bed;
    return mb_http_door_open(&bed.door, &options, &error) == MB_OK ? 0 : -1;
}

static int set_up(void **state)
{
    return set_up_for(state, 30);
}

static int set_up_hurried(void **state)
{
    return set_up_for(state, 1);
}

static int tear_down(void **state)
{
    struct bed *bed = *state;
    set_gate(true);
    mb_http_door_close(bed->door);
    mb_auth_close(bed->auth);
    close(bed->listener.fd);
    return 0;
}

/* --------------------------------------------------------------------- tests */

static void a_call_holds_what_was_sent(void **state)
{
    const struct bed *bed = *state;
    int fd = dial(bed);
    say(fd, "POST /ec%68o?b=1&a=x+y&b=2&;=1 HTTP/1.1\r\nHost: localhost\r\nrequest_id: one \r\nrequest_id: "
            "two\r\n"
            "Content-Length: 5\r\n\r\nhello");
    assert_contains(hear(fd), "POST /echo?b=1&a=x+y&b=2&;=1 id='one' caller=''/'one'@127.0.0.1 body=5:hello "
                              "[b=1] [a=x y] [b=2]");
    say(fd, "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
            "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    assert_contains(hear(fd), "body=5:abcde");
    say(fd, "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    assert_string_equal(hear(fd), "HTTP/1.1 100 Continue\r\n\r\n");
    say(fd, "ok");
    assert_contains(hear(fd), "body=2:ok");
    close(fd);
}

static void ids_that_cannot_be_shown_are_replaced(void **state)
{
    static const char *const bad[] = {"a\tb", "\x1b[2J", "\xff\xfe"};
    const struct bed *bed = *state;
    char head[1024], id[201], shown[256];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int fd = dial(bed);
        snprintf(head, sizeof head, "GET /echo HTTP/1.1\r\nHost: localhost\r\nrequest_id: %s\r\n\r\n",
                 bad[i]);
        say(fd, head);
        const char *answer = hear(fd);
        assert_contains(answer, "HTTP/1.1 200");
        assert_lacks(answer, bad[i]);
        const char *given = strstr(answer, "id='") + 4;
        assert_int_equal(given[14], '4'); /* a UUID of version 4, which both have */
        assert_int_equal(strncmp(given, strstr(answer, "''/'") + 4, 37), 0);
        close(fd);
    }
    assert_contains(get(bed, "/echo"), "id='' caller=''/'");
    memset(id, 'i', 200);
    id[200] = '\0';
    for (size_t more = 0; more < 2; more++) {
        int fd = dial(bed);
        snprintf(head, sizeof head, "GET /echo HTTP/1.1\r\nHost: localhost\r\nREQUEST_ID: %s%.*s\r\n\r\n", id,
                 (int)more, "i");
        say(fd, head);
        snprintf(shown, sizeof shown, "id='%s'", id);
        assert_int_equal(strstr(hear(fd), shown) != NULL, more == 0);
        close(fd);
    }
}

static void requests_in_a_row_are_answered_in_order(void **state)
{
    int fd = dial(*state);
    say(fd,
        "GET /echo?1 HTTP/1.1\r\nHost: localhost\r\n\r\nPOST /echo?2 HTTP/1.1\r\nHost: x\r\nContent-Length: "
        "3\r\n\r\nabcGET "
        "/nothing HTTP/1.1\r\nHost: localhost\r\n\r\nGET /echo?4 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_contains(hear(fd), "GET /echo?1");
    assert_contains(hear(fd), "body=3:abc");
    assert_contains(hear(fd), "404 page not found");
    assert_contains(hear(fd), "GET /echo?4");
    close(fd);
}

static void a_half_closed_client_is_answered(void **state)
{
    int fd = dial(*state);
    ask(fd, "/wait");
    shutdown(fd, SHUT_WR);
    await_waiting(1);
    set_gate(true);
    assert_contains(hear(fd), "waited");
    assert_true(is_over(fd));
    close(fd);
}

static void a_client_that_leaves_disturbs_nobody(void **state)
{
    const struct bed *bed = *state;
    struct linger at_once = {.l_onoff = 1};
    for (int i = 0; i < 8; i++) {
        int fd = dial(bed);
        ask(fd, "/wait");
        if (i % 2 == 0)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        await_waiting((size_t)i + 1);
        close(fd);
    }
    set_gate(true);
    assert_contains(get(bed, "/wait"), "waited");
    assert_contains(get(bed, "/echo"), "GET /echo");
}

static void what_waits_leaves_room_for_what_does_not(void **state)
{
    const struct bed *bed = *state;
    int fds[WORKERS + 8];
    for (size_t i = 0; i < WORKERS + 8; i++) {
        fds[i] = dial(bed);
        ask(fds[i], "/wait");
    }
    await_waiting(WORKERS);
    assert_contains(get(bed, "/echo"), "GET /echo");
    assert_contains(get(bed, "/nothing"), "404");
    set_gate(true);
    for (size_t i = 0; i < WORKERS + 8; i++) {
        assert_contains(hear(fds[i]), "waited");
        close(fds[i]);
    }
}

static void calls_that_are_answered_later_hold_no_worker(void **state)
{
    const struct bed *bed = *state;
    int fds[MAX_KEPT];
    for (size_t i = 0; i < MAX_KEPT; i++) {
        fds[i] = dial(bed);
        ask(fds[i], "/later");
    }
    pthread_mutex_lock(&gate.lock);
    while (gate.kept_count < MAX_KEPT)
        pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
    set_gate(true);
    assert_contains(get(bed, "/wait"), "waited");
    for (size_t i = 0; i < MAX_KEPT; i++)
        mb_api_text(gate.kept[i], 200, "text/plain", "at last");
    for (size_t i = 0; i < MAX_KEPT; i++) {
        assert_contains(hear(fds[i]), "at last");
        close(fds[i]);
    }
}

static void large_answers_arrive_whole(void **state)
{
    static char block[1 << 20];
    int fd = dial(*state);
    ask(fd, "/large");
    const char *head = hear(fd);
    assert_contains(head, "Content-Length: 104857600\r\n\r\nxxx");
    size_t total = strlen(strstr(head, "\r\n\r\n") + 4);
    for (ssize_t got; total < LARGE && (got = recv(fd, block, sizeof block, 0)) > 0; total += (size_t)got)
        assert_ptr_equal(memchr(block, 0, (size_t)got), NULL);
    assert_int_equal(total, LARGE);
    close(fd);
}

/* Side by side, since each takes the time that a request has. */
static void only_clients_are_hurried(void **state)
{
    const struct bed *bed = *state;
    int small = 4096;
    int64_t begun = mb_clock_monotonic();
    int takes_nothing = dial(bed), drips = dial(bed), stops = dial(bed), waits = dial(bed);
    setsockopt(takes_nothing, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    ask(takes_nothing, "/large");
    say(stops, "GET /ec");
    ask(waits, "/wait");
    await_waiting(1);
    say(drips, "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n");
    for (char byte; send(drips, "x", 1, MSG_NOSIGNAL) == 1 && recv(drips, &byte, 1, MSG_DONTWAIT) != 0;)
        usleep(10000);
    assert_in_range(mb_clock_monotonic() - begun, MB_NS_PER_S, 5 * MB_NS_PER_S);
    assert_true(is_over(stops));
    usleep(500000);
    set_gate(true);
    assert_contains(hear(waits), "waited");
    const int fds[] = {takes_nothing, drips, stops, waits};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        close(fds[i]);
}

static void answers_have_the_headers_they_need(void **state)
{
    const struct bed *bed = *state;
    const char *refused = get(bed, "/refused");
    assert_contains(refused, "\r\nWWW-Authenticate: ");
    assert_contains(refused, "\r\nRetry-After: 7\r\n");
    const char *redirected = get(bed, "/echo/?a=<\"&b=c");
    assert_contains(redirected, "301 Moved Permanently");
    assert_contains(redirected, "\r\nLocation: /echo?a=<\"&b=c\r\n");
    assert_contains(redirected, "<a href=\"/echo?a=&lt;&#34;&amp;b=c\">Moved Permanently</a>.\n\n");
    assert_contains(get(bed, "//echo/"), "404");
}

static void *close_door(void *arg)
{
    mb_http_door_close(((struct bed *)arg)->door);
    return NULL;
}

static void its_end_waits_for_those_who_wait(void **state)
{
    struct bed *bed = *state;
    pthread_t thread;
    int waiting = dial(bed), idle = dial(bed);
    ask(idle, "/echo");
    hear(idle);
    ask(waiting, "/wait");
    await_waiting(1);
    pthread_create(&thread, NULL, close_door, bed);
    for (const char *answer = ""; strstr(answer, "Connection: close") == NULL; answer = hear(idle))
        ask(idle, "/echo"); /* until the end has begun */
    set_gate(true);
    const char *last = hear(waiting);
    assert_contains(last, "waited");
    assert_contains(last, "Connection: close");
    pthread_join(thread, NULL);
    bed->door = NULL;
    close(waiting);
    close(idle);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_call_holds_what_was_sent),
        CASE(ids_that_cannot_be_shown_are_replaced),
        CASE(requests_in_a_row_are_answered_in_order),
        CASE(a_half_closed_client_is_answered),
        CASE(a_client_that_leaves_disturbs_nobody),
        CASE(what_waits_leaves_room_for_what_does_not),
        CASE(calls_that_are_answered_later_hold_no_worker),
        CASE(large_answers_arrive_whole),
        CASE(answers_have_the_headers_they_need),
        CASE(its_end_waits_for_those_who_wait),
        cmocka_unit_test_setup_teardown(only_clients_are_hurried, set_up_hurried, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
