#include "service/metrics.h"

#include "base/clock.h"
#include "base/version.h"
#include "service/metrics_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ----------------------------------------------------------------- counting */

static int64_t request_bound_ns(size_t i)
{
    static const int64_t ms[MB_REQUEST_BOUNDS] = {1,   5,    10,   25,   50,    100,   250,
                                                  500, 1000, 2500, 5000, 10000, 60000, 300000};
    return i < MB_REQUEST_BOUNDS ? ms[i] * MB_NS_PER_MS : -1;
}

/* With the lock held. */
static struct mb_request_row *row_of(struct mb_metrics *metrics, const char *route)
{
    for (size_t i = 0; i < metrics->row_count; i++)
        if (strcmp(metrics->rows[i]->route, route) == 0)
            return metrics->rows[i];
    struct mb_request_row *row = metrics->row_count < MB_REQUEST_ROUTES ? calloc(1, sizeof *row) : NULL;
    if (row == NULL)
        return NULL;
    row->route = route;
    metrics->rows[metrics->row_count++] = row;
    return row;
}

static void add(struct mb_request_row *row, unsigned code, int64_t ns)
{
    size_t i = 0, bound = 0;
    while (i < MB_REQUEST_CODES && row->codes[i].count > 0 && row->codes[i].code != code)
        i++;
    if (i < MB_REQUEST_CODES) {
        row->codes[i].code = code;
        row->codes[i].count++;
    }
    while (bound < MB_REQUEST_BOUNDS && request_bound_ns(bound) < ns)
        bound++;
    if (bound < MB_REQUEST_BOUNDS)
        row->took[bound]++;
    row->count++;
    row->total_ns += (uint64_t)ns;
}

void mb_metrics_begin(struct mb_metrics *metrics)
{
    if (metrics != NULL)
        atomic_fetch_add(&metrics->in_flight, 1);
}

void mb_metrics_end(struct mb_metrics *metrics, const char *route, unsigned status, int64_t ns)
{
    if (metrics == NULL)
        return;
    atomic_fetch_sub(&metrics->in_flight, 1);
    pthread_mutex_lock(&metrics->lock);
    struct mb_request_row *row = row_of(metrics, route);
    if (row != NULL)
        add(row, status, ns > 0 ? ns : 0);
    pthread_mutex_unlock(&metrics->lock);
}

void mb_metrics_connection(struct mb_metrics *metrics, enum mb_door door, int change)
{
    if (metrics != NULL)
        atomic_fetch_add(&metrics->connections[door], change);
}

/* ------------------------------------------------------------------ telling */

static void gauge(struct mb_exposition *exposition, const char *name, const char *help, int value)
{
    mb_exposition_family(exposition, name, "gauge", help);
    mb_exposition_count(exposition, "", value > 0 ? (uint64_t)value : 0);
}

/* With the lock held. */
static void write_requests(struct mb_exposition *exposition, const struct mb_metrics *metrics)
{
    char code[16];
    mb_exposition_family(exposition, "milvus_backup_requests_total", "counter",
                         "Requests that were answered, by route and status of HTTP.");
    for (size_t i = 0; i < metrics->row_count; i++)
        for (size_t j = 0; j < MB_REQUEST_CODES && metrics->rows[i]->codes[j].count > 0; j++) {
            snprintf(code, sizeof code, "%u", metrics->rows[i]->codes[j].code);
            mb_exposition_labels(exposition, "route", metrics->rows[i]->route, "code", code, NULL);
            mb_exposition_count(exposition, "", metrics->rows[i]->codes[j].count);
        }
    mb_exposition_family(exposition, "milvus_backup_request_duration_seconds", "histogram",
                         "From a request to its answer; of a synchronous create or restore till its end.");
    for (size_t i = 0; i < metrics->row_count; i++) {
        const struct mb_request_row *row = metrics->rows[i];
        uint64_t within[MB_REQUEST_BOUNDS], sum = 0;
        for (size_t j = 0; j < MB_REQUEST_BOUNDS; j++)
            within[j] = sum += row->took[j];
        mb_exposition_labels(exposition, "route", row->route, NULL);
        mb_exposition_histogram(exposition, within, request_bound_ns, row->count, row->total_ns);
    }
}

static void write_connections(struct mb_exposition *exposition, struct mb_metrics *metrics)
{
    static const char *const names[MB_DOORS] = {[MB_DOOR_HTTP] = "http", [MB_DOOR_GRPC] = "grpc"};
    mb_exposition_family(exposition, "milvus_backup_connections", "gauge", "Open connections of a door.");
    for (size_t i = 0; i < MB_DOORS; i++) {
        mb_exposition_labels(exposition, "door", names[i], NULL);
        mb_exposition_count(exposition, "", (uint64_t)atomic_load(&metrics->connections[i]));
    }
    gauge(exposition, "milvus_backup_connections_limit",
          "So many of each door may be open at once: server.connections.", (int)metrics->options.connections);
}

static void write_door(struct mb_exposition *exposition, struct mb_metrics *metrics)
{
    pthread_mutex_lock(&metrics->lock);
    write_requests(exposition, metrics);
    pthread_mutex_unlock(&metrics->lock);
    gauge(exposition, "milvus_backup_requests_in_flight",
          "Requests that are being served, this one included.", atomic_load(&metrics->in_flight));
    write_connections(exposition, metrics);
}

static void write_health(struct mb_exposition *exposition, struct mb_health *health)
{
    static const char *const names[MB_PARTS] = {"milvus", "milvus_storage", "backup_storage"};
    struct mb_health_status status;
    mb_health_look(health, &status);
    mb_exposition_family(exposition, "milvus_backup_reachable", "gauge",
                         "Does it answer?  0 or 1, as found at the last look; absent before the first.");
    for (size_t i = 0; i < MB_PARTS && status.checked_ms != 0; i++) {
        mb_exposition_labels(exposition, "service", names[i], NULL);
        mb_exposition_count(exposition, "", status.parts[i].reachable);
    }
}

static void write_build(struct mb_exposition *exposition)
{
    mb_exposition_family(exposition, "milvus_backup_build_info", "gauge", "Which program this is; always 1.");
    mb_exposition_labels(exposition, "version", mb_program_version(), "library", mb_library_version(), NULL);
    mb_exposition_count(exposition, "", 1);
}

mb_status mb_metrics_write(struct mb_metrics *metrics, struct mb_buf *out, struct mb_error *error)
{
    const struct mb_metrics_options *options = &metrics->options;
    struct mb_exposition exposition;
    mb_exposition_init(&exposition, out);
    write_build(&exposition);
    write_door(&exposition, metrics);
    mb_metrics_write_tasks(&exposition, options->service);
    mb_metrics_write_engine(&exposition, options->session);
    mb_status status = mb_metrics_write_schedules(&exposition, options->schedules, error);
    write_health(&exposition, options->health);
    mb_metrics_write_process(&exposition);
    mb_exposition_done(&exposition);
    MB_TRY(status);
    return mb_buf_check(out, "the metrics", error);
}

/* ------------------------------------------------------------------ opening */

mb_status mb_metrics_open(struct mb_metrics **out, const struct mb_metrics_options *options,
                          struct mb_error *error)
{
    struct mb_metrics *metrics = calloc(1, sizeof *metrics);
    if (metrics == NULL)
        return mb_fail_memory(error);
    metrics->options = *options;
    pthread_mutex_init(&metrics->lock, NULL);
    *out = metrics;
    return MB_OK;
}

void mb_metrics_close(struct mb_metrics *metrics)
{
    if (metrics == NULL)
        return;
    for (size_t i = 0; i < metrics->row_count; i++)
        free(metrics->rows[i]);
    pthread_mutex_destroy(&metrics->lock);
    free(metrics);
}
