/* transfer: a whole backup from one storage to another. */
#include "base/clock.h"
#include "cli/backup_name.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/copy_options.h"
#include "transfer/transfer.h"

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

static json_t *report_json(const char *name, const struct mb_transfer_report *report, double seconds)
{
    return json_pack("{s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:f}", "name", mb_json_text(name), "objects",
                     (json_int_t)report->objects, "bytes", (json_int_t)report->bytes, "already_there",
                     (json_int_t)report->present, "checksums_verified", (json_int_t)report->verified,
                     "not_listed", (json_int_t)report->unlisted, "left_behind", (json_int_t)report->strays,
                     "transfer", report->how, "seconds", seconds);
}

static void warn(struct mb_context *context, const struct mb_transfer_report *report)
{
    if (report->strays > 0)
        mb_context_warn(context, "%llu objects that are no part of the backup stay behind, the first is %s",
                        (unsigned long long)report->strays, report->first_stray);
    if (report->unlisted > 0)
        mb_context_warn(context,
                        "the listing of the source lacked %llu objects, which were found by name and copied",
                        (unsigned long long)report->unlisted);
}

static mb_status tell(struct mb_context *context, const char *name, const struct mb_transfer_report *report,
                      int64_t ns, struct mb_error *error)
{
    char size[32];
    warn(context, report);
    if (context->global.json)
        return mb_context_json(context, report_json(name, report, (double)ns / 1e9), error);
    mb_context_say(context, "%llu objects, %s, %s; %llu were there already, %llu checksums compared",
                   (unsigned long long)report->objects, mb_text_bytes(report->bytes, size, sizeof size),
                   report->how, (unsigned long long)report->present, (unsigned long long)report->verified);
    fprintf(mb_context_out(context), "transfer backup success\nduration:%.2f s\n", (double)ns / 1e9);
    return MB_OK;
}

static mb_status validate(const void *given, struct mb_arena *arena, struct mb_error *error)
{
    const struct options *options = given;
    (void)arena;
    if ((options->to != NULL) == (options->from != NULL))
        return mb_fail(error, MB_E_CONFIG,
                       "give --to FILE or --from FILE, the configuration of the other side");
    return mb_cli_check_name(options->name, error);
}

static mb_status run(struct mb_context *context, const void *given, struct mb_error *error)
{
    const struct options *options = given;
    const struct mb_config *config = context->config;
    bool away = options->to != NULL;
    int64_t started = mb_clock_monotonic();
    struct mb_context_peer peer;
    struct mb_transfer_report report = {0};

    MB_TRY(mb_context_open_peer(context, away ? options->to : options->from, away ? MB_NEEDS_BUCKET : 0,
                                &peer, error));
    const struct mb_catalog own = {
        .storage = context->backup_store, .root = config->backup_storage.prefix, .log = context->log};
    const struct mb_catalog other = {
        .storage = peer.backup_store, .root = peer.config->backup_storage.prefix, .log = context->log};
    const struct mb_transfer transfer = {.from = away ? own : other,
                                         .to = away ? other : own,
                                         .name = options->name,
                                         .take_over = options->take_over,
                                         .copy = mb_cli_copy_options(config),
                                         .progress = &context->progress,
                                         .log = context->log};
    mb_status status = mb_transfer(&transfer, &report, context->cancel, error);
    mb_context_close_peer(&peer);
    return status < 0 ? status : tell(context, options->name, &report, mb_clock_monotonic() - started, error);
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
    .needs = MB_NEEDS_BACKUP_STORE | MB_NEEDS_BUCKET,
    .validate = validate,
    .run = run,
};
