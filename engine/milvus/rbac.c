#include "milvus/client.h"
#include "milvus/convert.h"

#include <string.h>

static const struct mb_method method_backup = {
    .name = "BackupRBAC",
    .doing = "read users and roles",
    .answer = &pb__backup_rbac_meta_response__descriptor,
};
static const struct mb_method method_restore = {
    .name = "RestoreRBAC",
    .doing = "make users and roles",
    .answer = &pb__status__descriptor,
    .again = MB_AGAIN_REFUSED,
};

/* An array of count structs; none is no failure. */
#define MAKE_ARRAY(arena, count, out, error) \
    (((out) = mb_arena_alloc((arena), (count) + 1, sizeof *(out))) ? MB_OK : mb_fail_memory(error))

static mb_status call(struct mb_milvus *milvus, const struct mb_method *method,
                      const ProtobufCMessage *request, struct mb_arena *arena, void *answer,
                      struct mb_cancel *cancel, struct mb_error *error)
{
    mb_status status = mb_rpc(milvus, method, (struct mb_subject){0}, request, arena, answer, cancel, error);
    if (status != MB_E_UNSUPPORTED)
        return status;
    mb_error_clear(error);
    return mb_fail(error, MB_E_UNSUPPORTED,
                   "Milvus %s at %s neither hands out users and roles nor takes them: it does not know the "
                   "call %s",
                   milvus->info.version_text, milvus->info.place, method->name);
}

/* ------------------------------------------------------------ from a message */

static const char *name_of(const Pb__NamedEntity *entity)
{
    return entity ? entity->name : "";
}

static mb_status names_from_pb(Pb__NamedEntity **entities, size_t count, struct mb_arena *arena,
                               struct mb_strings *out, struct mb_error *error)
{
    const char **items;
    MB_TRY(MAKE_ARRAY(arena, count, items, error));
    for (size_t i = 0; i < count; i++)
        items[i] = entities[i]->name;
    *out = (struct mb_strings){.items = items, .count = count};
    return MB_OK;
}

static mb_status users_from_pb(const Pb__RbacMeta *pb, struct mb_arena *arena, struct mb_rbac *out,
                               struct mb_error *error)
{
    MB_TRY(MAKE_ARRAY(arena, pb->n_users, out->users, error));
    for (size_t i = 0; i < pb->n_users; i++) {
        const Pb__UserInfo *user = pb->users[i];
        out->users[i] = (struct mb_rbac_user){.name = user->user, .password = user->password};
        MB_TRY(names_from_pb(user->roles, user->n_roles, arena, &out->users[i].roles, error));
    }
    out->user_count = pb->n_users;
    return MB_OK;
}

static mb_status grants_from_pb(const Pb__RbacMeta *pb, struct mb_arena *arena, struct mb_rbac *out,
                                struct mb_error *error)
{
    MB_TRY(MAKE_ARRAY(arena, pb->n_grants, out->grants, error));
    for (size_t i = 0; i < pb->n_grants; i++) {
        const Pb__GrantEntity *grant = pb->grants[i];
        out->grants[i] =
            (struct mb_rbac_grant){.role = name_of(grant->role),
                                   .object = name_of(grant->object),
                                   .object_name = grant->object_name,
                                   .grantor = name_of(grant->grantor ? grant->grantor->user : NULL),
                                   .privilege = name_of(grant->grantor ? grant->grantor->privilege : NULL),
                                   .db_name = grant->db_name};
    }
    out->grant_count = pb->n_grants;
    return MB_OK;
}

static mb_status groups_from_pb(const Pb__RbacMeta *pb, struct mb_arena *arena, struct mb_rbac *out,
                                struct mb_error *error)
{
    MB_TRY(MAKE_ARRAY(arena, pb->n_privilege_groups, out->groups, error));
    for (size_t i = 0; i < pb->n_privilege_groups; i++) {
        const Pb__PrivilegeGroupInfo *group = pb->privilege_groups[i];
        out->groups[i] = (struct mb_rbac_group){.name = group->group_name};
        MB_TRY(
            names_from_pb(group->privileges, group->n_privileges, arena, &out->groups[i].privileges, error));
    }
    out->group_count = pb->n_privilege_groups;
    return MB_OK;
}

mb_status mb_milvus_backup_rbac(struct mb_milvus *milvus, struct mb_arena *arena, struct mb_rbac *out,
                                struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__Empty request = PB__EMPTY__INIT;
    Pb__BackupRbacMetaResponse *answer;
    struct mb_rbac rbac = {0};
    MB_TRY(call(milvus, &method_backup, &request.base, arena, &answer, cancel, error));
    if (answer->rbac_meta != NULL) {
        MB_TRY(users_from_pb(answer->rbac_meta, arena, &rbac, error));
        MB_TRY(
            names_from_pb(answer->rbac_meta->roles, answer->rbac_meta->n_roles, arena, &rbac.roles, error));
        MB_TRY(grants_from_pb(answer->rbac_meta, arena, &rbac, error));
        MB_TRY(groups_from_pb(answer->rbac_meta, arena, &rbac, error));
    }
    *out = rbac;
    return MB_OK;
}

/* -------------------------------------------------------------- to a message */

static mb_status name_to_pb(const char *name, struct mb_arena *arena, Pb__NamedEntity **out,
                            struct mb_error *error)
{
    Pb__NamedEntity *entity;
    MB_TRY(MAKE_ARRAY(arena, 0, entity, error));
    pb__named_entity__init(entity);
    entity->name = mb_pb_text(name);
    *out = entity;
    return MB_OK;
}

static mb_status names_to_pb(const struct mb_strings *names, struct mb_arena *arena, Pb__NamedEntity ***out,
                             size_t *count, struct mb_error *error)
{
    Pb__NamedEntity **list;
    MB_TRY(MAKE_ARRAY(arena, names->count, list, error));
    for (size_t i = 0; i < names->count; i++)
        MB_TRY(name_to_pb(names->items[i], arena, &list[i], error));
    *out = list;
    *count = names->count;
    return MB_OK;
}

static mb_status user_to_pb(const struct mb_rbac_user *user, struct mb_arena *arena, Pb__UserInfo **out,
                            struct mb_error *error)
{
    Pb__UserInfo *pb;
    MB_TRY(MAKE_ARRAY(arena, 0, pb, error));
    pb__user_info__init(pb);
    pb->user = mb_pb_text(user->name);
    pb->password = mb_pb_text(user->password);
    *out = pb;
    return names_to_pb(&user->roles, arena, &pb->roles, &pb->n_roles, error);
}

static mb_status grant_to_pb(const struct mb_rbac_grant *grant, struct mb_arena *arena, Pb__GrantEntity **out,
                             struct mb_error *error)
{
    Pb__GrantEntity *pb;
    MB_TRY(MAKE_ARRAY(arena, 0, pb, error));
    pb__grant_entity__init(pb);
    MB_TRY(MAKE_ARRAY(arena, 0, pb->grantor, error));
    pb__grantor_entity__init(pb->grantor);
    pb->object_name = mb_pb_text(grant->object_name);
    pb->db_name = mb_pb_text(grant->db_name);
    MB_TRY(name_to_pb(grant->role, arena, &pb->role, error));
    MB_TRY(name_to_pb(grant->object, arena, &pb->object, error));
    MB_TRY(name_to_pb(grant->grantor, arena, &pb->grantor->user, error));
    MB_TRY(name_to_pb(grant->privilege, arena, &pb->grantor->privilege, error));
    *out = pb;
    return MB_OK;
}

static mb_status group_to_pb(const struct mb_rbac_group *group, struct mb_arena *arena,
                             Pb__PrivilegeGroupInfo **out, struct mb_error *error)
{
    Pb__PrivilegeGroupInfo *pb;
    MB_TRY(MAKE_ARRAY(arena, 0, pb, error));
    pb__privilege_group_info__init(pb);
    pb->group_name = mb_pb_text(group->name);
    *out = pb;
    return names_to_pb(&group->privileges, arena, &pb->privileges, &pb->n_privileges, error);
}

mb_status mb_rbac_to_pb(const struct mb_rbac *rbac, struct mb_arena *arena, Pb__RbacMeta *pb,
                        struct mb_error *error)
{
    pb__rbac_meta__init(pb);
    MB_TRY(MAKE_ARRAY(arena, rbac->user_count, pb->users, error));
    for (pb->n_users = 0; pb->n_users < rbac->user_count; pb->n_users++)
        MB_TRY(user_to_pb(&rbac->users[pb->n_users], arena, &pb->users[pb->n_users], error));
    MB_TRY(names_to_pb(&rbac->roles, arena, &pb->roles, &pb->n_roles, error));
    MB_TRY(MAKE_ARRAY(arena, rbac->grant_count, pb->grants, error));
    for (pb->n_grants = 0; pb->n_grants < rbac->grant_count; pb->n_grants++)
        MB_TRY(grant_to_pb(&rbac->grants[pb->n_grants], arena, &pb->grants[pb->n_grants], error));
    MB_TRY(MAKE_ARRAY(arena, rbac->group_count, pb->privilege_groups, error));
    for (pb->n_privilege_groups = 0; pb->n_privilege_groups < rbac->group_count; pb->n_privilege_groups++)
        MB_TRY(group_to_pb(&rbac->groups[pb->n_privilege_groups], arena,
                           &pb->privilege_groups[pb->n_privilege_groups], error));
    return MB_OK;
}

mb_status mb_milvus_restore_rbac(struct mb_milvus *milvus, const struct mb_rbac *rbac,
                                 struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__RestoreRbacMetaRequest request = PB__RESTORE_RBAC_META_REQUEST__INIT;
    Pb__RbacMeta meta;
    struct mb_arena *arena = mb_arena_new();
    mb_status status = arena ? mb_rbac_to_pb(rbac, arena, &meta, error) : mb_fail_memory(error);
    request.rbac_meta = &meta;
    if (status == MB_OK)
        status = call(milvus, &method_restore, &request.base, arena, NULL, cancel, error);
    mb_arena_free(arena);
    return status;
}
