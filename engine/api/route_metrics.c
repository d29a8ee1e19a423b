/* GET /metrics, as Prometheus reads it. */
#include "api/api.h"
#include "api/reply.h"
#include "api/routes.h"
#include "service/exposition.h"
#include "service/metrics.h"

void mb_serve_metrics(struct mb_api_call *call)
{
    struct mb_error error = MB_ERROR_INIT;
    if (mb_metrics_write(mb_api_metrics(call->api), &call->answer.body, &error) < 0) {
        mb_buf_reset(&call->answer.body);
        mb_reply_refusal(call, 500, error.message);
        return;
    }
    mb_api_text(call, 200, MB_EXPOSITION_TYPE, "");
}
