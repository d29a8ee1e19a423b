/* batch.c - "Blob Batch" of the REST API: many deletions in one request. */
#include "azure.h"

#include "base/buf.h"
#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BOUNDARY       "batch_milvus_backup"
#define MAX_BATCH_BODY (4U * 1024 * 1024) /* the service's limit */

static mb_status write_deletion(struct mb_store *store, const struct azure_request *request, size_t number,
                                struct mb_buf *url, struct mb_headers *headers, struct mb_buf *body,
                                const struct mb_call *call)
{
    azure_request_url(store, request, url);
    MB_TRY(mb_buf_check(url, "the request's address", call->error));
    MB_TRY(azure_authorize(store, request, headers, call));
    const char *path = strchr(strstr(url->data, "://") + 3, '/');
    mb_buf_printf(body,
                  "--" BOUNDARY "\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
                  "Content-ID: %zu\r\n\r\nDELETE %s HTTP/1.1\r\n",
                  number, path);
    for (size_t i = 0; i < headers->count; i++)
        mb_buf_printf(body, "%s: %s\r\n", headers->items[i].name, headers->items[i].value);
    mb_buf_puts(body, "Content-Length: 0\r\n\r\n");
    return MB_OK;
}

/* One deletion as it would be sent alone, authorised alike; the version is that of the whole batch. */
static mb_status put_deletion(struct mb_store *store, const char *key, size_t number, struct mb_buf *body,
                              const struct mb_call *call)
{
    static const struct mb_pair pairs[] = {{"x-ms-delete-snapshots", "include"}, {NULL, NULL}};
    const struct azure_request request = {
        .http.method = "DELETE", .key = key, .headers = pairs, .in_batch = true};
    struct mb_headers headers = {0};
    struct mb_buf url = MB_BUF_INIT(32768);
    mb_status status = write_deletion(store, &request, number, &url, &headers, body, call);
    mb_headers_done(&headers);
    mb_buf_wipe(&url);
    return status;
}

/* The answer has a part for each deletion: its number in Content-ID, then "HTTP/1.1 202 Accepted".  Sets done
 * for those that are gone; the first other HTTP status, or 0. */
static int read_answers(const char *text, size_t count, uint8_t *done)
{
    static const char id[] = "Content-ID:";
    static const char answer[] = "HTTP/1.1 ";
    size_t number = count;
    int other = 0;
    while (*text != '\0') {
        if (strncasecmp(text, id, sizeof(id) - 1) == 0) {
            unsigned long long said = strtoull(text + sizeof(id) - 1, NULL, 10);
            number = said < count ? (size_t)said : count;
        } else if (strncmp(text, answer, sizeof(answer) - 1) == 0) {
            int status = atoi(text + sizeof(answer) - 1);
            if (number < count && (status == 202 || status == 404))
                done[number] = 1;
            else if (other == 0)
                other = status;
            number = count;
        }
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return other;
}

/* The host then removes one by one, which tells what is really wrong. */
static mb_status give_way(struct mb_error *error)
{
    bool passes = (error->flags & MB_ERR_RETRYABLE) != 0;
    if (!passes && error->status != MB_E_CANCELLED && error->status != MB_E_NO_BUCKET)
        error->status = MB_E_UNSUPPORTED;
    return error->status;
}

static mb_status judge(const uint8_t *done, size_t count, int other, struct mb_error *error)
{
    size_t gone = 0;
    for (size_t i = 0; i < count; i++)
        gone += done[i];
    if (gone == count)
        return MB_OK;
    mb_status status = other >= 500 ? MB_E_UNAVAILABLE : MB_E_UNSUPPORTED;
    return mb_fail(error, status, "of %zu deletions %zu were made; one was answered %d", count, gone, other);
}

static mb_status send_batch(struct mb_store *store, const char *const *keys, size_t count,
                            struct mb_buf *body, struct mb_http_response *response,
                            const struct mb_call *call)
{
    static const struct mb_pair query[] = {{"restype", "container"}, {"comp", "batch"}, {NULL, NULL}};
    static const struct mb_pair headers[] = {{"Content-Type", "multipart/mixed; boundary=" BOUNDARY},
                                             {NULL, NULL}};
    for (size_t i = 0; i < count; i++)
        MB_TRY(put_deletion(store, keys[i], i, body, call));
    mb_buf_puts(body, "--" BOUNDARY "--\r\n");
    MB_TRY(mb_buf_check(body, "the list of deletions", call->error));
    const struct azure_request request = {.http.method = "POST",
                                          .query = query,
                                          .headers = headers,
                                          .http.body = body->data,
                                          .http.body_len = body->len,
                                          .http.patient = true};
    return azure_send(store, &request, response, call) < 0 ? give_way(call->error) : MB_OK;
}

mb_status azure_remove_many(struct mb_store *store, const char *const *keys, size_t count, uint8_t *done,
                            const struct mb_call *call)
{
    struct mb_buf body = MB_BUF_INIT(MAX_BATCH_BODY);
    struct mb_http_response response = {0};
    memset(done, 0, count);
    if (count == 0)
        return MB_OK;
    if (store->auth == AZURE_SAS) /* azurite answers 500; the service's pages do not say */
        return mb_fail(call->error, MB_E_UNSUPPORTED, "no batches with a shared access signature");
    mb_status status = send_batch(store, keys, count, &body, &response, call);
    if (status == MB_OK) {
        int other = read_answers(mb_buf_text(&response.body), count, done);
        status = judge(done, count, other, call->error);
    }
    mb_http_response_done(&response);
    mb_buf_wipe(&body);
    return status;
}
