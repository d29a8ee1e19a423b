#include "cli/command_config_show.h"
#include "cli/commands.h"

static json_t *side_json(const struct mb_check_side *side)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b}", "driver", side->driver, "bucket", side->bucket,
                     "root_path", side->root_path, "place", side->place, "lists_in_order",
                     side->lists_in_order, "lists_at_once", side->lists_at_once);
}

/* All that was found, copied out of the library's handle. */
struct findings {
    const struct mb_check *check;
    struct mb_check_result result;
    struct mb_check_side milvus, backup;
};

static mb_status take(const struct mb_check *check, struct findings *out, struct mb_error *error)
{
    *out = (struct findings){.check = check,
                             .result.struct_size = sizeof out->result,
                             .milvus.struct_size = sizeof out->milvus,
                             .backup.struct_size = sizeof out->backup};
    MB_TRY(mb_check_result(check, &out->result, error));
    MB_TRY(mb_check_side(check, MB_SIDE_MILVUS, &out->milvus, error));
    return mb_check_side(check, MB_SIDE_BACKUP, &out->backup, error);
}

static json_t *steps_json(const struct findings *found)
{
    json_t *steps = json_array();
    for (size_t i = 0; i < found->result.step_count; i++) {
        struct mb_check_step step = {.struct_size = sizeof step};
        if (mb_check_step(found->check, i, &step, NULL) == MB_OK)
            json_array_append_new(steps, json_pack("{s:s, s:s, s:f}", "side", step.side, "operation",
                                                   step.operation, "milliseconds", (double)step.ns / 1e6));
    }
    return steps;
}

static json_t *check_json(struct mb_context *context, const struct findings *found)
{
    return json_pack("{s:s, s:o, s:o, s:b, s:b, s:o, s:o}", "milvus_version", found->result.milvus_version,
                     "milvus_storage", side_json(&found->milvus), "backup_storage", side_json(&found->backup),
                     "milvus_root_empty", found->result.milvus_empty, "copied_in_service",
                     found->result.copied_in_service, "probes", steps_json(found), "configuration",
                     mb_configuration_json(context));
}

static mb_status print_steps(struct mb_context *context, const struct findings *found, FILE *out,
                             struct mb_error *error)
{
    static const char *const headings[] = {"SIDE", "OPERATION", "TIME"};
    static const bool numbers[] = {false, false, true};
    struct mb_table table;

    mb_table_init(&table, context->arena, headings, numbers, 3);
    for (size_t i = 0; i < found->result.step_count; i++) {
        struct mb_check_step step = {.struct_size = sizeof step};
        MB_TRY(mb_check_step(found->check, i, &step, error));
        const char *time = mb_arena_printf(context->arena, "%.1f ms", (double)step.ns / 1e6);
        if (time == NULL)
            return mb_fail_memory(error);
        mb_table_add(&table, (const char *[]){step.side, step.operation, time});
    }
    return mb_table_print(&table, out, error);
}

static void print_sides(const struct findings *found, FILE *out)
{
    fputs("Succeed to connect to milvus and storage.\n", out);
    fprintf(out, "Milvus version: %s\n", found->result.milvus_version);
    fputs("Storage:\n", out);
    fprintf(out, "milvus-bucket: %s\nmilvus-rootpath: %s\n", found->milvus.bucket, found->milvus.root_path);
    fprintf(out, "backup-bucket: %s\nbackup-rootpath: %s\n\n", found->backup.bucket, found->backup.root_path);
}

static void print_listing(const char *name, const struct mb_check_side *side, FILE *out)
{
    fprintf(out, "Listings of the %s storage come %s and show a write %s.\n", name,
            side->lists_in_order ? "in byte order" : "not in byte order (they are sorted where that matters)",
            side->lists_at_once ? "at once" : "late (what they lack is asked for by name)");
}

static void print_verdict(const struct findings *found, FILE *out)
{
    fputc('\n', out);
    print_listing("milvus", &found->milvus, out);
    print_listing("backup", &found->backup, out);
    fprintf(out, "Objects are copied %s.\n\n",
            found->result.copied_in_service ? "inside the storage service" : "through this program");
    if (!found->result.milvus_empty) {
        fputs("Success!\n", out);
        return;
    }
    fputs("!!! Milvus root path is empty !!! \n"
          "Nothing lies where Milvus is said to keep its data.  If it holds any, a backup would miss it.\n",
          out);
    fprintf(out, "Compare %s and %s with the bucket name and root path in Milvus' own configuration.\n",
            found->milvus.bucket_key, found->milvus.root_path_key);
    fputs("If Milvus is new and nothing was ever flushed, all is well.\n", out);
}

static mb_status print(struct mb_context *context, const struct findings *found, struct mb_error *error)
{
    FILE *out = mb_context_out(context);
    fputs("Configuration:\n", out);
    MB_TRY(mb_print_configuration(context, out, error));
    fputc('\n', out);
    print_sides(found, out);
    MB_TRY(print_steps(context, found, out, error));
    print_verdict(found, out);
    return MB_OK;
}

static mb_status tell(struct mb_context *context, const struct mb_check *check, struct mb_error *error)
{
    struct findings found;
    MB_TRY(take(check, &found, error));
    if (*found.result.refusal != '\0')
        mb_context_warn(context, "objects will pass through this program: %s", found.result.refusal);
    if (context->global.json)
        return mb_context_json(context, check_json(context, &found), error);
    return print(context, &found, error);
}

static mb_status run(struct mb_context *context, const void *options, struct mb_error *error)
{
    struct mb_check *check;

    (void)options;
    MB_TRY(mb_session_check(context->session, &check, error));
    mb_status status = tell(context, check, error);
    mb_check_free(check);
    return status;
}

const struct mb_command mb_command_check = {
    .name = "check",
    .summary = "Proves that Milvus and both storages can be used, and prints the configuration",
    .description =
        "Writes, reads, lists, copies and removes probe objects of one byte at most on both sides.",
    .example = "milvus-backup check",
    .needs = MB_NEEDS_CONFIG,
    .run = run,
};
