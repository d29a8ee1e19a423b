/* Takes apart a text that is known to be JSON. */
#include "api/scan.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

char mb_scan_kind(struct mb_scan value)
{
    char c = value.text[0];
    return c == '-' || (c >= '0' && c <= '9') ? '0' : c;
}

/* The length of the string at text, quotes included. */
static size_t string_len(const char *text)
{
    size_t i = 1;
    for (; text[i] != '"'; i++)
        i += text[i] == '\\';
    return i + 1;
}

static size_t nested_len(const char *text)
{
    size_t i = 0, depth = 0;
    do {
        if (text[i] == '"') {
            i += string_len(text + i);
            continue;
        }
        depth += text[i] == '{' || text[i] == '[';
        depth -= text[i] == '}' || text[i] == ']';
        i++;
    } while (depth > 0);
    return i;
}

static size_t value_len(struct mb_scan rest)
{
    char kind = mb_scan_kind(rest);
    if (kind == '"')
        return string_len(rest.text);
    if (kind == '{' || kind == '[')
        return nested_len(rest.text);
    size_t len = 0;
    while (len < rest.len && strchr(" \t\r\n,]}", rest.text[len]) == NULL)
        len++;
    return len;
}

static void advance(struct mb_scan *rest, size_t n)
{
    rest->text += n;
    rest->len -= n;
}

static void skip(struct mb_scan *rest, const char *characters)
{
    while (rest->len > 0 && strchr(characters, *rest->text) != NULL)
        advance(rest, 1);
}

static struct mb_scan take(struct mb_scan *rest)
{
    struct mb_scan value = {.text = rest->text, .len = value_len(*rest)};
    advance(rest, value.len);
    return value;
}

struct mb_scan_walk mb_scan_enter(struct mb_scan value)
{
    return (struct mb_scan_walk){.rest = {.text = value.text + 1, .len = value.len - 2},
                                 .object = value.text[0] == '{'};
}

bool mb_scan_next(struct mb_scan_walk *walk, struct mb_scan *key, struct mb_scan *value)
{
    skip(&walk->rest, " \t\r\n,");
    if (walk->rest.len == 0)
        return false;
    *key = (struct mb_scan){.text = NULL};
    if (walk->object) {
        *key = take(&walk->rest);
        skip(&walk->rest, " \t\r\n:");
    }
    *value = take(&walk->rest);
    return true;
}

static unsigned hex(const char *text)
{
    char digits[5] = {text[0], text[1], text[2], text[3], '\0'};
    return (unsigned)strtoul(digits, NULL, 16);
}

static size_t put_code(char *out, unsigned code)
{
    if (code == 0 || (code >= 0xd800 && code < 0xe000))
        code = 0xfffd;
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(marks[n] | code);
    return n;
}

/* \uXXXX and perhaps the second half of a pair; *i stands behind the 'u' and is left behind it all. */
static unsigned take_code(const char *text, size_t *i)
{
    unsigned code = hex(text + *i);
    *i += 4;
    if (code < 0xd800 || code >= 0xdc00 || text[*i] != '\\' || text[*i + 1] != 'u')
        return code;
    unsigned second = hex(text + *i + 2);
    if (second < 0xdc00 || second >= 0xe000)
        return code;
    *i += 6;
    return 0x10000 + ((code - 0xd800) << 10) + (second - 0xdc00);
}

static char escaped(char c)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const char *found = strchr(from, c);
    return found != NULL ? to[found - from] : c;
}

char *mb_scan_text(struct mb_scan string, struct mb_arena *arena)
{
    char *out = mb_arena_alloc(arena, 3 * string.len + 1, 1);
    size_t n = 0, end = string.len - 1; /* without the quote */
    for (size_t i = 1; out != NULL && i < end;) {
        char c = string.text[i];
        if (c == '\\') {
            c = string.text[i + 1];
            i += 2;
            if (c == 'u')
                n += put_code(out + n, take_code(string.text, &i));
            else
                out[n++] = escaped(c);
            continue;
        }
        size_t len = mb_text_character(string.text + i, end - i);
        if (len == 0)
            n += put_code(out + n, 0xfffd);
        else
            memcpy(out + n, string.text + i, len), n += len;
        i += len > 0 ? len : 1;
    }
    return out;
}

/* The digits in a NUL-terminated text: "" for what is no plain integer. */
static const char *integer(struct mb_scan number, char buf[24])
{
    buf[0] = '\0';
    if (number.len >= 24)
        return buf;
    for (size_t i = number.text[0] == '-'; i < number.len; i++)
        if (number.text[i] < '0' || number.text[i] > '9')
            return buf;
    memcpy(buf, number.text, number.len);
    buf[number.len] = '\0';
    return buf;
}

bool mb_scan_int64(struct mb_scan number, int64_t *out)
{
    char buf[24];
    return mb_text_to_int64(integer(number, buf), out);
}

bool mb_scan_uint64(struct mb_scan number, uint64_t *out)
{
    char buf[24];
    const char *text = integer(number, buf);
    errno = 0;
    if (*text == '\0' || *text == '-')
        return false;
    *out = strtoull(text, NULL, 10);
    return errno == 0;
}
