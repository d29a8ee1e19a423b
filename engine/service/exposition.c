#include "service/exposition.h"

#include <inttypes.h>
#include <stdarg.h>

#define LONGEST_LABELS (64 * 1024)
#define NS_PER_S       1e9

void mb_exposition_init(struct mb_exposition *exposition, struct mb_buf *out)
{
    *exposition = (struct mb_exposition){.out = out, .name = ""};
    mb_buf_init(&exposition->labels, LONGEST_LABELS);
}

void mb_exposition_done(struct mb_exposition *exposition)
{
    mb_buf_done(&exposition->labels);
}

void mb_exposition_family(struct mb_exposition *exposition, const char *name, const char *type,
                          const char *help)
{
    exposition->name = name;
    mb_buf_reset(&exposition->labels);
    mb_buf_printf(exposition->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_value(struct mb_buf *labels, const char *value)
{
    for (; *value != '\0'; value++)
        if (*value == '\n')
            mb_buf_puts(labels, "\\n");
        else {
            if (*value == '\\' || *value == '"')
                mb_buf_putc(labels, '\\');
            mb_buf_putc(labels, *value);
        }
}

void mb_exposition_labels(struct mb_exposition *exposition, ...)
{
    struct mb_buf *labels = &exposition->labels;
    va_list args;
    mb_buf_reset(labels);
    va_start(args, exposition);
    for (const char *name; (name = va_arg(args, const char *)) != NULL;) {
        mb_buf_printf(labels, "%s%s=\"", labels->len > 0 ? "," : "", name);
        put_value(labels, va_arg(args, const char *));
        mb_buf_putc(labels, '"');
    }
    va_end(args);
}

/* extra is one label more, whole; "" for none. */
static void begin_sample(struct mb_exposition *exposition, const char *suffix, const char *extra)
{
    const char *labels = mb_buf_text(&exposition->labels);
    const char *comma = *labels != '\0' && *extra != '\0' ? "," : "";
    bool any = *labels != '\0' || *extra != '\0';
    mb_buf_printf(exposition->out, "%s%s%s%s%s%s%s ", exposition->name, suffix, any ? "{" : "", labels, comma,
                  extra, any ? "}" : "");
}

static void put_count(struct mb_exposition *exposition, const char *suffix, const char *extra, uint64_t value)
{
    begin_sample(exposition, suffix, extra);
    mb_buf_printf(exposition->out, "%" PRIu64 "\n", value);
}

void mb_exposition_count(struct mb_exposition *exposition, const char *suffix, uint64_t value)
{
    put_count(exposition, suffix, "", value);
}

void mb_exposition_seconds(struct mb_exposition *exposition, const char *suffix, double value)
{
    begin_sample(exposition, suffix, "");
    mb_buf_printf(exposition->out, "%.15g\n", value);
}

void mb_exposition_histogram(struct mb_exposition *exposition, const uint64_t *within,
                             int64_t (*bounds_ns)(size_t i), uint64_t count, uint64_t total_ns)
{
    struct mb_buf bound = MB_BUF_INIT(64);
    for (size_t i = 0; bounds_ns(i) >= 0; i++) {
        mb_buf_reset(&bound);
        mb_buf_printf(&bound, "le=\"%g\"", (double)bounds_ns(i) / NS_PER_S);
        put_count(exposition, "_bucket", mb_buf_text(&bound), within[i]);
    }
    mb_buf_done(&bound);
    put_count(exposition, "_bucket", "le=\"+Inf\"", count);
    mb_exposition_seconds(exposition, "_sum", (double)total_ns / NS_PER_S);
    mb_exposition_count(exposition, "_count", count);
}
