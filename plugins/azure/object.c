#include "azure.h"

#include "common/driver.h"
#include "common/foreign.h"
#include "common/range.h"

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

struct reading {
    struct mb_store *store;
    const char *key;
    const struct mb_call *call;
    struct mb_range range;
    struct mb_stat stat;
};

static mb_status begin_reading(void *ctx, const struct mb_http_response *response, struct mb_error *error)
{
    struct reading *reading = ctx;
    const char *etag = mb_headers_get(&response->headers, "ETag");
    mb_status status = mb_foreign_refuse_page(response, error);
    if (status == MB_OK)
        status = mb_range_accept(&reading->range, response, NULL, error);
    if (status == MB_OK && reading->range.unsized)
        status =
            mb_range_learn(&reading->range, etag, azure_stat, reading->store, reading->key, reading->call);
    reading->stat.size = reading->range.size;
    azure_read_headers(&response->headers, &reading->stat);
    return status;
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
    struct reading reading = {.store = store,
                              .key = key,
                              .call = call,
                              .range = mb_range_of(opts),
                              .stat = {.struct_size = sizeof(reading.stat)}};
    char range[MB_RANGE_TEXT];
    char etag[192] = "";
    mb_range_write(&reading.range, range);
    if (opts != NULL && opts->if_match != NULL)
        quoted(opts->if_match, etag, sizeof(etag));

    const struct mb_pair headers[] = {
        {"x-ms-range", *range ? range : NULL}, {"If-Match", *etag ? etag : NULL}, {NULL, NULL}};
    const struct azure_request request = {.http.method = "GET",
                                          .key = key,
                                          .headers = headers,
                                          .http.sink = sink,
                                          .http.begin = begin_reading,
                                          .http.begin_ctx = &reading};
    mb_status status = azure_send(store, &request, &response, call);
    if (status < 0 && response.status == 416)
        status = mb_range_past_end(&reading.range, opts ? opts->if_match : NULL, azure_stat, store, key, out,
                                   call);
    else if (status == MB_OK && (status = mb_range_complete(&reading.range, &response, call->error)) == MB_OK)
        mb_stat_write(out, &reading.stat);
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
