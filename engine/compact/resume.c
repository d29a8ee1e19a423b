/* What an interrupted compaction has left under the new name: the same source gives the same names, so what
 * lies there with the right size is done. */
#include "compact/run.h"

#include <string.h>

static mb_status each_present(void *source, mb_expect_fn *expect, void *ctx, struct mb_cancel *cancel,
                              struct mb_error *error)
{
    const struct run *run = source;
    const size_t below = strlen(run->to.prefix);
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry = NULL;
    MB_TRY(mb_listing_open(&listing, run->to.storage, run->to.prefix, NULL, cancel, error));
    mb_status status = MB_OK;
    while (status == MB_OK && (status = mb_listing_next(listing, &entry, error)) == MB_OK)
        status = expect(ctx, entry->key + below, entry->size, error);
    mb_listing_close(listing);
    return status < 0 ? status : MB_OK;
}

mb_status mb_compact_find_present(struct run *run, struct mb_error *error)
{
    const struct mb_expectation of = {.each = each_present, .source = run};
    return mb_expected_new(&run->present, &of, run->cancel, error);
}

bool mb_compact_is_present(const struct run *run, uint64_t size)
{
    uint64_t there = 0;
    return run->present != NULL &&
           mb_expected_find(run->present, run->to_key.data + strlen(run->to_dir) + 1, &there) &&
           there == size;
}

mb_status mb_compact_keep(struct run *run, uint64_t size, bool added, struct mb_error *error)
{
    struct mb_object_record record = {
        .key = run->to_key.data + strlen(run->to_dir) + 1, .size = size, .etag = ""};
    record.has_crc32c =
        mb_checksums_find(run->checksums, run->from_key.data + strlen(run->from_dir) + 1, &record.crc32c);
    run->kept.objects++;
    run->kept.bytes += size;
    run->kept.added += added;
    run->kept.added_bytes += added ? size : 0;
    return mb_objects_add(run->objects, &record, error);
}
