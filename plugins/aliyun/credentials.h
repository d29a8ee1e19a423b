/* credentials.h - where Alibaba Cloud's tools look for credentials: with auth.type default the environment,
 * an OIDC role (RRSA), the tools' configuration file, the instance's role; with iam only the roles. */
#ifndef MB_ALIYUN_CREDENTIALS_H
#define MB_ALIYUN_CREDENTIALS_H

#include "common/credentials/source.h"

mb_status mb_credentials_find_aliyun(struct mb_credentials **out, const struct mb_config_values *config,
                                     struct mb_error *error);

#endif
