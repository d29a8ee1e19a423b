#include "common/s3/s3.h"
#include "credentials.h"

static const struct mb_s3_code codes[] = {
    {"FileAlreadyExists", MB_E_EXISTS},
    {"PathConflict", MB_E_EXISTS},
    {"PathStyleDomainForbidden", MB_E_CONFIG},
    {"RequestLimitExceeded", MB_E_THROTTLED},
    {NULL, MB_OK},
};

/* cos.REGION.myqcloud.com, also with tencentcos.cn and inside of Tencent's network; cos.accelerate. serves
 * all regions. */
static bool region_of_host(const char *host, char *region, size_t cap)
{
    return mb_s3_region_after(host, "cos.", region, cap) ||
           mb_s3_region_after(host, "cos-internal.", region, cap);
}

static const struct mb_s3_dialect dialect = {
    .name = "tencent",
    .flags = MB_S3_MD5 | MB_S3_ONLY_VIRTUAL | MB_S3_FIND_REGION,
    .default_region = "us-east-1",
    MB_S3_USUAL_LIMITS,
    .codes = codes,
    .region_of_host = region_of_host,
    .find_credentials = mb_credentials_find_tencent,
};

static const struct mb_option options[] = {MB_S3_OPTIONS};

MB_S3_DRIVER("tencent", "Tencent Cloud COS by its S3 API", MB_ROW(mb_s3, remove_many),
             MB_ROW(mb_s3, mpu_copy_part));
