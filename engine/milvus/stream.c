#include "milvus/stream.h"

#include "base/clock.h"
#include "base/text.h"
#include "milvus/stream_call.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_WAIT_NS   (100 * MB_NS_PER_MS)
#define LONGEST_WAIT_NS (10 * MB_NS_PER_S)
#define PATIENCE_NS     (300 * MB_NS_PER_S)
#define STEP_NS         (50 * MB_NS_PER_MS)
#define MOST_BYTES      ((size_t)32 << 20)

/* One that is not confirmed. */
struct message {
    struct message *next;
    uint64_t tick;
    grpc_slice bytes;
    bool sent; /* in whatever call */
};

struct stream {
    const char *name;
    struct mb_stream_call call;
    struct message *first, *last;
    struct message *due; /* the first that this call has not sent */
    int64_t wait_ns;     /* before the next call, after one that broke */
    int64_t open_ns;     /* not before */
};

struct mb_streams {
    struct mb_arena *arena;
    struct mb_streams_options options;
    struct mb_channel *channel;
    grpc_completion_queue *queue;
    struct stream *items;
    size_t held;           /* bytes */
    int64_t heard_ns;      /* the last confirmation, or when there was nothing to confirm */
    struct mb_error broke; /* why the last stream broke that did; or nothing */
};

/* ------------------------------------------------------------------ opening */

static mb_status copy_options(struct mb_streams *streams, const struct mb_streams_options *options,
                              struct mb_error *error)
{
    struct mb_arena *arena = streams->arena;
    struct mb_streams_options *copy = &streams->options;
    struct mb_metadata *headers = mb_arena_alloc(arena, options->header_count + 1, sizeof *headers);

    *copy = *options;
    copy->names = NULL; /* each stream has its own */
    copy->path = mb_arena_strdup(arena, options->path);
    copy->headers = headers;
    streams->items = mb_arena_alloc(arena, options->count + 1, sizeof *streams->items);
    if (headers == NULL || copy->path == NULL || streams->items == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < options->header_count; i++) {
        headers[i].key = mb_arena_strdup(arena, options->headers[i].key);
        headers[i].value = mb_arena_strdup(arena, options->headers[i].value);
        if (headers[i].key == NULL || headers[i].value == NULL)
            return mb_fail_memory(error);
    }
    for (size_t i = 0; i < options->count; i++)
        if ((streams->items[i].name = mb_arena_strdup(arena, options->names[i])) == NULL)
            return mb_fail_memory(error);
    if (copy->patience_ns <= 0)
        copy->patience_ns = PATIENCE_NS;
    if (copy->most_bytes == 0)
        copy->most_bytes = MOST_BYTES;
    return MB_OK;
}

mb_status mb_streams_open(struct mb_streams **out, struct mb_channel *channel,
                          const struct mb_streams_options *options, struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    struct mb_streams *streams = arena ? mb_arena_alloc(arena, 1, sizeof *streams) : NULL;
    if (streams == NULL) {
        mb_arena_free(arena);
        return mb_fail_memory(error);
    }
    streams->arena = arena;
    streams->channel = channel;
    streams->broke = MB_ERROR_INIT;
    if (copy_options(streams, options, error) != MB_OK) {
        mb_arena_free(arena);
        return error->status;
    }
    streams->queue = grpc_completion_queue_create_for_next(NULL);
    *out = streams;
    return MB_OK;
}

static void drop_first(struct mb_streams *streams, struct stream *stream)
{
    struct message *message = stream->first;
    stream->first = message->next;
    if (stream->due == message)
        stream->due = message->next;
    if (stream->first == NULL)
        stream->last = NULL;
    streams->held -= GRPC_SLICE_LENGTH(message->bytes);
    grpc_slice_unref(message->bytes);
    free(message);
}

/* Is a call under way that has not told its end? */
static bool any_call(const struct mb_streams *streams)
{
    for (size_t i = 0; i < streams->options.count; i++)
        if (mb_stream_call_is_open(&streams->items[i].call))
            return true;
    return false;
}

void mb_streams_close(struct mb_streams *streams)
{
    if (streams == NULL)
        return;
    for (size_t i = 0; i < streams->options.count; i++)
        mb_stream_call_cancel(&streams->items[i].call);
    while (any_call(streams)) {
        struct mb_stream_call *call = NULL;
        mb_stream_next(streams->queue, INT64_MAX, &call);
        if (call != NULL && mb_stream_call_is_over(call))
            mb_stream_call_end(call);
    }
    grpc_completion_queue_shutdown(streams->queue);
    grpc_completion_queue_destroy(streams->queue);
    for (size_t i = 0; i < streams->options.count; i++)
        while (streams->items[i].first != NULL)
            drop_first(streams, &streams->items[i]);
    mb_arena_free(streams->arena);
}

/* --------------------------------------------------------------- one event */

static mb_status confirm(struct mb_streams *streams, struct stream *stream, struct mb_error *error)
{
    uint64_t tick = 0;
    struct mb_buf answer;
    mb_buf_init(&answer, (size_t)1 << 20);
    bool read = mb_stream_call_answer(&stream->call, &answer, error) == MB_OK &&
                streams->options.read(answer.data, answer.len, &tick, error) == MB_OK;
    mb_buf_done(&answer);
    if (!read)
        return mb_error_context(error, "stream of %s", stream->name);
    while (stream->first != NULL && stream->first->tick <= tick) {
        if (!stream->first->sent)
            return mb_fail(error, MB_E_PROTOCOL,
                           "stream of %s: %llu is confirmed, but what was sent ends before %llu",
                           stream->name, (unsigned long long)tick, (unsigned long long)stream->first->tick);
        drop_first(streams, stream);
        streams->heard_ns = mb_clock_monotonic();
        streams->broke = MB_ERROR_INIT;
        stream->wait_ns = 0;
    }
    return MB_OK;
}

/* What no waiting sets right. */
static bool is_refusal(mb_status status)
{
    return status == MB_E_UNAUTHENTICATED || status == MB_E_FORBIDDEN || status == MB_E_UNSUPPORTED ||
           status == MB_E_INVALID || status == MB_E_CONFIG || status == MB_E_NO_MEMORY;
}

static bool is_out_of_patience(const struct mb_streams *streams)
{
    return mb_clock_monotonic() - streams->heard_ns > streams->options.patience_ns;
}

static mb_status take_end(struct mb_streams *streams, struct stream *stream, struct mb_error *error)
{
    struct mb_error why = MB_ERROR_INIT;
    mb_stream_call_why(&stream->call, streams->channel->peer, &why);
    mb_stream_call_end(&stream->call);
    stream->due = stream->first;
    stream->wait_ns = stream->wait_ns == 0                    ? FIRST_WAIT_NS
                      : stream->wait_ns * 2 < LONGEST_WAIT_NS ? stream->wait_ns * 2
                                                              : LONGEST_WAIT_NS;
    stream->open_ns = mb_clock_monotonic() + stream->wait_ns;
    if (is_refusal(why.status)) {
        mb_error_copy(error, &why);
        return mb_error_context(error, "stream of %s", stream->name);
    }
    mb_error_copy(&streams->broke, &why);
    mb_log(streams->options.log, stream->first != NULL ? MB_LOG_WARN : MB_LOG_DEBUG,
           "the stream of %s broke, it is opened anew: %s", stream->name, why.message);
    return MB_OK;
}

static struct stream *stream_of(struct mb_streams *streams, const struct mb_stream_call *call)
{
    for (size_t i = 0; i < streams->options.count; i++)
        if (&streams->items[i].call == call)
            return &streams->items[i];
    return NULL;
}

/* ----------------------------------------------------------------- a step */

static mb_status push(struct mb_streams *streams, struct stream *stream, struct mb_error *error)
{
    const struct mb_streams_options *o = &streams->options;
    if (stream->first == NULL)
        return MB_OK;
    if (!mb_stream_call_is_open(&stream->call)) {
        if (mb_clock_monotonic() < stream->open_ns)
            return MB_OK;
        stream->due = stream->first;
        MB_TRY(mb_stream_call_begin(&stream->call, streams->channel, streams->queue, o->path, o->headers,
                                    o->header_count, error));
    }
    if (stream->due == NULL || !mb_stream_call_may_send(&stream->call))
        return MB_OK;
    MB_TRY(mb_stream_call_send(&stream->call, stream->due->bytes, error));
    stream->due->sent = true;
    stream->due = stream->due->next;
    return MB_OK;
}

static mb_status give_up(const struct mb_streams *streams, struct mb_error *error)
{
    char time[32];
    const char *why = streams->broke.message;
    mb_text_duration(streams->options.patience_ns, time, sizeof time);
    return mb_fail(error, MB_E_TIMEOUT, "%s has confirmed nothing for %s%s%s", streams->channel->peer->place,
                   time, *why != '\0' ? "; its streams break: " : "", why);
}

/* Sends what can be sent and takes the next event, if one comes soon. */
static mb_status step(struct mb_streams *streams, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_stream_call *call = NULL;
    if (mb_cancel_requested(cancel))
        return mb_fail(error, MB_E_CANCELLED, "cancelled");
    for (size_t i = 0; i < streams->options.count; i++)
        MB_TRY(push(streams, &streams->items[i], error));
    switch (mb_stream_next(streams->queue, STEP_NS, &call)) {
    case MB_STREAM_ANSWERED:
        MB_TRY(confirm(streams, stream_of(streams, call), error));
        return mb_stream_call_listen(call, error);
    case MB_STREAM_ENDED:
        return take_end(streams, stream_of(streams, call), error);
    case MB_STREAM_NOTHING:
    default:
        break;
    }
    return streams->held > 0 && is_out_of_patience(streams) ? give_up(streams, error) : MB_OK;
}

static struct message *message_new(uint64_t tick, const void *bytes, size_t len)
{
    struct message *message = calloc(1, sizeof *message);
    if (message == NULL)
        return NULL;
    message->tick = tick;
    message->bytes = grpc_slice_from_copied_buffer(bytes, len);
    return message;
}

mb_status mb_streams_send(struct mb_streams *streams, size_t which, uint64_t tick, const void *bytes,
                          size_t len, struct mb_cancel *cancel, struct mb_error *error)
{
    struct stream *stream = &streams->items[which];
    while (streams->held > 0 && streams->held + len > streams->options.most_bytes)
        MB_TRY(step(streams, cancel, error));
    if (streams->held == 0)
        streams->heard_ns = mb_clock_monotonic();
    struct message *message = message_new(tick, bytes, len);
    if (message == NULL)
        return mb_fail_memory(error);
    if (stream->last != NULL)
        stream->last->next = message;
    else
        stream->first = message;
    stream->last = message;
    if (stream->due == NULL)
        stream->due = message;
    streams->held += len;
    return MB_OK;
}

size_t mb_streams_unconfirmed(const struct mb_streams *streams)
{
    size_t count = 0;
    for (size_t i = 0; i < streams->options.count; i++)
        for (const struct message *message = streams->items[i].first; message != NULL;
             message = message->next)
            count++;
    return count;
}

mb_status mb_streams_settle(struct mb_streams *streams, struct mb_cancel *cancel, struct mb_error *error)
{
    while (streams->held > 0)
        MB_TRY(step(streams, cancel, error));
    return MB_OK;
}
