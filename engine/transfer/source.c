#include "transfer/run.h"

#include "catalog/objects.h"
#include "verify/named.h"

#include <stdio.h>
#include <string.h>

static mb_status tell_files(const struct run *run, mb_expect_fn *expect, void *ctx, struct mb_error *error)
{
    char name[64];
    for (int i = 0; i < MB_META_COUNT; i++) {
        snprintf(name, sizeof(name), "meta/%s", mb_layout_meta_name((enum mb_meta_file)i));
        if (run->described[i] && !mb_run_is_commit_file(name))
            MB_TRY(expect(ctx, name, MB_ANY_SIZE, error));
    }
    return MB_OK;
}

static mb_status tell_records(struct run *run, mb_expect_fn *expect, void *ctx, struct mb_cancel *cancel,
                              struct mb_error *error)
{
    struct mb_objects_reader *reader = NULL;
    const struct mb_object_record *record;
    char *key = mb_layout_meta_key(run->arena, run->from_dir, MB_META_OBJECTS);
    if (key == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_objects_open(&reader, run->from.storage, key, cancel, error);
    while (status == MB_OK && (status = mb_objects_next(reader, &record, error)) == MB_OK)
        status = expect(ctx, record->key, record->size, error);
    mb_objects_close(reader);
    return status == MB_END ? MB_OK : status;
}

/* Of a bundle that Milvus made by itself the description names no binlogs that lie here. */
static mb_status tell_all(void *source, mb_expect_fn *expect, void *ctx, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    struct run *run = source;
    MB_TRY(tell_files(run, expect, ctx, error));
    if (run->recorded)
        MB_TRY(tell_records(run, expect, ctx, cancel, error));
    for (size_t i = 0; run->backup.format[0] == '\0' && i < run->backup.collection_count; i++)
        MB_TRY(mb_named_by_collection(&run->backup.collections[i], expect, ctx, error));
    return MB_OK;
}

/* By name: a listing that left out a file would leave it out again when everything is copied. */
static mb_status find_files(struct run *run, struct mb_error *error)
{
    char name[64];
    for (int i = 0; i < MB_META_COUNT; i++) {
        snprintf(name, sizeof(name), "meta/%s", mb_layout_meta_name((enum mb_meta_file)i));
        MB_TRY(mb_folder_holds(&run->from, name, &run->described[i], run->cancel, error));
    }
    run->recorded = run->described[MB_META_OBJECTS];
    return MB_OK;
}

mb_status mb_run_expect(struct run *run, struct mb_error *error)
{
    const struct mb_expectation of = {.each = tell_all, .source = run};
    MB_TRY(find_files(run, error));
    return mb_expected_new(&run->expected, &of, run->cancel, error);
}

/* Older tools left deletes out of their descriptions: without a record of all objects, whatever has the key
 * of a binlog belongs to the backup. */
bool mb_run_owns(const struct run *run, const char *name)
{
    struct mb_source_key key;
    char text[512];
    if (strncmp(name, "binlogs/", strlen("binlogs/")) != 0 || mb_expected_find(run->expected, name, NULL))
        return true;
    int len = snprintf(text, sizeof(text), "b/%s", name);
    return !run->recorded && len > 0 && (size_t)len < sizeof(text) &&
           mb_layout_parse_backup_key("b", text, &key);
}
