#include "common/credentials/oauth.h"
#include "common/s3/s3.h"

#include <string.h>

static bool is_virtual_host(const char *host)
{
    return strcmp(host, "storage.googleapis.com") == 0;
}

static mb_status fetch_token(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    return mb_oauth_google_machine(ctx, out, call);
}

static mb_status find_credentials(struct mb_credentials **out, const struct mb_config_values *config,
                                  struct mb_error *error)
{
    static const struct mb_credentials_provider metadata = {
        .name = "Google's metadata service", .fetch = fetch_token, .free = mb_credential_source_free};
    return mb_credential_source_open(out, &metadata, config, error);
}

/* The XML API under Amazon's signature: it takes no x-goog-... header then, so neither checksums nor
 * conditions. It has neither DeleteObjects nor UploadPartCopy, and copies objects of any size in one request.
 */
static const struct mb_s3_dialect dialect = {
    .name = "gcp",
    .flags = MB_S3_MD5 | MB_S3_BEARER | MB_S3_ONE_REGION,
    .default_region = "auto",
    .max_put_size = 5ull << 40,
    .min_part_size = 5ull << 20,
    .max_part_size = 5ull << 30,
    .max_parts = 10000,
    .is_virtual_host = is_virtual_host,
    .find_credentials = find_credentials,
};

static const struct mb_option options[] = {MB_S3_OPTIONS};

MB_S3_DRIVER("gcp", "Google Cloud Storage by its XML API with HMAC keys", /* neither */);
