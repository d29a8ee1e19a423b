/* restored.h - a restore as restore and get_restore answer with it. */
#ifndef MB_API_RESTORED_H
#define MB_API_RESTORED_H

#include "api/reply.h"

extern const struct mb_api_schema mb_restored_schema;

/* The whole answer: the task under "data". */
void mb_reply_restored(struct mb_api_call *call, int code, const char *msg, const struct mb_record *record);

#endif
