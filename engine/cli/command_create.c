/* create: from a running Milvus to a backup. */
#include "backup/backup.h"
#include "base/clock.h"
#include "cli/backup_name.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/id.h"
#include "cli/transfer_options.h"

#include <string.h>
#include <time.h>

struct options {
    const char *name;
    struct mb_strings collections;
    struct mb_strings databases;
    const char *database_collections;
    const char *filter;
    const char *strategy;
    bool force;
    bool meta_only;
    bool resume;
};

static const struct mb_flag flags[] = {
    {.name = "name",
     .letter = 'n',
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, name),
     .argument = "NAME",
     .help = "Name of the backup: letters, digits and underscores. Without it a name is made from the time."},
    {.name = "colls",
     .letter = 'c',
     .type = MB_FLAG_CSV,
     .offset = offsetof(struct options, collections),
     .argument = "COLLS",
     .help = "Only these collections: coll or db.coll, with commas between."},
    {.name = "databases",
     .letter = 'd',
     .type = MB_FLAG_CSV,
     .offset = offsetof(struct options, databases),
     .argument = "DBS",
     .help = "Only the collections of these databases."},
    {.name = "database_collections",
     .letter = 'a',
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, database_collections),
     .argument = "JSON",
     .help = "Only these collections by database: '{\"db1\":[\"c1\"],\"db2\":[]}'; an empty list is the "
             "whole database."},
    {.name = "filter",
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, filter),
     .argument = "FILTER",
     .help = "Only what matches: coll, db.coll, db.* or db. (the database alone), with commas between."},
    {.name = "strategy",
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, strategy),
     .argument = "STRATEGY",
     .choices = "meta_only|skip_flush|bulk_flush|serial_flush",
     .help = "What to do before copying: flush (the default), or copy only what Milvus has written out by "
             "itself, or "
             "copy no data."},
    {.name = "force",
     .letter = 'f',
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct options, force),
     .help = "The same as --strategy skip_flush."},
    {.name = "meta_only",
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct options, meta_only),
     .help = "The same as --strategy meta_only."},
    {.name = "resume",
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct options, resume),
     .help = "Go on with a backup of this name that was interrupted; what it has copied is kept."},
};

/* Contradicting flags would leave out collections that somebody meant to have. */
static mb_status select_collections(const struct options *options, struct mb_arena *arena,
                                    struct mb_selection *selection, struct mb_error *error)
{
    int given = (options->filter != NULL) + (options->database_collections != NULL) +
                (options->collections.count > 0) + (options->databases.count > 0);
    if (given > 1)
        return mb_fail(error, MB_E_CONFIG,
                       "give only one of --filter, --database_collections, --colls and --databases");
    if (options->filter != NULL)
        return mb_selection_add_filter(selection, arena, options->filter, error) < 0
                   ? mb_error_context(error, "--filter")
                   : MB_OK;
    if (options->database_collections != NULL)
        return mb_selection_add_json(selection, arena, options->database_collections, error);
    for (size_t i = 0; i < options->collections.count; i++)
        MB_TRY(mb_selection_add_names(selection, arena, options->collections.items[i], "--colls", error));
    for (size_t i = 0; i < options->databases.count; i++)
        MB_TRY(mb_selection_add_databases(selection, arena, options->databases.items[i], error));
    return MB_OK;
}

static mb_status find_strategy(const struct options *options, enum mb_backup_strategy *out,
                               struct mb_error *error)
{
    const char *text = options->strategy ? options->strategy : "";
    if ((options->force || options->meta_only) && *text)
        return mb_fail(error, MB_E_CONFIG, "--strategy goes neither with --force nor with --meta_only");
    if (strcmp(text, "bulk_flush") == 0)
        return mb_fail(error, MB_E_UNSUPPORTED,
                       "--strategy bulk_flush is not available; serial_flush gives the same backup");
    if (options->meta_only || strcmp(text, "meta_only") == 0)
        *out = MB_STRATEGY_META_ONLY;
    else if (options->force || strcmp(text, "skip_flush") == 0)
        *out = MB_STRATEGY_SKIP_FLUSH;
    else
        *out = MB_STRATEGY_SERIAL_FLUSH;
    return MB_OK;
}

static const char *make_name(struct mb_arena *arena)
{
    int64_t now = mb_clock_wall();
    time_t seconds = (time_t)(now / MB_NS_PER_S);
    struct tm parts;
    char text[64];
    gmtime_r(&seconds, &parts);
    strftime(text, sizeof text, "backup_%Y_%m_%d_%H_%M_%S", &parts);
    return mb_arena_printf(arena, "%s_%lld", text, (long long)(now % MB_NS_PER_S));
}

static json_t *report_json(const struct mb_backup_options *options, const struct mb_backup_report *report,
                           double seconds)
{
    json_t *collections = json_array();
    for (size_t i = 0; i < report->count; i++) {
        const struct mb_backup_line *line = &report->lines[i];
        json_array_append_new(
            collections, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:f}", "database", line->db, "collection",
                                   line->collection, "rows", (json_int_t)line->rows, "segments",
                                   (json_int_t)line->segments, "objects", (json_int_t)line->objects, "bytes",
                                   (json_int_t)line->bytes, "seconds", (double)line->ns / 1e9));
    }
    return json_pack("{s:s, s:s, s:s, s:o, s:f}", "name", options->name, "id", options->id, "transfer",
                     report->transfer, "collections", collections, "seconds", seconds);
}

static mb_status tell(struct mb_context *context, const struct mb_backup_options *options,
                      const struct mb_backup_report *report, int64_t started, struct mb_error *error)
{
    double seconds = (double)(mb_clock_monotonic() - started) / 1e9;
    struct mb_summary_line *lines = mb_arena_alloc(context->arena, report->count, sizeof *lines);
    if (lines == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < report->count; i++) {
        const struct mb_backup_line *line = &report->lines[i];
        lines[i] = (struct mb_summary_line){
            .collection = mb_arena_printf(context->arena, "%s.%s", line->db, line->collection),
            .rows = line->rows,
            .segments = line->segments,
            .bytes = line->bytes,
            .ns = line->ns};
        if (lines[i].collection == NULL)
            return mb_fail_memory(error);
    }
    MB_TRY(mb_context_summary(context, lines, report->count, error));
    if (*report->transfer != '\0')
        mb_context_say(context, "objects were %s", report->transfer);
    if (context->global.json)
        return mb_context_json(context, report_json(options, report, seconds), error);
    fprintf(mb_context_out(context), "create backup success\nduration:%.2f s\n", seconds);
    return MB_OK;
}

static mb_status validate(const void *given, struct mb_arena *arena, struct mb_error *error)
{
    const struct options *options = given;
    struct mb_selection selection = {0};
    enum mb_backup_strategy strategy;
    if (options->name != NULL)
        MB_TRY(mb_cli_check_new_name(options->name, error));
    MB_TRY(select_collections(options, arena, &selection, error));
    return find_strategy(options, &strategy, error);
}

static mb_status run(struct mb_context *context, const void *given, struct mb_error *error)
{
    const struct options *options = given;
    const struct mb_config *config = context->config;
    const struct mb_config_storage_keys *keys = &config->milvus_storage.keys;
    int64_t started = mb_clock_monotonic();
    struct mb_selection selection = {0};
    struct mb_backup_report report;
    struct mb_backup_options create = {.name = options->name ? options->name : make_name(context->arena),
                                       .id = mb_cli_new_id(context->arena),
                                       .selection = &selection,
                                       .pause_gc = config->backup.gc_pause.enabled,
                                       .resume = options->resume,
                                       .parallel_collections = config->backup.collections};
    const struct mb_backup_env env = {
        .milvus = context->milvus,
        .milvus_store = context->milvus_store,
        .milvus_root = config->milvus_storage.prefix,
        .milvus_keys = {.address = keys->address, .bucket = keys->bucket, .root_path = keys->root_path},
        .backup_store = context->backup_store,
        .backup_root = config->backup_storage.prefix,
        .progress = &context->progress,
        .log = context->log};

    if (create.name == NULL || create.id == NULL)
        return mb_fail_memory(error);
    MB_TRY(select_collections(options, context->arena, &selection, error));
    MB_TRY(find_strategy(options, &create.strategy, error));
    create.transfer = mb_cli_transfer_options(config);
    MB_TRY(mb_backup_create(&env, &create, context->arena, &report, context->cancel, error));
    return tell(context, &create, &report, started, error);
}

const struct mb_command mb_command_create = {
    .name = "create",
    .summary = "Backs up collections",
    .description = "Flushes the collections, copies their data and writes the description last: a backup is "
                   "complete, or "
                   "list shows it as incomplete.",
    .example = "milvus-backup create -n my_backup -c coll",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .options_size = sizeof(struct options),
    .needs = MB_NEEDS_MILVUS_STORE | MB_NEEDS_BACKUP_STORE | MB_NEEDS_BUCKET | MB_NEEDS_MILVUS,
    .validate = validate,
    .run = run,
};
