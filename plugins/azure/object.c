#include "azure.h"

#include "common/driver.h"
#include "common/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number in a header; false when it is missing or none. */
static bool number_at(const struct mb_headers *headers, const char *name, uint64_t *out)
{
    const char *text = mb_headers_get(headers, name);
    char *end;
    if (text == NULL || *text < '0' || *text > '9')
        return false;
    *out = strtoull(text, &end, 10);
    return *end == '\0';
}

mb_status azure_stat(struct mb_store *store, const char *key, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_http_response response = {0};
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    const struct azure_request request = {.method = "HEAD", .key = key};
    mb_status status = azure_send(store, &request, &response, call);
    if (status == MB_OK && !number_at(&response.headers, "Content-Length", &stat.size))
        status = mb_plugin_fail(call->error, MB_E_PROTOCOL, "the answer does not say how long the blob is");
    if (status == MB_OK) {
        azure_read_headers(&response.headers, &stat);
        mb_stat_write(out, &stat);
    }
    mb_http_response_done(&response);
    return status;
}

static mb_status begin_reading(void *ctx, const struct mb_http_response *response, struct mb_error *error)
{
    struct mb_stat *stat = ctx;
    const char *range = mb_headers_get(&response->headers, "Content-Range");
    const char *total = range ? strchr(range, '/') : NULL;
    if (total != NULL && total[1] >= '0' && total[1] <= '9')
        stat->size = strtoull(total + 1, NULL, 10);
    else if (!number_at(&response->headers, "Content-Length", &stat->size))
        return mb_plugin_fail(error, MB_E_PROTOCOL, "the answer does not say how long the blob is");
    azure_read_headers(&response->headers, stat);
    return MB_OK;
}

/* An ETag in the quotes that the service wants. */
static const char *quoted(const char *etag, char *out, size_t cap)
{
    snprintf(out, cap, *etag == '"' || strncmp(etag, "W/", 2) == 0 ? "%s" : "\"%s\"", etag);
    return out;
}

mb_status azure_get(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                    const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_http_response response = {0};
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    char range[64] = "";
    char etag[192] = "";
    if (opts != NULL && opts->length > 0)
        snprintf(range, sizeof(range), "bytes=%llu-%llu", (unsigned long long)opts->offset,
                 (unsigned long long)(opts->offset + opts->length - 1));
    else if (opts != NULL && opts->offset > 0)
        snprintf(range, sizeof(range), "bytes=%llu-", (unsigned long long)opts->offset);
    if (opts != NULL && opts->if_match != NULL)
        quoted(opts->if_match, etag, sizeof(etag));

    const struct azure_pair headers[] = {
        {"x-ms-range", *range ? range : NULL}, {"If-Match", *etag ? etag : NULL}, {NULL, NULL}};
    const struct azure_request request = {.method = "GET",
                                          .key = key,
                                          .headers = headers,
                                          .sink = sink,
                                          .begin = begin_reading,
                                          .begin_ctx = &stat};
    mb_status status = azure_send(store, &request, &response, call);
    if (status < 0 && response.status == 416) /* past the end: there is nothing to deliver */
        status = azure_stat(store, key, out, call);
    else if (status == MB_OK)
        mb_stat_write(out, &stat);
    mb_http_response_done(&response);
    return status;
}

const char *azure_none_if_absent(const struct mb_put_options *opts)
{
    return opts != NULL && (opts->flags & MB_PUT_IF_ABSENT) ? "*" : NULL;
}

mb_status azure_put(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                    const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_http_response response = {0};
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    const struct azure_pair headers[] = {
        {"x-ms-blob-type", "BlockBlob"},
        {"Content-Type", opts && opts->content_type ? opts->content_type : "application/octet-stream"},
        {"If-None-Match", azure_none_if_absent(opts)},
        {NULL, NULL}};
    const struct azure_request request = {.method = "PUT", .key = key, .headers = headers, .source = source};
    mb_status status = azure_send(store, &request, &response, call);
    if (status == MB_OK) {
        azure_read_headers(&response.headers, &stat);
        stat.size = response.sent;
        mb_stat_write(out, &stat);
    }
    mb_http_response_done(&response);
    return status;
}

mb_status azure_remove(struct mb_store *store, const char *key, const struct mb_call *call)
{
    static const struct azure_pair headers[] = {{"x-ms-delete-snapshots", "include"}, {NULL, NULL}};
    struct mb_http_response response = {0};
    const struct azure_request request = {.method = "DELETE", .key = key, .headers = headers};
    mb_status status = azure_send(store, &request, &response, call);
    mb_http_response_done(&response);
    return status == MB_E_NOT_FOUND ? MB_OK : status;
}
