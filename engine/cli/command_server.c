/* server: the API over HTTP and gRPC, until a signal ends it. */
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "server/server.h"

#include <malloc.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

struct options {
    const char *port;
    const char *address;
};

static const struct mb_flag flags[] = {
    {.name = "port",
     .letter = 'p',
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, port),
     .argument = "PORT",
     .help = "Where REST and the console listen, instead of server.port; 0 takes a free port."},
    {.name = "address",
     .type = MB_FLAG_TEXT,
     .offset = offsetof(struct options, address),
     .argument = "ADDRESS",
     .help = "Address to listen on, instead of server.address; 0.0.0.0 or :: for all."},
};

static mb_status validate(const void *given, struct mb_arena *arena, struct mb_error *error)
{
    const struct options *options = given;
    int64_t port = 0;
    (void)arena;
    if (options->port != NULL && *options->port != '\0' &&
        (!mb_text_to_int64(options->port, &port) || port < 0 || port > 65535))
        return mb_fail(error, MB_E_INVALID, "--port is '%s'; it takes a number from 0 to 65535",
                       options->port);
    return MB_OK;
}

static void say_listening(void *ctx, const char *rest, const char *grpc)
{
    struct mb_context *context = ctx;
    mb_context_say(context, "listening on %s%s%s", rest, *grpc != '\0' ? ", gRPC on " : "", grpc);
}

/* What systemd says of WatchdogSec, if it means this process. */
static int64_t watchdog_ms(void)
{
    int64_t us = 0, pid = 0;
    if (!mb_text_to_int64(getenv("WATCHDOG_USEC"), &us))
        return 0;
    bool meant = !mb_text_to_int64(getenv("WATCHDOG_PID"), &pid) || pid == getpid();
    return meant ? us / 1000 : 0;
}

/* A shell's 1,024 are fewer than the connections that the configuration allows. */
static void allow_many_files(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

/* Each thread would get a heap of its own, and what one task gave back in it be of no use to the next. */
static void share_memory(void)
{
    enum { HEAPS = 2 };
    mallopt(M_ARENA_MAX, HEAPS);
}

static mb_status run(struct mb_context *context, const void *given, struct mb_error *error)
{
    const struct options *options = given;
    const struct mb_server_options server = {.session = context->session,
                                             .address = options->address,
                                             .port = options->port,
                                             .token = getenv("MILVUS_BACKUP_TOKEN"),
                                             .notify_socket = getenv("NOTIFY_SOCKET"),
                                             .watchdog_ms = watchdog_ms(),
                                             .listening = say_listening,
                                             .ctx = context};
    mb_context_keep_session(context);
    allow_many_files();
    share_memory();
    return mb_server_run(&server, context->cancel, error);
}

const struct mb_command mb_command_server = {
    .name = "server",
    .summary = "Serves the API over HTTP and gRPC, and the console",
    .description = "Runs until SIGINT or SIGTERM, which let running tasks end within server.shutdownTimeout. "
                   "A second signal ends it at once.",
    .example = "milvus-backup server\nmilvus-backup server -p 8081 --address 0.0.0.0",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .options_size = sizeof(struct options),
    .needs = MB_NEEDS_CONFIG,
    .validate = validate,
    .run = run,
};
