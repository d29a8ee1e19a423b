#include "http/echo.h"

#include "base/text.h"
#include "http/url.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SHORTEST = 8 };

static void hide(struct mb_http_response *response, const char *secret)
{
    if (strlen(secret) < SHORTEST)
        return;
    mb_text_hide(response->reason, strlen(response->reason), secret);
    for (size_t i = 0; i < response->headers.count; i++) {
        char *value = response->headers.items[i].value;
        mb_text_hide(value, strlen(value), secret);
    }
    if (response->body.len > 0)
        response->body.len = mb_text_hide(response->body.data, response->body.len, secret);
}

/* "Bearer X" and "Basic X" show X; signatures are made of a secret and do not hold it. */
static const char *shown_by(const struct mb_header *header)
{
    const char *value = header->value;
    size_t len = strlen(header->name);
    if (strcasecmp(header->name, "Authorization") == 0)
        return strncasecmp(value, "Bearer ", 7) == 0  ? value + 7
               : strncasecmp(value, "Basic ", 6) == 0 ? value + 6
               : strchr(value, ' ') == NULL           ? value
                                                      : NULL;
    return len >= 6 && strcasecmp(header->name + len - 6, "-token") == 0 ? value : NULL;
}

static bool is_secret(const char *name)
{
    static const char *const parts[] = {"token", "secret", "assertion", "password", "signature"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcasestr(name, parts[i]) != NULL)
            return true;
    return strcmp(name, "sig") == 0;
}

/* As it was sent, and as who unpacks it sees it. */
static void hide_pair(struct mb_http_response *response, char *pair)
{
    char *value = strchr(pair, '=');
    if (value == NULL)
        return;
    *value++ = '\0';
    if (!is_secret(pair))
        return;
    hide(response, value);
    if (mb_url_decode(value, true))
        hide(response, value);
}

static void hide_pairs(struct mb_http_response *response, const char *text, size_t len)
{
    char *pairs = strndup(text, len), *rest = pairs;
    for (char *pair = pairs; pair != NULL && rest != NULL;) {
        pair = strsep(&rest, "&");
        hide_pair(response, pair);
    }
    free(pairs);
}

static bool is_form(const struct mb_http_request *request)
{
    const char *type = request->headers != NULL ? mb_headers_get(request->headers, "Content-Type") : NULL;
    return request->body_len > 0 && type != NULL &&
           strncasecmp(type, "application/x-www-form-urlencoded", 33) == 0;
}

void mb_http_hide_echo(const struct mb_http_request *request, struct mb_http_response *response)
{
    const char *query = strchr(request->url, '?');
    if (response->status >= 200 && response->status < 300)
        return;
    for (size_t i = 0; request->headers != NULL && i < request->headers->count; i++) {
        const char *secret = shown_by(&request->headers->items[i]);
        if (secret != NULL)
            hide(response, secret);
    }
    if (query != NULL)
        hide_pairs(response, query + 1, strlen(query + 1));
    if (is_form(request))
        hide_pairs(response, request->body, request->body_len);
}
