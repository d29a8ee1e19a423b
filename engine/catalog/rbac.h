/* rbac.h - users and roles as the member "rbac_meta" of a backup's description: JSON text and back. */
#ifndef MB_CATALOG_RBAC_H
#define MB_CATALOG_RBAC_H

#include "base/arena.h"
#include "base/error.h"
#include "model/rbac.h"

/* *out lies in arena. */
mb_status mb_rbac_to_json(const struct mb_rbac *rbac, struct mb_arena *arena, const char **out,
                          struct mb_error *error);

/* MB_E_CORRUPT, with the backup's name, for what is none. */
mb_status mb_rbac_from_json(const char *json, const char *backup, struct mb_arena *arena, struct mb_rbac *out,
                            struct mb_error *error);

#endif
