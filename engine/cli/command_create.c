/* create: from a running Milvus to a backup. */
#include "backup/backup.h"
#include "base/clock.h"
#include "cli/backup_name.h"
#include "cli/choice.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/copy_options.h"
#include "cli/id.h"

#include <string.h>
#include <time.h>

struct options {
    const char *name;
    struct mb_choice choice;
    const char *strategy;
    bool force;
    bool meta_only;
    bool resume;
    bool take_over;
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
     .offset = offsetof(struct options, choice.collections),
     .argument = "COLLS",
     .help = "Only these collections: coll or db.coll, with commas between."},
    {.name = "databases",
     .letter = 'd',
     .type = MB_FLAG_CSV,
     .offset = offsetof(struct options, choice.databases),
     .argument = "DBS",
     .help = "Only the collections of these databases."},
    {.name = "database_collections",
     .letter = 'a',
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, choice.database_collections),
     .argument = "JSON",
     .help = "Only these collections by database: '{\"db1\":[\"c1\"],\"db2\":[]}'; an empty list is the "
             "whole database."},
    {.name = "filter",
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, choice.filter),
     .argument = "FILTER",
     .help = "Only what matches: coll, db.coll, db.* or db. (the database alone), with commas between."},
    {.name = "strategy",
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, strategy),
     .argument = "STRATEGY",
     .choices = "meta_only|skip_flush|bulk_flush|serial_flush",
     .help = "What to do before copying: flush (the default), or copy only what Milvus has written out by "
             "itself, or copy no data."},
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
    {.name = "take_over",
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct options, take_over),
     .help = "With --resume: even if another process seems to be working on it, which then fails."},
};

static const struct mb_choice_rules choice_rules = {.collections_flag = "--colls"};

/* --strategy counts before the two older flags. */
static enum mb_backup_strategy find_strategy(const struct options *options)
{
    const char *text = options->strategy ? options->strategy : "";
    if (strcmp(text, "meta_only") == 0 || (*text == '\0' && options->meta_only))
        return MB_STRATEGY_META_ONLY;
    if (strcmp(text, "skip_flush") == 0 || (*text == '\0' && options->force))
        return MB_STRATEGY_SKIP_FLUSH;
    return MB_STRATEGY_SERIAL_FLUSH;
}

static void warn_of_strategy(struct mb_context *context, const struct options *options)
{
    enum mb_backup_strategy strategy = find_strategy(options);
    if (options->strategy == NULL || *options->strategy == '\0')
        return;
    if (strcmp(options->strategy, "bulk_flush") == 0)
        mb_context_warn(context,
                        "--strategy bulk_flush is done as serial_flush: collections are flushed one by "
                        "one, and the backup is the same");
    if (options->force && strategy != MB_STRATEGY_SKIP_FLUSH)
        mb_context_warn(context, "--force is ignored beside --strategy %s", options->strategy);
    if (options->meta_only && strategy != MB_STRATEGY_META_ONLY)
        mb_context_warn(context, "--meta_only is ignored beside --strategy %s", options->strategy);
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
    json_t *warnings = json_array();
    for (size_t i = 0; i < report->warnings.count; i++)
        json_array_append_new(warnings, mb_json_text(report->warnings.items[i]));
    return json_pack("{s:s, s:s, s:s, s:o, s:f, s:o}", "name", options->name, "id", options->id, "transfer",
                     report->how, "collections", collections, "seconds", seconds, "warnings", warnings);
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
    for (size_t i = 0; i < report->warnings.count; i++)
        mb_context_warn(context, "%s", report->warnings.items[i]);
    if (*report->how != '\0')
        mb_context_say(context, "objects were %s", report->how);
    if (context->global.json)
        return mb_context_json(context, report_json(options, report, seconds), error);
    fprintf(mb_context_out(context), "create backup success\nduration:%.2f s\n", seconds);
    return MB_OK;
}

static mb_status validate(const void *given, struct mb_arena *arena, struct mb_error *error)
{
    const struct options *options = given;
    struct mb_selection selection = {0};
    const char *ignored;
    if (options->name != NULL)
        MB_TRY(mb_cli_check_new_name(options->name, error));
    return mb_choice_select(&options->choice, &choice_rules, arena, &selection, &ignored, error);
}

static mb_status run(struct mb_context *context, const void *given, struct mb_error *error)
{
    const struct options *options = given;
    const struct mb_config *config = context->config;
    const struct mb_config_storage_keys *keys = &config->milvus_storage.keys;
    int64_t started = mb_clock_monotonic();
    struct mb_selection selection = {0};
    const char *ignored;
    struct mb_backup_report report;
    struct mb_backup_options create = {.name = options->name ? options->name : make_name(context->arena),
                                       .id = mb_cli_new_id(context->arena),
                                       .selection = &selection,
                                       .strategy = find_strategy(options),
                                       .pause_gc = config->backup.gc_pause.enabled,
                                       .resume = options->resume,
                                       .take_over = options->take_over,
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
    MB_TRY(mb_choice_select(&options->choice, &choice_rules, context->arena, &selection, &ignored, error));
    mb_choice_warn(context, ignored);
    warn_of_strategy(context, options);
    create.copy = mb_cli_copy_options(config);
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
