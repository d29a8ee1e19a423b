#include "gcpnative.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "common/credentials/oauth.h"
#include "common/driver.h"
#include "common/foreign.h"
#include "http/answer.h"
#include "http/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_JSON (16U * 1024 * 1024)
#define MAX_URL  65536U

static bool reason_is(const char *reason, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(reason, list[i]) == 0)
            return true;
    return false;
}

static mb_status classify(const struct mb_http_response *response, const char *reason, const char *text,
                          bool about_bucket)
{
    static const char *const rates[] = {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"};
    if (response->status == 404)
        return about_bucket || strstr(text, "bucket does not exist") ? MB_E_NO_BUCKET : MB_E_NOT_FOUND;
    if (response->status == 403 && reason_is(reason, rates, sizeof(rates) / sizeof(*rates)))
        return MB_E_THROTTLED;
    if (response->status == 400 && strstr(text, "doesn't match calculated"))
        return MB_E_CORRUPT;
    if (response->status == 409 || response->status == 412)
        return MB_E_EXISTS;
    return mb_status_of_http(response->status);
}

/* Pages, JSON without an error, statuses that the service does not use without a word. */
static bool is_foreign(const struct mb_http_response *response, const json_t *root)
{
    int status = response->status;
    if (mb_foreign_has_body(response))
        return *mb_buf_text(&response->body) == '<' || (root && !json_object_get(root, "error"));
    return status < 400 ||
           (status != 401 && status != 403 && status != 404 && status != 409 && status != 412);
}

static mb_status fail_foreign(const struct mb_store *store, const struct mb_http_response *response,
                              struct mb_error *error)
{
    struct mb_asked asked = {.service = "Google Cloud Storage"};
    mb_foreign_origin(store->service, &asked.endpoint);
    return mb_foreign_fail(error, response, &asked);
}

/* {"error":{"message":"...","errors":[{"reason":"..."}]}}, or plain text where bytes were asked for. */
static mb_status fail_answer(const struct mb_store *store, const struct mb_http_response *response,
                             bool about_bucket, struct mb_error *error)
{
    json_t *root = json_loadb(mb_buf_text(&response->body), response->body.len, JSON_REJECT_DUPLICATES, NULL);
    if (is_foreign(response, root)) {
        json_decref(root);
        return fail_foreign(store, response, error);
    }
    const json_t *document = json_object_get(root, "error");
    const char *text =
        json_is_string(document) ? json_string_value(document) : mb_json_text(document, "message");
    if (root == NULL && *mb_buf_text(&response->body) != '<')
        text = mb_buf_text(&response->body);
    const char *reason = mb_json_text(json_array_get(json_object_get(document, "errors"), 0), "reason");
    struct mb_answer answer = {.status = classify(response, reason, text, about_bucket),
                               .code = *reason ? reason : NULL,
                               .text = *text ? text : NULL,
                               .request_id = mb_headers_get(&response->headers, "X-GUploader-UploadID")};
    mb_http_fail_answer(error, response, &answer);
    json_decref(root);
    if (error->status == MB_E_CORRUPT)
        error->flags |= MB_ERR_RETRYABLE; /* what the service got was damaged on its way */
    if (error->status == MB_E_UNAUTHENTICATED)
        return mb_error_advise(error, "check auth.credentialsFile and auth.type");
    if (error->status == MB_E_FORBIDDEN)
        return mb_error_advise(error,
                               "the account lacks a role for this bucket, such as Storage Object Admin");
    return error->status;
}

/* A session's address is a secret of its own.  One that leads elsewhere is not shown the token. */
static bool wants_token(const struct mb_store *store, const char *url)
{
    size_t len = strlen(store->service);
    return store->credentials != NULL && strncmp(url, store->service, len) == 0 && url[len] == '/';
}

static bool token_refused(const struct mb_http_response *response)
{
    return response->status == 401;
}

static mb_status send_to(struct mb_store *store, const struct gcs_request *request, const char *url,
                         struct mb_http_response *response, const struct mb_call *call)
{
    struct mb_headers headers = {0};
    struct mb_http_request http = request->http;
    mb_headers_add(&headers, request->headers);
    http.url = url;
    http.max_body = MAX_JSON;
    mb_status status =
        mb_oauth_send(store->http, &http, &headers, wants_token(store, url) ? store->credentials : NULL,
                      token_refused, response, call);
    mb_headers_done(&headers);
    return status;
}

static void write_url(const struct mb_store *store, const struct gcs_request *request, struct mb_buf *out)
{
    struct mb_buf query = MB_BUF_INIT(MAX_URL);
    mb_url_pairs(&query, request->query);
    mb_buf_puts(out, request->session != NULL ? request->session : store->service);
    if (request->session == NULL && request->path != NULL) {
        mb_buf_puts(out, request->path);
    } else if (request->session == NULL) {
        mb_buf_puts(out, request->upload ? "/upload" : "");
        gcs_object_path(store, request->key, out);
        mb_buf_puts(out, request->suffix != NULL ? request->suffix : "");
    }
    if (query.len > 0)
        mb_buf_printf(out, "?%s", query.data);
    if (query.status < 0)
        out->status = query.status;
    mb_buf_done(&query);
}

static mb_status judge(const struct mb_store *store, const struct gcs_request *request,
                       const struct mb_http_response *response, struct mb_error *error)
{
    bool about_bucket = request->key == NULL && request->path == NULL && request->session == NULL;
    bool fine = (response->status >= 200 && response->status <= 299) || response->status == request->fine;
    return fine ? mb_foreign_refuse_page(response, error) : fail_answer(store, response, about_bucket, error);
}

mb_status gcs_send(struct mb_store *store, const struct gcs_request *request,
                   struct mb_http_response *response, const struct mb_call *call)
{
    struct mb_buf url = MB_BUF_INIT(MAX_URL);
    write_url(store, request, &url);
    mb_status status = mb_buf_check(&url, "the request's address", call->error);
    if (status == MB_OK)
        status = send_to(store, request, url.data, response, call);
    mb_buf_done(&url);
    return status == MB_OK ? judge(store, request, response, call->error) : status;
}

mb_status gcs_answer_json(const struct mb_http_response *response, json_t **out, struct mb_error *error)
{
    json_t *root = json_loadb(mb_buf_text(&response->body), response->body.len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(root)) {
        json_decref(root);
        return mb_fail(error, MB_E_PROTOCOL, "the answer is no JSON object");
    }
    *out = root;
    return MB_OK;
}

mb_status gcs_send_json(struct mb_store *store, const struct gcs_request *request, json_t **out,
                        const struct mb_call *call)
{
    struct mb_http_response response = {0};
    mb_status status = gcs_send(store, request, &response, call);
    if (status == MB_OK)
        status = gcs_answer_json(&response, out, call->error);
    mb_http_response_done(&response);
    return status;
}

mb_status gcs_send_stat(struct mb_store *store, const struct gcs_request *request, struct mb_stat *out,
                        const struct mb_call *call)
{
    json_t *object = NULL;
    MB_TRY(gcs_send_json(store, request, &object, call));
    mb_status status = gcs_read_stat(object, out, call->error);
    json_decref(object);
    return status;
}

mb_status gcs_post_json(struct mb_store *store, const struct gcs_request *given, json_t *body, json_t **out,
                        const struct mb_call *call)
{
    static const struct mb_pair headers[] = {{"Content-Type", "application/json"}, {NULL, NULL}};
    struct gcs_request request = *given;
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    if (text == NULL)
        return mb_fail_memory(call->error);
    request.headers = headers;
    request.http.method = "POST";
    request.http.body = text;
    request.http.body_len = strlen(text);
    mb_status status = gcs_send_json(store, &request, out, call);
    free(text);
    return status;
}

bool gcs_hash_crc(const char *header, uint32_t *out)
{
    char text[9] = "";
    const char *at = header ? strstr(header, "crc32c=") : NULL;
    if (at == NULL || strlen(at) < 15)
        return false;
    memcpy(text, at + 7, 8);
    return mb_crc32c_from_base64(text, out);
}

void gcs_object_path(const struct mb_store *store, const char *key, struct mb_buf *out)
{
    mb_buf_printf(out, "%s/o", store->bucket_path);
    if (key != NULL) {
        mb_buf_putc(out, '/');
        mb_url_encode(out, key, "");
    }
}

bool gcs_number(const json_t *value, uint64_t *out)
{
    const char *text = json_string_value(value);
    char *end;
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *out = (uint64_t)json_integer_value(value);
        return true;
    }
    if (text == NULL || *text < '0' || *text > '9' || strlen(text) > 19)
        return false;
    *out = strtoull(text, &end, 10);
    return *end == '\0';
}

int64_t gcs_updated(const json_t *object)
{
    int64_t ns;
    return mb_clock_parse(mb_json_text(object, "updated"), &ns) ? ns - ns % INT64_C(1000000000) : 0;
}

mb_status gcs_read_stat(const json_t *object, struct mb_stat *out, struct mb_error *error)
{
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    uint64_t generation = 0;
    if (!gcs_number(json_object_get(object, "size"), &stat.size))
        return mb_fail(error, MB_E_PROTOCOL, "the answer describes no object");
    if (gcs_number(json_object_get(object, "generation"), &generation))
        snprintf(stat.etag, sizeof(stat.etag), "%llu", (unsigned long long)generation);
    stat.mtime_ns = gcs_updated(object);
    if (mb_crc32c_from_base64(mb_json_text(object, "crc32c"), &stat.crc32c))
        stat.flags |= MB_STAT_CRC32C;
    *out = stat;
    return MB_OK;
}
