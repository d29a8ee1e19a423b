/* keys.c - tests of keys that somebody will use one day. */
#include "check.h"

#include <stdio.h>
#include <string.h>

/* Through every slot that takes a key, and out of a listing. */
static void use_key(struct check *c, const char *name)
{
    struct listing listing;
    struct mb_stat stat;
    const char *key = check_key(c, "%s", name);
    MUST(must_put_text(c, key, name));
    MUST(must_hold_text(c, key, name));
    WANT(MB_OK, slot_stat(c->s, key, &stat));
    EXPECT(stat.size == strlen(name), "stat of '%s' is that of another object", key);
    MUST(must_list(c, c->s, &(struct listing_request){.prefix = c->prefix}, &listing));
    EXPECT(listing_find(&listing, key) != NULL, "'%s' is not listed as such%s%s", key,
           listing.count == 0 ? "" : ", but there is ", listing.count == 0 ? "" : listing.entries[0].key);
    MUST(must_list(c, c->s, &(struct listing_request){.prefix = key}, &listing));
    EXPECT(listing.count == 1, "a listing with '%s' as prefix has %zu entries", key, listing.count);
    WANT(MB_OK, slot_remove(c->s, key));
    MUST(must_be_absent(c, c->s, key));
}

static void use_keys(struct check *c, const char *const *names)
{
    for (; *names != NULL && c->outcome == PASSED; names++)
        use_key(c, *names);
}

#define KEY_TEST(function, ...)                                \
    static void function(struct check *c)                      \
    {                                                          \
        use_keys(c, (const char *const[]){__VA_ARGS__, NULL}); \
    }

KEY_TEST(space, "a b", " leading", "trailing ", "two  in a row", "in/a path /with them")
KEY_TEST(plus, "a+b", "+", "a+b c")
KEY_TEST(percent, "a%b", "100%", "a%20b", "a%2Fb", "%", "%25", "%zz")
KEY_TEST(unicode, "\xc3\xa9t\xc3\xa9", "\xe6\xbc\xa2\xe5\xad\x97", "\xf0\x9f\x90\x84", "e\xcc\x81")
KEY_TEST(newline, "a\nb", "a\r\nb", "tab\tbed")
KEY_TEST(markup, "a<b>", "a&amp;b", "a&b", "'quoted'", "\"doubly\"", "]]>")
KEY_TEST(url, "a?b=c", "a#b", "a;b", "a=b&c=d", "a@b:c", "a,b", "[x]{y}", "~x", "$x!*()", "a|b^c`d")
KEY_TEST(backslash, "a\\b", "\\", "a\\/b")
KEY_TEST(dots, "...", "a..b", "..a", "a.", ".hidden", "dir./x")
KEY_TEST(deep, "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25/26/27/28/29/30")

static void long_key(struct check *c)
{
    char name[1024];
    size_t room = sizeof(name) - 1 - strlen(c->prefix);
    EXPECT(strlen(c->prefix) < 512, "the prefix is too long to try long keys");
    memset(name, 'k', sizeof(name));
    for (size_t i = 200; i < room; i += 201)
        name[i] = '/';
    name[room - 1] = 'k';
    name[room] = '\0';
    use_key(c, name);
}

static void distinct(struct check *c)
{
    const char *names[] = {"a",  "A",  "a ",        "a+",         "a%20",     "a%2B",
                           "a.", "aa", "a\xc3\xa9", "ae\xcc\x81", "a\xc2\xa0"};
    size_t count = sizeof(names) / sizeof(names[0]);
    struct listing listing;
    for (size_t i = 0; i < count; i++)
        MUST(must_put_text(c, check_key(c, "%s", names[i]), names[i]));
    for (size_t i = 0; i < count; i++)
        MUST(must_hold_text(c, check_key(c, "%s", names[i]), names[i]));
    MUST(must_list(c, c->s, &(struct listing_request){.prefix = c->prefix}, &listing));
    EXPECT(listing.count == count, "%zu keys that differ are listed as %zu", count, listing.count);
}

static void beginning_of_another(struct check *c)
{
    MUST(must_put_text(c, check_key(c, "k"), "short"));
    MUST(must_put_text(c, check_key(c, "k/l"), "longer"));
    MUST(must_hold_text(c, check_key(c, "k"), "short"));
    MUST(must_hold_text(c, check_key(c, "k/l"), "longer"));
    WANT(MB_OK, slot_remove(c->s, check_key(c, "k")));
    MUST(must_hold_text(c, check_key(c, "k/l"), "longer"));
}

static void absent_beginning(struct check *c)
{
    MUST(must_put_text(c, check_key(c, "k/l/m"), "x"));
    MUST(must_be_absent(c, c->s, check_key(c, "k")));
    MUST(must_be_absent(c, c->s, check_key(c, "k/l")));
    MUST(must_be_absent(c, c->s, check_key(c, "k/l/m/n")));
    WANT(MB_OK, slot_remove(c->s, check_key(c, "k")));
    WANT(MB_OK, slot_remove(c->s, check_key(c, "k/l/m/n")));
    MUST(must_hold_text(c, check_key(c, "k/l/m"), "x"));
}

static void folder_marker(struct check *c)
{
    MUST(must_put_text(c, check_key(c, "folder/"), ""));
    MUST(must_hold_text(c, check_key(c, "folder/"), ""));
    MUST(must_put_text(c, check_key(c, "folder/k"), "x"));
    WANT(MB_OK, slot_remove(c->s, check_key(c, "folder/")));
    MUST(must_hold_text(c, check_key(c, "folder/k"), "x"));
}

static void double_slash(struct check *c)
{
    MUST(must_put_text(c, check_key(c, "a//b"), "two"));
    MUST(must_put_text(c, check_key(c, "a/b"), "one"));
    MUST(must_hold_text(c, check_key(c, "a//b"), "two"));
    MUST(must_hold_text(c, check_key(c, "a/b"), "one"));
}

static void escape(struct check *c)
{
    const char *names[] = {"../k", "a/../k", "./k", "a/./k", "a/.."};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct giver giver;
        struct mb_stat stat;
        const char *key = check_key(c, "%s", names[i]);
        struct mb_source source = giver_source(&giver, "x", 1);
        mb_status status = slot_put(c->s, key, NULL, &source, &stat);
        EXPECT(status == MB_OK || status == MB_E_INVALID || status == MB_E_UNSUPPORTED,
               "put of '%s' should be taken literally or be an invalid call, and is %s", key,
               session_said(c->s, status, c->arena));
        if (status != MB_OK)
            continue;
        MUST(must_hold_text(c, key, "x"));
        MUST(must_be_absent(c, c->s, check_key(c, "k")));
        WANT(MB_OK, slot_remove(c->s, key));
    }
}

const struct test key_tests[] = {
    {"keys.space", "keys with spaces", NEEDS_STORE, space},
    {"keys.plus", "keys with '+'", NEEDS_STORE, plus},
    {"keys.percent", "keys with '%', also where it looks like an escape", NEEDS_STORE, percent},
    {"keys.unicode", "keys in UTF-8, as they are and not normalised", NEEDS_STORE, unicode},
    {"keys.newline", "keys with line feeds and tabs", NEEDS_STORE, newline},
    {"keys.markup", "keys with what XML and JSON escape", NEEDS_STORE, markup},
    {"keys.url", "keys with what has a meaning in URLs", NEEDS_STORE, url},
    {"keys.backslash", "keys with backslashes", NEEDS_STORE, backslash},
    {"keys.dots", "keys with dots that are no '.' or '..'", NEEDS_STORE, dots},
    {"keys.deep", "a key with thirty slashes", NEEDS_STORE, deep},
    {"keys.long", "a key of 1,023 bytes", NEEDS_STORE, long_key},
    {"keys.distinct", "keys that look alike are different objects", NEEDS_STORE, distinct},
    {"keys.beginning-of-another", "k and k/l are two objects", NEEDS_STORE, beginning_of_another},
    {"keys.absent-beginning", "the beginning of a key, or what goes on after it, is no object", NEEDS_STORE,
     absent_beginning},
    {"keys.folder-marker", "an empty object may end with a slash", NEEDS_STORE, folder_marker},
    {"keys.double-slash", "a//b and a/b are two objects", NEEDS_STORE, double_slash},
    {"keys.escape", "keys with '.' and '..' are literal or invalid, and lead nowhere", NEEDS_STORE, escape},
    {0},
};
