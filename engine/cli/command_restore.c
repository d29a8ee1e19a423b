/* restore: from a backup to a running Milvus. */
#include "base/clock.h"
#include "cli/backup_name.h"
#include "cli/choice.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/copy_options.h"
#include "cli/id.h"
#include "restore/restore.h"

#include <string.h>

struct options {
    const char *name;
    struct mb_choice choice;
    const char *suffix;
    struct mb_strings renames;
    bool restore_index;
    bool rebuild_index;
    bool use_auto_index;
    bool drop_exist_collection;
    bool drop_first;
    bool drop_exist_index;
    bool skip_create_collection;
    bool meta_only;
    bool use_v2_restore;
};

#define FIELD(member) .offset = offsetof(struct options, member)

static const struct mb_flag flags[] = {
    {.name = "name",
     .letter = 'n',
     .type = MB_FLAG_TEXT,
     .flags = MB_FLAG_REQUIRED,
     FIELD(name),
     .argument = "NAME",
     .help = "Name of the backup."},
    {.name = "collections",
     .letter = 'c',
     .type = MB_FLAG_CSV,
     FIELD(choice.collections),
     .argument = "COLLS",
     .help = "Only these collections of the backup: coll or db.coll, with commas between."},
    {.name = "databases",
     .letter = 'd',
     .type = MB_FLAG_CSV,
     FIELD(choice.databases),
     .argument = "DBS",
     .help = "Only the collections of these databases of the backup."},
    {.name = "database_collections",
     .letter = 'a',
     .type = MB_FLAG_TEXT,
     FIELD(choice.database_collections),
     .argument = "JSON",
     .help = "Only these collections of the backup by database: '{\"db1\":[\"c1\"],\"db2\":[]}'; an empty "
             "list is "
             "the whole database."},
    {.name = "filter",
     .type = MB_FLAG_TEXT,
     FIELD(choice.filter),
     .argument = "FILTER",
     .help =
         "Only targets (names after suffix and rename) that match: coll, db.coll, db.* or db. (the database "
         "alone), with commas between."},
    {.name = "suffix",
     .letter = 's',
     .type = MB_FLAG_TEXT,
     FIELD(suffix),
     .argument = "SUFFIX",
     .help = "Put behind the name of every collection that --rename does not name."},
    {.name = "rename",
     .letter = 'r',
     .type = MB_FLAG_CSV,
     FIELD(renames),
     .argument = "OLD:NEW",
     .help = "Other names: coll:new, db.coll:db2.new or db.*:db2.*, with commas between."},
    {.name = "restore_index",
     .type = MB_FLAG_BOOL,
     FIELD(restore_index),
     .help = "Make the indexes of the backup too."},
    {.name = "rebuild_index",
     .type = MB_FLAG_BOOL,
     FIELD(rebuild_index),
     .help = "The same as --restore_index."},
    {.name = "use_auto_index",
     .type = MB_FLAG_BOOL,
     FIELD(use_auto_index),
     .help = "With --restore_index: make AUTOINDEX of every vector index."},
    {.name = "drop_exist_collection",
     .type = MB_FLAG_BOOL,
     FIELD(drop_exist_collection),
     .help = "Replace a target that exists: the new one is made beside it and takes its place when it is "
             "complete."},
    {.name = "drop_first",
     .type = MB_FLAG_BOOL,
     FIELD(drop_first),
     .help =
         "With --drop_exist_collection: drop the target before the new one is made, for lack of space for "
         "both."},
    {.name = "drop_exist_index",
     .type = MB_FLAG_BOOL,
     FIELD(drop_exist_index),
     .help = "Drop the indexes of a target that exists."},
    {.name = "skip_create_collection",
     .type = MB_FLAG_BOOL,
     FIELD(skip_create_collection),
     .help = "Put the data into collections that exist; together with --drop_exist_collection they are "
             "replaced."},
    {.name = "meta_only",
     .type = MB_FLAG_BOOL,
     FIELD(meta_only),
     .help = "Make databases, collections, partitions and indexes, but bring back no data."},
    {.name = "use_v2_restore",
     .type = MB_FLAG_BOOL,
     FIELD(use_v2_restore),
     .help = "Import over HTTP, many segments in one job (Milvus 2.4 and later)."},
};

static const struct mb_choice_rules choice_rules = {.collections_flag = "--collections",
                                                    .filter_is_apart = true};

static mb_status plan_options(const struct options *options, struct mb_arena *arena,
                              struct mb_plan_options *out, const char **ignored, struct mb_error *error)
{
    struct mb_selection *selection = mb_arena_alloc(arena, 2, sizeof *selection);
    struct mb_renames *renames = mb_arena_alloc(arena, 1, sizeof *renames);
    if (selection == NULL || renames == NULL)
        return mb_fail_memory(error);
    MB_TRY(mb_choice_select(&options->choice, &choice_rules, arena, &selection[0], ignored, error));
    if (options->choice.filter)
        MB_TRY(mb_selection_add_filter(&selection[1], arena, options->choice.filter, error));
    for (size_t i = 0; i < options->renames.count; i++)
        MB_TRY(mb_renames_add(renames, arena, options->renames.items[i], error));
    *out = (struct mb_plan_options){
        .selection = &selection[0], .filter = &selection[1], .suffix = options->suffix, .renames = renames};
    return MB_OK;
}

static json_t *report_json(const struct mb_restore_options *options, const struct mb_restore_report *report,
                           double seconds)
{
    json_t *collections = json_array();
    for (size_t i = 0; i < report->count; i++) {
        const struct mb_restore_line *line = &report->lines[i];
        json_array_append_new(collections,
                              json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:f}", "source_database",
                                        line->source_db, "source_collection", line->source_name, "database",
                                        line->db, "collection", line->name, "rows", (json_int_t)line->rows,
                                        "segments", (json_int_t)line->segments, "imports",
                                        (json_int_t)line->imports, "bytes", (json_int_t)line->bytes,
                                        "seconds", (double)line->ns / 1e9));
    }
    json_t *warnings = json_array();
    for (size_t i = 0; i < report->warnings.count; i++)
        json_array_append_new(warnings, mb_json_text(report->warnings.items[i]));
    return json_pack("{s:o, s:s, s:b, s:o, s:f, s:o}", "name", mb_json_text(options->name), "id", options->id,
                     "staged", report->staged, "collections", collections, "seconds", seconds, "warnings",
                     warnings);
}

static mb_status tell(struct mb_context *context, const struct mb_restore_options *options,
                      const struct mb_restore_report *report, int64_t started, struct mb_error *error)
{
    double seconds = (double)(mb_clock_monotonic() - started) / 1e9;
    struct mb_summary_line *lines = mb_arena_alloc(context->arena, report->count + 1, sizeof *lines);
    if (lines == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < report->count; i++) {
        const struct mb_restore_line *line = &report->lines[i];
        lines[i] = (struct mb_summary_line){
            .collection = mb_arena_printf(context->arena, "%s.%s", line->db, line->name),
            .rows = options->meta_only ? -1 : line->rows,
            .segments = line->segments,
            .bytes = line->bytes,
            .ns = line->ns};
        if (lines[i].collection == NULL)
            return mb_fail_memory(error);
    }
    MB_TRY(mb_context_summary(context, lines, report->count, error));
    for (size_t i = 0; i < report->warnings.count; i++)
        mb_context_warn(context, "%s", report->warnings.items[i]);
    if (report->staged)
        mb_context_say(context,
                       "milvus could not read the backup where it lies: its data went through a temporary "
                       "copy in milvus' own storage");
    if (context->global.json)
        return mb_context_json(context, report_json(options, report, seconds), error);
    fprintf(mb_context_out(context), "success\nduration:%.2f s\n", seconds);
    return MB_OK;
}

static mb_status validate(const void *given, struct mb_arena *arena, struct mb_error *error)
{
    const struct options *options = given;
    struct mb_plan_options plan;
    const char *ignored;
    MB_TRY(mb_cli_check_name(options->name, error));
    if (options->drop_first && !options->drop_exist_collection)
        return mb_fail(error, MB_E_CONFIG, "--drop_first needs --drop_exist_collection");
    return plan_options(options, arena, &plan, &ignored, error);
}

static mb_status run(struct mb_context *context, const void *given, struct mb_error *error)
{
    const struct options *options = given;
    const struct mb_config *config = context->config;
    const struct mb_config_storage *storage = &config->milvus_storage;
    int64_t started = mb_clock_monotonic();
    struct mb_restore_report report;
    const char *ignored;
    struct mb_restore_options restore = {
        .name = options->name,
        .id = mb_cli_new_id(context->arena),
        .restore_index = options->restore_index || options->rebuild_index,
        .use_auto_index = options->use_auto_index,
        .drop_exist_collection = options->drop_exist_collection,
        .drop_first = options->drop_first,
        .drop_exist_index = options->drop_exist_index,
        .skip_create_collection = options->skip_create_collection,
        .meta_only = options->meta_only,
        .use_jobs = options->use_v2_restore,
        .keep_temp_files = config->restore.keep_temp_files,
        .parallel_collections = config->restore.collections,
        .import_jobs = config->restore.import_jobs,
        .max_segments_per_job = config->restore.max_segments_per_import_job,
        .copy = mb_cli_copy_options(config),
    };
    const struct mb_restore_env env = {
        .milvus = context->milvus,
        .milvus_store = context->milvus_store,
        .import_root = strcmp(storage->import_root, storage->root_path) == 0 ? NULL : storage->import_root,
        .backup_store = context->backup_store,
        .backup_root = config->backup_storage.prefix,
        .progress = &context->progress,
        .log = context->log};

    if (restore.id == NULL)
        return mb_fail_memory(error);
    MB_TRY(plan_options(options, context->arena, &restore.plan, &ignored, error));
    mb_choice_warn(context, ignored);
    MB_TRY(mb_restore_run(&env, &restore, context->arena, &report, context->cancel, error));
    return tell(context, &restore, &report, started, error);
}

const struct mb_command mb_command_restore = {
    .name = "restore",
    .summary = "Brings collections back from a backup",
    .description =
        "Makes each collection and has Milvus import its data. Collections that exist are left alone "
        "unless a flag says otherwise.",
    .example = "milvus-backup restore -n my_backup -c coll -s _bak --restore_index",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .options_size = sizeof(struct options),
    .needs = MB_NEEDS_MILVUS_STORE | MB_NEEDS_BACKUP_STORE | MB_NEEDS_MILVUS,
    .validate = validate,
    .run = run,
};
