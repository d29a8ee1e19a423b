/* upload.c - "Put Block", "Put Block From URL", "Put Block List" of the REST API: an upload is its blocks,
 * whose ids begin with its own. */
#include "azure.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"
#include "common/driver.h"
#include "common/range.h"
#include "common/xml.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_LEN    16U /* hexadecimal digits of an upload's id */
#define BLOCK_LEN (ID_LEN + 8U)

/* Metadata of the empty blob that is there for a moment while an upload is aborted: whose it is. */
#define ABORTED "x-ms-meta-mbaborted"

/* All ids of a blob's blocks have the same length; 24 bytes need no padding. */
static void block_id(const char *upload_id, uint32_t number, char out[BLOCK_LEN / 3 * 4 + 1])
{
    char text[BLOCK_LEN + 16];
    snprintf(text, sizeof(text), "%.16s%08u", upload_id, number % 100000000U);
    EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)text, BLOCK_LEN);
}

mb_status azure_mpu_begin(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                          char *upload_id, size_t cap, const struct mb_call *call)
{
    (void)store;
    (void)key;
    MB_TRY(mb_unconditional(opts, "an upload in blocks", call->error));
    return mb_upload_id(upload_id, ID_LEN, cap, call->error);
}

mb_status azure_mpu_part(struct mb_store *store, const char *key, const char *upload_id, uint32_t number,
                         const struct mb_put_options *opts, const struct mb_source *source,
                         struct mb_part *out, const struct mb_call *call)
{
    struct mb_http_response response = {0};
    char id[BLOCK_LEN / 3 * 4 + 1];
    (void)opts;
    block_id(upload_id, number, id);
    const struct mb_pair query[] = {{"blockid", id}, {"comp", "block"}, {NULL, NULL}};
    const struct azure_request request = {
        .http.method = "PUT", .key = key, .query = query, .http.source = source};
    mb_status status = azure_send(store, &request, &response, call);
    if (status == MB_OK)
        mb_part_write(out, number, response.sent, id);
    mb_http_response_done(&response);
    return status;
}

static mb_status copy_block(struct mb_store *dst, const char *key, const char *id, const char *source,
                            const char *range, const struct mb_call *call)
{
    const struct mb_pair query[] = {{"blockid", id}, {"comp", "block"}, {NULL, NULL}};
    const struct mb_pair headers[] = {
        {"x-ms-copy-source", source}, {"x-ms-source-range", range}, {NULL, NULL}};
    const struct azure_request request = {
        .http.method = "PUT", .key = key, .query = query, .headers = headers, .http.patient = true};
    if (azure_do(dst, &request, call) == MB_OK)
        return MB_OK;
    /* The host then copies the whole blob, which can be done asynchronously. */
    return azure_wants_async(call->error) ? mb_fail_as(call->error, MB_E_UNSUPPORTED)
                                          : mb_driver_decline(call->error, false);
}

mb_status azure_mpu_copy_part(struct mb_store *dst, const char *key, const char *upload_id, uint32_t number,
                              struct mb_store *src, const char *src_key, uint64_t offset, uint64_t length,
                              struct mb_part *out, const struct mb_call *call)
{
    struct mb_buf source = MB_BUF_INIT(32768);
    char id[BLOCK_LEN / 3 * 4 + 1];
    char range[64];
    block_id(upload_id, number, id);
    snprintf(range, sizeof(range), "bytes=%llu-%llu", (unsigned long long)offset,
             (unsigned long long)(offset + length - 1));
    mb_status status = azure_copy_source(src, src_key, &source, call);
    if (status == MB_OK)
        status = copy_block(dst, key, id, source.data, range, call);
    mb_buf_wipe(&source);
    if (status == MB_OK)
        mb_part_write(out, number, length, id);
    return status;
}

static mb_status write_blocks(const char *upload_id, const struct mb_part *parts, size_t count,
                              struct mb_buf *out, struct mb_error *error)
{
    char id[BLOCK_LEN / 3 * 4 + 1];
    mb_buf_puts(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
    for (size_t i = 0; i < count; i++) {
        block_id(upload_id, parts[i].number, id);
        mb_buf_printf(out, "<Uncommitted>%s</Uncommitted>", id);
    }
    mb_buf_puts(out, "</BlockList>");
    return mb_buf_check(out, "the list of blocks", error);
}

/* "Put Block List": the blob is these parts, and all its other blocks are dropped.  Of none it is the rest of
 * an abort. */
static mb_status commit(struct mb_store *store, const char *key, const char *upload_id,
                        const struct mb_part *parts, size_t count, struct mb_stat *out,
                        const struct mb_call *call)
{
    static const struct mb_pair query[] = {{"comp", "blocklist"}, {NULL, NULL}};
    const struct mb_pair headers[] = {{"Content-Type", "application/xml"},
                                      {"x-ms-blob-content-type", "application/octet-stream"},
                                      {"If-None-Match", count == 0 ? "*" : NULL},
                                      {ABORTED, count == 0 ? upload_id : NULL},
                                      {NULL, NULL}};
    struct mb_buf body = MB_BUF_INIT(16U * 1024 * 1024);
    struct mb_http_response response = {0};
    uint64_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += parts[i].size;
    mb_status status = write_blocks(upload_id, parts, count, &body, call->error);
    if (status == MB_OK) {
        const struct azure_request request = {.http.method = "PUT",
                                              .key = key,
                                              .query = query,
                                              .headers = headers,
                                              .http.body = body.data,
                                              .http.body_len = body.len,
                                              .http.patient = true};
        status = azure_send(store, &request, &response, call);
    }
    if (status == MB_OK)
        status = azure_written(store, key, &response, size, out, call);
    mb_http_response_done(&response);
    mb_buf_done(&body);
    return status;
}

mb_status azure_mpu_complete(struct mb_store *store, const char *key, const char *upload_id,
                             const struct mb_part *parts, size_t count, struct mb_stat *out,
                             const struct mb_call *call)
{
    if (count == 0)
        return mb_fail(call->error, MB_E_INVALID, "an upload of no parts cannot be completed");
    return commit(store, key, upload_id, parts, count, out, call);
}

/* ------------------------------------------------------------- what was left */

struct uncommitted {
    const char *upload_id; /* only blocks of this upload; NULL finds any */
    char found[ID_LEN + 1];
};

/* BlockList / UncommittedBlocks / Block / Name, base64. */
static mb_status take_block(void *ctx, const char *name, unsigned depth, const char *text)
{
    struct uncommitted *blocks = ctx;
    unsigned char decoded[BLOCK_LEN + 4];
    if (depth != 3 || strcmp(name, "Name") != 0 || strlen(text) != BLOCK_LEN / 3 * 4 ||
        EVP_DecodeBlock(decoded, (const unsigned char *)text, BLOCK_LEN / 3 * 4) != (int)BLOCK_LEN)
        return MB_OK;
    if (blocks->upload_id != NULL && memcmp(decoded, blocks->upload_id, ID_LEN) != 0)
        return MB_OK;
    memcpy(blocks->found, decoded, ID_LEN);
    return MB_OK;
}

static mb_status find_uncommitted(struct mb_store *store, const char *key, struct uncommitted *blocks,
                                  const struct mb_call *call)
{
    static const struct mb_pair query[] = {
        {"blocklisttype", "uncommitted"}, {"comp", "blocklist"}, {NULL, NULL}};
    static const struct mb_xml_events events = {.close = take_block};
    struct mb_http_response response = {0};
    const struct azure_request request = {.http.method = "GET", .key = key, .query = query};
    mb_status status = azure_send(store, &request, &response, call);
    if (status == MB_OK)
        status = mb_xml_parse(mb_buf_text(&response.body), response.body.len, &events, blocks, call->error);
    mb_http_response_done(&response);
    return status == MB_E_NOT_FOUND ? MB_OK : status;
}

/* The empty blob of an abort that did not come to its end: *found is "" when there is none. */
struct rest {
    char found[ID_LEN + 1];
    char etag[192];
};

static mb_status find_rest(struct mb_store *store, const char *key, struct rest *rest,
                           const struct mb_call *call)
{
    struct mb_http_response response = {0};
    const struct azure_request request = {.http.method = "HEAD", .key = key};
    uint64_t size = 0;

    mb_status status = azure_send(store, &request, &response, call);
    const char *mark = mb_headers_get(&response.headers, ABORTED);
    const char *etag = mb_headers_get(&response.headers, "ETag");
    mb_header_number(&response.headers, "Content-Length", &size);
    if (status == MB_OK && mark && etag && size == 0 && strlen(mark) == ID_LEN) {
        memcpy(rest->found, mark, ID_LEN);
        mb_text_fit(rest->etag, sizeof(rest->etag), etag);
    }
    mb_http_response_done(&response);
    if (status == MB_E_NOT_FOUND)
        mb_error_clear(call->error);
    return status == MB_E_NOT_FOUND ? MB_OK : status;
}

/* What somebody has put there since stays. */
static mb_status remove_rest(struct mb_store *store, const char *key, const char *etag,
                             const struct mb_call *call)
{
    const struct mb_pair headers[] = {{"If-Match", etag}, {NULL, NULL}};
    const struct azure_request request = {.http.method = "DELETE", .key = key, .headers = headers};
    mb_status status = azure_do(store, &request, call);
    if (status != MB_E_NOT_FOUND && status != MB_E_EXISTS)
        return status;
    mb_error_clear(call->error);
    return MB_OK;
}

/* The service has no call that drops blocks: committing a blob without them does so, and the blob is removed
 * again.  It says whose abort it belongs to, so that one which was interrupted is found and finished.  Where
 * the key holds a blob already, the blocks are left to the service, which drops them after a week. */
mb_status azure_mpu_abort(struct mb_store *store, const char *key, const char *upload_id,
                          const struct mb_call *call)
{
    struct uncommitted blocks = {.upload_id = upload_id};
    struct rest rest = {{0}};
    mb_status status = find_uncommitted(store, key, &blocks, call);
    if (status == MB_OK && blocks.found[0] != '\0')
        status = commit(store, key, upload_id, NULL, 0, NULL, call);
    if (status == MB_E_EXISTS) {
        mb_error_clear(call->error);
        return MB_OK;
    }
    if (status == MB_OK)
        status = find_rest(store, key, &rest, call);
    if (status < 0 || strncmp(rest.found, upload_id, ID_LEN) != 0)
        return status;
    return remove_rest(store, key, rest.etag, call);
}

/* Blocks that wait for their blob, or what an abort left of one. */
static mb_status find_unfinished(struct mb_store *store, const char *key, char id[ID_LEN + 1],
                                 const struct mb_call *call)
{
    struct uncommitted blocks = {0};
    struct rest rest = {{0}};
    mb_status status = find_uncommitted(store, key, &blocks, call);
    if (status == MB_OK && blocks.found[0] == '\0')
        status = find_rest(store, key, &rest, call);
    mb_text_fit(id, ID_LEN + 1, blocks.found[0] ? blocks.found : rest.found);
    return status;
}

struct finder {
    struct mb_store *store;
    mb_status (*found)(void *ctx, const struct mb_upload *upload);
    void *ctx;
};

static mb_status find_upload(void *ctx, const struct mb_entry *entry, const struct mb_call *call)
{
    const struct finder *finder = ctx;
    char id[ID_LEN + 1];
    if (entry->size > 0) /* a blob that has blocks only is told with a length of 0 */
        return MB_OK;
    MB_TRY(find_unfinished(finder->store, entry->key, id, call));
    const struct mb_upload upload = {
        .struct_size = sizeof(upload), .key = entry->key, .upload_id = id, .begun_ns = entry->mtime_ns};
    mb_status status = id[0] != '\0' ? finder->found(finder->ctx, &upload) : MB_OK;
    return status < 0 ? mb_fail(call->error, status, "stopped by the caller") : status;
}

mb_status azure_mpu_list(struct mb_store *store, const char *prefix,
                         mb_status (*found)(void *ctx, const struct mb_upload *upload), void *ctx,
                         const struct mb_call *call)
{
    static const struct mb_list_fns list = {azure_list_open_uncommitted, azure_list_next, azure_list_close};
    struct finder finder = {.store = store, .found = found, .ctx = ctx};
    return mb_for_each_entry(&list, store, prefix, find_upload, &finder, call);
}
