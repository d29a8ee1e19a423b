#include "base/meter.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int64_t mb_meter_bound_ns(size_t i)
{
    static const int32_t tenths_of_ms[MB_METER_BOUNDS] = {
        10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 300000, 600000, 3000000};
    return i < MB_METER_BOUNDS ? tenths_of_ms[i] * (MB_NS_PER_MS / 10) : -1;
}

static size_t index_of(mb_status status)
{
    return status < 0 && -status < MB_METER_STATUSES ? (size_t)-status : 0;
}

void mb_meter_attempt(struct mb_meter *meter, int64_t ns, mb_status status)
{
    if (meter == NULL)
        return;
    uint64_t took = ns > 0 ? (uint64_t)ns : 0;
    atomic_fetch_add(&meter->calls, 1);
    atomic_fetch_add(&meter->total_ns, took);
    uint_fast64_t longest = atomic_load(&meter->max_ns);
    while (longest < took && !atomic_compare_exchange_weak(&meter->max_ns, &longest, took))
        ;
    size_t i = 0;
    while (i < MB_METER_BOUNDS && ns > mb_meter_bound_ns(i))
        i++;
    if (i < MB_METER_BOUNDS)
        atomic_fetch_add(&meter->took[i], 1);
    if (status < 0)
        atomic_fetch_add(&meter->failed[index_of(status)], 1);
}

void mb_meter_retry(struct mb_meter *meter, mb_status status)
{
    if (meter != NULL)
        atomic_fetch_add(&meter->retried[index_of(status)], 1);
}

void mb_meter_bytes(struct mb_meter *meter, uint64_t bytes)
{
    if (meter != NULL)
        atomic_fetch_add(&meter->bytes, bytes);
}

uint64_t mb_meter_sum(const atomic_uint_fast64_t counts[MB_METER_STATUSES])
{
    uint64_t sum = 0;
    for (size_t i = 0; i < MB_METER_STATUSES; i++)
        sum += atomic_load(&counts[i]);
    return sum;
}

/* --------------------------------------------------------------- by name */

struct named {
    struct mb_meter meter;
    struct mb_meter_name name;
    char text[];
};

struct mb_meters {
    pthread_mutex_t lock;
    struct named **items;
    size_t count, cap;
};

struct mb_meters *mb_meters_new(void)
{
    struct mb_meters *meters = calloc(1, sizeof *meters);
    if (meters != NULL)
        pthread_mutex_init(&meters->lock, NULL);
    return meters;
}

void mb_meters_free(struct mb_meters *meters)
{
    if (meters == NULL)
        return;
    for (size_t i = 0; i < meters->count; i++)
        free(meters->items[i]);
    free(meters->items);
    pthread_mutex_destroy(&meters->lock);
    free(meters);
}

static const char *put(char **at, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*at, text, size);
    *at += size;
    return copy;
}

static struct named *new_named(const struct mb_meter_name *name)
{
    size_t size = strlen(name->service) + strlen(name->driver) + strlen(name->operation) + 3;
    struct named *named = calloc(1, sizeof *named + size);
    if (named == NULL)
        return NULL;
    char *at = named->text;
    named->name.service = put(&at, name->service);
    named->name.driver = put(&at, name->driver);
    named->name.operation = put(&at, name->operation);
    return named;
}

static bool is_named(const struct named *named, const struct mb_meter_name *name)
{
    return strcmp(named->name.operation, name->operation) == 0 &&
           strcmp(named->name.service, name->service) == 0 && strcmp(named->name.driver, name->driver) == 0;
}

/* With the lock held, as below; NULL for none. */
static struct named *find(const struct mb_meters *meters, const struct mb_meter_name *name)
{
    for (size_t i = 0; i < meters->count; i++)
        if (is_named(meters->items[i], name))
            return meters->items[i];
    return NULL;
}

static struct named *add(struct mb_meters *meters, const struct mb_meter_name *name)
{
    if (meters->count == meters->cap) {
        size_t cap = meters->cap == 0 ? 32 : 2 * meters->cap;
        struct named **grown = realloc(meters->items, cap * sizeof(struct named *));
        if (grown == NULL)
            return NULL;
        meters->items = grown;
        meters->cap = cap;
    }
    struct named *named = new_named(name);
    if (named != NULL)
        meters->items[meters->count++] = named;
    return named;
}

struct mb_meter *mb_meters_get(struct mb_meters *meters, const char *service, const char *driver,
                               const char *operation)
{
    const struct mb_meter_name name = {service, driver, operation};
    if (meters == NULL)
        return NULL;
    pthread_mutex_lock(&meters->lock);
    struct named *named = find(meters, &name);
    if (named == NULL)
        named = add(meters, &name);
    pthread_mutex_unlock(&meters->lock);
    return named != NULL ? &named->meter : NULL;
}

size_t mb_meters_count(struct mb_meters *meters)
{
    pthread_mutex_lock(&meters->lock);
    size_t count = meters->count;
    pthread_mutex_unlock(&meters->lock);
    return count;
}

const struct mb_meter *mb_meters_at(struct mb_meters *meters, size_t i, struct mb_meter_name *name)
{
    pthread_mutex_lock(&meters->lock);
    const struct named *named = i < meters->count ? meters->items[i] : NULL;
    pthread_mutex_unlock(&meters->lock);
    if (named == NULL)
        return NULL;
    *name = named->name;
    return &named->meter;
}
