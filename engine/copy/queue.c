#include "copy/queue.h"

#include "base/clock.h"

/* Far more than workers can be, and with keys of a few hundred bytes well under a MiB. */
enum { MAX_WAITING = 1024 };

void mb_queue_init(struct mb_queue *queue, unsigned max_workers, uint64_t overloads, struct mb_cancel *cancel)
{
    *queue = (struct mb_queue){.cancel = cancel, .max_workers = max_workers, .overloads = overloads};
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->work, NULL);
    pthread_cond_init(&queue->room, NULL);
    mb_queue_limit_streams(queue);
}

static void limit_anew(struct mb_queue *queue, unsigned start, unsigned turns)
{
    pthread_mutex_lock(&queue->lock);
    mb_limiter_init(&queue->limiter, start, queue->max_workers, turns, mb_clock_monotonic());
    pthread_mutex_unlock(&queue->lock);
}

void mb_queue_limit_copies(struct mb_queue *queue)
{
    limit_anew(queue, 32, 1);
}

void mb_queue_limit_streams(struct mb_queue *queue)
{
    limit_anew(queue, 2, 3);
}

void mb_queue_done(struct mb_queue *queue)
{
    while (queue->first != NULL) {
        struct mb_object *object = queue->first;
        queue->first = object->next;
        mb_object_free(object);
    }
    pthread_cond_destroy(&queue->room);
    pthread_cond_destroy(&queue->work);
    pthread_mutex_destroy(&queue->lock);
}

static struct mb_object *with_part_left(struct mb_queue *queue)
{
    struct mb_object *object = queue->uploads;
    while (object != NULL && object->upload->next == object->upload->count)
        object = object->next;
    return object;
}

static bool has_work(struct mb_queue *queue)
{
    return queue->first != NULL || with_part_left(queue) != NULL;
}

/* Gets one more worker going if there is work for one: each that starts does the same for the next. */
static bool pass_on(struct mb_queue *queue)
{
    if (queue->busy >= queue->limiter.limit || !has_work(queue))
        return false;
    if (queue->workers > queue->busy) {
        pthread_cond_signal(&queue->work);
        return false;
    }
    queue->workers++;
    return true;
}

mb_status mb_queue_push(struct mb_queue *queue, struct mb_object *object, bool *start, struct mb_error *error)
{
    mb_status status = MB_OK;
    pthread_mutex_lock(&queue->lock);
    while (queue->waiting >= MAX_WAITING && !mb_cancel_requested(queue->cancel))
        pthread_cond_wait(&queue->room, &queue->lock);
    if (mb_cancel_requested(queue->cancel)) {
        status = mb_fail(error, MB_E_CANCELLED, "cancelled");
    } else if (queue->closed) {
        status = mb_fail(error, MB_E_INVALID, "an object was added to a copy that had been finished");
    } else {
        object->next = NULL;
        if (queue->first == NULL)
            queue->first = object;
        else
            queue->last->next = object;
        queue->last = object;
        queue->waiting++;
        queue->unfinished++;
        *start = pass_on(queue);
    }
    pthread_mutex_unlock(&queue->lock);
    return status;
}

static void hand_out(struct mb_queue *queue, struct mb_job *out)
{
    struct mb_object *object = with_part_left(queue);
    if (object != NULL) {
        *out = (struct mb_job){.object = object, .is_part = true, .part = object->upload->next++};
        object->upload->outstanding++;
        return;
    }
    object = queue->first;
    queue->first = object->next;
    queue->waiting--;
    pthread_cond_signal(&queue->room);
    *out = (struct mb_job){.object = object};
}

mb_status mb_queue_take(struct mb_queue *queue, struct mb_job *out, bool *start, struct mb_error *error)
{
    mb_status status = MB_OK;
    pthread_mutex_lock(&queue->lock);
    for (;;) {
        if (mb_cancel_requested(queue->cancel)) {
            status = mb_fail(error, MB_E_CANCELLED, "cancelled");
            break;
        }
        if (queue->busy < queue->limiter.limit && has_work(queue)) {
            hand_out(queue, out);
            queue->busy++;
            *start = pass_on(queue);
            break;
        }
        if (queue->closed && queue->unfinished == 0) {
            status = MB_END;
            break;
        }
        pthread_cond_wait(&queue->work, &queue->lock);
    }
    pthread_mutex_unlock(&queue->lock);
    return status;
}

void mb_queue_end(struct mb_queue *queue, const struct mb_job *job, uint64_t overloads, uint64_t waits)
{
    int64_t now = mb_clock_monotonic();
    pthread_mutex_lock(&queue->lock);
    queue->busy--;
    if (overloads > queue->overloads) {
        queue->overloads = overloads;
        mb_limiter_overloaded(&queue->limiter, now);
    }
    if (waits > queue->waits) {
        queue->waits = waits;
        mb_limiter_crowded(&queue->limiter);
    }
    mb_limiter_note(&queue->limiter, job->bytes, queue->busy, now);
    pthread_mutex_unlock(&queue->lock);
}

uint64_t mb_queue_count_bytes(struct mb_queue *queue, struct mb_object *object, uint64_t bytes)
{
    pthread_mutex_lock(&queue->lock);
    object->moved += bytes;
    uint64_t news = object->moved > object->counted ? object->moved - object->counted : 0;
    object->counted += news;
    pthread_mutex_unlock(&queue->lock);
    return news;
}

unsigned mb_queue_worker_gone(struct mb_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    unsigned left = --queue->workers;
    pthread_mutex_unlock(&queue->lock);
    return left;
}

void mb_queue_publish(struct mb_queue *queue, struct mb_object *object)
{
    pthread_mutex_lock(&queue->lock);
    object->prev = NULL;
    object->next = queue->uploads;
    if (object->next != NULL)
        object->next->prev = object;
    queue->uploads = object;
    pthread_mutex_unlock(&queue->lock);
}

bool mb_queue_part_end(struct mb_queue *queue, struct mb_object *object, bool refused)
{
    pthread_mutex_lock(&queue->lock);
    struct mb_upload_state *upload = object->upload;
    upload->outstanding--;
    if (refused) {
        upload->refused = true;
        upload->next = upload->count;
    }
    bool last = upload->outstanding == 0 && upload->next == upload->count;
    pthread_mutex_unlock(&queue->lock);
    return last;
}

void mb_queue_retire(struct mb_queue *queue, struct mb_object *object)
{
    pthread_mutex_lock(&queue->lock);
    if (object->prev != NULL)
        object->prev->next = object->next;
    else
        queue->uploads = object->next;
    if (object->next != NULL)
        object->next->prev = object->prev;
    pthread_mutex_unlock(&queue->lock);
}

struct mb_object *mb_queue_open_upload(struct mb_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    struct mb_object *object = queue->uploads;
    pthread_mutex_unlock(&queue->lock);
    return object;
}

void mb_queue_again(struct mb_queue *queue, struct mb_object *object)
{
    pthread_mutex_lock(&queue->lock);
    object->moved = 0;
    object->next = queue->first;
    if (queue->first == NULL)
        queue->last = object;
    queue->first = object;
    queue->waiting++;
    pthread_mutex_unlock(&queue->lock);
}

void mb_queue_object_done(struct mb_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    if (--queue->unfinished == 0 && queue->closed)
        pthread_cond_broadcast(&queue->work);
    pthread_mutex_unlock(&queue->lock);
}

void mb_queue_close(struct mb_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->work);
    pthread_mutex_unlock(&queue->lock);
}

void mb_queue_wake(struct mb_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    pthread_cond_broadcast(&queue->work);
    pthread_cond_broadcast(&queue->room);
    pthread_mutex_unlock(&queue->lock);
}

unsigned mb_queue_limit(struct mb_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    unsigned limit = queue->limiter.limit;
    pthread_mutex_unlock(&queue->lock);
    return limit;
}
