/* store.h - one place to keep objects, and the only caller of a driver's slots.
 *
 * Adds to each slot what must be the same for all drivers: the deadline, the one
 * retry policy, cancellation, counters and latencies, the thread model, an error
 * that begins with the operation and the place ("list s3://b/p: ...").  Retries are
 * counted in the progress of the thread's scope (see base/scope.h), and what a driver
 * says during a call goes to the store's log.
 * Thread-safe unless said otherwise.  cancel may be NULL everywhere. */
#ifndef MB_STORAGE_STORE_H
#define MB_STORAGE_STORE_H

#include "base/buf.h"
#include "base/cancel.h"
#include "base/log.h"
#include "base/retry.h"
#include "storage/driver.h"

#include <stdatomic.h>

struct mb_storage;
struct mb_listing;
struct mb_meters;

struct mb_storage_options {
    struct mb_retry_policy retry; /* all zero for mb_retry_default */
    int64_t call_timeout_ns; /* of one attempt; 0 for 5 minutes; a listing page and a stat take a fifth, what
                                moves or copies bytes a second longer for each MiB */
    int64_t patience_ns;     /* how long mb_storage_await looks; 0 for 10 s, negative for a single look */
    struct mb_log *log;
    struct mb_meters *meters; /* outlive the store; NULL, or where its calls are counted, too, */
    const char *service;      /* under this name and the driver's */
};

/* Checks the options against the driver's (unknown key with the nearest known one, missing required, wrong
 * type) and fills in defaults before the driver sees them. */
mb_status mb_storage_open(struct mb_storage **out, struct mb_drivers *drivers, const char *driver_name,
                          const struct mb_kv *config, size_t count, const struct mb_storage_options *options,
                          struct mb_error *error);

/* The same over a table in hand: for shims and tests. */
mb_status mb_storage_open_plugin(struct mb_storage **out, const struct mb_storage_plugin *plugin,
                                 const struct mb_kv *config, size_t count,
                                 const struct mb_storage_options *options, struct mb_error *error);
void mb_storage_close(struct mb_storage *storage);

const struct mb_store_info *mb_storage_info(const struct mb_storage *storage);

/* The log that it was opened with; may be NULL. */
struct mb_log *mb_storage_log(const struct mb_storage *storage);
const char *mb_storage_driver_name(const struct mb_storage *storage);

/* Do recursive listings come in byte order?  The driver says so, and none that was seen has shown otherwise.
 */
bool mb_storage_lists_in_order(const struct mb_storage *storage);

/* Reachable, credentials accepted, bucket there?  Touches the network. */
mb_status mb_storage_check(struct mb_storage *storage, struct mb_cancel *cancel, struct mb_error *error);
mb_status mb_storage_create_bucket(struct mb_storage *storage, struct mb_cancel *cancel,
                                   struct mb_error *error);

/* May a source or sink of a call on outer make calls on inner?  Not where both have to queue: it would wait
 * for the very call that waits for it. */
bool mb_storage_nests(const struct mb_storage *outer, const struct mb_storage *inner);

/* Size, time, etag and, where the service tells it, the CRC32C.  MB_E_NOT_FOUND when it is not there. */
mb_status mb_storage_stat(struct mb_storage *storage, const char *key, struct mb_stat *out,
                          struct mb_cancel *cancel, struct mb_error *error);

#define MB_ANY_SIZE UINT64_MAX

/* Looks for an object that has to be there, again and again with growing pauses, until it is and has that
 * size (MB_ANY_SIZE for any): some stores show a write late.  deadline_ns is of mb_clock_monotonic, or 0 for
 * the store's patience from now on; the first look is taken even behind it, so many keys can share one
 * deadline. MB_E_NOT_FOUND when it stays away, MB_E_CORRUPT when it keeps another size.  out may be NULL. */
mb_status mb_storage_await(struct mb_storage *storage, const char *key, uint64_t size, int64_t deadline_ns,
                           struct mb_stat *out, struct mb_cancel *cancel, struct mb_error *error);

/* The deadline for several awaits that begin now. */
int64_t mb_storage_patience(const struct mb_storage *storage);

/* Reads [offset, offset + len) into buf; *nread is less only at the object's end.  if_match may be NULL. */
mb_status mb_storage_read(struct mb_storage *storage, const char *key, uint64_t offset, void *buf, size_t len,
                          const char *if_match, size_t *nread, struct mb_stat *out, struct mb_cancel *cancel,
                          struct mb_error *error);

/* The same, and *crc32c is that of the bytes read: they were summed as they came. */
mb_status mb_storage_read_summed(struct mb_storage *storage, const char *key, uint64_t offset, void *buf,
                                 size_t len, const char *if_match, size_t *nread, uint32_t *crc32c,
                                 struct mb_stat *out, struct mb_cancel *cancel, struct mb_error *error);

/* Appends the whole object, which must fit below buf's ceiling. */
mb_status mb_storage_read_all(struct mb_storage *storage, const char *key, struct mb_buf *buf,
                              struct mb_cancel *cancel, struct mb_error *error);

/* opts may be NULL; out may be NULL.  With MB_PUT_IF_ABSENT a retry that finds the bytes of its own first
 * attempt succeeds.  A store without MB_CAP_IF_ABSENT gets a stat first, which is not proof against a race.
 */
mb_status mb_storage_write(struct mb_storage *storage, const char *key, const void *data, size_t len,
                           const struct mb_put_options *opts, struct mb_stat *out, struct mb_cancel *cancel,
                           struct mb_error *error);

/* The same for bytes that are not all in memory: source has a size and a rewind, which a retry calls first.
 */
mb_status mb_storage_write_from(struct mb_storage *storage, const char *key, const struct mb_source *source,
                                const struct mb_put_options *opts, struct mb_stat *out,
                                struct mb_cancel *cancel, struct mb_error *error);

/* MB_OK also when there was no such object. */
mb_status mb_storage_remove(struct mb_storage *storage, const char *key, struct mb_cancel *cancel,
                            struct mb_error *error);

/* For an object that nobody may take for a good one: removes it, whatever was cancelled; where it cannot be
 * removed it becomes an empty one.  Fails when neither is possible. */
mb_status mb_storage_discard(struct mb_storage *storage, const char *key, struct mb_error *error);

/* In batches of what the service takes, one by one where it has no batches. */
mb_status mb_storage_remove_many(struct mb_storage *storage, const char *const *keys, size_t count,
                                 struct mb_cancel *cancel, struct mb_error *error);

/* Everything whose key starts with prefix, page by page, unfinished uploads included.  *removed may be NULL.
 * An empty prefix is refused. */
mb_status mb_storage_remove_prefix(struct mb_storage *storage, const char *prefix, uint64_t *removed,
                                   struct mb_cancel *cancel, struct mb_error *error);

/* A listing belongs to one thread.  delimiter is NULL to recurse; then prefixes never appear.  A page that
 * fails is asked for again from its token.  Every key that comes is handed out, in whatever order; a page
 * that is repeated and an entry that is among the latest thousands come once, others may come again: decide
 * by the key, never by a count.  A listing that goes round in a circle ends with MB_E_PROTOCOL. */
mb_status mb_listing_open(struct mb_listing **out, struct mb_storage *storage, const char *prefix,
                          const char *delimiter, struct mb_cancel *cancel, struct mb_error *error);

/* MB_OK with the next entry (valid until the next call; its etag is NULL when not known), or MB_END. */
mb_status mb_listing_next(struct mb_listing *listing, const struct mb_entry **out, struct mb_error *error);
void mb_listing_close(struct mb_listing *listing);

/* An empty object whose key ends in a slash: consoles and old tools leave such where they show a folder.  It
 * is no part of anything, and a file system could not hold it beside what lies below it. */
bool mb_is_folder_marker(const char *key, uint64_t size);

/* Is there any object whose key starts with prefix?  Asks for one key. */
mb_status mb_storage_any(struct mb_storage *storage, const char *prefix, bool *any, struct mb_cancel *cancel,
                         struct mb_error *error);

/* Copies inside the service.  Without it: MB_E_UNSUPPORTED.  size is the source's, 0 when not known. */
bool mb_storage_can_copy(struct mb_storage *dst, struct mb_storage *src);
mb_status mb_storage_copy(struct mb_storage *dst, const char *dst_key, struct mb_storage *src,
                          const char *src_key, uint64_t size, struct mb_stat *out, struct mb_cancel *cancel,
                          struct mb_error *error);

/* Multipart.  Each call is retried on its own; abort runs whatever was cancelled, within 30 seconds.  A key
 * is uploaded by one caller at a time: begin waits up to 10 seconds for its answer whatever was cancelled,
 * and when an answer was lost it aborts the other uploads of the key, one of which it may have begun.
 * Completing looks first at what lies under the key: so it knows, when an answer was lost, whether the object
 * there is its own. */
bool mb_storage_has_multipart(const struct mb_storage *storage);
bool mb_storage_has_part_copy(const struct mb_storage *storage);
mb_status mb_storage_upload_begin(struct mb_storage *storage, const char *key, char *upload_id, size_t cap,
                                  struct mb_cancel *cancel, struct mb_error *error);

/* For an upload all of whose parts are copied. */
mb_status mb_storage_upload_begin_copied(struct mb_storage *storage, const char *key, char *upload_id,
                                         size_t cap, struct mb_cancel *cancel, struct mb_error *error);
mb_status mb_storage_upload_part(struct mb_storage *storage, const char *key, const char *upload_id,
                                 uint32_t number, const void *data, size_t len, const uint8_t *crc32c,
                                 struct mb_part *out, struct mb_cancel *cancel, struct mb_error *error);
mb_status mb_storage_upload_copy_part(struct mb_storage *dst, const char *key, const char *upload_id,
                                      uint32_t number, struct mb_storage *src, const char *src_key,
                                      uint64_t offset, uint64_t length, struct mb_part *out,
                                      struct mb_cancel *cancel, struct mb_error *error);
mb_status mb_storage_upload_complete(struct mb_storage *storage, const char *key, const char *upload_id,
                                     const struct mb_part *parts, size_t count, struct mb_stat *out,
                                     struct mb_cancel *cancel, struct mb_error *error);
mb_status mb_storage_upload_abort(struct mb_storage *storage, const char *key, const char *upload_id,
                                  struct mb_error *error);

/* Aborts every unfinished upload below prefix; does nothing where the service cannot list them. */
mb_status mb_storage_abort_uploads(struct mb_storage *storage, const char *prefix, uint64_t *aborted,
                                   struct mb_cancel *cancel, struct mb_error *error);

/* May objects of a be read through b under another key?  True when their realms are the same and the object's
 * native path lies under b's native root; then *out (in arena) is its key in b. */
bool mb_storage_same_object(const struct mb_storage *a, const char *key, const struct mb_storage *b,
                            struct mb_arena *arena, const char **out);

enum mb_operation {
    MB_OP_CHECK,
    MB_OP_STAT,
    MB_OP_GET,
    MB_OP_PUT,
    MB_OP_REMOVE,
    MB_OP_LIST,
    MB_OP_COPY,
    MB_OP_MPU_BEGIN,
    MB_OP_MPU_PART,
    MB_OP_MPU_COPY_PART,
    MB_OP_MPU_COMPLETE,
    MB_OP_MPU_ABORT,
    MB_OP_MPU_LIST,
    MB_OP_CREATE_BUCKET,
    MB_OP_OPEN,
    MB_OP_COUNT
};

struct mb_operation_stats {
    uint64_t calls; /* attempts, also those that failed */
    uint64_t failures;
    uint64_t retries;
    uint64_t bytes;
    uint64_t total_ns; /* of all attempts */
    uint64_t max_ns;
};

const char *mb_operation_name(enum mb_operation operation);
void mb_storage_stats(struct mb_storage *storage, struct mb_operation_stats out[MB_OP_COUNT]);

/* How often the service has been too busy so far: told to slow down, failed by itself or answered too late,
 * also where a retry then succeeded.  Cheap. */
uint64_t mb_storage_overloads(const struct mb_storage *storage);

#endif
