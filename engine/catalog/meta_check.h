/* meta_check.h - a description as a whole, after all of its files have been read. */
#ifndef MB_CATALOG_META_CHECK_H
#define MB_CATALOG_META_CHECK_H

#include "catalog/meta_file.h"

/* MB_E_CORRUPT when the description contradicts itself.  Ids that something leaves out are those of what it
 * stands in. */
mb_status mb_meta_check(struct mb_meta_draft *draft, struct mb_error *error);

/* MB_E_CORRUPT, about the level file or, where the description is no level files, about full_meta.json. */
mb_status mb_meta_refuse(struct mb_meta_draft *draft, enum mb_meta_file level, const char *text,
                         struct mb_error *error);

#endif
