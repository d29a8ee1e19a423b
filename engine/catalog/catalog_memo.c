/* A file of a backup's description, read or remembered. */
#include "catalog/catalog_files.h"
#include "catalog/memo.h"
#include "catalog/object_stream.h"

#include <string.h>

enum { MOST = 64 << 10 }; /* of what is remembered of one file */

struct tee {
    struct mb_object_stream *stream;
    struct mb_buf copy;
};

static mb_status read_tee(void *ctx, void *buf, size_t cap, size_t *nread, struct mb_error *error)
{
    struct tee *tee = ctx;
    MB_TRY(mb_object_stream_read(tee->stream, buf, cap, nread, error));
    mb_buf_append(&tee->copy, buf, *nread);
    return MB_OK;
}

struct text {
    const char *at;
    size_t left;
};

static mb_status read_text(void *ctx, void *buf, size_t cap, size_t *nread, struct mb_error *error)
{
    struct text *text = ctx;
    (void)error;
    *nread = text->left < cap ? text->left : cap;
    memcpy(buf, text->at, *nread);
    text->at += *nread;
    text->left -= *nread;
    return MB_OK;
}

static mb_status read_and_keep(const struct mb_catalog *catalog, const struct mb_catalog_note *note,
                               const char *key, struct mb_meta_draft *draft, struct mb_cancel *cancel,
                               struct mb_error *error)
{
    struct tee tee = {.copy = MB_BUF_INIT(MOST)};
    MB_TRY(mb_object_stream_open(&tee.stream, catalog->storage, key, cancel, error));
    mb_status status = mb_catalog_read_from(read_tee, &tee, key, note->file, draft, error);
    mb_object_stream_close(tee.stream);
    if (status == MB_OK && tee.copy.status == MB_OK)
        mb_memo_put(catalog->memo, note->name, note->stamp, note->kind, mb_buf_text(&tee.copy), tee.copy.len);
    mb_buf_done(&tee.copy);
    return status;
}

mb_status mb_catalog_read_noted(const struct mb_catalog *catalog, const char *dir,
                                const struct mb_catalog_note *note, struct mb_meta_draft *draft,
                                struct mb_cancel *cancel, struct mb_error *error)
{
    struct text text;
    const char *key = mb_layout_meta_key(draft->arena, dir, note->file);
    if (key == NULL)
        return mb_fail_memory(error);
    if (mb_memo_get(catalog->memo, note->name, note->stamp, note->kind, draft->arena, &text.at, &text.left))
        return mb_catalog_read_from(read_text, &text, key, note->file, draft, error);
    return read_and_keep(catalog, note, key, draft, cancel, error);
}
