/* create: from a running Milvus to a backup. */
#include "cli/commands.h"
#include "cli/context.h"

#include <string.h>

struct options {
    const char *name;
    struct mb_strings collections, databases;
    const char *database_collections;
    const char *filter;
    const char *strategy;
    const char *format;
    bool force;
    bool meta_only;
    bool rbac;
    bool resume;
    bool take_over;
    bool index_extra;
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
             "itself, or copy no data."},
    {.name = "format",
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, format),
     .argument = "FORMAT",
     .choices = "auto|binlog|snapshot",
     .help =
         "Who writes the data: Milvus, as a snapshot of each collection (3.0 and later, object storage), or "
         "this program, by copying binlogs. auto (the default) has snapshots where they can be."},
    {.name = "force",
     .letter = 'f',
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct options, force),
     .help = "The same as --strategy skip_flush."},
    {.name = "meta_only",
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct options, meta_only),
     .help = "The same as --strategy meta_only."},
    {.name = "rbac",
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct options, rbac),
     .help = "Users (their passwords hashed), roles, grants and privilege groups of Milvus, too."},
    {.name = "backup_index_extra",
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct options, index_extra),
     .help = "Also what only Milvus' etcd knows of indexes, and the field of dynamic values: "
             "milvus.etcd.endpoints has to be right."},
    {.name = "resume",
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct options, resume),
     .help = "Go on with a backup of this name that was interrupted; what it has copied is kept."},
    {.name = "take_over",
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct options, take_over),
     .help = "With --resume: even if another process seems to be working on it, which then fails."},
};

/* --strategy counts before the two older flags. */
static int32_t find_strategy(const struct options *options)
{
    static const struct {
        const char *name;
        int32_t strategy;
    } names[] = {{"meta_only", MB_CREATE_META_ONLY},
                 {"skip_flush", MB_CREATE_SKIP_FLUSH},
                 {"serial_flush", MB_CREATE_SERIAL_FLUSH},
                 {"bulk_flush", MB_CREATE_BULK_FLUSH}};
    const char *text = options->strategy != NULL ? options->strategy : "";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i].name) == 0)
            return names[i].strategy;
    return options->meta_only ? MB_CREATE_META_ONLY
           : options->force   ? MB_CREATE_SKIP_FLUSH
                              : MB_CREATE_DEFAULT;
}

static int32_t find_format(const struct options *options)
{
    const char *text = options->format != NULL ? options->format : "";
    return strcmp(text, "binlog") == 0     ? MB_FORMAT_BINLOG
           : strcmp(text, "snapshot") == 0 ? MB_FORMAT_SNAPSHOT
                                           : MB_FORMAT_AUTO;
}

static void warn_of_strategy(struct mb_context *context, const struct options *options)
{
    int32_t strategy = find_strategy(options);
    if (options->strategy == NULL || *options->strategy == '\0')
        return;
    if (options->force && strategy != MB_CREATE_SKIP_FLUSH)
        mb_context_warn(context, "--force is ignored beside --strategy %s", options->strategy);
    if (options->meta_only && strategy != MB_CREATE_META_ONLY)
        mb_context_warn(context, "--meta_only is ignored beside --strategy %s", options->strategy);
}

static struct mb_create_request request_of(const struct options *options)
{
    return (struct mb_create_request){.struct_size = sizeof(struct mb_create_request),
                                      .name = options->name,
                                      .filter = options->filter,
                                      .database_collections = options->database_collections,
                                      .collections = options->collections.items,
                                      .collection_count = options->collections.count,
                                      .databases = options->databases.items,
                                      .database_count = options->databases.count,
                                      .strategy = find_strategy(options),
                                      .rbac = options->rbac,
                                      .index_extra = options->index_extra,
                                      .resume = options->resume,
                                      .take_over = options->take_over,
                                      .format = find_format(options)};
}

static json_t *collections_json(struct mb_task *task)
{
    json_t *collections = json_array();
    for (size_t i = 0; i < mb_task_collection_count(task); i++) {
        struct mb_task_collection row = {.struct_size = sizeof row};
        if (mb_task_collection_at(task, i, &row, NULL) == MB_OK)
            json_array_append_new(
                collections, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:f}", "database", row.db,
                                       "collection", row.name, "rows", (json_int_t)row.rows, "segments",
                                       (json_int_t)row.segments, "objects", (json_int_t)row.objects, "bytes",
                                       (json_int_t)row.bytes_total, "seconds", (double)row.ns / 1e9));
    }
    return collections;
}

static json_t *result_json(struct mb_context *context, const struct mb_create_result *made)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:f, s:o}", "name", made->name, "id", made->id,
                     "transfer", made->how, "collections", collections_json(context->task), "users",
                     (json_int_t)made->users, "roles", (json_int_t)made->roles, "grants",
                     (json_int_t)made->grants, "privilege_groups", (json_int_t)made->privilege_groups,
                     "seconds", (double)made->ns / 1e9, "warnings", mb_context_warnings_json(context));
}

static mb_status tell(struct mb_context *context, const struct options *options, struct mb_error *error)
{
    struct mb_create_result made = {.struct_size = sizeof made};
    MB_TRY(mb_task_create_result(context->task, &made, error));
    double seconds = (double)made.ns / 1e9;
    MB_TRY(mb_context_summary(context, true, error));
    if (*made.how != '\0')
        mb_context_say(context, "objects were %s", made.how);
    if (options->rbac)
        mb_context_say(context, "users: %llu, roles: %llu, grants: %llu, privilege groups: %llu",
                       (unsigned long long)made.users, (unsigned long long)made.roles,
                       (unsigned long long)made.grants, (unsigned long long)made.privilege_groups);
    if (context->global.json)
        return mb_context_json(context, result_json(context, &made), error);
    fprintf(mb_context_out(context), "create backup success\nduration:%.2f s\n", seconds);
    return MB_OK;
}

static mb_status validate(const void *given, struct mb_arena *arena, struct mb_error *error)
{
    const struct mb_create_request request = request_of(given);
    (void)arena;
    return mb_create_check(&request, error);
}

static mb_status run(struct mb_context *context, const void *given, struct mb_error *error)
{
    const struct mb_create_request request = request_of(given);
    struct mb_task *task;
    warn_of_strategy(context, given);
    MB_TRY(mb_create_start(context->session, &request, &task, error));
    MB_TRY(mb_context_finish(context, task, error));
    return tell(context, given, error);
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
    .needs = MB_NEEDS_CONFIG,
    .validate = validate,
    .run = run,
};
