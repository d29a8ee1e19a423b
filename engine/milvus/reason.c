#include "milvus/reason.h"

#include "base/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define TRACE   "stack trace:"
#define ATTEMPT "attempt #"

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t\r\n|");
}

/* "/go/src/x/client.go:550 github.com/x.(*Client[...]).Call", then a line's end or ": " and what it was
 * about. NULL when text does not begin so. */
static const char *skip_frame(const char *text)
{
    const char *frame = skip_blanks(text);
    size_t place = strcspn(frame, " \t\r\n");
    const char *number = frame + place;
    while (number > frame && isdigit((unsigned char)number[-1]))
        number--;
    if (number == frame + place || number - frame < 4 || strncmp(number - 4, ".go:", 4) != 0)
        return NULL;
    const char *end = frame + place + strspn(frame + place, " \t");
    end += strcspn(end, " \t\r\n");
    if (*end == ' ' && end[1] == '+') /* an offset behind the function */
        end += strcspn(end, "\r\n");
    return end[-1] == ':' ? end - 1 : end;
}

/* Behind a stack trace that begins here; text itself when none does. */
static const char *skip_trace(const char *text)
{
    const char *rest = strncasecmp(text, TRACE, strlen(TRACE)) == 0 ? text + strlen(TRACE) : text;
    for (const char *next; (next = skip_frame(rest)) != NULL;)
        rest = next;
    if (rest == text)
        return text;
    return rest + strspn(rest, ": \t\r\n");
}

static void cut_blanks(char *text, size_t *len)
{
    while (*len > 0 && strchr(" \t:,|", text[*len - 1]) != NULL)
        (*len)--;
    text[*len] = '\0';
}

/* What stood before a trace and what stands behind it belong together. */
static void join(char *out, size_t *len, size_t cap)
{
    cut_blanks(out, len);
    if (*len > 0 && *len + 3 < cap) {
        memcpy(out + *len, ": ", 3);
        *len += 2;
    }
}

/* A server that tried several times says the same of each. */
static void keep_first_attempt(char *text, size_t *len)
{
    char *first = strstr(text, ATTEMPT);
    char *second = first != NULL ? strstr(first + 1, ATTEMPT) : NULL;
    if (second == NULL)
        return;
    *len = (size_t)(second - text);
    cut_blanks(text, len);
}

bool mb_reason_brief(const char *reason, char *out, size_t cap)
{
    const char *at = skip_blanks(reason);
    size_t len = 0;

    out[0] = '\0';
    while (*at != '\0' && len + 1 < cap) {
        const char *behind = skip_trace(at);
        if (behind != at) {
            join(out, &len, cap);
            at = behind;
        } else if (*at == '\n' || *at == '\r') {
            cut_blanks(out, &len);
            if (len > 0)
                break;
            at = skip_blanks(at);
        } else {
            out[len++] = *at == '\t' ? ' ' : *at;
            out[len] = '\0';
            at++;
        }
    }
    len = mb_text_whole(out, len);
    cut_blanks(out, &len);
    keep_first_attempt(out, &len);
    return strcmp(out, reason) == 0;
}
