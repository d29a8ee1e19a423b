#include "verify/content.h"

#include "base/text.h"
#include "catalog/objects.h"
#include "verify/named.h"

#include <stdio.h>
#include <string.h>

const char *mb_content_file(const struct mb_content *content, enum mb_meta_file file)
{
    const char *key = mb_layout_meta_key(content->arena, content->dir, file);
    return key != NULL ? key + strlen(content->folder.prefix) : NULL;
}

mb_status mb_content_find(struct mb_content *content, struct mb_cancel *cancel, struct mb_error *error)
{
    for (int i = 0; i < MB_META_COUNT; i++) {
        const char *name = mb_content_file(content, (enum mb_meta_file)i);
        if (name == NULL)
            return mb_fail_memory(error);
        MB_TRY(mb_folder_holds(&content->folder, name, &content->described[i], cancel, error));
    }
    content->recorded = content->described[MB_META_OBJECTS];
    return MB_OK;
}

static mb_status tell_files(const struct mb_content *content, mb_expect_fn *expect, void *ctx,
                            struct mb_error *error)
{
    for (int i = 0; i < MB_META_COUNT; i++) {
        const char *name = mb_content_file(content, (enum mb_meta_file)i);
        if (name == NULL)
            return mb_fail_memory(error);
        if (content->described[i])
            MB_TRY(expect(ctx, name, MB_ANY_SIZE, error));
    }
    return MB_OK;
}

mb_status mb_content_each_record(void *source, mb_expect_fn *expect, void *ctx, struct mb_cancel *cancel,
                                 struct mb_error *error)
{
    const struct mb_content *content = source;
    struct mb_objects_reader *reader = NULL;
    const struct mb_object_record *record;
    if (!content->recorded)
        return MB_OK;
    char *key = mb_layout_meta_key(content->arena, content->dir, MB_META_OBJECTS);
    if (key == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_objects_open(&reader, content->folder.storage, key, cancel, error);
    while (status == MB_OK && (status = mb_objects_next(reader, &record, error)) == MB_OK)
        status = expect(ctx, record->key, record->size, error);
    mb_objects_close(reader);
    return status == MB_END ? MB_OK : status;
}

/* Of a bundle that Milvus made by itself the description names no binlogs that lie here. */
mb_status mb_content_each_named(void *source, mb_expect_fn *expect, void *ctx, struct mb_cancel *cancel,
                                struct mb_error *error)
{
    const struct mb_content *content = source;
    const struct mb_backup *backup = content->backup;
    (void)cancel;
    for (size_t i = 0; backup->format[0] == '\0' && i < backup->collection_count; i++)
        MB_TRY(mb_named_by_collection(&backup->collections[i], expect, ctx, error));
    return MB_OK;
}

mb_status mb_content_each(void *source, mb_expect_fn *expect, void *ctx, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    MB_TRY(tell_files(source, expect, ctx, error));
    MB_TRY(mb_content_each_record(source, expect, ctx, cancel, error));
    return mb_content_each_named(source, expect, ctx, cancel, error);
}

bool mb_content_owns(const struct mb_content *content, const struct mb_expected *expected, const char *name)
{
    struct mb_source_key key;
    char text[512];
    if (!mb_text_starts_with(name, "binlogs/") || mb_expected_find(expected, name, NULL))
        return true;
    int len = snprintf(text, sizeof(text), "b/%s", name);
    return !content->recorded && len > 0 && (size_t)len < sizeof(text) &&
           mb_layout_parse_backup_key("b", text, &key);
}
