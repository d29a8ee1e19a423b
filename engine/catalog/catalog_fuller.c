/* A backup is described twice, and both tellings should be the same.  Where they are not, who restores works
 * from the one that names more, and is told. */
#include "catalog/agree.h"
#include "catalog/catalog_files.h"

#include <stdio.h>
#include <string.h>

/* The level files name no deletes over all partitions, so those say nothing about which one is fuller. */
struct weight {
    size_t logs, segments, partitions, collections;
};

static struct weight weigh(const struct mb_backup *backup)
{
    struct weight weight = {.collections = backup->collection_count};
    for (size_t i = 0; i < backup->collection_count; i++) {
        const struct mb_collection_backup *collection = &backup->collections[i];
        weight.partitions += collection->partition_count;
        for (size_t p = 0; p < collection->partition_count; p++) {
            const struct mb_partition_backup *partition = &collection->partitions[p];
            weight.segments += partition->segment_count;
            for (size_t s = 0; s < partition->segment_count; s++) {
                const struct mb_segment_backup *segment = &partition->segments[s];
                weight.logs += mb_field_binlogs_count(segment->insert_logs, segment->insert_count) +
                               mb_field_binlogs_count(segment->delta_logs, segment->delta_count);
            }
        }
    }
    return weight;
}

static bool is_fuller(const struct weight *a, const struct weight *b)
{
    if (a->logs != b->logs)
        return a->logs > b->logs;
    if (a->segments != b->segments)
        return a->segments > b->segments;
    if (a->partitions != b->partitions)
        return a->partitions > b->partitions;
    return a->collections > b->collections;
}

/* ------------------------------------------------------- what differs, in words */

enum { MOST_NAMED = 3 };

struct telling {
    struct mb_buf text;
    size_t count;
};

static mb_status tell(void *ctx, const struct mb_disagreement *difference, struct mb_error *error)
{
    struct telling *telling = ctx;
    if (telling->count++ >= MOST_NAMED)
        return MB_OK;
    mb_buf_printf(&telling->text, "%s%s (%s %s)", telling->count > 1 ? ", " : "", difference->what,
                  !difference->in_level  ? "not in"
                  : !difference->in_full ? "only in"
                                         : "otherwise in",
                  mb_layout_meta_name(difference->file));
    return mb_buf_status(&telling->text, error);
}

static mb_status describe(const struct mb_backup *full, const struct mb_backup *levels, bool by_levels,
                          struct mb_arena *arena, const char **out, struct mb_error *error)
{
    struct telling telling = {0};
    mb_buf_init(&telling.text, (size_t)16 << 10);
    mb_status status = mb_descriptions_compare(full, levels, tell, &telling, error);
    if (status == MB_OK && telling.count > 0) {
        char more[48] = "";
        if (telling.count > MOST_NAMED)
            snprintf(more, sizeof(more), " and %zu more", telling.count - MOST_NAMED);
        *out = mb_arena_printf(arena, "full_meta.json and the level files of the backup differ, and %s: %s%s",
                               by_levels ? "the level files are taken, which name more"
                                         : "full_meta.json is taken",
                               telling.text.data, more);
        status = *out == NULL ? mb_fail_memory(error) : MB_OK;
    }
    mb_buf_done(&telling.text);
    return status;
}

/* ------------------------------------------------------- reading both */

struct reading {
    const struct mb_catalog *catalog;
    const char *dir;
    struct mb_arena *arena; /* of the result */
    struct mb_cancel *cancel;
};

/* What no level file holds. */
static void keep_of_full(const struct mb_backup *full, struct mb_backup *levels)
{
    levels->databases = full->databases;
    levels->database_count = full->database_count;
    levels->rbac_meta = full->rbac_meta;
    levels->rpc_channel_info = full->rpc_channel_info;
    levels->flush_all_msgs = full->flush_all_msgs;
    levels->control_channel = full->control_channel;
    levels->physical_channels = full->physical_channels;
    for (size_t i = 0; i < levels->collection_count; i++)
        for (size_t k = 0; k < full->collection_count; k++) {
            struct mb_collection_backup *to = &levels->collections[i];
            const struct mb_collection_backup *from = &full->collections[k];
            if (to->collection.id != from->collection.id || to->l0_count >= from->l0_count)
                continue;
            to->l0_segments = from->l0_segments;
            to->l0_count = from->l0_count;
        }
}

/* They are read a second time: to hold both as a whole would double the memory of every restore. */
static mb_status take_levels(const struct reading *reading, struct mb_backup *backup, struct mb_error *error)
{
    struct mb_backup full, levels;
    MB_TRY(mb_catalog_read_full(reading->catalog, reading->dir, MB_META_FRAME, reading->arena, &full,
                                reading->cancel, error));
    MB_TRY(mb_catalog_read_levels(reading->catalog, reading->dir, MB_META_WHOLE, reading->arena, &levels,
                                  NULL, reading->cancel, error));
    keep_of_full(&full, &levels);
    *backup = levels;
    return MB_OK;
}

/* They are damaged, some are not there, or the store does not give them out: full_meta.json holds all. */
static mb_status do_without_levels(const struct reading *reading, const char **out, struct mb_error *error)
{
    if (error->status == MB_E_CANCELLED || error->status == MB_E_NO_MEMORY)
        return error->status;
    *out = mb_arena_printf(reading->arena, "full_meta.json alone is taken: %s", error->message);
    mb_error_clear(error);
    return *out == NULL ? mb_fail_memory(error) : MB_OK;
}

static mb_status compare_with_levels(const struct reading *reading, const struct mb_backup *full,
                                     bool *by_levels, const char **out, struct mb_error *error)
{
    struct mb_backup levels;
    struct mb_arena *passing = mb_arena_new();
    if (passing == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_catalog_read_levels(reading->catalog, reading->dir, MB_META_OUTLINE, passing,
                                              &levels, NULL, reading->cancel, error);
    if (status == MB_OK) {
        const struct weight of_full = weigh(full), of_levels = weigh(&levels);
        *by_levels = is_fuller(&of_levels, &of_full);
        status = describe(full, &levels, *by_levels, reading->arena, out, error);
    } else {
        status = do_without_levels(reading, out, error);
    }
    mb_arena_free(passing);
    return status;
}

static mb_status read_full(const struct reading *reading, struct mb_arena *arena, struct mb_backup *full,
                           bool *by_levels, const char **out, struct mb_error *error)
{
    *by_levels = false;
    MB_TRY(mb_catalog_read_full(reading->catalog, reading->dir, MB_META_WHOLE, arena, full, reading->cancel,
                                error));
    if (full->format[0] != '\0' && strcmp(full->format, "binlog") != 0)
        return MB_OK;
    return compare_with_levels(reading, full, by_levels, out, error);
}

static mb_status read_fuller(const struct reading *reading, const bool present[MB_META_COUNT],
                             struct mb_backup *backup, const char **out, struct mb_error *error)
{
    bool by_levels = false;
    if (!present[MB_META_FULL])
        return mb_catalog_read_levels(reading->catalog, reading->dir, MB_META_WHOLE, reading->arena, backup,
                                      NULL, reading->cancel, error);
    struct mb_arena *of_full = mb_arena_new();
    if (of_full == NULL)
        return mb_fail_memory(error);
    mb_status status = read_full(reading, of_full, backup, &by_levels, out, error);
    if (status != MB_OK || by_levels)
        mb_arena_free(of_full);
    else
        mb_arena_adopt(reading->arena, of_full);
    MB_TRY(status);
    return by_levels ? take_levels(reading, backup, error) : MB_OK;
}

mb_status mb_catalog_read_fuller(const struct mb_catalog *catalog, const char *name, struct mb_arena *arena,
                                 struct mb_backup *out, const char **difference, struct mb_cancel *cancel,
                                 struct mb_error *error)
{
    bool present[MB_META_COUNT];
    struct mb_catalog_scratch scratch;
    struct mb_backup backup;
    const char *differs = NULL;
    MB_TRY(mb_catalog_scratch_init(&scratch, catalog, name, error));
    const struct reading reading = {catalog, scratch.dir, arena, cancel};
    mb_status status = mb_catalog_find_description(catalog, &scratch, name, present, cancel, error);
    if (status == MB_OK)
        status = read_fuller(&reading, present, &backup, &differs, error);
    mb_catalog_scratch_done(&scratch);
    MB_TRY(status);
    backup.name = mb_arena_strdup(arena, name);
    if (backup.name == NULL)
        return mb_fail_memory(error);
    *out = backup;
    *difference = differs;
    return MB_OK;
}
