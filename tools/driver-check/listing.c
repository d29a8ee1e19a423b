/* listing.c - tests of what a listing tells. */
#include "check.h"

#include <stdio.h>
#include <string.h>

/* The keys of a listing without the test's prefix, with ',' between and '*' behind common prefixes. */
static const char *told(struct check *c, const struct listing *listing)
{
    struct mb_buf buf;
    mb_buf_init(&buf, 1 << 16);
    for (size_t i = 0; i < listing->count; i++) {
        const struct mb_entry *entry = &listing->entries[i];
        size_t skip = strncmp(entry->key, c->prefix, strlen(c->prefix)) == 0 ? strlen(c->prefix) : 0;
        mb_buf_printf(&buf, "%s%s%s", i == 0 ? "" : ",", entry->key + skip,
                      (entry->flags & MB_ENTRY_PREFIX) != 0 ? "*" : "");
    }
    const char *text = mb_arena_strdup(c->arena, buf.data);
    mb_buf_done(&buf);
    return text == NULL ? "" : text;
}

/* The order is the matter of list.sorted. */
static void put_in_order(struct listing *listing)
{
    for (size_t i = 1; i < listing->count; i++) {
        struct mb_entry entry = listing->entries[i];
        size_t k = i;
        for (; k > 0 && strcmp(listing->entries[k - 1].key, entry.key) > 0; k--)
            listing->entries[k] = listing->entries[k - 1];
        listing->entries[k] = entry;
    }
}

static bool must_tell(struct check *c, const char *prefix, const char *delimiter, const char *expected)
{
    struct listing listing;
    struct listing_request request = {.prefix = check_key(c, "%s", prefix), .delimiter = delimiter};
    if (!must_list(c, c->s, &request, &listing))
        return false;
    put_in_order(&listing);
    if (strcmp(told(c, &listing), expected) == 0)
        return true;
    check_fail(c, "a listing of '%s'%s%s should tell %s and tells %s", prefix,
               delimiter == NULL ? "" : " with delimiter ", delimiter == NULL ? "" : delimiter,
               expected[0] == '\0' ? "nothing" : expected,
               listing.count == 0 ? "nothing" : told(c, &listing));
    return false;
}

static bool put_all(struct check *c, const char *const *names)
{
    for (; *names != NULL; names++)
        if (!must_put_text(c, check_key(c, "%s", *names), *names))
            return false;
    return true;
}

static const char *const some[] = {"a-b", "a/1", "a/b/1", "a/b/2", "a/c", "a0", "b/c/d", "c", NULL};

static void everything(struct check *c)
{
    MUST(put_all(c, some));
    MUST(must_tell(c, "", NULL, "a-b,a/1,a/b/1,a/b/2,a/c,a0,b/c/d,c"));
}

static void prefixes(struct check *c)
{
    MUST(put_all(c, some));
    MUST(must_tell(c, "a", NULL, "a-b,a/1,a/b/1,a/b/2,a/c,a0"));
    MUST(must_tell(c, "a/", NULL, "a/1,a/b/1,a/b/2,a/c"));
    MUST(must_tell(c, "a/b", NULL, "a/b/1,a/b/2"));
    MUST(must_tell(c, "a/b/2", NULL, "a/b/2"));
    MUST(must_tell(c, "b/c", NULL, "b/c/d"));
    MUST(must_tell(c, "a/b/22", NULL, ""));
    MUST(must_tell(c, "d", NULL, ""));
    MUST(must_tell(c, "c/", NULL, ""));
}

static void delimiter(struct check *c)
{
    MUST(put_all(c, some));
    MUST(must_tell(c, "", "/", "a-b,a/*,a0,b/*,c"));
    MUST(must_tell(c, "a", "/", "a-b,a/*,a0"));
    MUST(must_tell(c, "a/", "/", "a/1,a/b/*,a/c"));
    MUST(must_tell(c, "a/b/", "/", "a/b/1,a/b/2"));
    MUST(must_tell(c, "b", "/", "b/*"));
    MUST(must_tell(c, "b/", "/", "b/c/*"));
    MUST(must_tell(c, "d", "/", ""));
}

static void empty(struct check *c)
{
    struct listing listing;
    MUST(must_list(c, c->s, &(struct listing_request){.prefix = check_key(c, "no/such/")}, &listing));
    EXPECT(listing.count == 0, "a listing of nothing tells '%s'", listing.entries[0].key);
}

static void emptied(struct check *c)
{
    MUST(must_put_text(c, check_key(c, "a/b/k"), "x"));
    WANT(MB_OK, slot_remove(c->s, check_key(c, "a/b/k")));
    MUST(must_tell(c, "", NULL, ""));
    MUST(must_tell(c, "", "/", ""));
    MUST(must_tell(c, "a/", "/", ""));
}

static void strong(struct check *c)
{
    for (int i = 0; i < 5; i++) {
        MUST(must_tell(c, "", NULL, ""));
        MUST(must_put_text(c, check_key(c, "k"), "x"));
        MUST(must_tell(c, "", NULL, "k"));
        WANT(MB_OK, slot_remove(c->s, check_key(c, "k")));
    }
}

static void entries_agree(struct check *c)
{
    struct listing listing;
    MUST(put_all(c, some));
    MUST(must_put_text(c, check_key(c, "empty"), ""));
    MUST(must_list(c, c->s, &(struct listing_request){.prefix = c->prefix}, &listing));
    for (size_t i = 0; i < listing.count; i++) {
        const struct mb_entry *entry = &listing.entries[i];
        struct mb_stat stat;
        WANT(MB_OK, slot_stat(c->s, entry->key, &stat));
        EXPECT(entry->size == stat.size, "'%s' is listed with %llu bytes and has %llu", entry->key,
               (unsigned long long)entry->size, (unsigned long long)stat.size);
        EXPECT(entry->etag[0] == '\0' || stat.etag[0] == '\0' || strcmp(entry->etag, stat.etag) == 0,
               "'%s' is listed with etag '%s' and has '%s'", entry->key, entry->etag, stat.etag);
        int64_t apart = entry->mtime_ns - stat.mtime_ns;
        EXPECT(entry->mtime_ns == 0 || stat.mtime_ns == 0 || (apart <= MB_NS_PER_S && apart >= -MB_NS_PER_S),
               "'%s' is listed with a time that is %.3f s off", entry->key, (double)apart / 1e9);
    }
}

static void replaced(struct check *c)
{
    struct listing listing;
    MUST(must_put_text(c, check_key(c, "k"), "short"));
    MUST(must_put_text(c, check_key(c, "k"), "somewhat longer"));
    MUST(must_list(c, c->s, &(struct listing_request){.prefix = c->prefix}, &listing));
    EXPECT(listing.count == 1 && listing.entries[0].size == 15,
           "an object that was replaced by one of 15 bytes is listed %zu times, with %llu bytes",
           listing.count, listing.count == 0 ? 0ULL : (unsigned long long)listing.entries[0].size);
}

static void odd_keys(struct check *c)
{
    static const char *const odd[] = {"a b", "a%2Fb", "a&amp;b", "a+b", "a<b>", "a\nb", "a\xc3\xa9", NULL};
    struct listing listing;
    MUST(put_all(c, odd));
    for (uint32_t page = 1; page <= 3; page++) {
        struct listing_request request = {.prefix = c->prefix, .page_size = page};
        MUST(must_list(c, c->s, &request, &listing));
        EXPECT(listing.count == 7, "in pages of %u, 7 keys are listed as %zu", page, listing.count);
        for (size_t i = 0; odd[i] != NULL; i++)
            EXPECT(listing_find(&listing, check_key(c, "%s", odd[i])) != NULL,
                   "in pages of %u, '%s' is missing", page, odd[i]);
    }
}

static void common_prefix_once(struct check *c)
{
    for (int i = 0; i < 12; i++)
        for (int k = 0; k < 3; k++)
            MUST(must_put_text(c, check_key(c, "d%02d/%d", i, k), "x"));
    struct listing listing;
    for (uint32_t page = 1; page <= 5; page += 2) {
        struct listing_request request = {.prefix = c->prefix, .delimiter = "/", .page_size = page};
        MUST(must_list(c, c->s, &request, &listing));
        EXPECT(listing.count == 12, "in pages of %u, 12 common prefixes are listed as %zu entries", page,
               listing.count);
        for (size_t i = 0; i < listing.count; i++)
            EXPECT((listing.entries[i].flags & MB_ENTRY_PREFIX) != 0, "'%s' is not marked as a prefix",
                   listing.entries[i].key);
    }
}

const struct test listing_tests[] = {
    {"list.everything", "a listing without delimiter tells every object by its full key", NEEDS_STORE,
     everything},
    {"list.prefix", "a prefix need not end at a slash", NEEDS_STORE, prefixes},
    {"list.delimiter", "with a delimiter, what goes on after it is one entry marked as prefix", NEEDS_STORE,
     delimiter},
    {"list.empty", "a listing of nothing has no entries and is no error", NEEDS_STORE, empty},
    {"list.emptied", "what only removed objects lay in is not listed", NEEDS_STRONG_LIST, emptied},
    {"list.strong", "a listing tells what was put and removed just before", NEEDS_STRONG_LIST, strong},
    {"list.entries-agree", "an entry says what stat says", NEEDS_STORE, entries_agree},
    {"list.replaced", "an object that was replaced is listed once, as it is now", NEEDS_STORE, replaced},
    {"list.odd-keys", "odd keys are listed as they are, also where a page ends with one", NEEDS_STORE,
     odd_keys},
    {"list.common-prefix-once", "a common prefix is listed once, whatever the page", NEEDS_STORE,
     common_prefix_once},
    {0},
};
