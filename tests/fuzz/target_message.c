/* A request off the wire, chosen by the first byte, to JSON and back: what was read must be read the same
 * again. */
#include "fuzz.h"

#include "rpc/message.h"

#include <health.pb-c.h>
#include <jansson.h>
#include <milvus_backup.pb-c.h>
#include <stdlib.h>
#include <string.h>

static const ProtobufCMessageDescriptor *const kinds[] = {
    &milvus__proto__backup__create_backup_request__descriptor,
    &milvus__proto__backup__restore_backup_request__descriptor,
    &milvus__proto__backup__get_backup_request__descriptor,
    &milvus__proto__backup__backup_info_response__descriptor,
    &grpc__health__v1__health_check_request__descriptor,
};

static void must(mb_status status, const struct mb_error *error)
{
    if (status != MB_OK || error->message[0] != '\0')
        abort();
}

/* On the wire a map may hold a key twice, of which the last counts. */
static bool say_the_same(const char *one, const char *other)
{
    json_t *first = json_loads(one, JSON_DECODE_INT_AS_REAL, NULL);
    json_t *second = json_loads(other, JSON_DECODE_INT_AS_REAL, NULL);
    bool same = first != NULL && json_equal(first, second);
    json_decref(first);
    json_decref(second);
    return same;
}

static void compare(const ProtobufCMessage *message, struct mb_arena *arena)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_buf first, second;
    ProtobufCMessage *again = NULL;
    mb_buf_init(&first, 64 << 20);
    mb_buf_init(&second, 64 << 20);
    must(mb_message_to_json(message, &first, &error), &error);
    must(mb_message_from_json(message->descriptor, mb_buf_text(&first), first.len, arena, &again, &error),
         &error);
    must(mb_message_to_json(again, &second, &error), &error);
    if (strcmp(mb_buf_text(&first), mb_buf_text(&second)) != 0 &&
        !say_the_same(mb_buf_text(&first), mb_buf_text(&second)))
        abort();
    mb_buf_done(&first);
    mb_buf_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_arena *arena = mb_arena_new();
    ProtobufCMessage *message = NULL;
    if (len == 0 || arena == NULL) {
        mb_arena_free(arena);
        return 0;
    }
    const ProtobufCMessageDescriptor *kind = kinds[data[0] % (sizeof kinds / sizeof *kinds)];
    if (mb_message_unpack(kind, data + 1, len - 1, arena, &message, &error) == MB_OK)
        compare(message, arena);
    else if (error.message[0] == '\0')
        abort();
    mb_arena_free(arena);
    return 0;
}
