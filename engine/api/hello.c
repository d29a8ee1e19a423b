/* Whoever asks whether the right program listens. */
#include "api/routes.h"

void mb_serve_hello(struct mb_api_call *call)
{
    mb_api_text(call, 200, "text/plain; charset=utf-8", "Hello, This is backup service");
}
