#include "catalog/snapshot.h"

#include "base/text.h"
#include "json/table.h"

#include <inttypes.h>
#include <string.h>

#define MOST_JSON ((size_t)64 << 10)

bool mb_backup_is_snapshot(const struct mb_backup *backup)
{
    return backup->format != NULL && strcmp(backup->format, MB_SNAPSHOT_FORMAT) == 0;
}

static const struct mb_json_field fields[] = {
    MB_JSON_MEMBER(STRING, "metadata_path", struct mb_snapshot, metadata_path),
    MB_JSON_MEMBER(INT64, "total_files", struct mb_snapshot, total_files),
    MB_JSON_MEMBER(INT64, "total_bytes", struct mb_snapshot, total_bytes),
    {.key = NULL},
};

static mb_status write(const struct mb_snapshot *snapshot, struct mb_buf *text, struct mb_arena *arena,
                       const char **out, struct mb_error *error)
{
    const struct mb_sink sink = mb_buf_sink(text);
    struct mb_json_writer writer;
    mb_json_init(&writer, &sink);
    mb_json_write_object(&writer, NULL, fields, snapshot);
    mb_status status = mb_json_finish(&writer, error);
    mb_json_done(&writer);
    MB_TRY(status);
    *out = mb_arena_strdup(arena, text->data);
    return *out != NULL ? MB_OK : mb_fail_memory(error);
}

mb_status mb_snapshot_to_json(const struct mb_snapshot *snapshot, struct mb_arena *arena, const char **out,
                              struct mb_error *error)
{
    struct mb_buf text = MB_BUF_INIT(MOST_JSON);
    mb_status status = write(snapshot, &text, arena, out, error);
    mb_buf_done(&text);
    return status;
}

/* ------------------------------------------------------------------ reading */

/* "a/b.json": no empty element, and none that leads elsewhere. */
static bool is_path_of_a_file(const char *path)
{
    for (const char *part = path;; part++) {
        size_t len = strcspn(part, "/");
        if (len == 0 || (len == 1 && part[0] == '.') || (len == 2 && part[0] == '.' && part[1] == '.'))
            return false;
        part += len;
        if (*part == '\0')
            return true;
    }
}

static mb_status check(const struct mb_snapshot *snapshot, struct mb_error *error)
{
    if (!is_path_of_a_file(snapshot->metadata_path))
        return mb_fail(error, MB_E_CORRUPT,
                       "snapshot_backup.metadata_path is '%s', which is no file of the backup",
                       snapshot->metadata_path);
    if (snapshot->total_files < 0 || snapshot->total_bytes < 0)
        return mb_fail(error, MB_E_CORRUPT,
                       "snapshot_backup says that there are %" PRId64 " files of %" PRId64 " bytes",
                       snapshot->total_files, snapshot->total_bytes);
    return MB_OK;
}

mb_status mb_snapshot_from_json(const char *json, struct mb_arena *arena, struct mb_snapshot *out,
                                struct mb_error *error)
{
    struct mb_json_input input = {.arena = arena, .name = "snapshot_backup", .error = error};
    struct mb_snapshot read = {0};
    json_t *object = json != NULL && *json != '\0' ? json_loads(json, 0, NULL) : NULL;
    if (object == NULL)
        return mb_fail(error, MB_E_CORRUPT, "there is no snapshot_backup, which says where its data lies");
    mb_json_read_object(&input, fields, "snapshot_backup", object, &read);
    json_decref(object);
    if (input.status < 0)
        return input.status;
    MB_TRY(check(&read, error));
    *out = read;
    return MB_OK;
}

/* ------------------------------------------------------------------- places */

const char *mb_snapshot_folder(struct mb_arena *arena, int64_t collection_id, const char *run)
{
    return mb_arena_printf(arena, MB_BUNDLES "%" PRId64 "%s%s/", collection_id, *run != '\0' ? "-" : "", run);
}

const char *mb_snapshot_folder_of(struct mb_arena *arena, const char *metadata_path, int64_t collection_id)
{
    const char *own = mb_snapshot_folder(arena, collection_id, "");
    size_t len = own != NULL ? strlen(own) - 1 : 0;
    if (own == NULL)
        return NULL;
    bool is_own =
        strncmp(metadata_path, own, len) == 0 && (metadata_path[len] == '/' || metadata_path[len] == '-');
    len = is_own ? len + strcspn(metadata_path + len, "/") : strcspn(metadata_path, "/");
    return mb_arena_printf(arena, "%.*s/", (int)len, metadata_path);
}

/* What follows bucket and dir in path; or NULL. */
static const char *below(const char *path, const char *bucket, size_t bucket_len, const char *dir)
{
    size_t len = strlen(dir);
    if (strncmp(path, bucket, bucket_len) != 0)
        return NULL;
    path += bucket_len;
    return strncmp(path, dir, len) == 0 && path[len] == '/' ? path + len + 1 : NULL;
}

const char *mb_snapshot_path(const char *uri, const char *place_uri, const char *dir)
{
    const char *found = below(uri, place_uri, strlen(place_uri), dir);
    const char *bucket = strstr(place_uri, "://"), *path = strstr(uri, "://");
    size_t len = strlen(place_uri);
    if (found == NULL && path == NULL)
        found = below(uri, "", 0, dir);
    if (found == NULL && path != NULL && bucket != NULL && len > 0) {
        const char *end = place_uri + len - 1;
        for (bucket = end; bucket[-1] != '/'; bucket--)
            continue;
        path += strlen("://");
        size_t bucket_len = (size_t)(end - bucket) + 1;
        found = below(path, bucket, bucket_len, dir);
        path += strcspn(path, "/");
        if (found == NULL && *path == '/')
            found = below(path + 1, bucket, bucket_len, dir);
    }
    return found != NULL && is_path_of_a_file(found) ? found : NULL;
}
