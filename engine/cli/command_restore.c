/* restore: from a backup to a running Milvus. */
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/ezk_file.h"
#include "cli/restored.h"

struct options {
    const char *name;
    struct mb_strings collections, databases;
    const char *database_collections;
    const char *filter;
    const char *suffix;
    struct mb_strings renames;
    bool restore_index;
    bool rebuild_index;
    bool use_auto_index;
    bool drop_exist_collection;
    bool drop_first;
    bool drop_exist_index;
    bool skip_create_collection;
    bool load;
    bool rbac;
    bool meta_only;
    bool use_v2_restore;
    const char *until;
    const char *ezk_mapping;
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
     FIELD(collections),
     .argument = "COLLS",
     .help = "Only these collections of the backup: coll or db.coll, with commas between."},
    {.name = "databases",
     .letter = 'd',
     .type = MB_FLAG_CSV,
     FIELD(databases),
     .argument = "DBS",
     .help = "Only the collections of these databases of the backup."},
    {.name = "database_collections",
     .letter = 'a',
     .type = MB_FLAG_TEXT,
     FIELD(database_collections),
     .argument = "JSON",
     .help = "Only these collections of the backup by database: '{\"db1\":[\"c1\"],\"db2\":[]}'; an empty "
             "list is "
             "the whole database."},
    {.name = "filter",
     .type = MB_FLAG_TEXT,
     FIELD(filter),
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
    {.name = "load",
     .type = MB_FLAG_BOOL,
     FIELD(load),
     .help = "Load again what was loaded when it was backed up; its indexes are made for that."},
    {.name = "rbac",
     .type = MB_FLAG_BOOL,
     FIELD(rbac),
     .help = "Make the users, roles, grants and privilege groups of the backup that Milvus lacks, too."},
    {.name = "meta_only",
     .type = MB_FLAG_BOOL,
     FIELD(meta_only),
     .help = "Make databases, collections, partitions and indexes, but bring back no data."},
    {.name = "use_v2_restore",
     .type = MB_FLAG_BOOL,
     FIELD(use_v2_restore),
     .help = "Import over HTTP, many segments in one job (Milvus 2.4 and later)."},
    {.name = "until",
     .type = MB_FLAG_TEXT,
     FIELD(until),
     .argument = "TIME",
     .help = "Leave out rows and deletes that were written after this time, such as 2026-11-28T22:30:00Z."},
    {.name = "ezk_mapping",
     .type = MB_FLAG_TEXT,
     FIELD(ezk_mapping),
     .argument = "FILE",
     .help = "File with the keys to hand to Milvus for encrypted databases instead of the backup's: "
             "{\"db\": \"key\"}."},
};

static struct mb_restore_request request_of(const struct options *options)
{
    return (struct mb_restore_request){.struct_size = sizeof(struct mb_restore_request),
                                       .name = options->name,
                                       .filter = options->filter,
                                       .database_collections = options->database_collections,
                                       .collections = options->collections.items,
                                       .collection_count = options->collections.count,
                                       .databases = options->databases.items,
                                       .database_count = options->databases.count,
                                       .suffix = options->suffix,
                                       .rename = options->renames.items,
                                       .rename_count = options->renames.count,
                                       .restore_index = options->restore_index || options->rebuild_index,
                                       .use_auto_index = options->use_auto_index,
                                       .drop_exist_collection = options->drop_exist_collection,
                                       .drop_first = options->drop_first,
                                       .drop_exist_index = options->drop_exist_index,
                                       .skip_create_collection = options->skip_create_collection,
                                       .load = options->load,
                                       .rbac = options->rbac,
                                       .meta_only = options->meta_only,
                                       .use_import_jobs = options->use_v2_restore,
                                       .until = options->until};
}

static mb_status validate(const void *given, struct mb_arena *arena, struct mb_error *error)
{
    const struct mb_restore_request request = request_of(given);
    (void)arena;
    return mb_restore_check(&request, error);
}

static mb_status run(struct mb_context *context, const void *given, struct mb_error *error)
{
    struct mb_restore_request request = request_of(given);
    struct mb_task *task;
    MB_TRY(mb_ezk_file_read(((const struct options *)given)->ezk_mapping, context->arena, &request, error));
    MB_TRY(mb_restore_start(context->session, &request, &task, error));
    MB_TRY(mb_context_finish(context, task, error));
    const struct options *options = given;
    return mb_restored_tell(context, !options->meta_only, options->load, error);
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
    .needs = MB_NEEDS_CONFIG,
    .validate = validate,
    .run = run,
};
