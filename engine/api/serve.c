/* From a call to what serves it. */
#include "api/api.h"
#include "api/reply.h"
#include "api/route.h"
#include "base/clock.h"
#include "service/metrics.h"

#include <string.h>

/* --------------------------------------------------------- no such route */

static void redirect(struct mb_api_call *call, const char *path)
{
    call->answer.location = path;
    mb_buf_printf(&call->answer.body, "<a href=\"%s\">Moved Permanently</a>.\n\n", path);
    mb_api_text(call, 301, "text/html; charset=utf-8", "");
}

static void serve_unknown(struct mb_api_call *call)
{
    bool get = strcmp(call->method, "GET") == 0;
    if (get && strcmp(call->path, "/api/v1/docs") == 0)
        redirect(call, "/api/v1/docs/");
    else if (get && strcmp(call->path, "/api/v1/docs/") == 0)
        redirect(call, "/api/v1/docs/index.html");
    else if (get && strncmp(call->path, "/api/v1/docs/", 13) == 0)
        mb_api_text(call, 404, "text/plain; charset=utf-8", "Not Found");
    else
        mb_api_text(call, 404, "text/plain", "404 page not found");
}

/* --------------------------------------------------------------- who may */

static void refuse(struct mb_api_call *call, const struct mb_route *route)
{
    struct mb_error error = MB_ERROR_INIT;
    bool known = call->caller.role != MB_ROLE_NONE;
    bool guessing = call->refusal != NULL && call->refusal->status == MB_E_THROTTLED;
    if (known)
        mb_fail(&error, MB_E_FORBIDDEN, "%s needs the role %s, and this credential has %s", route->name,
                mb_role_name(route->role), mb_role_name(call->caller.role));
    else if (call->refusal != NULL)
        error = *call->refusal;
    else
        mb_fail(&error, MB_E_UNAUTHENTICATED, "a credential is needed");
    if (guessing)
        call->answer.retry_after = (call->refusal->retry_after_ms + 999) / 1000;
    mb_reply_refused(call, known ? 403 : guessing ? 429 : 401, error.message);
}

void mb_api_serve(struct mb_api_call *call)
{
    const struct mb_route *route = mb_route_find(call->method, call->path);
    mb_metrics_begin(mb_api_metrics(call->api));
    call->began_ns = mb_clock_monotonic();
    call->route = route;
    call->routes = mb_routes;
    call->route_count = mb_route_count;
    if (route == NULL)
        serve_unknown(call);
    else if (call->caller.role < route->role)
        refuse(call, route);
    else
        route->serve(call);
}
