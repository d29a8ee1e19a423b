/* log_line.h - a line of the log, as text or as an object of JSON.  Private to base. */
#ifndef MB_BASE_LOG_LINE_H
#define MB_BASE_LOG_LINE_H

#include "base/buf.h"

/* Appends the line of this moment with its end.  text: 2026-11-21T06:49:30.123Z INFO  [task] text */
void mb_log_line_text(struct mb_buf *line, int level, const char *task, const char *text);

/* {"time":"2026-11-21T06:49:30.123Z","level":"info","task":"","text":"text"}; what is no UTF-8 becomes
 * U+FFFD. */
void mb_log_line_json(struct mb_buf *line, int level, const char *task, const char *text);

#endif
