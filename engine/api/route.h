/* route.h - the routes: one table by which requests are served, described (openapi.h) and tested. */
#ifndef MB_API_ROUTE_H
#define MB_API_ROUTE_H

#include "api/call.h"

struct mb_api_schema; /* of a body or a reply: see schema.h */

struct mb_parameter {
    const char *name;
    const char *type; /* "string", "integer", "boolean" */
    bool required;
    const char *help; /* one sentence */
};

struct mb_route {
    const char *method, *path; /* "POST", "/api/v1/create" */
    enum mb_role role;         /* that it takes */
    bool changes;              /* something: a line in the audit log */
    bool quick;                /* waits for neither storage nor Milvus: served while all others wait */
    void (*serve)(struct mb_api_call
                      *call); /* in a thread of the door's workers; may keep the call and answer it later */
    const char *name;         /* operationId, and its label in metrics: "createBackup" */
    const char *summary;      /* one line */
    const struct mb_parameter *parameters;
    size_t parameter_count;
    const struct mb_api_schema *body, *reply; /* NULL for none */
    const char *content_type;                 /* of a reply that is no JSON; or NULL */
};

extern const struct mb_route mb_routes[];
extern const size_t mb_route_count;

/* NULL for none. */
const struct mb_route *mb_route_find(const char *method, const char *path);

#endif
