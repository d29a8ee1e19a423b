/* Tasks by kind and state, and what they have moved. */
#include "service/metrics_private.h"
#include "service/service.h"
#include "service/tally.h"

static bool is_over(int32_t state)
{
    return state != MB_TASK_QUEUED && state != MB_TASK_RUNNING;
}

static void write_states(struct mb_exposition *exposition, const struct mb_tally *tally, bool over,
                         const char *label)
{
    for (int32_t kind = MB_TASK_CREATE; kind < MB_TALLY_KINDS; kind++)
        for (int32_t state = 0; state < MB_TALLY_STATES; state++) {
            if (is_over(state) != over)
                continue;
            mb_exposition_labels(exposition, "kind", mb_task_kind_name(kind), label,
                                 mb_task_state_name(state), NULL);
            mb_exposition_count(exposition, "", tally->tasks[kind][state]);
        }
}

static void write_moved(struct mb_exposition *exposition, const struct mb_tally *tally, bool bytes)
{
    for (size_t i = 0; i < tally->phase_count; i++) {
        const struct mb_tally_phase *phase = &tally->phases[i];
        mb_exposition_labels(exposition, "kind", mb_task_kind_name(phase->kind), "phase", phase->name, NULL);
        mb_exposition_count(exposition, "", bytes ? phase->bytes : phase->objects);
    }
}

static void write_limits(struct mb_exposition *exposition, struct mb_service *service)
{
    unsigned at_once = 0, queue = 0;
    mb_service_limits(service, &at_once, &queue);
    mb_exposition_family(exposition, "milvus_backup_tasks_limit", "gauge",
                         "So many run at once, deletes and prunes apart: server.tasks.");
    mb_exposition_count(exposition, "", at_once);
    mb_exposition_family(exposition, "milvus_backup_queue_limit", "gauge", "So many may wait: server.queue.");
    mb_exposition_count(exposition, "", queue);
}

void mb_metrics_write_tasks(struct mb_exposition *exposition, struct mb_service *service)
{
    struct mb_tally tally;
    mb_service_tally(service, &tally);
    mb_exposition_family(exposition, "milvus_backup_tasks", "gauge", "Tasks that wait or run.");
    write_states(exposition, &tally, false, "state");
    mb_exposition_family(exposition, "milvus_backup_tasks_ended_total", "counter",
                         "Tasks that have ended, by outcome.");
    write_states(exposition, &tally, true, "outcome");
    mb_exposition_family(exposition, "milvus_backup_task_bytes_total", "counter",
                         "Bytes that tasks have got done, by phase: what was copied is the phase copy.");
    write_moved(exposition, &tally, true);
    mb_exposition_family(exposition, "milvus_backup_task_objects_total", "counter", "Objects, likewise.");
    write_moved(exposition, &tally, false);
    write_limits(exposition, service);
}
