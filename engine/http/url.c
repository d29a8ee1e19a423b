#include "http/url.h"

#include <string.h>
#include <strings.h>

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void mb_url_encode(struct mb_buf *out, const char *text, const char *keep)
{
    static const char digits[] = "0123456789ABCDEF";

    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (is_unreserved(*p) || strchr(keep, *p)) {
            mb_buf_putc(out, (char)*p);
        } else {
            char escape[3] = {'%', digits[*p >> 4], digits[*p & 15]};
            mb_buf_append(out, escape, sizeof(escape));
        }
    }
}

void mb_url_query(struct mb_buf *query, const char *name, const char *value)
{
    if (query->len > 0)
        mb_buf_putc(query, '&');
    mb_url_encode(query, name, "");
    mb_buf_putc(query, '=');
    if (value)
        mb_url_encode(query, value, "");
}

void mb_url_pairs(struct mb_buf *query, const struct mb_pair *pairs)
{
    for (; pairs != NULL && pairs->name != NULL; pairs++)
        if (pairs->value != NULL)
            mb_url_query(query, pairs->name, pairs->value);
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool mb_url_decode(char *text, bool plus)
{
    char *out = text;

    for (const char *p = text; *p; p++) {
        if (*p == '+' && plus) {
            *out++ = ' ';
        } else if (*p == '%') {
            int high = hex(p[1]);
            int low = high < 0 ? -1 : hex(p[2]);
            if (low < 0 || (high == 0 && low == 0))
                return false;
            *out++ = (char)(high * 16 + low);
            p += 2;
        } else {
            *out++ = *p;
        }
    }
    *out = '\0';
    return true;
}

bool mb_host_is_local(const char *host)
{
    static const char *const prefixes[] = {"127.", "169.254.", "[::1]", "[fe80:"};
    size_t len = strlen(host);

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (strncasecmp(host, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return strcasecmp(host, "localhost") == 0 || (len > 10 && strcasecmp(host + len - 10, ".localhost") == 0);
}
