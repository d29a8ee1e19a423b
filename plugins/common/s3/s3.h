/* s3.h - storage drivers for services that speak Amazon's S3 REST API (Amazon S3 API Reference, 2006-03-01).
 *
 * A driver is a dialect, which is what its service does differently, its options,
 * and one line that makes a table of both. */
#ifndef MB_COMMON_S3_S3_H
#define MB_COMMON_S3_S3_H

#include "common/credentials/credentials.h"
#include "common/driver.h"
#include "common/options.h"
#include "common/table.h"

enum {
    MB_S3_CHECKSUMS = 1u << 0,    /* knows x-amz-checksum-crc32c (until it answers that it does not) */
    MB_S3_FIND_REGION = 1u << 1,  /* GetBucketLocation tells the region */
    MB_S3_ONE_REGION = 1u << 2,   /* default_region, whatever is configured */
    MB_S3_LOOK_FIRST = 1u << 3,   /* some servers ignore if_absent: look for the object before */
    MB_S3_BEARER = 1u << 4,       /* a token is a bearer token, and headers are x-goog-... with it */
    MB_S3_ONLY_VIRTUAL = 1u << 5, /* the bucket has to stand in front of the host */
    MB_S3_MD5 = 1u << 6,          /* knows no CRC-32C, but checks Content-MD5 */
    MB_S3_PREFIX_IS_KEY = 1u << 7 /* takes the prefix of a list of uploads for a whole key */
};

/* An error code and what it means with this service. */
struct mb_s3_code {
    const char *code;
    mb_status status;
};

struct mb_s3_header {
    const char *name;
    const char *value;
};

/* Which requests a header of mb_s3_add_header goes with. */
enum {
    MB_S3_ON_READ = 1u << 0,
    MB_S3_ON_CREATE = 1u << 1, /* put, copy, begin of an upload */
    MB_S3_ON_PART = 1u << 2,   /* also a copied one, and completing */
    MB_S3_ON_OTHER = 1u << 3,
    MB_S3_ON_COPY_SOURCE = 1u << 4, /* a copy out of this store */
    MB_S3_ON_ALL = MB_S3_ON_READ | MB_S3_ON_CREATE | MB_S3_ON_PART | MB_S3_ON_OTHER
};

struct mb_s3_dialect {
    const char *name;
    uint32_t flags;
    const char *default_region; /* what to sign for when nothing is known */

    /* Makes a put refuse to overwrite; a NULL name when the service cannot. */
    struct mb_s3_header if_absent;

    /* Limits, as in mb_store_info. */
    uint64_t max_put_size;
    uint64_t max_copy_size;
    uint64_t min_part_size;
    uint64_t max_part_size;
    uint32_t max_parts;
    uint32_t max_remove;

    const struct mb_s3_code *codes; /* of this service alone, looked at first; ends with a NULL; or NULL */

    /* Optional.  Does the service at this host want the bucket in front of it? */
    bool (*is_virtual_host)(const char *host);

    /* Optional.  The region that the host's name tells; false when it tells none. */
    bool (*region_of_host)(const char *host, char *region, size_t cap);

    /* Optional.  The host for a region, when the configured one serves another or all. */
    bool (*host_of_region)(const char *host, const char *region, char *out, size_t cap);

    /* Optional.  The one host that stands for all under which the same buckets are found; the host itself
     * otherwise. */
    bool (*host_of_realm)(const char *host, char *out, size_t cap);

    /* Optional.  Reads options of this driver alone and adds headers. */
    mb_status (*read_options)(struct mb_store *store, const struct mb_config_values *config,
                              struct mb_error *error);

    /* Where credentials come from when auth.type is not "static"; NULL when there is no such thing. */
    mb_status (*find_credentials)(struct mb_credentials **out, const struct mb_config_values *config,
                                  struct mb_error *error);
};

/* What Amazon's own service allows (Amazon S3 User Guide, "Amazon S3 multipart upload limits"); most others
 * follow. */
#define MB_S3_USUAL_LIMITS                                                                \
    .max_put_size = 5ull << 30, .max_copy_size = 5ull << 30, .min_part_size = 5ull << 20, \
    .max_part_size = 5ull << 30, .max_parts = 10000, .max_remove = 1000

#define MB_S3_OPTIONS                                                                                        \
    {.name = "address",                                                                                      \
     .type = MB_OPT_STRING,                                                                                  \
     .flags = MB_OPT_REQUIRED,                                                                               \
     .help = "Host name or number of the service."},                                                         \
        {.name = "port",                                                                                     \
         .type = MB_OPT_INT,                                                                                 \
         .help = "Port of the service; 443 with TLS and 80 without when it is not set."},                    \
        {.name = "useSSL", .type = MB_OPT_BOOL, .def = "false", .help = "Speak TLS."},                       \
        {.name = "bucketName", .type = MB_OPT_STRING, .flags = MB_OPT_REQUIRED, .help = "The bucket."},      \
        {.name = "region",                                                                                   \
         .type = MB_OPT_STRING,                                                                              \
         .help = "Region of the bucket; the service is asked when it is not set."},                          \
        {.name = "addressing",                                                                               \
         .type = MB_OPT_ENUM,                                                                                \
         .def = "auto",                                                                                      \
         .choices = "auto|path|virtual",                                                                     \
         .help = "Where the bucket stands in a URL: in its path or in front of the host."},                  \
        {.name = "auth.type",                                                                                \
         .type = MB_OPT_ENUM,                                                                                \
         .def = "static",                                                                                    \
         .choices = "static|iam|default",                                                                    \
         .help = "Where the credential comes from: these options, the machine's role, or the environment."}, \
        {.name = "auth.accessKeyID",                                                                         \
         .type = MB_OPT_STRING,                                                                              \
         .when = "auth.type=static",                                                                         \
         .help = "Name of the access key."},                                                                 \
        {.name = "auth.secretAccessKey",                                                                     \
         .type = MB_OPT_STRING,                                                                              \
         .flags = MB_OPT_SECRET,                                                                             \
         .when = "auth.type=static",                                                                         \
         .help = "The access key itself."},                                                                  \
        {.name = "auth.sessionToken",                                                                        \
         .type = MB_OPT_STRING,                                                                              \
         .flags = MB_OPT_SECRET,                                                                             \
         .when = "auth.type=static",                                                                         \
         .help = "Session token that belongs to a temporary access key."},                                   \
        {.name = "auth.endpoint",                                                                            \
         .type = MB_OPT_URL,                                                                                 \
         .when = "auth.type=iam",                                                                            \
         .help = "Service to get credentials from instead of the usual one."},                               \
        MB_OPTIONS_HTTP

/* For read_options. */
mb_status mb_s3_add_header(struct mb_store *store, unsigned when, const char *name, const char *value,
                           struct mb_error *error);
bool mb_s3_speaks_tls(const struct mb_store *store);

/* Amazon's own hosts, as dialect functions. */
bool mb_s3_aws_is_virtual_host(const char *host); /* also Google's and Aliyun's */
bool mb_s3_aws_region_of_host(const char *host, char *region, size_t cap);
bool mb_s3_aws_host_of_region(const char *host, const char *region, char *out, size_t cap);
bool mb_s3_aws_host_of_realm(const char *host, char *out, size_t cap);
#define MB_S3_AWS_HOSTS                                                                       \
    .is_virtual_host = mb_s3_aws_is_virtual_host, .region_of_host = mb_s3_aws_region_of_host, \
    .host_of_region = mb_s3_aws_host_of_region, .host_of_realm = mb_s3_aws_host_of_realm

/* The label of host that follows prefix ("cos." of "cos.ap-x.example.com" gives "ap-x"); false without. */
bool mb_s3_label_after(const char *host, const char *prefix, char *out, size_t cap);

/* The same for a region, whose name has a dash: what else stands there ("accelerate", or the domain of a host
 * that serves all regions) has none. */
bool mb_s3_region_after(const char *host, const char *prefix, char *region, size_t cap);

/* dialect lives as long as the process. */
mb_status mb_s3_open(const struct mb_s3_dialect *dialect, struct mb_store **out, struct mb_store_info *info,
                     const struct mb_kv *config, size_t count, const struct mb_call *call);

MB_SLOT(mb_s3, remove_many);
MB_SLOT(mb_s3, mpu_copy_part);
MB_SLOTS(mb_s3);

/* A whole driver, for an array called options and a dialect called dialect.  Behind the description stand the
 * rows for what not every service has. */
#define MB_S3_DRIVER(name_, description_, ...)                                                              \
    static mb_status open_store(struct mb_store **out, struct mb_store_info *info,                          \
                                const struct mb_kv *config, size_t count, const struct mb_call *call)       \
    {                                                                                                       \
        return mb_s3_open(&dialect, out, info, config, count, call);                                        \
    }                                                                                                       \
    MB_DRIVER = {MB_HEAD(name_, description_), MB_ROW(mb_driver, load), .open = open_store, MB_ROWS(mb_s3), \
                 __VA_ARGS__}

#endif
