#include "common/s3/s3.h"

#include "common/credentials/aws.h"

/* Older servers, and others that are spoken to as MinIO, ignore If-None-Match on a put.  MinIO's own lists
 * the uploads of one key when it is given a prefix, so that those below a directory are only found among all.
 */
static const struct mb_s3_dialect dialect = {
    .name = "minio",
    .flags = MB_S3_CHECKSUMS | MB_S3_FIND_REGION | MB_S3_LOOK_FIRST | MB_S3_PREFIX_IS_KEY,
    .default_region = "us-east-1",
    .if_absent = {"If-None-Match", "*"},
    MB_S3_USUAL_LIMITS,
    MB_S3_AWS_HOSTS,
    .find_credentials = mb_credentials_find_aws,
};

static const struct mb_option options[] = {MB_S3_OPTIONS};

static mb_status open_store(struct mb_store **out, struct mb_store_info *info, const struct mb_kv *config,
                            size_t count, const struct mb_call *call)
{
    return mb_s3_open(&dialect, out, info, config, count, call);
}

static const struct mb_storage_plugin plugin = {
    MB_S3_TABLE("minio", "MinIO and other services that speak the S3 API"),
    MB_S3_SLOT_REMOVE_MANY,
    MB_S3_SLOT_COPY_PART,
};

MB_EXPORT mb_storage_plugin_entry_fn mb_storage_plugin_entry;

const struct mb_storage_plugin *mb_storage_plugin_entry(void)
{
    return &plugin;
}
