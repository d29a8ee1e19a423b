#include "base/pool.h"

#include "base/scope.h"
#include "base/thread.h"

#include <pthread.h>
#include <stdlib.h>

struct job {
    struct job *next;
    struct mb_group *group;
    mb_job_fn *fn;
    void *ctx;
    const struct mb_scope *scope; /* of whoever submitted it */
};

/* One mutex guards the queue and every group of the pool. */
struct mb_pool {
    pthread_mutex_t mutex;
    pthread_cond_t work;  /* a job was queued, or closing */
    pthread_cond_t ended; /* a job has ended */
    struct job *first, **last;
    size_t queued;
    unsigned max_threads, thread_count, idle;
    bool closing;
    pthread_t threads[];
};

struct mb_group {
    struct mb_pool *pool;
    struct mb_cancel *cancel;
    size_t unfinished;
    bool failed;
    struct mb_error error;
};

struct mb_pool *mb_pool_new(unsigned max_threads)
{
    if (max_threads == 0)
        max_threads = 1;
    struct mb_pool *pool = calloc(1, sizeof(*pool) + max_threads * sizeof(pool->threads[0]));
    if (pool == NULL)
        return NULL;
    pool->max_threads = max_threads;
    pool->last = &pool->first;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->ended, NULL);
    return pool;
}

void mb_pool_free(struct mb_pool *pool)
{
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->closing = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
    for (unsigned i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->ended);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

/* With the mutex held.  Only the first failure counts: what follows is mostly siblings being cancelled. */
static bool record_failure(struct mb_group *group, const struct mb_error *error)
{
    if (group->failed)
        return false;
    group->failed = true;
    group->error = *error;
    return true;
}

/* With the mutex held, which is open while the job runs. */
static void run_job(struct mb_pool *pool, struct job *job)
{
    struct mb_group *group = job->group;
    bool skip = group->failed;
    pthread_mutex_unlock(&pool->mutex);
    const struct mb_scope *before = mb_scope_enter(job->scope);

    struct mb_error error = MB_ERROR_INIT;
    mb_status status = MB_OK;
    if (!skip && mb_cancel_requested(group->cancel))
        status = mb_fail(&error, MB_E_CANCELLED, "cancelled");
    else if (!skip)
        status = job->fn(job->ctx, group->cancel, &error);
    error.status = status;
    mb_scope_enter(before);
    free(job);

    pthread_mutex_lock(&pool->mutex);
    if (status < 0 && record_failure(group, &error)) {
        pthread_mutex_unlock(&pool->mutex);
        mb_cancel_request(group->cancel);
        pthread_mutex_lock(&pool->mutex);
    }
    group->unfinished--;
    pthread_cond_broadcast(&pool->ended);
}

static void *run_thread(void *ctx)
{
    struct mb_pool *pool = ctx;
    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        while (pool->first == NULL && !pool->closing) {
            pool->idle++;
            pthread_cond_wait(&pool->work, &pool->mutex);
            pool->idle--;
        }
        struct job *job = pool->first;
        if (job == NULL)
            break;
        pool->first = job->next;
        if (pool->first == NULL)
            pool->last = &pool->first;
        pool->queued--;
        run_job(pool, job);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

/* With the mutex held.  A thread that cannot be had is only an error when there is none at all. */
static mb_status start_thread(struct mb_pool *pool, struct mb_error *error)
{
    int rc = mb_thread_start(&pool->threads[pool->thread_count], run_thread, pool);
    if (rc == 0)
        pool->thread_count++;
    else if (pool->thread_count == 0)
        return mb_fail_errno(error, rc, "start a worker thread");
    return MB_OK;
}

struct mb_group *mb_group_new(struct mb_pool *pool, struct mb_cancel *parent)
{
    struct mb_group *group = calloc(1, sizeof(*group));
    if (group == NULL)
        return NULL;
    group->pool = pool;
    group->cancel = mb_cancel_new(parent);
    if (group->cancel == NULL) {
        free(group);
        return NULL;
    }
    return group;
}

static void wait_until_idle(struct mb_group *group)
{
    while (group->unfinished > 0)
        pthread_cond_wait(&group->pool->ended, &group->pool->mutex);
}

void mb_group_free(struct mb_group *group)
{
    if (group == NULL)
        return;
    pthread_mutex_lock(&group->pool->mutex);
    wait_until_idle(group);
    pthread_mutex_unlock(&group->pool->mutex);
    mb_cancel_free(group->cancel);
    free(group);
}

mb_status mb_group_submit(struct mb_group *group, mb_job_fn *fn, void *ctx, struct mb_error *error)
{
    struct mb_pool *pool = group->pool;
    struct job *job = malloc(sizeof(*job));
    if (job == NULL)
        return mb_fail_memory(error);
    *job = (struct job){.group = group, .fn = fn, .ctx = ctx, .scope = mb_scope_current()};
    mb_status status = MB_OK;

    pthread_mutex_lock(&pool->mutex);
    if (group->failed) {
        *error = group->error;
        status = group->error.status;
        goto out;
    }
    if (pool->idle <= pool->queued && pool->thread_count < pool->max_threads) {
        status = start_thread(pool, error);
        if (status != MB_OK)
            goto out;
    }
    *pool->last = job;
    pool->last = &job->next;
    pool->queued++;
    group->unfinished++;
    job = NULL;
    pthread_cond_signal(&pool->work);
out:
    pthread_mutex_unlock(&pool->mutex);
    free(job);
    return status;
}

mb_status mb_group_wait(struct mb_group *group, struct mb_error *error)
{
    struct mb_pool *pool = group->pool;
    pthread_mutex_lock(&pool->mutex);
    wait_until_idle(group);
    bool failed = group->failed;
    if (failed)
        *error = group->error;
    pthread_mutex_unlock(&pool->mutex);
    return failed ? error->status : MB_OK;
}

struct mb_cancel *mb_group_cancel(struct mb_group *group)
{
    return group->cancel;
}
