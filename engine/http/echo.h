/* echo.h - what a service repeats of the secrets that a request showed it.  Only for send.c. */
#ifndef MB_HTTP_ECHO_H
#define MB_HTTP_ECHO_H

#include "http/http.h"

/* Puts asterisks for them in all that is kept of the answer: tokens and passwords of headers, of the URL and
 * of forms.  Those that a driver came by on its own are known to nobody else. */
void mb_http_hide_echo(const struct mb_http_request *request, struct mb_http_response *response);

#endif
