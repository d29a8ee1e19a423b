/* index_extra.h - what a server keeps of an index as further members of its description. */
#ifndef MB_CATALOG_INDEX_EXTRA_H
#define MB_CATALOG_INDEX_EXTRA_H

#include "base/arena.h"
#include "base/error.h"
#include "model/collection.h"

/* The text of mb_index.extra, in arena; "" when there is nothing to say. */
mb_status mb_index_extra_to_json(const struct mb_index_extra *extra, struct mb_arena *arena, const char **out,
                                 struct mb_error *error);

/* That text as members.  MB_E_CORRUPT, with the index' name, for what cannot be read. */
mb_status mb_index_extra_read(const struct mb_index *index, struct mb_arena *arena,
                              struct mb_index_extra *out, struct mb_error *error);

#endif
