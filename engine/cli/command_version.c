#include "base/version.h"
#include "cli/commands.h"
#include "cli/context.h"

static mb_status run(struct mb_context *context, const void *options, struct mb_error *error)
{
    (void)options;
    if (context->global.json)
        return mb_context_json(context,
                               json_pack("{s:s, s:{s:i, s:i}}", "version", mb_program_version(), "driver_abi",
                                         "major", MB_STORAGE_ABI_MAJOR, "minor", MB_STORAGE_ABI_MINOR),
                               error);
    FILE *out = mb_context_out(context);
    fprintf(out, "milvus-backup version %s\n", mb_program_version());
    fprintf(out, "storage driver ABI %d.%d\n", MB_STORAGE_ABI_MAJOR, MB_STORAGE_ABI_MINOR);
    return MB_OK;
}

const struct mb_command mb_command_version = {
    .name = "version",
    .summary = "Prints the version of the program and of its driver interface",
    .example = "milvus-backup version",
    .run = run,
};
