/* read_back.h - what was written is read once more before it counts: a store that gives out something else,
 * or a description that no reader takes, is found while the backup is not complete yet. */
#ifndef MB_CATALOG_READ_BACK_H
#define MB_CATALOG_READ_BACK_H

#include "catalog/catalog.h"
#include "catalog/layout.h"

/* One object as it was handed to the store. */
struct mb_written {
    bool done; /* it was */
    uint64_t size;
    uint32_t crc32c;
};

/* Reads every file of written in <dir>/meta/, of a backup of that format, the descriptions as one who
 * restores does.  Memory holds an outline of one of the two descriptions (meta_file.h).  MB_E_CORRUPT with
 * the file, and what is wrong. */
mb_status mb_catalog_read_back(const struct mb_catalog *catalog, const char *dir, const char *format,
                               const struct mb_written written[MB_META_COUNT], struct mb_cancel *cancel,
                               struct mb_error *error);

#endif
