/* record.h - a task's record: taken from the task, as one line of JSON for memory and for the history, and
 * back. */
#ifndef MB_SERVICE_RECORD_H
#define MB_SERVICE_RECORD_H

#include "base/buf.h"
#include "service/service.h"

#include <jansson.h>

/* A record as it is kept: the object without its collections, and the array of these or NULL.  Both are
 * malloc'ed. */
struct mb_kept {
    char *object;
    char *collections;
};

mb_status mb_kept_of(const struct mb_record *record, struct mb_kept *out, struct mb_error *error);
void mb_kept_done(struct mb_kept *kept);

/* Bytes of memory. */
size_t mb_kept_size(const struct mb_kept *kept);

/* Makes it shorter: its collections go, or its result and warnings, if these are long. */
void mb_kept_drop_collections(struct mb_kept *kept);
void mb_kept_drop_result(struct mb_kept *kept);

/* Back; strings lie in arena.  MB_E_CORRUPT for what is no record. */
mb_status mb_kept_read(const struct mb_kept *kept, bool with_collections, struct mb_arena *arena,
                       struct mb_record *out, struct mb_error *error);

/* One line, with its end, appended to buf. */
void mb_kept_write(const struct mb_kept *kept, struct mb_buf *buf);

/* A line of the history, collections and all.  MB_E_CORRUPT for what is no record. */
mb_status mb_record_parse(const char *line, size_t len, struct mb_arena *arena, struct mb_record *out,
                          struct mb_error *error);

/* Fills in what a task tells of itself; out has what the service knows beside it. */
mb_status mb_record_of_task(struct mb_task *task, mb_word_fn *word, bool with_collections,
                            struct mb_arena *arena, struct mb_record *out, struct mb_error *error);

/* Makes the record of a task that the server's end cut off that of a failed one; it can be resumed where the
 * kind of task can. */
void mb_record_interrupt(struct mb_record *record, int64_t now_ms);

/* Takes back the advice to go on with it or to remove it: by now that name is another's. */
void mb_record_settle(struct mb_record *record);

/* The advice to go on with it, for one that is resumable; MB_HINT_NONE otherwise. */
uint32_t mb_record_hint(const struct mb_record *record);

/* Are tasks of that kind gone on with, where they were cut off? */
bool mb_record_can_resume(int32_t kind);

/* Whole percents of the library's: 100 for a task that has succeeded and only then. */
int32_t mb_record_percent(double percent, int32_t state);

/* What one object of JSON says of a task that has ended; "{}" for none. */
mb_status mb_result_of_task(struct mb_task *task, struct mb_arena *arena, const char **out,
                            struct mb_error *error);

#endif
