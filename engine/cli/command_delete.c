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

static struct mb_delete_request request_of(const struct delete_options *options)
{
    return (struct mb_delete_request){
        .struct_size = sizeof(struct mb_delete_request), .name = options->name, .force = options->force};
}

static mb_status validate(const void *given, struct mb_arena *arena, struct mb_error *error)
{
    const struct mb_delete_request request = request_of(given);
    (void)arena;
    return mb_delete_check(&request, error);
}

static mb_status run(struct mb_context *context, const void *given, struct mb_error *error)
{
    const struct mb_delete_request request = request_of(given);
    struct mb_delete_result gone = {.struct_size = sizeof gone};
    struct mb_task *task;
    MB_TRY(mb_delete_start(context->session, &request, &task, error));
    MB_TRY(mb_context_finish(context, task, error));
    MB_TRY(mb_task_delete_result(task, &gone, error));
    if (context->global.json)
        return mb_context_json(context,
                               json_pack("{s:o, s:b, s:I}", "name", mb_json_text(gone.name), "deleted", 1,
                                         "objects", (json_int_t)gone.objects),
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
    .needs = MB_NEEDS_CONFIG,
    .validate = validate,
    .run = run,
};
