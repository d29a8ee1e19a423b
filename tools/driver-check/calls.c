/* calls.c - tests of cancellation and deadlines. */
#include "check.h"

#include "base/crc32c.h"

#include <string.h>

/* What a driver may take after it was told, and what this machine may add. */
#define PROMISED (1 * MB_NS_PER_S)
#define GRACE    (MB_NS_PER_S / 2)

enum { LEN = 16 << 20, PIECE = 64 << 10 };

/* A transfer that goes on for a quarter of a minute unless somebody stops it. */
#define SLOW (50 * MB_NS_PER_MS)

/* When the caller lost interest in the call. */
struct stop {
    struct session *s;
    bool cancels;
    int64_t told_ns;
};

/* A deadline is told from the beginning, a cancellation when the first bytes have passed.  A driver that
 * hears neither is late soon enough; from then on it is let run. */
static int64_t pause_of(struct stop *stop, bool begun)
{
    if (stop->told_ns == 0 && stop->cancels && begun) {
        stop->told_ns = mb_clock_monotonic();
        atomic_store(&stop->s->cancel, true);
    }
    bool late = stop->told_ns != 0 && mb_clock_monotonic() > stop->told_ns + PROMISED + 2 * GRACE;
    return late ? 0 : SLOW;
}

static void on_write(struct taker *taker)
{
    taker->pause_ns = pause_of(taker->ctx, true);
}

static void on_read(struct giver *giver)
{
    giver->pause_ns = pause_of(giver->ctx, giver->at > 0);
}

/* Did the call end in time, and as it should?  One that is done before it would look is done. */
static bool ended(struct check *c, const char *what, mb_status expected, mb_status status, int64_t told_ns)
{
    int64_t late = mb_clock_monotonic() - told_ns;
    if (status != expected && status != MB_OK && status != MB_END)
        check_fail(c, "%s should be %s and is %s", what, mb_status_name(expected),
                   session_said(c->s, status, c->arena));
    else if (late > PROMISED + GRACE)
        check_fail(c, "%s returned %.1f s too late", what, (double)(late - PROMISED) / 1e9);
    return c->outcome == PASSED;
}

static mb_status slow_get(struct check *c, struct stop *stop)
{
    struct taker taker;
    struct mb_stat stat;
    taker_init(&taker);
    struct mb_sink sink = taker_sink(&taker);
    taker.pause_ns = SLOW;
    taker.on_write = on_write;
    taker.ctx = stop;
    mb_status status = slot_get(c->s, check_key(c, "k"), NULL, &sink, &stat);
    taker_done(&taker);
    return status;
}

static struct mb_source slow_source(struct giver *giver, const uint8_t *data, struct stop *stop)
{
    struct mb_source source = giver_source(giver, data, LEN);
    giver->chunk = PIECE;
    giver->pause_ns = SLOW;
    giver->on_read = on_read;
    giver->ctx = stop;
    return source;
}

/* With a checksum, as milvus-backup does it: some services keep half of an object that had none. */
static mb_status slow_put(struct check *c, const uint8_t *data, struct stop *stop)
{
    struct giver giver;
    struct mb_stat stat;
    uint8_t crc[4];
    struct mb_put_options opts = {.struct_size = sizeof(opts), .crc32c = crc};
    struct mb_source source = slow_source(&giver, data, stop);
    mb_crc32c_big_endian(mb_crc32c(0, data, LEN), crc);
    return slot_put(c->s, check_key(c, "k"), &opts, &source, &stat);
}

static void cancelled_get(struct check *c)
{
    struct stop stop = {.s = c->s, .cancels = true};
    uint8_t *data = check_data(c, LEN, 61);
    MUST(data != NULL);
    MUST(must_put(c, c->s, check_key(c, "k"), data, LEN));
    mb_status status = slow_get(c, &stop);
    MUST(ended(c, "a get that was cancelled", MB_E_CANCELLED, status, stop.told_ns));
    session_reset(c->s, 0);
    MUST(must_hold(c, c->s, check_key(c, "k"), data, LEN));
}

static void cancelled_put(struct check *c)
{
    struct stop stop = {.s = c->s, .cancels = true};
    uint8_t *data = check_data(c, LEN, 62);
    MUST(data != NULL);
    mb_status status = slow_put(c, data, &stop);
    MUST(ended(c, "a put that was cancelled", MB_E_CANCELLED, status, stop.told_ns));
    session_reset(c->s, 0);
    MUST(status == MB_OK ? must_hold(c, c->s, check_key(c, "k"), data, LEN)
                         : must_be_absent(c, c->s, check_key(c, "k")));
    MUST(must_put_text(c, check_key(c, "k"), "the store is as good as before"));
}

static mb_status try_call(struct check *c, int which)
{
    struct mb_stat stat;
    struct giver giver;
    struct mb_source source = giver_source(&giver, "late", 4);
    switch (which) {
    case 0:
        return slot_stat(c->s, check_key(c, "k"), &stat);
    case 1:
        return slot_put(c->s, check_key(c, "new"), NULL, &source, &stat);
    case 2:
        return slot_remove(c->s, check_key(c, "gone"));
    default:
        return try_list(c->s, c->prefix, NULL);
    }
}

/* What is reported as not done was not done. */
static bool is_as_told(struct check *c, int which, mb_status status)
{
    if (which == 1)
        return status == MB_OK ? must_hold_text(c, check_key(c, "new"), "late")
                               : must_be_absent(c, c->s, check_key(c, "new"));
    if (which == 2)
        return status == MB_OK ? must_be_absent(c, c->s, check_key(c, "gone"))
                               : must_hold_text(c, check_key(c, "gone"), "x");
    return true;
}

static void before_the_call(struct check *c, mb_status expected)
{
    const char *names[] = {"stat", "put", "remove", "a listing"};
    MUST(must_put_text(c, check_key(c, "k"), "x"));
    MUST(must_put_text(c, check_key(c, "gone"), "x"));
    for (int i = 0; i < 4; i++) {
        session_reset(c->s, expected == MB_E_TIMEOUT ? -MB_NS_PER_S : 0);
        atomic_store(&c->s->cancel, expected == MB_E_CANCELLED);
        int64_t begun = mb_clock_monotonic();
        mb_status status = try_call(c, i);
        MUST(ended(c, names[i], expected, status, begun));
        session_reset(c->s, 0);
        MUST(is_as_told(c, i, status));
    }
}

static void cancelled_before(struct check *c)
{
    before_the_call(c, MB_E_CANCELLED);
}

static void deadline_before(struct check *c)
{
    before_the_call(c, MB_E_TIMEOUT);
}

static void cancelled_listing(struct check *c)
{
    struct mb_list *list = NULL;
    struct mb_page page;
    struct mb_list_options opts = {.struct_size = sizeof(opts), .page_size = 2, .prefix = c->prefix};
    for (int i = 0; i < 7; i++)
        MUST(must_put_text(c, check_key(c, "%d", i), "x"));
    WANT(MB_OK, slot_list_open(c->s, &opts, &list));
    mb_status first = slot_list_next(c->s, list, &page);
    atomic_store(&c->s->cancel, true);
    int64_t begun = mb_clock_monotonic();
    mb_status second = slot_list_next(c->s, list, &page);
    bool good = ended(c, "the second page of a listing that was cancelled", MB_E_CANCELLED, second, begun);
    slot_list_close(c->s, list);
    MUST(good);
    EXPECT(first == MB_OK, "list_next: %s", mb_status_name(first));
}

static void deadline_of_get(struct check *c)
{
    uint8_t *data = check_data(c, LEN, 63);
    MUST(data != NULL);
    MUST(must_put(c, c->s, check_key(c, "k"), data, LEN));
    session_reset(c->s, 500 * MB_NS_PER_MS);
    struct stop stop = {.s = c->s, .told_ns = c->s->call.deadline_ns};
    mb_status status = slow_get(c, &stop);
    MUST(ended(c, "a get beyond its deadline", MB_E_TIMEOUT, status, stop.told_ns));
    session_reset(c->s, 0);
    MUST(must_hold(c, c->s, check_key(c, "k"), data, LEN));
}

static void deadline_of_put(struct check *c)
{
    uint8_t *data = check_data(c, LEN, 64);
    MUST(data != NULL);
    session_reset(c->s, 500 * MB_NS_PER_MS);
    struct stop stop = {.s = c->s, .told_ns = c->s->call.deadline_ns};
    mb_status status = slow_put(c, data, &stop);
    MUST(ended(c, "a put beyond its deadline", MB_E_TIMEOUT, status, stop.told_ns));
    session_reset(c->s, 0);
    MUST(status == MB_OK ? must_hold(c, c->s, check_key(c, "k"), data, LEN)
                         : must_be_absent(c, c->s, check_key(c, "k")));
}

static void deadline_kept(struct check *c)
{
    session_reset(c->s, 60 * MB_NS_PER_S);
    MUST(must_put_text(c, check_key(c, "k"), "in time"));
    MUST(must_hold_text(c, check_key(c, "k"), "in time"));
    session_reset(c->s, 0);
}

static void cancelled_part(struct check *c)
{
    char id[1024];
    struct giver giver;
    struct mb_part part;
    struct stop stop = {.s = c->s, .cancels = true};
    const char *key = check_key(c, "k");
    uint8_t *data = check_data(c, LEN, 65);
    MUST(data != NULL);
    WANT(MB_OK, slot_mpu_begin(c->s, key, NULL, id, sizeof(id)));
    struct mb_source source = slow_source(&giver, data, &stop);
    mb_status status = slot_mpu_part(c->s, key, id, 1, &source, &part);
    MUST(ended(c, "a part that was cancelled", MB_E_CANCELLED, status, stop.told_ns));
    session_reset(c->s, 0);
    WANT(MB_OK, slot_mpu_abort(c->s, key, id));
    MUST(must_be_absent(c, c->s, key));
}

const struct test call_tests[] = {
    {"calls.cancelled-get", "a get ends within a second after it was cancelled", NEEDS_STORE, cancelled_get},
    {"calls.cancelled-put", "so does a put, and makes no object", NEEDS_STORE, cancelled_put},
    {"calls.cancelled-part", "so does a part, and its upload can be aborted", NEEDS_MULTIPART,
     cancelled_part},
    {"calls.cancelled-listing", "a listing can be cancelled between its pages", NEEDS_STORE,
     cancelled_listing},
    {"calls.cancelled-before", "a call that was cancelled before ends within a second, and did what it says",
     NEEDS_STORE, cancelled_before},
    {"calls.deadline-of-get", "a get ends within a second after its deadline", NEEDS_STORE, deadline_of_get},
    {"calls.deadline-of-put", "so does a put, and makes no object", NEEDS_STORE, deadline_of_put},
    {"calls.deadline-before", "so does a call whose deadline has passed", NEEDS_STORE, deadline_before},
    {"calls.deadline-kept", "a deadline that is far away is no matter", NEEDS_STORE, deadline_kept},
    {0},
};
