/* What the calls cost that sessions make. */
#include "task/session.h"

_Static_assert((int)MB_METRIC_BOUNDS == (int)MB_METER_BOUNDS &&
                   (int)MB_METRIC_STATUSES == (int)MB_METER_STATUSES,
               "a row has as many counters as a meter");

int64_t mb_metric_bound_ns(size_t i)
{
    return mb_meter_bound_ns(i);
}

size_t mb_session_metric_count(struct mb_session *session)
{
    return session != NULL ? mb_meters_count(session->common->meters) : 0;
}

/* What is raised last is read first: no part is ever more than its whole. */
static struct mb_metric_row row_of(const struct mb_meter *meter, const struct mb_meter_name *name)
{
    struct mb_metric_row row = {
        .service = name->service, .driver = name->driver, .operation = name->operation};
    uint64_t within = 0;

    for (size_t i = 0; i < MB_METRIC_STATUSES; i++)
        row.retries += row.retried[i] = atomic_load(&meter->retried[i]);
    for (size_t i = 0; i < MB_METRIC_STATUSES; i++)
        row.failures += row.failed[i] = atomic_load(&meter->failed[i]);
    for (size_t i = 0; i < MB_METRIC_BOUNDS; i++)
        row.within[i] = within += atomic_load(&meter->took[i]);
    row.bytes = atomic_load(&meter->bytes);
    row.total_ns = atomic_load(&meter->total_ns);
    row.calls = atomic_load(&meter->calls);
    return row;
}

static mb_status metric_at(struct mb_session *session, size_t i, struct mb_metric_row *out,
                           struct mb_error *error)
{
    struct mb_meter_name name;
    if (session == NULL)
        return mb_abi_missing("session", error);
    const struct mb_meter *meter = mb_meters_at(session->common->meters, i, &name);
    if (meter == NULL)
        return mb_fail(error, MB_E_NOT_FOUND, "there is no metric %zu", i);
    const struct mb_metric_row value = row_of(meter, &name);
    return mb_abi_give(out, MB_UP_TO(struct mb_metric_row, retried), &value, sizeof value, error);
}

mb_status mb_session_metric_at(struct mb_session *session, size_t i, struct mb_metric_row *out,
                               struct mb_error *error)
{
    MB_ANSWER(error, metric_at(session, i, out, &own));
}
