/* removal.c - tests of removing objects. */
#include "check.h"

#include <string.h>

static void present(struct check *c)
{
    struct listing listing;
    MUST(must_put_text(c, check_key(c, "a/b/k"), "x"));
    WANT(MB_OK, slot_remove(c->s, check_key(c, "a/b/k")));
    MUST(must_be_absent(c, c->s, check_key(c, "a/b/k")));
    MUST(must_list(c, c->s, &(struct listing_request){.prefix = c->prefix, .delimiter = "/"}, &listing));
    EXPECT(listing.count == 0, "after the last object is removed '%s' is still listed",
           listing.entries[0].key);
    MUST(must_put_text(c, check_key(c, "a"), "the name is free"));
}

static void missing(struct check *c)
{
    WANT(MB_OK, slot_remove(c->s, check_key(c, "never/was")));
    MUST(must_put_text(c, check_key(c, "k"), "x"));
    WANT(MB_OK, slot_remove(c->s, check_key(c, "k")));
    WANT(MB_OK, slot_remove(c->s, check_key(c, "k")));
}

static void only_that(struct check *c)
{
    MUST(must_put_text(c, check_key(c, "k"), "x"));
    MUST(must_put_text(c, check_key(c, "k1"), "y"));
    MUST(must_put_text(c, check_key(c, "l/k"), "z"));
    WANT(MB_OK, slot_remove(c->s, check_key(c, "k")));
    MUST(must_hold_text(c, check_key(c, "k1"), "y"));
    MUST(must_hold_text(c, check_key(c, "l/k"), "z"));
}

static void many(struct check *c)
{
    enum { COUNT = 40 };
    const char *keys[COUNT];
    uint8_t done[COUNT] = {0};
    const char *odd[] = {"sp ace", "p+lus", "<x>&amp;", "\xc3\xa9", "a%2F"};
    MUST(must_put_text(c, check_key(c, "stays"), "x"));
    for (size_t i = 0; i < COUNT; i++) {
        keys[i] = i < 5 ? check_key(c, "%s", odd[i]) : check_key(c, "%zu", i);
        if (i % 4 != 3)
            MUST(must_put_text(c, keys[i], "x"));
    }
    size_t most = c->s->info.max_remove == 0 || c->s->info.max_remove > COUNT ? COUNT : c->s->info.max_remove;
    for (size_t i = 0; i < COUNT; i += most) {
        size_t count = COUNT - i < most ? COUNT - i : most;
        WANT(MB_OK, slot_remove_many(c->s, keys + i, count, done + i));
    }
    for (size_t i = 0; i < COUNT; i++) {
        EXPECT(done[i] != 0, "remove_many succeeds and done of '%s' is not set", keys[i]);
        MUST(must_be_absent(c, c->s, keys[i]));
    }
    MUST(must_hold_text(c, check_key(c, "stays"), "x"));
}

static void many_in_full(struct check *c)
{
    size_t count = c->s->info.max_remove == 0 || c->s->info.max_remove > 1000 ? 1000 : c->s->info.max_remove;
    const char **keys = mb_arena_alloc(c->arena, count, sizeof(*keys));
    uint8_t *done = mb_arena_alloc(c->arena, count, 1);
    EXPECT(keys != NULL && done != NULL, "out of memory");
    for (size_t i = 0; i < count; i++)
        keys[i] = check_key(c, "absent-or-not-%zu", i);
    MUST(must_put_text(c, keys[0], "x"));
    MUST(must_put_text(c, keys[count - 1], "x"));
    WANT(MB_OK, slot_remove_many(c->s, keys, count, done));
    for (size_t i = 0; i < count; i++)
        EXPECT(done[i] != 0, "done[%zu] of %zu is not set", i, count);
    MUST(must_be_absent(c, c->s, keys[0]));
    MUST(must_be_absent(c, c->s, keys[count - 1]));
}

static void many_of_none(struct check *c)
{
    uint8_t done[1] = {7};
    const char *keys[1] = {""};
    WANT(MB_OK, slot_remove_many(c->s, keys, 0, done));
    EXPECT(done[0] == 7, "remove_many of no keys wrote to done");
}

const struct test removal_tests[] = {
    {"remove.present", "a removed object is neither found nor listed, nor is what it lay in", NEEDS_STORE,
     present},
    {"remove.missing", "removing what is not there succeeds", NEEDS_STORE, missing},
    {"remove.only-that", "nothing else is removed", NEEDS_STORE, only_that},
    {"remove.many", "remove_many removes all of its keys and says so of each", NEEDS_REMOVE_MANY, many},
    {"remove.many-in-full", "as many keys at once as the store says it takes", NEEDS_REMOVE_MANY,
     many_in_full},
    {"remove.many-of-none", "no keys are no problem", NEEDS_REMOVE_MANY, many_of_none},
    {0},
};
