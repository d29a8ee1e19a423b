/* rbac.h - users and roles of a backup, compared with those of the target.
 *
 * Only what is missing there is made: what is there stays as it is, since somebody relies on it. */
#ifndef MB_RESTORE_RBAC_H
#define MB_RESTORE_RBAC_H

#include "base/arena.h"
#include "base/error.h"
#include "model/rbac.h"

#include <stdbool.h>

enum mb_rbac_kind { MB_RBAC_KIND_USER, MB_RBAC_KIND_ROLE, MB_RBAC_KIND_GRANT, MB_RBAC_KIND_GROUP };

/* One entry of the backup. */
struct mb_rbac_line {
    enum mb_rbac_kind kind;
    const char *text; /* "alice", "Search on Collection c in db for readers" */
    bool made;        /* otherwise it was there */
};

struct mb_rbac_plan {
    struct mb_rbac missing;
    struct mb_rbac_line *lines; /* of each entry; made where it is missing */
    size_t count;
    size_t missing_count;
    struct mb_strings warnings; /* what is there under the same name, but differs */
};

/* Pure. */
mb_status mb_rbac_plan_make(const struct mb_rbac *backup, const struct mb_rbac *there, struct mb_arena *arena,
                            struct mb_rbac_plan *out, struct mb_error *error);

#endif
