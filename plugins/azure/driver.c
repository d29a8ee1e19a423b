/* driver.c - the table of the azure driver. */
#include "azure.h"

#include "base/buf.h"
#include "base/error.h"
#include "common/driver.h"
#include "common/endpoint.h"
#include "common/options.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB UINT64_C(1048576)

static const struct mb_option options[] = {
    {.name = "address",
     .type = MB_OPT_STRING,
     .def = "core.windows.net",
     .help = "Suffix of the cloud's hosts; an IP address or localhost is an emulator, with the account in "
             "the path."},
    {.name = "port", .type = MB_OPT_INT, .help = "Port of the service; 443 is the default."},
    {.name = "useSSL",
     .type = MB_OPT_BOOL,
     .def = "false",
     .help = "Speak TLS to an emulator; a cloud is always spoken to by TLS."},
    {.name = "endpoint",
     .type = MB_OPT_URL,
     .help = "The whole address of the blob service, such as a custom domain: https://blobs.example.com."},
    {.name = "bucketName", .type = MB_OPT_STRING, .flags = MB_OPT_REQUIRED, .help = "The container."},
    {.name = "region", .type = MB_OPT_STRING, .help = "Accepted and not used: an account has its region."},
    {.name = "accountName", .type = MB_OPT_STRING, .flags = MB_OPT_REQUIRED, .help = "The storage account."},
    {.name = "auth.type",
     .type = MB_OPT_ENUM,
     .def = "sharedKey",
     .choices = "sharedKey|sas|default",
     .help = "sharedKey signs with auth.accountKey; sas sends auth.sasToken; default asks for tokens: client "
             "secret, "
             "workload identity, managed identity."},
    {.name = "auth.accountKey",
     .type = MB_OPT_STRING,
     .flags = MB_OPT_SECRET,
     .when = "auth.type=sharedKey",
     .help = "Key of the account, base64."},
    {.name = "auth.sasToken",
     .type = MB_OPT_STRING,
     .flags = MB_OPT_SECRET,
     .when = "auth.type=sas",
     .help = "A shared access signature: the query, with or without the question mark."},
    MB_OPTIONS_HTTP,
};

static bool is_url(const char *text)
{
    return strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0;
}

/* "https://account.blob.<address>", or "scheme://address:port/account" where names cannot be given to
 * accounts. */
static mb_status write_service(const struct mb_store *store, const struct mb_config_values *config,
                               struct mb_buf *url, struct mb_buf *suffix, struct mb_error *error)
{
    struct mb_endpoint endpoint;
    const char *whole = mb_option_text(config, "endpoint");
    const char *address = mb_option_text(config, "address");
    int64_t port = 0;
    bool tls = false;
    MB_TRY(mb_option_int(config, "port", 0, 65535, &port, error));
    MB_TRY(mb_option_bool(config, "useSSL", &tls, error));
    if (address == NULL)
        address = "core.windows.net";
    if (whole != NULL && !is_url(whole))
        return mb_fail(error, MB_E_CONFIG, "endpoint: '%s' does not begin with https:// or http://", whole);
    bool emulator = address[0] == '[' || strspn(address, "0123456789.:") == strlen(address) ||
                    strcmp(address, "localhost") == 0;
    MB_TRY(mb_endpoint_parse(&endpoint, address, (uint16_t)port, emulator ? tls : true, error));
    mb_endpoint_authority(&endpoint, NULL, suffix);
    if (whole != NULL)
        mb_buf_append(url, whole, strlen(whole) - (whole[strlen(whole) - 1] == '/'));
    else if (emulator)
        mb_buf_printf(url, "%s://%s/%s", endpoint.tls ? "https" : "http", mb_buf_text(suffix),
                      store->account);
    else
        mb_buf_printf(url, "https://%s.blob.%s", store->account, mb_buf_text(suffix));
    MB_TRY(mb_buf_check(url, "endpoint", error));
    return mb_buf_check(suffix, "address", error);
}

static mb_status find_service(struct mb_store *store, const struct mb_config_values *config,
                              struct mb_error *error)
{
    struct mb_buf url = MB_BUF_INIT(1024);
    struct mb_buf suffix = MB_BUF_INIT(512);
    mb_status status = write_service(store, config, &url, &suffix, error);
    if (status == MB_OK) {
        const char *host = strstr(url.data, "://");
        const char *path = host ? strchr(host + 3, '/') : NULL;
        store->service_path = strdup(path ? path : "");
        store->service = mb_buf_steal(&url);
        store->suffix = mb_buf_steal(&suffix);
        if (!store->service_path || !store->service || !store->suffix)
            status = mb_fail_memory(error);
    }
    mb_buf_done(&url);
    mb_buf_done(&suffix);
    return status;
}

static mb_status decode_key(struct mb_store *store, const char *text, struct mb_error *error)
{
    size_t len = strlen(text);
    unsigned char decoded[sizeof(store->key) + 3];
    size_t padding = len > 1 ? (size_t)(text[len - 1] == '=') + (text[len - 2] == '=') : 0;
    int got = len % 4 == 0 && len / 4 * 3 <= sizeof(decoded)
                  ? EVP_DecodeBlock(decoded, (const unsigned char *)text, (int)len)
                  : -1;
    if (got <= (int)padding || (size_t)got - padding > sizeof(store->key))
        return mb_fail(error, MB_E_CONFIG, "auth.accountKey is not the base64 text of an account's key");
    store->key_len = (size_t)got - padding;
    memcpy(store->key, decoded, store->key_len);
    explicit_bzero(decoded, sizeof(decoded));
    return MB_OK;
}

static mb_status find_credentials(struct mb_store *store, const struct mb_config_values *config,
                                  const struct mb_http_options *http, struct mb_error *error)
{
    const char *type = mb_option_text(config, "auth.type");
    const char *text;
    if (type != NULL && strcmp(type, "default") == 0) {
        store->auth = AZURE_TOKEN;
        return azure_identity_open(&store->tokens, store->http, http, error);
    }
    if (type != NULL && strcmp(type, "sas") == 0) {
        store->auth = AZURE_SAS;
        MB_TRY(mb_option_required(config, "auth.sasToken", &text, error));
        store->sas = strdup(text + (*text == '?'));
        return store->sas != NULL ? MB_OK : mb_fail_memory(error);
    }
    store->auth = AZURE_SHARED_KEY;
    MB_TRY(mb_option_required(config, "auth.accountKey", &text, error));
    return decode_key(store, text, error);
}

void azure_close(struct mb_store *store)
{
    if (store == NULL)
        return;
    char *const texts[] = {store->service,
                           store->service_path,
                           store->suffix,
                           store->account,
                           store->container,
                           store->delegation.oid,
                           store->delegation.tid,
                           store->delegation.start,
                           store->delegation.expiry,
                           store->delegation.service,
                           store->delegation.version};
    mb_credentials_free(store->tokens);
    mb_http_free(store->http);
    pthread_mutex_destroy(&store->delegation.mutex);
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        free(texts[i]);
    if (store->sas != NULL)
        explicit_bzero(store->sas, strlen(store->sas));
    free(store->sas);
    explicit_bzero(store->key, sizeof(store->key));
    explicit_bzero(store->delegation.key, sizeof(store->delegation.key));
    free(store);
}

static mb_status find_names(struct mb_store *store, const struct mb_config_values *config,
                            struct mb_error *error)
{
    const char *account;
    const char *container;
    MB_TRY(mb_option_required(config, "accountName", &account, error));
    MB_TRY(mb_option_required(config, "bucketName", &container, error));
    store->account = strdup(account);
    store->container = strdup(container);
    return store->account && store->container ? MB_OK : mb_fail_memory(error);
}

static void fill_info(const struct mb_store *store, struct mb_store_info *info)
{
    struct mb_store_info told = {
        .caps = MB_USUAL_CAPS | MB_CAP_IF_ABSENT,
        .max_put_size = 5000 * MIB,
        .max_copy_size = 50000 * 4000 * MIB, /* "Copy Blob" takes whatever a blob can hold */
        .max_part_size = 4000 * MIB,
        .max_parts = 50000,
        .max_remove = 256,
    };
    snprintf(told.location, sizeof(told.location), "azure://%s/%s", store->account, store->container);
    snprintf(told.realm, sizeof(told.realm), "%s/%s", store->service, store->container);
    mb_info_write(info, &told);
}

static mb_status fill_store(struct mb_store *store, struct mb_store_info *info,
                            const struct mb_config_values *config, struct mb_error *error)
{
    struct mb_http_options http = {0};
    pthread_mutex_init(&store->delegation.mutex, NULL);
    MB_TRY(mb_options_http(config, &http, error));
    MB_TRY(mb_http_new(&store->http, &http, error));
    MB_TRY(find_names(store, config, error));
    MB_TRY(find_service(store, config, error));
    MB_TRY(find_credentials(store, config, &http, error));
    fill_info(store, info);
    return MB_OK;
}

mb_status azure_open(struct mb_store **out, struct mb_store_info *info, const struct mb_kv *items,
                     size_t count, const struct mb_call *call)
{
    const struct mb_config_values config = {.items = items, .count = count};
    return mb_option_open(out, info, &config, sizeof(**out), fill_store, azure_close, call->error);
}

/* By a listing of one name: the permission for that is what a backup needs anyway. */
mb_status azure_check(struct mb_store *store, const struct mb_call *call)
{
    static const struct mb_pair query[] = {
        {"comp", "list"}, {"restype", "container"}, {"maxresults", "1"}, {NULL, NULL}};
    const struct azure_request request = {.http.method = "GET", .query = query};
    return azure_do(store, &request, call);
}

mb_status azure_create_bucket(struct mb_store *store, const struct mb_call *call)
{
    static const struct mb_pair query[] = {{"restype", "container"}, {NULL, NULL}};
    const struct azure_request request = {.http.method = "PUT", .query = query};
    return azure_do(store, &request, call);
}

/* The service fetches from any account that it can reach by name: those of the same cloud. */
int azure_can_copy(struct mb_store *dst, struct mb_store *src)
{
    return strcmp(dst->suffix, src->suffix) == 0;
}

MB_DRIVER = {
    MB_HEAD("azure", "Azure Blob Storage with account keys, shared access signatures and identities"),
    MB_ROW(mb_driver, load),
    MB_ROW(azure, open),
    MB_ROWS(azure),
    MB_ROW(azure, remove_many),
    MB_ROW(azure, mpu_copy_part),
};
