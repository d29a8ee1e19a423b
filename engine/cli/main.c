/* From the command line to an exit code. */
#include "base/clock.h"
#include "base/version.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/help.h"
#include "cli/hint.h"
#include "cli/parse.h"
#include "cli/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

struct job {
    struct mb_context context;
    const void *options;
};

static mb_status run_command(void *ctx, struct mb_error *error)
{
    struct job *job = ctx;
    const struct mb_command *command = job->context.command;

    if (command->validate != NULL)
        MB_TRY(command->validate(job->options, job->context.arena, error));
    MB_TRY(mb_context_open(&job->context, error));
    return command->run(&job->context, job->options, error);
}

static void tick(void *ctx)
{
    struct job *job = ctx;
    mb_display_tick(job->context.display, mb_clock_monotonic());
}

static void signalled(void *ctx, int signal_number)
{
    struct job *job = ctx;

    if (!job->context.global.quiet)
        mb_display_say(job->context.display, signal_number == SIGINT
                                                 ? "stopping; press Ctrl-C again to stop without cleaning up"
                                                 : "stopping; a second signal stops without cleaning up");
}

/* text is the message as mb_hint_message words it. */
static void tell_failure(bool json, bool resumable, const struct mb_error *error, const char *text, int code)
{
    if (json) {
        json_t *value = json_pack("{s:{s:s, s:o, s:i}}", "error", "status", mb_status_name(error->status),
                                  "message", mb_json_text(text), "exit_code", code);
        if (error->hint != MB_HINT_NONE)
            json_object_update_new(json_object_get(value, "error"),
                                   json_pack("{s:s, s:o}", "hint", mb_hint_name(error->hint), "subject",
                                             mb_json_text(error->subject)));
        if (resumable)
            json_object_set_new(json_object_get(value, "error"), "resumable", json_true());
        if (value != NULL && json_dumpf(value, stdout, JSON_INDENT(4)) == 0)
            putchar('\n');
        json_decref(value);
    }
    fputs("Error: ", stderr);
    mb_print_clean(stderr, text);
    fputc('\n', stderr);
}

/* `| head` has closed its end: it had enough. */
static bool reader_is_gone(void)
{
    struct pollfd fd = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&fd, 1, 0) == 1 && (fd.revents & POLLERR) != 0;
}

/* A result that did not reach its reader is no success. */
static mb_status flush_output(struct mb_error *error)
{
    errno = EIO;
    if ((fflush(stdout) == 0 && !ferror(stdout)) || reader_is_gone())
        return MB_OK;
    return mb_fail_errno(error, errno, "write to standard output");
}

static void log_end(struct mb_context *context, int level, const char *how, const char *text)
{
    mb_session_log(context->session, level,
                   mb_arena_printf(context->arena, "%s%s%s", context->command->name, how, text));
}

static int execute(struct job *job, struct mb_error *error)
{
    struct mb_run run = {
        .job = run_command, .ctx = job, .cancel = job->context.cancel, .tick = tick, .signalled = signalled};
    int64_t started = mb_clock_monotonic();
    int signal_number = 0;
    mb_status status = mb_run(&run, &signal_number, error);
    char took[32];

    mb_display_finish(job->context.display);
    if (status == MB_OK)
        status = flush_output(error);
    int code = mb_exit_code(status, signal_number);
    if (status < 0) {
        const char *text = mb_hint_message(error, job->context.command, job->context.arena);
        if (job->context.resumable)
            text = mb_hint_go_on(text, error, job->context.command, job->context.arena);
        tell_failure(job->context.global.json && !job->context.told, job->context.resumable, error, text,
                     code);
        log_end(&job->context, MB_LOG_ERROR, " failed: ", text);
        return code;
    }
    log_end(&job->context, MB_LOG_INFO, ": done in ",
            mb_text_duration(mb_clock_monotonic() - started, took, sizeof took));
    return code;
}

static int start(struct mb_parsed *parsed, struct mb_arena *arena, struct mb_error *error)
{
    struct job job = {.options = parsed->options,
                      .context = {.command = parsed->command,
                                  .global = parsed->global,
                                  .arguments = parsed->arguments,
                                  .arena = arena,
                                  .cancel = mb_cancel_new(NULL)}};
    struct mb_display_options display = mb_display_for_stderr(parsed->global.quiet);
    int code = MB_EXIT_FAILURE;

    job.context.display = mb_display_new(&display);
    if (job.context.cancel == NULL || job.context.display == NULL) {
        fputs("Error: out of memory\n", stderr);
    } else {
        for (size_t i = 0; i < parsed->warnings.count; i++)
            mb_context_warn(&job.context, "%s", parsed->warnings.items[i]);
        code = execute(&job, error);
    }
    mb_context_close(&job.context);
    return code;
}

/* A stream that the caller closed leaves its number free, and the next file that is opened would get it: an
 * object of the backup would then hold messages.  libuv does not bear closed streams either. */
static void open_closed_streams(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

/* A command line that is wrong may hold --json behind what is wrong with it. */
static bool wants_json(int argc, char **argv)
{
    bool wanted = false;
    for (int i = 1; i < argc; i++)
        wanted = wanted || strcmp(argv[i], "--json") == 0;
    return wanted;
}

int main(int argc, char **argv)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_arena *arena = mb_arena_new();
    struct mb_parsed parsed = {0};
    int code = MB_EXIT_OK;

    open_closed_streams();
    if (arena == NULL)
        mb_fail_memory(&error);
    else
        mb_parse(arena, argc, argv, &parsed, &error);
    if (error.status < 0) {
        code = mb_exit_code(error.status, 0);
        tell_failure(parsed.global.json || wants_json(argc, argv), false, &error, error.message, code);
    } else if (parsed.global.help) {
        mb_help_print(parsed.command, stdout);
    } else if (parsed.global.version) {
        printf("milvus-backup version %s\n", mb_program_version());
    } else {
        return start(&parsed, arena, &error);
    }
    mb_arena_free(arena);
    return fflush(stdout) == 0 ? code : MB_EXIT_FAILURE;
}
