#include "copy/budget.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

struct taker {
    struct taker *next;
    pthread_cond_t turn;
};

struct mb_budget {
    pthread_mutex_t lock;
    uint64_t limit;
    uint64_t mapped; /* in use or kept */
    uint64_t kept_bytes;
    uint64_t peak;
    struct mb_buffer *kept;
    struct taker *first; /* waiting; only the first may take */
};

struct mb_budget *mb_budget_new(uint64_t bytes)
{
    struct mb_budget *budget = calloc(1, sizeof(*budget));
    if (budget == NULL)
        return NULL;
    pthread_mutex_init(&budget->lock, NULL);
    budget->limit = bytes;
    return budget;
}

uint64_t mb_budget_limit(const struct mb_budget *budget)
{
    return budget->limit;
}

static void unmap(struct mb_budget *budget, struct mb_buffer *buffer)
{
    budget->mapped -= buffer->cap;
    munmap(buffer->data, buffer->cap);
    free(buffer);
}

static void drop_kept(struct mb_budget *budget)
{
    struct mb_buffer *buffer = budget->kept;
    budget->kept = buffer->next;
    budget->kept_bytes -= buffer->cap;
    unmap(budget, buffer);
}

void mb_budget_free(struct mb_budget *budget)
{
    if (budget == NULL)
        return;
    while (budget->kept != NULL)
        drop_kept(budget);
    pthread_mutex_destroy(&budget->lock);
    free(budget);
}

/* Four sizes between a power of two and the next, so that buffers fit other objects of about that size. */
static size_t round_up(size_t size, uint64_t limit)
{
    size_t step = (size_t)16 << 10;
    while (step < SIZE_MAX / 16 && size > step * 8)
        step *= 2;
    size_t rounded = size <= SIZE_MAX - step ? (size + step - 1) / step * step : size;
    if (rounded < step * 4)
        rounded = step * 4;
    return rounded > limit ? (size_t)limit : rounded;
}

/* Nothing that is more than twice too large: large buffers are for large parts. */
static struct mb_buffer *take_kept(struct mb_budget *budget, size_t size)
{
    struct mb_buffer **best = NULL;
    for (struct mb_buffer **at = &budget->kept; *at != NULL; at = &(*at)->next) {
        size_t cap = (*at)->cap;
        if (cap >= size && cap / 2 <= size && (best == NULL || cap < (*best)->cap))
            best = at;
    }
    if (best == NULL)
        return NULL;
    struct mb_buffer *buffer = *best;
    *best = buffer->next;
    budget->kept_bytes -= buffer->cap;
    return buffer;
}

static void *map_pages(size_t size)
{
    void *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return data == MAP_FAILED ? NULL : data;
}

static struct mb_buffer *map_new(struct mb_budget *budget, size_t size)
{
    struct mb_buffer *buffer = malloc(sizeof(*buffer));
    if (buffer == NULL)
        return NULL;
    void *data = map_pages(size);
    if (data == NULL) {
        free(buffer);
        return NULL;
    }
    *buffer = (struct mb_buffer){.data = data, .cap = size};
    budget->mapped += size;
    if (budget->mapped > budget->peak)
        budget->peak = budget->mapped;
    return buffer;
}

/* *waits is set when there is no room yet; otherwise NULL means that the machine has no memory. */
static struct mb_buffer *take_now(struct mb_budget *budget, size_t size, bool *waits)
{
    *waits = false;
    struct mb_buffer *buffer = take_kept(budget, size);
    if (buffer != NULL)
        return buffer;
    if (budget->mapped - budget->kept_bytes + size > budget->limit) {
        *waits = true;
        return NULL;
    }
    while (budget->mapped + size > budget->limit)
        drop_kept(budget);
    return map_new(budget, size);
}

static void wake_first(struct mb_budget *budget)
{
    if (budget->first != NULL)
        pthread_cond_signal(&budget->first->turn);
}

static void leave_line(struct mb_budget *budget, struct taker *taker)
{
    struct taker **at = &budget->first;
    while (*at != taker)
        at = &(*at)->next;
    *at = taker->next;
    wake_first(budget);
}

static struct mb_buffer *take_in_turn(struct mb_budget *budget, size_t size, bool *waited,
                                      struct mb_cancel *cancel)
{
    struct taker taker = {.next = NULL, .turn = PTHREAD_COND_INITIALIZER};
    struct taker **last = &budget->first;
    while (*last != NULL)
        last = &(*last)->next;
    *last = &taker;

    struct mb_buffer *buffer = NULL;
    bool waits = true;
    while (waits && !mb_cancel_requested(cancel)) {
        if (budget->first == &taker)
            buffer = take_now(budget, size, &waits);
        if (waits) {
            *waited = true;
            pthread_cond_wait(&taker.turn, &budget->lock);
        }
    }
    leave_line(budget, &taker);
    pthread_cond_destroy(&taker.turn);
    return buffer;
}

mb_status mb_budget_take(struct mb_budget *budget, size_t size, struct mb_buffer **out,
                         atomic_uint_fast64_t *waits, struct mb_cancel *cancel, struct mb_error *error)
{
    bool waited = false;
    if (size > budget->limit)
        return mb_fail(error, MB_E_INVALID, "a buffer of %zu bytes out of a budget of %llu", size,
                       (unsigned long long)budget->limit);
    pthread_mutex_lock(&budget->lock);
    struct mb_buffer *buffer = take_in_turn(budget, round_up(size, budget->limit), &waited, cancel);
    pthread_mutex_unlock(&budget->lock);
    if (waited && waits != NULL)
        atomic_fetch_add(waits, 1);
    if (buffer == NULL)
        return mb_cancel_requested(cancel) ? mb_fail(error, MB_E_CANCELLED, "cancelled")
                                           : mb_fail_memory(error);
    *out = buffer;
    return MB_OK;
}

void mb_budget_give(struct mb_budget *budget, struct mb_buffer *buffer)
{
    if (buffer == NULL)
        return;
    pthread_mutex_lock(&budget->lock);
    buffer->next = budget->kept;
    budget->kept = buffer;
    budget->kept_bytes += buffer->cap;
    wake_first(budget);
    pthread_mutex_unlock(&budget->lock);
}

void mb_budget_wake(struct mb_budget *budget)
{
    pthread_mutex_lock(&budget->lock);
    for (struct taker *taker = budget->first; taker != NULL; taker = taker->next)
        pthread_cond_signal(&taker->turn);
    pthread_mutex_unlock(&budget->lock);
}

void mb_budget_trim(struct mb_budget *budget)
{
    pthread_mutex_lock(&budget->lock);
    while (budget->mapped == budget->kept_bytes && budget->kept != NULL)
        drop_kept(budget);
    pthread_mutex_unlock(&budget->lock);
}

uint64_t mb_budget_peak(struct mb_budget *budget)
{
    pthread_mutex_lock(&budget->lock);
    uint64_t peak = budget->peak;
    pthread_mutex_unlock(&budget->lock);
    return peak;
}

uint64_t mb_budget_used(struct mb_budget *budget)
{
    pthread_mutex_lock(&budget->lock);
    uint64_t used = budget->mapped;
    pthread_mutex_unlock(&budget->lock);
    return used;
}
