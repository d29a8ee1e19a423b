/* spool.h - a text of unknown length on its way to a store: small ones stay in memory, large ones lie in an
 * unlinked temporary file until they are uploaded.  Not thread-safe. */
#ifndef MB_CATALOG_SPOOL_H
#define MB_CATALOG_SPOOL_H

#include "base/temporary.h"
#include "storage/store.h"

struct mb_spool {
    struct mb_sink sink; /* write here */
    struct mb_buf buf;
    struct mb_temporary file; /* none while everything fits into memory */
    struct mb_log *log;
    uint64_t size; /* of everything appended */
    uint32_t crc32c;
    struct mb_error error; /* of the file: a sink can only tell a status */
};

/* log may be NULL; its folder is one of those that the file may lie in. */
void mb_spool_init(struct mb_spool *spool, struct mb_log *log);
void mb_spool_done(struct mb_spool *spool);

/* Appends, with the reason when it fails. */
mb_status mb_spool_append(struct mb_spool *spool, const void *data, size_t len, struct mb_error *error);

/* Why a write to the sink failed. */
mb_status mb_spool_error(const struct mb_spool *spool, struct mb_error *error);

/* Reads len bytes from offset on, all of which were appended. */
mb_status mb_spool_read(struct mb_spool *spool, uint64_t offset, void *data, size_t len,
                        struct mb_error *error);

/* Writes everything appended so far to key: in one put, or by parts where the service takes no put so large.
 */
mb_status mb_spool_upload(struct mb_spool *spool, struct mb_storage *storage, const char *key,
                          const char *content_type, struct mb_cancel *cancel, struct mb_error *error);

#endif
