#include "restore/batch_objects.h"

#include "verify/named.h"

struct telling {
    bool is_delta;
    mb_expect_fn *expect;
    void *ctx;
};

static mb_status tell_kind(void *ctx, const char *name, uint64_t size, struct mb_error *error)
{
    const struct telling *telling = ctx;
    bool is_delta = mb_text_starts_with(name, "binlogs/delta_log/");
    return is_delta == telling->is_delta ? telling->expect(telling->ctx, name, size, error) : MB_OK;
}

static mb_status each_named(void *source, mb_expect_fn *expect, void *ctx, struct mb_cancel *cancel,
                            struct mb_error *error)
{
    const struct mb_batch_objects *objects = source;
    struct telling telling = {objects->is_delta, expect, ctx};
    (void)cancel;
    for (size_t i = 0; i < objects->batches.count; i++)
        for (const struct mb_batch_segment *s = objects->batches.items[i].first; s != NULL; s = s->next)
            MB_TRY(mb_named_by_segment(s->segment, tell_kind, &telling, error));
    return MB_OK;
}

static mb_status each_left_out(void *source, mb_expect_fn *expect, void *ctx, struct mb_cancel *cancel,
                               struct mb_error *error)
{
    const struct mb_batch_objects *objects = source;
    (void)cancel;
    for (size_t i = 0; i < objects->batches.count && objects->is_delta; i++)
        for (const struct mb_batch_segment *s = objects->batches.items[i].first; s != NULL; s = s->next)
            MB_TRY(mb_named_left_out(s->segment, expect, ctx, error));
    return MB_OK;
}

mb_status mb_batch_objects_init(struct mb_batch_objects *objects, const struct mb_import_batches *batches,
                                bool is_delta, struct mb_cancel *cancel, struct mb_error *error)
{
    const struct mb_expectation named = {.each = each_named, .source = objects};
    const struct mb_expectation left_out = {.each = each_left_out, .source = objects};
    *objects = (struct mb_batch_objects){.batches = *batches, .is_delta = is_delta};
    MB_TRY(mb_expected_new(&objects->named, &named, cancel, error));
    return mb_expected_new(&objects->left_out, &left_out, cancel, error);
}

void mb_batch_objects_done(struct mb_batch_objects *objects)
{
    mb_expected_free(objects->named);
    mb_expected_free(objects->left_out);
    objects->named = objects->left_out = NULL;
}

bool mb_batch_objects_left_out(const struct mb_batch_objects *objects, const char *name)
{
    return mb_named_is_left_out(objects->left_out, name);
}
