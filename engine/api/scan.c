/* Finds out whether a text is JSON, and where its first value ends. */
#include "api/scan.h"

#include <string.h>

enum { MAX_DEPTH = 10000 };

struct check {
    const char *at, *end;
    size_t depth;
    unsigned char objects[MAX_DEPTH / 8 + 1]; /* a bit for each level: is it an object? */
};

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static void skip_space(struct check *check)
{
    while (check->at < check->end && is_space(*check->at))
        check->at++;
}

static bool take(struct check *check, char c)
{
    if (check->at == check->end || *check->at != c)
        return false;
    check->at++;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take_digits(struct check *check)
{
    const char *from = check->at;
    while (check->at < check->end && is_digit(*check->at))
        check->at++;
    return check->at > from;
}

static bool take_number(struct check *check)
{
    take(check, '-');
    if (!take(check, '0') && !take_digits(check))
        return false;
    if (take(check, '.') && !take_digits(check))
        return false;
    if (!take(check, 'e') && !take(check, 'E'))
        return true;
    if (!take(check, '+'))
        take(check, '-');
    return take_digits(check);
}

static bool take_hex(struct check *check)
{
    if (check->end - check->at < 4)
        return false;
    for (int i = 0; i < 4; i++, check->at++)
        if (memchr("0123456789abcdefABCDEF", *check->at, 22) == NULL)
            return false;
    return true;
}

/* What stands behind a backslash. */
static bool take_escape(struct check *check)
{
    if (check->at == check->end)
        return false;
    char c = *check->at++;
    return c == 'u' ? take_hex(check) : memchr("\"\\/bfnrt", c, 8) != NULL;
}

static bool take_string(struct check *check)
{
    if (!take(check, '"'))
        return false;
    while (check->at < check->end) {
        unsigned char c = (unsigned char)*check->at++;
        if (c == '"')
            return true;
        if (c < 0x20 || (c == '\\' && !take_escape(check)))
            return false;
    }
    return false;
}

static bool take_word(struct check *check, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(check->end - check->at) < len || memcmp(check->at, word, len) != 0)
        return false;
    check->at += len;
    return true;
}

static bool in_object(const struct check *check)
{
    size_t level = check->depth - 1;
    return (check->objects[level / 8] >> level % 8 & 1) != 0;
}

static bool open_level(struct check *check, bool object)
{
    if (check->depth == MAX_DEPTH)
        return false;
    size_t level = check->depth++;
    unsigned char bit = (unsigned char)(1U << level % 8);
    check->objects[level / 8] =
        (unsigned char)(object ? check->objects[level / 8] | bit : check->objects[level / 8] & ~bit);
    check->at++;
    return true;
}

static bool take_scalar(struct check *check)
{
    switch (*check->at) {
    case '"':
        return take_string(check);
    case 't':
        return take_word(check, "true");
    case 'f':
        return take_word(check, "false");
    case 'n':
        return take_word(check, "null");
    default:
        return take_number(check);
    }
}

static bool take_key(struct check *check)
{
    skip_space(check);
    if (!take_string(check))
        return false;
    skip_space(check);
    return take(check, ':');
}

/* Behind a value: closes what ends here and stands before the next value, or at the document's end. */
static bool go_on(struct check *check)
{
    while (check->depth > 0) {
        skip_space(check);
        if (take(check, ','))
            return !in_object(check) || take_key(check);
        if (!take(check, in_object(check) ? '}' : ']'))
            return false;
        check->depth--;
    }
    return true;
}

/* One value without what is nested in it; true also for the beginning of one. */
static bool take_step(struct check *check)
{
    skip_space(check);
    if (check->at == check->end)
        return false;
    char c = *check->at;
    if (c != '{' && c != '[')
        return take_scalar(check) && go_on(check);
    if (!open_level(check, c == '{'))
        return false;
    skip_space(check);
    if (take(check, c == '{' ? '}' : ']')) {
        check->depth--;
        return go_on(check);
    }
    return c == '[' || take_key(check);
}

mb_status mb_scan_first(const char *text, size_t len, struct mb_scan *out, struct mb_error *error)
{
    struct check check = {.at = text, .end = text + len};
    skip_space(&check);
    const char *from = check.at;
    do {
        if (!take_step(&check))
            return mb_fail(error, MB_E_INVALID, "no JSON at byte %zu", (size_t)(check.at - text));
    } while (check.depth > 0);
    *out = (struct mb_scan){.text = from, .len = (size_t)(check.at - from)};
    return MB_OK;
}
