/* progress_row.h - how far a task is with each of its collections.
 *
 * A row is written by the threads that work on the collection and may be read by any.  Every function takes a
 * row that is NULL, for a task that counts nothing. */
#ifndef MB_BASE_PROGRESS_ROW_H
#define MB_BASE_PROGRESS_ROW_H

#include "base/progress.h"

struct mb_progress_row {
    const char *db, *name;               /* in Milvus */
    const char *source_db, *source_name; /* in the backup */
    _Atomic(const char *) doing; /* a constant: "flush", "copy"; NULL before it begins and afterwards */
    atomic_int_fast64_t started_ns, ended_ns; /* 0 for not yet */
    atomic_uint_fast64_t objects, imports, segments;
    atomic_uint_fast64_t bytes_done, bytes_total;
    atomic_int_fast64_t rows; /* -1 while not known */
    char text[];
};

struct mb_progress_names {
    const char *db, *name;
    const char *source_db, *source_name;
};

/* Behind those that there are.  The names are copied.  *out is NULL when progress is; the row stays until
 * mb_progress_done. */
mb_status mb_progress_add_row(struct mb_progress *progress, const struct mb_progress_names *names,
                              struct mb_progress_row **out, struct mb_error *error);

size_t mb_progress_row_count(struct mb_progress *progress);
struct mb_progress_row *mb_progress_row_at(struct mb_progress *progress, size_t i); /* NULL behind the last */

void mb_progress_row_does(struct mb_progress_row *row, const char *doing); /* the first time it begins */
void mb_progress_row_ends(struct mb_progress_row *row);
void mb_progress_row_moved(struct mb_progress_row *row, uint64_t objects, uint64_t bytes);
void mb_progress_row_expect(struct mb_progress_row *row, uint64_t bytes); /* so many more */

#endif
