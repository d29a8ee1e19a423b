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
#include <openssl/rand.h>
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
    unsigned char random[ID_LEN / 2];
    (void)store;
    (void)key;
    mb_status status = mb_unconditional(opts, "an upload in blocks", call->error);
    if (status < 0)
        return status;
    if (cap < ID_LEN + 1 || RAND_bytes(random, sizeof(random)) != 1)
        return mb_fail(call->error, MB_E_INTERNAL, "no room or no random bytes for an upload id");
    for (size_t i = 0; i < sizeof(random); i++)
        snprintf(upload_id + 2 * i, 3, "%02x", random[i]);
    return MB_OK;
}

static void give_part(struct mb_part *out, uint32_t number, uint64_t size, const char *id)
{
    out->number = number;
    out->size = size;
    mb_text_fit(out->receipt, sizeof(out->receipt), id);
}

mb_status azure_mpu_part(struct mb_store *store, const char *key, const char *upload_id, uint32_t number,
                         const struct mb_put_options *opts, const struct mb_source *source,
                         struct mb_part *out, const struct mb_call *call)
{
    struct mb_http_response response = {0};
    char id[BLOCK_LEN / 3 * 4 + 1];
    (void)opts;
    block_id(upload_id, number, id);
    const struct azure_pair query[] = {{"blockid", id}, {"comp", "block"}, {NULL, NULL}};
    const struct azure_request request = {
        .http.method = "PUT", .key = key, .query = query, .http.source = source};
    mb_status status = azure_send(store, &request, &response, call);
    if (status == MB_OK)
        give_part(out, number, response.sent, id);
    mb_http_response_done(&response);
    return status;
}

mb_status azure_mpu_copy_part(struct mb_store *dst, const char *key, const char *upload_id, uint32_t number,
                              struct mb_store *src, const char *src_key, uint64_t offset, uint64_t length,
                              struct mb_part *out, const struct mb_call *call)
{
    struct mb_buf source = MB_BUF_INIT(32768);
    struct mb_http_response response = {0};
    char id[BLOCK_LEN / 3 * 4 + 1];
    char range[64];
    block_id(upload_id, number, id);
    snprintf(range, sizeof(range), "bytes=%llu-%llu", (unsigned long long)offset,
             (unsigned long long)(offset + length - 1));
    mb_status status = azure_copy_source(src, src_key, &source, call);
    if (status == MB_OK) {
        const struct azure_pair query[] = {{"blockid", id}, {"comp", "block"}, {NULL, NULL}};
        const struct azure_pair headers[] = {
            {"x-ms-copy-source", source.data}, {"x-ms-source-range", range}, {NULL, NULL}};
        const struct azure_request request = {
            .http.method = "PUT", .key = key, .query = query, .headers = headers, .http.patient = true};
        status = azure_send(dst, &request, &response, call);
        /* The host then copies the whole blob, which can be done asynchronously. */
        if (status < 0 && azure_wants_async(call->error))
            status = mb_fail_as(call->error, MB_E_UNSUPPORTED);
        else if (status < 0)
            status = mb_driver_decline(call->error, false);
    }
    mb_http_response_done(&response);
    mb_buf_wipe(&source);
    mb_buf_done(&source);
    if (status == MB_OK)
        give_part(out, number, length, id);
    return status;
}

/* "Put Block List": the blob is these parts, and all its other blocks are dropped.  Of none it is the rest of
 * an abort. */
static mb_status commit(struct mb_store *store, const char *key, const char *upload_id,
                        const struct mb_part *parts, size_t count, struct mb_stat *out,
                        const struct mb_call *call)
{
    static const struct azure_pair query[] = {{"comp", "blocklist"}, {NULL, NULL}};
    const struct azure_pair headers[] = {{"Content-Type", "application/xml"},
                                         {"x-ms-blob-content-type", "application/octet-stream"},
                                         {"If-None-Match", count == 0 ? "*" : NULL},
                                         {ABORTED, count == 0 ? upload_id : NULL},
                                         {NULL, NULL}};
    struct mb_buf body = MB_BUF_INIT(16U * 1024 * 1024);
    struct mb_http_response response = {0};
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    char id[BLOCK_LEN / 3 * 4 + 1];
    mb_buf_puts(&body, "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
    for (size_t i = 0; i < count; i++) {
        block_id(upload_id, parts[i].number, id);
        mb_buf_printf(&body, "<Uncommitted>%s</Uncommitted>", id);
        stat.size += parts[i].size;
    }
    mb_buf_puts(&body, "</BlockList>");
    mb_status status = mb_buf_check(&body, "the list of blocks", call->error);
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
    if (status == MB_OK && mb_headers_get(&response.headers, "ETag")) {
        azure_read_headers(&response.headers, &stat);
        mb_stat_write(out, &stat);
    } else if (status == MB_OK) {
        status = mb_written_size(azure_stat, store, key, stat.size, out, call);
    }
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
    static const struct azure_pair query[] = {
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
    const struct azure_pair headers[] = {{"If-Match", etag}, {NULL, NULL}};
    struct mb_http_response response = {0};
    const struct azure_request request = {.http.method = "DELETE", .key = key, .headers = headers};

    mb_status status = azure_send(store, &request, &response, call);
    mb_http_response_done(&response);
    if (status == MB_E_NOT_FOUND || status == MB_E_EXISTS) {
        mb_error_clear(call->error);
        status = MB_OK;
    }
    return status;
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

mb_status azure_mpu_list(struct mb_store *store, const char *prefix,
                         mb_status (*found)(void *ctx, const struct mb_upload *upload), void *ctx,
                         const struct mb_call *call)
{
    struct mb_list *list = NULL;
    struct mb_page page = {.struct_size = sizeof(page)};
    mb_status status = azure_list_open_uncommitted(&list, store, prefix, call);
    while (status == MB_OK && (status = azure_list_next(list, &page, call)) == MB_OK) {
        const struct mb_entry *entries = page.entries;
        for (size_t i = 0; i < page.count && status == MB_OK; i++) {
            char id[ID_LEN + 1];
            if (entries[i].size > 0) /* a blob that has blocks only is told with a length of 0 */
                continue;
            status = find_unfinished(store, entries[i].key, id, call);
            if (status < 0 || id[0] == '\0')
                continue;
            const struct mb_upload upload = {.struct_size = sizeof(upload),
                                             .key = entries[i].key,
                                             .upload_id = id,
                                             .begun_ns = entries[i].mtime_ns};
            status = found(ctx, &upload);
            if (status < 0)
                mb_fail(call->error, status, "stopped by the caller");
        }
    }
    azure_list_close(list);
    return status == MB_END ? MB_OK : status;
}
