#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "common/s3/store.h"
#include "common/xml.h"
#include "http/url.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_PAGE_BYTES = 32 * 1024 * 1024, MAX_MARKER = 16 * 1024 };

/* Whether keys are encoded stands at the end of the page, so that uploads are handed out only when all of it
 * was read. */
struct upload {
    size_t key_at;
    size_t id_at;
    int64_t begun_ns;
};

/* Which uploads are handed out, and which the service is asked for. */
struct selection {
    const char *prefix;
    bool unasked;     /* the service is not told the prefix */
    bool with_key;    /* those of the key that is the prefix */
    bool with_longer; /* those of keys that go on behind it */
};

struct uploads {
    struct mb_error *error;
    struct upload *items; /* of one page */
    size_t count;
    size_t cap;
    struct mb_buf text;
    struct upload item; /* the one being read */
    bool url_encoded;
    bool truncated;
    struct mb_buf key_marker; /* where the next page begins */
    struct mb_buf id_marker;
};

static mb_status open_element(void *ctx, const char *name, unsigned depth)
{
    struct uploads *uploads = ctx;
    if (depth == 0 && strcmp(name, "ListMultipartUploadsResult") != 0)
        return mb_fail(uploads->error, MB_E_PROTOCOL, "the answer is a %.60s, not a list of uploads", name);
    if (depth == 1)
        uploads->item = (struct upload){.key_at = SIZE_MAX, .id_at = SIZE_MAX};
    return MB_OK;
}

static size_t keep_text(struct uploads *uploads, const char *text)
{
    size_t at = uploads->text.len;
    mb_buf_append(&uploads->text, text, strlen(text) + 1);
    return at;
}

static mb_status keep_upload(struct uploads *uploads)
{
    if (uploads->item.key_at == SIZE_MAX || uploads->item.id_at == SIZE_MAX)
        return mb_fail(uploads->error, MB_E_PROTOCOL, "the list has an upload without key or id");
    if (uploads->count == uploads->cap) {
        size_t cap = uploads->cap > 0 ? uploads->cap * 2 : 64;
        struct upload *grown = realloc(uploads->items, cap * sizeof(*grown));
        if (!grown)
            return mb_fail_memory(uploads->error);
        uploads->items = grown;
        uploads->cap = cap;
    }
    uploads->items[uploads->count++] = uploads->item;
    return mb_buf_check(&uploads->text, "a page of the list", uploads->error);
}

static void take_member(struct uploads *uploads, const char *name, const char *text)
{
    if (strcmp(name, "Key") == 0)
        uploads->item.key_at = keep_text(uploads, text);
    else if (strcmp(name, "UploadId") == 0)
        uploads->item.id_at = keep_text(uploads, text);
    else if (strcmp(name, "Initiated") == 0 && !mb_clock_parse(text, &uploads->item.begun_ns))
        uploads->item.begun_ns = 0;
}

static mb_status close_element(void *ctx, const char *name, unsigned depth, const char *text)
{
    struct uploads *uploads = ctx;

    if (depth == 2)
        take_member(uploads, name, text);
    if (depth != 1)
        return MB_OK;
    if (strcmp(name, "Upload") == 0)
        return keep_upload(uploads);
    if (strcmp(name, "EncodingType") == 0)
        uploads->url_encoded = strcmp(text, "url") == 0;
    else if (strcmp(name, "IsTruncated") == 0)
        uploads->truncated = strcmp(text, "true") == 0;
    else if (strcmp(name, "NextKeyMarker") == 0)
        mb_buf_puts(&uploads->key_marker, text);
    else if (strcmp(name, "NextUploadIdMarker") == 0)
        mb_buf_puts(&uploads->id_marker, text);
    return MB_OK;
}

static mb_status finish_page(struct uploads *uploads)
{
    bool decodes = true;

    if (uploads->url_encoded) {
        for (size_t i = 0; i < uploads->count; i++)
            decodes = decodes && mb_url_decode(uploads->text.data + uploads->items[i].key_at, true);
        if (uploads->key_marker.len > 0)
            decodes = decodes && mb_url_decode(uploads->key_marker.data, true);
    }
    if (!decodes)
        return mb_fail(uploads->error, MB_E_PROTOCOL, "the list has a key that is badly encoded");
    if (uploads->truncated && uploads->key_marker.len == 0)
        return mb_fail(uploads->error, MB_E_PROTOCOL,
                       "the service says that the list goes on, but not where");
    mb_status status = mb_buf_check(&uploads->key_marker, "the list's marker", uploads->error);
    return status == MB_OK ? mb_buf_check(&uploads->id_marker, "the list's marker", uploads->error) : status;
}

static void write_query(const struct selection *selection, const struct uploads *uploads,
                        struct mb_buf *query)
{
    mb_url_query(query, "uploads", NULL);
    mb_url_query(query, "encoding-type", "url");
    if (*selection->prefix && !selection->unasked)
        mb_url_query(query, "prefix", selection->prefix);
    if (uploads->key_marker.len > 0)
        mb_url_query(query, "key-marker", mb_buf_text(&uploads->key_marker));
    if (uploads->id_marker.len > 0)
        mb_url_query(query, "upload-id-marker", mb_buf_text(&uploads->id_marker));
}

static void forget_page(struct uploads *uploads)
{
    uploads->count = 0;
    uploads->url_encoded = uploads->truncated = false;
    mb_buf_reset(&uploads->text);
    mb_buf_reset(&uploads->key_marker);
    mb_buf_reset(&uploads->id_marker);
}

static mb_status fetch_page(struct mb_store *store, struct mb_s3_request *request, struct uploads *uploads,
                            const struct mb_call *call)
{
    static const struct mb_xml_events events = {.open = open_element, .close = close_element};
    const struct mb_buf *body = &request->response.body;

    request->http.max_body = MAX_PAGE_BYTES;
    MB_TRY(mb_s3_send(store, request, call));
    MB_TRY(mb_xml_parse(mb_buf_text(body), body->len, &events, uploads, call->error));
    return finish_page(uploads);
}

/* Some services take the prefix for a mere hint. */
static bool is_selected(const struct selection *selection, const char *key)
{
    size_t len = strlen(selection->prefix);
    if (strncmp(key, selection->prefix, len) != 0)
        return false;
    return key[len] == '\0' ? selection->with_key : selection->with_longer;
}

static mb_status hand_out(const struct uploads *uploads, const struct selection *selection,
                          mb_status (*found)(void *ctx, const struct mb_upload *upload), void *ctx)
{
    for (size_t i = 0; i < uploads->count; i++) {
        const struct mb_upload upload = {.struct_size = sizeof(upload),
                                         .key = uploads->text.data + uploads->items[i].key_at,
                                         .upload_id = uploads->text.data + uploads->items[i].id_at,
                                         .begun_ns = uploads->items[i].begun_ns};
        if (!is_selected(selection, upload.key))
            continue;
        mb_status status = found(ctx, &upload);
        if (status != MB_OK)
            return status;
    }
    return MB_OK;
}

/* Where the list goes on. */
static void write_place(const struct uploads *uploads, struct mb_buf *out)
{
    mb_buf_reset(out);
    mb_buf_printf(out, "%s\n%s", mb_buf_text(&uploads->key_marker), mb_buf_text(&uploads->id_marker));
}

/* *place is where the page before began.  One that leads there again would do so for ever. */
static mb_status check_progress(const struct uploads *uploads, const struct mb_buf *place)
{
    struct mb_buf next = MB_BUF_INIT(3 * MAX_MARKER);
    write_place(uploads, &next);
    bool stands = uploads->truncated && strcmp(mb_buf_text(&next), mb_buf_text(place)) == 0;
    mb_buf_done(&next);
    return stands ? mb_fail(uploads->error, MB_E_PROTOCOL, "the service's list goes round in a circle")
                  : MB_OK;
}

static mb_status next_page(struct mb_store *store, const struct selection *selection, struct uploads *uploads,
                           struct mb_buf *place, const struct mb_call *call)
{
    struct mb_s3_request request = MB_S3_REQUEST(MB_S3_ON_OTHER, "GET", NULL);

    write_place(uploads, place);
    write_query(selection, uploads, &request.query);
    forget_page(uploads);
    mb_status status = fetch_page(store, &request, uploads, call);
    mb_s3_request_done(&request);
    return status == MB_OK ? check_progress(uploads, place) : status;
}

static mb_status list_uploads(struct mb_store *store, const struct selection *selection,
                              mb_status (*found)(void *ctx, const struct mb_upload *upload), void *ctx,
                              const struct mb_call *call)
{
    struct uploads uploads = {.error = call->error,
                              .text = MB_BUF_INIT(MAX_PAGE_BYTES),
                              .key_marker = MB_BUF_INIT(MAX_MARKER),
                              .id_marker = MB_BUF_INIT(MAX_MARKER)};
    struct mb_buf place = MB_BUF_INIT(3 * MAX_MARKER);
    mb_status status;

    do {
        status = next_page(store, selection, &uploads, &place, call);
        if (status == MB_OK)
            status = hand_out(&uploads, selection, found, ctx);
    } while (status == MB_OK && uploads.truncated);
    free(uploads.items);
    mb_buf_done(&place);
    mb_buf_done(&uploads.text);
    mb_buf_done(&uploads.key_marker);
    mb_buf_done(&uploads.id_marker);
    /* "rclone serve s3" says NoSuchUpload of a bucket in which none was begun yet. */
    if (status == MB_E_NOT_FOUND)
        mb_error_clear(call->error);
    return status == MB_E_NOT_FOUND ? MB_OK : status;
}

/* A service that takes the prefix for a key is asked for the uploads of that key, and then for all: what it
 * tells of all may be what one of its machines remembers. */
mb_status mb_s3_mpu_list(struct mb_store *store, const char *prefix,
                         mb_status (*found)(void *ctx, const struct mb_upload *upload), void *ctx,
                         const struct mb_call *call)
{
    struct selection selection = {.prefix = prefix, .with_key = true, .with_longer = true};
    size_t len = strlen(prefix);

    if (!(store->dialect->flags & MB_S3_PREFIX_IS_KEY))
        return list_uploads(store, &selection, found, ctx, call);
    if (len > 0 && prefix[len - 1] != '/') {
        selection.with_longer = false;
        mb_status status = list_uploads(store, &selection, found, ctx, call);
        if (status != MB_OK)
            return status;
        selection.with_key = false;
        selection.with_longer = true;
    }
    selection.unasked = true;
    return list_uploads(store, &selection, found, ctx, call);
}
