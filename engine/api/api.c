#include "api/api.h"

#include "api/shared.h"

#include <stdlib.h>

struct mb_api {
    struct mb_service *service;
    struct mb_api_options options;
    struct mb_shared *lists;
};

mb_status mb_api_open(struct mb_api **out, struct mb_service *service, const struct mb_api_options *options,
                      struct mb_error *error)
{
    struct mb_api *api = calloc(1, sizeof *api);
    if (api == NULL)
        return mb_fail_memory(error);
    api->service = service;
    api->options = *options;
    api->lists = mb_shared_new();
    if (api->lists == NULL) {
        free(api);
        return mb_fail_memory(error);
    }
    *out = api;
    return MB_OK;
}

void mb_api_close(struct mb_api *api)
{
    if (api != NULL)
        mb_shared_free(api->lists);
    free(api);
}

struct mb_service *mb_api_service(struct mb_api *api)
{
    return api->service;
}

struct mb_schedules *mb_api_schedules(struct mb_api *api)
{
    return api->options.schedules;
}

struct mb_health *mb_api_health(struct mb_api *api)
{
    return api->options.health;
}

struct mb_metrics *mb_api_metrics(struct mb_api *api)
{
    return api->options.metrics;
}

const char *mb_api_base_path(const struct mb_api *api)
{
    return api->options.base_path != NULL ? api->options.base_path : "";
}

struct mb_shared *mb_api_lists(struct mb_api *api)
{
    return api->lists;
}
