/* threads.c - tests with many threads on one store. */
#include "check.h"

#include <stdio.h>
#include <string.h>

struct worker {
    struct session s;
    struct check own; /* what the thread finds out, with an arena of its own */
    pthread_t thread;
    unsigned index;
    unsigned rounds;
    void (*work)(struct worker *worker);
};

static void *run_worker(void *ctx)
{
    struct worker *worker = ctx;
    session_reset(&worker->s, 0);
    worker->own.s = &worker->s;
    worker->work(worker);
    return NULL;
}

static bool prepare(struct check *c, struct worker *worker, unsigned index, unsigned rounds)
{
    worker->own = (struct check){.suite = c->suite, .prefix = c->prefix, .arena = mb_arena_new()};
    worker->index = index;
    worker->rounds = rounds;
    return worker->own.arena != NULL;
}

/* Starts the workers, waits for them, and takes over the first failure. */
static void run_workers(struct check *c, struct worker *workers, unsigned count)
{
    unsigned started = 0;
    while (started < count &&
           pthread_create(&workers[started].thread, NULL, run_worker, &workers[started]) == 0)
        started++;
    for (unsigned i = 0; i < started; i++)
        pthread_join(workers[i].thread, NULL);
    for (unsigned i = 0; i < count; i++) {
        if (workers[i].own.outcome == FAILED)
            check_fail(c, "in one of %u threads: %s", count, workers[i].own.reason);
        mb_arena_free(workers[i].own.arena);
        session_close(&workers[i].s);
    }
    if (started < count)
        check_fail(c, "only %u of %u threads could be started", started, count);
}

static struct worker *share(struct check *c, unsigned count, unsigned rounds, void (*work)(struct worker *))
{
    struct worker *workers = mb_arena_alloc(c->arena, count, sizeof(*workers));
    for (unsigned i = 0; workers != NULL && i < count; i++) {
        session_share(&workers[i].s, c->s);
        workers[i].work = work;
        if (!prepare(c, &workers[i], i, rounds))
            workers = NULL;
    }
    if (workers == NULL)
        check_fail(c, "out of memory");
    return workers;
}

/* A service may ask many threads for patience; what else fails is the driver's. */
static bool is_passing(struct worker *worker, int turn)
{
    mb_status status = worker->s.error.status;
    if (worker->own.outcome != FAILED || turn == 4 ||
        (status != MB_E_THROTTLED && status != MB_E_UNAVAILABLE))
        return false;
    worker->own.outcome = PASSED;
    pause_ns(200 * MB_NS_PER_MS);
    return true;
}

static void one_life(struct check *c, unsigned index, unsigned round)
{
    struct listing listing;
    const char *folder = check_key(c, "%u/%u/", index % 7, index);
    const char *key = check_key(c, "%u/%u/%u", index % 7, index, round);
    uint8_t *data = check_data(c, 20000 + index, index * 1000 + round);
    MUST(data != NULL);
    MUST(must_put(c, c->s, key, data, 20000 + index));
    MUST(must_hold(c, c->s, key, data, 20000 + index));
    MUST(must_list(c, c->s, &(struct listing_request){.prefix = folder}, &listing));
    EXPECT(listing_find(&listing, key) != NULL || !session_has(c->s, MB_CAP_STRONG_LIST),
           "'%s' is not listed", key);
    WANT(MB_OK, slot_remove(c->s, key));
    MUST(must_be_absent(c, c->s, key));
}

static void live(struct worker *worker)
{
    for (unsigned round = 0; round < worker->rounds && worker->own.outcome == PASSED; round++)
        for (int turn = 0; turn == 0 || is_passing(worker, turn); turn++)
            one_life(&worker->own, worker->index, round);
}

/* One more object in the worker's folder, which is never empty then. */
static void keep_folder(struct worker *worker)
{
    struct check *c = &worker->own;
    must_put(c, c->s, check_key(c, "%u/%u/kept", worker->index % 7, worker->index), "", 0);
}

static void live_in_kept_folder(struct worker *worker)
{
    for (int turn = 0; turn == 0 || is_passing(worker, turn); turn++)
        keep_folder(worker);
    live(worker);
}

static void let_all_live(struct check *c, void (*work)(struct worker *))
{
    struct worker *workers = share(c, c->suite->threads, 4, work);
    MUST(workers != NULL);
    run_workers(c, workers, c->suite->threads);
}

static void one_store(struct check *c)
{
    let_all_live(c, live_in_kept_folder);
}

/* A store that keeps objects as files makes and removes their folders, and several threads meet there. */
static void emptied_folders(struct check *c)
{
    let_all_live(c, live);
}

enum { CONTENDED = 200000 };

/* Every byte of the object tells who wrote it. */
static void write_or_read(struct worker *worker)
{
    struct check *c = &worker->own;
    const char *key = check_key(c, "contended");
    uint8_t *data = check_data(c, CONTENDED, 0);
    MUST(data != NULL);
    for (unsigned round = 0; round < worker->rounds; round++) {
        if (worker->index % 2 == 0) {
            memset(data, (int)(worker->index * 16 + round), CONTENDED);
            MUST(must_put(c, c->s, key, data, CONTENDED));
            continue;
        }
        struct taker taker;
        struct mb_stat stat;
        taker_init(&taker);
        struct mb_sink sink = taker_sink(&taker);
        mb_status status = slot_get(c->s, key, NULL, &sink, &stat);
        bool whole = taker.buf.len == CONTENDED;
        for (size_t i = 1; whole && i < taker.buf.len; i++)
            whole = taker.buf.data[i] == taker.buf.data[0];
        size_t len = taker.buf.len;
        taker_done(&taker);
        EXPECT(status == MB_OK, "get of an object that is being replaced: %s",
               session_said(c->s, status, c->arena));
        EXPECT(whole, "get of an object that is being replaced gave %zu bytes of more than one put", len);
    }
}

static void replaced_while_read(struct check *c)
{
    struct worker *workers = share(c, 12, 10, write_or_read);
    uint8_t *data = check_data(c, CONTENDED, 0);
    MUST(workers != NULL && data != NULL);
    memset(data, 0, CONTENDED);
    MUST(must_put(c, c->s, check_key(c, "contended"), data, CONTENDED));
    run_workers(c, workers, 12);
}

static void open_once(struct worker *worker)
{
    struct check *c = &worker->own;
    struct session s;
    MUST(must_open(c, &s));
    const char *key = check_key(c, "store/%u", worker->index);
    if (must_put(c, &s, key, "x", 1))
        must_hold(c, &s, key, "x", 1);
    worker->s.error = s.error;
    session_close(&s);
}

static void open_and_use(struct worker *worker)
{
    for (unsigned round = 0; round < worker->rounds && worker->own.outcome == PASSED; round++)
        for (int turn = 0; turn == 0 || is_passing(worker, turn); turn++)
            open_once(worker);
}

static void many_stores(struct check *c)
{
    struct worker *workers = share(c, 8, 3, open_and_use);
    MUST(workers != NULL);
    if (c->suite->plugin->thread_model == MB_THREADS_SERIAL) {
        check_skip(c, "the driver takes one call at a time");
        return;
    }
    run_workers(c, workers, 8);
}

const struct test thread_tests[] = {
    {"threads.one-store", "many threads work on one store, as the thread model says", NEEDS_STORE, one_store},
    {"threads.emptied-folders", "threads remove the last object beside which others put one", NEEDS_STORE,
     emptied_folders},
    {"threads.replaced-while-read", "whoever reads what others replace reads one of the objects whole",
     NEEDS_ATOMIC_PUT, replaced_while_read},
    {"threads.many-stores", "stores are opened and closed by many threads at once", NEEDS_STORE, many_stores},
    {0},
};
