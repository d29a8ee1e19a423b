/* config migrate: the configuration in the keys of schema v2. */
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/new_file.h"

#include <string.h>

struct options {
    const char *output;
    bool force;
    bool strict;
};

static const struct mb_flag flags[] = {
    {.name = "output",
     .letter = 'o',
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, output),
     .argument = "FILE",
     .help = "Where the new file goes; - is standard output, as is leaving it out."},
    {.name = "force",
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct options, force),
     .help = "Replaces the output file if there is one."},
    {.name = "strict",
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct options, strict),
     .help = "Fails, and writes nothing, when the new file would be refused."},
};

static bool to_file(const struct options *options)
{
    return options->output != NULL && *options->output != '\0' && strcmp(options->output, "-") != 0;
}

/* ------------------------------------------------------------------ report */

static mb_status say_report(struct mb_context *context, const struct mb_migration *migration,
                            const struct mb_migration_about *about, struct mb_error *error)
{
    if (about->warning_count + about->rename_count > 0)
        mb_context_say(context, "# migration report for %s", about->config_path);
    for (size_t i = 0; i < about->warning_count; i++)
        mb_context_warn(context, "%s", mb_migration_warning(migration, i));
    if (about->rename_count > 0)
        mb_context_say(context, "# environment variables that the new file is used with:");
    for (size_t i = 0; i < about->rename_count; i++) {
        struct mb_migration_name name = {.struct_size = sizeof name};
        MB_TRY(mb_migration_name_at(migration, i, &name, error));
        mb_context_say(context, "  %s -> %s", name.from, name.to);
    }
    return MB_OK;
}

static json_t *report_json(const struct mb_migration *migration, const struct mb_migration_about *about)
{
    json_t *warnings = json_array(), *names = json_array();

    for (size_t i = 0; i < about->warning_count; i++)
        json_array_append_new(warnings, mb_json_text(mb_migration_warning(migration, i)));
    for (size_t i = 0; i < about->rename_count; i++) {
        struct mb_migration_name name = {.struct_size = sizeof name};
        if (mb_migration_name_at(migration, i, &name, NULL) == MB_OK)
            json_array_append_new(names, json_pack("{s:s, s:s}", "from", name.from, "to", name.to));
    }
    return json_pack("{s:o, s:b, s:o, s:o}", "config", mb_json_text(about->config_path), "valid",
                     about->fault == NULL, "warnings", warnings, "renames", names);
}

/* ------------------------------------------------------------------ result */

static mb_status give_json(struct mb_context *context, const struct options *options,
                           const struct mb_migration *migration, const struct mb_migration_about *about,
                           struct mb_error *error)
{
    json_t *value = report_json(migration, about);
    const char *key = to_file(options) ? "output" : "text";

    json_object_set_new(value, key, mb_json_text(to_file(options) ? options->output : about->text));
    return mb_context_json(context, value, error);
}

static mb_status give(struct mb_context *context, const struct options *options,
                      const struct mb_migration *migration, struct mb_error *error)
{
    struct mb_migration_about about = {.struct_size = sizeof about};

    MB_TRY(mb_migration_about(migration, &about, error));
    if (!context->global.json)
        MB_TRY(say_report(context, migration, &about, error));
    if (options->strict && about.fault != NULL)
        return mb_fail(error, MB_E_CONFIG, "the new file would be refused: %s", about.fault);
    if (to_file(options))
        MB_TRY(mb_new_file_write(options->output, options->force, about.text, error));
    if (context->global.json)
        return give_json(context, options, migration, &about, error);
    if (to_file(options))
        mb_context_say(context, "wrote v2 config to %s", options->output);
    else
        fputs(about.text, mb_context_out(context));
    return MB_OK;
}

static mb_status run(struct mb_context *context, const void *given, struct mb_error *error)
{
    struct mb_migration *migration = NULL;

    if (context->global.sets.count > 0)
        mb_context_warn(context, "--set is ignored: what it says belongs to one run, not into a file");
    MB_TRY(mb_context_migrate(context, &migration, error));
    mb_status status = give(context, given, migration, error);
    mb_migration_free(migration);
    return status;
}

const struct mb_command mb_command_config_migrate = {
    .name = "config migrate",
    .summary = "Writes the configuration anew in the keys of schema v2",
    .description =
        "The new file does what the old one does, with the environment as it is: what that says is written "
        "down, but for secrets, whose variables are called otherwise with the new file. A report on standard "
        "error says which these are, what cannot be carried over, and why the new file would be refused. "
        "The file is readable by nobody else, since it holds the old one's secrets.",
    .example = "milvus-backup config migrate --config backup.yaml -o backup-v2.yaml\n"
               "milvus-backup config migrate --config backup.yaml -o backup.yaml --force --strict",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .options_size = sizeof(struct options),
    .run = run,
};
