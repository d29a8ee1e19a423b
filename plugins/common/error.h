/* error.h - filling a struct mb_error, the same way in every driver.
 *
 * A text says what went wrong in lower case and without a full stop; the host
 * puts the operation and the place in front.  What a service said is cleaned of
 * control characters and cut to fit. */
#ifndef MB_COMMON_ERROR_H
#define MB_COMMON_ERROR_H

#include "milvus_backup/storage_plugin.h"

#include <stdbool.h>

struct mb_http_response;

/* Replaces what error holds.  MB_ERR_RETRYABLE is set for the states that pass: throttled, unavailable,
 * timeout. */
mb_status mb_plugin_fail(struct mb_error *error, mb_status status, const char *fmt, ...) MB_PRINTF(3, 4);
mb_status mb_plugin_fail_memory(struct mb_error *error);

/* The same message under another status. */
mb_status mb_plugin_fail_as(struct mb_error *error, mb_status status);

/* For a copy that failed: a final 4xx that says nothing else tells that the service does not make such a copy
 * (between its regions, of so large an object, without a checksum, by parts), which is MB_E_UNSUPPORTED, so
 * that the host goes the long way round.  "Exists" is an answer to a condition only. */
mb_status mb_plugin_decline(struct mb_error *error, bool conditional);

/* For a success after a failure that did not matter. */
void mb_plugin_error_clear(struct mb_error *error);

/* Puts "<text>: " in front of the message, or "; <text>" behind it; return error->status. */
mb_status mb_plugin_context(struct mb_error *error, const char *fmt, ...) MB_PRINTF(2, 3);
mb_status mb_plugin_advise(struct mb_error *error, const char *fmt, ...) MB_PRINTF(2, 3);

/* Says so when the Date of an answer shows this machine's clock to be off by five minutes or more. */
bool mb_plugin_advise_clock(struct mb_error *error, const struct mb_http_response *response);

/* All but struct_size, which says how much of an error its owner knows about. */
void mb_plugin_error_copy(struct mb_error *to, const struct mb_error *from);

/* What an HTTP status means when nothing better is known; MB_OK for 2xx. */
mb_status mb_status_of_http(int http_status);

/* What a service said in its error document; members may be NULL. */
struct mb_answer {
    mb_status status; /* 0: what the HTTP status means */
    const char *code;
    const char *text;
    const char *request_id;
};

/* "503 SlowDown: <text>", "405 Method Not Allowed" without a code, with Retry-After, HTTP status, code and
 * request id in their members.  An answer of 5xx to a request that changes something is MB_ERR_AMBIGUOUS. */
mb_status mb_plugin_fail_answer(struct mb_error *error, const struct mb_http_response *response,
                                const struct mb_answer *answer);

/* Every control character becomes a space, ends are trimmed, broken UTF-8 becomes '?'. */
void mb_text_clean(char *text);

#endif
