/* Clients of the gate, and what stands for gRPC behind it: plain sockets. */
#include "base/error.h"
#include "rpc/gate.h"
#include "rpc/passage.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { LARGE = 8 << 20, PATIENCE_S = 30 };

static struct {
    int front, behind; /* listeners: the gate's, and that of what stands for gRPC */
    struct mb_gate *gate;
    atomic_uint told;
    atomic_int open;
} bed;

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    return ntohs(address.sin_port);
}

static int listen_somewhere(int flags)
{
    struct sockaddr_in address = loopback(0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 16), 0);
    return fd;
}

static int patient(int fd)
{
    const struct timeval time = {.tv_sec = PATIENCE_S};
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
    return fd;
}

static int come(void)
{
    struct sockaddr_in address = loopback(port_of(bed.front));
    int fd = patient(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static bool comes_somebody(int ms)
{
    struct pollfd ready = {.fd = bed.behind, .events = POLLIN};
    return poll(&ready, 1, ms) == 1;
}

static int meet(struct sockaddr_in *from)
{
    socklen_t len = sizeof *from;
    assert_true(comes_somebody(PATIENCE_S * 1000));
    return patient(accept(bed.behind, (struct sockaddr *)from, &len));
}

static void count(void *ctx, int change)
{
    (void)ctx;
    atomic_fetch_add(&bed.open, change);
}

static void tell(void *ctx, const char *line)
{
    (void)ctx;
    assert_non_null(strstr(line, "wait"));
    atomic_fetch_add(&bed.told, 1);
}

static void open_for(unsigned connections)
{
    struct mb_error error = MB_ERROR_INIT;
    const struct mb_gate_options options = {.listener = bed.front,
                                            .to = port_of(bed.behind),
                                            .connections = connections,
                                            .seconds = PATIENCE_S,
                                            .count = count,
                                            .tell = tell};
    assert_int_equal(mb_gate_open(&bed.gate, &options, &error), MB_OK);
}

static int set_up(void **state)
{
    (void)state;
    bed.front = listen_somewhere(SOCK_NONBLOCK);
    bed.behind = listen_somewhere(0);
    atomic_store(&bed.told, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mb_gate_close(bed.gate);
    assert_int_equal(atomic_load(&bed.open), 0);
    bed.gate = NULL;
    close(bed.front);
    close(bed.behind);
    return 0;
}

/* --------------------------------------------------------------------- passing */

static void *send_much(void *arg)
{
    const int fd = *(const int *)arg;
    unsigned char *bytes = malloc(LARGE);
    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = (unsigned char)(i * 7 >> 3);
    for (size_t sent = 0; sent < LARGE;) {
        ssize_t more = send(fd, bytes + sent, LARGE - sent, MSG_NOSIGNAL);
        if (more <= 0)
            break;
        sent += (size_t)more;
    }
    free(bytes);
    shutdown(fd, SHUT_WR);
    return NULL;
}

static size_t take_all(int fd, bool *right)
{
    unsigned char part[4096];
    size_t taken = 0;
    *right = true;
    for (ssize_t got; (got = recv(fd, part, sizeof part, 0)) > 0; taken += (size_t)got)
        for (size_t i = 0; i < (size_t)got; i++)
            *right = *right && part[i] == (unsigned char)((taken + i) * 7 >> 3);
    return taken;
}

/* More than sockets hold, so that each side has to wait for the other. */
static void much_goes_both_ways_and_ends_are_passed_on(void **state)
{
    pthread_t threads[2];
    struct sockaddr_in from;
    bool right = false;
    (void)state;
    open_for(4);
    int client = come(), grpc = meet(&from);
    pthread_create(&threads[0], NULL, send_much, &client);
    assert_int_equal(take_all(grpc, &right), LARGE);
    assert_true(right);
    pthread_create(&threads[1], NULL, send_much, &grpc);
    assert_int_equal(take_all(client, &right), LARGE);
    assert_true(right);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    close(client);
    close(grpc);
}

static void who_leaves_is_missed_by_the_other(void **state)
{
    struct sockaddr_in from;
    char byte;
    (void)state;
    open_for(4);
    int client = come(), grpc = meet(&from);
    close(client);
    assert_int_equal(recv(grpc, &byte, 1, 0), 0);
    close(grpc);
    client = come();
    grpc = meet(&from);
    close(grpc);
    assert_int_equal(recv(client, &byte, 1, 0), 0);
    close(client);
}

static void last_words_arrive_when_the_gate_is_closed(void **state)
{
    struct sockaddr_in from;
    char words[8] = "";
    (void)state;
    open_for(4);
    int client = come(), grpc = meet(&from);
    mb_gate_shut(bed.gate);
    assert_int_equal(send(grpc, "goodbye", 7, MSG_NOSIGNAL), 7);
    close(grpc);
    mb_gate_close(bed.gate);
    bed.gate = NULL;
    assert_int_equal(recv(client, words, sizeof words, MSG_WAITALL), 7);
    assert_string_equal(words, "goodbye");
    close(client);
}

/* ------------------------------------------------------------------- who comes */

static void beyond_the_limit_others_wait(void **state)
{
    struct sockaddr_in from;
    (void)state;
    open_for(2);
    int clients[3], grpc[3];
    for (size_t i = 0; i < 2; i++) {
        clients[i] = come();
        grpc[i] = meet(&from);
    }
    clients[2] = come();
    for (int i = 0; atomic_load(&bed.told) == 0 && i < PATIENCE_S * 100; i++)
        usleep(10000);
    assert_int_equal(atomic_load(&bed.told), 1);
    assert_int_equal(atomic_load(&bed.open), 2);
    assert_false(comes_somebody(200));
    close(clients[0]);
    close(grpc[0]);
    grpc[2] = meet(&from);
    mb_gate_shut(bed.gate);
    int late = come();
    assert_false(comes_somebody(200));
    for (size_t i = 1; i < 3; i++) {
        close(clients[i]);
        close(grpc[i]);
    }
    close(late);
}

static void clients_are_known_by_the_port_that_grpc_sees(void **state)
{
    struct sockaddr_in from;
    char address[MB_ADDRESS_SIZE] = "";
    (void)state;
    open_for(4);
    int client = come(), grpc = meet(&from);
    assert_int_equal(send(client, "x", 1, MSG_NOSIGNAL), 1);
    assert_int_equal(recv(grpc, address, 1, 0), 1); /* before that gRPC has nothing to ask for */
    assert_true(mb_gate_client(bed.gate, ntohs(from.sin_port), address));
    assert_string_equal(address, "127.0.0.1");
    assert_false(mb_gate_client(bed.gate, port_of(client), address)); /* its own, which gRPC does not see */
    close(client);
    close(grpc);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(much_goes_both_ways_and_ends_are_passed_on),   CASE(who_leaves_is_missed_by_the_other),
        CASE(last_words_arrive_when_the_gate_is_closed),    CASE(beyond_the_limit_others_wait),
        CASE(clients_are_known_by_the_port_that_grpc_sees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
