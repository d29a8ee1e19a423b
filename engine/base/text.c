#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool mb_text_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

uint64_t mb_text_hash(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(1099511628211);
    return hash;
}

bool mb_text_ends_with(const char *text, const char *suffix)
{
    size_t len = strlen(text);
    size_t tail = strlen(suffix);
    return len >= tail && memcmp(text + len - tail, suffix, tail) == 0;
}

size_t mb_text_whole(const char *text, size_t len)
{
    size_t start = len;
    while (start > 0 && len - start < 3 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0)
        return len;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return len - start + 1 < want ? start - 1 : len;
}

/* RFC 3629, section 4. */
size_t mb_text_character(const char *start, size_t len)
{
    const unsigned char *text = (const unsigned char *)start;
    unsigned char c = text[0];
    unsigned char low = 0x80, high = 0xbf;
    size_t n;
    if (c < 0x80)
        return 1;
    if (c >= 0xc2 && c <= 0xdf)
        n = 2;
    else if ((c & 0xf0) == 0xe0)
        n = 3;
    else if (c >= 0xf0 && c <= 0xf4)
        n = 4;
    else
        return 0;
    if (c == 0xe0)
        low = 0xa0;
    else if (c == 0xed)
        high = 0x9f;
    else if (c == 0xf0)
        low = 0x90;
    else if (c == 0xf4)
        high = 0x8f;
    if (n > len || text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

bool mb_text_is_given(const char *text)
{
    return text != NULL && *text != '\0';
}

bool mb_text_is_name(const char *text, size_t len)
{
    static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
    return len > 0 && strspn(text, allowed) >= len;
}

bool mb_text_is_plain(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0, step; i < len; i += step) {
        step = mb_text_character(text + i, len - i);
        if (step == 0 || (unsigned char)text[i] < ' ' || text[i] == '\x7f')
            return false;
    }
    return true;
}

bool mb_text_fit(char *out, size_t cap, const char *text)
{
    size_t len = strlen(text);
    bool whole = len < cap;
    if (!whole)
        len = cap - 1;
    memcpy(out, text, len);
    out[len] = '\0';
    return whole;
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

void mb_text_clean(char *text)
{
    size_t left = strlen(text);
    char *const start = text;
    char *out = text;

    for (size_t len; left > 0; text += len, left -= len) {
        len = mb_text_character(text, left);
        if (len == 0) {
            *out++ = '?';
            len = 1;
        } else if (!is_control(*text)) {
            memmove(out, text, len);
            out += len;
        } else if (out > start && out[-1] != ' ') {
            *out++ = ' ';
        }
    }
    while (out > start && out[-1] == ' ')
        out--;
    *out = '\0';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool mb_text_equal_nocase(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

enum { LONGEST_NAME = 128 };

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;
    return least < c ? least : c;
}

/* Insertions, deletions, substitutions and swaps of neighbours that lead from a to b, case aside. */
static unsigned edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    unsigned rows[3][LONGEST_NAME + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_len; j++)
        above[j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            char ca = lower(a[i - 1]), cb = lower(b[j - 1]);
            row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (ca != cb));
            bool swapped = i > 1 && j > 1 && ca == lower(b[j - 2]) && lower(a[i - 2]) == cb;
            if (swapped && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
        unsigned *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[b_len];
}

const char *mb_text_nearest(const char *text, const char *const *candidates, size_t count)
{
    size_t len = strnlen(text, LONGEST_NAME + 1);
    if (len == 0 || len > LONGEST_NAME)
        return NULL;
    unsigned most = (unsigned)(len < 3 ? 1 : len / 3 < 4 ? len / 3 : 4);
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t candidate_len = strnlen(candidates[i], LONGEST_NAME + 1);
        if (candidate_len > LONGEST_NAME)
            continue;
        unsigned distance = edit_distance(text, len, candidates[i], candidate_len);
        if (distance > most || distance >= candidate_len || (nearest != NULL && distance == most))
            continue;
        nearest = candidates[i];
        most = distance;
    }
    return nearest;
}

const char *mb_text_bytes(uint64_t bytes, char *buf, size_t cap)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) {
        snprintf(buf, cap, "%u B", (unsigned)bytes);
        return buf;
    }
    double value = (double)bytes / 1024;
    size_t unit = 0;
    /* 1023.96 would be shown as 1024.0 */
    for (; value >= 1023.95 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
        value /= 1024;
    snprintf(buf, cap, "%.1f %s", value, units[unit]);
    return buf;
}

const char *mb_text_duration(int64_t ns, char *buf, size_t cap)
{
    int64_t ms = ns < 0 ? 0 : ns / 1000000 + (ns % 1000000 >= 500000);
    int64_t tenths = ms / 100 + (ms % 100 >= 50);
    int64_t seconds = ms / 1000 + (ms % 1000 >= 500);
    int64_t minutes = seconds / 60 + (seconds % 60 >= 30);
    if (ms < 1000)
        snprintf(buf, cap, "%d ms", (int)ms);
    else if (tenths < 600)
        snprintf(buf, cap, "%d.%d s", (int)(tenths / 10), (int)(tenths % 10));
    else if (seconds < 3600)
        snprintf(buf, cap, "%d min %02d s", (int)(seconds / 60), (int)(seconds % 60));
    else
        snprintf(buf, cap, "%lld h %02d min", (long long)(minutes / 60), (int)(minutes % 60));
    return buf;
}

bool mb_text_to_int64(const char *text, int64_t *out)
{
    if (text == NULL || (!isdigit((unsigned char)*text) && *text != '-' && *text != '+'))
        return false;
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0')
        return false;
    *out = value;
    return true;
}

bool mb_text_to_bool(const char *text, bool *out)
{
    static const char *const words[2][6] = {{"0", "f", "F", "false", "FALSE", "False"},
                                            {"1", "t", "T", "true", "TRUE", "True"}};
    for (size_t i = 0; text != NULL && i < 12; i++) {
        if (strcmp(text, words[i / 6][i % 6]) == 0) {
            *out = i / 6 == 1;
            return true;
        }
    }
    return false;
}

static char shown(char c)
{
    return c > ' ' && c < 0x7f ? c : '*';
}

const char *mb_text_mask(const char *secret, char *buf, size_t cap)
{
    size_t len = strlen(secret);
    if (len == 0)
        snprintf(buf, cap, "%s", "");
    else if (len <= 4)
        snprintf(buf, cap, "****");
    else
        snprintf(buf, cap, "%c%c****%c%c", shown(secret[0]), shown(secret[1]), shown(secret[len - 2]),
                 shown(secret[len - 1]));
    return buf;
}

/* Of a secret of LONG bytes or more, the first GIVEAWAY ones are known for it. */
enum { ASTERISKS = 4, LONG = 16, GIVEAWAY = 12 };

/* The next place where the secret stands, or enough of its beginning; found gets how much of it. */
static char *find_secret(const char *secret, char *text, size_t len, size_t *found)
{
    size_t whole = strlen(secret), least = whole >= LONG ? GIVEAWAY : whole;
    char *at = memmem(text, len, secret, least);
    size_t left = at == NULL ? 0 : len - (size_t)(at - text);
    for (*found = least; at != NULL && *found < whole && *found < left && at[*found] == secret[*found];)
        ++*found;
    return at;
}

size_t mb_text_hide(char *text, size_t len, const char *secret)
{
    size_t found, begin = 0;
    if (strlen(secret) < ASTERISKS)
        return len;
    for (char *at; (at = find_secret(secret, text + begin, len - begin, &found)) != NULL;) {
        size_t rest = len - (size_t)(at - text) - found;
        memset(at, '*', ASTERISKS);
        memmove(at + ASTERISKS, at + found, rest);
        begin = (size_t)(at - text) + ASTERISKS;
        if (found > ASTERISKS)
            text[begin + rest] = '\0';
        len = begin + rest;
    }
    return len;
}
