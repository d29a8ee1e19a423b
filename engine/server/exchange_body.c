#include "server/exchange_private.h"

enum {
    SPILL = 4,          /* times the limit: how much of a body is read that will be refused */
    BODIES = 8,         /* times the limit: how much all bodies together may hold */
    STRANGE_BODIES = 2, /* likewise, of those who may turn out not to be let in */
};

static atomic_ullong *budget_of(struct mb_exchange *exchange)
{
    return exchange->strange ? &exchange->shared->strangers : &exchange->shared->bodies;
}

void mb_exchange_forget_body(struct mb_exchange *exchange)
{
    atomic_fetch_sub(budget_of(exchange), exchange->body.len);
    mb_buf_done(&exchange->body);
    exchange->body = MB_BUF_INIT(0);
}

/* A body that is not wanted any more is read all the same, or else its client would not hear why. */
static void drop_body(struct mb_exchange *exchange, unsigned status)
{
    exchange->refusal = status;
    mb_exchange_forget_body(exchange);
}

bool mb_exchange_take(struct mb_exchange *exchange, const char *data, size_t len)
{
    struct mb_exchanges *shared = exchange->shared;
    exchange->taken += len;
    if (exchange->taken > SPILL * shared->body_limit)
        return false;
    if (exchange->refusal != 0)
        return true;
    atomic_ullong *held = budget_of(exchange);
    uint64_t most = (exchange->strange ? STRANGE_BODIES : BODIES) * shared->body_limit;
    if (exchange->taken > shared->body_limit) {
        drop_body(exchange, 413);
    } else if (exchange->route == NULL || exchange->route->body == NULL) {
        return true; /* nobody reads it */
    } else if (atomic_load(held) + len > most || mb_buf_append(&exchange->body, data, len) != MB_OK) {
        drop_body(exchange, 503);
    } else {
        atomic_fetch_add(held, len);
    }
    return true;
}
