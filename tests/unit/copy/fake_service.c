#include "fake_service.h"

#include "base/clock.h"
#include "base/crc32c.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned slot_of(const char *key)
{
    return mb_crc32c(0, key, strlen(key)) % 1024;
}

struct fake_object *fake_service_find(struct fake_service *service, const char *key)
{
    struct fake_object *object = service->buckets[slot_of(key)];
    while (object != NULL && strcmp(object->key, key) != 0)
        object = object->next;
    return object;
}

void fake_service_put(struct fake_service *service, const char *key, uint8_t *data, uint64_t size)
{
    struct fake_object *object = fake_service_find(service, key);
    if (object == NULL) {
        object = calloc(1, sizeof(*object));
        object->key = strdup(key);
        object->next = service->buckets[slot_of(key)];
        service->buckets[slot_of(key)] = object;
    }
    free(object->data);
    object->data = data;
    object->size = size;
}

void fake_service_remove(struct fake_service *service, const char *key)
{
    struct fake_object **at = &service->buckets[slot_of(key)];
    while (*at != NULL && strcmp((*at)->key, key) != 0)
        at = &(*at)->next;
    struct fake_object *object = *at;
    if (object == NULL)
        return;
    *at = object->next;
    free(object->key);
    free(object->data);
    free(object);
}

static uint8_t byte_at(uint32_t seed, uint64_t offset)
{
    uint64_t mixed = (offset + seed) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint8_t)(mixed >> 56);
}

static uint8_t *make_bytes(const char *key, uint64_t size)
{
    uint8_t *data = malloc(size + 1);
    uint32_t seed = mb_crc32c(0, key, strlen(key));
    for (uint64_t i = 0; i < size; i++)
        data[i] = byte_at(seed, i);
    return data;
}

void fake_service_fill(struct fake_service *service, const char *key, uint64_t size)
{
    fake_service_put(service, key, make_bytes(key, size), size);
}

uint32_t fake_service_crc32c(const char *key, uint64_t size)
{
    uint8_t *data = make_bytes(key, size);
    uint32_t crc = mb_crc32c(0, data, size);
    free(data);
    return crc;
}

bool fake_service_holds(struct fake_service *service, const char *key, const char *like, uint64_t size)
{
    struct fake_object *object = fake_service_find(service, key);
    if (object == NULL || object->size != size)
        return false;
    uint8_t *data = make_bytes(like, size);
    bool same = memcmp(data, object->data, size) == 0;
    free(data);
    return same;
}

bool fake_service_has(struct fake_service *service, const char *key)
{
    return fake_service_find(service, key) != NULL;
}
void fake_service_free_upload(struct fake_service *service, struct fake_upload *upload)
{
    struct fake_upload **at = &service->uploads;
    while (*at != upload)
        at = &(*at)->next;
    *at = upload->next;
    for (unsigned i = 0; i < FAKE_MAX_PARTS; i++)
        free(upload->parts[i].data);
    free(upload->key);
    free(upload);
}

void fake_service_init(struct fake_service *service)
{
    memset(service, 0, sizeof(*service));
    pthread_mutex_init(&service->lock, NULL);
    service->table = fake_table;
    service->max_parts = FAKE_MAX_PARTS;
    atomic_store(&service->refuse_part_copy_after, -1);
    atomic_store(&service->forbid_put_of, -1);
    atomic_store(&service->hang_parts_after, -1);
}

void fake_service_done(struct fake_service *service)
{
    while (service->uploads != NULL)
        fake_service_free_upload(service, service->uploads);
    for (unsigned i = 0; i < 1024; i++) {
        while (service->buckets[i] != NULL) {
            struct fake_object *object = service->buckets[i];
            service->buckets[i] = object->next;
            free(object->key);
            free(object->data);
            free(object);
        }
    }
    pthread_mutex_destroy(&service->lock);
}

struct mb_storage *fake_service_store(struct fake_service *service)
{
    char place[32];
    snprintf(place, sizeof(place), "%" PRIxPTR, (uintptr_t)service);
    struct mb_kv config = {.key = "service", .value = place};
    struct mb_storage_options options = {
        .retry = {.attempts = 4, .base_ns = MB_NS_PER_MS, .cap_ns = 2 * MB_NS_PER_MS}};
    struct mb_storage *store = NULL;
    struct mb_error error = MB_ERROR_INIT;
    if (mb_storage_open_plugin(&store, &service->table, &config, 1, &options, &error) != MB_OK) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    return store;
}

unsigned fake_service_open_uploads(struct fake_service *service)
{
    unsigned count = 0;
    pthread_mutex_lock(&service->lock);
    for (struct fake_upload *upload = service->uploads; upload != NULL; upload = upload->next)
        count++;
    pthread_mutex_unlock(&service->lock);
    return count;
}
