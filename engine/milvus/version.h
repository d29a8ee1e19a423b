/* version.h - what a Milvus calls itself, as a comparable number. */
#ifndef MB_MILVUS_VERSION_H
#define MB_MILVUS_VERSION_H

#include <stdbool.h>

struct mb_version {
    unsigned major, minor, patch;
};

/* Reads build_tags first and the text of GetVersion second: a leading v, pre-releases, four parts,
 * "2.6-2026..." (patch 9999); nothing recognisable is 99.0.0.  Either may be NULL. */
struct mb_version mb_version_parse(const char *build_tags, const char *version_text);

/* An exact release only ("2.4.15", "v2.6.5-rc1"): false for anything else. */
bool mb_version_parse_exact(const char *text, struct mb_version *out);

int mb_version_compare(struct mb_version a, struct mb_version b);

#endif
