/* front.h - what the door answers by itself: the greeting at "/", pages, slashes too many. */
#ifndef MB_SERVER_FRONT_H
#define MB_SERVER_FRONT_H

#include "api/call.h"
#include "server/console.h"

/* Fills the call's answer, or page, for what is no affair of the API; false when it is.  The call is not
 * handed back.  accept is the header, or "". */
bool mb_front_answer(struct mb_api_call *call, const char *accept, const struct mb_console_page **page);

/* An answer without the call being handed back. */
void mb_front_text(struct mb_api_call *call, unsigned status, const char *content_type, const char *text);

#endif
