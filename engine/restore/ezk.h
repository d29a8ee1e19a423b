/* ezk.h - the keys of encrypted databases, which Milvus wants with the data that it is to import.  Pure. */
#ifndef MB_RESTORE_EZK_H
#define MB_RESTORE_EZK_H

#include "base/log.h"
#include "model/backup.h"

/* Other keys than those in the backup: of each pair the first is a database of the backup or its key. */
struct mb_ezk_mapping {
    struct mb_strings from, to; /* of the same length; none is empty */
};

/* The log hides every key from then on.  MB_E_CONFIG for two pairs that disagree about a database; what is
 * about none is a warning. */
mb_status mb_restore_ezk_check(const struct mb_backup *backup, const struct mb_ezk_mapping *mapping,
                               struct mb_log *log, struct mb_arena *arena, struct mb_strings *warnings,
                               struct mb_error *error);

/* What to tell Milvus of a collection's data; "" where they are not encrypted. */
const char *mb_restore_ezk(const struct mb_backup *backup, const struct mb_ezk_mapping *mapping,
                           const struct mb_collection_backup *source);

#endif
