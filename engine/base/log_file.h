/* log_file.h - the file under a log: appends, and moves itself aside when it has grown too large.  Private to
 * base; not thread-safe. */
#ifndef MB_BASE_LOG_FILE_H
#define MB_BASE_LOG_FILE_H

#include "base/log.h"

struct mb_log_file;

/* What is of interest in options: path, max_bytes, max_days, max_files. */
mb_status mb_log_file_open(struct mb_log_file **out, const struct mb_log_options *options,
                           struct mb_error *error);
void mb_log_file_close(struct mb_log_file *file);

const char *mb_log_file_folder(const struct mb_log_file *file);

/* One whole line.  A log has nobody to tell of its own failures: what cannot be written is lost. */
void mb_log_file_write(struct mb_log_file *file, const char *line, size_t len);

#endif
