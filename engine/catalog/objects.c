#include "catalog/objects.h"

#include "catalog/object_stream.h"
#include "catalog/spool.h"
#include "json/writer.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINE ((size_t)64 * 1024)

struct mb_objects {
    pthread_mutex_t lock;
    struct mb_spool spool;
};

mb_status mb_objects_new(struct mb_objects **out, struct mb_log *log, struct mb_error *error)
{
    struct mb_objects *objects = calloc(1, sizeof(*objects));
    if (objects == NULL)
        return mb_fail_memory(error);
    pthread_mutex_init(&objects->lock, NULL);
    mb_spool_init(&objects->spool, log);
    *out = objects;
    return MB_OK;
}

void mb_objects_free(struct mb_objects *objects)
{
    if (objects == NULL)
        return;
    mb_spool_done(&objects->spool);
    pthread_mutex_destroy(&objects->lock);
    free(objects);
}

static const char *const copied_names[] = {[MB_COPIED_INSIDE] = "inside", [MB_COPIED_STREAMED] = "streamed"};

static enum mb_copied parse_copied(const char *text)
{
    if (strcmp(text, "inside") == 0)
        return MB_COPIED_INSIDE;
    return strcmp(text, "streamed") == 0 ? MB_COPIED_STREAMED : MB_COPIED_UNKNOWN;
}

static void write_record(struct mb_json_writer *writer, const struct mb_object_record *record)
{
    mb_json_begin_object(writer, NULL);
    mb_json_string(writer, "key", record->key);
    mb_json_uint(writer, "size", record->size);
    if (record->has_crc32c) {
        char hex[9];
        snprintf(hex, sizeof(hex), "%08" PRIx32, record->crc32c);
        mb_json_string(writer, "crc32c", hex);
    }
    if (record->etag != NULL && record->etag[0] != '\0')
        mb_json_string(writer, "etag", record->etag);
    if (record->copied != MB_COPIED_UNKNOWN)
        mb_json_string(writer, "copied", copied_names[record->copied]);
    mb_json_end_object(writer);
}

mb_status mb_objects_add(struct mb_objects *objects, const struct mb_object_record *record,
                         struct mb_error *error)
{
    struct mb_buf line;
    mb_buf_init(&line, MAX_LINE);
    const struct mb_sink sink = mb_buf_sink(&line);
    struct mb_json_writer writer;
    mb_json_init(&writer, &sink);
    write_record(&writer, record);
    mb_status status = mb_json_finish(&writer, error);
    if (status == MB_OK && mb_buf_putc(&line, '\n') != MB_OK)
        status = mb_buf_status(&line, error);
    if (status == MB_OK) {
        pthread_mutex_lock(&objects->lock);
        status = mb_spool_append(&objects->spool, line.data, line.len, error);
        pthread_mutex_unlock(&objects->lock);
    }
    mb_json_done(&writer);
    mb_buf_done(&line);
    return status;
}

mb_status mb_objects_save(struct mb_objects *objects, struct mb_storage *storage, const char *key,
                          uint64_t *size, uint32_t *crc32c, struct mb_cancel *cancel, struct mb_error *error)
{
    *size = objects->spool.size;
    *crc32c = objects->spool.crc32c;
    return mb_spool_upload(&objects->spool, storage, key, "application/x-ndjson", cancel, error);
}

struct mb_objects_reader {
    struct mb_object_stream *stream;
    struct mb_buf line;
    uint64_t number; /* of the line */
    json_t *value;   /* of the record at hand */
    struct mb_object_record record;
    size_t at, have; /* in chunk */
    char chunk[16 * 1024];
};

mb_status mb_objects_open(struct mb_objects_reader **out, struct mb_storage *storage, const char *key,
                          struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_objects_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL)
        return mb_fail_memory(error);
    mb_buf_init(&reader->line, MAX_LINE);
    mb_status status = mb_object_stream_open(&reader->stream, storage, key, cancel, error);
    if (status != MB_OK) {
        mb_objects_close(reader);
        return status;
    }
    *out = reader;
    return MB_OK;
}

void mb_objects_close(struct mb_objects_reader *reader)
{
    if (reader == NULL)
        return;
    mb_object_stream_close(reader->stream);
    json_decref(reader->value);
    mb_buf_done(&reader->line);
    free(reader);
}

static mb_status bad_line(const struct mb_objects_reader *reader, struct mb_error *error, const char *what)
{
    return mb_fail(error, MB_E_CORRUPT, "objects.jsonl: line %" PRIu64 ": %s", reader->number, what);
}

/* The next line without its end; MB_END when there is none. */
static mb_status next_line(struct mb_objects_reader *reader, struct mb_error *error)
{
    mb_buf_reset(&reader->line);
    reader->number++;
    for (;;) {
        if (reader->at == reader->have) {
            reader->at = 0;
            MB_TRY(mb_object_stream_read(reader->stream, reader->chunk, sizeof(reader->chunk), &reader->have,
                                         error));
            if (reader->have == 0)
                return reader->line.len == 0 ? MB_END : MB_OK;
        }
        const char *begin = reader->chunk + reader->at;
        size_t left = reader->have - reader->at;
        const char *end = memchr(begin, '\n', left);
        size_t len = end == NULL ? left : (size_t)(end - begin);
        if (mb_buf_append(&reader->line, begin, len) != MB_OK)
            return bad_line(reader, error, "too long");
        reader->at += len + (end != NULL);
        if (end != NULL)
            return MB_OK;
    }
}

static bool parse_crc32c(const char *text, struct mb_object_record *out)
{
    char *end = NULL;
    if (strlen(text) != 8 || strspn(text, "0123456789abcdefABCDEF") != 8)
        return false;
    out->crc32c = (uint32_t)strtoul(text, &end, 16);
    out->has_crc32c = true;
    return true;
}

static bool parse_record(json_t *value, struct mb_object_record *out)
{
    const char *key = NULL, *crc = NULL, *etag = "", *copied = "";
    json_int_t size = -1;
    if (json_unpack(value, "{s:s, s:I, s?s, s?s, s?s}", "key", &key, "size", &size, "crc32c", &crc, "etag",
                    &etag, "copied", &copied) != 0)
        return false;
    if (*key == '\0' || size < 0 || (crc != NULL && !parse_crc32c(crc, out)))
        return false;
    out->key = key;
    out->size = (uint64_t)size;
    out->etag = etag;
    out->copied = parse_copied(copied);
    return true;
}

/* Where an object lies may be said by a member that begins so.  Who passes over it would look for the object,
 * or read another, in the wrong place. */
static const char *unknown_reference(json_t *value)
{
    const char *name;
    json_t *member;
    json_object_foreach(value, name, member) if (strncmp(name, "ref", 3) == 0) return name;
    return NULL;
}

static mb_status refuse_reference(const struct mb_objects_reader *reader, const char *name,
                                  struct mb_error *error)
{
    return mb_fail(error, MB_E_UNSUPPORTED,
                   "objects.jsonl: line %" PRIu64 " has a member \"%.64s\", which says where else the object "
                   "lies and which this version does not know: use a newer one",
                   reader->number, name);
}

mb_status mb_objects_next(struct mb_objects_reader *reader, const struct mb_object_record **out,
                          struct mb_error *error)
{
    mb_status status = next_line(reader, error);
    if (status != MB_OK)
        return status;
    json_decref(reader->value);
    reader->record = (struct mb_object_record){0};
    json_error_t problem;
    reader->value = json_loadb(reader->line.data, reader->line.len, 0, &problem);
    if (reader->value == NULL)
        return bad_line(reader, error, problem.text);
    const char *reference = unknown_reference(reader->value);
    if (reference != NULL)
        return refuse_reference(reader, reference, error);
    if (!parse_record(reader->value, &reader->record))
        return bad_line(reader, error, "this is no record of an object");
    *out = &reader->record;
    return MB_OK;
}
