#include "catalog/channels.h"

#include "json/table.h"

#include <string.h>

/* The writer of one text on its way. */
struct text {
    struct mb_buf buf;
    struct mb_sink sink;
    struct mb_json_writer writer;
};

static struct mb_json_writer *begin(struct text *text)
{
    mb_buf_init(&text->buf, (size_t)1 << 24);
    text->sink = mb_buf_sink(&text->buf);
    mb_json_init(&text->writer, &text->sink);
    return &text->writer;
}

static mb_status end(struct text *text, struct mb_arena *arena, const char **out, struct mb_error *error)
{
    mb_status status = mb_json_finish(&text->writer, error);
    if (status == MB_OK && (*out = mb_arena_strdup(arena, mb_buf_text(&text->buf))) == NULL)
        status = mb_fail_memory(error);
    mb_json_done(&text->writer);
    mb_buf_done(&text->buf);
    return status;
}

mb_status mb_channels_flushed(const struct mb_flushed_all *flushed, struct mb_arena *arena, const char **out,
                              struct mb_error *error)
{
    struct text text;
    struct mb_json_writer *writer = begin(&text);
    const struct mb_checkpoint *last = NULL;

    /* Go writes maps by the order of their keys; there are as many channels as a server has, some dozen. */
    mb_json_begin_object(writer, NULL);
    for (size_t i = 0; i < flushed->message_count; i++) {
        const struct mb_checkpoint *next = NULL;
        for (size_t k = 0; k < flushed->message_count; k++) {
            const struct mb_checkpoint *message = &flushed->messages[k];
            if ((last == NULL || strcmp(message->channel, last->channel) > 0) &&
                (next == NULL || strcmp(message->channel, next->channel) < 0))
                next = message;
        }
        if (next == NULL)
            break;
        mb_json_base64(writer, next->channel, next->position.data, next->position.len);
        last = next;
    }
    mb_json_end_object(writer);
    return end(&text, arena, out, error);
}

static mb_status read_flushed(struct mb_json_input *input, json_t *object, struct mb_checkpoint **out,
                              size_t *count)
{
    const char *channel;
    json_t *value;
    size_t n = 0;
    struct mb_checkpoint *list = mb_json_alloc(input, json_object_size(object) + 1, sizeof *list);
    if (list == NULL)
        return input->status;
    json_object_foreach(object, channel, value)
    {
        list[n].channel = mb_json_copy(input, channel, strlen(channel));
        list[n++].position = mb_json_to_bytes(input, "flush_all_msgs_base64", value);
    }
    MB_TRY(input->status);
    *out = list;
    *count = n;
    return MB_OK;
}

mb_status mb_channels_read_flushed(const char *json, const char *backup, struct mb_arena *arena,
                                   struct mb_checkpoint **out, size_t *count, struct mb_error *error)
{
    struct mb_json_input input = {.arena = arena, .name = backup, .error = error};
    json_t *value = json_loads(json, 0, NULL);
    mb_status status =
        json_is_object(value)
            ? read_flushed(&input, value, out, count)
            : mb_fail(error, MB_E_CORRUPT, "backup %s: \"flush_all_msgs_base64\" is no object", backup);
    json_decref(value);
    return status;
}

mb_status mb_channels_rpc(const char *name, const char *position, struct mb_arena *arena, const char **out,
                          struct mb_error *error)
{
    struct text text;
    struct mb_json_writer *writer = begin(&text);
    mb_json_begin_object(writer, NULL);
    mb_json_string(writer, "name", name);
    if (*position != '\0')
        mb_json_string(writer, "position", position);
    mb_json_end_object(writer);
    return end(&text, arena, out, error);
}
