#include "gcpnative.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "common/driver.h"
#include "common/range.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COMPOSE 32U /* sources that one compose takes */

mb_status gcs_mpu_begin(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                        char *upload_id, size_t cap, const struct mb_call *call)
{
    struct mb_memory_source nothing;
    const struct mb_source source = mb_memory_source(&nothing, "", 0);
    const struct mb_put_options options = {.struct_size = sizeof(options),
                                           .content_type = opts ? opts->content_type : NULL};
    char id[GCS_ID_LEN + 1];
    MB_TRY(mb_unconditional(opts, "an upload in parts", call->error));
    MB_TRY(mb_upload_id(id, GCS_ID_LEN, cap, call->error));
    char *marker = gcs_piece_key(key, id, "0");
    if (marker == NULL)
        return mb_fail_memory(call->error);
    mb_status status = gcs_put(store, marker, &options, &source, NULL, call);
    free(marker);
    if (status == MB_OK)
        memcpy(upload_id, id, sizeof(id));
    return status;
}

mb_status gcs_mpu_part(struct mb_store *store, const char *key, const char *upload_id, uint32_t number,
                       const struct mb_put_options *opts, const struct mb_source *source, struct mb_part *out,
                       const struct mb_call *call)
{
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    char name[16];
    snprintf(name, sizeof(name), "p%08u", number);
    char *piece = gcs_piece_key(key, upload_id, name);
    if (piece == NULL)
        return mb_fail_memory(call->error);
    mb_status status = gcs_put(store, piece, opts, source, &stat, call);
    free(piece);
    if (status == MB_OK)
        mb_part_write(out, number, stat.size, stat.etag);
    return status;
}

/* ------------------------------------------------------------- compose */

struct source_piece {
    char *key;
    const char *generation; /* NULL: whichever is there */
};

static mb_status compose(struct mb_store *store, const char *key, const struct source_piece *pieces,
                         size_t count, struct mb_stat *out, const struct mb_call *call)
{
    const struct gcs_request request = {.key = key, .suffix = "/compose", .http.patient = true};
    json_t *answer = NULL;
    json_t *sources = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            sources, json_pack("{s:s, s:s*}", "name", pieces[i].key, "generation", pieces[i].generation));
    if (json_array_size(sources) != count) {
        json_decref(sources);
        return mb_fail_memory(call->error);
    }
    json_t *body = json_pack("{s:o, s:{s:s}}", "sourceObjects", sources, "destination", "contentType",
                             "application/octet-stream");
    MB_TRY(gcs_post_json(store, &request, body, &answer, call));
    mb_status status = gcs_read_stat(answer, out, call->error);
    json_decref(answer);
    return status;
}

static void free_pieces(struct source_piece *pieces, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(pieces[i].key);
    free(pieces);
}

static mb_status pieces_of_parts(const char *key, const char *upload_id, const struct mb_part *parts,
                                 size_t count, struct source_piece **out, struct mb_error *error)
{
    struct source_piece *pieces = calloc(count + 1, sizeof(*pieces));
    if (pieces == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof(name), "p%08u", parts[i].number);
        pieces[i].key = gcs_piece_key(key, upload_id, name);
        pieces[i].generation = parts[i].receipt[0] ? parts[i].receipt : NULL;
        if (pieces[i].key == NULL) {
            free_pieces(pieces, i);
            return mb_fail_memory(error);
        }
    }
    *out = pieces;
    return MB_OK;
}

/* Joins a run of pieces into the first of them. */
static mb_status join_run(struct mb_store *store, char *made, struct source_piece *run, size_t count,
                          const struct mb_call *call)
{
    struct mb_stat stat;
    if (made == NULL)
        return mb_fail_memory(call->error);
    mb_status status = compose(store, made, run, count, &stat, call);
    if (status < 0) {
        free(made);
        return status;
    }
    for (size_t i = 0; i < count; i++) {
        free(run[i].key);
        run[i].key = NULL;
    }
    run[0] = (struct source_piece){.key = made};
    return MB_OK;
}

/* Joins every 32 pieces into one, so that a thirty-second of them is left. */
static mb_status join_level(struct mb_store *store, const char *key, const char *upload_id, unsigned level,
                            struct source_piece *pieces, size_t *count, const struct mb_call *call)
{
    size_t joined = 0;
    for (size_t first = 0; first < *count; first += MAX_COMPOSE, joined++) {
        char name[32];
        size_t run = *count - first < MAX_COMPOSE ? *count - first : MAX_COMPOSE;
        snprintf(name, sizeof(name), "j%u-%08zu", level, joined);
        MB_TRY(join_run(store, gcs_piece_key(key, upload_id, name), &pieces[first], run, call));
        struct source_piece made = pieces[first];
        pieces[first].key = NULL;
        pieces[joined] = made;
    }
    *count = joined;
    return MB_OK;
}

static uint64_t size_of_parts(const struct mb_part *parts, size_t count)
{
    uint64_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += parts[i].size;
    return size;
}

static mb_status join(struct mb_store *store, const char *key, const char *upload_id,
                      struct source_piece *pieces, size_t count, struct mb_stat *stat,
                      const struct mb_call *call)
{
    for (unsigned level = 0; count > MAX_COMPOSE; level++)
        MB_TRY(join_level(store, key, upload_id, level, pieces, &count, call));
    return compose(store, key, pieces, count, stat, call);
}

mb_status gcs_mpu_complete(struct mb_store *store, const char *key, const char *upload_id,
                           const struct mb_part *parts, size_t count, struct mb_stat *out,
                           const struct mb_call *call)
{
    struct source_piece *pieces = NULL;
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    MB_TRY(pieces_of_parts(key, upload_id, parts, count, &pieces, call->error));
    mb_status status = join(store, key, upload_id, pieces, count, &stat, call);
    free_pieces(pieces, count);
    MB_TRY(status);
    if (stat.size != size_of_parts(parts, count))
        return mb_fail(call->error, MB_E_CORRUPT, "the parts have %llu bytes, the object %llu",
                       (unsigned long long)size_of_parts(parts, count), (unsigned long long)stat.size);
    mb_stat_write(out, &stat);
    /* The object is there; pieces that cannot be removed now are found by mpu_list later. */
    if (gcs_mpu_abort(store, key, upload_id, call) < 0)
        mb_error_clear(call->error);
    return MB_OK;
}

/* ------------------------------------------------------------- abort and list */

static const struct mb_list_fns raw_list = {gcs_list_open_raw, gcs_list_next, gcs_list_close};

static mb_status remove_piece(void *ctx, const struct mb_entry *entry, const struct mb_call *call)
{
    return gcs_remove(ctx, entry->key, call);
}

mb_status gcs_mpu_abort(struct mb_store *store, const char *key, const char *upload_id,
                        const struct mb_call *call)
{
    char *prefix = gcs_piece_key(key, upload_id, "");
    if (prefix == NULL)
        return mb_fail_memory(call->error);
    mb_status status = mb_for_each_entry(&raw_list, store, prefix, remove_piece, store, call);
    free(prefix);
    return status;
}

struct finder {
    mb_status (*found)(void *ctx, const struct mb_upload *upload);
    void *ctx;
    char last[GCS_ID_LEN + 1]; /* of the upload told before; its pieces stand together in a listing */
};

static mb_status find_upload(void *ctx, const struct mb_entry *entry, const struct mb_call *call)
{
    struct finder *finder = ctx;
    char id[GCS_ID_LEN + 1];
    size_t key_len = 0;
    if (!gcs_piece_parse(entry->key, &key_len, id))
        return MB_OK;
    if (strcmp(id, finder->last) == 0)
        return MB_OK;
    memcpy(finder->last, id, sizeof(id));
    char *key = strndup(entry->key, key_len);
    if (key == NULL)
        return mb_fail_memory(call->error);
    const struct mb_upload upload = {
        .struct_size = sizeof(upload), .key = key, .upload_id = id, .begun_ns = entry->mtime_ns};
    mb_status status = finder->found(finder->ctx, &upload);
    free(key);
    return status < 0 ? mb_fail(call->error, status, "stopped by the caller") : status;
}

mb_status gcs_mpu_list(struct mb_store *store, const char *prefix,
                       mb_status (*found)(void *ctx, const struct mb_upload *upload), void *ctx,
                       const struct mb_call *call)
{
    struct finder finder = {.found = found, .ctx = ctx};
    return mb_for_each_entry(&raw_list, store, prefix, find_upload, &finder, call);
}
