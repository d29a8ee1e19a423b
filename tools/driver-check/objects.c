/* objects.c - tests of putting and getting one object. */
#include "check.h"

#include <string.h>

static void round_trip(struct check *c)
{
    uint8_t *data = check_data(c, 1000, 1);
    MUST(data != NULL);
    MUST(must_put(c, c->s, check_key(c, "k"), data, 1000));
    MUST(must_hold(c, c->s, check_key(c, "k"), data, 1000));
}

static void all_sizes(struct check *c)
{
    const size_t sizes[] = {0, 1, 2, 511, 512, 4095, 4096, 4097, 65535, 65536, 65537, 1048575, 1048577};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const char *key = check_key(c, "%zu", sizes[i]);
        uint8_t *data = check_data(c, sizes[i], (uint32_t)i);
        MUST(data != NULL);
        MUST(must_put(c, c->s, key, data, sizes[i]));
        MUST(must_hold(c, c->s, key, data, sizes[i]));
    }
}

static void empty(struct check *c)
{
    struct mb_stat stat;
    MUST(must_put_text(c, check_key(c, "k"), ""));
    MUST(must_hold_text(c, check_key(c, "k"), ""));
    WANT(MB_OK, slot_stat(c->s, check_key(c, "k"), &stat));
    EXPECT(stat.size == 0, "stat says %llu bytes", (unsigned long long)stat.size);
}

static void large(struct check *c)
{
    size_t len = ((size_t)17 << 20) + 3;
    uint64_t most = c->s->info.max_put_size;
    if (most != 0 && len > most)
        len = (size_t)most;
    uint8_t *data = check_data(c, len, 3);
    MUST(data != NULL);
    MUST(must_put(c, c->s, check_key(c, "k"), data, len));
    MUST(must_hold(c, c->s, check_key(c, "k"), data, len));
}

static void binary(struct check *c)
{
    uint8_t data[512];
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i < 256 ? i : 511 - i);
    MUST(must_put(c, c->s, check_key(c, "k"), data, sizeof(data)));
    MUST(must_hold(c, c->s, check_key(c, "k"), data, sizeof(data)));
}

static void overwrite(struct check *c)
{
    const char *key = check_key(c, "k");
    const char *texts[] = {"first", "second, and longer than the first", "3rd", ""};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct mb_stat stat;
        MUST(must_put_text(c, key, texts[i]));
        MUST(must_hold_text(c, key, texts[i]));
        WANT(MB_OK, slot_stat(c->s, key, &stat));
        EXPECT(stat.size == strlen(texts[i]), "after an overwrite stat says %llu bytes, not %zu",
               (unsigned long long)stat.size, strlen(texts[i]));
    }
}

static void stats_agree(struct check *c)
{
    const char *key = check_key(c, "k");
    struct mb_stat put, stat, again, got;
    struct giver giver;
    struct taker taker;
    struct mb_source source = giver_source(&giver, "twelve bytes", 12);
    WANT(MB_OK, slot_put(c->s, key, NULL, &source, &put));
    EXPECT(put.size == 12, "put says %llu bytes", (unsigned long long)put.size);
    WANT(MB_OK, slot_stat(c->s, key, &stat));
    EXPECT(stat.size == 12, "stat says %llu bytes", (unsigned long long)stat.size);
    WANT(MB_OK, slot_stat(c->s, key, &again));
    EXPECT(strcmp(stat.etag, again.etag) == 0, "the etag changed from '%s' to '%s' and the object did not",
           stat.etag, again.etag);
    taker_init(&taker);
    struct mb_sink sink = taker_sink(&taker);
    mb_status status = slot_get(c->s, key, NULL, &sink, &got);
    taker_done(&taker);
    EXPECT(status == MB_OK, "get: %s", session_said(c->s, status, c->arena));
    EXPECT(strcmp(stat.etag, got.etag) == 0, "stat says etag '%s' and get '%s'", stat.etag, got.etag);
    EXPECT(put.etag[0] == '\0' || strcmp(stat.etag, put.etag) == 0, "put says etag '%s' and stat '%s'",
           put.etag, stat.etag);
    int64_t apart = stat.mtime_ns - got.mtime_ns;
    EXPECT(stat.mtime_ns == 0 || got.mtime_ns == 0 || (apart <= MB_NS_PER_S && apart >= -MB_NS_PER_S),
           "stat and get tell times that are %.3f s apart", (double)apart / 1e9);
}

static void mtime(struct check *c)
{
    struct mb_stat stat;
    int64_t day = 24 * 3600 * MB_NS_PER_S;
    MUST(must_put_text(c, check_key(c, "k"), "x"));
    WANT(MB_OK, slot_stat(c->s, check_key(c, "k"), &stat));
    if (stat.mtime_ns == 0) {
        check_skip(c, "the driver tells no times");
        return;
    }
    int64_t off = stat.mtime_ns - mb_clock_wall();
    EXPECT(off > -day && off < day, "mtime_ns is %lld, not nanoseconds since 1970 of just now",
           (long long)stat.mtime_ns);
}

static void put_with_source(struct check *c, struct giver *giver, const struct mb_source *source,
                            const void *data, size_t len)
{
    struct mb_stat stat;
    WANT(MB_OK, slot_put(c->s, check_key(c, "k"), NULL, source, &stat));
    EXPECT(giver->at == len, "put read %zu bytes of %zu", giver->at, len);
    MUST(must_hold(c, c->s, check_key(c, "k"), data, len));
}

static void small_reads(struct check *c)
{
    uint8_t *data = check_data(c, 5000, 7);
    struct giver giver;
    MUST(data != NULL);
    struct mb_source source = giver_source(&giver, data, 5000);
    giver.chunk = 7;
    put_with_source(c, &giver, &source, data, 5000);
}

static void one_time_source(struct check *c)
{
    struct giver giver;
    struct mb_source source = giver_source(&giver, "read only once", 14);
    source.rewind = NULL;
    put_with_source(c, &giver, &source, "read only once", 14);
}

static void unknown_size(struct check *c)
{
    uint8_t *data = check_data(c, 200000, 8);
    struct giver giver;
    struct mb_stat stat;
    MUST(data != NULL);
    struct mb_source source = giver_source(&giver, data, 200000);
    source.size = -1;
    mb_status status = slot_put(c->s, check_key(c, "k"), NULL, &source, &stat);
    if (status == MB_E_UNSUPPORTED) {
        MUST(must_be_absent(c, c->s, check_key(c, "k")));
        return;
    }
    EXPECT(status == MB_OK, "put of a source of unknown size: %s", session_said(c->s, status, c->arena));
    MUST(must_hold(c, c->s, check_key(c, "k"), data, 200000));
}

static void short_source(struct check *c)
{
    struct giver giver;
    struct mb_stat stat;
    struct mb_source source = giver_source(&giver, "0123456789", 10);
    source.size = 11;
    mb_status status = slot_put(c->s, check_key(c, "k"), NULL, &source, &stat);
    EXPECT(status < 0, "put succeeds although the source gives less than it announced");
    MUST(must_be_absent(c, c->s, check_key(c, "k")));
}

/* Nobody has to read on to notice, but what is stored is not more than was announced. */
static void long_source(struct check *c)
{
    struct giver giver;
    struct mb_stat stat;
    struct mb_source source = giver_source(&giver, "0123456789", 10);
    source.size = 9;
    mb_status status = slot_put(c->s, check_key(c, "k"), NULL, &source, &stat);
    MUST(status == MB_OK ? must_hold_text(c, check_key(c, "k"), "012345678")
                         : must_be_absent(c, c->s, check_key(c, "k")));
}

static void source_fails(struct check *c)
{
    uint8_t *data = check_data(c, 300000, 9);
    struct giver giver;
    struct mb_stat stat;
    MUST(data != NULL);
    struct mb_source source = giver_source(&giver, data, 300000);
    giver.chunk = 1000;
    giver.fail_at = 100000;
    WANT(MB_E_CALLBACK, slot_put(c->s, check_key(c, "k"), NULL, &source, &stat));
    MUST(must_be_absent(c, c->s, check_key(c, "k")));
    source = giver_source(&giver, data, 300000);
    giver.fail_at = 0;
    WANT(MB_E_CALLBACK, slot_put(c->s, check_key(c, "k"), NULL, &source, &stat));
    MUST(must_be_absent(c, c->s, check_key(c, "k")));
}

static void failed_overwrite(struct check *c)
{
    struct giver giver;
    struct mb_stat stat;
    uint8_t *data = check_data(c, 300000, 10);
    MUST(data != NULL);
    MUST(must_put_text(c, check_key(c, "k"), "still here"));
    struct mb_source source = giver_source(&giver, data, 300000);
    giver.chunk = 50000;
    giver.fail_at = 100000;
    WANT(MB_E_CALLBACK, slot_put(c->s, check_key(c, "k"), NULL, &source, &stat));
    MUST(must_hold_text(c, check_key(c, "k"), "still here"));
}

static void sink_refuses(struct check *c)
{
    size_t len = (size_t)2 << 20;
    uint8_t *data = check_data(c, len, 11);
    struct taker taker;
    struct mb_stat stat;
    MUST(data != NULL);
    MUST(must_put(c, c->s, check_key(c, "k"), data, len));
    taker_init(&taker);
    struct mb_sink sink = taker_sink(&taker);
    taker.refuse_at = 1000;
    mb_status status = slot_get(c->s, check_key(c, "k"), NULL, &sink, &stat);
    taker_done(&taker);
    EXPECT(status == MB_E_CALLBACK, "get into a sink that refuses should be refused by callback and is %s",
           session_said(c->s, status, c->arena));
    EXPECT(!taker.written_after_refusal, "get went on writing after the sink had refused");
    MUST(must_hold(c, c->s, check_key(c, "k"), data, len));
}

static void content_type(struct check *c)
{
    struct giver giver;
    struct mb_stat stat;
    struct mb_put_options opts = {.struct_size = sizeof(opts), .content_type = "application/json"};
    struct mb_source source = giver_source(&giver, "{}", 2);
    WANT(MB_OK, slot_put(c->s, check_key(c, "k"), &opts, &source, &stat));
    MUST(must_hold_text(c, check_key(c, "k"), "{}"));
}

const struct test object_tests[] = {
    {"objects.round-trip", "get gives what put was given", NEEDS_STORE, round_trip},
    {"objects.sizes", "the same for sizes around the usual buffers", NEEDS_STORE, all_sizes},
    {"objects.empty", "an object may be empty", NEEDS_STORE, empty},
    {"objects.large", "an object of 17 MiB in one put", NEEDS_STORE, large},
    {"objects.binary", "bytes of every value come back", NEEDS_STORE, binary},
    {"objects.overwrite", "a put replaces the object with all that was told of it", NEEDS_STORE, overwrite},
    {"objects.stats-agree", "put, stat and get tell the same size and etag", NEEDS_STORE, stats_agree},
    {"objects.mtime", "mtime_ns is in nanoseconds since 1970", NEEDS_STORE, mtime},
    {"objects.small-reads", "a source may give a few bytes at a time", NEEDS_STORE, small_reads},
    {"objects.one-time-source", "a source need not be able to rewind", NEEDS_STORE, one_time_source},
    {"objects.unknown-size", "a source of unknown size is stored whole or refused as unsupported",
     NEEDS_STORE, unknown_size},
    {"objects.short-source", "a source that gives less than announced makes no object", NEEDS_STORE,
     short_source},
    {"objects.long-source", "of a source that gives more, no more than announced is stored", NEEDS_STORE,
     long_source},
    {"objects.source-fails", "when the source fails, put says so and makes no object", NEEDS_STORE,
     source_fails},
    {"objects.failed-overwrite", "a put that fails leaves the old object", NEEDS_STORE, failed_overwrite},
    {"objects.sink-refuses", "when the sink refuses, get says so and stops", NEEDS_STORE, sink_refuses},
    {"objects.content-type", "a content type may be given", NEEDS_STORE, content_type},
    {0},
};
