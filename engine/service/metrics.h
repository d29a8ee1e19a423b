/* metrics.h - what the server counts, told as Prometheus reads it.  Thread-safe. */
#ifndef MB_SERVICE_METRICS_H
#define MB_SERVICE_METRICS_H

#include "base/buf.h"
#include "service/health.h"
#include "service/schedule.h"

struct mb_metrics;

/* All outlive the metrics; schedules may be NULL. */
struct mb_metrics_options {
    struct mb_session *session;
    struct mb_service *service;
    struct mb_schedules *schedules;
    struct mb_health *health;
    unsigned connections; /* that may be open at once, of each door */
};

mb_status mb_metrics_open(struct mb_metrics **out, const struct mb_metrics_options *options,
                          struct mb_error *error);
void mb_metrics_close(struct mb_metrics *metrics); /* NULL is allowed */

/* Of the next three, NULL for metrics counts nowhere.
 *
 * A request begins; and has got its answer.  route is a constant. */
void mb_metrics_begin(struct mb_metrics *metrics);
void mb_metrics_end(struct mb_metrics *metrics, const char *route, unsigned status, int64_t ns);

enum mb_door { MB_DOOR_HTTP, MB_DOOR_GRPC, MB_DOORS };

/* One connection of that door more, or less. */
void mb_metrics_connection(struct mb_metrics *metrics, enum mb_door door, int change);

/* All of it, as text; waits for neither storage nor Milvus. */
mb_status mb_metrics_write(struct mb_metrics *metrics, struct mb_buf *out, struct mb_error *error);

#endif
