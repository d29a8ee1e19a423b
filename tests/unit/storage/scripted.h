/* scripted.h - the memory driver behind a table that misbehaves as a test tells it to. */
#ifndef MB_TESTS_SCRIPTED_H
#define MB_TESTS_SCRIPTED_H

#include "storage/store.h"

#include <pthread.h>

enum scripted_kind {
    SCRIPTED_FAIL,       /* without doing it */
    SCRIPTED_FAIL_AFTER, /* does it and says it failed */
    SCRIPTED_SILENT,     /* only returns the status */
    SCRIPTED_HANG,       /* until cancelled or the deadline */
    SCRIPTED_SLOW,       /* takes a few milliseconds, unless cancelled */
    SCRIPTED_SHORT,      /* get: one byte less; put, part: reads nothing; remove_many: marks nothing */
    SCRIPTED_LONG,       /* get: one byte more */
    SCRIPTED_SHRUG,      /* get: goes on and succeeds though the sink refuses */
    SCRIPTED_LIE,        /* the size told is one more; begin: no upload id; part: another number */
};

struct scripted_step {
    enum scripted_kind kind;
    mb_status status;
    uint32_t flags;
    uint32_t retry_after_ms;
    const char *message;
};

struct scripted {
    struct mb_storage_plugin table;
    uint64_t caps; /* taken away from what the memory driver can */
    uint64_t max_put_size;
    uint32_t crc_flag;      /* set in the stats of get */
    uint32_t crc32c;        /* and this with it */
    const char *request_id; /* put into every error */

    pthread_mutex_t mutex;
    struct scripted_step steps[MB_OP_COUNT][64];
    size_t begun[MB_OP_COUNT], ended[MB_OP_COUNT]; /* of steps */
    unsigned calls[MB_OP_COUNT];
    unsigned running, most_running;
    int64_t deadline_ns;              /* of the latest call */
    struct mb_store *store;           /* the memory driver's, latest opened */
    struct mb_cancel *cancel_at_call; /* requested when a call begins; or NULL */
};

void scripted_init(struct scripted *scripted);
void scripted_done(struct scripted *scripted);

/* The next call of operation that no step is meant for yet does this. */
void scripted_next(struct scripted *scripted, enum mb_operation operation, struct scripted_step step);
void scripted_fail(struct scripted *scripted, enum mb_operation operation, mb_status status,
                   const char *message);

/* Calls that are in the driver now. */
unsigned scripted_running(struct scripted *scripted);

/* Four quick attempts; call_timeout_ns as given. */
struct mb_storage *scripted_open(struct scripted *scripted, int64_t call_timeout_ns);

#endif
