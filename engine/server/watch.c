#include "server/watch.h"

#include "base/file.h"
#include "base/thread.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { AT_ONCE = 16, IDLE_S = 60, PROBE_S = 10, PROBES = 3 };

struct mb_watch {
    pthread_mutex_t lock; /* held while gone is called */
    pthread_t thread;
    int epoll, ending; /* ending: an eventfd, the number 0 */
    bool running;
    struct mb_watched *first;
    uint64_t numbers; /* an event may be about one that has just been dropped: numbers do not come again */
};

/* With the lock; NULL for one that is not there. */
static struct mb_watched *take(struct mb_watch *watch, uint64_t number)
{
    for (struct mb_watched **at = &watch->first; *at != NULL; at = &(*at)->next)
        if ((*at)->number == number) {
            struct mb_watched *one = *at;
            *at = one->next;
            one->number = 0;
            epoll_ctl(watch->epoll, EPOLL_CTL_DEL, one->fd, NULL);
            return one;
        }
    return NULL;
}

static void *run(void *arg)
{
    struct mb_watch *watch = arg;
    struct epoll_event events[AT_ONCE];
    for (;;) {
        int count = epoll_wait(watch->epoll, events, AT_ONCE, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.u64 == 0)
                return NULL;
            pthread_mutex_lock(&watch->lock);
            struct mb_watched *one = take(watch, events[i].data.u64);
            if (one != NULL)
                one->gone(one->ctx);
            pthread_mutex_unlock(&watch->lock);
        }
    }
}

/* 0 or an errno. */
static int start(struct mb_watch *watch)
{
    struct epoll_event event = {.events = EPOLLIN};
    if (watch->epoll < 0 || watch->ending < 0 ||
        epoll_ctl(watch->epoll, EPOLL_CTL_ADD, watch->ending, &event) != 0)
        return errno;
    return mb_thread_start(&watch->thread, run, watch);
}

mb_status mb_watch_new(struct mb_watch **out, struct mb_error *error)
{
    struct mb_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        return mb_fail_memory(error);
    pthread_mutex_init(&watch->lock, NULL);
    watch->ending = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    watch->epoll = epoll_create1(EPOLL_CLOEXEC);
    int failed = start(watch);
    watch->running = failed == 0;
    if (failed != 0) {
        mb_watch_free(watch);
        return mb_fail_errno(error, failed, "watch the server's clients");
    }
    *out = watch;
    return MB_OK;
}

void mb_watch_free(struct mb_watch *watch)
{
    uint64_t once = 1;
    if (watch == NULL)
        return;
    if (watch->running) {
        (void)!write(watch->ending, &once, sizeof once);
        pthread_join(watch->thread, NULL);
    }
    mb_file_close(watch->epoll);
    mb_file_close(watch->ending);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

/* Those who are gone without a word are noticed after a minute and a half. */
static void probe(int fd)
{
    int on = 1, idle = IDLE_S, interval = PROBE_S, count = PROBES;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

void mb_watch_add(struct mb_watch *watch, struct mb_watched *one, int fd)
{
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLHUP | EPOLLERR};
    probe(fd);
    pthread_mutex_lock(&watch->lock);
    event.data.u64 = ++watch->numbers;
    if (epoll_ctl(watch->epoll, EPOLL_CTL_ADD, fd, &event) == 0) {
        one->fd = fd;
        one->number = event.data.u64;
        one->next = watch->first;
        watch->first = one;
    }
    pthread_mutex_unlock(&watch->lock);
}

void mb_watch_drop(struct mb_watch *watch, struct mb_watched *one)
{
    pthread_mutex_lock(&watch->lock);
    if (one->number != 0)
        take(watch, one->number);
    pthread_mutex_unlock(&watch->lock);
}
