/* history.h - the records of tasks in a file, for the next process: tasks.jsonl in a folder.
 *
 * A record is a line; of several with one id the last counts.  What is appended is on the disk when the call
 * returns.  A line that was cut off by a crash, or is damaged, is passed over.  A file called lock beside it
 * keeps a second process out.  Thread-safe. */
#ifndef MB_SERVICE_HISTORY_H
#define MB_SERVICE_HISTORY_H

#include "base/buf.h"

struct mb_history;

/* What is done with each line when the file is read: MB_E_CORRUPT for one that is damaged. */
typedef mb_status mb_history_line_fn(void *ctx, const char *line, size_t len, struct mb_error *error);

/* damaged gets the number of lines that were passed over.  The folder is made when it is missing, with those
 * above it.  MB_E_EXISTS when another process has it; MB_E_CONFIG for a folder that cannot be used. */
mb_status mb_history_open(struct mb_history **out, const char *folder, mb_history_line_fn *line, void *ctx,
                          size_t *damaged, struct mb_error *error);
void mb_history_close(struct mb_history *history); /* NULL is allowed */

/* text is whole lines.  When this fails the file is as it was. */
mb_status mb_history_append(struct mb_history *history, const char *text, size_t len, struct mb_error *error);

/* Is more than half of the file of no use any more, if it should hold so many lines of so many bytes? */
bool mb_history_is_stale(struct mb_history *history, size_t lines, size_t bytes);

/* Writes the file anew, beside the old one, which it replaces when it is on the disk.  gather appends all
 * lines to a buffer, during which nobody else appends. */
typedef void mb_history_gather_fn(void *ctx, struct mb_buf *lines);
mb_status mb_history_rewrite(struct mb_history *history, mb_history_gather_fn *gather, void *ctx,
                             struct mb_error *error);

#endif
