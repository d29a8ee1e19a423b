/* start.h - tasks for requests: started, and answered at once or when they have ended. */
#ifndef MB_API_START_H
#define MB_API_START_H

#include "api/call.h"

/* Says what became of a task; the call is answered by it. */
typedef void mb_api_ended_fn(struct mb_api_call *call, const struct mb_record *record);

/* Answers the call by fn: at once, while the task goes on, or from another thread when it has ended. */
void mb_api_answer_now(struct mb_api_call *call, const char *id, mb_api_ended_fn *fn);
void mb_api_answer_at_end(struct mb_api_call *call, const char *id, mb_api_ended_fn *fn);

/* Starts the job and answers by fn: at its end, or at once where async.  On failure nothing was answered;
 * the caller does so.  MB_E_UNAVAILABLE, naming it, when another task is in the way. */
mb_status mb_api_start(struct mb_api_call *call, const struct mb_job *job, bool async, mb_api_ended_fn *fn,
                       struct mb_error *error);

/* Would mb_api_start refuse it at this moment?  For what looks into the storage first. */
mb_status mb_api_check(struct mb_api_call *call, const struct mb_job *job, struct mb_error *error);

/* A moment in UTC for a name that nobody gave, "2026_11_21_06_49_30_123456789". */
const char *mb_api_moment_name(struct mb_arena *arena, const char *prefix);

#endif
