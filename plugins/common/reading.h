/* reading.h - a get on its way: what was asked for, and what is known of the object once its answer begins.
 */
#ifndef MB_COMMON_READING_H
#define MB_COMMON_READING_H

#include "common/range.h"

struct mb_reading {
    struct mb_store *store;
    const char *key;
    const char *if_match; /* or NULL */
    const struct mb_call *call;
    struct mb_range range;
    char range_text[MB_RANGE_TEXT]; /* as a header says it; "" for the whole object */
    struct mb_stat stat;            /* nothing but the size, once it has begun: the rest is the driver's */
};

/* opts may be NULL; what is passed in outlives the reading. */
struct mb_reading mb_reading_of(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                                const struct mb_call *call);

/* Before the reader gets anything: the answer is an object's, and the part that was asked for.  size_header
 * as for mb_range_accept, etag (or NULL) and stat as for mb_range_learn. */
mb_status mb_reading_begin(struct mb_reading *reading, const struct mb_http_response *response,
                           const char *size_header, const char *etag, mb_stat_fn *stat,
                           struct mb_error *error);

/* When the answer has ended: with status, as the driver's send returned it.  Did all come?  A range behind
 * the end of the object is looked at by stat.  Writes out, which may be NULL. */
mb_status mb_reading_end(struct mb_reading *reading, mb_status status,
                         const struct mb_http_response *response, mb_stat_fn *stat, struct mb_stat *out);

#endif
