#include "catalog/read_back.h"

#include "base/crc32c.h"
#include "catalog/catalog_files.h"
#include "catalog/object_stream.h"

/* An object on its way, and what it was to be. */
struct reading {
    const struct mb_catalog *catalog;
    const char *dir, *format;
    const struct mb_written *written; /* of each file */
    struct mb_cancel *cancel;
    struct mb_object_stream *stream;
    struct mb_written got; /* so far */
};

static mb_status pass_on(void *ctx, void *buf, size_t cap, size_t *nread, struct mb_error *error)
{
    struct reading *reading = ctx;
    MB_TRY(mb_object_stream_read(reading->stream, buf, cap, nread, error));
    reading->got.size += *nread;
    reading->got.crc32c = mb_crc32c(reading->got.crc32c, buf, *nread);
    return MB_OK;
}

static mb_status read_rest(struct reading *reading, struct mb_error *error)
{
    char chunk[16 * 1024];
    for (size_t have = 1; have > 0;)
        MB_TRY(pass_on(reading, chunk, sizeof(chunk), &have, error));
    return MB_OK;
}

/* draft is NULL for what is no description. */
static mb_status read_into(struct reading *reading, const char *key, enum mb_meta_file file,
                           struct mb_meta_draft *draft, struct mb_error *error)
{
    struct mb_json_reader *reader = NULL;
    if (draft == NULL)
        return MB_OK;
    MB_TRY(mb_json_reader_new(&reader, key, pass_on, reading, error));
    mb_status status = mb_meta_read(draft, file, reader, error);
    mb_json_reader_free(reader);
    return status;
}

/* What is not what was written explains whatever else is wrong with it. */
static mb_status compare(struct reading *reading, const char *key, const struct mb_written *wanted,
                         mb_status status, struct mb_error *error)
{
    struct mb_error later = MB_ERROR_INIT;
    const struct mb_written *got = &reading->got;
    if (status != MB_OK && status != MB_E_CORRUPT)
        return status;
    if (read_rest(reading, &later) < 0) {
        *error = later;
        return later.status;
    }
    if (got->size != wanted->size)
        return mb_fail(error, MB_E_CORRUPT, "%s was written with %llu bytes, but the storage gives out %llu",
                       key, (unsigned long long)wanted->size, (unsigned long long)got->size);
    if (got->crc32c != wanted->crc32c)
        return mb_fail(error, MB_E_CORRUPT, "the storage gives out another %s than was written", key);
    return status == MB_OK ? MB_OK : mb_error_context(error, "what was written cannot be read");
}

static mb_status read_file(struct reading *reading, enum mb_meta_file file, struct mb_arena *arena,
                           struct mb_meta_draft *draft, struct mb_error *error)
{
    const struct mb_written *wanted = &reading->written[file];
    const char *key = mb_layout_meta_key(arena, reading->dir, file);
    if (!wanted->done)
        return MB_OK;
    if (key == NULL)
        return mb_fail_memory(error);
    mb_status status =
        mb_storage_await(reading->catalog->storage, key, wanted->size, 0, NULL, reading->cancel, error);
    if (status == MB_E_NOT_FOUND)
        return mb_fail(error, MB_E_CORRUPT, "%s is not there after it was written", key);
    MB_TRY(status);
    MB_TRY(mb_object_stream_open(&reading->stream, reading->catalog->storage, key, reading->cancel, error));
    reading->got = (struct mb_written){0};
    status = read_into(reading, key, file, draft, error);
    status = compare(reading, key, wanted, status, error);
    mb_object_stream_close(reading->stream);
    return status;
}

struct files {
    const enum mb_meta_file *items;
    size_t count;
};

static mb_status read_files(struct reading *reading, const struct files *files, struct mb_meta_draft *draft,
                            struct mb_error *error)
{
    struct mb_backup backup;
    for (size_t i = 0; i < files->count; i++)
        MB_TRY(read_file(reading, files->items[i], draft->arena, draft, error));
    return mb_meta_finish(draft, NULL, &backup, error);
}

static mb_status read_description(struct reading *reading, const struct files *files, struct mb_error *error)
{
    struct mb_meta_draft draft = {
        .arena = mb_arena_new(), .depth = MB_META_OUTLINE, .backup.format = reading->format};
    if (draft.arena == NULL)
        return mb_fail_memory(error);
    mb_status status = read_files(reading, files, &draft, error);
    mb_arena_free(draft.arena);
    return draft.bad == NULL ? status : mb_error_context(error, "%s/meta", reading->dir);
}

static mb_status read_record(struct reading *reading, struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    if (arena == NULL)
        return mb_fail_memory(error);
    mb_status status = read_file(reading, MB_META_OBJECTS, arena, NULL, error);
    mb_arena_free(arena);
    return status;
}

mb_status mb_catalog_read_back(const struct mb_catalog *catalog, const char *dir, const char *format,
                               const struct mb_written written[MB_META_COUNT], struct mb_cancel *cancel,
                               struct mb_error *error)
{
    static const enum mb_meta_file full[] = {MB_META_FULL};
    static const enum mb_meta_file levels[] = {MB_META_COLLECTION, MB_META_PARTITION, MB_META_SEGMENT};
    struct reading reading = {
        .catalog = catalog, .dir = dir, .format = format, .written = written, .cancel = cancel};
    MB_TRY(read_description(&reading, &(struct files){full, 1}, error));
    MB_TRY(read_description(&reading, &(struct files){levels, 3}, error));
    return read_record(&reading, error);
}
