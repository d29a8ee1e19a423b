#include "milvus/version.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define PATCH_UNKNOWN 9999

/* Up to seven digits; NULL when there is none or more. */
static const char *read_number(const char *at, unsigned *out)
{
    unsigned value = 0;
    int digits = 0;
    for (; isdigit((unsigned char)*at); at++) {
        if (++digits > 7)
            return NULL;
        value = value * 10 + (unsigned)(*at - '0');
    }
    if (digits == 0)
        return NULL;
    *out = value;
    return at;
}

static const char *skip_v(const char *at)
{
    return (*at == 'v' || *at == 'V') ? at + 1 : at;
}

/* "X.Y" or "X.Y.Z" at the front; returns where it ends, and whether the patch was there. */
static const char *read_release(const char *at, struct mb_version *out, bool *has_patch)
{
    struct mb_version v = {.patch = PATCH_UNKNOWN};
    at = read_number(at, &v.major);
    if (at == NULL || *at != '.')
        return NULL;
    at = read_number(at + 1, &v.minor);
    if (at == NULL)
        return NULL;
    const char *end = *at == '.' ? read_number(at + 1, &v.patch) : NULL;
    *has_patch = end != NULL;
    *out = v;
    return end != NULL ? end : at;
}

/* "-rc1", "+build.5" or nothing: what may follow the numbers of a release. */
static bool is_suffix(const char *at)
{
    if (*at == '\0')
        return true;
    if ((*at != '-' && *at != '+') || at[1] == '\0')
        return false;
    for (at++; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && strchr(".-+_", *at) == NULL)
            return false;
    }
    return true;
}

bool mb_version_parse_exact(const char *text, struct mb_version *out)
{
    struct mb_version v;
    bool has_patch;
    const char *end = text == NULL ? NULL : read_release(skip_v(text), &v, &has_patch);
    if (end == NULL || !has_patch || !is_suffix(end))
        return false;
    *out = v;
    return true;
}

/* An exact release, or one of four parts of which the last is dropped. */
static bool parse_release(const char *text, struct mb_version *out)
{
    struct mb_version v;
    bool has_patch;
    unsigned fourth;
    if (mb_version_parse_exact(text, out))
        return true;
    const char *end = text == NULL ? NULL : read_release(skip_v(text), &v, &has_patch);
    if (end == NULL || !has_patch || *end != '.')
        return false;
    end = read_number(end + 1, &fourth);
    if (end == NULL || !is_suffix(end))
        return false;
    *out = v;
    return true;
}

/* A release at the front of the text or behind the word Milvus. */
static bool parse_embedded(const char *text, struct mb_version *out)
{
    bool has_patch;
    if (text == NULL)
        return false;
    if (read_release(skip_v(text), out, &has_patch) != NULL)
        return true;
    for (const char *at = strcasestr(text, "milvus"); at != NULL; at = strcasestr(at, "milvus")) {
        at += strlen("milvus");
        if (read_release(skip_v(at + strspn(at, " \t:-/")), out, &has_patch) != NULL)
            return true;
    }
    return false;
}

struct mb_version mb_version_parse(const char *build_tags, const char *version_text)
{
    struct mb_version v;
    if (parse_release(build_tags, &v) || parse_release(version_text, &v) || parse_embedded(build_tags, &v) ||
        parse_embedded(version_text, &v))
        return v;
    return (struct mb_version){.major = 99};
}

int mb_version_compare(struct mb_version a, struct mb_version b)
{
    if (a.major != b.major)
        return a.major < b.major ? -1 : 1;
    if (a.minor != b.minor)
        return a.minor < b.minor ? -1 : 1;
    if (a.patch != b.patch)
        return a.patch < b.patch ? -1 : 1;
    return 0;
}
