#include "common/s3/store.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"
#include "common/endpoint.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mb_status read_endpoint(struct mb_store *store, const struct mb_config_values *config,
                               struct mb_error *error)
{
    const char *address;
    MB_TRY(mb_option_required(config, "address", &address, error));
    MB_TRY(mb_option_endpoint(config, address, false, &store->endpoint, error));
    store->realm = store->endpoint;
    if (store->dialect->host_of_realm)
        store->dialect->host_of_realm(store->endpoint.host, store->realm.host, sizeof(store->realm.host));
    return MB_OK;
}

bool mb_s3_speaks_tls(const struct mb_store *store)
{
    return store->endpoint.tls;
}

mb_status mb_s3_add_header(struct mb_store *store, unsigned when, const char *name, const char *value,
                           struct mb_error *error)
{
    if (store->extra_count == MB_S3_EXTRAS_MAX)
        return mb_fail(error, MB_E_INTERNAL, "there is no room for the header %s", name);
    struct mb_s3_extra extra = {.when = when, .name = strdup(name), .value = strdup(value)};
    if (!extra.name || !extra.value) {
        free(extra.name);
        free(extra.value);
        return mb_fail_memory(error);
    }
    store->extras[store->extra_count++] = extra;
    return MB_OK;
}

/* The bucket becomes a part of URLs and host names; a stricter look is the service's affair. */
static mb_status read_bucket(struct mb_store *store, const struct mb_config_values *config,
                             struct mb_error *error)
{
    const char *bucket;
    MB_TRY(mb_option_required(config, "bucketName", &bucket, error));
    if (strlen(bucket) > 255 ||
        strspn(bucket, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                       "0123456789.-_") != strlen(bucket) ||
        strcmp(bucket, ".") == 0 || strcmp(bucket, "..") == 0)
        return mb_fail(error, MB_E_CONFIG, "bucketName '%s' is not the name of a bucket", bucket);
    store->bucket = strdup(bucket);
    return store->bucket ? MB_OK : mb_fail_memory(error);
}

/* A bucket with a dot does not fit the certificate of "*.host", and a number has no names below it. */
static bool wants_virtual_host(const struct mb_store *store)
{
    const struct mb_s3_dialect *dialect = store->dialect;
    if (dialect->flags & MB_S3_ONLY_VIRTUAL)
        return true;
    return !store->endpoint.ip && dialect->is_virtual_host &&
           dialect->is_virtual_host(store->endpoint.host) &&
           !(store->endpoint.tls && strchr(store->bucket, '.'));
}

static mb_status read_addressing(struct mb_store *store, const struct mb_config_values *config,
                                 struct mb_error *error)
{
    const char *addressing = mb_option_text(config, "addressing");

    if (!addressing || strcmp(addressing, "auto") == 0)
        store->virtual_host = wants_virtual_host(store);
    else if (strcmp(addressing, "virtual") == 0)
        store->virtual_host = true;
    else if (strcmp(addressing, "path") == 0)
        store->virtual_host = false;
    else
        return mb_fail(error, MB_E_CONFIG, "addressing is '%s', not auto, path or virtual", addressing);
    if (store->virtual_host && store->endpoint.ip)
        return mb_fail(error, MB_E_CONFIG,
                       "address '%s' is a number, but the bucket has to stand in front of a name",
                       store->endpoint.host);
    return MB_OK;
}

static mb_status read_region(struct mb_store *store, const struct mb_config_values *config,
                             struct mb_error *error)
{
    bool one = store->dialect->flags & MB_S3_ONE_REGION;
    const char *region = one ? NULL : mb_option_text(config, "region");
    store->region_configured = region != NULL;
    if (region && !mb_text_fit(store->region, sizeof(store->region), region))
        return mb_fail(error, MB_E_CONFIG, "region '%s' is too long", region);
    if (!region && store->dialect->region_of_host)
        store->dialect->region_of_host(store->endpoint.host, store->region, sizeof(store->region));
    return MB_OK;
}

static mb_status read_credentials(struct mb_store *store, const struct mb_config_values *config,
                                  struct mb_error *error)
{
    const char *type = mb_option_text(config, "auth.type");
    const char *id = NULL, *secret = NULL;

    if (type && strcmp(type, "static") != 0) {
        if (!store->dialect->find_credentials)
            return mb_fail(error, MB_E_CONFIG, "auth.type is '%s', but this driver knows only static", type);
        return store->dialect->find_credentials(&store->credentials, config, error);
    }
    const char *token = mb_option_text(config, "auth.sessionToken");
    if ((store->dialect->flags & MB_S3_BEARER) && token)
        return mb_credentials_new_static(&store->credentials, NULL, NULL, token, error);
    MB_TRY(mb_option_required(config, "auth.accessKeyID", &id, error));
    MB_TRY(mb_option_required(config, "auth.secretAccessKey", &secret, error));
    return mb_credentials_new_static(&store->credentials, id, secret, token, error);
}

static void write_info(const struct mb_store *store, struct mb_store_info *info)
{
    const struct mb_s3_dialect *dialect = store->dialect;
    struct mb_buf authority = MB_BUF_INIT(sizeof(info->realm));

    info->caps = MB_USUAL_CAPS;
    if (dialect->if_absent.name)
        info->caps |= MB_CAP_IF_ABSENT;
    info->max_put_size = dialect->max_put_size;
    info->max_copy_size = dialect->max_copy_size;
    info->min_part_size = dialect->min_part_size;
    info->max_part_size = dialect->max_part_size;
    info->max_parts = dialect->max_parts;
    info->max_remove = dialect->max_remove;
    snprintf(info->location, sizeof(info->location), "s3://%.240s", store->bucket);
    mb_endpoint_authority(&store->realm, NULL, &authority);
    snprintf(info->realm, sizeof(info->realm), "%s://%.240s/%.250s", store->endpoint.tls ? "https" : "http",
             mb_buf_text(&authority), store->bucket);
    info->native_root[0] = '\0';
    mb_buf_done(&authority);
}

static mb_status read_all(struct mb_store *store, const struct mb_config_values *config,
                          struct mb_error *error)
{
    struct mb_http_options http_options;

    MB_TRY(read_endpoint(store, config, error));
    MB_TRY(read_bucket(store, config, error));
    MB_TRY(read_addressing(store, config, error));
    MB_TRY(read_region(store, config, error));
    if (store->dialect->read_options)
        MB_TRY(store->dialect->read_options(store, config, error));
    MB_TRY(mb_options_http(config, &http_options, error));
    MB_TRY(mb_http_new(&store->http, &http_options, error));
    return read_credentials(store, config, error);
}

mb_status mb_s3_open(const struct mb_s3_dialect *dialect, struct mb_store **out, struct mb_store_info *info,
                     const struct mb_kv *config, size_t count, const struct mb_call *call)
{
    const struct mb_config_values values = {.items = config, .count = count};
    struct mb_error *error = call->error;

    struct mb_store *store = calloc(1, sizeof(*store));
    if (!store)
        return mb_fail_memory(error);
    store->dialect = dialect;
    pthread_mutex_init(&store->lock, NULL);
    atomic_init(&store->no_checksums, false);
    mb_status status = read_all(store, &values, error);
    if (status != MB_OK) {
        mb_s3_close(store);
        return status;
    }
    write_info(store, info);
    *out = store;
    return MB_OK;
}

void mb_s3_close(struct mb_store *store)
{
    if (!store)
        return;
    for (size_t i = 0; i < store->extra_count; i++) {
        free(store->extras[i].name);
        OPENSSL_cleanse(store->extras[i].value, strlen(store->extras[i].value)); /* may be a key */
        free(store->extras[i].value);
    }
    mb_credentials_free(store->credentials);
    mb_http_free(store->http);
    pthread_mutex_destroy(&store->lock);
    free(store->bucket);
    free(store);
}
