/* What a task tells besides its progress: warnings, and what a verify found. */
#include "task/task.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more item; NULL without memory.  With told_lock held. */
static void *add_told(struct mb_told *told, size_t size)
{
    if (told->count == told->cap) {
        size_t cap = told->cap == 0 ? 8 : 2 * told->cap;
        void *grown = realloc(told->items, cap * size);
        if (grown == NULL)
            return NULL;
        told->items = grown;
        told->cap = cap;
    }
    return (char *)told->items + told->count++ * size;
}

void mb_task_warn(struct mb_task *task, enum mb_hint hint, const char *subject, const char *text)
{
    bool names = hint == MB_HINT_INPUT;
    mb_log(task->session->common->log, MB_LOG_WARN, "%s%s%s", names ? subject : "", names ? " " : "", text);
    pthread_mutex_lock(&task->told_lock);
    const char *text_copy = mb_arena_strdup(task->told, text);
    const char *subject_copy = mb_arena_strdup(task->told, subject != NULL ? subject : "");
    struct mb_task_warning *warning =
        text_copy != NULL && subject_copy != NULL ? add_told(&task->warnings, sizeof *warning) : NULL;
    if (warning != NULL)
        *warning = (struct mb_task_warning){.text = text_copy, .hint = hint, .subject = subject_copy};
    pthread_mutex_unlock(&task->told_lock);
}

void mb_task_warn_of_strays(struct mb_task *task, uint64_t strays, const char *first)
{
    char text[512];
    if (strays == 0)
        return;
    snprintf(text, sizeof text,
             "%" PRIu64 " objects that are no part of the backup stay behind, the first is %s", strays,
             first);
    mb_task_warn(task, MB_HINT_NONE, NULL, text);
}

void mb_task_tell_fault(struct mb_task *task, const struct mb_task_fault *fault)
{
    struct mb_task_fault copy = *fault;
    pthread_mutex_lock(&task->told_lock);
    copy.name = mb_arena_strdup(task->told, fault->name);
    copy.expected = mb_arena_strdup(task->told, fault->expected);
    copy.found = mb_arena_strdup(task->told, fault->found);
    struct mb_task_fault *kept = copy.name != NULL && copy.expected != NULL && copy.found != NULL
                                     ? add_told(&task->faults, sizeof *kept)
                                     : NULL;
    if (kept != NULL)
        *kept = copy;
    pthread_mutex_unlock(&task->told_lock);
}

static size_t count_of(struct mb_task *task, const struct mb_told *told)
{
    pthread_mutex_lock(&task->told_lock);
    size_t count = told->count;
    pthread_mutex_unlock(&task->told_lock);
    return count;
}

/* A copy, since the list may move; what it points to stays. */
static mb_status told_at(struct mb_task *task, const struct mb_told *told, size_t i, void *item, size_t size,
                         struct mb_error *error)
{
    pthread_mutex_lock(&task->told_lock);
    bool there = i < told->count;
    if (there)
        memcpy(item, (const char *)told->items + i * size, size);
    pthread_mutex_unlock(&task->told_lock);
    return there ? MB_OK : mb_fail(error, MB_E_NOT_FOUND, "the task has not told so much yet");
}

size_t mb_task_warning_count(struct mb_task *task)
{
    return task != NULL ? count_of(task, &task->warnings) : 0;
}

size_t mb_task_fault_count(struct mb_task *task)
{
    return task != NULL ? count_of(task, &task->faults) : 0;
}

static mb_status warning_at(struct mb_task *task, size_t i, struct mb_task_warning *out,
                            struct mb_error *error)
{
    struct mb_task_warning warning;
    if (task == NULL)
        return mb_abi_missing("task", error);
    MB_TRY(told_at(task, &task->warnings, i, &warning, sizeof warning, error));
    return mb_abi_give(out, MB_UP_TO(struct mb_task_warning, subject), &warning, sizeof warning, error);
}

mb_status mb_task_warning_at(struct mb_task *task, size_t i, struct mb_task_warning *out,
                             struct mb_error *error)
{
    MB_ANSWER(error, warning_at(task, i, out, &own));
}

static mb_status fault_at(struct mb_task *task, size_t i, struct mb_task_fault *out, struct mb_error *error)
{
    struct mb_task_fault fault;
    if (task == NULL)
        return mb_abi_missing("task", error);
    MB_TRY(told_at(task, &task->faults, i, &fault, sizeof fault, error));
    return mb_abi_give(out, MB_UP_TO(struct mb_task_fault, found), &fault, sizeof fault, error);
}

mb_status mb_task_fault_at(struct mb_task *task, size_t i, struct mb_task_fault *out, struct mb_error *error)
{
    MB_ANSWER(error, fault_at(task, i, out, &own));
}
