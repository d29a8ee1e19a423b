/* check.h - what the tests of milvus-backup-driver-check are written with.
 *
 * A test is a function over a struct check.  It calls the driver's slots through the slot_ functions, which
 * see to the promises that hold for every call (outputs untouched by a failure, errors filled in, no secret
 * told), and says what it expected by EXPECT and WANT, which leave the test at the first disappointment. */
#ifndef MB_DRIVER_CHECK_H
#define MB_DRIVER_CHECK_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "milvus_backup/storage_plugin.h"

#include <pthread.h>
#include <stdatomic.h>

/* ------------------------------------------------------------------- suite */

/* Promises that are watched over in every call and told at the end. */
enum rule { RULE_OUTPUTS, RULE_ERRORS, RULE_RETRYABLE, RULE_SECRETS, RULE_CANCELLED, RULE_COUNT };

struct config {
    struct mb_kv *items;
    size_t count;
};

struct suite {
    const struct mb_storage_plugin *plugin;
    struct config good;    /* with defaults filled in */
    struct config bad;     /* as good, with wrong credentials; no items when not given */
    struct config missing; /* as good, with a bucket that does not exist */
    struct config dead;    /* as good, with an address where nobody answers */
    const char *prefix;    /* every key of the run begins with it */
    unsigned threads;
    unsigned keys;      /* of the larger listings */
    unsigned part_size; /* least size of a part but the last, where that of the store is less */
    bool create;
    pthread_mutex_t slots; /* for drivers that take one call at a time */
    pthread_mutex_t lock;  /* guards what follows */
    unsigned broken[RULE_COUNT];
    char first[RULE_COUNT][1200];
};

void rule_break(struct suite *suite, enum rule rule, const char *fmt, ...) MB_PRINTF(3, 4);

/* The option whose secret value is in text, or NULL. */
const char *secret_in(const struct suite *suite, const char *text);

/* ----------------------------------------------------------------- session */

/* An open store as one thread uses it. */
struct session {
    struct suite *suite;
    struct mb_store *store;
    struct mb_store_info info;
    struct mb_error error;
    struct mb_call call;
    pthread_t thread;
    atomic_bool cancel;
    bool owns_store;
    pthread_mutex_t own;
    pthread_mutex_t *lock; /* held during every call: the thread model of the driver; NULL for parallel */
};

/* Opens a store; the status is the driver's. */
mb_status session_open(struct session *s, struct suite *suite, const struct config *config);

/* The same store for another thread, which calls it itself. */
void session_share(struct session *s, const struct session *of);
void session_close(struct session *s);

/* The following calls are not cancelled and have this deadline (0 for none; ns from now). */
void session_reset(struct session *s, int64_t deadline_in_ns);

bool session_has(const struct session *s, uint64_t cap);

/* "forbidden: <what the driver said>" */
const char *session_said(const struct session *s, mb_status status, struct mb_arena *arena);

/* -------------------------------------------------------------------- data */

/* Bytes that tell by themselves where they belong. */
void data_fill(uint8_t *buf, size_t len, uint32_t seed, uint64_t offset);

/* A source over bytes; read gives at most chunk at once. */
struct giver {
    const uint8_t *data;
    size_t len;
    size_t at;
    size_t chunk;
    size_t fail_at;   /* the read at this offset or after it fails; SIZE_MAX for never */
    int64_t pause_ns; /* before every read */
    unsigned reads;
    void (*on_read)(struct giver *giver); /* or NULL */
    void *ctx;
};

struct mb_source giver_source(struct giver *giver, const void *data, size_t len);

/* A sink into memory. */
struct taker {
    struct mb_buf buf;
    size_t refuse_at; /* the write that passes this offset is refused; SIZE_MAX for never */
    int64_t pause_ns; /* before every write */
    unsigned writes;
    bool refused;
    bool written_after_refusal;
    void (*on_write)(struct taker *taker); /* or NULL */
    void *ctx;
};

void taker_init(struct taker *taker);
void taker_done(struct taker *taker);
struct mb_sink taker_sink(struct taker *taker);

void pause_ns(int64_t ns);

/* ------------------------------------------------------------------- slots */

mb_status slot_check(struct session *s);
mb_status slot_create_bucket(struct session *s);
mb_status slot_stat(struct session *s, const char *key, struct mb_stat *out);
mb_status slot_get(struct session *s, const char *key, const struct mb_get_options *opts,
                   const struct mb_sink *sink, struct mb_stat *out);
mb_status slot_put(struct session *s, const char *key, const struct mb_put_options *opts,
                   const struct mb_source *source, struct mb_stat *out);
mb_status slot_remove(struct session *s, const char *key);
mb_status slot_remove_many(struct session *s, const char *const *keys, size_t count, uint8_t *done);
mb_status slot_list_open(struct session *s, const struct mb_list_options *opts, struct mb_list **out);
mb_status slot_list_next(struct session *s, struct mb_list *list, struct mb_page *out);
void slot_list_close(struct session *s, struct mb_list *list);
mb_status slot_copy(struct session *dst, const char *dst_key, struct session *src, const char *src_key,
                    const struct mb_put_options *opts, struct mb_stat *out);
mb_status slot_mpu_begin(struct session *s, const char *key, const struct mb_put_options *opts, char *id,
                         size_t cap);
mb_status slot_mpu_part(struct session *s, const char *key, const char *id, uint32_t number,
                        const struct mb_source *source, struct mb_part *out);
mb_status slot_mpu_copy_part(struct session *dst, const char *key, const char *id, uint32_t number,
                             struct session *src, const char *src_key, uint64_t offset, uint64_t length,
                             struct mb_part *out);
mb_status slot_mpu_complete(struct session *s, const char *key, const char *id, const struct mb_part *parts,
                            size_t count, struct mb_stat *out);
mb_status slot_mpu_abort(struct session *s, const char *key, const char *id);
mb_status slot_mpu_list(struct session *s, const char *prefix,
                        mb_status (*found)(void *ctx, const struct mb_upload *upload), void *ctx);

/* ------------------------------------------------------------------- tests */

enum outcome { PASSED, FAILED, SKIPPED };

struct check {
    struct suite *suite;
    struct session *s; /* on the good configuration; NULL in tests that need no store */
    struct mb_arena *arena;
    const char *prefix; /* keys of this test begin with it */
    enum outcome outcome;
    char reason[2048];
};

enum {
    NEEDS_STORE = 1u << 0, /* all that follow do too */
    NEEDS_MULTIPART = 1u << 1,
    NEEDS_PART_COPY = 1u << 2,
    NEEDS_UPLOAD_LIST = 1u << 3,
    NEEDS_COPY = 1u << 4,
    NEEDS_REMOVE_MANY = 1u << 5,
    NEEDS_RANGE = 1u << 6,
    NEEDS_IF_ABSENT = 1u << 7,
    NEEDS_SORTED = 1u << 8,
    NEEDS_STRONG_LIST = 1u << 9,
    NEEDS_ATOMIC_PUT = 1u << 10
};

struct test {
    const char *name;
    const char *promise; /* what a driver that passes does */
    uint32_t needs;
    void (*run)(struct check *c);
};

/* Each ends with an entry without a name. */
extern const struct test table_tests[], store_tests[], object_tests[], condition_tests[], key_tests[],
    removal_tests[], listing_tests[], paging_tests[], range_tests[], copy_tests[], multipart_tests[],
    upload_tests[], error_tests[], call_tests[], thread_tests[], rule_tests[];

void check_fail(struct check *c, const char *fmt, ...) MB_PRINTF(2, 3);
void check_skip(struct check *c, const char *fmt, ...) MB_PRINTF(2, 3);

#define EXPECT(condition, ...)          \
    do {                                \
        if (!(condition)) {             \
            check_fail(c, __VA_ARGS__); \
            return;                     \
        }                               \
    } while (0)

/* The call, made with session s_, has to return what is expected. */
#define WANT_OF(s_, expected, call)                             \
    do {                                                        \
        mb_status want_got = (call);                            \
        if (want_got != (expected)) {                           \
            check_status(c, (s_), #call, (expected), want_got); \
            return;                                             \
        }                                                       \
    } while (0)
#define WANT(expected, call) WANT_OF(c->s, expected, call)

/* The helper has already said what went wrong. */
#define MUST(helper)   \
    do {               \
        if (!(helper)) \
            return;    \
    } while (0)

void check_status(struct check *c, const struct session *s, const char *what, mb_status expected,
                  mb_status got);

/* prefix and name joined. */
const char *check_key(struct check *c, const char *fmt, ...) MB_PRINTF(2, 3);

/* Bytes that live as long as the test; fails it without memory. */
uint8_t *check_data(struct check *c, size_t len, uint32_t seed);

/* These fail the test unless all is as it should be. */
bool must_put(struct check *c, struct session *s, const char *key, const void *data, size_t len);
bool must_put_text(struct check *c, const char *key, const char *text);
bool must_hold(struct check *c, struct session *s, const char *key, const void *data, size_t len);
bool must_hold_text(struct check *c, const char *key, const char *text);
bool must_be_absent(struct check *c, struct session *s, const char *key);
bool must_open(struct check *c, struct session *s);

/* The whole listing as entries in the test's arena (strings too), told page by page. */
struct listing {
    struct mb_entry *entries;
    size_t count;
    size_t cap;
    const char **tokens; /* of every page, NULL after the last */
    size_t *page_ends;   /* how many entries there were after it */
    size_t pages;
};

struct listing_request {
    const char *prefix;
    const char *delimiter;
    const char *token;
    uint32_t page_size;
};

bool must_list(struct check *c, struct session *s, const struct listing_request *request,
               struct listing *out);
const struct mb_entry *listing_find(const struct listing *listing, const char *key);

/* What opening a listing and asking for its first page return. */
mb_status try_list(struct session *s, const char *prefix, const char *token);

/* Everything below the prefix, uploads included; as far as it can be done. */
void sweep(struct session *s, const char *prefix);

#endif
