#include "service/tally.h"

#include "base/text.h"

#include <string.h>

static struct mb_tally_phase *phase_of(struct mb_tally *tally, int32_t kind, const char *name)
{
    for (size_t i = 0; i < tally->phase_count; i++)
        if (tally->phases[i].kind == kind && strcmp(tally->phases[i].name, name) == 0)
            return &tally->phases[i];
    if (tally->phase_count == MB_TALLY_PHASES)
        return NULL;
    struct mb_tally_phase *phase = &tally->phases[tally->phase_count++];
    *phase = (struct mb_tally_phase){.kind = kind};
    mb_text_fit(phase->name, sizeof phase->name, name);
    return phase;
}

static void add_phases(struct mb_tally *tally, struct mb_task *task, int32_t kind)
{
    struct mb_task_status now = {.struct_size = sizeof now};
    if (mb_task_poll(task, &now, NULL) != MB_OK)
        return;
    for (size_t i = 0; i < now.phase_count; i++) {
        struct mb_task_phase phase = {.struct_size = sizeof phase};
        bool known = mb_task_phase_at(task, i, &phase, NULL) == MB_OK && *phase.name != '\0';
        struct mb_tally_phase *sum = known ? phase_of(tally, kind, phase.name) : NULL;
        if (sum == NULL)
            continue;
        sum->objects += phase.objects;
        sum->bytes += phase.bytes;
    }
}

void mb_tally_add(struct mb_tally *tally, struct mb_task *task, int32_t kind, int32_t state)
{
    if (kind <= 0 || kind >= MB_TALLY_KINDS || state < 0 || state >= MB_TALLY_STATES)
        return;
    tally->tasks[kind][state]++;
    add_phases(tally, task, kind);
}
