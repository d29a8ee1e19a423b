/* rbac.h - users, roles, grants and groups of privileges as Milvus hands them out, as plain data.
 *
 * As for collections, all lives in the arena of whoever made it and no string is NULL.  Passwords are hashes
 * of Milvus' own, and no business of logs and messages. */
#ifndef MB_MODEL_RBAC_H
#define MB_MODEL_RBAC_H

#include "base/text.h"

#include <stddef.h>

struct mb_rbac_user {
    const char *name;
    const char *password;
    struct mb_strings roles;
};

struct mb_rbac_grant {
    const char *role;
    const char *object;      /* "Collection", "Global", "User" */
    const char *object_name; /* "*" for all */
    const char *grantor;     /* the user who gave it */
    const char *privilege;
    const char *db_name;
};

struct mb_rbac_group {
    const char *name;
    struct mb_strings privileges;
};

struct mb_rbac {
    struct mb_rbac_user *users;
    size_t user_count;
    struct mb_strings roles;
    struct mb_rbac_grant *grants;
    size_t grant_count;
    struct mb_rbac_group *groups;
    size_t group_count;
};

#endif
