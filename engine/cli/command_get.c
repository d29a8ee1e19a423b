#include "cli/commands.h"
#include "cli/context.h"

struct get_options {
    const char *name;
    bool detail;
};

static const struct mb_flag flags[] = {
    {.name = "name",
     .letter = 'n',
     .type = MB_FLAG_TEXT,
     .flags = MB_FLAG_REQUIRED,
     .offset = offsetof(struct get_options, name),
     .argument = "NAME",
     .help = "The backup."},
    {.name = "detail",
     .letter = 'd',
     .offset = offsetof(struct get_options, detail),
     .help = "With partitions, segments and binlogs."},
};

enum { INDENT = 4 };

static mb_status write_out(void *ctx, const void *data, size_t len)
{
    return fwrite(data, 1, len, ctx) == len ? MB_OK : MB_E_CALLBACK;
}

static struct mb_get_request request_of(const struct get_options *options)
{
    return (struct mb_get_request){.struct_size = sizeof(struct mb_get_request),
                                   .name = options->name,
                                   .detail = options->detail,
                                   .indent = INDENT};
}

static mb_status validate(const void *given, struct mb_arena *arena, struct mb_error *error)
{
    const struct mb_get_request request = request_of(given);
    (void)arena;
    return mb_get_check(&request, error);
}

/* The description is JSON with and without --json. */
static mb_status run(struct mb_context *context, const void *given, struct mb_error *error)
{
    const struct mb_get_request request = request_of(given);
    FILE *out = mb_context_out(context);
    const struct mb_sink sink = {.struct_size = sizeof sink, .write = write_out, .ctx = out};
    MB_TRY(mb_session_get(context->session, &request, &sink, error));
    fputc('\n', out);
    return MB_OK;
}

const struct mb_command mb_command_get = {
    .name = "get",
    .summary = "Prints the description of a backup as JSON",
    .example = "milvus-backup get -n my_backup\nmilvus-backup get -n my_backup --detail",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .options_size = sizeof(struct get_options),
    .needs = MB_NEEDS_CONFIG,
    .validate = validate,
    .run = run,
};
