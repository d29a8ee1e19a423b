/* driver.c - the table of the gcpnative driver: Google Cloud Storage by its own API. */
#include "gcpnative.h"

#include "base/buf.h"
#include "base/error.h"
#include "common/driver.h"
#include "common/endpoint.h"
#include "common/options.h"
#include "http/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOOGLE "storage.googleapis.com"

static const struct mb_option options[] = {
    {.name = "address",
     .type = MB_OPT_STRING,
     .def = GOOGLE,
     .help = "Host of the service; Google's own by default."},
    {.name = "port", .type = MB_OPT_INT, .help = "Port of the service; 443 with TLS and 80 without."},
    {.name = "useSSL",
     .type = MB_OPT_BOOL,
     .def = "true",
     .help = "Speak TLS; always so with Google's own hosts."},
    {.name = "bucketName", .type = MB_OPT_STRING, .flags = MB_OPT_REQUIRED, .help = "The bucket."},
    {.name = "region", .type = MB_OPT_STRING, .help = "Location of a bucket that create makes, such as EU."},
    {.name = "auth.type",
     .type = MB_OPT_ENUM,
     .def = "default",
     .choices = "serviceAccount|default|none",
     .help = "serviceAccount reads auth.credentialsFile; default looks where Google's own tools look "
             "(environment, "
             "gcloud, metadata server); none sends no credentials, for emulators."},
    {.name = "auth.credentialsFile",
     .type = MB_OPT_PATH,
     .when = "auth.type=serviceAccount",
     .help = "JSON file of a service account, or of workload identity federation."},
    {.name = "auth.endpoint",
     .type = MB_OPT_URL,
     .when = "auth.type=default",
     .help = "Metadata service to get tokens from instead of the usual one."},
    MB_OPTIONS_HTTP,
};

static bool is_google(const char *host)
{
    static const char *const names[] = {"", GOOGLE, "www.googleapis.com", "googleapis.com"};
    size_t len = strlen(host);
    size_t tail = strlen("." GOOGLE);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(host, names[i]) == 0)
            return true;
    return len > tail && strcmp(host + len - tail, "." GOOGLE) == 0;
}

static mb_status find_service(struct mb_store *store, const struct mb_config_values *config,
                              struct mb_error *error)
{
    struct mb_buf url = MB_BUF_INIT(1024);
    struct mb_endpoint endpoint;
    const char *address = mb_option_text(config, "address");
    int64_t port = 0;
    bool tls = true;
    mb_status status = mb_option_int(config, "port", 0, 65535, &port, error);
    if (status == MB_OK)
        status = mb_option_bool(config, "useSSL", &tls, error);
    if (status == MB_OK && is_google(address ? address : ""))
        mb_buf_puts(&url, "https://" GOOGLE);
    else if (status == MB_OK &&
             (status = mb_endpoint_parse(&endpoint, address, (uint16_t)port, tls, error)) == MB_OK) {
        mb_buf_puts(&url, endpoint.tls ? "https://" : "http://");
        mb_endpoint_authority(&endpoint, NULL, &url);
    }
    if (status == MB_OK)
        status = mb_buf_check(&url, "address", error);
    if (status == MB_OK)
        store->service = url.data;
    else
        mb_buf_done(&url);
    return status;
}

static mb_status find_bucket(struct mb_store *store, const struct mb_config_values *config,
                             struct mb_error *error)
{
    struct mb_buf path = MB_BUF_INIT(1024);
    const char *name;
    mb_status status = mb_option_required(config, "bucketName", &name, error);
    if (status < 0)
        return status;
    mb_buf_puts(&path, "/storage/v1/b/");
    mb_url_encode(&path, name, "");
    store->bucket = strdup(name);
    store->bucket_path = path.data;
    if (store->bucket == NULL)
        return mb_fail_memory(error);
    return mb_buf_check(&path, "bucketName", error);
}

static mb_status find_credentials(struct mb_store *store, const struct mb_config_values *config,
                                  struct mb_error *error)
{
    const char *type = mb_option_text(config, "auth.type");
    struct gcs_auth_options auth = {.type = type ? type : "default", .config = config};
    if (strcmp(auth.type, "serviceAccount") == 0) {
        mb_status status = mb_option_required(config, "auth.credentialsFile", &auth.credentials_file, error);
        if (status < 0)
            return status;
    }
    return gcs_auth_open(&store->credentials, &store->project, store->http, &auth, error);
}

void gcs_close(struct mb_store *store)
{
    if (store == NULL)
        return;
    mb_credentials_free(store->credentials);
    gcs_copies_free(store->copies);
    mb_http_free(store->http);
    free(store->service);
    free(store->bucket);
    free(store->bucket_path);
    free(store->project);
    free(store->region);
    free(store);
}

static void fill_info(const struct mb_store *store, struct mb_store_info *info)
{
    info->caps = MB_USUAL_CAPS | MB_CAP_IF_ABSENT;
    info->max_put_size = UINT64_C(5) << 40; /* the largest object there can be */
    info->max_copy_size = 0;
    info->min_part_size = 0;
    info->max_part_size = UINT64_C(5) << 40;
    info->max_parts = 10000;
    info->max_remove = 0;
    snprintf(info->location, sizeof(info->location), "gs://%s", store->bucket);
    snprintf(info->realm, sizeof(info->realm), "%s/%s", store->service, store->bucket);
    info->native_root[0] = '\0';
}

mb_status gcs_open(struct mb_store **out, struct mb_store_info *info, const struct mb_kv *items, size_t count,
                   const struct mb_call *call)
{
    const struct mb_config_values config = {.items = items, .count = count};
    struct mb_http_options http = {0};
    struct mb_store *store = calloc(1, sizeof(*store));
    if (store == NULL)
        return mb_fail_memory(call->error);
    const char *region = mb_option_text(&config, "region");
    store->region = strdup(region ? region : "");
    mb_status status =
        store->region ? mb_options_http(&config, &http, call->error) : mb_fail_memory(call->error);
    if (status == MB_OK)
        status = mb_http_new(&store->http, &http, call->error);
    if (status == MB_OK)
        status = gcs_copies_new(&store->copies, call->error);
    if (status == MB_OK)
        status = find_service(store, &config, call->error);
    if (status == MB_OK)
        status = find_bucket(store, &config, call->error);
    if (status == MB_OK)
        status = find_credentials(store, &config, call->error);
    if (status < 0) {
        gcs_close(store);
        return status;
    }
    fill_info(store, info);
    *out = store;
    return MB_OK;
}

/* By a listing of one name: the permission for that is what a backup needs anyway. */
mb_status gcs_check(struct mb_store *store, const struct mb_call *call)
{
    struct mb_buf path = MB_BUF_INIT(2048);
    json_t *answer = NULL;
    mb_buf_printf(&path, "%s/o", store->bucket_path);
    mb_status status = mb_buf_check(&path, "bucketName", call->error);
    if (status == MB_OK) {
        struct gcs_request request = {.http.method = "GET",
                                      .path = path.data,
                                      .query = "maxResults=1&fields=kind,items(name)",
                                      .about_bucket = true};
        status = gcs_send_json(store, &request, &answer, call);
    }
    if (status == MB_OK)
        status = gcs_expect_listing(answer, call->error);
    json_decref(answer);
    mb_buf_done(&path);
    return status;
}

mb_status gcs_create_bucket(struct mb_store *store, const struct mb_call *call)
{
    struct mb_buf query = MB_BUF_INIT(1024);
    json_t *answer = NULL;
    json_t *description =
        json_pack("{s:s, s:s*}", "name", store->bucket, "location", *store->region ? store->region : NULL);
    char *body = description ? json_dumps(description, JSON_COMPACT) : NULL;
    mb_status status = body ? MB_OK : mb_fail_memory(call->error);
    mb_url_query(&query, "project", store->project);
    if (status == MB_OK)
        status = mb_buf_check(&query, "the project", call->error);
    if (status == MB_OK) {
        struct gcs_request request = {.http.method = "POST",
                                      .path = "/storage/v1/b",
                                      .query = query.data,
                                      .content_type = "application/json",
                                      .http.body = body,
                                      .http.body_len = strlen(body)};
        status = gcs_send_json(store, &request, &answer, call);
    }
    json_decref(answer);
    json_decref(description);
    free(body);
    mb_buf_done(&query);
    return status;
}

int gcs_can_copy(struct mb_store *dst, struct mb_store *src)
{
    return strcmp(dst->service, src->service) == 0;
}

MB_DRIVER = {
    MB_HEAD("gcpnative", "Google Cloud Storage by its JSON API, with service accounts and workload identity"),
    MB_ROW(mb_driver, load),
    MB_ROW(gcs, open),
    MB_ROWS(gcs),
};
