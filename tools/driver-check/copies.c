/* copies.c - tests of copying inside the service. */
#include "check.h"

#include "base/crc32c.h"

#include <string.h>

static void copies(struct check *c, const char *from, const char *to, size_t len)
{
    struct mb_stat out, stat;
    uint8_t *data = check_data(c, len, 41);
    MUST(data != NULL);
    MUST(must_put(c, c->s, from, data, len));
    WANT(MB_OK, slot_copy(c->s, to, c->s, from, NULL, &out));
    MUST(must_hold(c, c->s, to, data, len));
    MUST(must_hold(c, c->s, from, data, len));
    EXPECT(out.size == len || out.size == 0, "copy says that the object has %llu bytes",
           (unsigned long long)out.size);
    WANT(MB_OK, slot_stat(c->s, to, &stat));
    EXPECT(out.etag[0] == '\0' || strcmp(out.etag, stat.etag) == 0, "copy says etag '%s' and stat '%s'",
           out.etag, stat.etag);
    EXPECT((out.flags & MB_STAT_CRC32C) == 0 || out.crc32c == mb_crc32c(0, data, len),
           "copy says CRC32C %08x, and it is %08x", out.crc32c, mb_crc32c(0, data, len));
}

static void within(struct check *c)
{
    EXPECT(c->suite->plugin->can_copy(c->s->store, c->s->store), "can_copy says no for a store and itself");
    copies(c, check_key(c, "from"), check_key(c, "some/where/else"), 5000);
}

static void sizes(struct check *c)
{
    size_t large = ((size_t)17 << 20) + 1;
    uint64_t most = c->s->info.max_copy_size;
    copies(c, check_key(c, "empty"), check_key(c, "empty.copy"), 0);
    MUST(c->outcome == PASSED);
    copies(c, check_key(c, "large"), check_key(c, "large.copy"),
           most != 0 && most < large ? (size_t)most : large);
}

static void odd_keys(struct check *c)
{
    const char *names[] = {"a b+c", "100%", "a%2Fb", "\xc3\xa9/\xe6\xbc\xa2", "a?b#c&d=e", "<&>'\"", "a\nb"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && c->outcome == PASSED; i++)
        copies(c, check_key(c, "from/%s", names[i]), check_key(c, "to/%s", names[i]), 10 + i);
}

static void over_another(struct check *c)
{
    struct mb_stat stat;
    MUST(must_put_text(c, check_key(c, "from"), "new"));
    MUST(must_put_text(c, check_key(c, "to"), "old and longer"));
    WANT(MB_OK, slot_copy(c->s, check_key(c, "to"), c->s, check_key(c, "from"), NULL, &stat));
    MUST(must_hold_text(c, check_key(c, "to"), "new"));
}

static void independent(struct check *c)
{
    struct mb_stat stat;
    MUST(must_put_text(c, check_key(c, "from"), "first"));
    WANT(MB_OK, slot_copy(c->s, check_key(c, "to"), c->s, check_key(c, "from"), NULL, &stat));
    MUST(must_put_text(c, check_key(c, "from"), "second"));
    MUST(must_hold_text(c, check_key(c, "to"), "first"));
    WANT(MB_OK, slot_remove(c->s, check_key(c, "from")));
    MUST(must_hold_text(c, check_key(c, "to"), "first"));
}

static void of_nothing(struct check *c)
{
    struct mb_stat stat;
    WANT(MB_E_NOT_FOUND, slot_copy(c->s, check_key(c, "to"), c->s, check_key(c, "none"), NULL, &stat));
    MUST(must_be_absent(c, c->s, check_key(c, "to")));
    MUST(must_put_text(c, check_key(c, "to"), "still here"));
    WANT(MB_E_NOT_FOUND, slot_copy(c->s, check_key(c, "to"), c->s, check_key(c, "none"), NULL, &stat));
    MUST(must_hold_text(c, check_key(c, "to"), "still here"));
}

static void if_absent(struct check *c)
{
    struct mb_stat stat;
    struct mb_put_options opts = {.struct_size = sizeof(opts), .flags = MB_PUT_IF_ABSENT};
    MUST(must_put_text(c, check_key(c, "from"), "new"));
    mb_status status = slot_copy(c->s, check_key(c, "to"), c->s, check_key(c, "from"), &opts, &stat);
    if (status == MB_E_UNSUPPORTED) {
        MUST(must_be_absent(c, c->s, check_key(c, "to")));
        return;
    }
    EXPECT(status == MB_OK, "copy to a new key: %s", session_said(c->s, status, c->arena));
    MUST(must_put_text(c, check_key(c, "from"), "newer"));
    WANT(MB_E_EXISTS, slot_copy(c->s, check_key(c, "to"), c->s, check_key(c, "from"), &opts, &stat));
    MUST(must_hold_text(c, check_key(c, "to"), "new"));
}

static void between_stores(struct check *c)
{
    struct session other;
    struct mb_stat stat;
    MUST(must_put_text(c, check_key(c, "from"), "across"));
    MUST(must_open(c, &other));
    bool possible = c->suite->plugin->can_copy(c->s->store, other.store) != 0;
    mb_status status =
        possible ? slot_copy(c->s, check_key(c, "to"), &other, check_key(c, "from"), NULL, &stat) : MB_OK;
    session_close(&other);
    if (!possible) {
        check_skip(c, "can_copy says no for two stores on one place");
        return;
    }
    EXPECT(status == MB_OK, "copy from another store: %s", session_said(c->s, status, c->arena));
    MUST(must_hold_text(c, check_key(c, "to"), "across"));
}

const struct test copy_tests[] = {
    {"copy.within", "a copy has the bytes of its source, which stays", NEEDS_COPY, within},
    {"copy.sizes", "empty and large objects are copied", NEEDS_COPY, sizes},
    {"copy.odd-keys", "from and to odd keys", NEEDS_COPY, odd_keys},
    {"copy.over-another", "a copy replaces what was there", NEEDS_COPY, over_another},
    {"copy.independent", "a copy does not change with its source", NEEDS_COPY, independent},
    {"copy.of-nothing", "a copy of what is not there is not found and changes nothing", NEEDS_COPY,
     of_nothing},
    {"copy.if-absent", "MB_PUT_IF_ABSENT is honoured or refused as unsupported", NEEDS_COPY | NEEDS_IF_ABSENT,
     if_absent},
    {"copy.between-stores", "from another store, when can_copy says so", NEEDS_COPY, between_stores},
    {0},
};
