/* sigv4.h - AWS Signature Version 4 with header authentication
 * (AWS, "Signature Version 4 for API requests"; Amazon S3 API Reference, "Authenticating Requests"). */
#ifndef MB_COMMON_S3_SIGV4_H
#define MB_COMMON_S3_SIGV4_H

#include "http/headers.h"

#include <stdint.h>

#define MB_SIGV4_UNSIGNED "UNSIGNED-PAYLOAD"

struct mb_sigv4 {
    const char *access_key;
    const char *secret_key;
    const char *session_token; /* NULL or "" for none */
    const char *region;
    const char *service; /* "s3", "sts" */
};

struct mb_sigv4_request {
    const char *method;
    const char *path;         /* as in the request line: encoded already, never empty */
    const char *query;        /* encoded, without '?', in any order; NULL or "" for none */
    const char *payload_hash; /* lower-case hex of SHA-256, or MB_SIGV4_UNSIGNED */
};

/* Adds X-Amz-Date, X-Amz-Security-Token and Authorization to headers, which must hold Host.  Every field that
 * is there gets signed; add what must not be signed (User-Agent) afterwards. */
mb_status mb_sigv4_sign(const struct mb_sigv4 *key, const struct mb_sigv4_request *request,
                        int64_t unix_seconds, struct mb_headers *headers, struct mb_error *error);

/* Lower-case hex of SHA-256. */
mb_status mb_sha256_hex(const void *data, size_t len, char out[65], struct mb_error *error);

#endif
