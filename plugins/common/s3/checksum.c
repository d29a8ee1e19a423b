#include "base/buf.h"
#include "base/call.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "common/s3/store.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { STEP = 64 * 1024 };

bool mb_s3_sends_checksums(const struct mb_store *store)
{
    return (store->dialect->flags & MB_S3_CHECKSUMS) && !atomic_load(&store->no_checksums);
}

/* The checksum of an object put in parts is one of their checksums, "xxxxxx==-3", and says nothing here. */
bool mb_s3_crc32c_of(const struct mb_http_response *response, uint32_t *out)
{
    const char *value = mb_headers_get(&response->headers, "x-amz-checksum-crc32c");
    const char *type = mb_headers_get(&response->headers, "x-amz-checksum-type");
    if (!value || (type && strcasecmp(type, "FULL_OBJECT") != 0))
        return false;
    return mb_crc32c_from_base64(value, out);
}

/* What the service is told of a body: CRC-32C, or MD5 where it knows nothing better. */
struct digest {
    uint32_t crc;
    EVP_MD_CTX *md5; /* NULL for CRC-32C */
};

/* False without memory or where OpenSSL is not allowed MD5: then the body goes without. */
static bool digest_init(struct digest *digest, bool md5)
{
    *digest = (struct digest){.crc = 0};
    if (!md5)
        return true;
    digest->md5 = EVP_MD_CTX_new();
    return digest->md5 && EVP_DigestInit_ex(digest->md5, EVP_md5(), NULL) == 1;
}

static void digest_add(struct digest *digest, const void *data, size_t len)
{
    if (digest->md5)
        EVP_DigestUpdate(digest->md5, data, len);
    else
        digest->crc = mb_crc32c(digest->crc, data, len);
}

static void digest_tell(struct digest *digest, struct mb_s3_request *request)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    char text[25];

    if (digest->md5) {
        EVP_DigestFinal_ex(digest->md5, hash, NULL);
        EVP_EncodeBlock((unsigned char *)text, hash, 16);
        mb_headers_set(&request->headers, "Content-MD5", text);
        return;
    }
    mb_crc32c_big_endian(digest->crc, request->own_crc32c);
    request->crc32c = request->own_crc32c;
}

static mb_status digest_steps(struct digest *digest, const struct mb_source *source, char *step,
                              uint64_t *total, const struct mb_call *call)
{
    size_t nread;
    do {
        MB_TRY(mb_call_wanted(call));
        if (source->read(source->ctx, step, STEP, &nread) != MB_OK)
            return mb_fail(call->error, MB_E_CALLBACK, "the source of the data failed");
        digest_add(digest, step, nread);
        *total += nread;
    } while (nread > 0);
    return MB_OK;
}

/* Reads the source to its end and rewinds it. */
static mb_status digest_source(struct digest *digest, const struct mb_source *source,
                               const struct mb_call *call)
{
    uint64_t total = 0;
    char *step = malloc(STEP);
    if (!step)
        return mb_fail_memory(call->error);
    mb_status status = digest_steps(digest, source, step, &total, call);
    free(step);
    MB_TRY(status);
    if (source->size >= 0 && total != (uint64_t)source->size)
        return mb_fail(call->error, MB_E_INVALID, "the source of the data is not as long as its size");
    if (source->rewind(source->ctx) != MB_OK)
        return mb_fail(call->error, MB_E_CALLBACK, "the source of the data cannot be rewound");
    return MB_OK;
}

/* The bytes go into memory, and the request gets them from there. */
static mb_status gather(struct mb_s3_request *request, const struct mb_call *call)
{
    MB_TRY(mb_http_gather(request->http.source, &request->body, call));
    request->http.source = NULL;
    request->http.body = mb_buf_text(&request->body);
    request->http.body_len = request->body.len;
    return MB_OK;
}

static mb_status digest_request(struct digest *digest, struct mb_s3_request *request,
                                const struct mb_call *call)
{
    if (request->http.source)
        MB_TRY(digest_source(digest, request->http.source, call));
    else
        digest_add(digest, request->http.body, request->http.body_len);
    digest_tell(digest, request);
    return MB_OK;
}

static mb_status add_digest(struct mb_s3_request *request, bool md5, const struct mb_call *call)
{
    struct digest digest;
    mb_status status = digest_init(&digest, md5) ? digest_request(&digest, request, call) : MB_OK;
    EVP_MD_CTX_free(digest.md5);
    return status;
}

mb_status mb_s3_add_checksum(const struct mb_store *store, struct mb_s3_request *request, bool must,
                             const struct mb_call *call)
{
    const struct mb_source *source = request->http.source;
    bool crc32c = mb_s3_sends_checksums(store) && !request->crc32c;
    bool wanted = atomic_load(&store->wants_md5);
    bool md5 = wanted || (store->dialect->flags & MB_S3_MD5);

    if ((!crc32c && !md5) || (!source->rewind && !must && !wanted))
        return MB_OK;
    if (!source->rewind)
        MB_TRY(gather(request, call));
    return add_digest(request, md5, call);
}

mb_status mb_s3_add_md5(struct mb_s3_request *request, const struct mb_call *call)
{
    const struct mb_source *source = request->http.source;

    if ((!source && request->http.body_len == 0) || (source && !source->rewind) ||
        mb_headers_get(&request->headers, "Content-MD5"))
        return MB_OK;
    return add_digest(request, true, call);
}
