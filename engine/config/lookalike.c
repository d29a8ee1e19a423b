#include "config/lookalike.h"

#include <string.h>

#define BLANK                                                                                          \
    "YAML takes it for a letter; put an ordinary blank in its place, or quotes around the text if it " \
    "belongs there"
#define NONE   "delete it; it cannot be seen"
#define QUOTES "put ordinary quotes (' or \") in its place, or around the text if it belongs there"
#define COLON  "put an ordinary colon and a blank in its place, or quotes around the text if it belongs there"

static const struct {
    const char *bytes;
    const char *name;
    const char *advice;
} lookalikes[] = {
    {"\xc2\xa0", "a no-break space (U+00A0)", BLANK},
    {"\xe2\x80\x80", "a wide blank (U+2000)", BLANK},
    {"\xe2\x80\x81", "a wide blank (U+2001)", BLANK},
    {"\xe2\x80\x82", "a wide blank (U+2002)", BLANK},
    {"\xe2\x80\x83", "a wide blank (U+2003)", BLANK},
    {"\xe2\x80\x87", "a no-break space (U+2007)", BLANK},
    {"\xe2\x80\x89", "a thin blank (U+2009)", BLANK},
    {"\xe2\x80\xaf", "a no-break space (U+202F)", BLANK},
    {"\xe3\x80\x80", "a wide blank (U+3000)", BLANK},
    {"\xe2\x80\x8b", "a blank without width (U+200B)", NONE},
    {"\xe2\x80\x8c", "a character without width (U+200C)", NONE},
    {"\xe2\x80\x8d", "a character without width (U+200D)", NONE},
    {"\xe2\x81\xa0", "a character without width (U+2060)", NONE},
    {"\xef\xbb\xbf", "a byte order mark (U+FEFF)", NONE},
    {"\xc2\xad", "a soft hyphen (U+00AD)", NONE},
    {"\xe2\x80\x98", "a typographic quote (U+2018)", QUOTES},
    {"\xe2\x80\x99", "a typographic quote (U+2019)", QUOTES},
    {"\xe2\x80\x9c", "a typographic quote (U+201C)", QUOTES},
    {"\xe2\x80\x9d", "a typographic quote (U+201D)", QUOTES},
    {"\xe2\x80\x9e", "a typographic quote (U+201E)", QUOTES},
    {"\xef\xbc\x9a", "a wide colon (U+FF1A)", COLON},
};

struct mb_lookalike mb_lookalike_find(const char *text, size_t len)
{
    struct mb_lookalike found = {0};

    for (; found.at < len; found.at++) {
        for (size_t i = 0; i < sizeof lookalikes / sizeof *lookalikes; i++) {
            size_t n = strlen(lookalikes[i].bytes);
            if (n > len - found.at || memcmp(text + found.at, lookalikes[i].bytes, n) != 0)
                continue;
            found.name = lookalikes[i].name;
            found.advice = lookalikes[i].advice;
            return found;
        }
        found.characters += ((unsigned char)text[found.at] & 0xc0) != 0x80;
    }
    return found;
}
