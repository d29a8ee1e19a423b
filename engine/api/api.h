/* api.h - the API over a service: what REST and gRPC answer with. */
#ifndef MB_API_API_H
#define MB_API_API_H

#include "api/call.h"

struct mb_health;
struct mb_metrics;
struct mb_schedules;
struct mb_shared;

struct mb_api_options {
    const char *base_path;          /* in front of the API as clients see it (server.swaggerBasePath); "" */
    struct mb_schedules *schedules; /* of the service; they outlive the API; or NULL */
    struct mb_health *health;       /* likewise, and there is one */
    struct mb_metrics *metrics;     /* likewise */
};

mb_status mb_api_open(struct mb_api **out, struct mb_service *service, const struct mb_api_options *options,
                      struct mb_error *error);

/* No call is under way. */
void mb_api_close(struct mb_api *api);

struct mb_service *mb_api_service(struct mb_api *api);
const char *mb_api_base_path(const struct mb_api *api);
struct mb_schedules *mb_api_schedules(struct mb_api *api); /* or NULL */
struct mb_health *mb_api_health(struct mb_api *api);
struct mb_metrics *mb_api_metrics(struct mb_api *api);
struct mb_shared *mb_api_lists(struct mb_api *api); /* of backups, that are being read */

/* Finds the route, sees whether the caller may, and serves: blocks as long as the storage does, so it is
 * called in a thread of the door's own. */
void mb_api_serve(struct mb_api_call *call);

#endif
