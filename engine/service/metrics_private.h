/* metrics_private.h - what the files of the metrics share. */
#ifndef MB_SERVICE_METRICS_PRIVATE_H
#define MB_SERVICE_METRICS_PRIVATE_H

#include "service/exposition.h"
#include "service/metrics.h"

#include <pthread.h>
#include <stdatomic.h>

enum { MB_REQUEST_ROUTES = 64, MB_REQUEST_CODES = 16, MB_REQUEST_BOUNDS = 14 };

/* Requests to one route.  What finds no room is left out: there are fewer routes and codes. */
struct mb_request_row {
    const char *route;
    struct {
        unsigned code;
        uint64_t count;
    } codes[MB_REQUEST_CODES];
    uint64_t took[MB_REQUEST_BOUNDS]; /* each within its bound and beyond the one before */
    uint64_t count, total_ns;
};

struct mb_metrics {
    struct mb_metrics_options options;
    atomic_int in_flight, connections[MB_DOORS];
    pthread_mutex_t lock; /* for what follows */
    struct mb_request_row *rows[MB_REQUEST_ROUTES];
    size_t row_count;
};

/* metrics_engine.c: what calls to storages and Milvus cost, and the memory for data. */
void mb_metrics_write_engine(struct mb_exposition *exposition, struct mb_session *session);

/* metrics_tasks.c */
void mb_metrics_write_tasks(struct mb_exposition *exposition, struct mb_service *service);

/* metrics_schedules.c */
mb_status mb_metrics_write_schedules(struct mb_exposition *exposition, struct mb_schedules *schedules,
                                     struct mb_error *error);

/* metrics_process.c: this process, as the system sees it; what it does not tell is left out. */
void mb_metrics_write_process(struct mb_exposition *exposition);

#endif
