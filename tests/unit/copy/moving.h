/* moving.h - what the tests of a copy share: two services and a record of what was moved. */
#ifndef MOVING_H
#define MOVING_H

#include "copy/private.h"
#include "fake_service.h"

struct moving {
    struct fake_service src_service;
    struct fake_service dst_service;
    struct mb_storage *src;
    struct mb_storage *dst;
    struct mb_storage *beside; /* a second store on the source's service: copies to it need no streaming */
    struct mb_progress progress;
    struct mb_copy_options options; /* small parts and a small budget */
    struct mb_copy *copy;
    struct mb_cancel *cancel;
    struct mb_error error;

    /* Told by moved. */
    unsigned moved;
    unsigned moved_in_service;
    unsigned crc_wrong;
    uint64_t moved_bytes;
    unsigned moved_at_once_peak;
    atomic_uint moved_at_once;
};

enum { MOVING_PART = 64 * 1024 };

int moving_setup(void **state);
int moving_teardown(void **state);

/* Puts "src/n" of size bytes into the source. */
void moving_fill(struct moving *moving, unsigned n, uint64_t size);

void moving_open(struct moving *moving, struct mb_storage *dst);

/* Adds "src/n", to become "dst/n". */
mb_status moving_add(struct moving *moving, unsigned n, uint64_t size);
mb_status moving_finish(struct moving *moving);
void moving_close(struct moving *moving);

/* Opens, moves objects 0 to count - 1 of the same size, closes. */
mb_status moving_run(struct moving *moving, struct mb_storage *dst, unsigned count, uint64_t size);

/* Does "dst/n" hold what "src/n" does? */
bool moving_arrived(struct fake_service *service, unsigned n, uint64_t size);

#endif
