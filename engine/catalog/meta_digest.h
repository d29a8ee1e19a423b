/* meta_digest.h - all that a description says of one thing, as a number: two descriptions that say the same
 * of it have the same one, however they are written, and whatever Milvus' root was. */
#ifndef MB_CATALOG_META_DIGEST_H
#define MB_CATALOG_META_DIGEST_H

#include "catalog/meta_tables.h"

/* fields is one of the tables of meta_tables.h; what stands in the thing (partitions, segments) is left out.
 */
mb_status mb_meta_digest(const struct mb_json_field *fields, const void *base, uint64_t *out,
                         struct mb_error *error);

/* Of a segment without the ids of what it stands in, which some writers leave out. */
mb_status mb_meta_digest_segment(const struct mb_segment_backup *segment, uint64_t *out,
                                 struct mb_error *error);

#endif
