/* store_private.h - what the files of the store share. */
#ifndef MB_STORAGE_STORE_PRIVATE_H
#define MB_STORAGE_STORE_PRIVATE_H

#include "base/meter.h"
#include "storage/store.h"

#include <pthread.h>

/* Lets one thread through at a time; who waits still hears of a cancellation. */
struct mb_gate {
    pthread_mutex_t mutex;
    pthread_cond_t left;
    bool busy;
    pthread_t holder; /* while busy */
};

struct mb_storage {
    const struct mb_storage_plugin *driver; /* the table as it was given */
    const struct mb_storage_plugin *plugin; /* the same, or slots */
    struct mb_storage_plugin slots;         /* without what the store lacks */
    struct mb_store *store;
    struct mb_store_info info;
    struct mb_retry_policy retry;
    int64_t call_timeout_ns;
    int64_t patience_ns;
    struct mb_log *log;
    struct mb_drivers *drivers;            /* that it was opened with; or NULL */
    struct mb_gate gate;                   /* used under MB_THREADS_PER_STORE */
    struct mb_meter counters[MB_OP_COUNT]; /* of this store, */
    struct mb_meter *shared[MB_OP_COUNT];  /* and of all that are counted together; NULL */
    atomic_uint_fast64_t overloads;
    atomic_bool unordered;           /* a listing has shown that it is */
    atomic_bool without_remove_many; /* the service has refused it */
};

/* One operation, tried until it succeeds or there is no hope. */
struct mb_request {
    enum mb_operation operation;
    const char *key;          /* NULL for the store as a whole */
    struct mb_storage *other; /* the source of a copy; or NULL */
    const char *other_key;
    int64_t timeout_ns;  /* of one attempt */
    int64_t uncut_ns;    /* of one attempt: before that no cancellation cuts it short */
    int64_t deadline_ns; /* instead of the store's own; or 0 */
    uint64_t bytes;      /* counted when it succeeds */

    /* One attempt, with a call whose error is empty.  MB_END is for listings only. */
    mb_status (*attempt)(void *ctx, const struct mb_call *call);
    void *ctx;

    unsigned attempts; /* out: how many were begun */
};

mb_status mb_storage_run(struct mb_storage *storage, struct mb_request *request, struct mb_cancel *cancel,
                         struct mb_error *error);

/* How long one attempt may take that moves so many bytes: a service or a network that is slow is not late. */
int64_t mb_storage_time_for(const struct mb_storage *storage, uint64_t bytes);

/* Calls fn once under the locks that the thread model asks for, whatever was cancelled. */
void mb_storage_run_locked(struct mb_storage *storage, void (*fn)(void *ctx), void *ctx);

/* The same for what is about two stores. */
void mb_storage_run_both_locked(struct mb_storage *storage, struct mb_storage *other, void (*fn)(void *ctx),
                                void *ctx);

/* The gate before all drivers of MB_THREADS_SERIAL, for an open inside of another's. */
bool mb_serial_gate_try(void);
void mb_serial_gate_leave(void);

void mb_gate_init(struct mb_gate *gate);
void mb_gate_done(struct mb_gate *gate);

/* What the host makes of a slot's answer: MB_OK, MB_END where it may come, or a status that fits error, whose
 * texts are fit to be shown and whose RETRYABLE is the host's own judgement. */
mb_status mb_storage_verdict(const struct mb_storage *storage, enum mb_operation operation, mb_status status,
                             const struct mb_cancel *cancel, struct mb_error *error);

/* What a service sends may end up in an error: this makes it fit for terminals and for JSON. */
void mb_storage_clean_text(char *text, size_t cap);

/* "s3://bucket/a/b"; long keys lose their middle.  Returns buf. */
const char *mb_storage_where(const struct mb_storage *storage, const char *key, char *buf, size_t cap);

/* For what the driver did wrong. */
mb_status mb_storage_fail_driver(const struct mb_storage *storage, struct mb_error *error, const char *fmt,
                                 ...) MB_PRINTF(3, 4);

/* Makes what the driver filled in safe to read; size is what it must be, or UINT64_MAX. */
mb_status mb_storage_check_stat(struct mb_stat *stat, uint64_t size, struct mb_error *error);

void mb_counters_attempt(struct mb_storage *storage, enum mb_operation operation, int64_t ns,
                         mb_status status);
void mb_counters_retry(struct mb_storage *storage, enum mb_operation operation, mb_status status);
void mb_counters_bytes(struct mb_storage *storage, enum mb_operation operation, uint64_t bytes);

/* Around the source that a driver gets: knows how much of it was read, and whether it was the host that
 * failed.  inner has a size and a rewind. */
struct mb_counted_source {
    const struct mb_source *inner;
    uint64_t pos;
    bool failed;
};

mb_status mb_counted_source_begin(struct mb_counted_source *counted, const struct mb_source *inner,
                                  struct mb_source *out, struct mb_error *error);

/* status, or what is wrong with it. */
mb_status mb_counted_source_end(const struct mb_counted_source *counted, const struct mb_storage *storage,
                                mb_status status, struct mb_error *error);

/* Does the object hold exactly the bytes of source, which is rewound first? */
mb_status mb_storage_compare(struct mb_storage *storage, const char *key, const struct mb_source *source,
                             bool *equal, struct mb_cancel *cancel, struct mb_error *error);

/* What lay under a key at one time. */
struct mb_sight {
    bool known; /* the service could be asked */
    bool there;
    struct mb_stat stat;
};

void mb_storage_look(struct mb_storage *storage, const char *key, struct mb_sight *out,
                     struct mb_cancel *cancel);

/* Does an object of this size lie there now which is not the one that lay there before?  Then a write whose
 * answer was lost has made it, as long as nobody else writes the key.  The size alone proves nothing. */
bool mb_storage_appeared(struct mb_storage *storage, const char *key, uint64_t size,
                         const struct mb_sight *before, struct mb_stat *out, struct mb_cancel *cancel);

#define MB_STAT_INIT                          \
    (struct mb_stat)                          \
    {                                         \
        .struct_size = sizeof(struct mb_stat) \
    }

#endif
