/* object.c - the slots for one whole object. */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

mb_status local_stat(struct mb_store *store, const char *key, struct mb_stat *out, const struct mb_call *call)
{
    int fd = -1;
    struct stat st;
    MB_TRY(mb_call_wanted(call));
    MB_TRY(local_open_object(store, key, &fd, &st, call->error));
    close(fd);
    local_describe(&st, NULL, out);
    return MB_OK;
}

static mb_status pour(struct mb_store *store, const char *key, int fd, uint64_t offset, uint64_t length,
                      char *buf, const struct mb_sink *sink, const struct mb_call *call)
{
    for (size_t n = 0; length > 0; offset += n, length -= n) {
        MB_TRY(local_read(store, "read", key, fd, offset, length, buf, &n, call->error));
        if (sink->write(sink->ctx, buf, n) != MB_OK)
            return mb_fail(call->error, MB_E_CALLBACK, "the receiver of '%s' refused its bytes", key);
        MB_TRY(mb_call_wanted(call));
    }
    return MB_OK;
}

/* The bytes from offset on, at most length unless it is 0. */
static mb_status send_range(struct mb_store *store, const char *key, int fd, const struct stat *st,
                            uint64_t offset, uint64_t length, const struct mb_sink *sink,
                            const struct mb_call *call)
{
    uint64_t rest = offset < (uint64_t)st->st_size ? (uint64_t)st->st_size - offset : 0;
    uint64_t wanted = length == 0 || length > rest ? rest : length;
    if (wanted == 0)
        return MB_OK;
    char *buf = malloc(wanted < LOCAL_BUFFER ? (size_t)wanted : LOCAL_BUFFER);
    if (buf == NULL)
        return mb_fail_memory(call->error);
    mb_status status = pour(store, key, fd, offset, wanted, buf, sink, call);
    free(buf);
    return status;
}

mb_status local_get(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                    const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call)
{
    int fd = -1;
    struct stat st;
    char etag[128];
    uint64_t offset = opts == NULL ? 0 : opts->offset;
    uint64_t length = opts == NULL ? 0 : opts->length;
    MB_TRY(mb_call_wanted(call));
    MB_TRY(local_open_object(store, key, &fd, &st, call->error));

    local_etag(&st, etag, sizeof(etag));
    mb_status status =
        opts != NULL && opts->if_match != NULL && strcmp(opts->if_match, etag) != 0
            ? mb_fail(call->error, MB_E_EXISTS, "'%s' is no longer what it was: it was replaced", key)
            : send_range(store, key, fd, &st, offset, length, sink, call);
    close(fd);
    if (status == MB_OK)
        local_describe(&st, NULL, out);
    return status;
}

mb_status local_put(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                    const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    struct local_range range = {.store = store, .key = key, .source = source};
    return local_write(&range, mb_put_is_new_only(opts), out, call);
}

mb_status local_copy(struct mb_store *dst, const char *dst_key, struct mb_store *src, const char *src_key,
                     const struct mb_put_options *opts, struct mb_stat *out, const struct mb_call *call)
{
    struct local_range range = {.store = dst, .key = dst_key, .src = -1, .summed = true};
    struct stat st;
    MB_TRY(local_open_object(src, src_key, &range.src, &st, call->error));
    range.length = (uint64_t)st.st_size;
    mb_status status = local_write(&range, mb_put_is_new_only(opts), out, call);
    close(range.src);
    return status;
}

mb_status local_remove(struct mb_store *store, const char *key, const struct mb_call *call)
{
    struct local_target target;
    mb_status status = MB_OK;
    MB_TRY(mb_call_wanted(call));
    MB_TRY(local_target_open(&target, store, key, call->error));
    bool gone = local_target_find(&target) && unlinkat(target.dir, target.name, 0) == 0;
    /* EISDIR: there is no object of that name, only keys that go on after it. */
    if (!gone && errno != ENOENT && errno != ENOTDIR && errno != EISDIR)
        status = local_fail(call->error, errno, store, "remove", key);
    else
        local_prune(store, target.root, key);
    local_target_close(&target);
    return status;
}
