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

MB_S3_DRIVER("minio", "MinIO and other services that speak the S3 API", MB_ROW(mb_s3, remove_many),
             MB_ROW(mb_s3, mpu_copy_part));
