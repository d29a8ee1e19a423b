/* restore secondary: from a backup to a cluster that is to be replicated to. */
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/restored.h"

struct options {
    const char *name;
    const char *source, *target;
};

#define FIELD(member) .offset = offsetof(struct options, member)

static const struct mb_flag flags[] = {
    {.name = "name",
     .letter = 'n',
     .type = MB_FLAG_TEXT,
     .flags = MB_FLAG_REQUIRED,
     FIELD(name),
     .argument = "NAME",
     .help = "Name of the backup: of the whole source, made with --strategy bulk_flush."},
    {.name = "source_cluster_id",
     .type = MB_FLAG_TEXT,
     .flags = MB_FLAG_REQUIRED,
     FIELD(source),
     .argument = "ID",
     .help = "The cluster that the backup was made of, as the replicate configuration calls it."},
    {.name = "target_cluster_id",
     .type = MB_FLAG_TEXT,
     .flags = MB_FLAG_REQUIRED,
     FIELD(target),
     .argument = "ID",
     .help = "The cluster that is restored to, likewise; it is the one of the configuration file."},
};

static struct mb_restore_secondary_request request_of(const struct options *options)
{
    return (struct mb_restore_secondary_request){.struct_size = sizeof(struct mb_restore_secondary_request),
                                                 .name = options->name,
                                                 .source_cluster = options->source,
                                                 .target_cluster = options->target};
}

static mb_status validate(const void *given, struct mb_arena *arena, struct mb_error *error)
{
    const struct mb_restore_secondary_request request = request_of(given);
    (void)arena;
    return mb_restore_secondary_check(&request, error);
}

static mb_status run(struct mb_context *context, const void *given, struct mb_error *error)
{
    const struct mb_restore_secondary_request request = request_of(given);
    struct mb_task *task;
    MB_TRY(mb_restore_secondary_start(context->session, &request, &task, error));
    MB_TRY(mb_context_finish(context, task, error));
    return mb_restored_tell(context, true, true, error);
}

const struct mb_command mb_command_restore_secondary = {
    .name = "restore secondary",
    .summary = "Fills an empty secondary of a replication from a backup",
    .description =
        "Says to the cluster, in place of its source, all that has led to what the backup holds; the "
        "source's replication goes on behind it. Both clusters have to know each other by their "
        "replicate configuration, and the secondary must not have taken anything yet.",
    .example = "milvus-backup restore secondary -n my_backup --source_cluster_id a --target_cluster_id "
               "b",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .options_size = sizeof(struct options),
    .needs = MB_NEEDS_CONFIG,
    .validate = validate,
    .run = run,
};
