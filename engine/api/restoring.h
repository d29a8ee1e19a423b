/* restoring.h - what the routes that restore have in common. */
#ifndef MB_API_RESTORING_H
#define MB_API_RESTORING_H

#include "api/call.h"

/* A backup that is not there is known before there is a task: MB_E_INVALID. */
mb_status mb_restoring_find(struct mb_api_call *call, const struct mb_job *job, const char *name,
                            struct mb_error *error);

/* Of mb_api_start. */
void mb_restoring_accepted(struct mb_api_call *call, const struct mb_record *record);
void mb_restoring_ended(struct mb_api_call *call, const struct mb_record *record);

#endif
