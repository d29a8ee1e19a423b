/* driver.h - what every driver of ours does with its host, and with results. */
#ifndef MB_COMMON_DRIVER_H
#define MB_COMMON_DRIVER_H

#include "common/call.h"

/* For the slot load: remembers the host, which is valid until the process ends. */
mb_status mb_driver_load(const struct mb_host *host, struct mb_error *error);

const char *mb_driver_user_agent(void); /* "milvus-backup" without a host */
void mb_driver_log(int level, const char *fmt, ...) MB_PRINTF(2, 3);

/* A call for cleaning up behind one that is over: with time of its own, and never cancelled. */
struct mb_call mb_driver_own_call(int64_t within_ns, struct mb_error *error);

/* What Content-Type an object is put with; opts may be NULL. */
const char *mb_content_type(const struct mb_put_options *opts);

/* MB_E_UNSUPPORTED when opts want what an operation cannot do, which is called what: to refuse to overwrite.
 */
mb_status mb_unconditional(const struct mb_put_options *opts, const char *what, struct mb_error *error);

/* Makes an upload's id of so many hexadecimal digits, if they and a NUL fit into the cap bytes of the host.
 */
mb_status mb_upload_id(char *out, size_t digits, size_t cap, struct mb_error *error);

void mb_part_write(struct mb_part *out, uint32_t number, uint64_t size, const char *receipt);

/* For a copy that failed: a final 4xx that says nothing else tells that the service does not make such a copy
 * (between its regions, of so large an object, without a checksum, by parts), which is MB_E_UNSUPPORTED, so
 * that the host goes the long way round.  "Exists" is an answer to a condition only. */
mb_status mb_driver_decline(struct mb_error *error, bool conditional);

/* Compares without regard to case, quotes and the weak mark: services differ in all three. */
bool mb_etag_equal(const char *a, const char *b);

/* Strips the quotes, cuts what does not fit. */
void mb_etag_copy(char *out, size_t cap, const char *etag);

/* Base64 of the four bytes, big endian, as x-amz-checksum-crc32c and x-goog-hash have it. */
void mb_crc32c_to_base64(uint32_t crc, char out[9]);
bool mb_crc32c_from_base64(const char *text, uint32_t *out);

#endif
