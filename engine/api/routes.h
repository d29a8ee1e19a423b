/* routes.h - what serves each route; see route.h for the promise. */
#ifndef MB_API_ROUTES_H
#define MB_API_ROUTES_H

#include "api/route.h"

void mb_serve_hello(struct mb_api_call *call);

#endif
