#include "base/buf.h"
#include "service/service.h"

#include <string.h>

#define LONGEST_LINE ((size_t)64 * 1024)

static bool is_plain(const char *text)
{
    static const char *const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:/@[]";
    return *text != '\0' && text[strspn(text, plain)] == '\0';
}

/* In quotes unless it needs none, so that no value can end and begin another member. */
static void put(struct mb_buf *line, const char *name, const char *value)
{
    mb_buf_printf(line, " %s=", name);
    if (is_plain(value)) {
        mb_buf_puts(line, value);
        return;
    }
    mb_buf_putc(line, '"');
    for (const char *at = value; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '"' || c == '\\')
            mb_buf_printf(line, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            mb_buf_printf(line, "\\x%02x", c);
        else
            mb_buf_putc(line, (char)c);
    }
    mb_buf_putc(line, '"');
}

void mb_service_audit(struct mb_service *service, const struct mb_caller *caller, const char *does,
                      const char *backup, const char *outcome)
{
    struct mb_buf line;
    mb_buf_init(&line, LONGEST_LINE);
    mb_buf_puts(&line, "audit");
    put(&line, "request", caller->request_id);
    put(&line, "caller", caller->name);
    put(&line, "from", caller->address);
    put(&line, "does", does);
    put(&line, "backup", backup);
    put(&line, "outcome", outcome);
    mb_session_log(mb_service_session(service), MB_LOG_INFO, mb_buf_text(&line));
    mb_buf_done(&line);
}
