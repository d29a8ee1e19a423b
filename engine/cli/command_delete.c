#include "catalog/catalog.h"
#include "cli/backup_name.h"
#include "cli/commands.h"
#include "cli/context.h"

struct delete_options {
    const char *name;
    bool force;
};

static const struct mb_flag flags[] = {
    {.name = "name",
     .letter = 'n',
     .type = MB_FLAG_TEXT,
     .flags = MB_FLAG_REQUIRED,
     .offset = offsetof(struct delete_options, name),
     .argument = "NAME",
     .help = "The backup."},
    {.name = "force",
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct delete_options, force),
     .help = "Even if somebody is making it at this moment, whose create then fails."},
};

static mb_status validate(const void *given, struct mb_arena *arena, struct mb_error *error)
{
    const struct delete_options *options = given;
    (void)arena;
    return mb_cli_check_name(options->name, error);
}

static mb_status run(struct mb_context *context, const void *data, struct mb_error *error)
{
    const struct delete_options *options = data;
    struct mb_catalog catalog = {.storage = context->backup_store,
                                 .root = context->config->backup_storage.prefix,
                                 .log = context->log};
    uint64_t removed = 0;
    if (context->backup_store == NULL)
        return mb_fail(error, MB_E_NOT_FOUND, "backup %s not found", options->name);
    MB_TRY(mb_catalog_delete(&catalog, options->name, options->force, &removed, context->cancel, error));
    if (context->global.json)
        return mb_context_json(context,
                               json_pack("{s:o, s:b, s:I}", "name", mb_json_text(options->name), "deleted", 1,
                                         "objects", (json_int_t)removed),
                               error);
    /* Scripts look for "success", as old versions of the Go program said, or for "delete backup done". */
    fputs("delete backup done: success\n", mb_context_out(context));
    return MB_OK;
}

const struct mb_command mb_command_delete = {
    .name = "delete",
    .summary = "Deletes a backup, complete or not",
    .description =
        "Everything below the backup's folder is removed, unfinished uploads too. A folder that holds "
        "something else than a backup is left alone, and so is a backup that is being made.",
    .example = "milvus-backup delete -n my_backup",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .options_size = sizeof(struct delete_options),
    .needs = MB_NEEDS_BACKUP_STORE | MB_MAY_LACK_FOLDER,
    .validate = validate,
    .run = run,
};
