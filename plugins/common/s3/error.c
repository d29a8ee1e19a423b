#include "base/error.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "common/foreign.h"
#include "common/s3/store.h"
#include "common/xml.h"
#include "http/answer.h"

#include <string.h>

/* Amazon S3 API Reference, "Error responses"; those of MinIO, Ceph and other implementations besides. */
static const struct mb_s3_code common_codes[] = {
    {"NoSuchKey", MB_E_NOT_FOUND},
    {"NoSuchUpload", MB_E_NOT_FOUND},
    {"NoSuchVersion", MB_E_NOT_FOUND},
    {"NoSuchBucket", MB_E_NO_BUCKET},
    {"AccessDenied", MB_E_FORBIDDEN},
    {"AllAccessDisabled", MB_E_FORBIDDEN},
    {"AccountProblem", MB_E_FORBIDDEN},
    {"InvalidObjectState", MB_E_FORBIDDEN}, /* archived */
    {"ObjectNotInActiveTierError", MB_E_FORBIDDEN},
    {"InvalidAccessKeyId", MB_E_UNAUTHENTICATED},
    {"XAdminUserNotFound", MB_E_UNAUTHENTICATED}, /* versitygw */
    {"SignatureDoesNotMatch", MB_E_UNAUTHENTICATED},
    {"InvalidSecurity", MB_E_UNAUTHENTICATED},
    {"InvalidToken", MB_E_UNAUTHENTICATED},
    {"InvalidTokenId", MB_E_UNAUTHENTICATED},
    {"ExpiredToken", MB_E_UNAUTHENTICATED},
    {"ExpiredTokenException", MB_E_UNAUTHENTICATED},
    {"TokenRefreshRequired", MB_E_UNAUTHENTICATED},
    {"RequestExpired", MB_E_UNAUTHENTICATED},
    {"RequestTimeTooSkewed", MB_E_UNAUTHENTICATED},
    {"SlowDown", MB_E_THROTTLED},
    {"SlowDownRead", MB_E_THROTTLED},
    {"SlowDownWrite", MB_E_THROTTLED},
    {"Throttling", MB_E_THROTTLED},
    {"ThrottlingException", MB_E_THROTTLED},
    {"TooManyRequests", MB_E_THROTTLED},
    {"RequestLimitExceeded", MB_E_THROTTLED},
    {"BandwidthLimitExceeded", MB_E_THROTTLED},
    {"InternalError", MB_E_UNAVAILABLE},
    {"ServiceUnavailable", MB_E_UNAVAILABLE},
    {"ServerNotInitialized", MB_E_UNAVAILABLE},
    {"XMinioServerNotInitialized", MB_E_UNAVAILABLE},
    {"RequestTimeout", MB_E_UNAVAILABLE},
    {"OperationAborted", MB_E_UNAVAILABLE},
    {"ConditionalRequestConflict", MB_E_UNAVAILABLE}, /* undecided: another write or removal is under way */
    {"PreconditionFailed", MB_E_EXISTS},
    {"BucketAlreadyExists", MB_E_EXISTS},
    {"BadDigest", MB_E_CORRUPT},
    {"InvalidDigest", MB_E_CORRUPT},
    {"XAmzContentSHA256Mismatch", MB_E_CORRUPT},
    {"XAmzContentChecksumMismatch", MB_E_CORRUPT},
    {"IncompleteBody", MB_E_CORRUPT},
    {"NotImplemented", MB_E_UNSUPPORTED},
    {"MethodNotAllowed", MB_E_UNSUPPORTED},
    {"EntityTooLarge", MB_E_UNSUPPORTED},
    {"QuotaExceeded", MB_E_NO_SPACE},
    {"XMinioAdminBucketQuotaExceeded", MB_E_NO_SPACE},
    {"XMinioStorageFull", MB_E_NO_SPACE},
    {"InvalidBucketName", MB_E_CONFIG},
    {"AuthorizationHeaderMalformed", MB_E_CONFIG},
    {"PermanentRedirect", MB_E_CONFIG},
    {"IllegalLocationConstraintException", MB_E_CONFIG},
    {"InvalidLocationConstraint", MB_E_CONFIG},
    {"TemporaryRedirect", MB_E_UNAVAILABLE},
    {NULL, MB_OK},
};

static mb_status look_up(const struct mb_s3_code *codes, const char *code)
{
    for (; codes && codes->code; codes++)
        if (strcmp(codes->code, code) == 0)
            return codes->status;
    return MB_OK;
}

mb_status mb_s3_status_of_code(const struct mb_s3_dialect *dialect, const char *code)
{
    mb_status status = look_up(dialect->codes, code);
    return status != MB_OK ? status : look_up(common_codes, code);
}

void mb_s3_fault_take(struct mb_s3_fault *fault, const char *name, const char *text)
{
    static const struct mb_xml_field fields[] = {
        MB_XML_FIELD("Code", struct mb_s3_fault, code),
        MB_XML_FIELD("Message", struct mb_s3_fault, message),
        MB_XML_FIELD("RequestId", struct mb_s3_fault, request_id),
        MB_XML_FIELD("Region", struct mb_s3_fault, region),
        MB_XML_FIELD("Endpoint", struct mb_s3_fault, endpoint),
        MB_XML_FIELD("StorageClass", struct mb_s3_fault, storage_class),
        {NULL, 0, 0},
    };
    mb_xml_take(fields, fault, name, text);
}

static mb_status take_fault(void *ctx, const char *name, unsigned depth, const char *text)
{
    if (depth == 1)
        mb_s3_fault_take(ctx, name, text);
    return MB_OK;
}

static mb_status expect_error(void *ctx, const char *name, unsigned depth)
{
    (void)ctx;
    return depth == 0 && strcmp(name, "Error") != 0 ? MB_E_PROTOCOL : MB_OK;
}

void mb_s3_fault_parse(struct mb_s3_fault *fault, const char *body, size_t len)
{
    static const struct mb_xml_events events = {.open = expect_error, .close = take_fault};
    struct mb_error ignored = {.struct_size = sizeof(ignored)};

    *fault = (struct mb_s3_fault){0};
    if (mb_xml_parse(body, len, &events, fault, &ignored) != MB_OK)
        *fault = (struct mb_s3_fault){0};
}

/* MinIO's console, which speaks no S3, says so as S3 would. */
static bool is_console(const struct mb_s3_fault *fault)
{
    return strcmp(fault->code, "InvalidArgument") == 0 && strstr(fault->message, "API port");
}

static bool is_archived(const char *code)
{
    return strcmp(code, "InvalidObjectState") == 0 || strcmp(code, "ObjectNotInActiveTierError") == 0;
}

/* "bucket.host" or "host": what address has to be. */
static const char *address_of(const struct mb_store *store, const char *endpoint)
{
    size_t len = strlen(store->bucket);
    return strncmp(endpoint, store->bucket, len) == 0 && endpoint[len] == '.' ? endpoint + len + 1 : endpoint;
}

static void advise(const struct mb_store *store, const struct mb_http_response *response,
                   const struct mb_s3_fault *fault, struct mb_error *error)
{
    const char *code = fault->code;
    bool fixed = mb_credentials_fixed(store->credentials);

    if (strcmp(code, "RequestTimeTooSkewed") == 0) {
        if (!mb_http_advise_clock(error, response))
            mb_error_advise(error, "set this machine's clock");
    } else if ((strcmp(code, "InvalidAccessKeyId") == 0 || strcmp(code, "XAdminUserNotFound") == 0) && fixed)
        mb_error_advise(error, "check auth.accessKeyID");
    else if (strcmp(code, "SignatureDoesNotMatch") == 0 && fixed)
        mb_error_advise(error, "check auth.secretAccessKey");
    else if (strstr(code, "Token") && fixed)
        mb_error_advise(error, "check auth.sessionToken");
    else if (error->status == MB_E_NO_BUCKET)
        mb_error_advise(error, "there is no bucket '%s': check bucketName", store->bucket);
    else if (strcmp(code, "InvalidBucketName") == 0)
        mb_error_advise(error, "check bucketName, which is '%s'", store->bucket);
    else if (fault->region[0] != '\0' && error->status == MB_E_CONFIG)
        mb_error_advise(error, "the bucket is in region '%s': set region to it", fault->region);
    else if (is_console(fault))
        mb_error_advise(error, "this is the console of the service: check port");
    else if (fault->endpoint[0] != '\0' && error->status == MB_E_CONFIG)
        mb_error_advise(error, "the bucket is elsewhere: set address to '%s', or region",
                        address_of(store, fault->endpoint));
    else if (error->status == MB_E_CONFIG)
        mb_error_advise(error, "check region and address");
    else if (is_archived(code))
        mb_error_advise(error,
                        "the object is archived%s%s: have the service restore it first, and keep lifecycle "
                        "rules from archiving what is read again",
                        fault->storage_class[0] ? " in storage class " : "", fault->storage_class);
    else if (error->status == MB_E_UNAUTHENTICATED && fixed)
        mb_error_advise(error, "check auth.accessKeyID and auth.secretAccessKey");
    else if (error->status == MB_E_UNAUTHENTICATED)
        mb_error_advise(error, "the credential came from %s", mb_credentials_origin(store->credentials));
    else if (error->status == MB_E_FORBIDDEN)
        mb_error_advise(error, "the credential may not do this in bucket '%s'", store->bucket);
}

/* The service's own document is missing: a bare status is judged as usual. */
static mb_status fail_without_document(const struct mb_store *store, const struct mb_http_response *response,
                                       const struct mb_s3_fault *fault, struct mb_error *error)
{
    const struct mb_asked asked = {
        .service = "S3", .endpoint = store->endpoint, .label = store->virtual_host ? store->bucket : NULL};
    mb_foreign_fail(error, response, &asked);
    bool bare = !mb_foreign_has_body(response) && !mb_headers_get(&response->headers, "Location");
    if (bare && (response->status < 400 || response->status == 401 || response->status == 403))
        advise(store, response, fault, error);
    return error->status;
}

mb_status mb_s3_fail(const struct mb_store *store, const struct mb_http_response *response,
                     const struct mb_s3_fault *fault, struct mb_error *error)
{
    const char *header_id = mb_headers_get(&response->headers, "x-amz-request-id");
    struct mb_answer answer = {.status = mb_s3_status_of_code(store->dialect, fault->code),
                               .code = fault->code,
                               .text = fault->message,
                               .request_id = header_id ? header_id : fault->request_id};

    if (fault->code[0] == '\0' && response->status >= 300)
        return fail_without_document(store, response, fault, error);
    if (is_console(fault))
        answer.status = MB_E_CONFIG;
    if (answer.status == MB_OK && response->status < 300)
        answer.status = MB_E_UNAVAILABLE; /* an error in an answer of 200 is like one of 500 */
    mb_http_fail_answer(error, response, &answer);
    if (error->status == MB_E_CORRUPT)
        error->flags |= MB_ERR_RETRYABLE; /* what the service got was damaged on its way */
    if (response->status < 300 && !response->safe)
        error->flags |= MB_ERR_AMBIGUOUS;
    advise(store, response, fault, error);
    return error->status;
}

struct reading {
    struct mb_s3_result *result;
    struct mb_s3_fault fault;
    bool is_error;
};

static mb_status note_root(void *ctx, const char *name, unsigned depth)
{
    struct reading *reading = ctx;
    if (depth == 0) {
        reading->is_error = strcmp(name, "Error") == 0;
        mb_text_fit(reading->result->root, sizeof(reading->result->root), name);
    }
    return MB_OK;
}

static mb_status take_result(void *ctx, const char *name, unsigned depth, const char *text)
{
    struct reading *reading = ctx;
    struct mb_s3_result *result = reading->result;

    if (reading->is_error)
        return take_fault(&reading->fault, name, depth, text);
    if (depth == 0 && strcmp(name, "LocationConstraint") == 0)
        mb_text_fit(result->region, sizeof(result->region), text);
    if (depth != 1)
        return MB_OK;
    if (strcmp(name, "ETag") == 0)
        mb_etag_copy(result->etag, sizeof(result->etag), text);
    else if (strcmp(name, "ChecksumCRC32C") == 0)
        mb_text_fit(result->crc32c, sizeof(result->crc32c), text);
    else if (strcmp(name, "ChecksumType") == 0)
        result->composite = strcasecmp(text, "FULL_OBJECT") != 0;
    else if (strcmp(name, "LastModified") == 0 && !mb_clock_parse(text, &result->mtime_ns))
        result->mtime_ns = 0;
    else if (strcmp(name, "UploadId") == 0 &&
             !mb_text_fit(result->upload_id, sizeof(result->upload_id), text))
        result->upload_id[0] = '\0';
    return MB_OK;
}

mb_status mb_s3_read_result(const struct mb_store *store, const struct mb_http_response *response,
                            struct mb_s3_result *out, struct mb_error *error)
{
    static const struct mb_xml_events events = {.open = note_root, .close = take_result};
    struct mb_s3_result result = {{0}};
    struct reading reading = {.result = &result};
    const char *body = mb_buf_text(&response->body);

    if (response->body.len == 0 && mb_headers_get(&response->headers, "ETag"))
        return mb_fail(error, MB_E_UNSUPPORTED,
                       "the service does not know this operation: it took "
                       "the request for a plain upload");
    if (strspn(body, " \t\r\n") == response->body.len) {
        mb_fail(error, MB_E_UNAVAILABLE, "the answer ended before it said how it went");
        error->flags |= MB_ERR_AMBIGUOUS;
        return error->status;
    }
    MB_TRY(mb_xml_parse(body, response->body.len, &events, &reading, error));
    if (reading.is_error)
        return mb_s3_fail(store, response, &reading.fault, error);
    *out = result;
    return MB_OK;
}
