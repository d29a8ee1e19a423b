/* store.h - one bucket, and requests to it.  Only for the files of this folder. */
#ifndef MB_COMMON_S3_STORE_H
#define MB_COMMON_S3_STORE_H

#include "base/buf.h"
#include "common/endpoint.h"
#include "common/s3/s3.h"
#include "common/s3/sigv4.h"

#include <pthread.h>
#include <stdatomic.h>

enum { MB_S3_REGION_MAX = 64, MB_S3_KEY_MAX = 4096, MB_S3_QUERY_MAX = 32 * 1024, MB_S3_EXTRAS_MAX = 16 };

struct mb_s3_extra {
    unsigned when;
    char *name;
    char *value;
};

struct mb_store {
    const struct mb_s3_dialect *dialect;
    struct mb_endpoint endpoint;
    struct mb_endpoint realm; /* the same for all hosts under which the bucket is found */
    struct mb_s3_extra extras[MB_S3_EXTRAS_MAX];
    size_t extra_count;
    char *bucket;
    bool virtual_host;
    bool region_configured;
    struct mb_http *http;
    struct mb_credentials *credentials;
    atomic_bool no_checksums;      /* the service has refused one */
    atomic_bool wants_md5;         /* it has refused a body without Content-MD5 */
    atomic_bool bucket_seen;       /* it is there: not found is said of keys */
    pthread_mutex_t lock;          /* guards what is below */
    char region[MB_S3_REGION_MAX]; /* "" as long as it is not known */
};

/* What the error document of a service says. */
struct mb_s3_fault {
    char code[64];
    char message[512];
    char request_id[128];
    char region[MB_S3_REGION_MAX];
    char endpoint[256];     /* where a redirect leads */
    char storage_class[64]; /* of an archived object */
};

struct mb_s3_request {
    unsigned kind; /* one of MB_S3_ON_... */
    const char *method;
    const char *key; /* NULL for the bucket */
    struct mb_buf query;
    struct mb_headers headers; /* those of the operation; the rest is added */
    const uint8_t *crc32c;     /* of the body, 4 bytes; sent when the service knows checksums; or NULL */
    uint8_t own_crc32c[4];     /* what crc32c points to when it was not the caller who gave it */
    bool announces_checksums;  /* the parts of the upload will have them, or the copy shall get one */
    bool unchecked;            /* tried without either: they may be what the service refused */
    struct mb_http_request
        http;           /* body, source, sink, ceiling, begin; method, url and headers are filled in */
    struct mb_buf body; /* what http.body points to when it was made here */
    struct mb_http_response response; /* to the last attempt */
};

#define MB_S3_REQUEST(kind_, method_, key_)                                                         \
    (struct mb_s3_request)                                                                          \
    {                                                                                               \
        .kind = (kind_), .method = (method_), .key = (key_), .query = MB_BUF_INIT(MB_S3_QUERY_MAX), \
        .body = MB_BUF_INIT(MB_HTTP_MAX_GATHERED)                                                   \
    }

/* Frees what the request and its response hold. */
void mb_s3_request_done(struct mb_s3_request *request);

/* Sends request->body, once it is whole; what says what it is. */
mb_status mb_s3_send_body(struct mb_store *store, struct mb_s3_request *request, const char *what,
                          const struct mb_call *call);

/* Signs and sends.  MB_OK is an answer of 2xx.  Once each, and only with a body that can be sent again, it
 * adapts: another region when the service names it, a new credential when the old one has expired, no
 * checksum when the service does not know them, Content-MD5 when it wants that.  A web page is no answer of
 * 2xx.  The response tells the HTTP status of a failure. */
mb_status mb_s3_send(struct mb_store *store, struct mb_s3_request *request, const struct mb_call *call);

bool mb_s3_sends_checksums(const struct mb_store *store);

/* Removes an object or, with an upload_id, an unfinished upload; one that is not there is removed. */
mb_status mb_s3_delete(struct mb_store *store, const char *key, const char *upload_id,
                       const struct mb_call *call);

/* Appends "/bucket/key", encoded: x-amz-copy-source. */
void mb_s3_append_source(const struct mb_store *store, const char *key, struct mb_buf *out);

/* All empty when the body is no error document. */
void mb_s3_fault_parse(struct mb_s3_fault *fault, const char *body, size_t len);

/* One element of an error document. */
void mb_s3_fault_take(struct mb_s3_fault *fault, const char *name, const char *text);

/* What a failed answer means, with advice; always a failure. */
mb_status mb_s3_fail(const struct mb_store *store, const struct mb_http_response *response,
                     const struct mb_s3_fault *fault, struct mb_error *error);

/* MB_E_NO_BUCKET, ... of an error code; 0 for an unknown one. */
mb_status mb_s3_status_of_code(const struct mb_s3_dialect *dialect, const char *code);

/* What an operation that answers 200 before it is done says in the end. */
struct mb_s3_result {
    char root[64]; /* the document's name */
    char etag[128];
    char crc32c[16];  /* base64, "" when not told */
    bool composite;   /* crc32c is one of the parts' checksums */
    int64_t mtime_ns; /* 0 when not told */
    char upload_id[1024];
    char region[MB_S3_REGION_MAX];
};

/* Reads the document of a 2xx answer.  An Error inside is the failure it names; an empty answer or one that
 * is cut is MB_E_UNAVAILABLE and ambiguous. */
mb_status mb_s3_read_result(const struct mb_store *store, const struct mb_http_response *response,
                            struct mb_s3_result *out, struct mb_error *error);

/* CRC-32C of a whole object that an answer tells in x-amz-checksum-crc32c. */
bool mb_s3_crc32c_of(const struct mb_http_response *response, uint32_t *out);

/* Gives the request the checksum of its body that the caller has not given and the service can check: it may
 * want one of every part, and of every object in a bucket with object lock.  Reads the source twice when it
 * can be rewound; otherwise the bytes go into request->body if must, and there is no checksum if not. */
mb_status mb_s3_add_checksum(const struct mb_store *store, struct mb_s3_request *request, bool must,
                             const struct mb_call *call);

/* Adds Content-MD5; nothing when the body can be read only once. */
mb_status mb_s3_add_md5(struct mb_s3_request *request, const struct mb_call *call);

/* Appends partNumber and uploadId. */
void mb_s3_query_part(struct mb_buf *query, uint32_t number, const char *upload_id);

/* Writes what the host keeps of a part: crc32c is base64, "" when the service did not tell it. */
mb_status mb_s3_write_part(struct mb_part *out, uint32_t number, uint64_t size, const char *etag,
                           const char *crc32c, struct mb_error *error);

mb_status mb_s3_check_key(const char *key, struct mb_error *error);

#endif
