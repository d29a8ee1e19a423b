/* log.h - the log file: one line an event, levels, rotation, secrets masked.  Thread-safe.
 *
 * A line: 2026-11-21T06:49:30.123Z INFO  text.  Newlines and control characters in the text are escaped. What
 * a task's threads say (see scope.h) begins with its id: "[restore-1] text". */
#ifndef MB_BASE_LOG_H
#define MB_BASE_LOG_H

#include "base/error.h"

#include <stdarg.h>
#include <stdint.h>

struct mb_log;

struct mb_log_options {
    int level;          /* MB_LOG_*; what is more detailed is dropped */
    const char *path;   /* NULL or "" for no file; missing folders are made */
    uint64_t max_bytes; /* rotate at this size; 0 for never */
    unsigned max_days;  /* remove rotated files older than this; 0 for never */
    unsigned max_files; /* keep this many rotated files; 0 for all */
    bool console;       /* also to stderr */
    bool json;          /* lines of file and console are objects of JSON, see log_line.h */
    /* Called with every line that is kept, secrets masked: from any thread, several at a time.  task is the
     * id of the task that says so, or "".  Both strings are valid during the call. */
    void (*tell)(void *ctx, int level, const char *task, const char *text);
    void *ctx;
};

mb_status mb_log_open(struct mb_log **out, const struct mb_log_options *options, struct mb_error *error);
void mb_log_close(struct mb_log *log);

/* log may be NULL: dropped. */
void mb_log(struct mb_log *log, int level, const char *fmt, ...) MB_PRINTF(3, 4);
void mb_log_args(struct mb_log *log, int level, const char *fmt, va_list args) MB_PRINTF(3, 0);

/* The folder of the log's file, as long as the log is there; NULL when it has none. */
const char *mb_log_folder(const struct mb_log *log);

/* Would a line of this level be kept?  For callers whose text is dear to make. */
bool mb_log_enabled(const struct mb_log *log, int level);

/* From now on, text is replaced by asterisks wherever it appears.  Texts under four bytes are ignored. */
void mb_log_hide(struct mb_log *log, const char *text);

/* Replaces them in text, which becomes no longer, as lines of the log do; also the beginning of a long one,
 * since a message may have been cut in the middle of it.  For what another program answered: it may say again
 * what it was sent. */
void mb_log_mask(struct mb_log *log, char *text);

/* "debug" -> MB_LOG_DEBUG, in any case; false when it is no level. */
bool mb_log_level_parse(const char *text, int *level);

#endif
