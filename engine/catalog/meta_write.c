#include "catalog/catalog.h"
#include "catalog/meta_file.h"

static const struct mb_meta_view views[MB_META_COUNT] = {
    [MB_META_FULL] = {.partitions = true, .segments = true, .l0_segments = true},
    [MB_META_COLLECTION] = {.partitions = true},
    [MB_META_SEGMENT] = {.segments = true},
};

/* Writes the elements of "infos"; the member is left out when there are none. */
struct infos {
    struct mb_json_writer *writer;
    bool begun;
};

static void add_info(struct infos *infos, const struct mb_json_field *fields, const void *base)
{
    if (!infos->begun)
        mb_json_begin_array(infos->writer, "infos");
    infos->begun = true;
    mb_json_write_object(infos->writer, NULL, fields, base);
}

static void add_collection(struct infos *infos, enum mb_meta_file file,
                           const struct mb_collection_backup *collection)
{
    if (file == MB_META_COLLECTION) {
        add_info(infos, mb_meta_collection_fields, collection);
        return;
    }
    for (size_t i = 0; i < collection->partition_count; i++) {
        const struct mb_partition_backup *partition = &collection->partitions[i];
        if (file == MB_META_PARTITION)
            add_info(infos, mb_meta_partition_fields, partition);
        for (size_t k = 0; file == MB_META_SEGMENT && k < partition->segment_count; k++)
            add_info(infos, mb_meta_segment_fields, &partition->segments[k]);
    }
}

static void write_infos(struct mb_json_writer *writer, const struct mb_backup *backup, enum mb_meta_file file)
{
    struct infos infos = {.writer = writer};
    mb_json_begin_object(writer, NULL);
    for (size_t i = 0; i < backup->collection_count; i++)
        add_collection(&infos, file, &backup->collections[i]);
    if (infos.begun)
        mb_json_end_array(writer);
    mb_json_end_object(writer);
}

mb_status mb_meta_write(const struct mb_backup *backup, enum mb_meta_file file, const struct mb_sink *sink,
                        struct mb_error *error)
{
    struct mb_meta_view view = views[file];
    struct mb_json_writer writer;
    view.backup = backup;
    mb_json_init(&writer, sink);
    writer.ctx = &view;
    if (file == MB_META_FULL)
        mb_json_write_object(&writer, NULL, mb_meta_backup_fields, backup);
    else if (file == MB_META_BACKUP)
        mb_json_write_object(&writer, NULL, mb_meta_backup_summary_fields, backup);
    else
        write_infos(&writer, backup, file);
    mb_status status = mb_json_finish(&writer, error);
    mb_json_done(&writer);
    return status;
}

mb_status mb_catalog_show(const struct mb_backup *backup, bool brief, unsigned indent,
                          const struct mb_sink *sink, struct mb_error *error)
{
    struct mb_meta_view view = {
        .backup = backup, .partitions = !brief, .segments = !brief, .l0_segments = !brief};
    struct mb_json_indenter indenter;
    struct mb_json_writer writer;
    mb_json_indenter_init(&indenter, indent, sink);
    mb_json_init(&writer, indent > 0 ? &indenter.sink : sink);
    writer.ctx = &view;
    mb_json_write_object(&writer, NULL, mb_meta_backup_fields, backup);
    mb_status status = mb_json_finish(&writer, error);
    mb_json_done(&writer);
    return status;
}
