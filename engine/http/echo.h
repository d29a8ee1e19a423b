/* echo.h - what a service repeats of the secrets that a request showed it.  Only for send.c. */
#ifndef MB_HTTP_ECHO_H
#define MB_HTTP_ECHO_H

#include "http/http.h"

/* Puts asterisks for them in what is kept of a refusal: tokens and passwords of headers, of the URL and of
 * forms.  Those that a driver came by on its own are known to nobody else.  An answer of success is data, and
 * stays as it is: a listing may repeat the token of its page. */
void mb_http_hide_echo(const struct mb_http_request *request, struct mb_http_response *response);

#endif
