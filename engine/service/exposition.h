/* exposition.h - metrics as Prometheus reads them: text format 0.0.4. */
#ifndef MB_SERVICE_EXPOSITION_H
#define MB_SERVICE_EXPOSITION_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define MB_EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct mb_exposition {
    struct mb_buf *out;
    const char *name;     /* of the family that is being written */
    struct mb_buf labels; /* "a=\"b\",c=\"d\"" of the samples to come */
};

void mb_exposition_init(struct mb_exposition *exposition, struct mb_buf *out);
void mb_exposition_done(struct mb_exposition *exposition);

/* A family, of type "counter", "gauge" or "histogram"; its samples follow, without labels at first. */
void mb_exposition_family(struct mb_exposition *exposition, const char *name, const char *type,
                          const char *help);

/* The labels of what follows: names and values by turns, NULL at the end. */
void mb_exposition_labels(struct mb_exposition *exposition, ...);

/* A sample; suffix is "" or, of a histogram, "_count". */
void mb_exposition_count(struct mb_exposition *exposition, const char *suffix, uint64_t value);
void mb_exposition_seconds(struct mb_exposition *exposition, const char *suffix, double value);

/* A histogram as a whole: within[i] are those that took no longer than bounds_ns(i), which is -1 behind the
 * last. */
void mb_exposition_histogram(struct mb_exposition *exposition, const uint64_t *within,
                             int64_t (*bounds_ns)(size_t i), uint64_t count, uint64_t total_ns);

#endif
