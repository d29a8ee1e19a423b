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

static mb_status write_service(const struct mb_config_values *config, struct mb_buf *url,
                               struct mb_error *error)
{
    struct mb_endpoint endpoint;
    const char *address = mb_option_text(config, "address");
    if (is_google(address ? address : "")) {
        mb_buf_puts(url, "https://" GOOGLE);
    } else {
        MB_TRY(mb_option_endpoint(config, address, true, &endpoint, error));
        mb_buf_puts(url, endpoint.tls ? "https://" : "http://");
        mb_endpoint_authority(&endpoint, NULL, url);
    }
    return mb_buf_check(url, "address", error);
}

static mb_status find_service(struct mb_store *store, const struct mb_config_values *config,
                              struct mb_error *error)
{
    struct mb_buf url = MB_BUF_INIT(1024);
    mb_status status = write_service(config, &url, error);
    if (status == MB_OK)
        store->service = mb_buf_steal(&url);
    mb_buf_done(&url);
    return status;
}

static mb_status find_bucket(struct mb_store *store, const struct mb_config_values *config,
                             struct mb_error *error)
{
    struct mb_buf path = MB_BUF_INIT(1024);
    const char *name;
    const char *region = mb_option_text(config, "region");
    MB_TRY(mb_option_required(config, "bucketName", &name, error));
    mb_buf_puts(&path, "/storage/v1/b/");
    mb_url_encode(&path, name, "");
    mb_status status = mb_buf_check(&path, "bucketName", error);
    store->bucket = strdup(name);
    store->bucket_path = mb_buf_steal(&path);
    store->region = strdup(region ? region : "");
    mb_buf_done(&path);
    MB_TRY(status);
    return store->bucket && store->bucket_path && store->region ? MB_OK : mb_fail_memory(error);
}

static mb_status find_credentials(struct mb_store *store, const struct mb_config_values *config,
                                  struct mb_error *error)
{
    const char *type = mb_option_text(config, "auth.type");
    struct gcs_auth_options auth = {.type = type ? type : "default", .config = config};
    if (strcmp(auth.type, "serviceAccount") == 0)
        MB_TRY(mb_option_required(config, "auth.credentialsFile", &auth.credentials_file, error));
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
    const uint64_t largest = UINT64_C(5) << 40; /* object there can be */
    struct mb_store_info told = {.caps = MB_USUAL_CAPS | MB_CAP_IF_ABSENT,
                                 .max_put_size = largest,
                                 .max_part_size = largest,
                                 .max_parts = 10000};
    snprintf(told.location, sizeof(told.location), "gs://%s", store->bucket);
    snprintf(told.realm, sizeof(told.realm), "%s/%s", store->service, store->bucket);
    mb_info_write(info, &told);
}

static mb_status fill_store(struct mb_store *store, struct mb_store_info *info,
                            const struct mb_config_values *config, struct mb_error *error)
{
    struct mb_http_options http = {0};
    MB_TRY(mb_options_http(config, &http, error));
    MB_TRY(mb_http_new(&store->http, &http, error));
    MB_TRY(gcs_copies_new(&store->copies, error));
    MB_TRY(find_service(store, config, error));
    MB_TRY(find_bucket(store, config, error));
    MB_TRY(find_credentials(store, config, error));
    fill_info(store, info);
    return MB_OK;
}

mb_status gcs_open(struct mb_store **out, struct mb_store_info *info, const struct mb_kv *items, size_t count,
                   const struct mb_call *call)
{
    const struct mb_config_values config = {.items = items, .count = count};
    return mb_option_open(out, info, &config, sizeof(**out), fill_store, gcs_close, call->error);
}

/* By a listing of one name: the permission for that is what a backup needs anyway. */
mb_status gcs_check(struct mb_store *store, const struct mb_call *call)
{
    static const struct mb_pair query[] = {{"maxResults", "1"}, {"fields", "kind,items(name)"}, {NULL, NULL}};
    const struct gcs_request request = {.http.method = "GET", .query = query};
    json_t *answer = NULL;
    MB_TRY(gcs_send_json(store, &request, &answer, call));
    mb_status status = gcs_expect_listing(answer, call->error);
    json_decref(answer);
    return status;
}

mb_status gcs_create_bucket(struct mb_store *store, const struct mb_call *call)
{
    const struct mb_pair query[] = {{"project", store->project}, {NULL, NULL}};
    const struct gcs_request request = {.path = "/storage/v1/b", .query = query};
    json_t *answer = NULL;
    MB_TRY(gcs_post_json(
        store, &request,
        json_pack("{s:s, s:s*}", "name", store->bucket, "location", *store->region ? store->region : NULL),
        &answer, call));
    json_decref(answer);
    return MB_OK;
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
