#include "rpc/gate.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/thread.h"
#include "rpc/passage.h"

#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define A_MINUTE (60 * MB_NS_PER_S)

enum {
    ROWS = 1024,
    AT_ONCE = 64,
    EACH = 3,        /* descriptors of a connection: the client's, ours and gRPC's */
    SPARE = 64,      /* descriptors that are left to others, so that gRPC finds one */
    PAUSE_MS = 200,  /* until it is tried again whether there are */
    UNHEARD_S = 5,   /* beyond the time that gRPC gives a client to begin */
    LOOK_MS = 1000,  /* after clients that do not take what they are told */
    LAST_WORDS_S = 3 /* for all of them, at the end */
};

struct mb_gate {
    struct mb_gate_options options;
    pthread_t thread;
    bool running;
    int epoll, woken; /* woken: an eventfd */
    atomic_bool shut, closing;
    pthread_mutex_t lock;          /* of rows; they are changed by the thread alone */
    struct mb_passage *rows[ROWS]; /* by port */
    unsigned count;
    unsigned unheard; /* gRPC may still need a descriptor for them */
    bool has_over, renewing;
    int64_t looked;              /* after those whose clients do not take last words */
    bool listens;                /* epoll waits for the listener */
    int64_t again;               /* when to look for descriptors; 0 when there were some */
    int64_t told_full, told_low; /* 0 for never */
};

/* ---------------------------------------------------------------- who is in */

static void add(struct mb_gate *gate, struct mb_passage *passage)
{
    struct mb_passage **row = &gate->rows[passage->port % ROWS];
    pthread_mutex_lock(&gate->lock);
    passage->next = *row;
    passage->place = row;
    if (passage->next != NULL)
        passage->next->place = &passage->next;
    *row = passage;
    pthread_mutex_unlock(&gate->lock);
    gate->count++;
    gate->unheard++;
    gate->options.count(gate->options.ctx, 1);
}

static void drop(struct mb_gate *gate, struct mb_passage *passage)
{
    pthread_mutex_lock(&gate->lock);
    *passage->place = passage->next;
    if (passage->next != NULL)
        passage->next->place = passage->place;
    pthread_mutex_unlock(&gate->lock);
    gate->count--;
    gate->options.count(gate->options.ctx, -1);
    gate->unheard -= !passage->heard;
    mb_passage_free(passage);
}

bool mb_gate_client(struct mb_gate *gate, uint16_t port, char *out)
{
    pthread_mutex_lock(&gate->lock);
    const struct mb_passage *passage = gate->rows[port % ROWS];
    while (passage != NULL && passage->port != port)
        passage = passage->next;
    if (passage != NULL)
        memcpy(out, passage->address, sizeof passage->address);
    pthread_mutex_unlock(&gate->lock);
    return passage != NULL;
}

static void move(struct mb_gate *gate, struct mb_passage *passage)
{
    bool heard = passage->heard;
    mb_passage_go_on(passage, gate->epoll, (int64_t)gate->options.seconds * MB_NS_PER_S);
    gate->unheard -= passage->heard && !heard;
    gate->has_over |= passage->over;
}

static bool is_unheard(const struct mb_gate *gate, const struct mb_passage *passage, int64_t now)
{
    return !passage->heard &&
           now - passage->began > ((int64_t)gate->options.seconds + UNHEARD_S) * MB_NS_PER_S;
}

/* Whoever stands before a dead listener comes again. */
static void renew(struct mb_gate *gate)
{
    uint16_t port = gate->options.renew != NULL ? gate->options.renew(gate->options.ctx) : 0;
    if (port != 0)
        gate->options.to = port;
    gate->renewing = false;
}

/* Those that are over, also because their clients have had their time. */
static void drop_those_over(struct mb_gate *gate)
{
    int64_t now = mb_clock_monotonic();
    if (!gate->has_over && now < gate->looked + LOOK_MS * MB_NS_PER_MS)
        return;
    for (size_t i = 0; i < ROWS; i++)
        for (struct mb_passage *at = gate->rows[i], *next; at != NULL; at = next) {
            next = at->next;
            bool unheard = is_unheard(gate, at, now);
            gate->renewing |= unheard;
            if (at->over || unheard || (at->due != 0 && at->due <= now))
                drop(gate, at);
        }
    gate->has_over = false;
    gate->looked = now;
    if (gate->renewing)
        renew(gate);
}

/* ----------------------------------------------------------------- coming in */

static void tell(struct mb_gate *gate, int64_t *told, const char *line)
{
    int64_t now = mb_clock_monotonic();
    if (*told != 0 && now < *told + A_MINUTE)
        return;
    *told = now;
    gate->options.tell(gate->options.ctx, line);
}

static void tell_full(struct mb_gate *gate)
{
    char line[160];
    snprintf(line, sizeof line,
             "%u connections of gRPC are open, as many as server.connections allows; others wait",
             gate->count);
    tell(gate, &gate->told_full, line);
}

static void hold_on(struct mb_gate *gate)
{
    gate->again = mb_clock_monotonic() + PAUSE_MS * MB_NS_PER_MS;
    tell(gate, &gate->told_low,
         "too few file descriptors are left for further connections of gRPC, which wait; the hard limit of "
         "open files is too low for server.connections");
}

/* How many descriptors others have left; many where nobody tells. */
static int64_t count_free(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT32_MAX)
        return INT32_MAX;
    int64_t free = (int64_t)limit.rlim_cur;
    DIR *open = opendir("/proc/self/fd");
    if (open == NULL)
        return errno == EMFILE || errno == ENFILE ? 0 : INT32_MAX;
    while (readdir(open) != NULL)
        free--;
    closedir(open);
    return free;
}

static bool is_full(struct mb_gate *gate)
{
    if (gate->count < gate->options.connections)
        return false;
    tell_full(gate);
    return true;
}

static bool may_come(struct mb_gate *gate)
{
    if (gate->again != 0 && mb_clock_monotonic() >= gate->again)
        gate->again = 0;
    return !atomic_load(&gate->shut) && gate->again == 0 && !is_full(gate);
}

static void let_in(struct mb_gate *gate, int client, const struct sockaddr *address)
{
    struct mb_passage *passage = NULL;
    struct mb_error error = MB_ERROR_INIT;
    if (mb_passage_open(&passage, client, address, gate->options.to, &error) != MB_OK) {
        hold_on(gate);
        return;
    }
    add(gate, passage);
    move(gate, passage);
}

static void accept_all(struct mb_gate *gate)
{
    int64_t left = count_free() - SPARE - gate->unheard;
    for (; may_come(gate); left -= EACH) {
        if (left < EACH) {
            hold_on(gate);
            return;
        }
        struct sockaddr_storage address = {0};
        socklen_t len = sizeof address;
        int client =
            accept4(gate->options.listener, (struct sockaddr *)&address, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (client >= 0)
            let_in(gate, client, (struct sockaddr *)&address);
        else if (errno == EAGAIN)
            return;
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            hold_on(gate);
    }
}

/* ------------------------------------------------------------------ its thread */

/* Waits for the listener while somebody may come in. */
static void listen_or_not(struct mb_gate *gate)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &gate->listens};
    bool wanted = may_come(gate);
    if (wanted == gate->listens)
        return;
    if (epoll_ctl(gate->epoll, wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, gate->options.listener, &event) == 0)
        gate->listens = wanted;
}

static void take_event(struct mb_gate *gate, void *about)
{
    uint64_t times;
    if (about == &gate->woken)
        (void)!read(gate->woken, &times, sizeof times);
    else if (about == &gate->listens)
        accept_all(gate);
    else
        move(gate, ((struct mb_side *)about)->passage);
}

static void *run(void *ctx)
{
    struct mb_gate *gate = ctx;
    struct epoll_event events[AT_ONCE];
    int64_t end = INT64_MAX;
    while (gate->count > 0 || end == INT64_MAX) {
        listen_or_not(gate);
        int count = epoll_wait(gate->epoll, events, AT_ONCE,
                               gate->again != 0  ? PAUSE_MS
                               : gate->count > 0 ? LOOK_MS
                                                 : -1);
        for (int i = 0; i < count; i++)
            take_event(gate, events[i].data.ptr);
        drop_those_over(gate);
        if (end == INT64_MAX && atomic_load(&gate->closing))
            end = mb_clock_monotonic() + LAST_WORDS_S * MB_NS_PER_S;
        if (mb_clock_monotonic() >= end)
            return NULL;
    }
    return NULL;
}

/* 0 or an errno. */
static int start(struct mb_gate *gate)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &gate->woken};
    gate->woken = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    gate->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (gate->woken < 0 || gate->epoll < 0 || epoll_ctl(gate->epoll, EPOLL_CTL_ADD, gate->woken, &event) != 0)
        return errno;
    return mb_thread_start(&gate->thread, run, gate);
}

mb_status mb_gate_open(struct mb_gate **out, const struct mb_gate_options *options, struct mb_error *error)
{
    struct mb_gate *gate = calloc(1, sizeof *gate);
    if (gate == NULL)
        return mb_fail_memory(error);
    gate->options = *options;
    gate->epoll = gate->woken = -1;
    pthread_mutex_init(&gate->lock, NULL);
    int failed = start(gate);
    gate->running = failed == 0;
    if (failed != 0) {
        mb_gate_close(gate);
        return mb_fail_errno(error, failed, "open the server's door for gRPC");
    }
    *out = gate;
    return MB_OK;
}

static void wake(struct mb_gate *gate)
{
    uint64_t once = 1;
    (void)!write(gate->woken, &once, sizeof once);
}

void mb_gate_shut(struct mb_gate *gate)
{
    if (gate == NULL)
        return;
    atomic_store(&gate->shut, true);
    wake(gate);
}

void mb_gate_close(struct mb_gate *gate)
{
    if (gate == NULL)
        return;
    mb_gate_shut(gate);
    atomic_store(&gate->closing, true);
    wake(gate);
    if (gate->running)
        pthread_join(gate->thread, NULL);
    for (size_t i = 0; i < ROWS; i++)
        while (gate->rows[i] != NULL)
            drop(gate, gate->rows[i]);
    mb_file_close(gate->epoll);
    mb_file_close(gate->woken);
    pthread_mutex_destroy(&gate->lock);
    free(gate);
}
