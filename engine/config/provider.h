/* provider.h - the spellings of storageType.  No other file of the engine knows a provider by its name. */
#ifndef MB_CONFIG_PROVIDER_H
#define MB_CONFIG_PROVIDER_H

#include <stddef.h>

/* What a driver is told, and how its user proves who he is. */
enum mb_provider_family {
    MB_FAMILY_FILES,           /* a folder */
    MB_FAMILY_KEYS,            /* access key and secret: static, iam or default */
    MB_FAMILY_ACCOUNT,         /* an account and its key: sharedKey or default */
    MB_FAMILY_SERVICE_ACCOUNT, /* a key file: serviceAccount or default */
    MB_FAMILY_WRAPPER,         /* as the driver that it wraps, see wrapped.h */
    MB_FAMILY_OTHER            /* not one of ours: free options only */
};

struct mb_provider {
    const char *spelling;
    const char *name;   /* in schema v2 */
    const char *driver; /* the plugin */
    enum mb_provider_family family;

    /* What Milvus calls it where it is told of it; all NULL for what it cannot reach by itself. */
    const char *cloud;     /* "cloud_provider" */
    const char *scheme;    /* of the URI of a bucket in the service that it uses itself */
    const char *elsewhere; /* the same with an address in it */
};

/* In any case; NULL for a name that is none of ours. */
const struct mb_provider *mb_provider_find(const char *spelling);

/* Our names that are nearly this, or NULL. */
const char *mb_provider_nearest(const char *spelling);

#endif
