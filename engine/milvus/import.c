#include "base/clock.h"
#include "milvus/client.h"
#include "milvus/convert.h"

#include <inttypes.h>
#include <string.h>

static const struct mb_method method_import = {
    .name = "Import",
    .doing = "import into",
    .answer = &pb__import_response__descriptor,
    .limited = MB_LIMITED_IMPORT,
    .again = MB_AGAIN_REFUSED, /* a second import of the same files is every row twice */
};
/* A server of 2.3 falls over when this call is cut short while it is busy with imports. */
static const struct mb_method method_state = {
    .name = "GetImportState",
    .doing = "ask for the state of an import",
    .answer = &pb__get_import_state_response__descriptor,
    .again = MB_AGAIN_ANY,
    .patience_ns = 5 * MB_NS_PER_S,
};

/* ------------------------------------------------------------------ options */

enum { COUNTER_BITS = 18 };

uint64_t mb_milvus_timestamp(int64_t ms)
{
    return ((uint64_t)ms << COUNTER_BITS) | ((1u << COUNTER_BITS) - 1);
}

mb_status mb_milvus_position_timestamp(const struct mb_bytes *position, uint64_t *out, struct mb_error *error)
{
    Pb__MsgPosition *read = pb__msg_position__unpack(NULL, position->len, position->data);
    if (read == NULL)
        return mb_fail(error, MB_E_CORRUPT, "it is no position that Milvus writes");
    *out = read->timestamp;
    pb__msg_position__free_unpacked(read, NULL);
    return MB_OK;
}

const char *mb_milvus_import_end(const struct mb_milvus *milvus, uint64_t timestamp, struct mb_arena *arena)
{
    bool any = milvus->info.can[MB_MILVUS_IMPORT_UNTIL_TIMESTAMP];
    return mb_arena_printf(arena, "%" PRIu64, any ? timestamp : timestamp >> COUNTER_BITS);
}

/* ------------------------------------------------------------------ imports */

static mb_status import_in(struct mb_milvus *milvus, const struct mb_import *import, int64_t *task,
                           struct mb_arena *arena, struct mb_cancel *cancel, struct mb_error *error)
{
    Pb__ImportRequest request = PB__IMPORT_REQUEST__INIT;
    Pb__ImportResponse *answer;
    struct mb_subject subject = mb_subject_of(import->db, import->collection);

    request.collection_name = mb_pb_text(import->collection);
    request.partition_name = mb_pb_text(import->partition);
    MB_TRY(mb_strings_to_pb(&import->files, arena, &request.files, &request.n_files, error));
    MB_TRY(mb_properties_to_pb(&import->options, arena, &request.options, &request.n_options, error));
    MB_TRY(mb_rpc(milvus, &method_import, subject, &request.base, arena, &answer, cancel, error));
    if (answer->n_tasks != 1)
        return mb_fail(error, MB_E_PROTOCOL, "import into %s.%s: the server made %zu tasks of one call",
                       subject.db, subject.name, answer->n_tasks);
    *task = answer->tasks[0];
    return MB_OK;
}

mb_status mb_milvus_import(struct mb_milvus *milvus, const struct mb_import *import, int64_t *task,
                           struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    mb_status status = arena ? import_in(milvus, import, task, arena, cancel, error) : mb_fail_memory(error);
    mb_arena_free(arena);
    return status;
}

/* Milvus' ImportState: names and what they mean for whoever waits. */
static const struct {
    const char *name;
    enum mb_import_phase phase;
} states[] = {
    [0] = {"Pending", MB_IMPORT_RUNNING},     [1] = {"Failed", MB_IMPORT_FAILED},
    [2] = {"Started", MB_IMPORT_RUNNING},     [5] = {"Persisted", MB_IMPORT_RUNNING},
    [6] = {"Completed", MB_IMPORT_COMPLETED}, [7] = {"Failed and cleaned", MB_IMPORT_FAILED},
    [8] = {"Flushed", MB_IMPORT_RUNNING},
};

static void take_state(const Pb__GetImportStateResponse *answer, struct mb_import_state *out)
{
    size_t number = (size_t)answer->state;
    bool known =
        answer->state >= 0 && number < sizeof states / sizeof states[0] && states[number].name != NULL;

    *out = (struct mb_import_state){
        .phase = known ? states[number].phase : MB_IMPORT_RUNNING,
        .state = known ? states[number].name : "Unknown",
        .rows = answer->row_count,
        .reason = "",
    };
    for (size_t i = 0; i < answer->n_infos; i++) {
        int64_t percent;
        const Pb__KeyValuePair *info = answer->infos[i];
        if (strcmp(info->key, "progress_percent") == 0 && mb_text_to_int64(info->value, &percent))
            out->percent = percent < 0 ? 0 : percent > 100 ? 100 : (int32_t)percent;
        else if (strcmp(info->key, "failed_reason") == 0)
            out->detail = info->value;
    }
    if (out->phase == MB_IMPORT_COMPLETED)
        out->percent = 100;
}

mb_status mb_milvus_import_state(struct mb_milvus *milvus, int64_t task, struct mb_arena *arena,
                                 struct mb_import_state *out, struct mb_cancel *cancel,
                                 struct mb_error *error)
{
    Pb__GetImportStateRequest request = PB__GET_IMPORT_STATE_REQUEST__INIT;
    Pb__GetImportStateResponse *answer;

    request.task = task;
    mb_status status =
        mb_rpc(milvus, &method_state, (struct mb_subject){0}, &request.base, arena, &answer, cancel, error);
    if (status == MB_E_NOT_FOUND) {
        *out = (struct mb_import_state){.phase = MB_IMPORT_UNKNOWN, .state = "Unknown", .reason = ""};
        return MB_OK;
    }
    if (status != MB_OK)
        return status;
    take_state(answer, out);
    if (out->detail != NULL)
        out->reason = mb_status_reason(&milvus->peer, out->detail, arena);
    return out->reason != NULL ? MB_OK : mb_fail_memory(error);
}
