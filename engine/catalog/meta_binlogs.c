#include "catalog/meta_binlogs.h"

#include "base/text.h"
#include "catalog/layout.h"

#include <stdlib.h>
#include <string.h>

#define MAX_PATH ((size_t)64 * 1024)

/* One {fieldID, binlogs[]}; the logs of a segment share one buffer for their paths. */
static void write_field_logs(struct mb_json_writer *writer, const struct mb_segment_backup *segment,
                             const struct mb_field_binlogs *field, bool is_delta, struct mb_buf *path)
{
    const struct mb_meta_view *view = writer->ctx;
    const char *root = view->backup->source_root;
    mb_json_begin_object(writer, NULL);
    if (field->field_id != 0)
        mb_json_int(writer, "fieldID", field->field_id);
    if (field->count > 0)
        mb_json_begin_array(writer, "binlogs");
    for (size_t i = 0; i < field->count; i++) {
        const struct mb_binlog *log = &field->logs[i];
        mb_status status = is_delta
                               ? mb_layout_delta_log_path(path, root, segment, log->id)
                               : mb_layout_insert_log_path(path, root, segment, field->field_id, log->id);
        mb_json_fail(writer, status);
        mb_json_begin_object(writer, NULL);
        mb_json_string(writer, "log_path", path->data);
        mb_json_int(writer, "log_size", log->size);
        if (log->id != 0)
            mb_json_int(writer, "log_id", log->id);
        mb_json_end_object(writer);
    }
    if (field->count > 0)
        mb_json_end_array(writer);
    mb_json_end_object(writer);
}

static void write_logs(struct mb_json_writer *writer, const char *key,
                       const struct mb_segment_backup *segment, bool is_delta)
{
    const struct mb_field_binlogs *fields = is_delta ? segment->delta_logs : segment->insert_logs;
    size_t count = is_delta ? segment->delta_count : segment->insert_count;
    struct mb_buf path;
    if (count == 0)
        return;
    mb_buf_init(&path, MAX_PATH);
    mb_json_begin_array(writer, key);
    for (size_t i = 0; i < count; i++)
        write_field_logs(writer, segment, &fields[i], is_delta, &path);
    mb_json_end_array(writer);
    mb_buf_done(&path);
}

void mb_meta_write_insert_logs(struct mb_json_writer *writer, const struct mb_json_field *field,
                               const void *base)
{
    write_logs(writer, field->key, base, false);
}

void mb_meta_write_delta_logs(struct mb_json_writer *writer, const struct mb_json_field *field,
                              const void *base)
{
    write_logs(writer, field->key, base, true);
}

/* The id that ends a path whose shape is not known. */
static bool last_id(const char *path, int64_t *id)
{
    const char *slash = strrchr(path, '/');
    return mb_text_to_int64(slash == NULL ? path : slash + 1, id) && *id > 0;
}

/* The id comes from the path, by which the object was named in the backup too; old files have nothing else.
 */
static void read_log(struct mb_json_input *input, json_t *value, struct mb_binlog *out)
{
    struct mb_meta_source *source = input->ctx;
    struct mb_source_key key;
    json_t *member;
    const char *path = "";
    if (!mb_json_is(input, "binlogs", value, JSON_OBJECT))
        return;
    if ((member = mb_json_find(value, "log_size")) != NULL)
        out->size = mb_json_to_int64(input, "log_size", member);
    if ((member = mb_json_find(value, "log_id")) != NULL)
        out->id = mb_json_to_int64(input, "log_id", member);
    if ((member = mb_json_find(value, "log_path")) != NULL &&
        mb_json_is(input, "log_path", member, JSON_STRING))
        path = json_string_value(member);
    if (mb_layout_parse_log_path(path, &key)) {
        out->id = key.log_id;
        if (source->root == NULL)
            source->root = mb_arena_strndup(input->arena, path, key.root_len);
    } else if (out->id <= 0 && !last_id(path, &out->id)) {
        mb_json_reject(input, "log_path", "does not end with an id, and there is no log_id");
    }
    if (out->size < 0)
        mb_json_reject(input, "log_size", "is negative");
}

static void read_field_logs(struct mb_json_input *input, json_t *value, struct mb_field_binlogs *out)
{
    json_t *member;
    if (json_is_null(value) || !mb_json_is(input, "binlogs", value, JSON_OBJECT))
        return;
    if ((member = mb_json_find(value, "fieldID")) != NULL)
        out->field_id = mb_json_to_int64(input, "fieldID", member);
    member = mb_json_find(value, "binlogs");
    if (member == NULL || !mb_json_is(input, "binlogs", member, JSON_ARRAY))
        return;
    out->count = json_array_size(member);
    out->logs = mb_json_alloc(input, out->count, sizeof(*out->logs));
    for (size_t i = 0; out->logs != NULL && i < out->count; i++)
        read_log(input, json_array_get(member, i), &out->logs[i]);
}

static struct mb_field_binlogs *read_logs(struct mb_json_input *input, const char *key, json_t *value,
                                          size_t *out)
{
    if (!mb_json_is(input, key, value, JSON_ARRAY))
        return NULL;
    size_t count = json_array_size(value);
    struct mb_field_binlogs *fields = mb_json_alloc(input, count, sizeof(*fields));
    for (size_t i = 0; fields != NULL && i < count; i++)
        read_field_logs(input, json_array_get(value, i), &fields[i]);
    *out = fields == NULL ? 0 : count;
    return fields;
}

void mb_meta_read_insert_logs(struct mb_json_input *input, const struct mb_json_field *field, json_t *value,
                              void *base)
{
    struct mb_segment_backup *segment = base;
    segment->insert_logs = read_logs(input, field->key, value, &segment->insert_count);
}

void mb_meta_read_delta_logs(struct mb_json_input *input, const struct mb_json_field *field, json_t *value,
                             void *base)
{
    struct mb_segment_backup *segment = base;
    segment->delta_logs = read_logs(input, field->key, value, &segment->delta_count);
}

static int compare_channels(const void *a, const void *b)
{
    const struct mb_checkpoint *x = a, *y = b;
    return strcmp(x->channel, y->channel);
}

void mb_meta_write_checkpoints(struct mb_json_writer *writer, const struct mb_json_field *field,
                               const void *base)
{
    const struct mb_collection_backup *collection = base;
    size_t count = collection->checkpoint_count;
    if (count == 0)
        return;
    struct mb_checkpoint *sorted = calloc(count, sizeof(*sorted));
    if (sorted == NULL) {
        mb_json_fail(writer, MB_E_NO_MEMORY);
        return;
    }
    memcpy(sorted, collection->checkpoints, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), compare_channels);
    mb_json_begin_object(writer, field->key);
    for (size_t i = 0; i < count; i++)
        mb_json_base64(writer, sorted[i].channel, sorted[i].position.data, sorted[i].position.len);
    mb_json_end_object(writer);
    free(sorted);
}

void mb_meta_read_checkpoints(struct mb_json_input *input, const struct mb_json_field *field, json_t *value,
                              void *base)
{
    struct mb_collection_backup *collection = base;
    if (!mb_json_is(input, field->key, value, JSON_OBJECT))
        return;
    size_t count = 0;
    struct mb_checkpoint *items = mb_json_alloc(input, json_object_size(value), sizeof(*items));
    for (void *i = json_object_iter(value); items != NULL && i != NULL; i = json_object_iter_next(value, i)) {
        const char *channel = json_object_iter_key(i);
        items[count].channel = mb_json_copy(input, channel, strlen(channel));
        items[count++].position = mb_json_to_bytes(input, channel, json_object_iter_value(i));
    }
    collection->checkpoints = items;
    collection->checkpoint_count = count;
}
