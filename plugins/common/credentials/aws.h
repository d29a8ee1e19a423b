/* aws.h - where Amazon's tools look for credentials (AWS SDKs and Tools Reference Guide,
 * "Standardized credential providers").
 *
 * auth.type default: environment, web identity, shared file, container, instance; iam: without environment
 * and file.  The first whose setting is there is used; the instance's service needs none. */
#ifndef MB_COMMON_CREDENTIALS_AWS_H
#define MB_COMMON_CREDENTIALS_AWS_H

#include "common/credentials/source.h"

mb_status mb_credentials_find_aws(struct mb_credentials **out, const struct mb_config_values *config,
                                  struct mb_error *error);

/* The value of key in [section] of an ini file's text; false when there is none or it does not fit. */
bool mb_ini_get(const char *text, const char *section, const char *key, char *out, size_t cap);

#endif
