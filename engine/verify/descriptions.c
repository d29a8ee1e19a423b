/* A backup is described by full_meta.json, by the level files, and by meta/objects.jsonl. */
#include "verify/run.h"

#include "base/crc32c.h"
#include "catalog/agree.h"
#include "catalog/meta_file.h"
#include "catalog/object_stream.h"
#include "verify/named.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------- full_meta.json and the level files */

static mb_status note_disagreement(void *ctx, const struct mb_disagreement *disagreement,
                                   struct mb_error *error)
{
    struct verify_run *run = ctx;
    const char *key = mb_content_file(&run->content, disagreement->file);
    char expected[600];
    if (key == NULL)
        return mb_fail_memory(error);
    run->disagrees[disagreement->file] = true;
    snprintf(expected, sizeof(expected), "%s%s as in full_meta.json", disagreement->in_full ? "" : "no ",
             disagreement->what);
    return mb_faults_note(&run->faults, MB_FAULT_DESCRIPTION, key, expected, error, "%s",
                          !disagreement->in_level ? "nothing of it"
                          : disagreement->in_full ? "something else"
                                                  : "one");
}

static mb_status note_unreadable(struct verify_run *run, const char *file, const struct mb_error *why,
                                 struct mb_error *error)
{
    char key[64];
    snprintf(key, sizeof(key), "meta/%s", file);
    return mb_faults_note(&run->faults, MB_FAULT_UNREADABLE, key, "a description", error, "%s", why->message);
}

/* Of Milvus' own bundles only some files are written, and the Go program has not always written
 * full_meta.json. */
static bool should_be_there(const struct verify_run *run, enum mb_meta_file file)
{
    switch (file) {
    case MB_META_FULL:
        return run->content.recorded;
    case MB_META_BACKUP:
    case MB_META_COLLECTION:
        return true;
    case MB_META_PARTITION:
    case MB_META_SEGMENT:
        return run->content.backup->format[0] == '\0';
    case MB_META_OBJECTS:
    case MB_META_IN_PROGRESS:
    case MB_META_COUNT:
        break;
    }
    return false;
}

static mb_status find_missing_files(struct verify_run *run, struct mb_error *error)
{
    for (int i = 0; i < MB_META_COUNT; i++) {
        const char *key = mb_content_file(&run->content, (enum mb_meta_file)i);
        if (key == NULL)
            return mb_fail_memory(error);
        if (should_be_there(run, (enum mb_meta_file)i) && !run->content.described[i])
            MB_TRY(mb_faults_note(&run->faults, MB_FAULT_MISSING, key, "a description", error, "nothing"));
    }
    return MB_OK;
}

/* ------------------------------------------------------- what cannot be restored */

static bool has_logs(const struct mb_field_binlogs *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fields[i].count > 0)
            return true;
    return false;
}

static mb_status check_segment(struct verify_run *run, const struct mb_segment_backup *segment,
                               struct mb_error *error)
{
    char expected[96];
    if (segment->rows <= 0 || segment->is_l0 || has_logs(segment->insert_logs, segment->insert_count) ||
        has_logs(segment->delta_logs, segment->delta_count))
        return MB_OK;
    const char *key =
        mb_content_file(&run->content, run->descriptions.has_full ? MB_META_FULL : MB_META_SEGMENT);
    if (key == NULL)
        return mb_fail_memory(error);
    snprintf(expected, sizeof(expected), "insert logs of segment %" PRId64 ", which has %" PRId64 " rows",
             segment->id, segment->rows);
    return mb_faults_note(&run->faults, MB_FAULT_DESCRIPTION, key, expected, error, "none");
}

/* A restore refuses rows that no binlog holds. */
static mb_status find_rows_without_logs(struct verify_run *run, struct mb_error *error)
{
    const struct mb_backup *backup = run->content.backup;
    for (size_t i = 0; i < backup->collection_count; i++)
        for (size_t p = 0; p < backup->collections[i].partition_count; p++) {
            const struct mb_partition_backup *partition = &backup->collections[i].partitions[p];
            for (size_t k = 0; k < partition->segment_count; k++)
                MB_TRY(check_segment(run, &partition->segments[k], error));
        }
    return MB_OK;
}

/* ------------------------------------------------------- their bytes */

static mb_status sum(void *ctx, const void *data, size_t len)
{
    uint32_t *crc32c = ctx;
    *crc32c = mb_crc32c(*crc32c, data, len);
    return MB_OK;
}

static mb_status sum_stored(const struct verify_run *run, enum mb_meta_file file, uint32_t *crc32c,
                            struct mb_error *error)
{
    struct mb_object_stream *stream = NULL;
    const char *key = mb_layout_meta_key(run->arena, run->content.dir, file);
    char chunk[16 * 1024];
    size_t have = 0;
    if (key == NULL)
        return mb_fail_memory(error);
    mb_status status = mb_object_stream_open(&stream, run->content.folder.storage, key, run->cancel, error);
    do {
        if (status == MB_OK)
            status = mb_object_stream_read(stream, chunk, sizeof(chunk), &have, error);
        *crc32c = mb_crc32c(*crc32c, chunk, have);
    } while (status == MB_OK && have > 0);
    mb_object_stream_close(stream);
    return status;
}

/* Is the file what this program would write for the backup, to the byte? */
static mb_status is_as_written(const struct verify_run *run, enum mb_meta_file file, bool *as_written,
                               struct mb_error *error)
{
    uint32_t wanted = 0, stored = 0;
    const struct mb_sink sink = {.struct_size = sizeof(sink), .write = sum, .ctx = &wanted};
    *as_written = false;
    if (!run->content.described[file])
        return MB_OK;
    MB_TRY(mb_meta_write(&run->descriptions.full, file, &sink, error));
    MB_TRY(sum_stored(run, file, &stored, error));
    *as_written = wanted == stored;
    return MB_OK;
}

static const enum mb_meta_file description_files[] = {MB_META_BACKUP, MB_META_COLLECTION, MB_META_PARTITION,
                                                      MB_META_SEGMENT, MB_META_FULL};

/* What nobody reads of a file is compared by its text: where full_meta.json, or all the level files below the
 * backup, are what this program would write, it wrote the others as well.  What differs in meaning is told
 * already. */
static mb_status compare_texts(struct verify_run *run, struct mb_error *error)
{
    bool as_written[MB_META_COUNT] = {false};
    if (!run->report.described_twice)
        return MB_OK;
    for (size_t i = 0; i < sizeof(description_files) / sizeof(*description_files); i++)
        MB_TRY(is_as_written(run, description_files[i], &as_written[description_files[i]], error));
    if (!as_written[MB_META_FULL] &&
        !(as_written[MB_META_COLLECTION] && as_written[MB_META_PARTITION] && as_written[MB_META_SEGMENT]))
        return MB_OK;
    for (size_t i = 0; i < sizeof(description_files) / sizeof(*description_files); i++) {
        enum mb_meta_file file = description_files[i];
        const char *key = mb_content_file(&run->content, file);
        if (key == NULL)
            return mb_fail_memory(error);
        if (!as_written[file] && !run->disagrees[file])
            MB_TRY(mb_faults_note(&run->faults, MB_FAULT_DESCRIPTION, key, "the text that was written", error,
                                  "another one, which says the same"));
    }
    return MB_OK;
}

static mb_status compare_descriptions(struct verify_run *run, struct mb_error *error)
{
    const struct mb_descriptions *both = &run->descriptions;
    run->report.described_twice = both->has_full && both->has_levels;
    MB_TRY(find_missing_files(run, error));
    MB_TRY(find_rows_without_logs(run, error));
    if (both->full_error.status != MB_OK)
        MB_TRY(note_unreadable(run, mb_layout_meta_name(MB_META_FULL), &both->full_error, error));
    if (both->levels_error.status != MB_OK)
        MB_TRY(note_unreadable(run, both->bad_level, &both->levels_error, error));
    if (!run->report.described_twice)
        return MB_OK;
    MB_TRY(mb_descriptions_compare(&both->full, &both->levels, note_disagreement, run, error));
    return compare_texts(run, error);
}

/* ------------------------------------------------------- meta/objects.jsonl */

/* Damage to the record is none to the data: it is told, and the rest compared with the description alone. */
static mb_status read_record(struct verify_run *run, struct mb_error *error)
{
    mb_status status =
        mb_checksums_read(&run->checksums, run->content.folder.storage, run->content.dir, run->cancel, error);
    if (status != MB_E_CORRUPT)
        return status;
    const struct mb_error why = *error;
    mb_error_clear(error);
    run->content.recorded = false;
    return note_unreadable(run, mb_layout_meta_name(MB_META_OBJECTS), &why, error);
}

struct comparing {
    struct verify_run *run;
    struct mb_expected *recorded;
};

static mb_status compare_named(void *ctx, const char *name, uint64_t size, struct mb_error *error)
{
    const struct comparing *comparing = ctx;
    uint64_t recorded = 0;
    if (!mb_expected_find(comparing->recorded, name, &recorded))
        return mb_faults_note(&comparing->run->faults, MB_FAULT_DESCRIPTION, name, "a line in objects.jsonl",
                              error, "none, but the description names it");
    mb_expected_see(comparing->recorded, name, recorded);
    if (size == MB_ANY_SIZE || size == recorded)
        return MB_OK;
    char expected[64];
    snprintf(expected, sizeof(expected), "%" PRIu64 " bytes by the description", size);
    return mb_faults_note(&comparing->run->faults, MB_FAULT_DESCRIPTION, name, expected, error,
                          "%" PRIu64 " bytes by objects.jsonl", recorded);
}

static mb_status note_unnamed(void *ctx, const char *name, uint64_t size, struct mb_error *error)
{
    const struct comparing *comparing = ctx;
    (void)size;
    return mb_faults_note(&comparing->run->faults, MB_FAULT_DESCRIPTION, name, "a description that names it",
                          error, "none, but objects.jsonl does");
}

static mb_status compare_record(struct verify_run *run, struct mb_error *error)
{
    const struct mb_expectation of = {.each = mb_content_each_record, .source = &run->content};
    struct comparing comparing = {.run = run};
    if (!run->content.recorded || run->content.backup->format[0] != '\0')
        return MB_OK;
    MB_TRY(mb_expected_new(&comparing.recorded, &of, run->cancel, error));
    mb_status status = mb_content_each_named(&run->content, compare_named, &comparing, run->cancel, error);
    if (status == MB_OK)
        status = mb_expected_each_missing(comparing.recorded, note_unnamed, &comparing, run->cancel, error);
    mb_expected_free(comparing.recorded);
    return status;
}

mb_status verify_descriptions(struct verify_run *run, struct mb_error *error)
{
    const struct mb_verify *verify = run->verify;
    MB_TRY(mb_catalog_read_both(&verify->catalog, verify->name, run->arena, &run->descriptions, run->cancel,
                                error));
    run->content.backup = run->descriptions.has_full ? &run->descriptions.full : &run->descriptions.levels;
    MB_TRY(mb_content_find(&run->content, run->cancel, error));
    MB_TRY(compare_descriptions(run, error));
    MB_TRY(read_record(run, error));
    run->report.recorded = run->content.recorded;
    return compare_record(run, error);
}
