/* errors.c - tests of what a driver says when something is not as it should be. */
#include "check.h"

#include <string.h>

static mb_status try_get(struct session *s, const char *key)
{
    struct taker taker;
    struct mb_stat stat;
    taker_init(&taker);
    struct mb_sink sink = taker_sink(&taker);
    mb_status status = slot_get(s, key, NULL, &sink, &stat);
    taker_done(&taker);
    return status;
}

static mb_status try_put(struct session *s, const char *key)
{
    struct giver giver;
    struct mb_stat stat;
    struct mb_source source = giver_source(&giver, "x", 1);
    return slot_put(s, key, NULL, &source, &stat);
}

static void missing(struct check *c)
{
    struct mb_stat stat;
    WANT(MB_E_NOT_FOUND, slot_stat(c->s, check_key(c, "none"), &stat));
    WANT(MB_E_NOT_FOUND, try_get(c->s, check_key(c, "none")));
    WANT(MB_E_NOT_FOUND, slot_stat(c->s, check_key(c, "no/such/folder/k"), &stat));
    WANT(MB_E_NOT_FOUND, try_get(c->s, check_key(c, "no/such/folder/k")));
}

static void bad_token(struct check *c)
{
    for (int i = 0; i < 5; i++)
        MUST(must_put_text(c, check_key(c, "%d", i), "x"));
    mb_status status = try_list(c->s, c->prefix, "\x01 no token of anybody \xff");
    EXPECT(status <= MB_END, "a listing from a token of nonsense returns %d", status);
    WANT(MB_OK, try_list(c->s, c->prefix, NULL));
}

/* One call of a store that cannot work. */
struct attempt {
    const char *name;
    mb_status status;
    const char *said;
};

/* Calls what a backup calls first; returns how many attempts there were. */
static size_t attempt_all(struct check *c, const struct config *config, struct attempt out[5])
{
    struct session s;
    struct mb_stat stat;
    mb_status opened = session_open(&s, c->suite, config);
    if (opened != MB_OK) {
        out[0] = (struct attempt){"open", opened, session_said(&s, opened, c->arena)};
        session_close(&s);
        return 1;
    }
    const char *names[] = {"check", "list_next", "put", "stat", "get"};
    for (size_t i = 0; i < 5; i++) {
        session_reset(&s, 20 * MB_NS_PER_S);
        mb_status status = i == 0   ? slot_check(&s)
                           : i == 1 ? try_list(&s, c->prefix, NULL)
                           : i == 2 ? try_put(&s, check_key(c, "k"))
                           : i == 3 ? slot_stat(&s, check_key(c, "k"), &stat)
                                    : try_get(&s, check_key(c, "k"));
        out[i] = (struct attempt){names[i], status, session_said(&s, status, c->arena)};
    }
    session_close(&s);
    return 5;
}

static void bad_credentials(struct check *c)
{
    struct attempt attempts[5];
    if (c->suite->bad.count == 0) {
        check_skip(c, "--bad was not given");
        return;
    }
    size_t count = attempt_all(c, &c->suite->bad, attempts);
    for (size_t i = 0; i < count; i++)
        EXPECT(attempts[i].status == MB_E_FORBIDDEN || attempts[i].status == MB_E_UNAUTHENTICATED,
               "%s with bad credentials should be forbidden or unauthenticated and is %s", attempts[i].name,
               attempts[i].said);
    MUST(must_be_absent(c, c->s, check_key(c, "k")));
}

static void no_bucket(struct check *c)
{
    struct attempt attempts[5];
    if (c->suite->missing.count == 0) {
        check_skip(c, "--missing was not given");
        return;
    }
    /* Twice: what was called in between must not have made the bucket. */
    for (int round = 0; round < 2; round++) {
        size_t count = attempt_all(c, &c->suite->missing, attempts);
        for (size_t i = 0; i < count; i++) {
            bool whole_answer = i < 3; /* a service may say no more than "404" of one object */
            EXPECT(attempts[i].status == MB_E_NO_BUCKET ||
                       (!whole_answer && attempts[i].status == MB_E_NOT_FOUND),
                   "%s without a bucket should be no such bucket and is %s", attempts[i].name,
                   attempts[i].said);
        }
    }
}

static void unreachable(struct check *c)
{
    struct attempt attempts[5];
    if (c->suite->dead.count == 0) {
        check_skip(c, "--dead was not given");
        return;
    }
    size_t count = attempt_all(c, &c->suite->dead, attempts);
    for (size_t i = 0; i < count; i++)
        EXPECT(attempts[i].status == MB_E_UNAVAILABLE || attempts[i].status == MB_E_TIMEOUT,
               "%s where nobody answers should be unavailable and is %s", attempts[i].name, attempts[i].said);
}

const struct test error_tests[] = {
    {"errors.missing", "stat and get of what is not there are not found", NEEDS_STORE, missing},
    {"errors.bad-token", "a token of nonsense is refused or ends a listing", NEEDS_STORE, bad_token},
    {"errors.bad-credentials", "wrong credentials are forbidden or unauthenticated, in every slot",
     NEEDS_STORE, bad_credentials},
    {"errors.no-bucket", "a missing bucket is told as such, and not made by using it", NEEDS_STORE,
     no_bucket},
    {"errors.unreachable", "where nobody answers it is unavailable", NEEDS_STORE, unreachable},
    {0},
};
