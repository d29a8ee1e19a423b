/* What calls to storages and Milvus have cost, and the memory for data. */
#include "service/metrics_private.h"

#define PREFIX "milvus_backup_"

struct family {
    const char *name, *type, *help;
    void (*write)(struct mb_exposition *exposition, const struct mb_metric_row *row);
};

static void write_calls(struct mb_exposition *exposition, const struct mb_metric_row *row)
{
    mb_exposition_count(exposition, "", row->calls);
}

static void write_bytes(struct mb_exposition *exposition, const struct mb_metric_row *row)
{
    mb_exposition_count(exposition, "", row->bytes);
}

/* Classes that there were none of are left out. */
static void write_classes(struct mb_exposition *exposition, const struct mb_metric_row *row,
                          const uint64_t *counts)
{
    for (int i = 0; i < MB_METRIC_STATUSES; i++)
        if (counts[i] > 0) {
            mb_exposition_labels(exposition, "service", row->service, "driver", row->driver, "operation",
                                 row->operation, "class", mb_status_name((mb_status)-i), NULL);
            mb_exposition_count(exposition, "", counts[i]);
        }
}

static void write_failures(struct mb_exposition *exposition, const struct mb_metric_row *row)
{
    write_classes(exposition, row, row->failed);
}

static void write_retries(struct mb_exposition *exposition, const struct mb_metric_row *row)
{
    write_classes(exposition, row, row->retried);
}

static void write_latency(struct mb_exposition *exposition, const struct mb_metric_row *row)
{
    mb_exposition_histogram(exposition, row->within, mb_metric_bound_ns, row->calls, row->total_ns);
}

static const struct family families[] = {
    {PREFIX "calls_total", "counter", "Calls to Milvus and the storages: attempts, also those that failed.",
     write_calls},
    {PREFIX "call_failures_total", "counter", "Of these, those that failed, by the class of the failure.",
     write_failures},
    {PREFIX "call_retries_total", "counter",
     "Of these, those after which the call was made again, by the class of the failure.", write_retries},
    {PREFIX "call_bytes_total", "counter", "Bytes moved by calls that succeeded.", write_bytes},
    {PREFIX "call_duration_seconds", "histogram", "How long each attempt took.", write_latency},
};

/* Operations that nobody has asked for are left out. */
static void write_family(struct mb_exposition *exposition, const struct family *family,
                         struct mb_session *session)
{
    size_t count = mb_session_metric_count(session);
    mb_exposition_family(exposition, family->name, family->type, family->help);
    for (size_t i = 0; i < count; i++) {
        struct mb_metric_row row = {.struct_size = sizeof row};
        if (mb_session_metric_at(session, i, &row, NULL) != MB_OK || row.calls == 0)
            continue;
        mb_exposition_labels(exposition, "service", row.service, "driver", row.driver, "operation",
                             row.operation, NULL);
        family->write(exposition, &row);
    }
}

static void write_memory(struct mb_exposition *exposition, struct mb_session *session)
{
    struct mb_session_about about = {.struct_size = sizeof about};
    if (mb_session_about(session, &about, NULL) != MB_OK)
        return;
    mb_exposition_family(exposition, PREFIX "memory_limit_bytes", "gauge",
                         "Memory for objects on their way: transfer.memoryMiB.");
    mb_exposition_count(exposition, "", about.memory);
    mb_exposition_family(exposition, PREFIX "memory_used_bytes", "gauge", "What their buffers hold now.");
    mb_exposition_count(exposition, "", about.memory_used);
    mb_exposition_family(exposition, PREFIX "memory_peak_bytes", "gauge", "The most that they ever held.");
    mb_exposition_count(exposition, "", about.memory_peak);
}

void mb_metrics_write_engine(struct mb_exposition *exposition, struct mb_session *session)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        write_family(exposition, &families[i], session);
    write_memory(exposition, session);
}
