#include "restore/rbac.h"

#include <string.h>

struct planning {
    struct mb_arena *arena;
    struct mb_rbac_plan *plan;
    struct mb_error *error;
};

static mb_status add_line(struct planning *p, enum mb_rbac_kind kind, const char *text, bool made)
{
    if (text == NULL)
        return mb_fail_memory(p->error);
    p->plan->lines[p->plan->count++] = (struct mb_rbac_line){.kind = kind, .text = text, .made = made};
    p->plan->missing_count += made;
    return MB_OK;
}

static mb_status warn(struct planning *p, const char *text)
{
    return mb_strings_add(&p->plan->warnings, p->arena, text) ? MB_OK : mb_fail_memory(p->error);
}

/* The first of a that b lacks; NULL for none. */
static const char *lacking(const struct mb_strings *a, const struct mb_strings *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!mb_strings_have(b, a->items[i]))
            return a->items[i];
    return NULL;
}

/* -------------------------------------------------------------------- users */

static const struct mb_rbac_user *find_user(const struct mb_rbac *rbac, const char *name)
{
    for (size_t i = 0; i < rbac->user_count; i++)
        if (strcmp(rbac->users[i].name, name) == 0)
            return &rbac->users[i];
    return NULL;
}

static mb_status plan_users(struct planning *p, const struct mb_rbac *backup, const struct mb_rbac *there)
{
    struct mb_rbac *missing = &p->plan->missing;
    for (size_t i = 0; i < backup->user_count; i++) {
        const struct mb_rbac_user *user = &backup->users[i], *old = find_user(there, user->name);
        MB_TRY(add_line(p, MB_RBAC_KIND_USER, user->name, old == NULL));
        const char *role = old ? lacking(&user->roles, &old->roles) : NULL;
        if (old == NULL)
            missing->users[missing->user_count++] = *user;
        if (role != NULL)
            MB_TRY(warn(
                p, mb_arena_printf(p->arena,
                                   "user %s exists and does not get the role %s, which it has in the backup",
                                   user->name, role)));
    }
    return MB_OK;
}

/* -------------------------------------------------------------------- roles */

static mb_status plan_roles(struct planning *p, const struct mb_rbac *backup, const struct mb_rbac *there)
{
    for (size_t i = 0; i < backup->roles.count; i++) {
        const char *role = backup->roles.items[i];
        bool is_missing = !mb_strings_have(&there->roles, role);
        MB_TRY(add_line(p, MB_RBAC_KIND_ROLE, role, is_missing));
        if (is_missing && !mb_strings_add(&p->plan->missing.roles, p->arena, role))
            return mb_fail_memory(p->error);
    }
    return MB_OK;
}

/* ------------------------------------------------------------------- grants */

static const char *db_of(const struct mb_rbac_grant *grant)
{
    return *grant->db_name != '\0' ? grant->db_name : "default";
}

/* Who gave it makes no difference to what it allows. */
static bool is_same_grant(const struct mb_rbac_grant *a, const struct mb_rbac_grant *b)
{
    return strcmp(a->role, b->role) == 0 && strcmp(a->object, b->object) == 0 &&
           strcmp(a->object_name, b->object_name) == 0 && strcmp(a->privilege, b->privilege) == 0 &&
           strcmp(db_of(a), db_of(b)) == 0;
}

static bool has_grant(const struct mb_rbac *rbac, const struct mb_rbac_grant *grant)
{
    for (size_t i = 0; i < rbac->grant_count; i++)
        if (is_same_grant(&rbac->grants[i], grant))
            return true;
    return false;
}

static mb_status plan_grants(struct planning *p, const struct mb_rbac *backup, const struct mb_rbac *there)
{
    struct mb_rbac *missing = &p->plan->missing;
    for (size_t i = 0; i < backup->grant_count; i++) {
        const struct mb_rbac_grant *grant = &backup->grants[i];
        bool is_missing = !has_grant(there, grant) && !has_grant(missing, grant);
        MB_TRY(add_line(p, MB_RBAC_KIND_GRANT,
                        mb_arena_printf(p->arena, "%s on %s %s in %s for %s", grant->privilege, grant->object,
                                        grant->object_name, db_of(grant), grant->role),
                        is_missing));
        if (is_missing)
            missing->grants[missing->grant_count++] = *grant;
    }
    return MB_OK;
}

/* ------------------------------------------------------------------- groups */

static const struct mb_rbac_group *find_group(const struct mb_rbac *rbac, const char *name)
{
    for (size_t i = 0; i < rbac->group_count; i++)
        if (strcmp(rbac->groups[i].name, name) == 0)
            return &rbac->groups[i];
    return NULL;
}

static mb_status plan_groups(struct planning *p, const struct mb_rbac *backup, const struct mb_rbac *there)
{
    struct mb_rbac *missing = &p->plan->missing;
    for (size_t i = 0; i < backup->group_count; i++) {
        const struct mb_rbac_group *group = &backup->groups[i], *old = find_group(there, group->name);
        MB_TRY(add_line(p, MB_RBAC_KIND_GROUP, group->name, old == NULL));
        if (old == NULL)
            missing->groups[missing->group_count++] = *group;
        else if (lacking(&group->privileges, &old->privileges) ||
                 lacking(&old->privileges, &group->privileges))
            MB_TRY(warn(
                p,
                mb_arena_printf(
                    p->arena,
                    "privilege group %s exists with other privileges than in the backup and stays as it is",
                    group->name)));
    }
    return MB_OK;
}

mb_status mb_rbac_plan_make(const struct mb_rbac *backup, const struct mb_rbac *there, struct mb_arena *arena,
                            struct mb_rbac_plan *out, struct mb_error *error)
{
    struct mb_rbac_plan plan = {0};
    struct planning p = {.arena = arena, .plan = &plan, .error = error};
    size_t count = backup->user_count + backup->roles.count + backup->grant_count + backup->group_count;

    plan.lines = mb_arena_alloc(arena, count + 1, sizeof *plan.lines);
    plan.missing.users = mb_arena_alloc(arena, backup->user_count + 1, sizeof *plan.missing.users);
    plan.missing.grants = mb_arena_alloc(arena, backup->grant_count + 1, sizeof *plan.missing.grants);
    plan.missing.groups = mb_arena_alloc(arena, backup->group_count + 1, sizeof *plan.missing.groups);
    if (plan.lines == NULL || plan.missing.users == NULL || plan.missing.grants == NULL ||
        plan.missing.groups == NULL)
        return mb_fail_memory(error);
    MB_TRY(plan_users(&p, backup, there));
    MB_TRY(plan_roles(&p, backup, there));
    MB_TRY(plan_grants(&p, backup, there));
    MB_TRY(plan_groups(&p, backup, there));
    *out = plan;
    return MB_OK;
}
