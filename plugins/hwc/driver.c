#include "common/s3/s3.h"
#include "credentials.h"

static const struct mb_s3_code codes[] = {
    {"VirtualHostDomainRequired", MB_E_CONFIG},
    {"InvalidRegion", MB_E_CONFIG},
    {"SlowDown", MB_E_THROTTLED},
    {"ServiceUnavailable", MB_E_UNAVAILABLE},
    {"InsufficientStorageSpace", MB_E_NO_SPACE},
    {"InArrearOrInsufficientBalance", MB_E_FORBIDDEN},
    {NULL, MB_OK},
};

/* obs.REGION.myhuaweicloud.com; obs.myhuaweicloud.com serves all regions. */
static bool region_of_host(const char *host, char *region, size_t cap)
{
    return mb_s3_region_after(host, "obs.", region, cap);
}

static const struct mb_s3_dialect dialect = {
    .name = "hwc",
    .flags = MB_S3_MD5 | MB_S3_ONLY_VIRTUAL | MB_S3_FIND_REGION,
    .default_region = "us-east-1",
    MB_S3_USUAL_LIMITS,
    .codes = codes,
    .region_of_host = region_of_host,
    .find_credentials = mb_credentials_find_hwc,
};

static const struct mb_option options[] = {MB_S3_OPTIONS};

MB_S3_DRIVER("hwc", "Huawei Cloud OBS by its S3 API", MB_ROW(mb_s3, remove_many),
             MB_ROW(mb_s3, mpu_copy_part));
