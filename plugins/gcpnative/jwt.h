/* jwt.h - a signed JSON web token (RFC 7519) by RS256 (RFC 7518 section 3.3). */
#ifndef MB_GCPNATIVE_JWT_H
#define MB_GCPNATIVE_JWT_H

#include "milvus_backup/storage_plugin.h"

#include <jansson.h>

/* *out is on the heap.  MB_E_CONFIG when private_key is no RSA key in PEM; the key is never part of a
 * message. */
mb_status gcs_jwt_sign(const char *private_key, const char *key_id, const json_t *claims, char **out,
                       struct mb_error *error);

#endif
