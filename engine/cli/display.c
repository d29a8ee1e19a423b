#include "cli/display.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/output.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { MAX_LINE = 512 };

struct mb_display {
    pthread_mutex_t mutex;
    struct mb_display_options options;
    struct mb_display_source source;
    struct mb_task_status shown; /* no phase before the first */
    int64_t next_plain_ns;
    bool line_open; /* the cursor stands behind a live line */
    bool finished;
};

struct mb_display *mb_display_new(const struct mb_display_options *options)
{
    struct mb_display *display = calloc(1, sizeof *display);
    if (display == NULL)
        return NULL;
    pthread_mutex_init(&display->mutex, NULL);
    display->options = *options;
    if (display->options.plain_every_ns == 0)
        display->options.plain_every_ns = 5 * MB_NS_PER_S;
    return display;
}

void mb_display_free(struct mb_display *display)
{
    if (display == NULL)
        return;
    pthread_mutex_destroy(&display->mutex);
    free(display);
}

void mb_display_follow(struct mb_display *display, const struct mb_display_source *source)
{
    pthread_mutex_lock(&display->mutex);
    display->source = *source;
    pthread_mutex_unlock(&display->mutex);
}

static mb_status task_status(void *ctx, struct mb_task_status *out)
{
    return mb_task_poll(ctx, out, NULL);
}

static mb_status task_phase(void *ctx, size_t i, struct mb_task_phase *out)
{
    return mb_task_phase_at(ctx, i, out, NULL);
}

void mb_display_follow_task(struct mb_display *display, struct mb_task *task)
{
    mb_display_follow(display, &(struct mb_display_source){task_status, task_phase, task});
}

static int stderr_width(void *ctx)
{
    struct winsize size;

    (void)ctx;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

struct mb_display_options mb_display_for_stderr(bool quiet)
{
    const char *term = getenv("TERM");
    const char *no_color = getenv("NO_COLOR");
    bool terminal = isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0 && *term != '\0';
    enum mb_display_kind kind = terminal ? MB_DISPLAY_LIVE : MB_DISPLAY_PLAIN;

    return (struct mb_display_options){.kind = quiet ? MB_DISPLAY_NONE : kind,
                                       .color = terminal && (no_color == NULL || *no_color == '\0'),
                                       .out = stderr,
                                       .width = stderr_width};
}

/* False while there is nothing to show.  With the lock held. */
static bool look(const struct mb_display *display, struct mb_task_status *out)
{
    const struct mb_display_source *source = &display->source;
    *out = (struct mb_task_status){.struct_size = sizeof *out};
    return source->status != NULL && source->status(source->ctx, out) == MB_OK && *out->phase != '\0';
}

/* "3/12 collections", "2310 objects", and with a '+' while the total still grows. */
static void put_count(struct mb_buf *line, uint64_t done, uint64_t total, bool final, const char *noun)
{
    if (total == 0 && done == 0)
        return;
    if (total > 0)
        mb_buf_printf(line, "  %" PRIu64 "/%" PRIu64 "%s %s", done, total, final ? "" : "+", noun);
    else
        mb_buf_printf(line, "  %" PRIu64 " %s", done, noun);
}

static void put_bytes(struct mb_buf *line, const struct mb_task_status *s)
{
    char done[32], total[32];

    if (s->bytes_done == 0 && s->bytes_total == 0)
        return;
    mb_text_bytes(s->bytes_done, done, sizeof done);
    mb_text_bytes(s->bytes_total, total, sizeof total);
    if (s->bytes_total > 0)
        mb_buf_printf(line, "  %s/%s%s", done, total, s->totals_final ? "" : "+");
    else
        mb_buf_printf(line, "  %s", done);
}

static void put_rate(struct mb_buf *line, const struct mb_task_status *s)
{
    char text[32];

    if (s->bytes_per_s == 0)
        return;
    mb_buf_printf(line, "  %s/s", mb_text_bytes(s->bytes_per_s, text, sizeof text));
    if (s->totals_final && s->bytes_total > s->bytes_done && s->left_ns >= 0 &&
        s->left_ns < 10000000 * MB_NS_PER_S)
        mb_buf_printf(line, "  %s left", mb_text_duration(s->left_ns, text, sizeof text));
}

static void put_waiting(struct mb_buf *line, const struct mb_task_status *s)
{
    char time[32];

    if (*s->waiting_for != '\0')
        mb_buf_printf(line, "  %s (for %s)", s->waiting_for,
                      mb_text_duration(s->waiting_ns, time, sizeof time));
}

static void describe(const struct mb_task_status *s, struct mb_buf *line)
{
    mb_buf_puts(line, s->phase);
    put_count(line, s->collections_done, s->collections_total, true, "collections");
    put_count(line, s->objects_done, s->objects_total, s->totals_final, "objects");
    put_bytes(line, s);
    if (s->phase_percent > 0)
        mb_buf_printf(line, "  %.1f %%", s->phase_percent > 100 ? 100 : s->phase_percent);
    put_rate(line, s);
    put_waiting(line, s);
}

static void clear_line(struct mb_display *display)
{
    if (display->line_open)
        fputs("\r\x1b[K", display->options.out);
    display->line_open = false;
}

static void put_live(struct mb_display *display, const struct mb_buf *line, size_t phase_len)
{
    int columns = display->options.width != NULL ? display->options.width(display->options.ctx) : 80;
    size_t room = columns > 1 ? (size_t)columns - 1 : 1;
    size_t len = line->len < room ? line->len : room;
    size_t bold = phase_len < len ? phase_len : len;
    FILE *out = display->options.out;

    if (display->options.color)
        fprintf(out, "\r\x1b[1m%.*s\x1b[0m%.*s\x1b[K", (int)bold, line->data, (int)(len - bold),
                line->data + bold);
    else
        fprintf(out, "\r%.*s\x1b[K", (int)len, line->data);
    fflush(out);
    display->line_open = true;
}

static void show(struct mb_display *display, int64_t now_ns)
{
    struct mb_buf line;

    mb_buf_init(&line, MAX_LINE);
    describe(&display->shown, &line);
    if (display->options.kind == MB_DISPLAY_LIVE) {
        put_live(display, &line, strlen(display->shown.phase));
    } else if (now_ns >= display->next_plain_ns) {
        fprintf(display->options.out, "%s\n", line.data);
        display->next_plain_ns = now_ns + display->options.plain_every_ns;
    }
    mb_buf_done(&line);
}

/* What the phase that was shown last did until it was over. */
static void end_phase(struct mb_display *display)
{
    const struct mb_task_status *s = &display->shown;
    const struct mb_display_source *source = &display->source;
    struct mb_task_phase phase = {.struct_size = sizeof phase};
    char bytes[32], time[32];
    struct mb_buf line;

    if (*s->phase == '\0')
        return;
    if (s->phase_count == 0 || source->phase(source->ctx, s->phase_count - 1, &phase) != MB_OK)
        phase = (struct mb_task_phase){.objects = s->objects_done, .bytes = s->bytes_done, .ns = s->phase_ns};
    mb_buf_init(&line, MAX_LINE);
    mb_buf_printf(&line, "%s", s->phase);
    put_count(&line, phase.objects, 0, true, "objects");
    if (phase.bytes > 0)
        mb_buf_printf(&line, "  %s", mb_text_bytes(phase.bytes, bytes, sizeof bytes));
    mb_buf_printf(&line, "  %s", mb_text_duration(phase.ns, time, sizeof time));
    clear_line(display);
    fprintf(display->options.out, "%s\n", line.data);
    fflush(display->options.out);
    mb_buf_done(&line);
}

/* True when there is something to show; a phase that is over gets its line. */
static bool turn_to_now(struct mb_display *display)
{
    struct mb_task_status now;
    if (display->options.kind == MB_DISPLAY_NONE || display->finished || !look(display, &now))
        return false;
    bool turned = now.phase_count != display->shown.phase_count;
    if (turned)
        end_phase(display);
    if (turned)
        display->next_plain_ns = 0;
    display->shown = now;
    return true;
}

void mb_display_tick(struct mb_display *display, int64_t now_ns)
{
    pthread_mutex_lock(&display->mutex);
    if (turn_to_now(display)) {
        if (display->next_plain_ns == 0)
            display->next_plain_ns = now_ns + display->options.plain_every_ns;
        show(display, now_ns);
    }
    pthread_mutex_unlock(&display->mutex);
}

void mb_display_share(struct mb_display *display)
{
    pthread_mutex_lock(&display->mutex);
    clear_line(display);
    if (display->options.kind == MB_DISPLAY_LIVE)
        display->options.kind = MB_DISPLAY_PLAIN;
    pthread_mutex_unlock(&display->mutex);
}

void mb_display_say(struct mb_display *display, const char *text)
{
    pthread_mutex_lock(&display->mutex);
    clear_line(display);
    mb_print_clean(display->options.out, text != NULL ? text : "out of memory");
    fputc('\n', display->options.out);
    fflush(display->options.out);
    pthread_mutex_unlock(&display->mutex);
}

void mb_display_finish(struct mb_display *display)
{
    pthread_mutex_lock(&display->mutex);
    if (turn_to_now(display))
        end_phase(display);
    display->finished = true;
    pthread_mutex_unlock(&display->mutex);
}
