/* trace - one line for every operation that goes through to another driver. */
#include "shim/shim.h"

#include "base/buf.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct trace {
    int fd; /* -1 for the host's log */
};

static mb_status start(void **state, const struct mb_kv *config, size_t count, const struct mb_call *call)
{
    const char *path = mb_kv_find(config, count, "trace.file");
    struct trace *trace = calloc(1, sizeof(*trace));
    if (trace == NULL)
        return mb_fail_memory(call->error);
    trace->fd = path != NULL ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
    if (path != NULL && trace->fd < 0) {
        int sys_errno = errno;
        free(trace);
        mb_fail_errno(call->error, sys_errno, "option \"trace.file\": open %s", path);
        return call->error->status = MB_E_CONFIG;
    }
    *state = trace;
    return MB_OK;
}

static void stop(void *state)
{
    struct trace *trace = state;
    if (trace->fd >= 0)
        close(trace->fd);
    free(trace);
}

/* What would break the line or its quotes is written as \xNN. */
static void quote(struct mb_buf *line, const char *text)
{
    mb_buf_putc(line, '"');
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (*at < ' ' || *at == 0x7f || *at == '"' || *at == '\\')
            mb_buf_printf(line, "\\x%02x", *at);
        else
            mb_buf_putc(line, (char)*at);
    }
    mb_buf_putc(line, '"');
}

static void add_time(struct mb_buf *line)
{
    char text[32];
    int64_t now = mb_clock_wall();
    mb_clock_format(now, text, sizeof(text));
    mb_buf_printf(line, "%.19s.%03dZ ", text, (int)(now / MB_NS_PER_MS % 1000));
}

/* A line goes out in one write, so that those of several threads and processes do not mix.  What cannot be
 * traced fails nothing. */
static mb_status after(void *state, const struct shim_event *event)
{
    const struct trace *trace = state;
    struct mb_buf line;
    mb_buf_init(&line, 32u * 1024);
    if (trace->fd >= 0)
        add_time(&line);
    mb_buf_printf(&line, "%s key=", shim_operation_name(event->operation));
    quote(&line, event->key);
    mb_buf_printf(&line, " bytes=%llu", (unsigned long long)event->bytes);
    if (event->count > 0)
        mb_buf_printf(&line, " count=%zu", event->count);
    mb_buf_printf(&line, " status=\"%s\" ms=%.3f", mb_status_name(event->status),
                  (double)event->took_ns / (double)MB_NS_PER_MS);
    if (trace->fd < 0) {
        shim_log(MB_LOG_DEBUG, line.data);
    } else if (mb_buf_putc(&line, '\n') == MB_OK) {
        ssize_t written = write(trace->fd, line.data, line.len);
        (void)written;
    }
    mb_buf_done(&line);
    return event->status;
}

static const struct shim_hooks hooks = {
    .name = "trace", .prefix = "trace.", .start = start, .stop = stop, .after = after};

static const struct mb_option options[] = {
    {.name = "trace.file",
     .type = MB_OPT_PATH,
     .help = "File to add a line to for every operation; the program's log, at debug, when not given."},
    SHIM_OPTIONS,
};

SHIM_DRIVER("trace", "another driver, with a line for every operation");
