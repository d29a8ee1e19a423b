#include "milvus/replication.h"

#include "milvus/client.h"
#include "milvus/stream.h"

#define PATH "/milvus.proto.milvus.MilvusService/CreateReplicateStream"

static const struct mb_method method_configuration = {
    .name = "GetReplicateConfiguration",
    .doing = "ask which clusters replicate to each other",
    .answer = &pb__replicate_configuration_response__descriptor,
};
static const struct mb_method method_checkpoint = {
    .name = "GetReplicateInfo",
    .doing = "ask how far the replication is on channel",
    .answer = &pb__replicate_info_response__descriptor,
};

/* ------------------------------------------------------------- who and how far */

static mb_status cannot(const struct mb_milvus *milvus, const char *call, struct mb_error *error)
{
    return mb_fail(error, MB_E_UNSUPPORTED,
                   "Milvus %s at %s cannot be a secondary that is asked about: it does not know the call %s",
                   milvus->info.version_text, milvus->info.place, call);
}

static mb_status take_configuration(const Pb__ReplicateConfiguration *pb, struct mb_arena *arena,
                                    struct mb_replicate_configuration *out, struct mb_error *error)
{
    struct mb_replicate_configuration found = {.cluster_count = pb->n_clusters, .edge_count = pb->n_topology};
    found.clusters = mb_arena_alloc(arena, pb->n_clusters + 1, sizeof *found.clusters);
    found.edges = mb_arena_alloc(arena, pb->n_topology + 1, sizeof *found.edges);
    if (found.clusters == NULL || found.edges == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < pb->n_clusters; i++)
        found.clusters[i] = (struct mb_replicate_cluster){
            .id = pb->clusters[i]->cluster_id,
            .channels =
                mb_strings_from_pb(pb->clusters[i]->physical_channels, pb->clusters[i]->n_physical_channels)};
    for (size_t i = 0; i < pb->n_topology; i++)
        found.edges[i] = (struct mb_replicate_edge){.source = pb->topology[i]->source_cluster_id,
                                                    .target = pb->topology[i]->target_cluster_id};
    *out = found;
    return MB_OK;
}

mb_status mb_milvus_replicate_configuration(struct mb_milvus *milvus, struct mb_arena *arena,
                                            struct mb_replicate_configuration *out, struct mb_cancel *cancel,
                                            struct mb_error *error)
{
    Pb__Empty request = PB__EMPTY__INIT;
    Pb__ReplicateConfigurationResponse *answer;
    mb_status status = mb_rpc(milvus, &method_configuration, (struct mb_subject){0}, &request.base, arena,
                              &answer, cancel, error);
    if (status == MB_E_UNSUPPORTED)
        return cannot(milvus, method_configuration.name, error);
    MB_TRY(status);
    if (answer->configuration != NULL)
        return take_configuration(answer->configuration, arena, out, error);
    *out = (struct mb_replicate_configuration){0};
    return MB_OK;
}

mb_status mb_milvus_replicate_checkpoint(struct mb_milvus *milvus, const char *source,
                                         const char *target_channel, uint64_t *tick, struct mb_cancel *cancel,
                                         struct mb_error *error)
{
    Pb__ReplicateInfoRequest request = PB__REPLICATE_INFO_REQUEST__INIT;
    Pb__ReplicateInfoResponse *answer;
    struct mb_arena *arena = mb_arena_new();
    if (arena == NULL)
        return mb_fail_memory(error);
    request.source_cluster_id = mb_pb_text(source);
    request.target_channel = mb_pb_text(target_channel);
    mb_status status = mb_rpc(milvus, &method_checkpoint, (struct mb_subject){.name = target_channel},
                              &request.base, arena, &answer, cancel, error);
    if (status == MB_E_UNSUPPORTED)
        status = cannot(milvus, method_checkpoint.name, error);
    else if (status == MB_OK)
        *tick = answer->checkpoint != NULL ? answer->checkpoint->time_tick : 0;
    mb_arena_free(arena);
    return status;
}

/* ------------------------------------------------------------------- opening */

struct mb_replication {
    struct mb_arena *arena;
    struct mb_streams *streams;
    struct mb_replication_options options;
    uint64_t tick; /* the last that was given */
    uint64_t sent;
};

static mb_status read_confirmation(const void *bytes, size_t len, uint64_t *tick, struct mb_error *error)
{
    Pb__ReplicateResponse *answer = pb__replicate_response__unpack(NULL, len, bytes);
    if (answer == NULL)
        return mb_fail(error, MB_E_PROTOCOL, "the answer of %zu bytes is not what this program understands",
                       len);
    *tick = answer->confirmed != NULL ? answer->confirmed->time_tick : 0;
    pb__replicate_response__free_unpacked(answer, NULL);
    return MB_OK;
}

static mb_status open_streams(struct mb_replication *replication, struct mb_milvus *milvus,
                              struct mb_error *error)
{
    const struct mb_replication_options *o = &replication->options;
    struct mb_metadata headers[MB_RPC_HEADERS + 1];
    size_t count = mb_rpc_headers(milvus, NULL, headers);
    headers[count++] = (struct mb_metadata){"cluster-id", o->source};
    const struct mb_streams_options options = {.path = PATH,
                                               .headers = headers,
                                               .header_count = count,
                                               .names = o->channels.items,
                                               .count = o->channels.count,
                                               .read = read_confirmation,
                                               .patience_ns = o->patience_ns,
                                               .log = milvus->options.log};
    return mb_streams_open(&replication->streams, milvus->channel, &options, error);
}

static mb_status copy_options(struct mb_replication *replication,
                              const struct mb_replication_options *options, struct mb_error *error)
{
    struct mb_replication_options *copy = &replication->options;
    copy->patience_ns = options->patience_ns;
    copy->source = mb_arena_strdup(replication->arena, options->source);
    copy->control_channel = mb_arena_strdup(replication->arena, options->control_channel);
    if (copy->source == NULL || copy->control_channel == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < options->channels.count; i++)
        if (!mb_strings_add(&copy->channels, replication->arena,
                            mb_arena_strdup(replication->arena, options->channels.items[i])))
            return mb_fail_memory(error);
    return MB_OK;
}

mb_status mb_replication_open(struct mb_replication **out, struct mb_milvus *milvus,
                              const struct mb_replication_options *options, struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    struct mb_replication *replication = arena ? mb_arena_alloc(arena, 1, sizeof *replication) : NULL;
    if (replication == NULL) {
        mb_arena_free(arena);
        return mb_fail_memory(error);
    }
    replication->arena = arena;
    if (copy_options(replication, options, error) != MB_OK ||
        open_streams(replication, milvus, error) != MB_OK) {
        mb_replication_close(replication);
        return error->status;
    }
    *out = replication;
    return MB_OK;
}

void mb_replication_close(struct mb_replication *replication)
{
    if (replication == NULL)
        return;
    mb_streams_close(replication->streams);
    mb_arena_free(replication->arena);
}

uint64_t mb_replication_sent(const struct mb_replication *replication)
{
    return replication->sent;
}

uint64_t mb_replication_confirmed(const struct mb_replication *replication)
{
    return replication->sent - mb_streams_unconfirmed(replication->streams);
}

const char *mb_replication_control(const struct mb_replication *replication)
{
    return replication->options.control_channel;
}

mb_status mb_replication_settle(struct mb_replication *replication, struct mb_cancel *cancel,
                                struct mb_error *error)
{
    return mb_streams_settle(replication->streams, cancel, error);
}

/* ------------------------------------------------------------------- sending */

static mb_status find_stream(const struct mb_replication *replication, const char *channel, size_t *out,
                             struct mb_error *error)
{
    const struct mb_strings *channels = &replication->options.channels;
    for (size_t i = 0; i < channels->count; i++)
        if (strcmp(channels->items[i], channel) == 0) {
            *out = i;
            return MB_OK;
        }
    return mb_fail(error, MB_E_CORRUPT, "channel %s is none of the physical channels of the backup", channel);
}

static mb_status send_in(struct mb_replication *replication, const char *channel, uint64_t tick,
                         const struct mb_bytes *message, struct mb_arena *arena, struct mb_cancel *cancel,
                         struct mb_error *error)
{
    Pb__ReplicateMessage inner = PB__REPLICATE_MESSAGE__INIT;
    Pb__ReplicateRequest request = PB__REPLICATE_REQUEST__INIT;
    ProtobufCBinaryData bytes;
    size_t which = 0;
    MB_TRY(find_stream(replication, channel, &which, error));
    inner.source_cluster_id = mb_pb_text(replication->options.source);
    inner.message.len = message->len;
    memcpy(&inner.message.data, &message->data, sizeof inner.message.data);
    request.message = &inner;
    MB_TRY(mb_message_to_bytes(&request.base, arena, &bytes, error));
    MB_TRY(mb_streams_send(replication->streams, which, tick, bytes.data, bytes.len, cancel, error));
    replication->sent++;
    return MB_OK;
}

mb_status mb_replication_send(struct mb_replication *replication, const char *channel, uint64_t tick,
                              const struct mb_bytes *message, struct mb_cancel *cancel,
                              struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    if (arena == NULL)
        return mb_fail_memory(error);
    mb_status status = send_in(replication, channel, tick, message, arena, cancel, error);
    mb_arena_free(arena);
    return status;
}

static mb_status send_copy(struct mb_replication *replication, const struct mb_log_message *message,
                           size_t which, uint64_t id, struct mb_arena *arena, struct mb_cancel *cancel,
                           struct mb_error *error)
{
    struct mb_bytes bytes;
    const char *channel = mb_log_physical_channel(message->channels[which], arena);
    if (channel == NULL)
        return mb_fail_memory(error);
    uint64_t tick = ++replication->tick;
    MB_TRY(mb_log_message_pack(message, which, id, tick, arena, &bytes, error));
    return send_in(replication, channel, tick, &bytes, arena, cancel, error);
}

mb_status mb_replication_broadcast(struct mb_replication *replication, const struct mb_log_message *message,
                                   struct mb_cancel *cancel, struct mb_error *error)
{
    uint64_t id = replication->tick + 1;
    mb_status status = MB_OK;
    struct mb_arena *arena = mb_arena_new();
    if (arena == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; status == MB_OK && i < message->channel_count; i++)
        status = send_copy(replication, message, i, id, arena, cancel, error);
    mb_arena_free(arena);
    return status;
}
