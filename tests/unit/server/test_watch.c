/* Who watches a client hears once that it has gone, and never after it was dropped. */
#include "test.h"

#include "server/watch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MANY = 64, ROUNDS = 200, PATIENCE_MS = 30000 };

struct client {
    struct mb_watched watched;
    int near, far; /* ends of a connection: that which is watched, and the client's */
    atomic_uint gone;
};

static struct mb_watch *watch;

static void on_gone(void *ctx)
{
    atomic_fetch_add(&((struct client *)ctx)->gone, 1);
}

static void come(struct client *client)
{
    int ends[2];
    memset(client, 0, sizeof *client);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    client->near = ends[0];
    client->far = ends[1];
    client->watched.gone = on_gone;
    client->watched.ctx = client;
    mb_watch_add(watch, &client->watched, client->near);
}

static void end(struct client *client)
{
    mb_watch_drop(watch, &client->watched);
    close(client->near);
    close(client->far);
}

static void wait_for(struct client *client)
{
    for (int i = 0; atomic_load(&client->gone) == 0 && i < PATIENCE_MS; i++)
        usleep(1000);
    assert_int_equal(atomic_load(&client->gone), 1);
}

static int set_up(void **state)
{
    struct mb_error error = MB_TEST_ERROR;
    (void)state;
    return mb_watch_new(&watch, &error) == MB_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    mb_watch_free(watch);
    return 0;
}

static void one_that_goes_is_missed_once(void **state)
{
    struct client stays, leaves, speaks_no_more;
    (void)state;
    come(&stays);
    come(&leaves);
    come(&speaks_no_more);
    assert_int_equal(send(stays.far, "x", 1, 0), 1); /* what it says is no end */
    shutdown(leaves.far, SHUT_RDWR);
    shutdown(speaks_no_more.far, SHUT_WR);
    wait_for(&leaves);
    wait_for(&speaks_no_more);
    assert_int_equal(atomic_load(&stays.gone), 0);
    end(&leaves);
    end(&speaks_no_more);
    end(&stays);
    assert_int_equal(atomic_load(&leaves.gone), 1);
}

static void one_that_was_dropped_is_not_missed(void **state)
{
    struct client dropped, other;
    (void)state;
    come(&dropped);
    come(&other);
    mb_watch_drop(watch, &dropped.watched);
    mb_watch_drop(watch, &dropped.watched);
    shutdown(dropped.far, SHUT_RDWR);
    shutdown(other.far, SHUT_RDWR);
    wait_for(&other);
    assert_int_equal(atomic_load(&dropped.gone), 0);
    end(&dropped);
    end(&other);
}

/* Clients leave just when they are dropped: nobody is told of one whose memory may be gone. */
static void *come_and_go(void *ctx)
{
    unsigned *told = ctx;
    for (int i = 0; i < ROUNDS; i++) {
        struct client client;
        come(&client);
        shutdown(client.far, SHUT_RDWR);
        end(&client);
        *told += atomic_load(&client.gone);
        memset(&client, 0xa5, sizeof client);
    }
    return NULL;
}

static void many_come_and_go_at_once(void **state)
{
    pthread_t threads[4];
    unsigned told[4] = {0};
    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, &told[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_in_range(told[i], 0, ROUNDS);
    }
}

static void it_ends_while_clients_are_watched(void **state)
{
    static struct client clients[MANY];
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        come(&clients[i]);
    for (size_t i = 0; i < MANY; i += 2)
        shutdown(clients[i].far, SHUT_RDWR);
    mb_watch_free(watch);
    watch = NULL;
    for (size_t i = 0; i < MANY; i++) {
        assert_true(atomic_load(&clients[i].gone) <= (i % 2 == 0));
        close(clients[i].near);
        close(clients[i].far);
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(one_that_goes_is_missed_once),
        CASE(one_that_was_dropped_is_not_missed),
        CASE(many_come_and_go_at_once),
        CASE(it_ends_while_clients_are_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
