#include "config/provider.h"

#include "base/text.h"
#include "config/config.h"

static const struct mb_provider providers[] = {
    {"local", "local", "local", MB_FAMILY_FILES, NULL, NULL, NULL},
    {"minio", "minio", "minio", MB_FAMILY_KEYS, "minio", "s3", "minio"},
    {"s3", "s3", "s3", MB_FAMILY_KEYS, "aws", "s3", "minio"},
    {"aws", "aws", "s3", MB_FAMILY_KEYS, "aws", "s3", "minio"},
    {"gcp", "gcp", "gcp", MB_FAMILY_KEYS, "gcp", "s3", "minio"},
    {"gcpnative", "gcpnative", "gcpnative", MB_FAMILY_SERVICE_ACCOUNT, "gcpnative", "gcs", "gcs"},
    {"azure", "azure", "azure", MB_FAMILY_ACCOUNT, "azure", "azure", "azure"},
    {"aliyun", "aliyun", "aliyun", MB_FAMILY_KEYS, "aliyun", "s3", "minio"},
    {"ali", "aliyun", "aliyun", MB_FAMILY_KEYS, "aliyun", "s3", "minio"},
    {"alibaba", "aliyun", "aliyun", MB_FAMILY_KEYS, "aliyun", "s3", "minio"},
    {"alicloud", "aliyun", "aliyun", MB_FAMILY_KEYS, "aliyun", "s3", "minio"},
    {"tencent", "tencent", "tencent", MB_FAMILY_KEYS, "tencent", "s3", "minio"},
    {"tc", "tencent", "tencent", MB_FAMILY_KEYS, "tencent", "s3", "minio"},
    {"hwc", "hwc", "hwc", MB_FAMILY_KEYS, "huawei", "s3", "minio"},
    {"trace", "trace", "trace", MB_FAMILY_WRAPPER, NULL, NULL, NULL},
    {"throttle", "throttle", "throttle", MB_FAMILY_WRAPPER, NULL, NULL, NULL},
    {"fault", "fault", "fault", MB_FAMILY_WRAPPER, NULL, NULL, NULL},
};

enum { PROVIDER_COUNT = sizeof providers / sizeof *providers };

const struct mb_provider *mb_provider_find(const char *spelling)
{
    for (size_t i = 0; i < PROVIDER_COUNT; i++)
        if (mb_text_equal_nocase(providers[i].spelling, spelling))
            return &providers[i];
    return NULL;
}

const char *mb_provider_nearest(const char *spelling)
{
    const char *names[PROVIDER_COUNT];

    for (size_t i = 0; i < PROVIDER_COUNT; i++)
        names[i] = providers[i].spelling;
    return mb_text_nearest(spelling, names, PROVIDER_COUNT);
}

const char *mb_config_driver_of(const char *storage_type)
{
    const struct mb_provider *provider = mb_provider_find(storage_type);
    return provider != NULL ? provider->driver : NULL;
}

const char *mb_config_key_driver_of(const char *storage_type)
{
    const struct mb_provider *provider = mb_provider_find(storage_type);
    return provider != NULL && provider->family == MB_FAMILY_KEYS ? provider->driver : NULL;
}
