/* answer.h - an answer handed to libmicrohttpd, which sends it. */
#ifndef MB_SERVER_ANSWER_H
#define MB_SERVER_ANSWER_H

#include "api/call.h"
#include "server/console.h"

struct MHD_Connection;

struct mb_answer_options {
    const struct mb_console_page *page; /* instead of the answer's body; or NULL */
    const char *challenge;              /* behind a 401 */
    bool last;                          /* the connection ends with it */
};

/* Gives up the answer's body.  False when the connection has to be cut. */
bool mb_answer_send(struct MHD_Connection *connection, struct mb_answer *answer,
                    const struct mb_answer_options *options);

#endif
