#include "api/call.h"

#include "api/api.h"
#include "api/route.h"
#include "base/clock.h"
#include "service/metrics.h"

#include <string.h>

const char *mb_api_query(const struct mb_api_call *call, const char *name)
{
    for (size_t i = 0; i < call->query_count; i++)
        if (strcmp(call->query[i].key, name) == 0)
            return call->query[i].value;
    return "";
}

bool mb_api_flag(const struct mb_api_call *call, const char *name)
{
    bool value = false;
    return mb_text_to_bool(mb_api_query(call, name), &value) && value;
}

int64_t mb_api_number(const struct mb_api_call *call, const char *name, int64_t otherwise)
{
    int64_t value = 0;
    return mb_text_to_int64(mb_api_query(call, name), &value) && value >= 0 ? value : otherwise;
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

void mb_api_done(struct mb_api_call *call)
{
    if (call->route != NULL && call->route->changes)
        mb_service_audit(mb_api_service(call->api), &call->caller, call->route->name, or_empty(call->about),
                         or_empty(call->outcome));
    if (call->began_ns != 0)
        mb_metrics_end(mb_api_metrics(call->api), call->route != NULL ? call->route->name : "unknown",
                       call->answer.status, mb_clock_monotonic() - call->began_ns);
    call->answered(call);
}

void mb_api_left(struct mb_api_call *call)
{
    struct mb_error ended = MB_ERROR_INIT;
    mb_service_cancel(mb_api_service(call->api), call->task, &ended);
}

void mb_api_text(struct mb_api_call *call, unsigned status, const char *content_type, const char *text)
{
    call->answer.status = status;
    call->answer.content_type = content_type;
    mb_buf_puts(&call->answer.body, text);
    mb_api_done(call);
}
