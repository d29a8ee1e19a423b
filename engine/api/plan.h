/* plan.h - restorePlan: what goes where. */
#ifndef MB_API_PLAN_H
#define MB_API_PLAN_H

#include "api/schema.h"
#include "milvus_backup.h"

struct mb_body_override {
    int32_t shards;
    const char *description;
};

struct mb_body_plan_collection {
    const char *source, *target;
    struct mb_body_override *override;
};

struct mb_body_plan_database {
    const char *source, *target;
    bool with_properties;
    struct mb_api_list collections; /* of struct mb_body_plan_collection */
};

struct mb_body_plan {
    struct mb_api_list mapping; /* of struct mb_body_plan_database */
    struct mb_api_list filter;  /* of struct mb_api_filter */
};

extern const struct mb_api_schema mb_body_plan_schema;

/* Its mapping in the words of the library; NULL has none.  MB_E_CONFIG for one without a name. */
mb_status mb_api_mappings(const struct mb_body_plan *plan, struct mb_arena *arena,
                          struct mb_restore_request *out, struct mb_error *error);

#endif
