/* request.h - what the requests have in common: names, texts and lists of a caller, copied and judged. */
#ifndef MB_TASK_REQUEST_H
#define MB_TASK_REQUEST_H

#include "task/choice.h"
#include "task/task.h"

/* For a backup to be made, and for one that may be there. */
mb_status mb_request_new_name(const char *name, struct mb_error *error);
mb_status mb_request_name(const char *name, struct mb_error *error);

/* A name for what is made: printable, up to 200 bytes; NULL is none. */
mb_status mb_request_id(const char *id, struct mb_error *error);

/* Copies a text; NULL stays NULL. */
mb_status mb_request_text(struct mb_arena *arena, const char *text, const char **out, struct mb_error *error);

/* Copies a list; member is its name for errors. */
mb_status mb_request_list(struct mb_arena *arena, const char *const *items, size_t count, const char *member,
                          struct mb_strings *out, struct mb_error *error);

/* MB_AS_CONFIGURED, MB_YES or MB_NO. */
mb_status mb_request_tristate(int32_t given, const char *member, struct mb_error *error);
bool mb_request_decides(int32_t given, bool configured);

/* Warns of members that did not count. */
void mb_request_warn_ignored(struct mb_task *task, const struct mb_strings *ignored);

/* How objects are moved: as configured, through the buffers that all tasks share. */
struct mb_copy_options mb_request_copy_options(const struct mb_session *session);

/* The catalog of the session's backups over a store of it. */
struct mb_catalog;
struct mb_catalog mb_request_catalog(const struct mb_session *session, struct mb_storage *storage);

#endif
