/* How far a task is: from the counters that its threads raise to what a program shows. */
#include "base/clock.h"
#include "task/task.h"

#include <stdio.h>
#include <string.h>

enum { SAMPLE_MS = 100 };

/* The counters as they were at one moment. */
struct snapshot {
    const char *phase; /* NULL before the first */
    int64_t started_ns;
    uint64_t objects_total, objects_done;
    uint64_t bytes_total, bytes_done;
    double percent; /* of work that bytes do not measure */
    bool listed;
};

static struct snapshot look(const struct mb_progress *progress)
{
    return (struct snapshot){.phase = atomic_load(&progress->phase),
                             .started_ns = atomic_load(&progress->phase_started_ns),
                             .objects_total = atomic_load(&progress->objects_total),
                             .objects_done = atomic_load(&progress->objects_done),
                             .bytes_total = atomic_load(&progress->bytes_total),
                             .bytes_done = atomic_load(&progress->bytes_done),
                             .percent = (double)atomic_load(&progress->percent_x100) / 100,
                             .listed = atomic_load(&progress->listed)};
}

/* With the lock held.  Whoever polls more often than that finds the sample of another. */
static void add_sample(struct mb_task *task, const struct snapshot *now, int64_t now_ns)
{
    if (task->sampled_phase_ns != now->started_ns) {
        task->sampled_phase_ns = now->started_ns;
        task->sample_count = 0;
    }
    if (task->sample_count > 0) {
        const struct mb_task_sample *last = &task->samples[(task->sample_count - 1) % MB_TASK_SAMPLES];
        if (now_ns - last->ns < SAMPLE_MS * MB_NS_PER_MS)
            return;
    }
    task->samples[task->sample_count++ % MB_TASK_SAMPLES] = (struct mb_task_sample){now_ns, now->bytes_done};
}

/* Bytes a second over the samples; 0 while there are too few. */
static double rate_of(const struct mb_task *task)
{
    if (task->sample_count < 2)
        return 0;
    size_t kept = task->sample_count < MB_TASK_SAMPLES ? task->sample_count : MB_TASK_SAMPLES;
    const struct mb_task_sample *first = &task->samples[(task->sample_count - kept) % MB_TASK_SAMPLES];
    const struct mb_task_sample *last = &task->samples[(task->sample_count - 1) % MB_TASK_SAMPLES];
    if (last->ns <= first->ns || last->bytes < first->bytes)
        return 0;
    return (double)(last->bytes - first->bytes) * 1e9 / (double)(last->ns - first->ns);
}

/* From the rate while bytes are moved and their sum is known, else from how far a phase has come in its time.
 */
static int64_t left_of(const struct snapshot *now, double rate, int64_t phase_ns)
{
    if (now->listed && now->bytes_total >= now->bytes_done && now->bytes_total > 0)
        return rate > 0 ? (int64_t)((double)(now->bytes_total - now->bytes_done) / rate * 1e9) : -1;
    if (now->percent > 0 && now->percent <= 100)
        return (int64_t)((double)phase_ns * (100 - now->percent) / now->percent);
    return -1;
}

/* Of a phase, 0 to 1. */
static double share_done(const struct snapshot *now)
{
    double share = now->percent / 100;
    if (now->bytes_total > 0 && now->listed)
        share = (double)now->bytes_done / (double)now->bytes_total;
    else if (now->objects_total > 0 && now->listed)
        share = (double)now->objects_done / (double)now->objects_total;
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

/* Where phases begin and end on the whole, in percent: by what usually takes the time. */
static double percent_of(const struct snapshot *now)
{
    static const struct {
        const char *phase;
        double from, to;
    } weights[] = {{"check", 0, 1},  {"prepare", 1, 2},  {"describe", 1, 2}, {"restore", 1, 99},
                   {"copy", 2, 95},  {"verify", 95, 98}, {"commit", 98, 99}, {"list", 1, 10},
                   {"read", 10, 99}, {"delete", 1, 99}};
    for (size_t i = 0; now->phase != NULL && i < sizeof weights / sizeof *weights; i++)
        if (strcmp(now->phase, weights[i].phase) == 0)
            return weights[i].from + (weights[i].to - weights[i].from) * share_done(now);
    return 0;
}

/* With the lock held. */
static double tell_percent(struct mb_task *task, const struct snapshot *now)
{
    double percent = task->state == MB_TASK_SUCCEEDED ? 100 : percent_of(now);
    if (percent > task->percent)
        task->percent = percent;
    return task->percent;
}

static void add_counts(struct mb_task_status *out, const struct snapshot *now)
{
    if (now->phase != NULL)
        snprintf(out->phase, sizeof out->phase, "%s", now->phase);
    out->objects_done = now->objects_done;
    out->objects_total = now->objects_total;
    out->bytes_done = now->bytes_done;
    out->bytes_total = now->bytes_total;
    out->totals_final = now->listed;
    out->phase_percent = now->percent;
}

static struct mb_task_status status_of(struct mb_task *task)
{
    struct snapshot now = look(&task->progress);
    struct mb_task_status out = {.collections_done = atomic_load(&task->progress.collections_done),
                                 .collections_total = atomic_load(&task->progress.collections_total),
                                 .retries = atomic_load(&task->progress.retries),
                                 .phase_count = atomic_load(&task->progress.ended_count)};
    int64_t since = 0;

    pthread_mutex_lock(&task->lock);
    bool ended = task->ended_ns != 0;
    int64_t now_ns = ended ? task->ended_ns : mb_clock_monotonic();
    if (task->state == MB_TASK_RUNNING)
        add_sample(task, &now, now_ns);
    double rate = rate_of(task);
    out.state = task->state;
    out.percent = tell_percent(task, &now);
    out.ns = task->started_ns != 0 ? now_ns - task->started_ns : 0;
    out.queued_ms = task->queued_ms;
    out.started_ms = task->started_ms;
    out.ended_ms = task->ended_ms;
    out.resumable = ended && task->state != MB_TASK_SUCCEEDED && atomic_load(&task->progress.resumable);
    pthread_mutex_unlock(&task->lock);

    add_counts(&out, &now);
    out.phase_ns = now.phase != NULL ? now_ns - now.started_ns : 0;
    out.bytes_per_s = (uint64_t)rate;
    out.left_ns = ended ? 0 : left_of(&now, rate, out.phase_ns);
    if (mb_progress_waiting(&task->progress, out.waiting_for, sizeof out.waiting_for, &since) > 0)
        out.waiting_ns = now_ns - since;
    return out;
}

static mb_status poll_task(struct mb_task *task, struct mb_task_status *out, struct mb_error *error)
{
    if (task == NULL)
        return mb_abi_missing("task", error);
    const struct mb_task_status value = status_of(task);
    return mb_abi_give(out, MB_UP_TO(struct mb_task_status, phase_count), &value, sizeof value, error);
}

mb_status mb_task_poll(struct mb_task *task, struct mb_task_status *out, struct mb_error *error)
{
    MB_ANSWER(error, poll_task(task, out, &own));
}

/* ----------------------------------------------------------------- phases */

/* Those before the last, whose numbers the counters hold still. */
static struct mb_task_phase ended_phase(const struct mb_progress *progress, unsigned i, int64_t until_ns)
{
    const struct mb_progress_ended *ended = &progress->ended[i % MB_PROGRESS_ENDED];
    return (struct mb_task_phase){.name = atomic_load(&ended->phase),
                                  .ns = until_ns - atomic_load(&ended->started_ns),
                                  .objects = atomic_load(&ended->objects),
                                  .bytes = atomic_load(&ended->bytes),
                                  .ended = true};
}

static mb_status phase_of(struct mb_task *task, size_t i, struct mb_task_phase *out, struct mb_error *error)
{
    const struct mb_progress *progress = &task->progress;
    struct snapshot now = look(progress);
    unsigned count = atomic_load(&progress->ended_count);

    if (i >= count || i + MB_PROGRESS_ENDED < count)
        return mb_fail(error, MB_E_NOT_FOUND, "the task has no phase %zu, or it is too long ago", i);
    /* What ended when phase i began stands at i, what ended when phase i + 1 began, phase i, at i + 1. */
    if (i + 1 < count) {
        int64_t until = i + 2 < count ? atomic_load(&progress->ended[(i + 2) % MB_PROGRESS_ENDED].started_ns)
                                      : now.started_ns;
        *out = ended_phase(progress, (unsigned)i + 1, until);
        return MB_OK;
    }
    pthread_mutex_lock(&task->lock);
    int64_t ended_ns = task->ended_ns;
    pthread_mutex_unlock(&task->lock);
    *out = (struct mb_task_phase){.name = now.phase,
                                  .ns = (ended_ns != 0 ? ended_ns : mb_clock_monotonic()) - now.started_ns,
                                  .objects = now.objects_done,
                                  .bytes = now.bytes_done,
                                  .ended = ended_ns != 0};
    return MB_OK;
}

static mb_status phase_at(struct mb_task *task, size_t i, struct mb_task_phase *out, struct mb_error *error)
{
    struct mb_task_phase value;
    if (task == NULL)
        return mb_abi_missing("task", error);
    MB_TRY(phase_of(task, i, &value, error));
    value.name = value.name != NULL ? value.name : "";
    return mb_abi_give(out, MB_UP_TO(struct mb_task_phase, ended), &value, sizeof value, error);
}

mb_status mb_task_phase_at(struct mb_task *task, size_t i, struct mb_task_phase *out, struct mb_error *error)
{
    MB_ANSWER(error, phase_at(task, i, out, &own));
}
