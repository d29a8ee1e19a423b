/* private.h - the inside of a copy, for the files of this folder. */
#ifndef MB_COPY_PRIVATE_H
#define MB_COPY_PRIVATE_H

#include "base/pool.h"
#include "copy/budget.h"
#include "copy/copy.h"
#include "copy/queue.h"

#include <stdatomic.h>

struct mb_copy {
    struct mb_storage *src;
    struct mb_storage *dst;         /* NULL: objects are only read */
    struct mb_copy_options options; /* with nothing left at 0 that has a default */
    bool in_service;                /* the pair of stores allows it, and so does the mode */
    uint64_t whole_max;             /* what is larger is carried in parts */
    struct mb_pool *pool;
    struct mb_group *group;
    struct mb_cancel_watch *watch;
    struct mb_budget *own_budget; /* what options.budget is when the caller gave none; or NULL */
    atomic_uint_fast64_t waits;   /* for memory, of this copy's jobs */
    struct mb_queue queue;
    pthread_mutex_t moved_lock;

    /* What the service has refused for this pair of stores. */
    atomic_bool copy_refused;
    atomic_bool part_copy_refused;
    atomic_bool upload_refused;
};

enum mb_route {
    MB_ROUTE_COPY,
    MB_ROUTE_PART_COPY,
    MB_ROUTE_STREAM,
    MB_ROUTE_PART_STREAM,
    MB_ROUTE_STREAM_THROUGH, /* one put that reads the source piece by piece */
    MB_ROUTE_STAGE           /* the same where the source cannot be read while a put runs */
};

/* What the service said of an object in the destination, and what we know of it. */
struct mb_moved {
    struct mb_stat stat;
    bool has_crc32c; /* of the bytes that we carried */
    uint32_t crc32c;
    bool in_service;
};

/* --- direct.c: copies that do not pass through us */

mb_status mb_route_choose(struct mb_copy *copy, uint64_t size, enum mb_route *out, struct mb_error *error);
mb_status mb_direct_copy(struct mb_copy *copy, const struct mb_object *object, struct mb_moved *out,
                         struct mb_cancel *cancel, struct mb_error *error);
mb_status mb_direct_copy_part(struct mb_copy *copy, struct mb_object *object, uint32_t part,
                              struct mb_cancel *cancel, struct mb_error *error);
mb_status mb_direct_complete(struct mb_copy *copy, struct mb_object *object, struct mb_moved *out,
                             struct mb_cancel *cancel, struct mb_error *error);
mb_status mb_direct_part_size(struct mb_copy *copy, uint64_t size, uint64_t *out, struct mb_error *error);

/* Does this failed copy mean that the service does not copy for us?  Then it is remembered in *refused, told
 * to the log once, and another route is free to be chosen. */
bool mb_direct_refused(struct mb_copy *copy, atomic_bool *refused, const struct mb_error *error);

/* --- stream.c: bytes that do */

mb_status mb_stream_buffer(struct mb_copy *copy, uint64_t size, struct mb_buffer **out,
                           struct mb_cancel *cancel, struct mb_error *error);

/* All bytes of the object were read: does whoever knows them take them? */
mb_status mb_stream_carried(struct mb_copy *copy, const struct mb_object *object, uint32_t crc32c,
                            struct mb_error *error);

mb_status mb_stream_whole(struct mb_copy *copy, const struct mb_object *object, struct mb_moved *out,
                          struct mb_cancel *cancel, struct mb_error *error);
mb_status mb_stream_through(struct mb_copy *copy, const struct mb_object *object, struct mb_moved *out,
                            struct mb_cancel *cancel, struct mb_error *error);
mb_status mb_stream_part(struct mb_copy *copy, struct mb_object *object, uint32_t part,
                         struct mb_cancel *cancel, struct mb_error *error);
mb_status mb_stream_complete(struct mb_copy *copy, struct mb_object *object, struct mb_moved *out,
                             struct mb_cancel *cancel, struct mb_error *error);
mb_status mb_stream_part_size(struct mb_copy *copy, uint64_t size, uint64_t *out, struct mb_error *error);

/* Reads exactly len bytes of the object as it was listed; the store compares a whole one with the service's
 * checksum. */
mb_status mb_stream_fetch(struct mb_copy *copy, const struct mb_object *object, uint64_t offset, void *data,
                          size_t len, uint32_t *crc, struct mb_cancel *cancel, struct mb_error *error);

/* Does this failed begin of an upload mean that the service takes none, and would it take the object in one
 * put? Then it is remembered and told as above. */
bool mb_stream_refused(struct mb_copy *copy, const struct mb_object *object, const struct mb_error *error);

/* So many more bytes of the object have passed: for progress. */
void mb_stream_count(struct mb_copy *copy, struct mb_object *object, uint64_t bytes);

/* Reads the object through one buffer, range by range. */
mb_status mb_stream_read(struct mb_copy *copy, struct mb_object *object, struct mb_moved *out,
                         struct mb_cancel *cancel, struct mb_error *error);

/* --- stage.c: bytes that pass through a file */

mb_status mb_stage(struct mb_copy *copy, const struct mb_object *object, struct mb_moved *out,
                   struct mb_cancel *cancel, struct mb_error *error);

/* --- worker.c */

/* Starts the worker that the queue said is due.  Fails only when there is none at all. */
mb_status mb_worker_start(struct mb_copy *copy, struct mb_error *error);

/* --- services.c */

/* How often both services have been overloaded since they were opened. */
uint64_t mb_copy_overloads(const struct mb_copy *copy);

/* A failure is told to the log: the parts that stay behind are what the next clean-up finds. */
void mb_copy_abort_upload(struct mb_copy *copy, const struct mb_object *object);

#endif
