/* info: one backup for people. */
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/moment.h"

struct options {
    const char *name;
};

static const struct mb_flag flags[] = {
    {.name = "name",
     .letter = 'n',
     .type = MB_FLAG_TEXT,
     .flags = MB_FLAG_REQUIRED,
     .offset = offsetof(struct options, name),
     .argument = "NAME",
     .help = "The backup."},
};

static void print_line(FILE *out, const char *label, const char *text)
{
    fprintf(out, "%-12s", label);
    mb_print_clean(out, text != NULL && *text != '\0' ? text : "-");
    fputc('\n', out);
}

/* How much of the backup can be compared byte by byte. */
static const char *checksums_text(struct mb_arena *arena, const struct mb_info_backup *backup)
{
    char summed[32], all[32];
    if (!backup->has_objects)
        return "none: the backup has no list of its objects (meta/objects.jsonl)";
    return mb_arena_printf(arena, "%llu of %llu objects, %s of %s",
                           (unsigned long long)backup->objects_summed, (unsigned long long)backup->objects,
                           mb_text_bytes(backup->objects_summed_bytes, summed, sizeof summed),
                           mb_text_bytes(backup->objects_bytes, all, sizeof all));
}

/* Who carried the bytes when the backup was made, as far as that is recorded. */
static const char *how_text(struct mb_arena *arena, const struct mb_info_backup *backup)
{
    unsigned long long inside = backup->objects_inside, streamed = backup->objects_streamed;
    if (inside + streamed == 0)
        return "not recorded";
    if (streamed == 0)
        return "inside the storage service";
    if (inside == 0)
        return "through the program";
    return mb_arena_printf(arena, "%llu objects inside the storage service, %llu through the program", inside,
                           streamed);
}

static void print_backup(struct mb_context *context, const struct mb_info_backup *backup, FILE *out)
{
    struct mb_arena *arena = context->arena;
    char size[32], took[32];
    print_line(out, "name", backup->name);
    print_line(out, "id", backup->id);
    print_line(out, "made", mb_moment_text(arena, backup->made_ms));
    if (backup->took_ms >= 0)
        print_line(out, "took", mb_text_duration(backup->took_ms * 1000000, took, sizeof took));
    print_line(out, "milvus", backup->milvus_version);
    print_line(out, "source", backup->source_root);
    print_line(out, "format", backup->format);
    print_line(out, "data",
               mb_arena_printf(arena, "%s, %lld rows, %llu segments, %zu collections in %zu databases",
                               mb_text_bytes((uint64_t)backup->size, size, sizeof size),
                               (long long)backup->rows, (unsigned long long)backup->segments,
                               backup->collection_count, backup->database_count));
    print_line(out, "copied", how_text(arena, backup));
    print_line(out, "checksums", checksums_text(arena, backup));
}

/* "vec HNSW (L2), s INVERTED" */
static const char *indexes_text(struct mb_arena *arena, const struct mb_info *info, size_t i, size_t count)
{
    const char *text = count == 0 ? "-" : "";
    for (size_t j = 0; j < count; j++) {
        struct mb_info_index index = {.struct_size = sizeof index};
        if (mb_info_index(info, i, j, &index, NULL) != MB_OK)
            continue;
        bool metric = *index.metric != '\0';
        text = mb_arena_printf(arena, "%s%s%s%s%s%s%s%s", text, j > 0 ? ", " : "", index.field,
                               *index.type != '\0' ? " " : "", index.type, metric ? " (" : "", index.metric,
                               metric ? ")" : "");
        if (text == NULL)
            return NULL;
    }
    return text;
}

static const char *aliases_text(struct mb_arena *arena, const struct mb_info_collection *row)
{
    const char *text = row->alias_count == 0 ? "-" : "";
    for (size_t i = 0; text != NULL && i < row->alias_count; i++)
        text = mb_arena_printf(arena, "%s%s%s", text, i > 0 ? ", " : "", row->aliases[i]);
    return text;
}

static mb_status add_row(struct mb_table *table, const struct mb_info *info, size_t i, struct mb_error *error)
{
    struct mb_arena *arena = table->arena;
    struct mb_info_collection row = {.struct_size = sizeof row};
    char size[32];
    MB_TRY(mb_info_collection(info, i, &row, error));
    const char *const cells[] = {mb_arena_printf(arena, "%s.%s", row.db, row.name),
                                 mb_arena_printf(arena, "%lld", (long long)row.rows),
                                 mb_arena_printf(arena, "%zu", row.partition_count),
                                 mb_arena_printf(arena, "%llu", (unsigned long long)row.segments),
                                 mb_arena_strdup(arena, mb_text_bytes((uint64_t)row.size, size, sizeof size)),
                                 *row.load_state != '\0' ? row.load_state : "-",
                                 indexes_text(arena, info, i, row.index_count),
                                 aliases_text(arena, &row)};
    for (size_t j = 0; j < sizeof cells / sizeof *cells; j++)
        if (cells[j] == NULL)
            return mb_fail_memory(error);
    mb_table_add(table, cells);
    return MB_OK;
}

static mb_status print(struct mb_context *context, const struct mb_info *info,
                       const struct mb_info_backup *backup, struct mb_error *error)
{
    static const char *const headings[] = {"COLLECTION", "ROWS",  "PARTITIONS", "SEGMENTS",
                                           "SIZE",       "STATE", "INDEXES",    "ALIASES"};
    static const bool numbers[] = {false, true, true, true, true, false, false, false};
    FILE *out = mb_context_out(context);
    struct mb_table table;

    print_backup(context, backup, out);
    fputc('\n', out);
    mb_table_init(&table, context->arena, headings, numbers, sizeof headings / sizeof *headings);
    for (size_t i = 0; i < backup->collection_count; i++)
        MB_TRY(add_row(&table, info, i, error));
    return mb_table_print(&table, out, error);
}

static json_t *indexes_json(const struct mb_info *info, size_t i, size_t count)
{
    json_t *indexes = json_array();
    for (size_t j = 0; j < count; j++) {
        struct mb_info_index index = {.struct_size = sizeof index};
        if (mb_info_index(info, i, j, &index, NULL) == MB_OK)
            json_array_append_new(indexes,
                                  json_pack("{s:s, s:s, s:s, s:s}", "name", index.name, "field", index.field,
                                            "type", index.type, "metric", index.metric));
    }
    return indexes;
}

static json_t *collection_json(const struct mb_info *info, size_t i)
{
    struct mb_info_collection row = {.struct_size = sizeof row};
    json_t *aliases = json_array();
    if (mb_info_collection(info, i, &row, NULL) != MB_OK)
        return NULL;
    for (size_t j = 0; j < row.alias_count; j++)
        json_array_append_new(aliases, json_string(row.aliases[j]));
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:o, s:o}", "database", row.db, "collection",
                     row.name, "rows", (json_int_t)row.rows, "partitions", (json_int_t)row.partition_count,
                     "segments", (json_int_t)row.segments, "size", (json_int_t)row.size, "load_state",
                     row.load_state, "indexes", indexes_json(info, i, row.index_count), "aliases", aliases);
}

static json_t *info_json(const struct mb_info *info, const struct mb_info_backup *backup)
{
    json_t *collections = json_array();
    for (size_t i = 0; i < backup->collection_count; i++)
        json_array_append_new(collections, collection_json(info, i));
    return json_pack(
        "{s:o, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "name",
        mb_json_text(backup->name), "id", backup->id, "milvus_version", backup->milvus_version, "format",
        backup->format, "source_root", backup->source_root, "size", (json_int_t)backup->size, "rows",
        (json_int_t)backup->rows, "segments", (json_int_t)backup->segments, "made_ms",
        (json_int_t)backup->made_ms, "took_ms", (json_int_t)backup->took_ms, "has_objects",
        backup->has_objects, "objects", (json_int_t)backup->objects, "objects_bytes",
        (json_int_t)backup->objects_bytes, "objects_with_checksum", (json_int_t)backup->objects_summed,
        "bytes_with_checksum", (json_int_t)backup->objects_summed_bytes, "objects_copied_inside",
        (json_int_t)backup->objects_inside, "objects_streamed", (json_int_t)backup->objects_streamed,
        "collections", collections);
}

static mb_status tell(struct mb_context *context, const struct mb_info *info, struct mb_error *error)
{
    struct mb_info_backup backup = {.struct_size = sizeof backup};
    MB_TRY(mb_info_backup(info, &backup, error));
    if (context->global.json)
        return mb_context_json(context, info_json(info, &backup), error);
    return print(context, info, &backup, error);
}

static mb_status validate(const void *given, struct mb_arena *arena, struct mb_error *error)
{
    const struct options *options = given;
    const struct mb_get_request request = {.struct_size = sizeof request, .name = options->name};
    (void)arena;
    return mb_get_check(&request, error);
}

static mb_status run(struct mb_context *context, const void *given, struct mb_error *error)
{
    const struct options *options = given;
    struct mb_info *info;
    MB_TRY(mb_session_info(context->session, options->name, &info, error));
    mb_status status = tell(context, info, error);
    mb_info_free(info);
    return status;
}

const struct mb_command mb_command_info = {
    .name = "info",
    .summary = "Shows one backup for people",
    .description =
        "Where it came from, how it was copied, how much of it has checksums, and each collection with its "
        "rows, size, load state, indexes and aliases. `get` prints the whole description as JSON.",
    .example = "milvus-backup info -n my_backup",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .options_size = sizeof(struct options),
    .needs = MB_NEEDS_CONFIG,
    .validate = validate,
    .run = run,
};
