/* store.c - tests of opening, closing and describing stores. */
#include "check.h"

#include <string.h>

static void close_of_null(struct check *c)
{
    c->suite->plugin->close(NULL);
}

static void check_is_ok(struct check *c)
{
    WANT(MB_OK, slot_check(c->s));
}

static bool is_terminated(const char *text, size_t cap)
{
    return strnlen(text, cap) < cap;
}

static void info(struct check *c)
{
    const struct mb_store_info *info = &c->s->info;
    EXPECT(info->struct_size == sizeof(*info), "open changed struct_size of the info");
    EXPECT((info->caps >> 5) == 0, "caps is %#llx, with bits that have no meaning",
           (unsigned long long)info->caps);
    EXPECT(is_terminated(info->location, sizeof(info->location)) &&
               is_terminated(info->realm, sizeof(info->realm)) &&
               is_terminated(info->native_root, sizeof(info->native_root)),
           "a text of the info has no end");
    EXPECT(info->location[0] != '\0', "location is empty: messages begin with it");
    EXPECT(info->max_part_size == 0 || info->min_part_size <= info->max_part_size,
           "min_part_size is larger than max_part_size");
    EXPECT(info->native_root[0] == '\0' || info->realm[0] != '\0',
           "native_root means nothing without a realm");
    EXPECT(strncmp(info->realm, "file:", 5) != 0 ||
               (info->native_root[0] == '/' && info->native_root[strlen(info->native_root) - 1] == '/'),
           "the realm is that of files and native_root '%s' no directory with a slash at its end",
           info->native_root);
    const char *told = secret_in(c->suite, info->location);
    if (told == NULL)
        told = secret_in(c->suite, info->realm);
    EXPECT(told == NULL, "location or realm holds the value of %s", told);
}

static void use_two(struct check *c, struct session *other)
{
    MUST(must_put(c, other, check_key(c, "a"), "by the other", 12));
    MUST(must_hold_text(c, check_key(c, "a"), "by the other"));
    MUST(must_put_text(c, check_key(c, "b"), "by the first"));
    MUST(must_hold(c, other, check_key(c, "b"), "by the first", 12));
    EXPECT(strcmp(c->s->info.realm, other->info.realm) == 0 &&
               strcmp(c->s->info.native_root, other->info.native_root) == 0,
           "two stores on one place name different realms");
}

static void two_stores(struct check *c)
{
    struct session other;
    MUST(must_open(c, &other));
    use_two(c, &other);
    session_close(&other);
    MUST(c->outcome == PASSED);
    MUST(must_hold_text(c, check_key(c, "a"), "by the other"));
}

static void reopened(struct check *c)
{
    struct session other;
    for (int i = 0; i < 3; i++) {
        MUST(must_open(c, &other));
        must_put(c, &other, check_key(c, "k"), "kept", 4);
        session_close(&other);
        MUST(c->outcome == PASSED);
    }
    MUST(must_hold_text(c, check_key(c, "k"), "kept"));
}

static void create_again(struct check *c)
{
    if (c->suite->plugin->create_bucket == NULL || !c->suite->create) {
        check_skip(c, "--create was not given");
        return;
    }
    MUST(must_put_text(c, check_key(c, "k"), "kept"));
    mb_status status = slot_create_bucket(c->s);
    EXPECT(status == MB_OK || status == MB_E_EXISTS, "creating a bucket that exists: %s",
           session_said(c->s, status, c->arena));
    MUST(must_hold_text(c, check_key(c, "k"), "kept"));
}

const struct test store_tests[] = {
    {"store.close-null", "close takes NULL", 0, close_of_null},
    {"store.check", "check of a good store succeeds", NEEDS_STORE, check_is_ok},
    {"store.info", "what the store says of itself is consistent and holds no secret", NEEDS_STORE, info},
    {"store.two", "two stores on one place see each other's objects, and one outlives the other", NEEDS_STORE,
     two_stores},
    {"store.reopened", "what was put is there after the store was closed", NEEDS_STORE, reopened},
    {"store.create-again", "creating a bucket that exists does no harm", NEEDS_STORE, create_again},
    {0},
};
