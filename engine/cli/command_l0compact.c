/* l0compact: a backup once more, without L0 segments. */
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"

struct options {
    const char *name;
    const char *output;
    bool force, resume;
};

static const struct mb_flag flags[] = {
    {.name = "name",
     .letter = 'n',
     .type = MB_FLAG_TEXT,
     .flags = MB_FLAG_REQUIRED,
     .offset = offsetof(struct options, name),
     .argument = "NAME",
     .help = "The backup; it stays as it is."},
    {.name = "output",
     .letter = 'o',
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, output),
     .argument = "NAME",
     .help = "Name of the new backup; without it NAME_l0compacted."},
    {.name = "force",
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct options, force),
     .help = "Remove first what lies under the new name, unless somebody is making it."},
    {.name = "resume",
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct options, resume),
     .help = "Go on with an interrupted l0compact of the same backup to that name."},
};

static struct mb_compact_request request_of(const struct options *options)
{
    return (struct mb_compact_request){
        .struct_size = sizeof(struct mb_compact_request),
        .name = options->name,
        .output = options->output != NULL && *options->output != '\0' ? options->output : NULL,
        .force = options->force,
        .resume = options->resume};
}

static json_t *result_json(struct mb_context *context, const struct mb_compact_result *made)
{
    return json_pack("{s:o, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:f, s:o}", "name",
                     mb_json_text(made->name), "output", made->output, "id", made->id, "objects",
                     (json_int_t)made->objects, "bytes", (json_int_t)made->bytes, "l0_segments",
                     (json_int_t)made->folded, "delta_logs_added", (json_int_t)made->added, "bytes_added",
                     (json_int_t)made->added_bytes, "checksums_verified", (json_int_t)made->verified,
                     "transfer", made->how, "seconds", (double)made->ns / 1e9, "warnings",
                     mb_context_warnings_json(context));
}

static mb_status tell(struct mb_context *context, struct mb_error *error)
{
    struct mb_compact_result made = {.struct_size = sizeof made};
    char size[32], added[32];
    MB_TRY(mb_task_compact_result(context->task, &made, error));
    if (context->global.json)
        return mb_context_json(context, result_json(context, &made), error);
    mb_context_say(context, "%llu objects, %s, %s; of %llu L0 segments %llu delta logs were made, %s",
                   (unsigned long long)made.objects, mb_text_bytes(made.bytes, size, sizeof size), made.how,
                   (unsigned long long)made.folded, (unsigned long long)made.added,
                   mb_text_bytes(made.added_bytes, added, sizeof added));
    fprintf(mb_context_out(context), "l0compact done: %s -> %s\n", made.name, made.output);
    return MB_OK;
}

static mb_status validate(const void *given, struct mb_arena *arena, struct mb_error *error)
{
    const struct mb_compact_request request = request_of(given);
    (void)arena;
    return mb_compact_check(&request, error);
}

static mb_status run(struct mb_context *context, const void *given, struct mb_error *error)
{
    const struct mb_compact_request request = request_of(given);
    struct mb_task *task;
    MB_TRY(mb_compact_start(context->session, &request, &task, error));
    MB_TRY(mb_context_finish(context, task, error));
    return tell(context, error);
}

const struct mb_command mb_command_l0compact = {
    .name = "l0compact",
    .summary = "Copies a backup and gives the deletes of its L0 segments to the segments with rows",
    .description =
        "The new backup restores the same rows and has no L0 segments, so that a Milvus older than 2.4 can "
        "restore it, too. Each delta log of an L0 segment is copied to every segment that it can be about.",
    .example = "milvus-backup l0compact -n my_backup -o my_backup_plain",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .options_size = sizeof(struct options),
    .needs = MB_NEEDS_CONFIG,
    .validate = validate,
    .run = run,
};
