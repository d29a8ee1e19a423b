#include "api/route.h"

#include "api/routes.h"

#include <string.h>

const struct mb_route mb_routes[] = {
    {.method = "GET",
     .path = "/api/v1/hello",
     .role = MB_ROLE_NONE,
     .quick = true,
     .serve = mb_serve_hello,
     .name = "hello",
     .summary = "Says that the backup service listens",
     .content_type = "text/plain"},
};

const size_t mb_route_count = sizeof mb_routes / sizeof *mb_routes;

const struct mb_route *mb_route_find(const char *method, const char *path)
{
    for (size_t i = 0; i < mb_route_count; i++)
        if (strcmp(mb_routes[i].path, path) == 0 && strcmp(mb_routes[i].method, method) == 0)
            return &mb_routes[i];
    return NULL;
}
