#include "shim/store.h"

static mb_status ask(struct shim_flow *flow, size_t *len)
{
    const struct shim_hooks *hooks = flow->store->hooks;
    mb_status status =
        hooks->pass != NULL ? hooks->pass(flow->store->state, flow->event, len, &flow->refusal) : MB_OK;
    if (status == MB_OK)
        flow->event->bytes += *len;
    return status;
}

static mb_status write_on(void *ctx, const void *data, size_t len)
{
    struct shim_flow *flow = ctx;
    const char *at = data;
    for (size_t n = len; len > 0; n = len) {
        if (ask(flow, &n) != MB_OK)
            return MB_E_CALLBACK;
        mb_status status = flow->sink->write(flow->sink->ctx, at, n);
        if (status != MB_OK)
            return status;
        at += n;
        len -= n;
    }
    return MB_OK;
}

static mb_status read_on(void *ctx, void *buf, size_t cap, size_t *nread)
{
    struct shim_flow *flow = ctx;
    size_t got = 0;
    mb_status status = flow->source->read(flow->source->ctx, buf, cap, &got);
    for (size_t left = got, n = got; status == MB_OK && left > 0; left -= n, n = left)
        status = ask(flow, &n) == MB_OK ? MB_OK : MB_E_CALLBACK;
    if (status == MB_OK)
        *nread = got;
    return status;
}

static mb_status rewind_on(void *ctx)
{
    struct shim_flow *flow = ctx;
    flow->event->bytes = 0;
    return flow->source->rewind(flow->source->ctx);
}

struct mb_sink shim_flow_sink(struct shim_flow *flow, const struct mb_sink *sink)
{
    flow->sink = sink;
    return (struct mb_sink){.struct_size = sizeof(struct mb_sink), .write = write_on, .ctx = flow};
}

struct mb_source shim_flow_source(struct shim_flow *flow, const struct mb_source *source)
{
    flow->source = source;
    return (struct mb_source){.struct_size = sizeof(struct mb_source),
                              .size = source->size,
                              .read = read_on,
                              .rewind = source->rewind != NULL ? rewind_on : NULL,
                              .ctx = flow};
}

mb_status shim_flow_end(const struct shim_flow *flow, mb_status status)
{
    if (flow->refusal.status == MB_OK)
        return status;
    *flow->event->call->error = flow->refusal;
    return flow->refusal.status;
}

mb_status shim_check(struct mb_store *store, const struct mb_call *call)
{
    struct shim_event event;
    MB_TRY(shim_begin(store, &event, SHIM_CHECK, "", call));
    return shim_end(store, &event, store->table->check(store->inner, call));
}

mb_status shim_create_bucket(struct mb_store *store, const struct mb_call *call)
{
    struct shim_event event;
    if (store->table->create_bucket == NULL)
        return shim_unsupported(store, call, SHIM_CREATE_BUCKET);
    MB_TRY(shim_begin(store, &event, SHIM_CREATE_BUCKET, "", call));
    return shim_end(store, &event, store->table->create_bucket(store->inner, call));
}

mb_status shim_stat(struct mb_store *store, const char *key, struct mb_stat *out, const struct mb_call *call)
{
    struct shim_event event;
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    MB_TRY(shim_begin(store, &event, SHIM_STAT, key, call));
    MB_TRY(shim_end(store, &event, store->table->stat(store->inner, key, &stat, call)));
    mb_stat_write(out, &stat);
    return MB_OK;
}

mb_status shim_get(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                   const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call)
{
    struct shim_event event;
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    struct shim_flow flow = {.store = store, .event = &event, .refusal = MB_ERROR_INIT};
    struct mb_sink through = shim_flow_sink(&flow, sink);
    MB_TRY(shim_begin(store, &event, SHIM_GET, key, call));
    mb_status status = store->table->get(store->inner, key, opts, &through, &stat, call);
    MB_TRY(shim_end(store, &event, shim_flow_end(&flow, status)));
    mb_stat_write(out, &stat);
    return MB_OK;
}

mb_status shim_put(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                   const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    struct shim_event event;
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    struct shim_flow flow = {.store = store, .event = &event, .refusal = MB_ERROR_INIT};
    struct mb_source through = shim_flow_source(&flow, source);
    MB_TRY(shim_begin(store, &event, SHIM_PUT, key, call));
    mb_status status = store->table->put(store->inner, key, opts, &through, &stat, call);
    MB_TRY(shim_end(store, &event, shim_flow_end(&flow, status)));
    mb_stat_write(out, &stat);
    return MB_OK;
}

mb_status shim_remove(struct mb_store *store, const char *key, const struct mb_call *call)
{
    struct shim_event event;
    MB_TRY(shim_begin(store, &event, SHIM_REMOVE, key, call));
    return shim_end(store, &event, store->table->remove(store->inner, key, call));
}

mb_status shim_remove_many(struct mb_store *store, const char *const *keys, size_t count, uint8_t *done,
                           const struct mb_call *call)
{
    struct shim_event event;
    if (store->table->remove_many == NULL)
        return shim_unsupported(store, call, SHIM_REMOVE_MANY);
    MB_TRY(shim_begin(store, &event, SHIM_REMOVE_MANY, count > 0 ? keys[0] : "", call));
    event.count = count;
    return shim_end(store, &event, store->table->remove_many(store->inner, keys, count, done, call));
}

int shim_can_copy(struct mb_store *dst, struct mb_store *src)
{
    return dst->table == src->table && dst->table->can_copy != NULL && dst->table->copy != NULL &&
           dst->table->can_copy(dst->inner, src->inner) != 0;
}

mb_status shim_copy(struct mb_store *dst, const char *dst_key, struct mb_store *src, const char *src_key,
                    const struct mb_put_options *opts, struct mb_stat *out, const struct mb_call *call)
{
    struct shim_event event;
    struct mb_stat stat = {.struct_size = sizeof(stat)};
    if (dst->table->copy == NULL || dst->table != src->table)
        return shim_unsupported(dst, call, SHIM_COPY);
    MB_TRY(shim_begin(dst, &event, SHIM_COPY, dst_key, call));
    mb_status status = dst->table->copy(dst->inner, dst_key, src->inner, src_key, opts, &stat, call);
    event.bytes = status == MB_OK ? stat.size : 0;
    MB_TRY(shim_end(dst, &event, status));
    mb_stat_write(out, &stat);
    return MB_OK;
}
