#include "base/text.h"
#include "catalog/meta_digest.h"
#include "catalog/meta_file.h"

#include <stdlib.h>
#include <string.h>

/* A list that grows while it is read, and is moved to the arena once its length is known. */
struct list {
    char *items;
    size_t count, cap, item_size;
};

static void *list_add(struct list *list, struct mb_json_input *input)
{
    if (list->count == list->cap) {
        size_t cap = list->cap == 0 ? 16 : list->cap * 2;
        char *items = cap > SIZE_MAX / list->item_size ? NULL : realloc(list->items, cap * list->item_size);
        if (items == NULL) {
            input->status = mb_fail_memory(input->error);
            return NULL;
        }
        list->items = items;
        list->cap = cap;
    }
    return memset(list->items + list->count++ * list->item_size, 0, list->item_size);
}

static void *list_finish(struct list *list, struct mb_json_input *input, size_t *count)
{
    void *items = input->status == MB_OK ? mb_json_alloc(input, list->count, list->item_size) : NULL;
    if (items != NULL && list->count > 0)
        memcpy(items, list->items, list->count * list->item_size);
    *count = items == NULL ? 0 : list->count;
    free(list->items);
    return items;
}

/* Where the reader is, and where its values go. */
struct walk {
    struct mb_json_reader *reader;
    struct mb_json_input input;
    struct mb_meta_source source;
    bool nested; /* collections bring their partitions with them */
    bool names_only;
    enum mb_meta_depth depth;
};

/* A member that is read piece by piece instead of as a tree; NULL passes over it. */
struct stream {
    const char *key;
    void (*read)(struct walk *walk, void *base);
};

/* The next value as a tree that the caller drops; NULL after a failure. */
static json_t *take(struct walk *walk)
{
    json_t *value = NULL;
    if (walk->input.status == MB_OK)
        walk->input.status = mb_json_take(walk->reader, &value, walk->input.error);
    walk->input.offset = mb_json_value_offset(walk->reader);
    return value;
}

static void skip(struct walk *walk)
{
    if (walk->input.status == MB_OK)
        walk->input.status = mb_json_skip(walk->reader, walk->input.error);
}

static const struct stream *find_stream(const struct stream *streams, const char *key)
{
    for (; streams->key != NULL; streams++)
        if (mb_text_equal_nocase(streams->key, key))
            return streams;
    return NULL;
}

static void read_member(struct walk *walk, const struct mb_json_field *fields, const struct stream *streams,
                        const char *key, void *base)
{
    const struct stream *stream = find_stream(streams, key);
    if (stream != NULL && stream->read == NULL) {
        skip(walk);
    } else if (stream != NULL) {
        stream->read(walk, base);
    } else {
        json_t *value = take(walk);
        if (value != NULL)
            mb_json_read_member(&walk->input, fields, key, value, base);
        json_decref(value);
    }
}

static void read_object(struct walk *walk, const struct mb_json_field *fields, const struct stream *streams,
                        void *base)
{
    struct mb_json_input *input = &walk->input;
    mb_json_set_defaults(fields, base);
    input->status = mb_json_enter_object(walk->reader, input->error);
    while (input->status == MB_OK) {
        const char *key = NULL;
        input->status = mb_json_next_member(walk->reader, &key, input->error);
        if (input->status == MB_OK)
            read_member(walk, fields, streams, key, base);
    }
    if (input->status == MB_END)
        input->status = MB_OK;
}

/* Reads the elements of an array, each by read into a new element of the list. */
static void *read_array(struct walk *walk, size_t item_size, void (*read)(struct walk *walk, void *base),
                        size_t *count)
{
    struct mb_json_input *input = &walk->input;
    struct list list = {.item_size = item_size};
    input->status = mb_json_enter_array(walk->reader, input->error);
    while (input->status == MB_OK) {
        input->status = mb_json_next_element(walk->reader, input->error);
        void *item = input->status == MB_OK ? list_add(&list, input) : NULL;
        if (item != NULL)
            read(walk, item);
    }
    if (input->status == MB_END)
        input->status = MB_OK;
    return list_finish(&list, input, count);
}

/* Writers before v0.5.4 do not mark segments of deletes: they have delta logs and no insert logs. */
static void read_whole_segment(struct walk *walk, struct mb_segment_backup *segment)
{
    json_t *value = take(walk);
    if (value != NULL)
        mb_json_read_object(&walk->input, mb_meta_segment_fields, "segment_backups", value, segment);
    json_decref(value);
    segment->is_l0 = mb_segment_is_l0(segment);
}

static void count_logs(struct walk *walk, struct mb_segment_backup *segment)
{
    struct mb_field_binlogs *counted = mb_json_alloc(&walk->input, 2, sizeof(*counted));
    if (counted == NULL)
        return;
    counted[0].count = mb_field_binlogs_count(segment->insert_logs, segment->insert_count);
    counted[1].count = mb_field_binlogs_count(segment->delta_logs, segment->delta_count);
    segment->insert_logs = &counted[0];
    segment->delta_logs = &counted[1];
    segment->insert_count = segment->delta_count = 1;
    segment->virtual_channel = "";
    if (walk->source.root != NULL)
        walk->source.root = mb_json_copy(&walk->input, walk->source.root, strlen(walk->source.root));
}

/* Its logs live as long as this call. */
static void read_outline(struct walk *walk, struct mb_segment_backup *segment)
{
    struct mb_json_input *input = &walk->input;
    struct mb_arena *lasting = input->arena, *passing = mb_arena_new();
    if (passing == NULL) {
        input->status = mb_fail_memory(input->error);
        return;
    }
    input->arena = passing;
    read_whole_segment(walk, segment);
    if (input->status == MB_OK)
        input->status = mb_meta_digest_segment(segment, &segment->digest, input->error);
    input->arena = lasting;
    count_logs(walk, segment);
    mb_arena_free(passing);
}

static void read_segment(struct walk *walk, void *base)
{
    if (walk->depth == MB_META_OUTLINE)
        read_outline(walk, base);
    else
        read_whole_segment(walk, base);
}

static void read_partition_segments(struct walk *walk, void *base)
{
    struct mb_partition_backup *partition = base;
    partition->segments =
        read_array(walk, sizeof(struct mb_segment_backup), read_segment, &partition->segment_count);
}

static void read_partition(struct walk *walk, void *base)
{
    static const struct stream all[] = {{"segment_backups", read_partition_segments}, {NULL, NULL}};
    static const struct stream frame[] = {{"segment_backups", NULL}, {NULL, NULL}};
    read_object(walk, mb_meta_partition_fields, walk->depth == MB_META_FRAME ? frame : all, base);
}

static void read_partitions(struct walk *walk, void *base)
{
    struct mb_collection_backup *collection = base;
    if (walk->nested)
        collection->partitions = read_array(walk, sizeof(struct mb_partition_backup), read_partition,
                                            &collection->partition_count);
    else
        skip(walk);
}

static void read_l0_segments(struct walk *walk, void *base)
{
    struct mb_collection_backup *collection = base;
    collection->l0_segments =
        read_array(walk, sizeof(struct mb_segment_backup), read_segment, &collection->l0_count);
}

static void read_collection(struct walk *walk, void *base)
{
    static const struct stream all[] = {
        {"partition_backups", read_partitions}, {"l0_segments", read_l0_segments}, {NULL, NULL}};
    static const struct stream names[] = {
        {"partition_backups", NULL}, {"l0_segments", NULL},         {"schema", NULL}, {"index_infos", NULL},
        {"properties", NULL},        {"channel_checkpoints", NULL}, {NULL, NULL}};
    struct mb_collection_backup *collection = base;
    read_object(walk, mb_meta_collection_fields, walk->names_only ? names : all, collection);
    collection->collection.schema.external_source = "";
    for (size_t i = 0; i < collection->index_count; i++)
        if (collection->indexes[i].extra == NULL)
            collection->indexes[i].extra = "";
    if (collection->collection.db_name[0] == '\0')
        collection->collection.db_name = "default";
}

static void read_collections(struct walk *walk, void *base)
{
    struct mb_backup *backup = base;
    backup->collections =
        read_array(walk, sizeof(struct mb_collection_backup), read_collection, &backup->collection_count);
}

static void read_partition_infos(struct walk *walk, void *base)
{
    struct mb_meta_draft *draft = base;
    draft->partitions =
        read_array(walk, sizeof(struct mb_partition_backup), read_partition, &draft->partition_count);
}

static void read_segment_infos(struct walk *walk, void *base)
{
    struct mb_meta_draft *draft = base;
    draft->segments = read_array(walk, sizeof(struct mb_segment_backup), read_segment, &draft->segment_count);
}

static void read_file(struct walk *walk, struct mb_meta_draft *draft, enum mb_meta_file file)
{
    static const struct mb_json_field nothing[] = {{.key = NULL}};
    static const struct stream full[] = {{"collection_backups", read_collections}, {NULL, NULL}};
    static const struct stream none[] = {{NULL, NULL}};
    static const struct stream collections[] = {{"infos", read_collections}, {NULL, NULL}};
    static const struct stream partitions[] = {{"infos", read_partition_infos}, {NULL, NULL}};
    static const struct stream segments[] = {{"infos", read_segment_infos}, {NULL, NULL}};
    switch (file) {
    case MB_META_FULL:
        walk->nested = true;
        read_object(walk, mb_meta_backup_fields, full, &draft->backup);
        break;
    case MB_META_BACKUP:
        read_object(walk, mb_meta_backup_fields, none, &draft->backup);
        break;
    case MB_META_COLLECTION:
        read_object(walk, nothing, collections, &draft->backup);
        break;
    case MB_META_PARTITION:
        read_object(walk, nothing, partitions, draft);
        break;
    case MB_META_SEGMENT:
        read_object(walk, nothing, segments, draft);
        break;
    case MB_META_OBJECTS:
    case MB_META_IN_PROGRESS:
    case MB_META_COUNT:
        walk->input.status = mb_fail(walk->input.error, MB_E_INTERNAL, "%s is no description",
                                     mb_json_reader_name(walk->reader));
        break;
    }
}

mb_status mb_meta_read(struct mb_meta_draft *draft, enum mb_meta_file file, struct mb_json_reader *reader,
                       struct mb_error *error)
{
    struct walk walk = {.reader = reader, .names_only = draft->names_only, .depth = draft->depth};
    walk.input = (struct mb_json_input){
        .arena = draft->arena, .name = mb_json_reader_name(reader), .error = error, .ctx = &walk.source};
    walk.source.root = draft->source_root;
    read_file(&walk, draft, file);
    draft->source_root = walk.source.root;
    draft->by_levels = draft->by_levels || file != MB_META_FULL;
    if (walk.input.status != MB_OK)
        return walk.input.status;
    return mb_json_reader_finish(reader, error);
}
