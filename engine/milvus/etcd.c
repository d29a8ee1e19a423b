#include "milvus/etcd.h"

#include "base/meter.h"
#include "index.pb-c.h"
#include "milvus/client.h"
#include "milvus/convert.h"
#include "milvus/etcd_range.h"

#include <inttypes.h>
#include <string.h>

enum { ATTEMPTS = 3 };

/* ---------------------------------------------------------------- life */

static mb_status pass_over(void *ctx, const Pb__EtcdKeyValue *entry, struct mb_arena *scratch,
                           struct mb_error *error)
{
    (void)ctx;
    (void)scratch;
    (void)entry;
    (void)error;
    return MB_OK;
}

static mb_status set_up(struct mb_etcd *etcd, const struct mb_etcd_options *options, struct mb_cancel *cancel,
                        struct mb_error *error)
{
    const struct mb_etcd_visit nothing = {.entry = pass_over};
    const char *root = mb_key_clean(etcd->arena, options->root);
    if (root == NULL)
        return mb_fail_memory(error);
    const char *slash = *root != '\0' ? "/" : "";
    etcd->index_place = mb_arena_printf(etcd->arena, "%s%smeta/field-index", root, slash);
    etcd->field_place = mb_arena_printf(etcd->arena, "%s%smeta/root-coord/fields", root, slash);
    const char *nobody = mb_arena_printf(etcd->arena, "%s/0/", etcd->index_place);
    if (etcd->index_place == NULL || etcd->field_place == NULL || nobody == NULL)
        return mb_fail_memory(error);
    etcd->meter = mb_meters_get(options->meters, "etcd", "", "Range");
    MB_TRY(mb_etcd_add_endpoints(etcd, options, error));
    return mb_etcd_range(etcd, nobody, 1, &nothing, cancel, error);
}

mb_status mb_etcd_open(struct mb_etcd **out, const struct mb_etcd_options *options, struct mb_cancel *cancel,
                       struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    struct mb_etcd *etcd = arena != NULL ? mb_arena_alloc(arena, 1, sizeof *etcd) : NULL;
    if (etcd == NULL) {
        mb_arena_free(arena);
        return mb_fail_memory(error);
    }
    etcd->arena = arena;
    mb_status status = set_up(etcd, options, cancel, error);
    if (status != MB_OK) {
        mb_etcd_close(etcd);
        return status;
    }
    *out = etcd;
    return MB_OK;
}

void mb_etcd_close(struct mb_etcd *etcd)
{
    if (etcd == NULL)
        return;
    mb_etcd_drop_endpoints(etcd);
    mb_arena_free(etcd->arena);
}

const char *mb_etcd_index_place(const struct mb_etcd *etcd)
{
    return etcd->index_place;
}

/* ------------------------------------------------------- what Milvus keeps */

/* A key's value that says that there is none any more. */
static bool is_tombstone(const ProtobufCBinaryData *value)
{
    static const uint8_t tombstone[] = {0xE2, 0x9B, 0xBC};
    return value->len == sizeof tombstone && memcmp(value->data, tombstone, sizeof tombstone) == 0;
}

static mb_status unpack(const ProtobufCMessageDescriptor *type, const Pb__EtcdKeyValue *entry,
                        struct mb_arena *arena, ProtobufCMessage **out, struct mb_error *error)
{
    const struct mb_buf bytes = {.data = (char *)entry->value.data, .len = entry->value.len};
    *out = mb_pb_unpack(type, &bytes, arena);
    if (*out == NULL)
        return mb_fail(error, MB_E_PROTOCOL, "milvus keeps something else than expected in etcd at %.*s",
                       (int)entry->key.len, (const char *)entry->key.data);
    return MB_OK;
}

static mb_status read_below(struct mb_etcd *etcd, const char *place, int64_t collection_id,
                            struct mb_arena *arena, const struct mb_etcd_visit *visit,
                            struct mb_cancel *cancel, struct mb_error *error)
{
    const char *prefix = mb_arena_printf(arena, "%s/%" PRId64 "/", place, collection_id);
    if (prefix == NULL)
        return mb_fail_memory(error);
    return mb_etcd_range(etcd, prefix, ATTEMPTS, visit, cancel, error);
}

struct indexes {
    struct mb_arena *arena;
    struct mb_index_extra *items;
    size_t count;
};

static mb_status keep_index(struct indexes *list, const Pb__EtcdKeyValue *entry, struct mb_error *error)
{
    ProtobufCMessage *message;
    struct mb_arena *arena = list->arena;
    MB_TRY(unpack(&pb__field_index__descriptor, entry, arena, &message, error));
    const Pb__FieldIndex *kept = (const Pb__FieldIndex *)message;
    const Pb__IndexInfo *info = kept->index_info;
    struct mb_index_extra extra = {.index_id = info->index_id,
                                   .name = info->index_name,
                                   .field_id = info->field_id,
                                   .create_time = kept->create_time,
                                   .is_auto_index = info->is_auto_index,
                                   .min_index_version = info->min_index_version,
                                   .max_index_version = info->max_index_version};
    MB_TRY(mb_properties_from_pb(info->type_params, info->n_type_params, arena, &extra.type_params, error));
    MB_TRY(
        mb_properties_from_pb(info->index_params, info->n_index_params, arena, &extra.index_params, error));
    MB_TRY(mb_properties_from_pb(info->user_index_params, info->n_user_index_params, arena,
                                 &extra.user_index_params, error));
    struct mb_index_extra *items = mb_arena_append(arena, list->items, list->count, sizeof *items);
    if (items == NULL)
        return mb_fail_memory(error);
    items[list->count++] = extra;
    list->items = items;
    return MB_OK;
}

/* Of those that were dropped, which may be many, nothing stays. */
static mb_status take_index(void *ctx, const Pb__EtcdKeyValue *entry, struct mb_arena *scratch,
                            struct mb_error *error)
{
    ProtobufCMessage *message;
    if (is_tombstone(&entry->value))
        return MB_OK;
    MB_TRY(unpack(&pb__field_index__descriptor, entry, scratch, &message, error));
    const Pb__FieldIndex *kept = (const Pb__FieldIndex *)message;
    return kept->deleted || kept->index_info == NULL ? MB_OK : keep_index(ctx, entry, error);
}

mb_status mb_etcd_indexes(struct mb_etcd *etcd, int64_t collection_id, struct mb_arena *arena,
                          struct mb_index_extra **out, size_t *count, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    struct indexes list = {.arena = arena};
    const struct mb_etcd_visit visit = {.entry = take_index, .ctx = &list};
    MB_TRY(read_below(etcd, etcd->index_place, collection_id, arena, &visit, cancel, error));
    *out = list.items;
    *count = list.count;
    return MB_OK;
}

struct search {
    struct mb_arena *arena;
    struct mb_field field;
    bool found;
};

static mb_status take_field(void *ctx, const Pb__EtcdKeyValue *entry, struct mb_arena *scratch,
                            struct mb_error *error)
{
    struct search *search = ctx;
    ProtobufCMessage *message;
    if (search->found || is_tombstone(&entry->value))
        return MB_OK;
    MB_TRY(unpack(&pb__field_schema__descriptor, entry, scratch, &message, error));
    if (!((const Pb__FieldSchema *)message)->is_dynamic)
        return MB_OK;
    search->found = true;
    MB_TRY(unpack(&pb__field_schema__descriptor, entry, search->arena, &message, error));
    return mb_field_from_pb((const Pb__FieldSchema *)message, search->arena, &search->field, error);
}

mb_status mb_etcd_dynamic_field(struct mb_etcd *etcd, int64_t collection_id, struct mb_arena *arena,
                                struct mb_field *out, struct mb_cancel *cancel, struct mb_error *error)
{
    struct search search = {.arena = arena};
    const struct mb_etcd_visit visit = {.entry = take_field, .ctx = &search};
    MB_TRY(read_below(etcd, etcd->field_place, collection_id, arena, &visit, cancel, error));
    if (!search.found)
        return mb_fail(error, MB_E_NOT_FOUND, "milvus' etcd has no field of dynamic values below %s/%" PRId64,
                       etcd->field_place, collection_id);
    *out = search.field;
    return MB_OK;
}
