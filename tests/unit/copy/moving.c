#include "moving.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static mb_status note_moved(void *ctx, const struct mb_object_moved *object, struct mb_error *error)
{
    (void)error;
    struct moving *moving = ctx;
    unsigned at_once = atomic_fetch_add(&moving->moved_at_once, 1) + 1;
    if (at_once > moving->moved_at_once_peak)
        moving->moved_at_once_peak = at_once;
    moving->moved++;
    moving->moved_bytes += object->size;
    if (object->in_service)
        moving->moved_in_service++;
    const char *src_key = object->tag;
    if (src_key != NULL && object->has_crc32c && object->crc32c != fake_service_crc32c(src_key, object->size))
        moving->crc_wrong++;
    atomic_fetch_sub(&moving->moved_at_once, 1);
    return MB_OK;
}

int moving_setup(void **state)
{
    struct moving *moving = calloc(1, sizeof(*moving));
    fake_service_init(&moving->src_service);
    fake_service_init(&moving->dst_service);
    moving->src = fake_service_store(&moving->src_service);
    moving->beside = fake_service_store(&moving->src_service);
    moving->dst = fake_service_store(&moving->dst_service);
    moving->cancel = mb_cancel_new(NULL);
    moving->error = MB_ERROR_INIT;
    moving->options = (struct mb_copy_options){
        .max_concurrency = 16,
        .memory_bytes = 16 * MOVING_PART,
        .part_bytes = MOVING_PART,
        .moved = note_moved,
        .ctx = moving,
        .progress = &moving->progress,
    };
    *state = moving;
    return 0;
}

int moving_teardown(void **state)
{
    struct moving *moving = *state;
    mb_copy_close(moving->copy);
    mb_storage_close(moving->src);
    mb_storage_close(moving->beside);
    mb_storage_close(moving->dst);
    mb_cancel_free(moving->cancel);
    fake_service_done(&moving->src_service);
    fake_service_done(&moving->dst_service);
    free(moving);
    return 0;
}

void moving_fill(struct moving *moving, unsigned n, uint64_t size)
{
    char key[32];
    snprintf(key, sizeof(key), "src/%u", n);
    fake_service_fill(&moving->src_service, key, size);
}

void moving_open(struct moving *moving, struct mb_storage *dst)
{
    moving->error = MB_ERROR_INIT;
    assert_int_equal(
        mb_copy_open(&moving->copy, moving->src, dst, &moving->options, moving->cancel, &moving->error),
        MB_OK);
}

mb_status moving_add(struct moving *moving, unsigned n, uint64_t size)
{
    char src_key[32], dst_key[32];
    snprintf(src_key, sizeof(src_key), "src/%u", n);
    snprintf(dst_key, sizeof(dst_key), "dst/%u", n);
    return mb_copy_add(moving->copy, src_key, dst_key, size, NULL, NULL, &moving->error);
}

mb_status moving_finish(struct moving *moving)
{
    return mb_copy_finish(moving->copy, &moving->error);
}

void moving_close(struct moving *moving)
{
    mb_copy_close(moving->copy);
    moving->copy = NULL;
}

mb_status moving_run(struct moving *moving, struct mb_storage *dst, unsigned count, uint64_t size)
{
    moving_open(moving, dst);
    mb_status status = MB_OK;
    for (unsigned n = 0; n < count && status == MB_OK; n++)
        status = moving_add(moving, n, size);
    if (status == MB_OK)
        status = moving_finish(moving);
    moving_close(moving);
    return status;
}

bool moving_arrived(struct fake_service *service, unsigned n, uint64_t size)
{
    char src_key[32], dst_key[32];
    snprintf(src_key, sizeof(src_key), "src/%u", n);
    snprintf(dst_key, sizeof(dst_key), "dst/%u", n);
    return fake_service_holds(service, dst_key, src_key, size);
}
