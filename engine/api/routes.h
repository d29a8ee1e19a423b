/* routes.h - what serves each route, and its schemas; see route.h for the promise. */
#ifndef MB_API_ROUTES_H
#define MB_API_ROUTES_H

#include "api/route.h"

void mb_serve_hello(struct mb_api_call *call);
void mb_serve_create(struct mb_api_call *call);
void mb_serve_list(struct mb_api_call *call);
void mb_serve_get_backup(struct mb_api_call *call);
void mb_serve_delete(struct mb_api_call *call);
void mb_serve_restore(struct mb_api_call *call);
void mb_serve_get_restore(struct mb_api_call *call);
void mb_serve_restore_secondary(struct mb_api_call *call);
void mb_serve_check(struct mb_api_call *call);
void mb_serve_tasks(struct mb_api_call *call);
void mb_serve_task(struct mb_api_call *call);
void mb_serve_cancel(struct mb_api_call *call);
void mb_serve_transfer(struct mb_api_call *call);
void mb_serve_peers(struct mb_api_call *call);
void mb_serve_verify(struct mb_api_call *call);
void mb_serve_l0compact(struct mb_api_call *call);
void mb_serve_prune(struct mb_api_call *call);
void mb_serve_schedules(struct mb_api_call *call);
void mb_serve_info(struct mb_api_call *call);
void mb_serve_healthz(struct mb_api_call *call);
void mb_serve_readyz(struct mb_api_call *call);
void mb_serve_health(struct mb_api_call *call);
void mb_serve_metrics(struct mb_api_call *call);
void mb_serve_openapi(struct mb_api_call *call);

extern const struct mb_api_schema mb_body_prune_schema, mb_schedules_schema, mb_health_schema;
extern const struct mb_api_schema mb_list_schema, mb_info_schema, mb_body_verify_schema,
    mb_body_transfer_schema, mb_body_l0compact_schema, mb_body_secondary_schema, mb_peers_schema;

#endif
