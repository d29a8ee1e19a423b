#include "base/clock.h"
#include "milvus/client.h"
#include "milvus/convert.h"

#define FIRST_WAIT_NS (50 * MB_NS_PER_MS)
#define MAX_WAIT_NS   MB_NS_PER_S
#define STANDSTILL_NS (900 * MB_NS_PER_S)

/* Milvus' LoadState. */
enum { LOAD_STATE_LOADING = 2, LOAD_STATE_LOADED = 3 };

static const struct mb_method method_progress = {
    .name = "GetLoadingProgress",
    .doing = "ask how much is loaded of",
    .answer = &pb__get_loading_progress_response__descriptor,
    .status_unchecked = true,
};
static const struct mb_method method_state = {
    .name = "GetLoadState",
    .doing = "ask whether Milvus has loaded",
    .answer = &pb__get_load_state_response__descriptor,
};
static const struct mb_method method_load = {
    .name = "LoadCollection",
    .doing = "load",
    .answer = &pb__status__descriptor,
    .limited = MB_LIMITED_COLLECTION,
};
static const struct mb_method method_load_partitions = {
    .name = "LoadPartitions",
    .doing = "load partitions of",
    .answer = &pb__status__descriptor,
    .limited = MB_LIMITED_PARTITION,
};

static const struct mb_method method_replicas = {
    .name = "GetReplicas",
    .doing = "count the replicas of",
    .answer = &pb__get_replicas_response__descriptor,
    .attempts = 2,
};

mb_status mb_milvus_load_progress(struct mb_milvus *milvus, const char *db, const char *collection,
                                  const char *partition, int64_t *percent, struct mb_cancel *cancel,
                                  struct mb_error *error)
{
    Pb__GetLoadingProgressRequest request = PB__GET_LOADING_PROGRESS_REQUEST__INIT;
    Pb__GetLoadingProgressResponse *answer;
    char *partitions[1] = {mb_pb_text(partition)};

    request.collection_name = mb_pb_text(collection);
    if (partition) {
        request.partition_names = partitions;
        request.n_partition_names = 1;
    }
    struct mb_arena *arena = mb_arena_new();
    if (arena == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_rpc(milvus, &method_progress, mb_subject_of(db, collection), &request.base, arena,
                              &answer, cancel, error);
    if (status == MB_OK) {
        /* An error status is how a server says that nothing is loaded. */
        const Pb__Status *told = answer->status;
        bool loaded = told == NULL || (told->code == 0 && told->error_code == 0);
        *percent = !loaded || answer->progress < 0 ? 0 : answer->progress > 100 ? 100 : answer->progress;
    }
    mb_arena_free(arena);
    return status;
}

static mb_status ask_state(struct mb_milvus *milvus, struct mb_subject subject, const char *partition,
                           int32_t *state, struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__GetLoadStateRequest request = PB__GET_LOAD_STATE_REQUEST__INIT;
    Pb__GetLoadStateResponse *answer;
    char *partitions[1] = {mb_pb_text(partition)};

    request.collection_name = mb_pb_text(subject.name);
    if (partition) {
        request.partition_names = partitions;
        request.n_partition_names = 1;
    }
    struct mb_arena *arena = mb_arena_new();
    if (arena == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_rpc(milvus, &method_state, subject, &request.base, arena, &answer, cancel, error);
    if (status == MB_OK)
        *state = answer->state;
    mb_arena_free(arena);
    return status;
}

mb_status mb_milvus_is_loaded(struct mb_milvus *milvus, const char *db, const char *collection,
                              const char *partition, bool *out, struct mb_cancel *cancel,
                              struct mb_error *error)
{
    int32_t state;
    MB_TRY(ask_state(milvus, mb_subject_of(db, collection), partition, &state, cancel, error));
    *out = state == LOAD_STATE_LOADING || state == LOAD_STATE_LOADED;
    return MB_OK;
}

mb_status mb_milvus_count_replicas(struct mb_milvus *milvus, const char *db, const char *collection,
                                   int64_t collection_id, int32_t *out, struct mb_cancel *cancel,
                                   struct mb_error *error)
{
    Pb__GetReplicasRequest request = PB__GET_REPLICAS_REQUEST__INIT;
    Pb__GetReplicasResponse *answer;

    request.collection_name = mb_pb_text(collection);
    request.collection_id = collection_id;
    struct mb_arena *arena = mb_arena_new();
    if (arena == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_rpc(milvus, &method_replicas, mb_subject_of(db, collection), &request.base, arena,
                              &answer, cancel, error);
    if (status == MB_OK)
        *out = (int32_t)answer->n_replicas;
    mb_arena_free(arena);
    return status;
}

static mb_status begin_load(struct mb_milvus *milvus, struct mb_subject subject, const struct mb_load *load,
                            struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_strings *partitions = load->partitions;
    Pb__LoadCollectionRequest whole = PB__LOAD_COLLECTION_REQUEST__INIT;
    Pb__LoadPartitionsRequest part = PB__LOAD_PARTITIONS_REQUEST__INIT;

    whole.collection_name = part.collection_name = mb_pb_text(subject.name);
    whole.replica_number = part.replica_number = load->replicas;
    if (partitions == NULL)
        return mb_rpc(milvus, &method_load, subject, &whole.base, NULL, NULL, cancel, error);
    struct mb_arena *arena = mb_arena_new();
    mb_status status =
        arena ? mb_strings_to_pb(partitions, arena, &part.partition_names, &part.n_partition_names, error)
              : mb_fail_memory(error);
    if (status == MB_OK)
        status = mb_rpc(milvus, &method_load_partitions, subject, &part.base, NULL, NULL, cancel, error);
    mb_arena_free(arena);
    return status;
}

/* How long a load takes is the server's affair, unless nothing moves any more. */
static mb_status wait_loaded(struct mb_milvus *milvus, struct mb_subject subject, struct mb_cancel *cancel,
                             struct mb_error *error)
{
    int64_t wait = FIRST_WAIT_NS, best = -1, moved = mb_clock_monotonic(), percent = 0;

    for (;;) {
        int32_t state;
        MB_TRY(ask_state(milvus, subject, NULL, &state, cancel, error));
        if (state == LOAD_STATE_LOADED)
            return MB_OK;
        if (state != LOAD_STATE_LOADING)
            return mb_fail(error, MB_E_INTERNAL, "load %s.%s: milvus has given up", subject.db, subject.name);
        MB_TRY(mb_milvus_load_progress(milvus, subject.db, subject.name, NULL, &percent, cancel, error));
        if (percent > best) {
            best = percent;
            moved = mb_clock_monotonic();
        }
        if (mb_clock_monotonic() - moved > STANDSTILL_NS)
            return mb_fail(error, MB_E_TIMEOUT, "load %s.%s: it has stood at %d %% for a long time",
                           subject.db, subject.name, (int)percent);
        MB_TRY(mb_cancel_sleep(cancel, wait, error));
        wait = wait * 3 / 2 < MAX_WAIT_NS ? wait * 3 / 2 : MAX_WAIT_NS;
    }
}

mb_status mb_milvus_load(struct mb_milvus *milvus, const char *db, const char *collection,
                         const struct mb_load *load, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_subject subject = mb_subject_of(db, collection);
    MB_TRY(begin_load(milvus, subject, load, cancel, error));
    return wait_loaded(milvus, subject, cancel, error);
}
