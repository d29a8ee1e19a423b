/* credentials.h - where Tencent Cloud's tools look for credentials: with auth.type default the environment, a
 * role of TKE by web identity, the instance's role; with iam only the roles. */
#ifndef MB_TENCENT_CREDENTIALS_H
#define MB_TENCENT_CREDENTIALS_H

#include "common/credentials/source.h"

mb_status mb_credentials_find_tencent(struct mb_credentials **out, const struct mb_config_values *config,
                                      struct mb_error *error);

#endif
