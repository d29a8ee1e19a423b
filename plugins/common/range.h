/* range.h - reading a part of an object: how it is asked for, and whether an answer is what was asked for. */
#ifndef MB_COMMON_RANGE_H
#define MB_COMMON_RANGE_H

#include "common/listing.h"
#include "http/http.h"

enum { MB_RANGE_TEXT = 64 };

struct mb_range {
    uint64_t offset;
    uint64_t length; /* 0 for the rest */

    /* Once an answer was accepted: */
    uint64_t size;     /* of the whole object */
    uint64_t expected; /* bytes of the answer's body */
    bool part;         /* it is a part of the object */
    bool unsized;      /* it does not tell the object's size: mb_range_learn finds it out */
    uint64_t first;    /* of a part: its first and last byte */
    uint64_t last;
};

/* opts may be NULL. */
struct mb_range mb_range_of(const struct mb_get_options *opts);

bool mb_range_is_whole(const struct mb_range *range);

/* "bytes=2-6"; "" for a whole object. */
void mb_range_write(const struct mb_range *range, char out[MB_RANGE_TEXT]);

/* Before the reader gets anything: MB_E_PROTOCOL when the answer holds other bytes than those.  size_header
 * is where a service tells the size of a whole object, if not in Content-Length; or NULL. */
mb_status mb_range_accept(struct mb_range *range, const struct mb_http_response *response,
                          const char *size_header, struct mb_error *error);

/* The slot of a driver. */
typedef mb_status mb_stat_fn(struct mb_store *store, const char *key, struct mb_stat *out,
                             const struct mb_call *call);
/* Before the reader gets anything of an unsized answer: its size is what stat says of the object with this
 * etag, which may be NULL, so that an answer which is cut is noticed. */
mb_status mb_range_learn(struct mb_range *range, const char *etag, mb_stat_fn *stat, struct mb_store *store,
                         const char *key, const struct mb_call *call);

/* The size of an object by a listing, for stat when the answer does not tell it. */
mb_status mb_listed_size(const struct mb_list_fns *list, struct mb_store *store, const char *key,
                         uint64_t *out, const struct mb_call *call);

/* For an answer of success to a write that does not say what was written: what lies there decides. */
mb_status mb_written_size(mb_stat_fn *stat, struct mb_store *store, const char *key, uint64_t size,
                          struct mb_stat *out, const struct mb_call *call);

/* After the last byte: did all come that were announced? */
mb_status mb_range_complete(const struct mb_range *range, const struct mb_http_response *response,
                            struct mb_error *error);

/* After a refusal (416): a range behind the end of the object has no bytes, like reading a file there; any
 * other has.  if_match, which may be NULL, counts also then. */
mb_status mb_range_past_end(const struct mb_range *range, const char *if_match, mb_stat_fn *stat,
                            struct mb_store *store, const char *key, struct mb_stat *out,
                            const struct mb_call *call);

/* The number in a header; false when it is missing or none. */
bool mb_header_number(const struct mb_headers *headers, const char *name, uint64_t *out);

#endif
