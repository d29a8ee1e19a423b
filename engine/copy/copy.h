/* copy.h - moves objects from one store to another.
 *
 * Objects are added while a listing runs and moved at once by a set of workers: by
 * a copy inside the service where the pair of stores allows it, otherwise streamed
 * in parts through buffers that are taken from one budget.  Memory depends neither
 * on the size of an object nor on the number of objects. */
#ifndef MB_COPY_COPY_H
#define MB_COPY_COPY_H

#include "base/cancel.h"
#include "base/log.h"
#include "base/progress.h"
#include "copy/budget.h"
#include "storage/store.h"

struct mb_copy;

enum mb_copy_mode {
    MB_COPY_AUTO,     /* in the service when it can, streamed when it cannot or refuses */
    MB_COPY_DIRECT,   /* in the service or not at all */
    MB_COPY_STREAMING /* through this process */
};

struct mb_object_moved {
    const char *key; /* in the destination; valid during the call */
    uint64_t size;
    bool has_crc32c; /* of every byte, when it passed through us or the service told it */
    uint32_t crc32c;
    const char *etag; /* the destination's; "" when not known */
    bool in_service;
    void *tag; /* from mb_copy_add */
};

/* What 0 stands for in the options. */
#define MB_COPY_CONCURRENCY  128U
#define MB_COPY_MEMORY_BYTES (UINT64_C(128) << 20)
#define MB_COPY_PART_BYTES   (UINT64_C(8) << 20)

struct mb_copy_options {
    enum mb_copy_mode mode;
    unsigned max_concurrency; /* objects and parts under way at once */
    struct mb_budget *budget; /* for objects on their way, shared with others; or NULL for one of its own */
    uint64_t memory_bytes;    /* for that one, requests' own buffers included */
    uint64_t part_bytes;      /* grown where the part limit of the service asks */
    uint64_t
        multipart_copy_threshold; /* bytes from which a copy in the service goes by parts; 0 for 500 MiB */
    /* Called when every byte of an object that passes through this process has been read, before anything can
     * be seen of it in the destination: what is refused here is never written.  key is the destination's.
     * From worker threads, several at a time; again when an attempt is repeated. */
    mb_status (*carried)(void *ctx, const char *key, uint32_t crc32c, struct mb_error *error);
    /* Called once for every object that lies complete in the destination, or has been read where there is
     * none, from worker threads, one at a time.  What it calls MB_E_CORRUPT is discarded. */
    mb_status (*moved)(void *ctx, const struct mb_object_moved *object, struct mb_error *error);
    /* Without a destination, called for every object that cannot be read.  MB_OK goes on with the others.
     * NULL fails with the first.  From worker threads, one at a time. */
    mb_status (*unreadable)(void *ctx, const char *key, const struct mb_error *why, struct mb_error *error);
    void *ctx;
    struct mb_progress *progress; /* objects and bytes, done and total, are counted here; or NULL */
    struct mb_log *log;
};

/* A budget for copies that together use so much memory (0 for MB_COPY_MEMORY_BYTES), requests' own buffers
 * included; it outlives them.  NULL without memory. */
struct mb_budget *mb_copy_budget_new(uint64_t memory_bytes);

/* dst may be NULL: then objects are read, summed and told to moved, and that is all; whoever adds them says
 * in progress how many there will be. */
mb_status mb_copy_open(struct mb_copy **out, struct mb_storage *src, struct mb_storage *dst,
                       const struct mb_copy_options *options, struct mb_cancel *cancel,
                       struct mb_error *error);

/* Queues one object of a known size; etag may be NULL.  The keys are copied.  A folder marker (empty, its
 * key ends in a slash) counts as done and is left out, moved is not called.  Waits while the queue is full
 * (that is what bounds memory).  Fails with the error of the copy once an object has failed.  One thread
 * or several. */
mb_status mb_copy_add(struct mb_copy *copy, const char *src_key, const char *dst_key, uint64_t size,
                      const char *etag, void *tag, struct mb_error *error);

/* Until everything that was added lies in the destination, or the first failure. */
mb_status mb_copy_finish(struct mb_copy *copy, struct mb_error *error);

/* Cancels what is under way, aborts unfinished uploads, waits. */
void mb_copy_close(struct mb_copy *copy);

/* How objects go at present, for people: "copied inside s3://bucket", "streamed, 8 at once". */
const char *mb_copy_describe(struct mb_copy *copy, char *buf, size_t cap);

#endif
