/* brief.h - a backup as get_backup and create answer with it: from its task, from the storage, or from both.
 */
#ifndef MB_API_BRIEF_H
#define MB_API_BRIEF_H

#include "api/call.h"
#include "api/schema.h"

/* In "state_code". */
enum {
    MB_STATE_CODE_INITIAL = 0,
    MB_STATE_CODE_EXECUTING = 1,
    MB_STATE_CODE_SUCCESS = 2,
    MB_STATE_CODE_FAIL = 3
};

struct mb_brief {
    const char *id;
    int32_t state_code;
    const char *error;
    int64_t start_s, end_s; /* since 1970; 0 for not yet */
    int32_t progress;
    const char *name;
    uint64_t backup_timestamp;
    const char *collections; /* JSON, as the backup describes them */
    int64_t size;
    const char *milvus_version;
    const char *rpc_channel_info; /* JSON */
    const char *databases;        /* JSON */
    int64_t meta_size;
    const char *format;
};

extern const struct mb_api_schema mb_brief_schema;

int32_t mb_state_code(int32_t task_state);
int32_t mb_progress_of(const struct mb_record *record);

/* What its task knows. */
void mb_brief_of_record(const struct mb_record *record, struct mb_arena *arena, struct mb_brief *out);

/* What the storage has, of a complete backup, put over what *out holds; MB_E_NOT_FOUND where there is no such
 * backup, also for a name that none can have, MB_E_CORRUPT for one that is not complete. */
mb_status mb_brief_read(const struct mb_api_call *call, struct mb_session *session, const char *name,
                        struct mb_brief *out, struct mb_error *error);

#endif
