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

enum { SAMPLES = 32, MAX_LINE = 512, SAMPLE_MS = 100 };

/* The counters as they were at one moment. */
struct snapshot {
    const char *phase; /* NULL before the first */
    int64_t started_ns;
    uint64_t collections_total, collections_done;
    uint64_t objects_total, objects_done;
    uint64_t bytes_total, bytes_done;
    uint64_t percent_x100;
    bool listed;
    char waiting_for[200]; /* "" while nothing holds it up */
    int64_t waiting_since_ns;
};

struct sample {
    int64_t ns;
    uint64_t bytes;
};

struct mb_display {
    pthread_mutex_t mutex;
    struct mb_progress *progress;
    struct mb_display_options options;
    struct snapshot shown;
    struct sample samples[SAMPLES]; /* of the last seconds, a ring: the rate is theirs */
    size_t sample_count;
    int64_t next_plain_ns;
    bool line_open; /* the cursor stands behind a live line */
    bool finished;
};

struct mb_display *mb_display_new(struct mb_progress *progress, const struct mb_display_options *options)
{
    struct mb_display *display = calloc(1, sizeof *display);
    if (display == NULL)
        return NULL;
    pthread_mutex_init(&display->mutex, NULL);
    display->progress = progress;
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

static struct snapshot look(struct mb_progress *progress)
{
    struct snapshot now = {
        .phase = atomic_load(&progress->phase),
        .started_ns = atomic_load(&progress->phase_started_ns),
        .collections_total = atomic_load(&progress->collections_total),
        .collections_done = atomic_load(&progress->collections_done),
        .objects_total = atomic_load(&progress->objects_total),
        .objects_done = atomic_load(&progress->objects_done),
        .bytes_total = atomic_load(&progress->bytes_total),
        .bytes_done = atomic_load(&progress->bytes_done),
        .percent_x100 = atomic_load(&progress->percent_x100),
        .listed = atomic_load(&progress->listed),
    };
    mb_progress_waiting(progress, now.waiting_for, sizeof now.waiting_for, &now.waiting_since_ns);
    return now;
}

/* Bytes a second over the samples; 0 while there are too few. */
static double rate_of(const struct mb_display *display)
{
    if (display->sample_count < 2)
        return 0;
    size_t kept = display->sample_count < SAMPLES ? display->sample_count : SAMPLES;
    const struct sample *first = &display->samples[(display->sample_count - kept) % SAMPLES];
    const struct sample *last = &display->samples[(display->sample_count - 1) % SAMPLES];
    if (last->ns <= first->ns || last->bytes < first->bytes)
        return 0;
    return (double)(last->bytes - first->bytes) * 1e9 / (double)(last->ns - first->ns);
}

static void add_sample(struct mb_display *display, const struct snapshot *now, int64_t now_ns)
{
    if (display->sample_count > 0) {
        const struct sample *last = &display->samples[(display->sample_count - 1) % SAMPLES];
        if (now_ns - last->ns < SAMPLE_MS * MB_NS_PER_MS)
            return;
    }
    display->samples[display->sample_count++ % SAMPLES] = (struct sample){now_ns, now->bytes_done};
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

static void put_bytes(struct mb_buf *line, const struct snapshot *s)
{
    char done[32], total[32];

    if (s->bytes_done == 0 && s->bytes_total == 0)
        return;
    mb_text_bytes(s->bytes_done, done, sizeof done);
    mb_text_bytes(s->bytes_total, total, sizeof total);
    if (s->bytes_total > 0)
        mb_buf_printf(line, "  %s/%s%s", done, total, s->listed ? "" : "+");
    else
        mb_buf_printf(line, "  %s", done);
}

static void put_rate(struct mb_buf *line, const struct snapshot *s, double rate)
{
    char text[32];

    if (rate < 1)
        return;
    mb_buf_printf(line, "  %s/s", mb_text_bytes((uint64_t)rate, text, sizeof text));
    if (!s->listed || s->bytes_total <= s->bytes_done)
        return;
    double left = (double)(s->bytes_total - s->bytes_done) / rate;
    if (left < 1e7)
        mb_buf_printf(line, "  %s left", mb_text_duration((int64_t)(left * 1e9), text, sizeof text));
}

static void put_waiting(struct mb_buf *line, const struct snapshot *s, int64_t now_ns)
{
    char time[32];

    if (*s->waiting_for != '\0')
        mb_buf_printf(line, "  %s (for %s)", s->waiting_for,
                      mb_text_duration(now_ns - s->waiting_since_ns, time, sizeof time));
}

static void describe(const struct mb_display *display, const struct snapshot *s, int64_t now_ns,
                     struct mb_buf *line)
{
    mb_buf_puts(line, s->phase);
    put_count(line, s->collections_done, s->collections_total, true, "collections");
    put_count(line, s->objects_done, s->objects_total, s->listed, "objects");
    put_bytes(line, s);
    if (s->percent_x100 > 0)
        mb_buf_printf(line, "  %.1f %%", (double)(s->percent_x100 > 10000 ? 10000 : s->percent_x100) / 100);
    put_rate(line, s, rate_of(display));
    put_waiting(line, s, now_ns);
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
    describe(display, &display->shown, now_ns, &line);
    if (display->options.kind == MB_DISPLAY_LIVE) {
        put_live(display, &line, strlen(display->shown.phase));
    } else if (now_ns >= display->next_plain_ns) {
        fprintf(display->options.out, "%s\n", line.data);
        display->next_plain_ns = now_ns + display->options.plain_every_ns;
    }
    mb_buf_done(&line);
}

/* What the phase that was shown last did until it was over. */
static void end_phase(struct mb_display *display, int64_t now_ns)
{
    const struct mb_progress *progress = display->progress;
    struct snapshot s = display->shown;
    char bytes[32], time[32];
    struct mb_buf line;

    if (s.phase == NULL)
        return;
    for (size_t i = 0; i < MB_PROGRESS_ENDED; i++) {
        if (atomic_load(&progress->ended[i].started_ns) != s.started_ns)
            continue;
        s.objects_done = atomic_load(&progress->ended[i].objects);
        s.bytes_done = atomic_load(&progress->ended[i].bytes);
    }
    mb_buf_init(&line, MAX_LINE);
    mb_buf_printf(&line, "%s", s.phase);
    put_count(&line, s.objects_done, 0, true, "objects");
    if (s.bytes_done > 0)
        mb_buf_printf(&line, "  %s", mb_text_bytes(s.bytes_done, bytes, sizeof bytes));
    mb_buf_printf(&line, "  %s", mb_text_duration(now_ns - s.started_ns, time, sizeof time));
    clear_line(display);
    fprintf(display->options.out, "%s\n", line.data);
    fflush(display->options.out);
    mb_buf_done(&line);
}

void mb_display_tick(struct mb_display *display, int64_t now_ns)
{
    struct snapshot now = look(display->progress);

    pthread_mutex_lock(&display->mutex);
    if (display->options.kind != MB_DISPLAY_NONE && !display->finished && now.phase != NULL) {
        if (now.phase != display->shown.phase || now.started_ns != display->shown.started_ns) {
            end_phase(display, now.started_ns);
            display->sample_count = 0;
            display->next_plain_ns = now_ns + display->options.plain_every_ns;
        }
        display->shown = now;
        add_sample(display, &now, now_ns);
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

void mb_display_finish(struct mb_display *display, int64_t now_ns)
{
    struct snapshot now = look(display->progress);

    pthread_mutex_lock(&display->mutex);
    if (display->options.kind != MB_DISPLAY_NONE && !display->finished) {
        if (now.phase != display->shown.phase)
            end_phase(display, now.started_ns);
        display->shown = now;
        end_phase(display, now_ns);
    }
    display->finished = true;
    pthread_mutex_unlock(&display->mutex);
}
