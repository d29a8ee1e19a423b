#include "base/text.h"
#include "common/s3/s3.h"
#include "credentials.h"

#include <string.h>

static const struct mb_s3_code codes[] = {
    {"FileAlreadyExists", MB_E_EXISTS},
    {"ObjectAlreadyExists", MB_E_EXISTS},
    {"SecondLevelDomainForbidden", MB_E_CONFIG},
    {"QpsLimitExceeded", MB_E_THROTTLED},
    {"TotalQpsLimitExceeded", MB_E_THROTTLED},
    {"DownloadTrafficRateLimitExceeded", MB_E_THROTTLED},
    {"UploadTrafficRateLimitExceeded", MB_E_THROTTLED},
    {"UserDisable", MB_E_FORBIDDEN},
    {"SecurityTokenExpired", MB_E_UNAUTHENTICATED},
    {NULL, MB_OK},
};

/* oss-REGION.aliyuncs.com, with "-internal" behind the region inside of Alibaba's network;
 * oss-accelerate serves all regions. */
static bool region_of_host(const char *host, char *region, size_t cap)
{
    char label[64];
    const char *prefix = strncmp(host, "s3.", 3) == 0 ? "s3." : "";
    if (!strstr(host, ".aliyuncs.com") || !mb_s3_label_after(host, prefix, label, sizeof(label)) ||
        strncmp(label, "oss-", 4) != 0 || strncmp(label, "oss-accelerate", 14) == 0)
        return false;
    char *internal = strstr(label, "-internal");
    if (internal)
        *internal = '\0';
    return mb_text_fit(region, cap, label);
}

static const struct mb_s3_dialect dialect = {
    .name = "aliyun",
    .flags = MB_S3_MD5 | MB_S3_ONLY_VIRTUAL | MB_S3_FIND_REGION,
    .default_region = "us-east-1",
    .max_put_size = 5ull << 30,
    .max_copy_size = 1ull << 30, /* OSS, UploadPartCopy: "to copy an object larger than 1 GB" */
    .min_part_size = 5ull << 20,
    .max_part_size = 5ull << 30,
    .max_parts = 10000,
    .max_remove = 1000,
    .codes = codes,
    .region_of_host = region_of_host,
    .find_credentials = mb_credentials_find_aliyun,
};

static const struct mb_option options[] = {MB_S3_OPTIONS};

MB_S3_DRIVER("aliyun", "Alibaba Cloud OSS by its S3 API", MB_ROW(mb_s3, remove_many),
             MB_ROW(mb_s3, mpu_copy_part));
