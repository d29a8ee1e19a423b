#include "base/text.h"
#include "common/s3/s3.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The hosts of Amazon S3 (AWS General Reference, "Amazon S3 endpoints and quotas"):
 *
 *   s3.amazonaws.com                       everywhere
 *   s3.REGION.amazonaws.com                also with a dash after s3
 *   s3.dualstack.REGION.amazonaws.com
 *   s3-fips..., bucket.vpce-1-2.s3.REGION.vpce.amazonaws.com, s3-accelerate..., s3-external-1...
 *
 * and the same below amazonaws.com.cn. */

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcasecmp(text + len - end_len, end) == 0;
}

static const char *aws_domain(const char *host)
{
    if (ends_with(host, ".amazonaws.com"))
        return ".amazonaws.com";
    return ends_with(host, ".amazonaws.com.cn") ? ".amazonaws.com.cn" : NULL;
}

bool mb_s3_aws_is_virtual_host(const char *host)
{
    return aws_domain(host) || strcasecmp(host, "storage.googleapis.com") == 0 ||
           ends_with(host, ".aliyuncs.com");
}

bool mb_s3_label_after(const char *host, const char *prefix, char *out, size_t cap)
{
    if (strncasecmp(host, prefix, strlen(prefix)) != 0)
        return false;
    const char *label = host + strlen(prefix);
    size_t len = strcspn(label, ".");
    if (len == 0 || len >= cap || label[len] == '\0')
        return false;
    memcpy(out, label, len);
    out[len] = '\0';
    return true;
}

bool mb_s3_region_after(const char *host, const char *prefix, char *region, size_t cap)
{
    char label[64];
    return mb_s3_label_after(host, prefix, label, sizeof(label)) && strchr(label, '-') &&
           mb_text_fit(region, cap, label);
}

/* The hosts in which one region can be put for another; *prefix is what stands in front of it. */
static bool plain_region(const char *host, const char **prefix, char *region, size_t cap)
{
    static const char *const prefixes[] = {"s3.dualstack.", "s3.", "s3-"};

    if (!aws_domain(host))
        return false;
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        *prefix = prefixes[i];
        if (mb_s3_label_after(host, prefixes[i], region, cap))
            return strcmp(region, "amazonaws") != 0 && strchr(region, '-') &&
                   strncmp(region, "fips", 4) != 0 && strncmp(region, "accelerate", 10) != 0 &&
                   strncmp(region, "external", 8) != 0;
    }
    return false;
}

bool mb_s3_aws_region_of_host(const char *host, char *region, size_t cap)
{
    const char *prefix;
    char found[64];
    const char *inner = strstr(host, ".s3.");

    bool known = plain_region(host, &prefix, found, sizeof(found)) ||
                 (aws_domain(host) && (mb_s3_label_after(host, "s3-fips.dualstack.", found, sizeof(found)) ||
                                       mb_s3_label_after(host, "s3-fips.", found, sizeof(found)) ||
                                       (inner && mb_s3_label_after(inner, ".s3.", found, sizeof(found)))));
    return known && mb_text_fit(region, cap, found);
}

bool mb_s3_aws_host_of_region(const char *host, const char *region, char *out, size_t cap)
{
    const char *prefix = "s3.";
    const char *domain = aws_domain(host);
    char old[64], made[256];

    if (!domain ||
        (strcasecmp(host, "s3.amazonaws.com") != 0 && !plain_region(host, &prefix, old, sizeof(old))))
        return false;
    int len = snprintf(made, sizeof(made), "%s%s%s", prefix, region, domain);
    return len > 0 && (size_t)len < sizeof(made) && mb_text_fit(out, cap, made);
}

bool mb_s3_aws_host_of_realm(const char *host, char *out, size_t cap)
{
    const char *domain = aws_domain(host);
    char made[64], region[64];
    if (!domain)
        return false;
    bool gov = mb_s3_aws_region_of_host(host, region, sizeof(region)) && strncmp(region, "us-gov-", 7) == 0;
    snprintf(made, sizeof(made), "s3%s%s", gov ? ".us-gov" : "", domain);
    return mb_text_fit(out, cap, made);
}
