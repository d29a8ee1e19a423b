/* exchange_private.h - what the files of an exchange know of it.
 *
 * exchange.c is its way from begin to end, exchange_body.c reads its body, exchange_caller.c judges who asks,
 * exchange_answer.c answers. */
#ifndef MB_SERVER_EXCHANGE_PRIVATE_H
#define MB_SERVER_EXCHANGE_PRIVATE_H

#include "api/route.h"
#include "server/exchange.h"
#include "server/head.h"

#include <stdatomic.h>

struct mb_exchange {
    struct mb_exchanges *shared;
    struct MHD_Connection *connection;
    struct mb_connection *line;
    const char *raw;
    int64_t began;
    struct mb_head head;
    struct mb_buf body;
    uint64_t taken, sent; /* bytes of the body that came; of the answer */
    unsigned refusal;     /* the status of an answer that was decided on while the body still comes; 0 */
    const char *name;     /* in the client's certificate */
    struct mb_error why;  /* the caller has no role */
    const struct mb_route *route;
    const struct mb_console_page *page;
    struct mb_api_call call;
    struct mb_watched watched;
    bool begun, started; /* has headers; has been handed to a worker */
    bool judged, served; /* it is known who asks; the API has answered */
    bool strange;        /* a password has to be hashed first: its body has a budget of its own */
    atomic_bool answered;
};

/* --- its body */

void mb_exchange_forget_body(struct mb_exchange *exchange);

/* --- who is asking */

mb_status mb_exchange_name(struct mb_exchange *exchange, struct mb_error *error);

/* Not in libmicrohttpd's thread, since looking at a password takes its time. */
void mb_exchange_admit(struct mb_exchange *exchange);

bool mb_exchange_is_forged(const struct mb_exchange *exchange);

/* Has a body that only those may send who have a role. */
bool mb_exchange_is_guarded(const struct mb_exchange *exchange);

/* Who may not come in hears so before a body is taken that would need memory which others need.  False to cut
 * the connection. */
bool mb_exchange_judge(struct mb_exchange *exchange);

/* --- its answer; false to cut the connection */

int mb_exchange_socket(struct mb_exchange *exchange);
bool mb_exchange_answer(struct mb_exchange *exchange);
bool mb_exchange_refuse_malformed(struct mb_exchange *exchange);
bool mb_exchange_refuse_for_now(struct mb_exchange *exchange, const char *text);
bool mb_exchange_refuse_forged(struct mb_exchange *exchange);
bool mb_exchange_refuse_too_large(struct mb_exchange *exchange);

/* Refused without its body, which the client may be about to send all the same. */
bool mb_exchange_linger(struct mb_exchange *exchange, bool refused);

#endif
