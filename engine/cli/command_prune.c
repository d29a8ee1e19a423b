/* prune: old backups go, by rules that say what stays. */
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/moment.h"

struct options {
    const char *last, *daily, *weekly, *monthly, *within;
    const char *name;
    const char *timezone;
    bool yes;
};

static const struct mb_flag flags[] = {
    {.name = "keep-last",
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, last),
     .argument = "N",
     .help = "Keeps the last N backups."},
    {.name = "keep-daily",
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, daily),
     .argument = "N",
     .help = "Keeps the last backup of each of the last N days that have one."},
    {.name = "keep-weekly",
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, weekly),
     .argument = "N",
     .help = "The same for weeks, which begin on Monday."},
    {.name = "keep-monthly",
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, monthly),
     .argument = "N",
     .help = "The same for months."},
    {.name = "keep-within",
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, within),
     .argument = "TIME",
     .help = "Keeps all that are not older: 36h, 7d, 4w, 6m (months), 1y."},
    {.name = "name",
     .letter = 'n',
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, name),
     .argument = "PATTERN",
     .help = "Only backups whose names match, as in a shell: 'nightly_*'. Others neither go nor count."},
    {.name = "timezone",
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, timezone),
     .argument = "ZONE",
     .help = "Whose days, weeks and months these are: Europe/Berlin, Local; UTC unless given."},
    {.name = "yes",
     .type = MB_FLAG_BOOL,
     .offset = offsetof(struct options, yes),
     .help = "Removes; without it is only shown what would be."},
};

static mb_status read_number(const char *text, const char *flag, uint32_t *out, struct mb_error *error)
{
    int64_t value = 0;
    *out = 0;
    if (text == NULL)
        return MB_OK;
    if (!mb_text_to_int64(text, &value) || value < 0 || value > 1000000)
        return mb_fail(error, MB_E_INVALID, "--%s is '%.64s'; it takes a number of backups, such as 7", flag,
                       text);
    *out = (uint32_t)value;
    return MB_OK;
}

static mb_status request_of(const struct options *options, struct mb_prune_request *out,
                            struct mb_error *error)
{
    *out = (struct mb_prune_request){.struct_size = sizeof *out,
                                     .pattern = options->name,
                                     .keep_within = options->within,
                                     .timezone = options->timezone,
                                     .dry_run = !options->yes};
    MB_TRY(read_number(options->last, "keep-last", &out->keep_last, error));
    MB_TRY(read_number(options->daily, "keep-daily", &out->keep_daily, error));
    MB_TRY(read_number(options->weekly, "keep-weekly", &out->keep_weekly, error));
    return read_number(options->monthly, "keep-monthly", &out->keep_monthly, error);
}

static mb_status validate(const void *given, struct mb_arena *arena, struct mb_error *error)
{
    struct mb_prune_request request;
    (void)arena;
    MB_TRY(request_of(given, &request, error));
    return mb_prune_check(&request, error);
}

/* ------------------------------------------------------- what was decided */

static json_t *rows_json(struct mb_task *task)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < mb_task_prune_count(task); i++) {
        struct mb_prune_row row = {.struct_size = sizeof row};
        if (mb_task_prune_at(task, i, &row, NULL) == MB_OK)
            json_array_append_new(
                rows, json_pack("{s:o, s:s, s:I, s:I, s:s, s:o}", "name", mb_json_text(row.name), "state",
                                mb_state_name(row.state), "made_ms", (json_int_t)row.made_ms, "size",
                                (json_int_t)row.size, "decision", mb_prune_decision_name(row.decision), "why",
                                mb_json_text(row.why)));
    }
    return rows;
}

static json_t *result_json(struct mb_task *task, const struct mb_prune_result *result)
{
    return json_pack("{s:b, s:o, s:I, s:I, s:I, s:I, s:I, s:o}", "dry_run", result->dry_run, "pattern",
                     mb_json_text(result->pattern), "kept", (json_int_t)result->kept, "removed",
                     (json_int_t)result->removed, "left", (json_int_t)result->left, "bytes",
                     (json_int_t)result->bytes, "objects", (json_int_t)result->objects, "backups",
                     rows_json(task));
}

static const char *word_of(int32_t decision)
{
    static const char *const words[] = {[MB_PRUNE_KEPT] = "keep",
                                        [MB_PRUNE_DUE] = "remove",
                                        [MB_PRUNE_REMOVED] = "removed",
                                        [MB_PRUNE_FAILED] = "FAILED"};
    return words[decision];
}

static mb_status print_table(struct mb_context *context, struct mb_error *error)
{
    static const char *const headings[] = {"NAME", "MADE", "SIZE", "DECISION", "WHY"};
    static const bool numbers[] = {false, false, true, false, false};
    struct mb_table table;
    mb_table_init(&table, context->arena, headings, numbers, sizeof headings / sizeof *headings);
    for (size_t i = 0; i < mb_task_prune_count(context->task); i++) {
        struct mb_prune_row row = {.struct_size = sizeof row};
        char size[32];
        MB_TRY(mb_task_prune_at(context->task, i, &row, error));
        const char *const cells[] = {
            row.name, mb_moment_text(context->arena, row.made_ms),
            mb_arena_strdup(context->arena, mb_text_bytes((uint64_t)row.size, size, sizeof size)),
            word_of(row.decision), row.why};
        if (cells[1] == NULL || cells[2] == NULL)
            return mb_fail_memory(error);
        mb_table_add(&table, cells);
    }
    return mb_table_print(&table, mb_context_out(context), error);
}

static void say(struct mb_context *context, const struct mb_prune_result *result)
{
    unsigned long long removed = result->removed;
    const char *plural = removed == 1 ? "" : "s";
    char size[32];

    mb_text_bytes(result->bytes, size, sizeof size);
    if (!result->dry_run)
        mb_context_say(context, "%llu backup%s removed (%s), %llu kept", removed, plural, size,
                       (unsigned long long)result->kept);
    else if (removed == 0)
        mb_context_say(context, "there is nothing to remove");
    else
        mb_context_say(context, "nothing was removed yet: add --yes to remove %llu backup%s (%s)", removed,
                       plural, size);
}

/* A prune that did not get through has a result, too. */
static mb_status tell(struct mb_context *context, struct mb_error *error)
{
    struct mb_prune_result result = {.struct_size = sizeof result};
    MB_TRY(mb_task_prune_result(context->task, &result, error));
    if (context->global.json)
        MB_TRY(mb_context_json(context, result_json(context->task, &result), error));
    else
        MB_TRY(print_table(context, error));
    say(context, &result);
    return MB_OK;
}

static mb_status run(struct mb_context *context, const void *given, struct mb_error *error)
{
    struct mb_error told = MB_ERROR_INIT;
    struct mb_prune_request request;
    struct mb_task *task;
    MB_TRY(request_of(given, &request, error));
    MB_TRY(mb_prune_start(context->session, &request, &task, error));
    mb_status status = mb_context_finish(context, task, error);
    if (status >= 0)
        return tell(context, error);
    tell(context, &told); /* none of a prune that had not decided yet */
    return status;
}

const struct mb_command mb_command_prune = {
    .name = "prune",
    .summary = "Removes old backups that no rule keeps",
    .description =
        "Rules are joined: what one of them keeps stays. The last complete backup always stays, and so does "
        "what is not complete. A backup is as old as its data. Without --yes nothing is removed: what would "
        "be is shown as a table, with the rule that keeps the others.",
    .example = "milvus-backup prune --keep-daily 7 --keep-weekly 4\n"
               "milvus-backup prune --name 'nightly_*' --keep-last 10 --keep-within 14d --yes",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .options_size = sizeof(struct options),
    .needs = MB_NEEDS_CONFIG,
    .validate = validate,
    .run = run,
};
