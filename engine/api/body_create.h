/* body_create.h - what POST /create takes. */
#ifndef MB_API_BODY_CREATE_H
#define MB_API_BODY_CREATE_H

#include "api/schema.h"
#include "milvus_backup.h"

struct mb_body_create {
    const char *request_id, *name, *db_collections, *gc_address, *root_path, *strategy, *format;
    struct mb_strings collections;
    struct mb_api_list filter;
    bool async, force, meta_only, gc_enable, rbac, index_extra, resume, take_over, bound;
    int32_t gc_seconds;
};

extern const struct mb_api_schema mb_body_create_schema;

/* The library's request for it.  MB_E_UNSUPPORTED for what is asked for and cannot be done. */
mb_status mb_body_create_request(const struct mb_body_create *body, struct mb_arena *arena,
                                 struct mb_create_request *out, struct mb_error *error);

#endif
