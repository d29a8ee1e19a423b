#include "config/report.h"

#include "base/arena.h"

#include <stdio.h>
#include <string.h>

enum { MAX_NOTICES = 100, MAX_HARMLESS = 50, MAX_TEXT = 900, MAX_QUOTED = 80 };

mb_status mb_report_init(struct mb_config_report *report, struct mb_error *error)
{
    *report = (struct mb_config_report){.arena = mb_arena_new()};
    if (report->arena != NULL)
        report->items = mb_arena_alloc(report->arena, MAX_NOTICES, sizeof *report->items);
    return report->items == NULL ? mb_fail_memory(error) : MB_OK;
}

void mb_config_report_done(struct mb_config_report *report)
{
    if (report == NULL)
        return;
    mb_arena_free(report->arena);
    *report = (struct mb_config_report){0};
}

void mb_report_vadd(struct mb_config_report *report, enum mb_config_notice_kind kind, const char *where,
                    const char *fmt, va_list args)
{
    char text[MAX_TEXT];

    vsnprintf(text, sizeof text, fmt, args);
    const char *line = where != NULL ? mb_arena_printf(report->arena, "%s: %s", where, text)
                                     : mb_arena_strdup(report->arena, text);
    if (line == NULL)
        line = "out of memory";
    for (size_t i = 0; i < report->count; i++)
        if (strcmp(report->items[i].text, line) == 0)
            return;
    if (kind == MB_CONFIG_PROBLEM)
        report->problems++;
    if (report->count < (size_t)(kind == MB_CONFIG_PROBLEM ? MAX_NOTICES : MAX_HARMLESS))
        report->items[report->count++] = (struct mb_config_notice){.kind = kind, .text = line};
}

void mb_report_add(struct mb_config_report *report, enum mb_config_notice_kind kind, const char *where,
                   const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    mb_report_vadd(report, kind, where, fmt, args);
    va_end(args);
}

mb_status mb_report_status(const struct mb_config_report *report, struct mb_error *error)
{
    if (report->problems == 0)
        return MB_OK;
    const char *first = "too many notices";
    for (size_t i = report->count; i-- > 0;)
        if (report->items[i].kind == MB_CONFIG_PROBLEM)
            first = report->items[i].text;
    if (report->problems == 1)
        return mb_fail(error, MB_E_CONFIG, "%s", first);
    return mb_fail(error, MB_E_CONFIG, "%s (and %zu more)", first, report->problems - 1);
}

/* A byte that would move a terminal's cursor; in UTF-8 also the second byte of U+0080 to U+009F. */
static bool is_control(unsigned char before, unsigned char c)
{
    return c < 0x20 || c == 0x7f || (before == 0xc2 && c >= 0x80 && c <= 0x9f);
}

const char *mb_quote(struct mb_arena *arena, const char *text)
{
    char out[4 * MAX_QUOTED + 8];
    size_t n = 0, i;

    out[n++] = '\'';
    for (i = 0; text[i] != '\0' && i < MAX_QUOTED; i++) {
        unsigned char c = (unsigned char)text[i];
        if (is_control(i > 0 ? (unsigned char)text[i - 1] : 0, c))
            n += (size_t)snprintf(out + n, 5, "\\x%02x", c);
        else
            out[n++] = (char)c;
    }
    memcpy(out + n, text[i] != '\0' ? "...'" : "'", text[i] != '\0' ? 5 : 2);
    const char *copy = mb_arena_strdup(arena, out);
    return copy != NULL ? copy : "'?'";
}
