#include "milvus/log_message.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdlib.h>

enum { KAFKA = 3, MOST_PROPERTIES = 8 };

static const char *base36(uint64_t number, struct mb_arena *arena)
{
    char text[16], *at = text + sizeof text;
    *--at = '\0';
    do {
        *--at = "0123456789abcdefghijklmnopqrstuvwxyz"[number % 36];
        number /= 36;
    } while (number > 0);
    return mb_arena_strdup(arena, at);
}

/* A message as the text of a property; "" for NULL. */
static mb_status packed_text(const ProtobufCMessage *message, struct mb_arena *arena, const char **out,
                             struct mb_error *error)
{
    ProtobufCBinaryData bytes = {0};
    if (message != NULL)
        MB_TRY(mb_message_to_bytes(message, arena, &bytes, error));
    if (bytes.len > INT32_MAX / 2)
        return mb_fail(error, MB_E_INVALID, "a message of %zu bytes is too large", bytes.len);
    unsigned char *text = mb_arena_alloc(arena, 1, 4 * ((bytes.len + 2) / 3) + 1);
    if (text == NULL)
        return mb_fail_memory(error);
    EVP_EncodeBlock(text, bytes.data, (int)bytes.len);
    *out = (const char *)text;
    return MB_OK;
}

static mb_status broadcast_text(const struct mb_log_message *message, uint64_t id, struct mb_arena *arena,
                                const char **out, struct mb_error *error)
{
    Pb__BroadcastHeader header = PB__BROADCAST_HEADER__INIT;
    Pb__ResourceKey keys[2], *list[2];
    const struct mb_strings channels = {
        .items = mb_arena_alloc(arena, message->channel_count + 1, sizeof *channels.items)};
    if (channels.items == NULL)
        return mb_fail_memory(error);
    memcpy(channels.items, message->channels, message->channel_count * sizeof *channels.items);
    header.broadcast_id = id;
    header.n_virtual_channels = message->channel_count;
    memcpy(&header.virtual_channels, &channels.items, sizeof channels.items);
    for (size_t i = 0; i < 2 && message->holds[i].domain != 0; i++) {
        pb__resource_key__init(&keys[i]);
        keys[i].domain = message->holds[i].domain;
        keys[i].key = mb_pb_text(message->holds[i].key);
        keys[i].shared = message->holds[i].shared;
        list[header.n_resource_keys++] = &keys[i];
    }
    header.resource_keys = list;
    return packed_text(&header.base, arena, out, error);
}

/* Its properties on their way into a message. */
struct properties {
    Pb__LogMessage__PropertiesEntry entries[MOST_PROPERTIES], *list[MOST_PROPERTIES];
    size_t count;
    bool lacks; /* a value, for want of memory */
};

static void put(struct properties *to, const char *key, const char *value)
{
    Pb__LogMessage__PropertiesEntry *entry = &to->entries[to->count];
    pb__log_message__properties_entry__init(entry);
    entry->key = mb_pb_text(key);
    entry->value = mb_pb_text(value);
    to->list[to->count++] = entry;
    to->lacks = to->lacks || value == NULL;
}

mb_status mb_log_message_pack(const struct mb_log_message *message, size_t which, uint64_t broadcast_id,
                              uint64_t tick, struct mb_arena *arena, struct mb_bytes *out,
                              struct mb_error *error)
{
    Pb__LogMessage packed = PB__LOG_MESSAGE__INIT;
    Pb__LogMessageId id = PB__LOG_MESSAGE_ID__INIT;
    ProtobufCBinaryData bytes;
    struct properties properties = {.count = 0};
    const char *header, *broadcast, *number = base36(tick, arena);

    MB_TRY(packed_text(message->header, arena, &header, error));
    MB_TRY(broadcast_text(message, broadcast_id, arena, &broadcast, error));
    put(&properties, "_t", mb_arena_printf(arena, "%d", message->type));
    put(&properties, "_v", mb_arena_printf(arena, "%d", message->version));
    put(&properties, "_h", header);
    put(&properties, "_bh", broadcast);
    put(&properties, "_vc", message->channels[which]);
    put(&properties, "_tt", number);
    put(&properties, "_lc", mb_arena_printf(arena, "%" PRIu64, tick));
    if (properties.lacks)
        return mb_fail_memory(error);
    id.id = mb_pb_text(number);
    id.log_name = KAFKA;
    packed.id = &id;
    packed.properties = properties.list;
    packed.n_properties = properties.count;
    if (message->body != NULL)
        MB_TRY(mb_message_to_bytes(message->body, arena, &packed.payload, error));
    MB_TRY(mb_message_to_bytes(&packed.base, arena, &bytes, error));
    *out = (struct mb_bytes){.data = bytes.data, .len = bytes.len};
    return MB_OK;
}

mb_status mb_log_message_tick(const struct mb_bytes *message, uint64_t *out, struct mb_error *error)
{
    Pb__ImmutableMessage *read = pb__immutable_message__unpack(NULL, message->len, message->data);
    uint64_t tick = 0;
    for (size_t i = 0; read != NULL && i < read->n_properties; i++) {
        char *end = NULL;
        if (strcmp(read->properties[i]->key, "_tt") != 0)
            continue;
        tick = strtoull(read->properties[i]->value, &end, 36);
        if (*end != '\0')
            tick = 0;
    }
    if (read != NULL)
        pb__immutable_message__free_unpacked(read, NULL);
    if (tick == 0)
        return mb_fail(error, MB_E_CORRUPT, "it is no message that tells its time");
    *out = tick;
    return MB_OK;
}

const char *mb_log_physical_channel(const char *channel, struct mb_arena *arena)
{
    const char *end = strrchr(channel, '_');
    return end != NULL ? mb_arena_strndup(arena, channel, (size_t)(end - channel))
                       : mb_arena_strdup(arena, channel);
}
