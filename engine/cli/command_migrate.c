/* migrate: a backup into a cluster of Zilliz Cloud. */
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"

struct options {
    const char *name;
    const char *cluster_id;
    const char *volume;
};

static const struct mb_flag flags[] = {
    {.name = "name",
     .letter = 'n',
     .type = MB_FLAG_TEXT,
     .flags = MB_FLAG_REQUIRED,
     .offset = offsetof(struct options, name),
     .argument = "NAME",
     .help = "Name of the backup."},
    {.name = "cluster_id",
     .letter = 'c',
     .type = MB_FLAG_TEXT,
     .flags = MB_FLAG_REQUIRED,
     .offset = offsetof(struct options, cluster_id),
     .argument = "ID",
     .help = "Id of the cluster, from the cloud's console."},
    {.name = "volume",
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, volume),
     .argument = "NAME",
     .help = "Volume of the cloud that takes the upload; without it the cloud makes one for a while. Give it "
             "again to go on after an interruption."},
};

static struct mb_migrate_request request_of(const struct options *options)
{
    return (struct mb_migrate_request){.struct_size = sizeof(struct mb_migrate_request),
                                       .name = options->name,
                                       .cluster_id = options->cluster_id,
                                       .volume = options->volume};
}

static json_t *result_json(struct mb_context *context, const struct mb_migrate_result *made)
{
    return json_pack("{s:o, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:f, s:o}", "name",
                     mb_json_text(made->name), "cluster_id", made->cluster_id, "volume", made->volume, "path",
                     made->path, "job_id", made->job_id, "objects", (json_int_t)made->objects, "bytes",
                     (json_int_t)made->bytes, "already_there", (json_int_t)made->present,
                     "checksums_verified", (json_int_t)made->verified, "credentials_renewed",
                     (json_int_t)made->renewals, "left_behind", (json_int_t)made->strays, "transfer",
                     made->how, "seconds", (double)made->ns / 1e9, "warnings",
                     mb_context_warnings_json(context));
}

static mb_status tell(struct mb_context *context, struct mb_error *error)
{
    struct mb_migrate_result made = {.struct_size = sizeof made};
    char size[32];
    MB_TRY(mb_task_migrate_result(context->task, &made, error));
    if (context->global.json)
        return mb_context_json(context, result_json(context, &made), error);
    mb_context_say(context, "%llu objects, %s, %s, in volume %s at %s; %llu were there already",
                   (unsigned long long)made.objects, mb_text_bytes(made.bytes, size, sizeof size), made.how,
                   made.volume, made.path, (unsigned long long)made.present);
    fprintf(mb_context_out(context),
            "Successfully triggered migration with backup name: %s target cluster: %s \n"
            "migration job id: %s. \n"
            "You can check the progress of the migration job in Zilliz Cloud console.\n",
            made.name, made.cluster_id, made.job_id);
    return MB_OK;
}

static mb_status validate(const void *given, struct mb_arena *arena, struct mb_error *error)
{
    const struct mb_migrate_request request = request_of(given);
    (void)arena;
    return mb_migrate_check(&request, error);
}

static mb_status run(struct mb_context *context, const void *given, struct mb_error *error)
{
    const struct mb_migrate_request request = request_of(given);
    struct mb_task *task;
    MB_TRY(mb_migrate_start(context->session, &request, &task, error));
    MB_TRY(mb_context_finish(context, task, error));
    return tell(context, error);
}

const struct mb_command mb_command_migrate = {
    .name = "migrate",
    .summary = "Brings a backup into a cluster of Zilliz Cloud",
    .description =
        "Uploads the backup into a volume of the cloud and has the cloud begin to migrate it; the cloud's "
        "console shows how that goes. The API key is in the configuration.",
    .example = "milvus-backup migrate -n my_backup -c in01-0123456789abcde",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .options_size = sizeof(struct options),
    .needs = MB_NEEDS_CONFIG,
    .validate = validate,
    .run = run,
};
