#include "restore/proof.h"

#include "base/pool.h"
#include "catalog/layout.h"

#include <stdatomic.h>

#define READERS 16U

struct probe {
    const struct mb_restore_work *work;
    atomic_size_t next; /* batch */
};

/* Rules that archive objects go by age and by size: large ones go first. */
struct largest {
    const struct mb_segment_backup *segment;
    int64_t field_id;
    const struct mb_binlog *log;
};

static void look_at(struct largest *largest, const struct mb_segment_backup *segment, bool is_delta)
{
    const struct mb_field_binlogs *fields = is_delta ? segment->delta_logs : segment->insert_logs;
    size_t count = is_delta ? segment->delta_count : segment->insert_count;
    for (size_t f = 0; f < count; f++)
        for (size_t k = 0; k < fields[f].count; k++)
            if (largest->log == NULL || fields[f].logs[k].size > largest->log->size)
                *largest = (struct largest){segment, fields[f].field_id, &fields[f].logs[k]};
}

static mb_status read_one(const struct probe *probe, const struct mb_import_batch *batch, bool is_delta,
                          struct mb_buf *key, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_restore *run = probe->work->run;
    struct largest largest = {0};
    struct mb_stat stat;
    char byte;
    size_t got;

    for (const struct mb_batch_segment *s = batch->first; s; s = s->next)
        look_at(&largest, s->segment, is_delta);
    if (largest.log == NULL)
        return MB_OK;
    if (is_delta)
        mb_layout_delta_key(key, run->dir, largest.segment, largest.log->id);
    else
        mb_layout_insert_key(key, run->dir, largest.segment, largest.field_id, largest.log->id);
    MB_TRY(mb_buf_status(key, error));
    return mb_storage_read(run->env->backup_store, key->data, 0, &byte, 1, NULL, &got, &stat, cancel, error);
}

static mb_status read_some(void *ctx, struct mb_cancel *cancel, struct mb_error *error)
{
    struct probe *probe = ctx;
    const struct mb_import_batches *batches = &probe->work->batches;
    struct mb_buf key;
    mb_status status = MB_OK;

    mb_buf_init(&key, (size_t)64 << 10);
    for (size_t i; status == MB_OK && (i = atomic_fetch_add(&probe->next, 1)) < batches->count;) {
        status = read_one(probe, &batches->items[i], false, &key, cancel, error);
        if (status == MB_OK)
            status = read_one(probe, &batches->items[i], true, &key, cancel, error);
    }
    mb_buf_done(&key);
    return status;
}

mb_status mb_restore_probe(struct mb_restore_work *work, struct mb_cancel *cancel, struct mb_error *error)
{
    struct probe probe = {.work = work};
    unsigned readers = work->batches.count < READERS ? (unsigned)work->batches.count : READERS;
    if (readers == 0)
        return MB_OK;
    struct mb_pool *pool = mb_pool_new(readers);
    struct mb_group *group = pool ? mb_group_new(pool, cancel) : NULL;
    mb_status status = group ? MB_OK : mb_fail_memory(error);
    for (unsigned i = 0; status == MB_OK && i < readers; i++)
        status = mb_group_submit(group, read_some, &probe, error);
    if (group && mb_group_wait(group, error) != MB_OK)
        status = error->status;
    mb_group_free(group);
    mb_pool_free(pool);
    return status == MB_OK ? MB_OK
                           : mb_error_context(error, "backup %s cannot be read, nothing was changed",
                                              work->run->backup.name);
}
