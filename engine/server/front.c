#include "server/front.h"

#include "api/route.h"

#include <string.h>

#define PLAIN "text/plain; charset=utf-8"

void mb_front_text(struct mb_api_call *call, unsigned status, const char *content_type, const char *text)
{
    call->answer.status = status;
    call->answer.content_type = content_type;
    mb_buf_reset(&call->answer.body);
    mb_buf_puts(&call->answer.body, text);
}

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

/* ----------------------------------------------------------------------- "/" */

/* Scripts and probes find the words here, whatever they ask with; a browser gets the console. */
static bool greet(struct mb_api_call *call)
{
    static const char *const methods[] = {"GET",     "POST",   "PUT",     "PATCH", "HEAD",
                                          "OPTIONS", "DELETE", "CONNECT", "TRACE"};
    if (strcmp(call->path, "/") != 0 || !is_one_of(call->method, methods, sizeof methods / sizeof *methods))
        return false;
    mb_front_text(call, 200, PLAIN, "Hello, This is backup service");
    return true;
}

static const struct mb_console_page *page_of(const struct mb_api_call *call, const char *accept)
{
    bool for_a_browser = strcmp(call->path, "/") != 0 || strstr(accept, "text/html") != NULL;
    return strcmp(call->method, "GET") == 0 && for_a_browser ? mb_console_find(call->path) : NULL;
}

/* -------------------------------------------------------- a slash at the end */

static const struct mb_route *route_without_slash(struct mb_api_call *call)
{
    size_t len = strlen(call->path);
    if (len < 2 || call->path[len - 1] != '/')
        return NULL;
    const char *path = mb_arena_strndup(call->arena, call->path, len - 1);
    return path != NULL ? mb_route_find(call->method, path) : NULL;
}

static void put_escaped(struct mb_buf *out, const char *text)
{
    for (const char *p = text; *p != '\0'; p++)
        switch (*p) {
        case '&':
            mb_buf_puts(out, "&amp;");
            break;
        case '<':
            mb_buf_puts(out, "&lt;");
            break;
        case '>':
            mb_buf_puts(out, "&gt;");
            break;
        case '"':
            mb_buf_puts(out, "&#34;");
            break;
        default:
            mb_buf_putc(out, *p);
        }
}

static bool redirect(struct mb_api_call *call)
{
    const struct mb_route *route = route_without_slash(call);
    if (route == NULL)
        return false;
    bool is_get = strcmp(call->method, "GET") == 0;
    const char *mark = *call->raw_query != '\0' ? "?" : "";
    call->answer.location = mb_arena_printf(call->arena, "%s%s%s", route->path, mark, call->raw_query);
    mb_front_text(call, is_get ? 301 : 307, is_get ? "text/html; charset=utf-8" : NULL, "");
    if (is_get && call->answer.location != NULL) {
        mb_buf_puts(&call->answer.body, "<a href=\"");
        put_escaped(&call->answer.body, call->answer.location);
        mb_buf_puts(&call->answer.body, "\">Moved Permanently</a>.\n\n");
    }
    return true;
}

bool mb_front_answer(struct mb_api_call *call, const char *accept, const struct mb_console_page **page)
{
    *page = page_of(call, accept);
    return *page != NULL || greet(call) || redirect(call);
}
