/* fake_service.h - an object service in memory, behind the table of a driver.
 *
 * Stores opened on one service see the same objects.  Faults are set before the
 * calls they are meant for; counters are read after them. */
#ifndef FAKE_SERVICE_H
#define FAKE_SERVICE_H

#include "storage/store.h"

#include <pthread.h>
#include <stdatomic.h>

struct fake_object {
    struct fake_object *next;
    char *key;
    uint8_t *data; /* NULL for an object that only has a size */
    uint64_t size;
};

struct fake_part {
    uint8_t *data;
    uint64_t size;
};

enum { FAKE_MAX_PARTS = 256 };

struct fake_upload {
    struct fake_upload *next;
    char id[32];
    char *key;
    bool copied; /* one of the parts was */
    bool for_copies;
    struct fake_part parts[FAKE_MAX_PARTS];
};

struct fake_service {
    pthread_mutex_t lock;
    struct fake_object *buckets[1024];
    struct fake_upload *uploads;
    unsigned next_upload;
    struct mb_storage_plugin table;

    /* What the store says of itself. */
    bool no_ranges;
    uint64_t max_put_size;
    uint64_t max_copy_size;
    uint64_t min_part_size;
    uint64_t max_part_size;
    uint32_t max_parts;

    /* Faults. */
    atomic_int throttle_puts;  /* so many puts and parts are throttled */
    atomic_int fail_puts;      /* so many puts and parts fail, */
    atomic_int fail_puts_with; /* with this status */
    atomic_int cut_puts;       /* so many puts and parts fail once all of their bytes have been read */
    atomic_int fail_gets;      /* so many gets fail once half of their bytes have been delivered */
    atomic_int refuse_copy;    /* a status for every copy, or 0 */
    atomic_uint gather_copies; /* the first copies wait until there are so many */
    atomic_int refuse_part_copy_after;    /* so many part copies succeed, the rest fail; or -1 */
    atomic_int refuse_part_copy;          /* with this status, MB_E_UNSUPPORTED when it is 0 */
    atomic_int refuse_begin;              /* a status for every begin of an upload, or 0 */
    atomic_int refuse_complete;           /* a status for every complete, or 0 */
    atomic_int refuse_complete_of_copies; /* the same for uploads with parts that were copied */
    atomic_int forbid_put_of;             /* index n: the put of "dst/n" is forbidden; or -1 */
    atomic_int hang_parts_after; /* so many parts succeed, the rest wait until they are cancelled; or -1 */
    atomic_bool truncate_gets;   /* objects are a byte shorter than listed */
    atomic_bool tell_nothing;    /* put, copy and complete answer with neither size nor etag */
    atomic_bool lose_byte;       /* copies arrive a byte short */
    atomic_int delay_us;         /* of every call that moves bytes */

    struct fake_service *counts_in; /* whose running and running_peak count the calls; NULL for its own */

    /* Counters. */
    atomic_uint gets, puts, stats, copies, begins, parts, part_copies, completes, aborts;
    atomic_uint running, running_peak;
};

void fake_service_init(struct fake_service *service);
void fake_service_done(struct fake_service *service);

struct mb_storage *fake_service_store(struct fake_service *service);

/* An object of size bytes that follow from its key. */
void fake_service_fill(struct fake_service *service, const char *key, uint64_t size);

/* Does key hold exactly what fake_service_fill(like, size) makes? */
bool fake_service_holds(struct fake_service *service, const char *key, const char *like, uint64_t size);
bool fake_service_has(struct fake_service *service, const char *key);
unsigned fake_service_open_uploads(struct fake_service *service);

/* The CRC-32C of what fake_service_fill(key, size) makes. */
uint32_t fake_service_crc32c(const char *key, uint64_t size);

/* For the driver, which holds the lock. */
extern const struct mb_storage_plugin fake_table;
struct fake_object *fake_service_find(struct fake_service *service, const char *key);
void fake_service_put(struct fake_service *service, const char *key, uint8_t *data,
                      uint64_t size); /* takes data */
void fake_service_remove(struct fake_service *service, const char *key);
void fake_service_free_upload(struct fake_service *service, struct fake_upload *upload);

#endif
