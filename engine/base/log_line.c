#include "base/log_line.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

#include <string.h>

static int clamped(int level)
{
    return level < MB_LOG_ERROR ? MB_LOG_ERROR : level > MB_LOG_TRACE ? MB_LOG_TRACE : level;
}

/* "2026-11-21T06:49:30.123Z" */
static void append_time(struct mb_buf *line)
{
    char stamp[32];
    int64_t now = mb_clock_wall();
    mb_clock_format(now, stamp, sizeof(stamp));
    size_t len = strlen(stamp);
    mb_buf_printf(line, "%.*s.%03dZ", (int)(len > 0 ? len - 1 : 0), stamp,
                  (int)(now % MB_NS_PER_S / MB_NS_PER_MS));
}

/* One event stays one line, and a terminal that shows the log is not steered by what is in it.  Both formats
 * differ in how they spell other control characters, which begin with other. */
static bool append_control(struct mb_buf *line, unsigned char c, const char *other)
{
    if (c >= ' ' && c != 0x7f)
        return false;
    if (c == '\n')
        mb_buf_puts(line, "\\n");
    else if (c == '\r')
        mb_buf_puts(line, "\\r");
    else if (c == '\t')
        mb_buf_puts(line, "\\t");
    else
        mb_buf_printf(line, "%s%02x", other, c);
    return true;
}

/* --------------------------------------------------------------------- text */

static void append_escaped(struct mb_buf *line, const char *text)
{
    for (; *text != '\0'; text++)
        if (!append_control(line, (unsigned char)*text, "\\x"))
            mb_buf_putc(line, *text);
}

void mb_log_line_text(struct mb_buf *line, int level, const char *task, const char *text)
{
    static const char *const names[] = {"ERROR", "ERROR", "WARN ", "INFO ", "DEBUG", "TRACE"};
    append_time(line);
    mb_buf_printf(line, " %s ", names[clamped(level)]);
    if (*task != '\0') {
        mb_buf_putc(line, '[');
        append_escaped(line, task);
        mb_buf_puts(line, "] ");
    }
    append_escaped(line, text);
    mb_buf_putc(line, '\n');
}

/* --------------------------------------------------------------------- JSON */

static void append_string(struct mb_buf *line, const char *text)
{
    size_t left = strlen(text);
    mb_buf_putc(line, '"');
    while (left > 0) {
        size_t len = mb_text_character(text, left);
        if (append_control(line, (unsigned char)*text, "\\u00")) {
            len = 1;
        } else if (len == 0) {
            mb_buf_puts(line, "\\ufffd");
            len = 1;
        } else {
            if (*text == '"' || *text == '\\')
                mb_buf_putc(line, '\\');
            mb_buf_append(line, text, len);
        }
        text += len;
        left -= len;
    }
    mb_buf_putc(line, '"');
}

void mb_log_line_json(struct mb_buf *line, int level, const char *task, const char *text)
{
    static const char *const names[] = {"error", "error", "warn", "info", "debug", "trace"};
    mb_buf_puts(line, "{\"time\":\"");
    append_time(line);
    mb_buf_printf(line, "\",\"level\":\"%s\",\"task\":", names[clamped(level)]);
    append_string(line, task);
    mb_buf_puts(line, ",\"text\":");
    append_string(line, text);
    mb_buf_puts(line, "}\n");
}
