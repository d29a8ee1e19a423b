/* transfer: a whole backup from one storage to another. */
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"

struct options {
    const char *name;
    const char *to;
    const char *from;
    bool take_over;
};

static const struct mb_flag flags[] = {
    {.name = "name",
     .letter = 'n',
     .type = MB_FLAG_TEXT,
     .flags = MB_FLAG_REQUIRED,
     .offset = offsetof(struct options, name),
     .argument = "NAME",
     .help = "Name of the backup."},
    {.name = "to",
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, to),
     .argument = "FILE",
     .help = "Configuration of the other side: the backup goes to where that one keeps its backups."},
    {.name = "from",
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, from),
     .argument = "FILE",
     .help = "Configuration of the other side: the backup comes from where that one keeps its backups."},
    {.name = "take_over",
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct options, take_over),
     .help = "Go on with an unfinished transfer of this backup even if another process seems to be working "
             "on it, which then fails."},
};

static json_t *result_json(const struct mb_transfer_result *made)
{
    return json_pack("{s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:f}", "name", mb_json_text(made->name),
                     "objects", (json_int_t)made->objects, "bytes", (json_int_t)made->bytes, "already_there",
                     (json_int_t)made->present, "checksums_verified", (json_int_t)made->verified,
                     "not_listed", (json_int_t)made->unlisted, "left_behind", (json_int_t)made->strays,
                     "transfer", made->how, "seconds", (double)made->ns / 1e9);
}

static void warn(struct mb_context *context, const struct mb_transfer_result *made)
{
    if (made->strays > 0)
        mb_context_warn(context, "%llu objects that are no part of the backup stay behind, the first is %s",
                        (unsigned long long)made->strays, made->first_stray);
    if (made->unlisted > 0)
        mb_context_warn(context,
                        "the listing of the source lacked %llu objects, which were found by name and copied",
                        (unsigned long long)made->unlisted);
}

static mb_status tell(struct mb_context *context, struct mb_error *error)
{
    struct mb_transfer_result made = {.struct_size = sizeof made};
    char size[32];
    MB_TRY(mb_task_transfer_result(context->task, &made, error));
    warn(context, &made);
    if (context->global.json)
        return mb_context_json(context, result_json(&made), error);
    mb_context_say(context, "%llu objects, %s, %s; %llu were there already, %llu checksums compared",
                   (unsigned long long)made.objects, mb_text_bytes(made.bytes, size, sizeof size), made.how,
                   (unsigned long long)made.present, (unsigned long long)made.verified);
    fprintf(mb_context_out(context), "transfer backup success\nduration:%.2f s\n", (double)made.ns / 1e9);
    return MB_OK;
}

static struct mb_transfer_request request_of(const struct options *options, struct mb_session *peer)
{
    return (struct mb_transfer_request){.struct_size = sizeof(struct mb_transfer_request),
                                        .name = options->name,
                                        .peer = peer,
                                        .from_peer = options->from != NULL,
                                        .take_over = options->take_over};
}

static mb_status validate(const void *given, struct mb_arena *arena, struct mb_error *error)
{
    const struct options *options = given;
    const struct mb_get_request name = {.struct_size = sizeof name, .name = options->name};
    (void)arena;
    if ((options->to != NULL) == (options->from != NULL))
        return mb_fail(error, MB_E_CONFIG,
                       "give --to FILE or --from FILE, the configuration of the other side");
    return mb_get_check(&name, error);
}

static mb_status run(struct mb_context *context, const void *given, struct mb_error *error)
{
    const struct options *options = given;
    struct mb_task *task;
    MB_TRY(mb_context_open_peer(context, options->to != NULL ? options->to : options->from, error));
    const struct mb_transfer_request request = request_of(options, context->peer);
    MB_TRY(mb_transfer_start(context->session, &request, &task, error));
    MB_TRY(mb_context_finish(context, task, error));
    return tell(context, error);
}

const struct mb_command mb_command_transfer = {
    .name = "transfer",
    .summary = "Moves a whole backup to another storage",
    .description = "Copies the backup between the storage of this configuration and that of another one, "
                   "whatever the two "
                   "are, and compares what arrived. Run it again to go on after an interruption.",
    .example = "milvus-backup transfer -n my_backup --to configs/other.yaml",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .options_size = sizeof(struct options),
    .needs = MB_NEEDS_CONFIG,
    .validate = validate,
    .run = run,
};
