#include "server/exchange_private.h"

#include "base/clock.h"
#include "server/answer.h"
#include "server/front.h"
#include "service/metrics.h"

#include <microhttpd.h>

#define JSON "application/json; charset=utf-8"

int mb_exchange_socket(struct mb_exchange *exchange)
{
    return MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

/* What never reached the API, which counts its own. */
static void count_own_answer(struct mb_exchange *exchange)
{
    struct mb_metrics *metrics = exchange->shared->metrics;
    if (exchange->served)
        return;
    mb_metrics_begin(metrics);
    mb_metrics_end(metrics, exchange->page != NULL ? "page" : "door",
                   exchange->page != NULL ? 200 : exchange->call.answer.status,
                   mb_clock_monotonic() - exchange->began);
}

bool mb_exchange_answer(struct mb_exchange *exchange)
{
    struct mb_exchanges *shared = exchange->shared;
    struct mb_answer *answer = &exchange->call.answer;
    struct mb_answer_options options = {.page = exchange->page,
                                        .challenge = mb_auth_challenge(shared->auth),
                                        .last = exchange->refusal != 0 || atomic_load(&shared->closing) ||
                                                mb_connections_crowded(shared->connections)};
    mb_connection_hurry(shared->connections, exchange->line, answer->body.len);
    count_own_answer(exchange);
    exchange->sent = exchange->page != NULL ? exchange->page->len : answer->body.len;
    return mb_answer_send(exchange->connection, answer, &options);
}

static bool refuse(struct mb_exchange *exchange, unsigned status, const char *content_type, const char *text)
{
    exchange->refusal = status;
    mb_front_text(&exchange->call, status, content_type, text);
    return mb_exchange_answer(exchange);
}

bool mb_exchange_refuse_malformed(struct mb_exchange *exchange)
{
    return refuse(exchange, 400, "text/plain; charset=utf-8", "400 Bad Request");
}

bool mb_exchange_refuse_for_now(struct mb_exchange *exchange, const char *text)
{
    return refuse(exchange, 503, JSON, text);
}

bool mb_exchange_refuse_forged(struct mb_exchange *exchange)
{
    return refuse(exchange, 403, JSON, "{\"code\":2,\"msg\":\"the request comes from another website\"}");
}

bool mb_exchange_refuse_too_large(struct mb_exchange *exchange)
{
    return refuse(exchange, 413, JSON,
                  "{\"code\":400,\"msg\":\"the body is larger than server.bodyLimitMiB allows\"}");
}

bool mb_exchange_linger(struct mb_exchange *exchange, bool refused)
{
    if (refused && (exchange->head.length > 0 || exchange->head.chunked))
        mb_linger_add(exchange->shared->linger, mb_exchange_socket(exchange));
    return refused;
}
