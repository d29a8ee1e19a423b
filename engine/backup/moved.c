/* When the data of a collection is in the backup: every object was handed to the copy, and all have arrived.
 */
#include "backup/create.h"
#include "base/clock.h"

#include <string.h>

static void end_if_moved(struct mb_create_collection *job)
{
    int_fast64_t open = 0;
    if (atomic_load(&job->listed) && atomic_load(&job->moved) >= mb_binlogs_count(job->binlogs) &&
        atomic_compare_exchange_strong(&job->ended_ns, &open, mb_clock_monotonic())) {
        mb_progress_row_ends(job->row);
        atomic_fetch_add(&job->create->env->progress->collections_done, 1);
    }
}

static mb_status note(struct mb_create_collection *job, const struct mb_object_record *record,
                      struct mb_error *error)
{
    MB_TRY(mb_objects_add(job->create->objects, record, error));
    mb_progress_row_moved(job->row, 1, record->size);
    atomic_fetch_add(&job->moved, 1);
    end_if_moved(job);
    return MB_OK;
}

mb_status mb_create_moved(void *ctx, const struct mb_object_moved *object, struct mb_error *error)
{
    const struct mb_create *create = ctx;
    const struct mb_object_record record = {.key = object->key + strlen(create->dir) + 1,
                                            .size = object->size,
                                            .has_crc32c = object->has_crc32c,
                                            .crc32c = object->crc32c,
                                            .etag = object->etag,
                                            .copied =
                                                object->in_service ? MB_COPIED_INSIDE : MB_COPIED_STREAMED};
    return note(object->tag, &record, error);
}

mb_status mb_create_kept(struct mb_create_collection *job, const char *key, uint64_t size,
                         struct mb_error *error)
{
    const struct mb_object_record record = {
        .key = key + strlen(job->create->dir) + 1, .size = size, .etag = ""};
    return note(job, &record, error);
}

void mb_create_listed(struct mb_create_collection *job)
{
    atomic_store(&job->listed, true);
    end_if_moved(job);
}
