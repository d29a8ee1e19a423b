#include "common/error.h"

#include "common/http.h"
#include "common/str.h"
#include "common/times.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t flags_of(mb_status status)
{
    bool passes = status == MB_E_THROTTLED || status == MB_E_UNAVAILABLE || status == MB_E_TIMEOUT;
    return passes ? MB_ERR_RETRYABLE : 0;
}

static void reset(struct mb_error *error, mb_status status)
{
    error->status = status;
    error->flags = flags_of(status);
    error->retry_after_ms = 0;
    error->http_status = 0;
    error->sys_errno = 0;
    error->provider_code[0] = '\0';
    error->request_id[0] = '\0';
    error->message[0] = '\0';
}

mb_status mb_plugin_fail_as(struct mb_error *error, mb_status status)
{
    error->status = status;
    error->flags = flags_of(status);
    return status;
}

mb_status mb_plugin_decline(struct mb_error *error, bool conditional)
{
    bool refused = error->http_status >= 400 && error->http_status < 500;
    bool vague = error->status == MB_E_INVALID || (error->status == MB_E_EXISTS && !conditional);
    return refused && vague ? mb_plugin_fail_as(error, MB_E_UNSUPPORTED) : error->status;
}

void mb_plugin_error_clear(struct mb_error *error)
{
    reset(error, MB_OK);
}

mb_status mb_plugin_fail(struct mb_error *error, mb_status status, const char *fmt, ...)
{
    va_list args;

    reset(error, status);
    va_start(args, fmt);
    vsnprintf(error->message, sizeof(error->message), fmt, args);
    va_end(args);
    mb_text_clean(error->message);
    return status;
}

mb_status mb_plugin_fail_memory(struct mb_error *error)
{
    return mb_plugin_fail(error, MB_E_NO_MEMORY, "out of memory");
}

mb_status mb_plugin_context(struct mb_error *error, const char *fmt, ...)
{
    char text[sizeof(error->message)];
    char old[sizeof(error->message)];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    memcpy(old, error->message, sizeof(old));
    old[sizeof(old) - 1] = '\0';
    size_t len = strlen(text);
    mb_str_fit(error->message, sizeof(error->message), text);
    if (len + 2 < sizeof(error->message)) {
        memcpy(error->message + len, ": ", 3);
        mb_str_fit(error->message + len + 2, sizeof(error->message) - len - 2, old);
    }
    mb_text_clean(error->message);
    return error->status;
}

mb_status mb_plugin_advise(struct mb_error *error, const char *fmt, ...)
{
    size_t len = strnlen(error->message, sizeof(error->message));
    va_list args;

    if (len + 3 >= sizeof(error->message))
        return error->status;
    memcpy(error->message + len, "; ", 3);
    va_start(args, fmt);
    vsnprintf(error->message + len + 2, sizeof(error->message) - len - 2, fmt, args);
    va_end(args);
    mb_text_clean(error->message);
    return error->status;
}

bool mb_plugin_advise_clock(struct mb_error *error, const struct mb_http_response *response)
{
    const char *date = mb_headers_get(&response->headers, "Date");
    int64_t theirs_ns;
    if (date == NULL || !mb_time_parse_http(date, &theirs_ns))
        return false;
    long long seconds = (mb_time_real_ns() - theirs_ns) / 1000000000;
    if (llabs(seconds) < 300)
        return false;
    mb_plugin_advise(error, "this machine's clock is %lld min %02lld s %s the service's: set it",
                     llabs(seconds) / 60, llabs(seconds) % 60, seconds < 0 ? "behind" : "ahead of");
    return true;
}

void mb_plugin_error_copy(struct mb_error *to, const struct mb_error *from)
{
    to->status = from->status;
    to->flags = from->flags;
    to->retry_after_ms = from->retry_after_ms;
    to->http_status = from->http_status;
    to->sys_errno = from->sys_errno;
    memcpy(to->provider_code, from->provider_code, sizeof(to->provider_code));
    memcpy(to->request_id, from->request_id, sizeof(to->request_id));
    memcpy(to->message, from->message, sizeof(to->message));
}

mb_status mb_status_of_http(int http_status)
{
    switch (http_status) {
    case 301:
    case 302:
    case 307:
    case 308:
        return MB_E_CONFIG;
    case 401:
        return MB_E_UNAUTHENTICATED;
    case 403:
        return MB_E_FORBIDDEN;
    case 404:
    case 410:
        return MB_E_NOT_FOUND;
    case 409:
    case 412:
        return MB_E_EXISTS;
    case 405:
    case 501:
        return MB_E_UNSUPPORTED;
    case 429:
        return MB_E_THROTTLED;
    case 408:
        return MB_E_UNAVAILABLE;
    case 507:
        return MB_E_NO_SPACE;
    default:
        break;
    }
    if (http_status >= 200 && http_status < 300)
        return MB_OK;
    if (http_status >= 500 && http_status < 600)
        return MB_E_UNAVAILABLE;
    if (http_status >= 400 && http_status < 500)
        return MB_E_INVALID;
    return MB_E_PROTOCOL;
}

mb_status mb_plugin_fail_answer(struct mb_error *error, const struct mb_http_response *response,
                                const struct mb_answer *answer)
{
    mb_status status = answer->status != 0 ? answer->status : mb_status_of_http(response->status);
    if (status >= 0)
        status = MB_E_PROTOCOL;
    reset(error, status);
    error->http_status = response->status;
    error->retry_after_ms = mb_http_retry_after_ms(response);
    if (response->status >= 500 && response->status != 501 && !response->safe)
        error->flags |= MB_ERR_AMBIGUOUS;
    if (answer->code)
        mb_str_fit(error->provider_code, sizeof(error->provider_code), answer->code);
    if (answer->request_id)
        mb_str_fit(error->request_id, sizeof(error->request_id), answer->request_id);
    mb_text_clean(error->provider_code);
    mb_text_clean(error->request_id);
    bool coded = error->provider_code[0] != '\0';
    bool text = answer->text && answer->text[0] != '\0';
    const char *name = coded ? error->provider_code : response->reason;
    snprintf(error->message, sizeof(error->message), "%d%s%s%s%.800s", response->status, *name ? " " : "",
             name, text ? ": " : "", text ? answer->text : "");
    mb_text_clean(error->message);
    size_t len = strlen(error->message);
    if (len > 0 && error->message[len - 1] == '.')
        error->message[len - 1] = '\0';
    return status;
}

/* The length of the well-formed UTF-8 sequence at p, 0 when there is none.  A cut text ends in the middle of
 * one. */
static size_t utf8_length(const unsigned char *p)
{
    size_t len = *p < 0x80 ? 1 : *p >= 0xf0 && *p < 0xf5 ? 4 : *p >= 0xe0 ? 3 : *p >= 0xc2 ? 2 : 0;
    if (*p >= 0xf5)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

void mb_text_clean(char *text)
{
    char *out = text;

    for (char *p = text; *p;) {
        unsigned char c = (unsigned char)*p;
        size_t len = utf8_length((const unsigned char *)p);
        if (c < 0x20 || c == 0x7f) {
            if (out > text && out[-1] != ' ')
                *out++ = ' ';
            p++;
        } else if (len == 0) {
            *out++ = '?';
            p++;
        } else {
            memmove(out, p, len);
            out += len;
            p += len;
        }
    }
    while (out > text && out[-1] == ' ')
        out--;
    *out = '\0';
}
