#include "cli/context.h"

#include "cli/hint.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

enum { MAX_TEXT = 1200 };

static void speak(struct mb_context *context, int level, const char *label, const char *text)
{
    char line[MAX_TEXT + 32];

    mb_session_log(context->session, level, text);
    if (context->global.quiet)
        return;
    snprintf(line, sizeof line, "%s%s", label, text);
    mb_display_say(context->display, line);
}

void mb_context_warn(struct mb_context *context, const char *fmt, ...)
{
    char text[MAX_TEXT];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    speak(context, MB_LOG_WARN, "warning: ", text);
}

void mb_context_say(struct mb_context *context, const char *fmt, ...)
{
    char text[MAX_TEXT];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    speak(context, MB_LOG_INFO, "", text);
}

FILE *mb_context_out(struct mb_context *context)
{
    mb_display_finish(context->display);
    return stdout;
}

mb_status mb_context_json(struct mb_context *context, json_t *value, struct mb_error *error)
{
    FILE *out = mb_context_out(context);
    int failed = value == NULL ? -1 : json_dumpf(value, out, JSON_INDENT(4) | JSON_ENCODE_ANY);

    json_decref(value);
    fputc('\n', out);
    context->told = failed == 0;
    /* What could not be written is told when the output is closed. */
    return failed == 0 || ferror(out) ? MB_OK : mb_fail_memory(error);
}

/* ----------------------------------------------------------------- sessions */

/* What was found while a configuration was read; said once that is over, since a single problem is left to
 * the error, and so are all for --json. */
struct notices {
    struct mb_context *context;
    struct mb_strings problems;
};

static void on_notice(void *ctx, int kind, const char *text)
{
    struct notices *notices = ctx;
    struct mb_arena *arena = notices->context->arena;
    if (kind == MB_NOTICE_WARNING && !notices->context->global.quiet)
        mb_display_say(notices->context->display, mb_arena_printf(arena, "warning: %s", text));
    if (kind == MB_NOTICE_PROBLEM)
        mb_strings_add(&notices->problems, arena, mb_arena_strdup(arena, text));
}

static void tell_problems(const struct notices *notices, struct mb_error *error)
{
    struct mb_context *context = notices->context;
    const struct mb_strings *problems = &notices->problems;
    if (problems->count < 2)
        return;
    mb_fail(error, MB_E_CONFIG, "the configuration has %zu problems", problems->count);
    for (size_t i = 0; i < problems->count; i++) {
        size_t len = strlen(error->message);
        mb_display_say(context->display, mb_arena_printf(context->arena, "Error: %s", problems->items[i]));
        if (context->global.json)
            snprintf(error->message + len, sizeof error->message - len, "; %s", problems->items[i]);
    }
}

/* Where drivers lie, relative to the executable; NULL when that is not known. */
static const char *bundled_drivers(struct mb_arena *arena)
{
    char exe[4096];
    ssize_t len = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (len <= 0)
        return NULL;
    exe[len] = '\0';
    for (int levels = 0; levels < 2; levels++) {
        char *slash = strrchr(exe, '/');
        if (slash != NULL)
            *slash = '\0';
    }
    return mb_arena_printf(arena, "%s/lib/milvus-backup/drivers", exe);
}

static void name_words(struct mb_session_options *options)
{
    options->override_word = "--set";
    options->no_config_word = "pass --config ''";
    options->drivers_word = "`milvus-backup drivers`";
}

static void pass_on(void *ctx)
{
    mb_session_cancel(ctx);
}

static mb_status open_session(struct mb_context *context, struct mb_error *error)
{
    struct notices notices = {.context = context};
    bool without_config = (context->command->needs & MB_NEEDS_CONFIG) == 0;
    struct mb_session_options options = {.struct_size = sizeof options,
                                         .config_path = without_config ? "" : context->global.config,
                                         .no_log_file = without_config,
                                         .driver_dir = context->global.plugin_dir,
                                         .driver_path = getenv("MILVUS_BACKUP_PLUGIN_PATH"),
                                         .bundled_driver_dir = bundled_drivers(context->arena),
                                         .temporary_dir = getenv("TMPDIR"),
                                         .log_level = context->global.log_level,
                                         .log_to_stderr = !context->global.quiet && !without_config,
                                         .grpc_speaks =
                                             getenv("GRPC_VERBOSITY") != NULL || getenv("GRPC_TRACE") != NULL,
                                         .notice = on_notice,
                                         .notice_ctx = &notices};
    name_words(&options);
    if (!without_config) {
        options.overrides = context->global.sets.items;
        options.override_count = context->global.sets.count;
        options.environment = (const char *const *)environ;
    }
    mb_status status = mb_session_open(&context->session, &options, error);
    tell_problems(&notices, error);
    MB_TRY(status);
    context->watch = mb_cancel_watch(context->cancel, pass_on, context->session);
    return context->watch != NULL ? MB_OK : mb_fail_memory(error);
}

static void tell_where(struct mb_context *context)
{
    struct mb_session_about about = {.struct_size = sizeof about};
    if (mb_session_about(context->session, &about, NULL) != MB_OK)
        return;
    if (about.log_to_stderr)
        mb_display_share(context->display);
    mb_session_log(context->session, MB_LOG_INFO,
                   mb_arena_printf(context->arena, "command %s", context->command->name));
    if (!context->global.quiet && *about.config_path != '\0')
        mb_display_say(context->display, mb_arena_printf(context->arena, "config: %s", about.config_path));
}

mb_status mb_context_open(struct mb_context *context, struct mb_error *error)
{
    if ((context->command->needs & (MB_NEEDS_CONFIG | MB_NEEDS_DRIVERS)) == 0)
        return MB_OK;
    MB_TRY(open_session(context, error));
    tell_where(context);
    return MB_OK;
}

/* Neither the environment nor --set speaks of the second file: they would make both the same. */
mb_status mb_context_open_peer(struct mb_context *context, const char *path, struct mb_error *error)
{
    struct notices notices = {.context = context};
    struct mb_session_options options = {.struct_size = sizeof options,
                                         .config_path = path,
                                         .parent = context->session,
                                         .notice = on_notice,
                                         .notice_ctx = &notices};
    name_words(&options);
    mb_status status = mb_session_open(&context->peer, &options, error);
    tell_problems(&notices, error);
    return status < 0 ? mb_error_context(error, "%s", path) : MB_OK;
}

mb_status mb_context_migrate(struct mb_context *context, struct mb_migration **out, struct mb_error *error)
{
    struct notices notices = {.context = context};
    struct mb_session_options words = {0};
    name_words(&words);
    const struct mb_migration_options options = {.struct_size = sizeof options,
                                                 .config_path = context->global.config,
                                                 .environment = (const char *const *)environ,
                                                 .no_config_word = words.no_config_word,
                                                 .drivers_word = words.drivers_word,
                                                 .notice = on_notice,
                                                 .notice_ctx = &notices};
    mb_status status = mb_migration_make(out, &options, error);
    tell_problems(&notices, error);
    return status;
}

void mb_context_keep_session(struct mb_context *context)
{
    mb_cancel_unwatch(context->watch);
    context->watch = NULL;
}

void mb_context_close(struct mb_context *context)
{
    mb_cancel_unwatch(context->watch);
    mb_task_free(context->task);
    mb_session_close(context->peer);
    mb_session_close(context->session);
    mb_display_free(context->display);
    mb_cancel_free(context->cancel);
    mb_arena_free(context->arena);
}

/* -------------------------------------------------------------------- tasks */

/* Members of a request are flags of the same name, but for those that a command calls otherwise. */
static const char *warning_text(const struct mb_context *context, const struct mb_task_warning *warning)
{
    if (warning->hint == MB_HINT_INPUT)
        return mb_arena_printf(context->arena, "--%s %s", mb_hint_flag(warning->subject, context->command),
                               warning->text);
    if (warning->hint != MB_HINT_IGNORED)
        return warning->text;
    return mb_arena_printf(context->arena, "collections are chosen in more than one way: --%s ignored",
                           mb_hint_flag(warning->subject, context->command));
}

static void tell_warnings(struct mb_context *context)
{
    for (size_t i = 0; i < mb_task_warning_count(context->task); i++) {
        struct mb_task_warning warning = {.struct_size = sizeof warning};
        if (mb_task_warning_at(context->task, i, &warning, NULL) != MB_OK || context->global.quiet)
            continue;
        const char *text = warning_text(context, &warning);
        mb_display_say(context->display, mb_arena_printf(context->arena, "warning: %s", text));
    }
}

/* Of a restore: what failed is named by the error, but not what became of each of the others. */
static void tell_collections(struct mb_context *context)
{
    static const char *const states[] = {[MB_COLLECTION_WAITING] = "not begun",
                                         [MB_COLLECTION_RUNNING] = "not finished",
                                         [MB_COLLECTION_DONE] = "restored"};
    size_t count =
        mb_task_kind(context->task) == MB_TASK_RESTORE ? mb_task_collection_count(context->task) : 0;
    for (size_t i = 0; i < count && count > 1 && !context->global.quiet; i++) {
        struct mb_task_collection row = {.struct_size = sizeof row};
        if (mb_task_collection_at(context->task, i, &row, NULL) == MB_OK)
            mb_display_say(context->display,
                           mb_arena_printf(context->arena, "%s.%s: %s", row.db, row.name, states[row.state]));
    }
}

mb_status mb_context_finish(struct mb_context *context, struct mb_task *task, struct mb_error *error)
{
    context->task = task;
    mb_display_follow_task(context->display, task);
    mb_status status = mb_task_wait(task, -1, error);
    mb_display_finish(context->display);
    if (status < 0) {
        struct mb_task_status now = {.struct_size = sizeof now};
        context->resumable = mb_task_poll(task, &now, NULL) == MB_OK && now.resumable;
        tell_collections(context);
        tell_warnings(context);
    }
    return status;
}

json_t *mb_context_warnings_json(const struct mb_context *context)
{
    json_t *texts = json_array();
    for (size_t i = 0; i < mb_task_warning_count(context->task); i++) {
        struct mb_task_warning warning = {.struct_size = sizeof warning};
        if (mb_task_warning_at(context->task, i, &warning, NULL) == MB_OK)
            json_array_append_new(texts, mb_json_text(warning_text(context, &warning)));
    }
    return texts;
}

static mb_status summarise(struct mb_context *context, bool with_rows, struct mb_error *error)
{
    size_t count = mb_task_collection_count(context->task);
    struct mb_summary_line *lines = mb_arena_alloc(context->arena, count + 1, sizeof *lines);
    if (lines == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < count; i++) {
        struct mb_task_collection row = {.struct_size = sizeof row};
        MB_TRY(mb_task_collection_at(context->task, i, &row, error));
        lines[i] =
            (struct mb_summary_line){.collection = mb_arena_printf(context->arena, "%s.%s", row.db, row.name),
                                     .rows = with_rows ? row.rows : -1,
                                     .segments = row.segments,
                                     .bytes = (int64_t)row.bytes_total,
                                     .ns = row.ns};
        if (lines[i].collection == NULL)
            return mb_fail_memory(error);
    }
    return count == 0 ? MB_OK : mb_summary_print(context->arena, lines, count, stderr, error);
}

mb_status mb_context_summary(struct mb_context *context, bool with_rows, struct mb_error *error)
{
    if (!context->global.quiet)
        MB_TRY(summarise(context, with_rows, error));
    tell_warnings(context);
    return MB_OK;
}
