#include "server/linger.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_BYTES (UINT64_C(256) << 20)

enum { MOST = 64, PART = 64 << 10, LOOK_MS = 1000 };

struct guest {
    int fd;
    int64_t due;
    uint64_t bytes;
};

struct mb_linger {
    pthread_mutex_t lock;
    pthread_t thread;
    unsigned seconds;
    int woken; /* an eventfd: somebody has come, or the end */
    bool ending, running;
    struct guest guests[MOST];
    size_t count; /* raised by anybody, lowered by the thread alone */
};

/* False when it is to go. */
static bool listen_to(struct guest *guest, bool readable)
{
    char part[PART];
    if (guest->due <= mb_clock_monotonic())
        return false;
    if (!readable)
        return true;
    ssize_t got = recv(guest->fd, part, sizeof part, MSG_DONTWAIT);
    if (got > 0)
        guest->bytes += (uint64_t)got;
    return got > 0 ? guest->bytes < MOST_BYTES : got < 0 && (errno == EAGAIN || errno == EINTR);
}

/* With the lock.  ready holds what poll said of the first so many. */
static void listen_to_all(struct mb_linger *linger, const struct pollfd *ready, size_t count)
{
    for (size_t i = count; i-- > 0;) {
        if (listen_to(&linger->guests[i], ready[i].revents != 0))
            continue;
        close(linger->guests[i].fd);
        linger->guests[i] = linger->guests[--linger->count];
    }
}

static void *run(void *arg)
{
    struct mb_linger *linger = arg;
    struct pollfd fds[MOST + 1];
    uint64_t times;
    pthread_mutex_lock(&linger->lock);
    while (!linger->ending) {
        size_t count = linger->count;
        for (size_t i = 0; i < count; i++)
            fds[i] = (struct pollfd){.fd = linger->guests[i].fd, .events = POLLIN};
        fds[count] = (struct pollfd){.fd = linger->woken, .events = POLLIN};
        pthread_mutex_unlock(&linger->lock);
        poll(fds, count + 1, count > 0 ? LOOK_MS : -1);
        if (fds[count].revents != 0)
            (void)!read(linger->woken, &times, sizeof times);
        pthread_mutex_lock(&linger->lock);
        listen_to_all(linger, fds, count);
    }
    pthread_mutex_unlock(&linger->lock);
    return NULL;
}

static void wake(struct mb_linger *linger)
{
    uint64_t once = 1;
    (void)!write(linger->woken, &once, sizeof once);
}

mb_status mb_linger_new(struct mb_linger **out, unsigned seconds, struct mb_error *error)
{
    struct mb_linger *linger = calloc(1, sizeof *linger);
    if (linger == NULL)
        return mb_fail_memory(error);
    pthread_mutex_init(&linger->lock, NULL);
    linger->seconds = seconds;
    linger->woken = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int failed = linger->woken < 0 ? errno : mb_thread_start(&linger->thread, run, linger);
    linger->running = failed == 0;
    if (failed != 0) {
        mb_linger_free(linger);
        return mb_fail_errno(error, failed, "open the server's door");
    }
    *out = linger;
    return MB_OK;
}

void mb_linger_free(struct mb_linger *linger)
{
    if (linger == NULL)
        return;
    pthread_mutex_lock(&linger->lock);
    linger->ending = true;
    pthread_mutex_unlock(&linger->lock);
    wake(linger);
    if (linger->running)
        pthread_join(linger->thread, NULL);
    for (size_t i = 0; i < linger->count; i++)
        close(linger->guests[i].fd);
    mb_file_close(linger->woken);
    pthread_mutex_destroy(&linger->lock);
    free(linger);
}

void mb_linger_add(struct mb_linger *linger, int fd)
{
    pthread_mutex_lock(&linger->lock);
    int own = linger->count < MOST ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (own >= 0)
        linger->guests[linger->count++] =
            (struct guest){.fd = own, .due = mb_clock_monotonic() + linger->seconds * MB_NS_PER_S};
    pthread_mutex_unlock(&linger->lock);
    wake(linger);
}
