/* paging.c - tests of listings that are longer than a page. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Key i of count, in an order in which no service would make them up by itself. */
static const char *key_of(struct check *c, unsigned i, unsigned count)
{
    return check_key(c, "%u/%06u", i % 3, (i * 7919u) % count);
}

struct maker {
    struct session s;
    struct check *c;
    pthread_t thread;
    unsigned index, step;
    mb_status status;
};

static void *make_keys(void *ctx)
{
    struct maker *maker = ctx;
    struct suite *suite = maker->s.suite;
    session_reset(&maker->s, 0);
    for (unsigned i = maker->index; i < suite->keys && maker->status == MB_OK; i += maker->step) {
        char key[1024];
        struct giver giver;
        struct mb_stat stat;
        struct mb_source source = giver_source(&giver, "x", 1);
        snprintf(key, sizeof(key), "%s%u/%06u", maker->c->prefix, i % 3, (i * 7919u) % suite->keys);
        for (int try = 0; try < 5; try++) {
            giver.at = 0;
            maker->status = slot_put(&maker->s, key, NULL, &source, &stat);
            if (maker->status != MB_E_THROTTLED && maker->status != MB_E_UNAVAILABLE)
                break;
            pause_ns(200 * MB_NS_PER_MS);
        }
    }
    return NULL;
}

/* Puts the many keys, by several threads where the driver allows. */
static bool put_many(struct check *c)
{
    enum { MAKERS = 8 };
    struct maker makers[MAKERS];
    for (unsigned i = 0; i < MAKERS; i++) {
        makers[i] = (struct maker){.c = c, .index = i, .step = MAKERS};
        session_share(&makers[i].s, c->s);
        if (pthread_create(&makers[i].thread, NULL, make_keys, &makers[i]) != 0)
            abort();
    }
    for (unsigned i = 0; i < MAKERS; i++) {
        pthread_join(makers[i].thread, NULL);
        if (makers[i].status != MB_OK)
            check_fail(c, "put of one of %u keys: %s", c->suite->keys,
                       session_said(&makers[i].s, makers[i].status, c->arena));
        session_close(&makers[i].s);
    }
    return c->outcome == PASSED;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct mb_entry *)a)->key, ((const struct mb_entry *)b)->key);
}

/* Every key once. */
static void judge(struct check *c, const struct listing *listing, unsigned count, const char *how)
{
    struct mb_entry *entries = mb_arena_alloc(c->arena, listing->count + 1, sizeof(*entries));
    EXPECT(entries != NULL, "out of memory");
    memcpy(entries, listing->entries, listing->count * sizeof(*entries));
    qsort(entries, listing->count, sizeof(*entries), by_key);
    for (size_t i = 1; i < listing->count; i++)
        EXPECT(strcmp(entries[i - 1].key, entries[i].key) != 0, "%s, '%s' is listed twice", how,
               entries[i].key);
    EXPECT(listing->count == count, "%s, %u keys are listed as %zu", how, count, listing->count);
    for (unsigned i = 0; i < count; i++) {
        struct mb_entry wanted = {.key = key_of(c, i, count)};
        EXPECT(bsearch(&wanted, entries, listing->count, sizeof(*entries), by_key) != NULL,
               "%s, '%s' is missing", how, wanted.key);
    }
}

static void pages(struct check *c)
{
    struct listing listing;
    const uint32_t sizes[] = {0, 100, 7, 5000};
    MUST(put_many(c));
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && c->outcome == PASSED; i++) {
        char how[64];
        struct listing_request request = {.prefix = c->prefix, .page_size = sizes[i]};
        snprintf(how, sizeof(how), "in pages of %u", sizes[i]);
        MUST(must_list(c, c->s, &request, &listing));
        judge(c, &listing, c->suite->keys, how);
        EXPECT(c->outcome != PASSED || listing.pages < 2 || listing.tokens[0] != NULL,
               "%s, a page that is not the last has no token", how);
    }
}

static const char *const mixed_keys[] = {"b",    "a/b", "a-b",      "a!", "a~",  "ab", "a/a/a",
                                         "a/a-", "Z",   "\xc3\xa9", "a0", "a.b", NULL};

static void expect_order(struct check *c, const char *delimiter)
{
    struct listing listing;
    for (size_t i = 0; mixed_keys[i] != NULL; i++)
        MUST(must_put_text(c, check_key(c, "%s", mixed_keys[i]), "x"));
    for (uint32_t page = 1; page < 15; page += 3) {
        struct listing_request request = {.prefix = c->prefix, .delimiter = delimiter, .page_size = page};
        MUST(must_list(c, c->s, &request, &listing));
        for (size_t i = 1; i < listing.count; i++)
            EXPECT(strcmp(listing.entries[i - 1].key, listing.entries[i].key) < 0,
                   "'%s' is listed before '%s', which is not the order of their bytes",
                   listing.entries[i - 1].key, listing.entries[i].key);
    }
}

static void sorted(struct check *c)
{
    expect_order(c, NULL);
}

static void sorted_delimited(struct check *c)
{
    expect_order(c, "/");
}

/* From each of the tokens the rest is listed, no more and no less. */
static void resume_each(struct check *c, const struct listing_request *request)
{
    struct listing whole, rest;
    MUST(must_list(c, c->s, request, &whole));
    for (size_t i = 0; i < whole.pages && whole.tokens[i] != NULL; i++) {
        struct listing_request again = *request;
        again.token = whole.tokens[i];
        MUST(must_list(c, c->s, &again, &rest));
        size_t expected = whole.count - whole.page_ends[i];
        EXPECT(rest.count == expected, "from the token of page %zu %zu entries are listed, not %zu", i + 1,
               rest.count, expected);
        for (size_t k = 0; k < expected; k++)
            EXPECT(strcmp(rest.entries[k].key, whole.entries[whole.page_ends[i] + k].key) == 0,
                   "from the token of page %zu '%s' is listed in the place of '%s'", i + 1,
                   rest.entries[k].key, whole.entries[whole.page_ends[i] + k].key);
    }
    EXPECT(whole.pages > 1, "%zu entries in pages of %u came in one page, so nothing could be resumed",
           whole.count, request->page_size);
}

static void resume(struct check *c)
{
    for (int i = 0; i < 25; i++)
        MUST(must_put_text(c, check_key(c, "%d/%d/k%d", i % 2, i % 3, i), "x"));
    resume_each(c, &(struct listing_request){.prefix = c->prefix, .page_size = 4});
    resume_each(c, &(struct listing_request){.prefix = check_key(c, "1"), .page_size = 1});
}

static void resume_delimited(struct check *c)
{
    for (int i = 0; i < 9; i++) {
        MUST(must_put_text(c, check_key(c, "d%d/a", i), "x"));
        MUST(must_put_text(c, check_key(c, "d%d/b", i), "x"));
        MUST(must_put_text(c, check_key(c, "d%d-", i), "x"));
    }
    resume_each(c, &(struct listing_request){.prefix = c->prefix, .delimiter = "/", .page_size = 2});
    resume_each(c, &(struct listing_request){.prefix = c->prefix, .delimiter = "/", .page_size = 1});
}

static void resume_elsewhere(struct check *c)
{
    struct session other;
    struct listing whole, rest;
    for (int i = 0; i < 9; i++)
        MUST(must_put_text(c, check_key(c, "%d", i), "x"));
    MUST(must_list(c, c->s, &(struct listing_request){.prefix = c->prefix, .page_size = 3}, &whole));
    EXPECT(whole.pages > 1, "9 entries in pages of 3 came in one page");
    struct listing_request request = {.prefix = c->prefix, .page_size = 3, .token = whole.tokens[0]};
    MUST(must_open(c, &other));
    bool listed = must_list(c, &other, &request, &rest);
    session_close(&other);
    MUST(listed);
    EXPECT(rest.count == whole.count - whole.page_ends[0], "another store lists %zu entries from a token on",
           rest.count);
}

static void interleaved(struct check *c)
{
    struct mb_list *lists[2] = {NULL, NULL};
    size_t counts[2] = {0, 0};
    bool ended[2] = {false, false};
    struct mb_list_options opts = {.struct_size = sizeof(opts), .page_size = 2, .prefix = c->prefix};
    for (int i = 0; i < 11; i++)
        MUST(must_put_text(c, check_key(c, "%02d", i), "x"));
    for (int i = 0; i < 2; i++)
        WANT(MB_OK, slot_list_open(c->s, &opts, &lists[i]));
    while (!ended[0] || !ended[1]) {
        for (int i = 0; i < 2; i++) {
            struct mb_page page = {.token = NULL};
            mb_status status = ended[i] ? MB_END : slot_list_next(c->s, lists[i], &page);
            counts[i] += status == MB_OK ? page.count : 0;
            ended[i] = status != MB_OK || page.token == NULL;
        }
    }
    for (int i = 0; i < 2; i++)
        slot_list_close(c->s, lists[i]);
    EXPECT(counts[0] == 11 && counts[1] == 11, "two listings at once tell %zu and %zu of 11 keys", counts[0],
           counts[1]);
}

static void borrowed(struct check *c)
{
    struct mb_list *list = NULL;
    struct mb_page page;
    struct listing other;
    struct mb_list_options opts = {.struct_size = sizeof(opts), .page_size = 5, .prefix = c->prefix};
    for (int i = 0; i < 9; i++)
        MUST(must_put_text(c, check_key(c, "%d", i), "x"));
    WANT(MB_OK, slot_list_open(c->s, &opts, &list));
    mb_status status = slot_list_next(c->s, list, &page);
    if (status != MB_OK || page.count == 0) {
        slot_list_close(c->s, list);
        EXPECT(false, "list_next: %s", session_said(c->s, status, c->arena));
    }
    const struct mb_entry *first = page.entries;
    const char *before = mb_arena_strdup(c->arena, first->key);
    bool listed =
        must_list(c, c->s, &(struct listing_request){.prefix = c->prefix, .page_size = 2}, &other) &&
        must_put_text(c, check_key(c, "another"), "x");
    bool same = before != NULL && strcmp(before, first->key) == 0;
    slot_list_close(c->s, list);
    MUST(listed);
    EXPECT(same, "the strings of a page changed before the next call on its listing");
}

static void left_early(struct check *c)
{
    struct mb_list_options opts = {.struct_size = sizeof(opts), .page_size = 1, .prefix = c->prefix};
    for (int i = 0; i < 4; i++)
        MUST(must_put_text(c, check_key(c, "%d", i), "x"));
    for (int pages_read = 0; pages_read < 3; pages_read++) {
        struct mb_list *list = NULL;
        struct mb_page page;
        WANT(MB_OK, slot_list_open(c->s, &opts, &list));
        for (int i = 0; i < pages_read; i++)
            slot_list_next(c->s, list, &page);
        slot_list_close(c->s, list);
    }
    MUST(must_hold_text(c, check_key(c, "0"), "x"));
}

const struct test paging_tests[] = {
    {"list.pages", "a long listing tells every key once, whatever the page", NEEDS_STORE, pages},
    {"list.sorted", "keys are listed in byte order", NEEDS_SORTED, sorted},
    {"list.sorted-delimited", "so are keys and common prefixes together", NEEDS_SORTED, sorted_delimited},
    {"list.resume", "from the token of any page a listing goes on where the page ended", NEEDS_STORE, resume},
    {"list.resume-delimited", "also with a delimiter, after an object or a common prefix", NEEDS_STORE,
     resume_delimited},
    {"list.resume-elsewhere", "also in another store on the same place", NEEDS_STORE, resume_elsewhere},
    {"list.interleaved", "two listings at once do not disturb each other", NEEDS_STORE, interleaved},
    {"list.borrowed", "the strings of a page are valid until the next call on its listing", NEEDS_STORE,
     borrowed},
    {"list.left-early", "a listing may be closed before its end", NEEDS_STORE, left_early},
    {0},
};
