#include "base/clock.h"
#include "restore/run.h"

#include <inttypes.h>

/* Segments may appear and be merged some time after the import that made them is called complete: so long is
 * waited for the next one. */
#define PATIENCE_NS (5 * MB_NS_PER_S)
#define PAUSE_NS    (250 * MB_NS_PER_MS)

#define LEVEL_ZERO 1
#define TTL        "collection.ttl.seconds"

static int64_t sum(const struct mb_segment *segments, size_t count)
{
    int64_t rows = 0;
    for (size_t i = 0; i < count; i++) {
        bool gone = segments[i].state == MB_SEGMENT_DROPPED || segments[i].state == MB_SEGMENT_NOT_EXIST;
        if (segments[i].level != LEVEL_ZERO && !gone)
            rows += segments[i].rows;
    }
    return rows;
}

/* That nobody may or can count is no failure of a restore. */
static bool is_no_answer(mb_status status)
{
    return status == MB_E_UNSUPPORTED || status == MB_E_FORBIDDEN;
}

mb_status mb_restore_rows(const struct mb_restore_work *work, int64_t *out, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    struct mb_segment *segments;
    size_t count;
    struct mb_arena *arena = mb_arena_new();
    if (arena == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_milvus_list_segments(work->run->env->milvus, MB_WORK_PLACE(work), arena, &segments,
                                               &count, cancel, error);
    if (status == MB_OK) {
        *out = sum(segments, count);
    } else if (is_no_answer(status)) {
        mb_error_clear(error);
        *out = -1;
        status = MB_OK;
    }
    mb_arena_free(arena);
    return status;
}

struct expected {
    int64_t least;
    int64_t most;
};

/* A compaction leaves out what was deleted or has outlived its time, and may have been at work by now. */
static struct expected expect(const struct mb_restore_work *work)
{
    const struct mb_collection *source = &work->target->source->collection;
    struct expected expected = {0, 0};
    bool may_shrink = mb_properties_get(&source->properties, TTL) != NULL ||
                      mb_properties_get(&source->schema.properties, TTL) != NULL;
    for (size_t i = 0; i < work->batches.count; i++) {
        const struct mb_import_batch *batch = &work->batches.items[i];
        may_shrink = may_shrink || batch->phase != MB_BATCH_DATA;
        expected.least += batch->least_rows;
        expected.most += batch->rows;
    }
    if (may_shrink)
        expected.least = 0;
    return expected;
}

static mb_status fail(const struct mb_restore_work *work, int64_t rows, struct expected expected,
                      struct mb_error *error)
{
    const char *where = mb_storage_info(work->run->env->milvus_store)->location;
    return mb_fail(error, MB_E_CORRUPT,
                   "after the import milvus has %" PRId64 " rows of %s.%s, the backup has %" PRId64 "%s%s%s",
                   rows, MB_WORK_NAME(work), expected.most, rows ? "" : " (is ", rows ? "" : where,
                   rows ? "" : " where this milvus keeps its data?)");
}

/* Others may write to a collection that is added to, so its rows are only asked for in doubt. */
static bool is_countable(const struct mb_restore_work *work, bool in_doubt)
{
    return work->created || (in_doubt && work->rows_before >= 0);
}

/* May the number still change?  Not where the imports have told the same one. */
static bool is_final(struct mb_restore_work *work, int64_t rows, int64_t *last, int64_t *end)
{
    int64_t now = mb_clock_monotonic();
    if (rows != *last)
        *end = now + PATIENCE_NS;
    *last = rows;
    return now >= *end || (work->created && rows == work->line.rows);
}

mb_status mb_restore_check_rows(struct mb_restore_work *work, bool in_doubt, struct mb_cancel *cancel,
                                struct mb_error *error)
{
    struct expected expected = expect(work);
    int64_t rows = work->line.rows, last = -1, end = 0;
    int64_t before = work->created ? 0 : work->rows_before;

    while (is_countable(work, in_doubt)) {
        int64_t counted;
        MB_TRY(mb_restore_rows(work, &counted, cancel, error));
        if (counted < 0)
            break;
        rows = counted - before;
        if (rows >= expected.least && rows <= expected.most) {
            if (in_doubt)
                work->line.rows = rows;
            return MB_OK;
        }
        if (is_final(work, rows, &last, &end))
            return fail(work, rows, expected, error);
        MB_TRY(mb_cancel_sleep(cancel, PAUSE_NS, error));
    }
    return in_doubt ? fail(work, rows, expected, error) : MB_OK;
}
