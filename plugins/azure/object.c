#include "azure.h"

#include "common/driver.h"
#include "common/reading.h"

#include <stdio.h>
#include <string.h>

mb_status azure_stat(struct mb_store *store, const char *key, struct mb_stat *out, const struct mb_call *call)
{
    static const struct mb_list_fns list = {azure_list_open, azure_list_next, azure_list_close};
    struct mb_http_response response = {0};
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    const struct azure_request request = {.http.method = "HEAD", .key = key};
    mb_status status = azure_send(store, &request, &response, call);
    if (status == MB_OK && !mb_header_number(&response.headers, "Content-Length", &stat.size))
        status = mb_listed_size(&list, store, key, &stat.size, call);
    if (status == MB_OK) {
        azure_read_headers(&response.headers, &stat);
        mb_stat_write(out, &stat);
    }
    mb_http_response_done(&response);
    return status;
}

static mb_status begin_reading(void *ctx, const struct mb_http_response *response, struct mb_error *error)
{
    struct mb_reading *reading = ctx;
    const char *etag = mb_headers_get(&response->headers, "ETag");
    MB_TRY(mb_reading_begin(reading, response, NULL, etag, azure_stat, error));
    azure_read_headers(&response->headers, &reading->stat);
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
    struct mb_reading reading = mb_reading_of(store, key, opts, call);
    char etag[192] = "";
    if (reading.if_match != NULL)
        quoted(reading.if_match, etag, sizeof(etag));

    const struct mb_pair headers[] = {{"x-ms-range", *reading.range_text ? reading.range_text : NULL},
                                      {"If-Match", *etag ? etag : NULL},
                                      {NULL, NULL}};
    const struct azure_request request = {.http.method = "GET",
                                          .key = key,
                                          .headers = headers,
                                          .http.sink = sink,
                                          .http.begin = begin_reading,
                                          .http.begin_ctx = &reading};
    mb_status status = azure_send(store, &request, &response, call);
    status = mb_reading_end(&reading, status, &response, azure_stat, out);
    mb_http_response_done(&response);
    return status;
}

const char *azure_none_if_absent(const struct mb_put_options *opts)
{
    return mb_put_is_new_only(opts) ? "*" : NULL;
}

mb_status azure_written(struct mb_store *store, const char *key, const struct mb_http_response *response,
                        uint64_t size, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_stat stat = {.struct_size = sizeof(stat), .size = size};
    if (mb_headers_get(&response->headers, "ETag") == NULL)
        return mb_written_size(azure_stat, store, key, size, out, call);
    azure_read_headers(&response->headers, &stat);
    mb_stat_write(out, &stat);
    return MB_OK;
}

mb_status azure_put(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                    const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    struct mb_http_response response = {0};
    const struct mb_pair headers[] = {{"x-ms-blob-type", "BlockBlob"},
                                      {"Content-Type", mb_content_type(opts)},
                                      {"If-None-Match", azure_none_if_absent(opts)},
                                      {NULL, NULL}};
    const struct azure_request request = {
        .http.method = "PUT", .key = key, .headers = headers, .http.source = source};
    mb_status status = azure_send(store, &request, &response, call);
    if (status == MB_OK)
        status = azure_written(store, key, &response, response.sent, out, call);
    mb_http_response_done(&response);
    return status;
}

mb_status azure_remove(struct mb_store *store, const char *key, const struct mb_call *call)
{
    static const struct mb_pair headers[] = {{"x-ms-delete-snapshots", "include"}, {NULL, NULL}};
    const struct azure_request request = {.http.method = "DELETE", .key = key, .headers = headers};
    mb_status status = azure_do(store, &request, call);
    return status == MB_E_NOT_FOUND ? MB_OK : status;
}
