#include "cli/command_config_show.h"
#include "cli/commands.h"
#include "cli/probe.h"

static json_t *side_json(const struct mb_config_storage *side, const struct mb_probe_listing *listing)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b}", "driver", side->driver, "bucket", side->bucket,
                     "root_path", side->root_path, "place", side->place, "lists_in_order", listing->in_order,
                     "lists_at_once", listing->at_once);
}

static json_t *steps_json(const struct mb_probe *probe)
{
    json_t *steps = json_array();

    for (size_t i = 0; i < probe->count; i++)
        json_array_append_new(steps, json_pack("{s:s, s:s, s:f}", "side", probe->steps[i].side, "operation",
                                               probe->steps[i].operation, "milliseconds",
                                               (double)probe->steps[i].ns / 1e6));
    return steps;
}

static json_t *check_json(const struct mb_context *context, const struct mb_probe *probe)
{
    return json_pack("{s:s, s:o, s:o, s:b, s:b, s:o, s:o}", "milvus_version",
                     mb_milvus_info(context->milvus)->version_text, "milvus_storage",
                     side_json(&context->config->milvus_storage, &probe->milvus_listing), "backup_storage",
                     side_json(&context->config->backup_storage, &probe->backup_listing), "milvus_root_empty",
                     probe->milvus_empty, "copied_in_service", probe->in_service, "probes", steps_json(probe),
                     "configuration", mb_configuration_json(context->config));
}

static mb_status print_steps(struct mb_context *context, const struct mb_probe *probe, FILE *out,
                             struct mb_error *error)
{
    static const char *const headings[] = {"SIDE", "OPERATION", "TIME"};
    static const bool numbers[] = {false, false, true};
    struct mb_table table;

    mb_table_init(&table, context->arena, headings, numbers, 3);
    for (size_t i = 0; i < probe->count; i++) {
        const char *time = mb_arena_printf(context->arena, "%.1f ms", (double)probe->steps[i].ns / 1e6);
        if (time == NULL)
            return mb_fail_memory(error);
        mb_table_add(&table, (const char *[]){probe->steps[i].side, probe->steps[i].operation, time});
    }
    return mb_table_print(&table, out, error);
}

static void print_sides(const struct mb_context *context, FILE *out)
{
    const struct mb_config_storage *milvus = &context->config->milvus_storage;
    const struct mb_config_storage *backup = &context->config->backup_storage;

    fputs("Succeed to connect to milvus and storage.\n", out);
    fprintf(out, "Milvus version: %s\n", mb_milvus_info(context->milvus)->version_text);
    fputs("Storage:\n", out);
    fprintf(out, "milvus-bucket: %s\nmilvus-rootpath: %s\n", milvus->bucket, milvus->root_path);
    fprintf(out, "backup-bucket: %s\nbackup-rootpath: %s\n\n", backup->bucket, backup->root_path);
}

static void print_listing(const char *side, const struct mb_probe_listing *listing, FILE *out)
{
    fprintf(out, "Listings of the %s storage come %s and show a write %s.\n", side,
            listing->in_order ? "in byte order" : "not in byte order (they are sorted where that matters)",
            listing->at_once ? "at once" : "late (what they lack is asked for by name)");
}

static void print_verdict(const struct mb_context *context, const struct mb_probe *probe, FILE *out)
{
    const struct mb_config_storage_keys *keys = &context->config->milvus_storage.keys;

    fputc('\n', out);
    print_listing("milvus", &probe->milvus_listing, out);
    print_listing("backup", &probe->backup_listing, out);
    fprintf(out, "Objects are copied %s.\n\n",
            probe->in_service ? "inside the storage service" : "through this program");
    if (!probe->milvus_empty) {
        fputs("Success!\n", out);
        return;
    }
    fputs("!!! Milvus root path is empty !!! \n"
          "Nothing lies where Milvus is said to keep its data.  If it holds any, a backup would miss it.\n",
          out);
    fprintf(out, "Compare %s and %s with the bucket name and root path in Milvus' own configuration.\n",
            keys->bucket, keys->root_path);
    fputs("If Milvus is new and nothing was ever flushed, all is well.\n", out);
}

static mb_status run(struct mb_context *context, const void *options, struct mb_error *error)
{
    struct mb_probe probe;

    (void)options;
    mb_progress_phase(&context->progress, "check");
    MB_TRY(mb_probe_run(context, &probe, error));
    if (context->global.json)
        return mb_context_json(context, check_json(context, &probe), error);
    FILE *out = mb_context_out(context);
    fputs("Configuration:\n", out);
    MB_TRY(mb_print_configuration(context->config, context->arena, out, error));
    fputc('\n', out);
    print_sides(context, out);
    MB_TRY(print_steps(context, &probe, out, error));
    print_verdict(context, &probe, out);
    return MB_OK;
}

const struct mb_command mb_command_check = {
    .name = "check",
    .summary = "Proves that Milvus and both storages can be used, and prints the configuration",
    .description =
        "Writes, reads, lists, copies and removes probe objects of one byte at most on both sides.",
    .example = "milvus-backup check",
    .needs = MB_NEEDS_MILVUS_STORE | MB_NEEDS_BACKUP_STORE | MB_NEEDS_FOLDER | MB_NEEDS_MILVUS,
    .run = run,
};
