/* task_answer.h - a task as the API shows it. */
#ifndef MB_API_TASK_ANSWER_H
#define MB_API_TASK_ANSWER_H

#include "api/reply.h"

extern const struct mb_api_schema mb_task_schema, mb_task_list_schema;

/* One, into the array or object that the writer is in; key is NULL in an array. */
void mb_task_write(struct mb_json_writer *writer, const char *key, const struct mb_record *record,
                   struct mb_arena *arena);

/* The whole answer: the task under "data". */
void mb_reply_task(struct mb_api_call *call, int code, const char *msg, const struct mb_record *record);

/* An answer for a task that has been accepted, and for one that has ended. */
void mb_reply_task_accepted(struct mb_api_call *call, const struct mb_record *record);
void mb_reply_task_ended(struct mb_api_call *call, const struct mb_record *record);

#endif
