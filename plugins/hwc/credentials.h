/* credentials.h - where Huawei Cloud's tools look for credentials: with auth.type default the environment, an
 * identity provider's token, the instance's agency; with iam only the latter two. */
#ifndef MB_HWC_CREDENTIALS_H
#define MB_HWC_CREDENTIALS_H

#include "common/credentials/source.h"

mb_status mb_credentials_find_hwc(struct mb_credentials **out, const struct mb_config_values *config,
                                  struct mb_error *error);

#endif
