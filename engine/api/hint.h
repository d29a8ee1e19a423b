/* hint.h - what to do about a failure, in the words of the API. */
#ifndef MB_API_HINT_H
#define MB_API_HINT_H

#include "base/arena.h"
#include "service/service.h"

/* The error's message with the advice behind it, or the member that it is about in front. */
const char *mb_api_hint(const struct mb_error *error, struct mb_arena *arena);

/* The message, likewise, without advice. */
const char *mb_api_message(const struct mb_error *error, struct mb_arena *arena);

/* A warning of a task, as mb_word_fn (service.h). */
const char *mb_api_warning(const struct mb_task_warning *warning, struct mb_arena *arena);

/* Where the error is about that member: it is called otherwise in this request.  Gives its status. */
mb_status mb_api_name_member(struct mb_error *error, const char *member, const char *name);

/* Why the task failed, as an error; nothing where it did not. */
struct mb_error mb_api_record_error(const struct mb_record *record);

/* The same of a task that has ended; one that can be gone on with says so, whatever else its error asks for.
 */
const char *mb_api_record_hint(const struct mb_record *record, struct mb_arena *arena);

/* The advice alone; "" for none. */
const char *mb_api_record_advice(const struct mb_record *record, struct mb_arena *arena);

#endif
