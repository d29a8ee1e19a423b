#include "base/buf.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "base/text.h"
#include "common/s3/store.h"
#include "common/xml.h"
#include "http/url.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DOCUMENT = 8 * 1024 * 1024 };

/* What became of a key. */
enum { ALONE, CARRIED, FAILED };

struct batch {
    const char *const *keys;
    size_t count;
    uint8_t *states; /* ALONE: no XML document can carry it */
    const struct mb_store *store;
    bool is_error;               /* the whole answer is an error document */
    char key[MB_S3_KEY_MAX + 1]; /* of the Error element that is being read */
    struct mb_s3_fault fault;
    struct mb_s3_fault first; /* failure */
    char first_key[MB_S3_KEY_MAX + 1];
    size_t failed;
    size_t carried;
    bool unmatched; /* the failure of a key that was not asked for: nobody knows of which */
    bool answered;  /* for every key that was carried */
};

static mb_status note_root(void *ctx, const char *name, unsigned depth)
{
    struct batch *batch = ctx;
    if (depth == 0)
        batch->is_error = strcmp(name, "DeleteResult") != 0;
    if (depth == 1) {
        batch->fault = (struct mb_s3_fault){0};
        batch->key[0] = '\0';
    }
    return MB_OK;
}

static void note_failure(struct batch *batch)
{
    mb_status status = mb_s3_status_of_code(batch->store->dialect, batch->fault.code);
    if (status == MB_E_NOT_FOUND)
        return;
    bool matched = false;
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->states[i] == ALONE || strcmp(batch->keys[i], batch->key) != 0)
            continue;
        batch->states[i] = FAILED;
        matched = true;
    }
    batch->unmatched = batch->unmatched || !matched;
    if (batch->failed++ == 0) {
        batch->first = batch->fault;
        mb_text_fit(batch->first_key, sizeof(batch->first_key), batch->key);
    }
}

static mb_status take_element(void *ctx, const char *name, unsigned depth, const char *text)
{
    struct batch *batch = ctx;
    if (batch->is_error && depth == 1)
        mb_s3_fault_take(&batch->first, name, text);
    else if (!batch->is_error && depth == 2 && strcmp(name, "Key") == 0)
        mb_text_fit(batch->key, sizeof(batch->key), text);
    else if (!batch->is_error && depth == 2)
        mb_s3_fault_take(&batch->fault, name, text);
    else if (!batch->is_error && depth == 1 && strcmp(name, "Error") == 0)
        note_failure(batch);
    return MB_OK;
}

static mb_status read_answer(struct batch *batch, const struct mb_http_response *response,
                             struct mb_error *error)
{
    static const struct mb_xml_events events = {.open = note_root, .close = take_element};
    mb_status status = mb_xml_parse(mb_buf_text(&response->body), response->body.len, &events, batch, error);
    batch->answered = status == MB_OK && !batch->is_error && !batch->unmatched;
    if (status == MB_OK && (batch->is_error || batch->failed > 0)) {
        status = mb_s3_fail(batch->store, response, &batch->first, error);
        if (!batch->is_error)
            mb_error_context(error, "%zu of %zu keys were not removed, first '%.200s'", batch->failed,
                             batch->count, batch->first_key);
    }
    return status;
}

/* Quiet: only failures are listed. */
static mb_status write_document(struct batch *batch, struct mb_buf *out, struct mb_error *error)
{
    struct mb_buf key = MB_BUF_INIT(64 * 1024);

    mb_buf_puts(out, "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>");
    for (size_t i = 0; i < batch->count; i++) {
        mb_buf_reset(&key);
        bool fits = mb_xml_escape(&key, batch->keys[i]);
        if (key.status != MB_OK)
            out->status = key.status;
        if (!fits)
            continue;
        mb_buf_printf(out, "<Object><Key>%s</Key></Object>", mb_buf_text(&key));
        batch->states[i] = CARRIED;
        batch->carried++;
    }
    mb_buf_puts(out, "</Delete>");
    mb_buf_done(&key);
    return mb_buf_check(out, "the list of keys", error);
}

/* DeleteObjects wants Content-MD5 or a checksum; every implementation knows the former. */
static void set_digest(const struct mb_buf *body, struct mb_headers *headers)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    char text[32];
    unsigned len = 0;

    if (EVP_Digest(body->data, body->len, hash, &len, EVP_md5(), NULL) == 1 && len == 16) {
        EVP_EncodeBlock((unsigned char *)text, hash, 16);
        mb_headers_set(headers, "Content-MD5", text);
    } else {
        mb_crc32c_to_base64(mb_crc32c(0, body->data, body->len), text);
        mb_headers_set(headers, "x-amz-checksum-crc32c", text);
    }
}

static mb_status send_batch(struct mb_store *store, struct batch *batch, struct mb_s3_request *request,
                            const struct mb_call *call)
{
    mb_url_query(&request->query, "delete", NULL);
    mb_headers_set(&request->headers, "Content-Type", "application/xml");
    set_digest(&request->body, &request->headers);
    request->http.max_body = MAX_DOCUMENT;
    MB_TRY(mb_s3_send_body(store, request, "the list of keys", call));
    return read_answer(batch, &request->response, call->error);
}

static mb_status remove_carried(struct mb_store *store, struct batch *batch, const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_OTHER, "POST", NULL);

    mb_status status = write_document(batch, &request.body, call->error);
    if (status == MB_OK && batch->carried > 0)
        status = send_batch(store, batch, &request, call);
    mb_s3_request_done(&request);
    return status;
}

static mb_status remove_batch(struct mb_store *store, struct batch *batch, uint8_t *done,
                              const struct mb_call *call)
{
    mb_status status = remove_carried(store, batch, call);
    for (size_t i = 0; i < batch->count; i++)
        if (batch->answered && batch->states[i] == CARRIED)
            done[i] = 1;
    MB_TRY(status);
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->states[i] != ALONE)
            continue;
        MB_TRY(mb_s3_remove(store, batch->keys[i], call));
        done[i] = 1;
    }
    return MB_OK;
}

mb_status mb_s3_remove_many(struct mb_store *store, const char *const *keys, size_t count, uint8_t *done,
                            const struct mb_call *call)
{
    struct batch batch = {.keys = keys, .count = count, .store = store};

    if (count == 0)
        return MB_OK;
    if (count > store->dialect->max_remove)
        return mb_fail(call->error, MB_E_INVALID, "%zu keys are more than one request may carry", count);
    for (size_t i = 0; i < count; i++)
        MB_TRY(mb_s3_check_key(keys[i], call->error));
    batch.states = calloc(count, 1);
    if (!batch.states)
        return mb_fail_memory(call->error);
    mb_status status = remove_batch(store, &batch, done, call);
    free(batch.states);
    return status;
}
