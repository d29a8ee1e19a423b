/* What a task gave, as one object of JSON: the members of the library's results, times in milliseconds.
 *
 *   create    name, id, how, users, roles, grants, privilege_groups, took_ms
 *   restore   name, staged, aliases, lost_aliases, loaded, unloaded, rbac_made, rbac_left,
 *             rbac [{kind, name, made}], took_ms
 *   transfer  name, how, objects, bytes, present, verified, unlisted, strays, first_stray, took_ms
 *   verify    name, expected, objects, bytes, unlisted, read, read_bytes, compared, left_out, recorded,
 *             described_twice, damages, faults [{kind, harmless, name, expected, found}], fault_count,
 * took_ms delete    name, objects, took_ms prune     pattern, dry_run, kept, removed, left, bytes, objects,
 * backups [{name, state, made_ms, size, decision, why}], took_ms compact   name, output, id, how, objects,
 * bytes, folded, added, added_bytes, verified, strays, first_stray, took_ms */
#include "base/clock.h"
#include "service/record.h"
#include "json/writer.h"

enum { MOST_FAULTS = 100, MOST_BACKUPS = 1000, MOST_RBAC = 1000 };

#define LONGEST_RESULT ((size_t)1024 * 1024)

static void put_took(struct mb_json_writer *writer, int64_t ns)
{
    mb_json_int(writer, "took_ms", ns / MB_NS_PER_MS);
}

static void put_create(struct mb_json_writer *writer, struct mb_task *task)
{
    struct mb_create_result result = {.struct_size = sizeof result};
    if (mb_task_create_result(task, &result, NULL) != MB_OK)
        return;
    mb_json_string(writer, "name", result.name);
    mb_json_string(writer, "id", result.id);
    mb_json_string(writer, "how", result.how);
    mb_json_uint(writer, "users", result.users);
    mb_json_uint(writer, "roles", result.roles);
    mb_json_uint(writer, "grants", result.grants);
    mb_json_uint(writer, "privilege_groups", result.privilege_groups);
    put_took(writer, result.ns);
}

static void put_rbac(struct mb_json_writer *writer, struct mb_task *task)
{
    size_t count = mb_task_rbac_count(task);
    mb_json_begin_array(writer, "rbac");
    for (size_t i = 0; i < count && i < MOST_RBAC; i++) {
        struct mb_rbac_row row = {.struct_size = sizeof row};
        if (mb_task_rbac_at(task, i, &row, NULL) != MB_OK)
            break;
        mb_json_begin_object(writer, NULL);
        mb_json_string(writer, "kind", mb_rbac_kind_name(row.kind));
        mb_json_string(writer, "name", row.text);
        mb_json_bool(writer, "made", row.made);
        mb_json_end_object(writer);
    }
    mb_json_end_array(writer);
}

static void put_restore(struct mb_json_writer *writer, struct mb_task *task)
{
    struct mb_restore_result result = {.struct_size = sizeof result};
    if (mb_task_restore_result(task, &result, NULL) != MB_OK)
        return;
    mb_json_string(writer, "name", result.name);
    mb_json_bool(writer, "staged", result.staged);
    mb_json_uint(writer, "aliases", result.aliases);
    mb_json_uint(writer, "lost_aliases", result.lost_aliases);
    mb_json_uint(writer, "loaded", result.loaded);
    mb_json_uint(writer, "unloaded", result.unloaded);
    mb_json_uint(writer, "rbac_made", result.rbac_made);
    mb_json_uint(writer, "rbac_left", result.rbac_left);
    put_rbac(writer, task);
    put_took(writer, result.ns);
}

static void put_transfer(struct mb_json_writer *writer, struct mb_task *task)
{
    struct mb_transfer_result result = {.struct_size = sizeof result};
    if (mb_task_transfer_result(task, &result, NULL) != MB_OK)
        return;
    mb_json_string(writer, "name", result.name);
    mb_json_string(writer, "how", result.how);
    mb_json_uint(writer, "objects", result.objects);
    mb_json_uint(writer, "bytes", result.bytes);
    mb_json_uint(writer, "present", result.present);
    mb_json_uint(writer, "verified", result.verified);
    mb_json_uint(writer, "unlisted", result.unlisted);
    mb_json_uint(writer, "strays", result.strays);
    mb_json_string(writer, "first_stray", result.first_stray);
    put_took(writer, result.ns);
}

static void put_faults(struct mb_json_writer *writer, struct mb_task *task)
{
    size_t count = mb_task_fault_count(task);
    mb_json_begin_array(writer, "faults");
    for (size_t i = 0; i < count && i < MOST_FAULTS; i++) {
        struct mb_task_fault fault = {.struct_size = sizeof fault};
        if (mb_task_fault_at(task, i, &fault, NULL) != MB_OK)
            break;
        mb_json_begin_object(writer, NULL);
        mb_json_string(writer, "kind", mb_task_fault_name(fault.kind));
        mb_json_bool(writer, "harmless", fault.harmless);
        mb_json_string(writer, "name", fault.name);
        mb_json_string(writer, "expected", fault.expected);
        mb_json_string(writer, "found", fault.found);
        mb_json_end_object(writer);
    }
    mb_json_end_array(writer);
}

static void put_verify(struct mb_json_writer *writer, struct mb_task *task)
{
    struct mb_verify_result result = {.struct_size = sizeof result};
    if (mb_task_verify_result(task, &result, NULL) != MB_OK)
        return;
    mb_json_string(writer, "name", result.name);
    mb_json_uint(writer, "expected", result.expected);
    mb_json_uint(writer, "objects", result.objects);
    mb_json_uint(writer, "bytes", result.bytes);
    mb_json_uint(writer, "unlisted", result.unlisted);
    mb_json_uint(writer, "read", result.read);
    mb_json_uint(writer, "read_bytes", result.read_bytes);
    mb_json_uint(writer, "compared", result.compared);
    mb_json_uint(writer, "left_out", result.left_out);
    mb_json_bool(writer, "recorded", result.recorded);
    mb_json_bool(writer, "described_twice", result.described_twice);
    mb_json_uint(writer, "damages", result.damages);
    put_faults(writer, task);
    mb_json_uint(writer, "fault_count", result.faults);
    put_took(writer, result.ns);
}

static void put_delete(struct mb_json_writer *writer, struct mb_task *task)
{
    struct mb_delete_result result = {.struct_size = sizeof result};
    if (mb_task_delete_result(task, &result, NULL) != MB_OK)
        return;
    mb_json_string(writer, "name", result.name);
    mb_json_uint(writer, "objects", result.objects);
    put_took(writer, result.ns);
}

static void put_decisions(struct mb_json_writer *writer, struct mb_task *task)
{
    size_t count = mb_task_prune_count(task);
    mb_json_begin_array(writer, "backups");
    for (size_t i = 0; i < count && i < MOST_BACKUPS; i++) {
        struct mb_prune_row row = {.struct_size = sizeof row};
        if (mb_task_prune_at(task, i, &row, NULL) != MB_OK)
            break;
        mb_json_begin_object(writer, NULL);
        mb_json_string(writer, "name", row.name);
        mb_json_string(writer, "state", mb_state_name(row.state));
        mb_json_int(writer, "made_ms", row.made_ms);
        mb_json_int(writer, "size", row.size);
        mb_json_string(writer, "decision", mb_prune_decision_name(row.decision));
        mb_json_string(writer, "why", row.why);
        mb_json_end_object(writer);
    }
    mb_json_end_array(writer);
}

static void put_prune(struct mb_json_writer *writer, struct mb_task *task)
{
    struct mb_prune_result result = {.struct_size = sizeof result};
    if (mb_task_prune_result(task, &result, NULL) != MB_OK)
        return;
    mb_json_string(writer, "pattern", result.pattern);
    mb_json_bool(writer, "dry_run", result.dry_run);
    mb_json_uint(writer, "kept", result.kept);
    mb_json_uint(writer, "removed", result.removed);
    mb_json_uint(writer, "left", result.left);
    mb_json_uint(writer, "bytes", result.bytes);
    mb_json_uint(writer, "objects", result.objects);
    put_decisions(writer, task);
    put_took(writer, result.ns);
}

static void put_compact(struct mb_json_writer *writer, struct mb_task *task)
{
    struct mb_compact_result result = {.struct_size = sizeof result};
    if (mb_task_compact_result(task, &result, NULL) != MB_OK)
        return;
    mb_json_string(writer, "name", result.name);
    mb_json_string(writer, "output", result.output);
    mb_json_string(writer, "id", result.id);
    mb_json_string(writer, "how", result.how);
    mb_json_uint(writer, "objects", result.objects);
    mb_json_uint(writer, "bytes", result.bytes);
    mb_json_uint(writer, "folded", result.folded);
    mb_json_uint(writer, "added", result.added);
    mb_json_uint(writer, "added_bytes", result.added_bytes);
    mb_json_uint(writer, "verified", result.verified);
    mb_json_uint(writer, "strays", result.strays);
    mb_json_string(writer, "first_stray", result.first_stray);
    put_took(writer, result.ns);
}

static void put_result(struct mb_json_writer *writer, struct mb_task *task)
{
    static void (*const puts[])(struct mb_json_writer * writer, struct mb_task * task) = {
        [MB_TASK_CREATE] = put_create,  [MB_TASK_RESTORE] = put_restore, [MB_TASK_TRANSFER] = put_transfer,
        [MB_TASK_VERIFY] = put_verify,  [MB_TASK_DELETE] = put_delete,   [MB_TASK_PRUNE] = put_prune,
        [MB_TASK_COMPACT] = put_compact};
    int32_t kind = mb_task_kind(task);
    if (kind > 0 && (size_t)kind < sizeof puts / sizeof *puts && puts[kind] != NULL)
        puts[kind](writer, task);
}

mb_status mb_result_of_task(struct mb_task *task, struct mb_arena *arena, const char **out,
                            struct mb_error *error)
{
    struct mb_buf text;
    struct mb_json_writer writer;
    mb_buf_init(&text, LONGEST_RESULT);
    const struct mb_sink sink = mb_buf_sink(&text);
    mb_json_init(&writer, &sink);
    mb_json_begin_object(&writer, NULL);
    put_result(&writer, task);
    mb_json_end_object(&writer);
    mb_status status = mb_json_finish(&writer, error);
    mb_json_done(&writer);
    const char *copy = status == MB_OK ? mb_arena_strdup(arena, text.data) : NULL;
    mb_buf_done(&text);
    MB_TRY(status);
    if (copy == NULL)
        return mb_fail_memory(error);
    *out = copy;
    return MB_OK;
}
