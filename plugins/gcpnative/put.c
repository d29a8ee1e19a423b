/* put.c - an object that is put in one request: multipart/related, the description and then the bytes. */
#include "gcpnative.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/random.h"
#include "common/driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A multipart/related body: the description, then the bytes of the source. */
struct framed {
    struct mb_buf head;
    char tail[64];
    const struct mb_source *inner;
    int stage; /* 0 head, 1 bytes, 2 tail, 3 end */
    size_t at;
    int64_t given; /* bytes that came from inner */
};

static mb_status take_text(struct framed *framed, const char *text, size_t len, void *buf, size_t cap,
                           size_t *nread)
{
    size_t run = len - framed->at < cap ? len - framed->at : cap;
    memcpy(buf, text + framed->at, run);
    framed->at += run;
    if (framed->at == len) {
        framed->stage++;
        framed->at = 0;
    }
    *nread = run;
    return MB_OK;
}

/* A source that gives more or less than it announced would shift the tail, so it ends the request. */
static mb_status take_bytes_of(struct framed *framed, void *buf, size_t cap, size_t *nread)
{
    const struct mb_source *inner = framed->inner;
    mb_status status = inner->read(inner->ctx, buf, cap, nread);
    if (status < 0)
        return status;
    framed->given += (int64_t)*nread;
    bool fits = *nread == 0 ? framed->given == inner->size : framed->given <= inner->size;
    return fits ? MB_OK : MB_E_INVALID;
}

static mb_status read_framed(void *ctx, void *buf, size_t cap, size_t *nread)
{
    struct framed *framed = ctx;
    if (framed->stage == 0)
        return take_text(framed, framed->head.data, framed->head.len, buf, cap, nread);
    if (framed->stage == 1) {
        mb_status status = take_bytes_of(framed, buf, cap, nread);
        if (status < 0 || *nread > 0)
            return status;
        framed->stage = 2;
    }
    if (framed->stage == 2)
        return take_text(framed, framed->tail, strlen(framed->tail), buf, cap, nread);
    *nread = 0;
    return MB_OK;
}

static mb_status rewind_framed(void *ctx)
{
    struct framed *framed = ctx;
    framed->stage = 0;
    framed->at = 0;
    framed->given = 0;
    return framed->inner->rewind(framed->inner->ctx);
}

mb_status gcs_describe(const char *key, const struct mb_put_options *opts, char **out, struct mb_error *error)
{
    uint32_t crc32c;
    char crc[16];
    bool known = mb_put_crc32c(opts, &crc32c);
    if (known)
        mb_crc32c_to_base64(crc32c, crc);
    json_t *description = json_pack("{s:s, s:s, s:s*}", "name", key, "contentType", mb_content_type(opts),
                                    "crc32c", known ? crc : NULL);
    *out = description ? json_dumps(description, JSON_COMPACT) : NULL;
    json_decref(description);
    return *out ? MB_OK : mb_fail(error, MB_E_INVALID, "the key is not UTF-8");
}

static mb_status make_frame(struct framed *framed, const char *key, const struct mb_put_options *opts,
                            char *content_type, size_t cap, struct mb_error *error)
{
    char boundary[25];
    char *text = NULL;
    MB_TRY(mb_random_hex(boundary, sizeof(boundary) - 1, error));
    MB_TRY(gcs_describe(key, opts, &text, error));
    mb_buf_printf(
        &framed->head,
        "--%s\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n%s\r\n--%s\r\nContent-Type: %s\r\n\r\n",
        boundary, text, boundary, mb_content_type(opts));
    free(text);
    snprintf(framed->tail, sizeof(framed->tail), "\r\n--%s--\r\n", boundary);
    snprintf(content_type, cap, "multipart/related; boundary=%s", boundary);
    return mb_buf_check(&framed->head, "the description of the object", error);
}

static mb_status send_framed(struct mb_store *store, struct framed *framed, const char *key,
                             const struct mb_put_options *opts, struct mb_stat *stat,
                             const struct mb_call *call)
{
    char content_type[128];
    const struct mb_source *source = framed->inner;
    MB_TRY(make_frame(framed, key, opts, content_type, sizeof(content_type), call->error));
    const struct mb_source body = {.struct_size = sizeof(body),
                                   .size = source->size + (int64_t)(framed->head.len + strlen(framed->tail)),
                                   .read = read_framed,
                                   .rewind = source->rewind ? rewind_framed : NULL,
                                   .ctx = framed};
    const struct mb_pair query[] = {{"uploadType", "multipart"},
                                    {"fields", GCS_OBJECT_FIELDS},
                                    {"ifGenerationMatch", mb_put_is_new_only(opts) ? "0" : NULL},
                                    {NULL, NULL}};
    const struct mb_pair headers[] = {{"Content-Type", content_type}, {NULL, NULL}};
    const struct gcs_request request = {
        .http.method = "POST", .upload = true, .query = query, .headers = headers, .http.source = &body};
    return gcs_send_stat(store, &request, stat, call);
}

mb_status gcs_put_whole(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                        const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    struct framed framed = {.head = MB_BUF_INIT(32768), .inner = source};
    struct mb_stat stat;
    mb_status status = send_framed(store, &framed, key, opts, &stat, call);
    mb_buf_done(&framed.head);
    MB_TRY(status);
    if (stat.size != (uint64_t)source->size)
        return mb_fail(call->error, MB_E_CORRUPT, "%lld bytes were sent, the service has %llu",
                       (long long)source->size, (unsigned long long)stat.size);
    mb_stat_write(out, &stat);
    return MB_OK;
}
