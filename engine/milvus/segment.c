#include "base/clock.h"
#include "milvus/client.h"
#include "milvus/convert.h"
#include "milvus/log_message.h"

#include <string.h>

static const struct mb_method method_segments = {
    .name = "GetPersistentSegmentInfo",
    .doing = "list the segments of",
    .answer = &pb__get_persistent_segment_info_response__descriptor,
    .again = MB_AGAIN_ANY,
    .attempts = 50, /* segments that are being compacted make it fail for a while */
};
static const struct mb_method method_flush = {
    .name = "Flush",
    .doing = "flush",
    .answer = &pb__flush_response__descriptor,
    .again = MB_AGAIN_ANY,
    .limited = MB_LIMITED_FLUSH,
};
static const struct mb_method method_flush_state = {
    .name = "GetFlushState",
    .doing = "wait for the flush of",
    .answer = &pb__get_flush_state_response__descriptor,
    .again = MB_AGAIN_ANY,
    .attempts = 50, /* a flush takes its time, and a proxy may be restarted meanwhile */
};

static const struct mb_method method_flush_all = {
    .name = "FlushAll",
    .doing = "flush everything",
    .answer = &pb__flush_all_response__descriptor,
    .again = MB_AGAIN_ANY,
    .limited = MB_LIMITED_FLUSH,
};
static const struct mb_method method_flush_all_state = {
    .name = "GetFlushAllState",
    .doing = "wait for the flush of everything",
    .answer = &pb__get_flush_state_response__descriptor,
    .again = MB_AGAIN_ANY,
    .attempts = 50,
};
static const struct mb_method method_rpc_position = {
    .name = "ReplicateMessage",
    .doing = "ask for the position of channel",
    .answer = &pb__replicate_message_response__descriptor,
};

mb_status mb_milvus_list_segments(struct mb_milvus *milvus, const char *db, const char *collection,
                                  struct mb_arena *arena, struct mb_segment **out, size_t *count,
                                  struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__GetPersistentSegmentInfoRequest request = PB__GET_PERSISTENT_SEGMENT_INFO_REQUEST__INIT;
    Pb__GetPersistentSegmentInfoResponse *answer;

    request.collection_name = mb_pb_text(collection);
    MB_TRY(mb_rpc(milvus, &method_segments, mb_subject_of(db, collection), &request.base, arena, &answer,
                  cancel, error));
    struct mb_segment *list = mb_arena_alloc(arena, answer->n_infos + 1, sizeof *list);
    if (list == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < answer->n_infos; i++) {
        const Pb__PersistentSegmentInfo *s = answer->infos[i];
        list[i] = (struct mb_segment){
            .id = s->segment_id,
            .collection_id = s->collection_id,
            .partition_id = s->partition_id,
            .rows = s->num_rows,
            .state = s->state,
            .level = s->level,
            .storage_version = s->storage_version,
        };
    }
    *out = list;
    *count = answer->n_infos;
    return MB_OK;
}

/* -------------------------------------------------------------------- flush */

#define FLUSH_FIRST_WAIT_NS (50 * MB_NS_PER_MS)
#define FLUSH_MAX_WAIT_NS   (500 * MB_NS_PER_MS)
#define FLUSH_WARN_NS       (60 * MB_NS_PER_S)

/* The maps of the answer hold one entry for each collection that was named. */
static mb_status take_flushed(const Pb__FlushResponse *answer, const char *collection, struct mb_arena *arena,
                              struct mb_flushed *out, bool *wait, struct mb_error *error)
{
    struct mb_flushed flushed = {0};

    *wait = false;
    for (size_t i = 0; i < answer->n_segment_ids; i++) {
        const Pb__FlushResponse__SegmentIdsEntry *entry = answer->segment_ids[i];
        if (strcmp(entry->key, collection) != 0)
            continue;
        *wait = true;
        if (entry->value)
            flushed.segment_ids = (struct mb_ids){.items = entry->value->data, .count = entry->value->n_data};
    }
    for (size_t i = 0; i < answer->n_seal_times; i++)
        if (strcmp(answer->seal_times[i]->key, collection) == 0)
            flushed.seal_time = answer->seal_times[i]->value;
    for (size_t i = 0; i < answer->n_flush_ts; i++)
        if (strcmp(answer->flush_ts[i]->key, collection) == 0)
            flushed.flush_timestamp = answer->flush_ts[i]->value;

    flushed.checkpoints = mb_arena_alloc(arena, answer->n_checkpoints + 1, sizeof *flushed.checkpoints);
    if (flushed.checkpoints == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < answer->n_checkpoints; i++) {
        const Pb__FlushResponse__CheckpointsEntry *entry = answer->checkpoints[i];
        Pb__MsgPosition *position = pb__msg_position__unpack(NULL, entry->value.len, entry->value.data);
        if (position == NULL)
            return mb_fail(error, MB_E_PROTOCOL, "flush: the checkpoint of channel %s cannot be read",
                           entry->key);
        size_t at = 0; /* of a channel that comes again the last entry counts, as of any map */
        while (at < flushed.checkpoint_count && strcmp(flushed.checkpoints[at].channel, entry->key) != 0)
            at++;
        flushed.checkpoint_count += at == flushed.checkpoint_count;
        flushed.checkpoints[at] = (struct mb_checkpoint){
            .channel = entry->key,
            .position = {.data = entry->value.data, .len = entry->value.len},
            .timestamp = position->timestamp,
        };
        pb__msg_position__free_unpacked(position, NULL);
    }
    *out = flushed;
    return MB_OK;
}

/* A flush that was begun, and how to find out whether it has ended. */
struct flush {
    const struct mb_method *method;
    struct mb_subject subject;
    const ProtobufCMessage *state_request;
    const char *what; /* for messages */
};

static mb_status is_flushed(struct mb_milvus *milvus, const struct flush *flush, bool *out,
                            struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__GetFlushStateResponse *answer;
    struct mb_arena *arena = mb_arena_new();
    if (arena == NULL)
        return mb_fail_memory(error);
    mb_status status =
        mb_rpc(milvus, flush->method, flush->subject, flush->state_request, arena, &answer, cancel, error);
    if (status == MB_OK)
        *out = answer->flushed;
    mb_arena_free(arena);
    return status;
}

/* Without an end of its own: how long a flush takes is the server's affair, and cancel ends it. */
static mb_status wait_flushed(struct mb_milvus *milvus, const struct flush *flush, struct mb_cancel *cancel,
                              struct mb_error *error)
{
    int64_t wait = FLUSH_FIRST_WAIT_NS, warn_at = mb_clock_monotonic() + FLUSH_WARN_NS;

    for (;;) {
        bool done = false;
        MB_TRY(is_flushed(milvus, flush, &done, cancel, error));
        if (done)
            return MB_OK;
        if (mb_clock_monotonic() > warn_at) {
            mb_log(milvus->options.log, MB_LOG_WARN, "still waiting for the flush of %s", flush->what);
            warn_at += FLUSH_WARN_NS;
        }
        MB_TRY(mb_cancel_sleep(cancel, wait, error));
        wait = wait * 3 / 2 < FLUSH_MAX_WAIT_NS ? wait * 3 / 2 : FLUSH_MAX_WAIT_NS;
    }
}

static mb_status wait_for_collection(struct mb_milvus *milvus, struct mb_subject subject,
                                     const struct mb_flushed *flushed, struct mb_arena *arena,
                                     struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__GetFlushStateRequest request = PB__GET_FLUSH_STATE_REQUEST__INIT;
    struct flush flush = {.method = &method_flush_state, .subject = subject, .state_request = &request.base};

    request.collection_name = mb_pb_text(subject.name);
    request.flush_ts = flushed->flush_timestamp;
    request.n_segment_ids = flushed->segment_ids.count;
    memcpy(&request.segment_ids, &flushed->segment_ids.items, sizeof request.segment_ids);
    flush.what = mb_arena_printf(arena, "%s.%s", subject.db, subject.name);
    return flush.what ? wait_flushed(milvus, &flush, cancel, error) : mb_fail_memory(error);
}

mb_status mb_milvus_flush(struct mb_milvus *milvus, const char *db, const char *collection,
                          struct mb_arena *arena, struct mb_flushed *out, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    Pb__FlushRequest request = PB__FLUSH_REQUEST__INIT;
    Pb__FlushResponse *answer;
    char *names[1] = {mb_pb_text(collection)};
    struct mb_flushed flushed;
    bool wait;

    request.collection_names = names;
    request.n_collection_names = 1;
    struct mb_subject subject = mb_subject_of(db, collection);
    MB_TRY(mb_rpc(milvus, &method_flush, subject, &request.base, arena, &answer, cancel, error));
    MB_TRY(take_flushed(answer, collection, arena, &flushed, &wait, error));
    if (wait)
        MB_TRY(wait_for_collection(milvus, subject, &flushed, arena, cancel, error));
    *out = flushed;
    return MB_OK;
}

/* ------------------------------------------------------------- all of them */

static mb_status take_flushed_all(const Pb__FlushAllResponse *answer, struct mb_arena *arena,
                                  struct mb_flushed_all *out, struct mb_error *error)
{
    struct mb_flushed_all flushed = {.control_channel = ""};

    flushed.messages = mb_arena_alloc(arena, answer->n_messages + 1, sizeof *flushed.messages);
    if (flushed.messages == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < answer->n_messages; i++) {
        const Pb__FlushAllResponse__MessagesEntry *entry = answer->messages[i];
        struct mb_checkpoint *message = &flushed.messages[flushed.message_count++];
        *message = (struct mb_checkpoint){.channel = entry->key,
                                          .position = {.data = entry->value.data, .len = entry->value.len}};
        if (mb_log_message_tick(&message->position, &message->timestamp, error) != MB_OK)
            return mb_fail(error, MB_E_PROTOCOL, "flush everything: the message of channel %s tells no time",
                           entry->key);
    }
    if (flushed.message_count == 0)
        return mb_fail(error, MB_E_PROTOCOL, "flush everything: the answer names no channel");
    if (answer->cluster_info != NULL) {
        flushed.control_channel = answer->cluster_info->control_channel;
        flushed.physical_channels = mb_strings_from_pb(answer->cluster_info->physical_channels,
                                                       answer->cluster_info->n_physical_channels);
    }
    *out = flushed;
    return MB_OK;
}

static mb_status wait_for_all(struct mb_milvus *milvus, const struct mb_flushed_all *flushed,
                              struct mb_arena *arena, struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__GetFlushAllStateRequest request = PB__GET_FLUSH_ALL_STATE_REQUEST__INIT;
    struct flush flush = {
        .method = &method_flush_all_state, .state_request = &request.base, .what = "everything"};
    size_t count = flushed->message_count;
    Pb__GetFlushAllStateRequest__TimesEntry *entries = mb_arena_alloc(arena, count, sizeof *entries);

    request.times = mb_arena_alloc(arena, count, sizeof(void *));
    if (entries == NULL || request.times == NULL)
        return mb_fail_memory(error);
    request.n_times = count;
    for (size_t i = 0; i < count; i++) {
        pb__get_flush_all_state_request__times_entry__init(&entries[i]);
        entries[i].key = mb_pb_text(flushed->messages[i].channel);
        entries[i].value = flushed->messages[i].timestamp;
        request.times[i] = &entries[i];
    }
    return wait_flushed(milvus, &flush, cancel, error);
}

mb_status mb_milvus_flush_all(struct mb_milvus *milvus, struct mb_arena *arena, struct mb_flushed_all *out,
                              struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__Empty request = PB__EMPTY__INIT;
    Pb__FlushAllResponse *answer;
    struct mb_flushed_all flushed;

    if (!milvus->info.can[MB_MILVUS_FLUSH_ALL])
        return mb_fail(error, MB_E_UNSUPPORTED, "flush everything: that needs %s, this is %s",
                       mb_milvus_needs(MB_MILVUS_FLUSH_ALL), milvus->info.version_text);
    MB_TRY(mb_rpc(milvus, &method_flush_all, (struct mb_subject){0}, &request.base, arena, &answer, cancel,
                  error));
    MB_TRY(take_flushed_all(answer, arena, &flushed, error));
    MB_TRY(wait_for_all(milvus, &flushed, arena, cancel, error));
    *out = flushed;
    return MB_OK;
}

mb_status mb_milvus_rpc_position(struct mb_milvus *milvus, const char *channel, struct mb_arena *arena,
                                 const char **out, struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__ReplicateMessageRequest request = PB__REPLICATE_MESSAGE_REQUEST__INIT;
    Pb__ReplicateMessageResponse *answer;

    request.channel_name = mb_pb_text(channel);
    MB_TRY(mb_rpc(milvus, &method_rpc_position, (struct mb_subject){.name = channel}, &request.base, arena,
                  &answer, cancel, error));
    *out = answer->position;
    return MB_OK;
}
