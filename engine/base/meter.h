/* meter.h - what calls of one kind cost: how many, how long they took, how they failed.
 *
 * Any thread counts, any may read.  Functions that count take NULL, for calls that nobody counts. */
#ifndef MB_BASE_METER_H
#define MB_BASE_METER_H

#include "base/error.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { MB_METER_BOUNDS = 16, MB_METER_STATUSES = 32 };

struct mb_meter {
    atomic_uint_fast64_t calls; /* attempts, also those that failed */
    atomic_uint_fast64_t bytes;
    atomic_uint_fast64_t total_ns, max_ns;
    atomic_uint_fast64_t took[MB_METER_BOUNDS];      /* longer than the bound before, and not than this one */
    atomic_uint_fast64_t failed[MB_METER_STATUSES];  /* by -status; 0 for what fits nowhere */
    atomic_uint_fast64_t retried[MB_METER_STATUSES]; /* of these, attempts after which another was made */
};

/* In rising order, the last is five minutes; -1 behind it. */
int64_t mb_meter_bound_ns(size_t i);

void mb_meter_attempt(struct mb_meter *meter, int64_t ns, mb_status status);
void mb_meter_retry(struct mb_meter *meter, mb_status status); /* of the attempt before */
void mb_meter_bytes(struct mb_meter *meter, uint64_t bytes);

/* Of all statuses. */
uint64_t mb_meter_sum(const atomic_uint_fast64_t counts[MB_METER_STATUSES]);

/* Meters by what they are about; they are never removed. */
struct mb_meters;

struct mb_meter_name {
    const char *service, *driver, *operation;
};

struct mb_meters *mb_meters_new(void); /* NULL without memory */
void mb_meters_free(struct mb_meters *meters);

/* The meter of that name, made when there is none; the texts are copied.  NULL without memory, and when
 * meters is. */
struct mb_meter *mb_meters_get(struct mb_meters *meters, const char *service, const char *driver,
                               const char *operation);

/* By their age: i always means the same. */
size_t mb_meters_count(struct mb_meters *meters);
const struct mb_meter *mb_meters_at(struct mb_meters *meters, size_t i, struct mb_meter_name *name);

#endif
