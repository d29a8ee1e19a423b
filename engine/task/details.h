/* details.h - what a list of backups says of one beyond its name and size. */
#ifndef MB_TASK_DETAILS_H
#define MB_TASK_DETAILS_H

#include "catalog/catalog.h"

struct mb_details {
    int64_t rows;    /* -1 when not known */
    int64_t made_ms; /* when it was committed, by the storage's clock; 0 when not known */
    int64_t took_ms; /* from the first collection's flush till then; -1 when not known */
};

#define MB_DETAILS_UNKNOWN ((struct mb_details){.rows = -1, .took_ms = -1})

/* A description that makes no sense leaves them unknown; a storage that fails is an error. */
mb_status mb_details_read(const struct mb_catalog *catalog, const char *name, struct mb_details *out,
                          struct mb_cancel *cancel, struct mb_error *error);

/* Of a description in hand. */
mb_status mb_details_of(const struct mb_catalog *catalog, const struct mb_backup *backup,
                        struct mb_details *out, struct mb_cancel *cancel, struct mb_error *error);

/* As Milvus counted them; of which no description says how many were deleted again. */
int64_t mb_details_rows(const struct mb_collection_backup *collection);
int64_t mb_details_partition_rows(const struct mb_partition_backup *partition);

#endif
