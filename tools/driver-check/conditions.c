/* conditions.c - tests of what put and get do only when something holds. */
#include "check.h"

#include "base/crc32c.h"

#include <stdio.h>
#include <string.h>

static mb_status put_new(struct session *s, const char *key, const void *data, size_t len)
{
    struct giver giver;
    struct mb_stat stat;
    struct mb_put_options opts = {.struct_size = sizeof(opts), .flags = MB_PUT_IF_ABSENT};
    struct mb_source source = giver_source(&giver, data, len);
    return slot_put(s, key, &opts, &source, &stat);
}

static void if_absent(struct check *c)
{
    const char *key = check_key(c, "k");
    WANT(MB_OK, put_new(c->s, key, "first", 5));
    WANT(MB_E_EXISTS, put_new(c->s, key, "second", 6));
    MUST(must_hold_text(c, key, "first"));
    WANT(MB_OK, slot_remove(c->s, key));
    WANT(MB_OK, put_new(c->s, key, "third", 5));
    MUST(must_hold_text(c, key, "third"));
}

struct racer {
    struct session s;
    pthread_t thread;
    const char *key;
    char text[16];
    mb_status status;
};

static void *race(void *ctx)
{
    struct racer *racer = ctx;
    session_reset(&racer->s, 0);
    for (int i = 0; i < 5; i++) {
        racer->status = put_new(&racer->s, racer->key, racer->text, strlen(racer->text));
        if (racer->status != MB_E_THROTTLED && racer->status != MB_E_UNAVAILABLE)
            break;
        pause_ns(100 * MB_NS_PER_MS);
    }
    return NULL;
}

static void judge_race(struct check *c, const struct racer *racers, unsigned count, const char *key)
{
    const struct racer *winner = NULL;
    for (unsigned i = 0; i < count; i++) {
        EXPECT(racers[i].status == MB_OK || racers[i].status == MB_E_EXISTS,
               "put of one of %u threads should be ok or exists and is %s", count,
               session_said(&racers[i].s, racers[i].status, c->arena));
        EXPECT(racers[i].status != MB_OK || winner == NULL,
               "two of %u threads were told that theirs is the first object of its key", count);
        if (racers[i].status == MB_OK)
            winner = &racers[i];
    }
    EXPECT(winner != NULL, "all of %u threads were told that the object exists", count);
    MUST(must_hold_text(c, key, winner->text));
}

static void if_absent_race(struct check *c)
{
    unsigned count = c->suite->threads;
    struct racer *racers = mb_arena_alloc(c->arena, count, sizeof(*racers));
    EXPECT(racers != NULL, "out of memory");
    for (int round = 0; round < 3 && c->outcome == PASSED; round++) {
        unsigned started = 0;
        const char *key = check_key(c, "%d", round);
        while (started < count) {
            struct racer *racer = &racers[started];
            session_share(&racer->s, c->s);
            racer->key = key;
            snprintf(racer->text, sizeof(racer->text), "by %u", started);
            if (pthread_create(&racer->thread, NULL, race, racer) != 0)
                break;
            started++;
        }
        for (unsigned i = 0; i < started; i++)
            pthread_join(racers[i].thread, NULL);
        judge_race(c, racers, started, key);
        for (unsigned i = 0; i < started; i++)
            session_close(&racers[i].s);
    }
}

static mb_status get_if(struct check *c, const char *key, const char *etag)
{
    struct taker taker;
    struct mb_stat stat;
    struct mb_get_options opts = {.struct_size = sizeof(opts), .if_match = etag};
    taker_init(&taker);
    struct mb_sink sink = taker_sink(&taker);
    mb_status status = slot_get(c->s, key, &opts, &sink, &stat);
    if (status == MB_OK && taker.buf.len == 0)
        status = MB_E_CORRUPT;
    taker_done(&taker);
    return status;
}

static void if_match(struct check *c)
{
    struct mb_stat stat;
    const char *key = check_key(c, "k");
    MUST(must_put_text(c, key, "one"));
    WANT(MB_OK, slot_stat(c->s, key, &stat));
    if (stat.etag[0] == '\0') {
        check_skip(c, "the driver tells no etags");
        return;
    }
    WANT(MB_OK, get_if(c, key, stat.etag));
    MUST(must_put_text(c, key, "two"));
    WANT(MB_E_EXISTS, get_if(c, key, stat.etag));
    WANT(MB_E_EXISTS, get_if(c, key, "0123456789abcdef0123456789abcdef"));
}

static void if_match_listed(struct check *c)
{
    struct listing listing;
    const char *key = check_key(c, "k");
    MUST(must_put_text(c, key, "one"));
    MUST(must_list(c, c->s, &(struct listing_request){.prefix = c->prefix}, &listing));
    const struct mb_entry *entry = listing_find(&listing, key);
    EXPECT(entry != NULL, "the object is not listed");
    if (entry->etag[0] == '\0') {
        check_skip(c, "the driver lists no etags");
        return;
    }
    WANT(MB_OK, get_if(c, key, entry->etag));
}

/* Looks at the object while it is being replaced. */
struct peek {
    struct check *c;
    struct session *other;
    const char *key;
    size_t seen;
};

static void peek_on_read(struct giver *giver)
{
    struct peek *peek = giver->ctx;
    if (giver->at == 0 || giver->at >= giver->len || peek->seen >= 4)
        return;
    peek->seen++;
    must_hold(peek->c, peek->other, peek->key, "the old one", 11);
}

static void atomic_put(struct check *c)
{
    struct session other;
    struct giver giver;
    struct mb_stat stat;
    size_t len = (size_t)4 << 20;
    uint8_t *data = check_data(c, len, 21);
    struct peek peek = {.c = c, .other = &other, .key = check_key(c, "k")};
    MUST(data != NULL);
    if (c->suite->plugin->thread_model == MB_THREADS_SERIAL) {
        check_skip(c, "the driver takes one call at a time");
        return;
    }
    MUST(must_put_text(c, peek.key, "the old one"));
    MUST(must_open(c, &other));
    struct mb_source source = giver_source(&giver, data, len);
    giver.chunk = (size_t)512 << 10;
    giver.on_read = peek_on_read;
    giver.ctx = &peek;
    mb_status status = slot_put(c->s, peek.key, NULL, &source, &stat);
    session_close(&other);
    EXPECT(status == MB_OK, "put: %s", session_said(c->s, status, c->arena));
    MUST(c->outcome == PASSED);
    MUST(must_hold(c, c->s, peek.key, data, len));
}

static mb_status put_with_crc(struct check *c, const char *key, const void *data, size_t len, uint32_t crc)
{
    struct giver giver;
    struct mb_stat stat;
    uint8_t bytes[4];
    struct mb_put_options opts = {.struct_size = sizeof(opts), .crc32c = bytes};
    struct mb_source source = giver_source(&giver, data, len);
    mb_crc32c_big_endian(crc, bytes);
    return slot_put(c->s, key, &opts, &source, &stat);
}

static void right_crc(struct check *c)
{
    uint8_t *data = check_data(c, 100000, 22);
    MUST(data != NULL);
    const char *key = check_key(c, "k");
    WANT(MB_OK, put_with_crc(c, key, data, 100000, mb_crc32c(0, data, 100000)));
    MUST(must_hold(c, c->s, key, data, 100000));
    WANT(MB_OK, put_with_crc(c, check_key(c, "empty"), "", 0, 0));
}

static void wrong_crc(struct check *c)
{
    const char *key = check_key(c, "k");
    mb_status status = put_with_crc(c, key, "0123456789", 10, 0x01020304);
    if (status == MB_OK) {
        check_skip(c, "the service checks no CRC32C");
        return;
    }
    EXPECT(status == MB_E_CORRUPT, "put with a wrong CRC32C should be corrupt and is %s",
           session_said(c->s, status, c->arena));
    MUST(must_be_absent(c, c->s, key));
}

static void told_crc(struct check *c)
{
    struct mb_stat stat;
    const char *key = check_key(c, "k");
    uint8_t *data = check_data(c, 70000, 23);
    MUST(data != NULL);
    uint32_t crc = mb_crc32c(0, data, 70000);
    WANT(MB_OK, put_with_crc(c, key, data, 70000, crc));
    WANT(MB_OK, slot_stat(c->s, key, &stat));
    if ((stat.flags & MB_STAT_CRC32C) == 0) {
        check_skip(c, "the service tells no CRC32C");
        return;
    }
    EXPECT(stat.crc32c == crc, "stat says CRC32C %08x, and it is %08x", stat.crc32c, crc);
}

const struct test condition_tests[] = {
    {"put.if-absent", "MB_PUT_IF_ABSENT makes an object and never replaces one", NEEDS_IF_ABSENT, if_absent},
    {"put.if-absent-race", "of many threads that make one object, exactly one succeeds", NEEDS_IF_ABSENT,
     if_absent_race},
    {"put.atomic", "until a put ends, others read the old object", NEEDS_ATOMIC_PUT, atomic_put},
    {"put.right-crc", "a put with its CRC32C succeeds", NEEDS_STORE, right_crc},
    {"put.wrong-crc", "a wrong CRC32C is corrupt, where the service checks it", NEEDS_STORE, wrong_crc},
    {"put.told-crc", "the CRC32C that stat tells is that of the bytes", NEEDS_STORE, told_crc},
    {"get.if-match", "get with an etag reads this very object or says that it is another one", NEEDS_STORE,
     if_match},
    {"get.if-match-listed", "the etag of a listing serves as well", NEEDS_STORE, if_match_listed},
    {0},
};
