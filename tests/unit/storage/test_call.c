/* What the store adds to every slot: retries, deadlines, cancellation, counters, thread models. */
#include "storage/store.h"

#include "base/progress.h"
#include "base/scope.h"

#include <pthread.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bed.h"

static mb_status stat_key(struct bed *bed, struct mb_cancel *cancel)
{
    struct mb_stat stat = {0};
    return mb_storage_stat(bed->storage, "k", &stat, cancel, &bed->error);
}

static struct mb_operation_stats stats_of(struct bed *bed, enum mb_operation operation)
{
    struct mb_operation_stats stats[MB_OP_COUNT];
    mb_storage_stats(bed->storage, stats);
    return stats[operation];
}

static void test_what_may_pass_is_tried_again(void **state)
{
    struct bed *bed = *state;
    write_text(bed, "k", "v");
    scripted_fail(&bed->scripted, MB_OP_STAT, MB_E_UNAVAILABLE, "connection reset");
    scripted_fail(&bed->scripted, MB_OP_STAT, MB_E_THROTTLED, "503 SlowDown");
    scripted_fail(&bed->scripted, MB_OP_STAT, MB_E_TIMEOUT, "slow");
    assert_int_equal(stat_key(bed, NULL), MB_OK);
    assert_string_equal(bed->error.message, "");
    struct mb_operation_stats stats = stats_of(bed, MB_OP_STAT);
    assert_int_equal(stats.calls, 4);
    assert_int_equal(stats.failures, 3);
    assert_int_equal(stats.retries, 3);
    assert_true(stats.max_ns > 0 && stats.total_ns >= stats.max_ns);
    assert_int_equal(mb_storage_overloads(bed->storage), 3);
    scripted_fail(&bed->scripted, MB_OP_STAT, MB_E_NOT_FOUND, "404");
    assert_int_equal(stat_key(bed, NULL), MB_E_NOT_FOUND);
    assert_int_equal(mb_storage_overloads(bed->storage), 3);
}

/* One store, two tasks. */
static void test_each_task_counts_its_own_retries(void **state)
{
    struct bed *bed = *state;
    struct mb_progress progress[] = {MB_PROGRESS_INIT, MB_PROGRESS_INIT};
    write_text(bed, "k", "v");
    for (unsigned task = 0; task < 2; task++) {
        const struct mb_scope scope = {.progress = &progress[task]};
        mb_scope_enter(&scope);
        for (unsigned i = 0; i <= task; i++)
            scripted_fail(&bed->scripted, MB_OP_STAT, MB_E_UNAVAILABLE, "connection reset");
        assert_int_equal(stat_key(bed, NULL), MB_OK);
    }
    mb_scope_enter(NULL);
    scripted_fail(&bed->scripted, MB_OP_STAT, MB_E_UNAVAILABLE, "connection reset");
    assert_int_equal(stat_key(bed, NULL), MB_OK);
    assert_int_equal(progress[0].retries, 1);
    assert_int_equal(progress[1].retries, 2);
    assert_int_equal(stats_of(bed, MB_OP_STAT).retries, 4);
}

static void test_the_last_error_names_every_attempt(void **state)
{
    struct bed *bed = *state;
    for (int i = 0; i < 3; i++)
        scripted_fail(&bed->scripted, MB_OP_STAT, MB_E_UNAVAILABLE, "connection reset");
    scripted_fail(&bed->scripted, MB_OP_STAT, MB_E_THROTTLED, "503 SlowDown");
    assert_int_equal(stat_key(bed, NULL), MB_E_THROTTLED);
    assert_string_equal(bed->error.message,
                        "stat memory://m/k: 503 SlowDown (4 attempts; before: 3 x connection reset)");
    assert_int_equal(bed->scripted.calls[MB_OP_STAT], 4);
}

/* RETRYABLE from the driver does not change what these statuses mean. */
static void test_what_cannot_pass_is_not_tried_again(void **state)
{
    struct bed *bed = *state;
    static const mb_status final[] = {MB_E_INTERNAL,  MB_E_INVALID,   MB_E_CONFIG,   MB_E_UNSUPPORTED,
                                      MB_E_NOT_FOUND, MB_E_NO_BUCKET, MB_E_EXISTS,   MB_E_UNAUTHENTICATED,
                                      MB_E_FORBIDDEN, MB_E_PROTOCOL,  MB_E_NO_SPACE, MB_E_NO_MEMORY,
                                      MB_E_CALLBACK};
    for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++) {
        bool open_question = final[i] == MB_E_INTERNAL || final[i] == MB_E_PROTOCOL;
        scripted_next(&bed->scripted, MB_OP_STAT,
                      (struct scripted_step){.status = final[i],
                                             .flags = open_question ? 0 : MB_ERR_RETRYABLE,
                                             .message = "no"});
        unsigned before = bed->scripted.calls[MB_OP_STAT];
        assert_int_equal(stat_key(bed, NULL), final[i]);
        assert_int_equal(bed->scripted.calls[MB_OP_STAT], before + 1);
        assert_string_equal(bed->error.message, "stat memory://m/k: no");
        assert_int_equal(bed->error.flags, 0);
    }
}

static void test_the_flag_decides_where_the_status_does_not(void **state)
{
    struct bed *bed = *state;
    write_text(bed, "k", "v");
    scripted_next(&bed->scripted, MB_OP_STAT,
                  (struct scripted_step){.status = MB_E_PROTOCOL, .flags = MB_ERR_RETRYABLE});
    assert_int_equal(stat_key(bed, NULL), MB_OK);
    assert_int_equal(bed->scripted.calls[MB_OP_STAT], 2);
}

static void test_retry_after_is_honoured(void **state)
{
    struct bed *bed = *state;
    write_text(bed, "k", "v");
    scripted_next(&bed->scripted, MB_OP_STAT,
                  (struct scripted_step){.status = MB_E_THROTTLED, .retry_after_ms = 30});
    int64_t begun = mb_clock_monotonic();
    assert_int_equal(stat_key(bed, NULL), MB_OK);
    assert_true(mb_clock_monotonic() - begun >= 30 * MB_NS_PER_MS);
}

static void test_an_attempt_has_a_deadline(void **state)
{
    struct bed *bed = *state;
    reopen(bed, 50 * MB_NS_PER_MS);
    write_text(bed, "k", "v");
    scripted_next(&bed->scripted, MB_OP_STAT, (struct scripted_step){.kind = SCRIPTED_HANG});
    int64_t begun = mb_clock_monotonic();
    assert_int_equal(stat_key(bed, NULL), MB_OK);
    assert_true(mb_clock_monotonic() - begun >= 10 * MB_NS_PER_MS);
    assert_int_equal(bed->scripted.calls[MB_OP_STAT], 2);
    for (int i = 0; i < 4; i++)
        scripted_next(&bed->scripted, MB_OP_STAT, (struct scripted_step){.kind = SCRIPTED_HANG});
    assert_int_equal(stat_key(bed, NULL), MB_E_TIMEOUT);
    assert_string_equal(bed->error.message, "stat memory://m/k: no answer in time (4 attempts)");
}

static void test_small_operations_get_a_fifth(void **state)
{
    struct bed *bed = *state;
    reopen(bed, 1000 * MB_NS_PER_S);
    write_text(bed, "k", "v");
    int64_t left = bed->scripted.deadline_ns - mb_clock_monotonic();
    assert_true(left > 900 * MB_NS_PER_S && left <= 1000 * MB_NS_PER_S);
    stat_key(bed, NULL);
    left = bed->scripted.deadline_ns - mb_clock_monotonic();
    assert_true(left > 100 * MB_NS_PER_S && left <= 200 * MB_NS_PER_S);
}

static void test_cancelled_before_it_begins(void **state)
{
    struct bed *bed = *state;
    struct mb_cancel *cancel = mb_cancel_new(NULL);
    mb_cancel_request(cancel);
    assert_int_equal(stat_key(bed, cancel), MB_E_CANCELLED);
    assert_string_equal(bed->error.message, "stat memory://m/k: cancelled");
    assert_int_equal(bed->scripted.calls[MB_OP_STAT], 0);
    mb_cancel_free(cancel);
}

static void test_cancelled_in_the_middle(void **state)
{
    struct bed *bed = *state;
    struct mb_cancel *cancel = mb_cancel_new(NULL);
    bed->scripted.cancel_at_call = cancel;
    scripted_next(&bed->scripted, MB_OP_STAT, (struct scripted_step){.kind = SCRIPTED_HANG});
    assert_int_equal(stat_key(bed, cancel), MB_E_CANCELLED);
    assert_int_equal(bed->scripted.calls[MB_OP_STAT], 1);
    bed->scripted.cancel_at_call = NULL;
    mb_cancel_free(cancel);
}

/* A connection that breaks because of the cancellation is not told as a broken connection. */
static void test_a_failure_under_cancellation(void **state)
{
    struct bed *bed = *state;
    struct mb_cancel *cancel = mb_cancel_new(NULL);
    bed->scripted.cancel_at_call = cancel;
    scripted_fail(&bed->scripted, MB_OP_STAT, MB_E_UNAVAILABLE, "reset");
    assert_int_equal(stat_key(bed, cancel), MB_E_CANCELLED);
    scripted_fail(&bed->scripted, MB_OP_STAT, MB_E_FORBIDDEN, "403");
    struct mb_cancel *second = mb_cancel_new(NULL);
    bed->scripted.cancel_at_call = second;
    assert_int_equal(stat_key(bed, second), MB_E_FORBIDDEN);
    bed->scripted.cancel_at_call = NULL;
    mb_cancel_free(second);
    mb_cancel_free(cancel);
}

static void expect_nonsense(struct bed *bed, mb_status status, mb_status becomes, const char *message)
{
    scripted_next(&bed->scripted, MB_OP_STAT,
                  (struct scripted_step){.kind = SCRIPTED_SILENT, .status = status});
    unsigned before = bed->scripted.calls[MB_OP_STAT];
    assert_int_equal(stat_key(bed, NULL), becomes);
    assert_string_equal(bed->error.message, message);
    assert_int_equal(bed->scripted.calls[MB_OP_STAT], before + 1);
}

static void test_nonsense_is_told_as_the_drivers_bug(void **state)
{
    struct bed *bed = *state;
    expect_nonsense(
        bed, 7, MB_E_INTERNAL,
        "stat memory://m/k: bug in storage driver \"scripted\": stat returned 7, which is no status of it");
    expect_nonsense(
        bed, MB_END, MB_E_INTERNAL,
        "stat memory://m/k: bug in storage driver \"scripted\": stat returned 1, which is no status of it");
    expect_nonsense(
        bed, -99, MB_E_INTERNAL,
        "stat memory://m/k: bug in storage driver \"scripted\": stat returned the unknown status -99");
    expect_nonsense(bed, MB_E_CANCELLED, MB_E_INTERNAL,
                    "stat memory://m/k: bug in storage driver \"scripted\": stat says that it was cancelled, "
                    "which it was not");
    expect_nonsense(bed, MB_E_FORBIDDEN, MB_E_FORBIDDEN,
                    "stat memory://m/k: forbidden, and storage driver \"scripted\" does not say why");
}

static void test_what_a_service_says_is_made_harmless(void **state)
{
    struct bed *bed = *state;
    bed->scripted.request_id = "REQ-1";
    scripted_fail(&bed->scripted, MB_OP_STAT, MB_E_FORBIDDEN,
                  "403\x1b[2J\nno \xc3\xa4 \xff\xfe \xe2\x82 end");
    assert_int_equal(stat_key(bed, NULL), MB_E_FORBIDDEN);
    assert_string_equal(bed->error.message,
                        "stat memory://m/k: 403 [2J no \xc3\xa4 ?? ?? end (request id REQ-1)");
    scripted_fail(&bed->scripted, MB_OP_STAT, MB_E_FORBIDDEN, "403 (REQ-1)");
    stat_key(bed, NULL);
    assert_string_equal(bed->error.message, "stat memory://m/k: 403 (REQ-1)");
}

static void test_long_keys_leave_room_for_the_reason(void **state)
{
    struct bed *bed = *state;
    char key[1024];
    struct mb_stat stat;
    memset(key, 'k', sizeof(key) - 1);
    key[0] = 'a';
    key[sizeof(key) - 2] = 'z';
    key[sizeof(key) - 1] = '\0';
    scripted_fail(&bed->scripted, MB_OP_STAT, MB_E_FORBIDDEN, "403 AccessDenied");
    assert_int_equal(mb_storage_stat(bed->storage, key, &stat, NULL, &bed->error), MB_E_FORBIDDEN);
    assert_non_null(strstr(bed->error.message, "stat memory://m/akkk"));
    assert_non_null(strstr(bed->error.message, "...kkk"));
    assert_non_null(strstr(bed->error.message, "kkz: 403 AccessDenied"));
    assert_true(strlen(bed->error.message) < 300);
}

static void test_check_and_create_bucket(void **state)
{
    struct bed *bed = *state;
    scripted_fail(&bed->scripted, MB_OP_CHECK, MB_E_NO_BUCKET, "404 NoSuchBucket");
    assert_int_equal(mb_storage_check(bed->storage, NULL, &bed->error), MB_E_NO_BUCKET);
    assert_string_equal(bed->error.message, "check memory://m: 404 NoSuchBucket");
    assert_int_equal(mb_storage_check(bed->storage, NULL, &bed->error), MB_OK);
    assert_int_equal(mb_storage_create_bucket(bed->storage, NULL, &bed->error), MB_OK);
    scripted_fail(&bed->scripted, MB_OP_CREATE_BUCKET, MB_E_EXISTS, "409");
    assert_int_equal(mb_storage_create_bucket(bed->storage, NULL, &bed->error), MB_E_EXISTS);
    scripted_fail(&bed->scripted, MB_OP_CREATE_BUCKET, MB_E_TIMEOUT, "lost");
    scripted_fail(&bed->scripted, MB_OP_CREATE_BUCKET, MB_E_EXISTS, "409");
    assert_int_equal(mb_storage_create_bucket(bed->storage, NULL, &bed->error), MB_OK);
    scripted_fail(&bed->scripted, MB_OP_CREATE_BUCKET, MB_E_TIMEOUT, "lost");
    scripted_fail(&bed->scripted, MB_OP_CREATE_BUCKET, MB_E_EXISTS, "409 it is another's");
    scripted_fail(&bed->scripted, MB_OP_CHECK, MB_E_FORBIDDEN, "403");
    assert_int_equal(mb_storage_create_bucket(bed->storage, NULL, &bed->error), MB_E_EXISTS);
    assert_non_null(strstr(bed->error.message, "409 it is another's"));
    bed->scripted.table.create_bucket = NULL;
    assert_int_equal(mb_storage_create_bucket(bed->storage, NULL, &bed->error), MB_E_UNSUPPORTED);
    assert_string_equal(bed->error.message, "create memory://m: storage driver \"scripted\" cannot");
}

static void test_open_fails_with_a_reason(void **state)
{
    struct bed *bed = *state;
    struct mb_storage *storage = NULL;
    struct mb_kv config = {.key = "scripted", .value = "zz"};
    assert_int_equal(mb_storage_open_plugin(&storage, &bed->scripted.table, &config, 1, NULL, &bed->error),
                     MB_E_CONFIG);
    assert_string_equal(bed->error.message, "open scripted: no scripted");
    assert_int_equal(mb_storage_open_plugin(&storage, &bed->scripted.table, NULL, 0, NULL, &bed->error),
                     MB_E_CONFIG);
    assert_string_equal(bed->error.message, "storage driver \"scripted\": option \"scripted\" is required");
    assert_null(storage);
}

struct worker {
    struct mb_storage *storage;
    int failures;
};

static void *stat_often(void *ctx)
{
    struct worker *worker = ctx;
    for (int i = 0; i < 50; i++) {
        struct mb_error error = MB_ERROR_INIT;
        struct mb_stat stat;
        worker->failures += mb_storage_stat(worker->storage, "k", &stat, NULL, &error) != MB_OK;
    }
    return NULL;
}

/* Eight threads over one store, or over two. */
static unsigned most_running(struct bed *bed, uint32_t thread_model, bool two_stores)
{
    bed->scripted.table.thread_model = thread_model;
    reopen(bed, 0);
    write_text(bed, "k", "v");
    struct mb_storage *other = two_stores ? scripted_open(&bed->scripted, 0) : NULL;
    if (other != NULL)
        assert_int_equal(mb_storage_write(other, "k", "v", 1, NULL, NULL, NULL, &bed->error), MB_OK);
    for (int i = 0; i < 60; i++)
        scripted_next(&bed->scripted, MB_OP_STAT, (struct scripted_step){.kind = SCRIPTED_SLOW});
    bed->scripted.most_running = 0;
    pthread_t threads[8];
    struct worker workers[8];
    for (int i = 0; i < 8; i++) {
        workers[i] = (struct worker){other != NULL && i % 2 == 1 ? other : bed->storage, 0};
        pthread_create(&threads[i], NULL, stat_often, &workers[i]);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(workers[i].failures, 0);
    }
    mb_storage_close(other);
    return bed->scripted.most_running;
}

static void test_serial_means_one_call_in_the_driver(void **state)
{
    struct bed *bed = *state;
    assert_int_equal(most_running(bed, MB_THREADS_SERIAL, true), 1);
}

static void test_per_store_means_one_call_a_store(void **state)
{
    struct bed *bed = *state;
    assert_int_equal(most_running(bed, MB_THREADS_PER_STORE, false), 1);
}

static void test_per_store_lets_two_stores_run(void **state)
{
    struct bed *bed = *state;
    assert_int_equal(most_running(bed, MB_THREADS_PER_STORE, true), 2);
}

static void test_parallel_means_many(void **state)
{
    struct bed *bed = *state;
    assert_true(most_running(bed, MB_THREADS_PARALLEL, false) > 2);
}

struct holder {
    struct mb_storage *storage;
    struct mb_cancel *cancel;
    mb_status status;
};

static void *hold_the_store(void *ctx)
{
    struct holder *holder = ctx;
    struct mb_error error = MB_ERROR_INIT;
    holder->status = mb_storage_check(holder->storage, holder->cancel, &error);
    return NULL;
}

static void *cancel_soon(void *ctx)
{
    mb_cancel_sleep(NULL, 20 * MB_NS_PER_MS, NULL);
    mb_cancel_request(ctx);
    return NULL;
}

/* One thread is in the driver, another waits for its turn and is told to stop. */
static void test_who_waits_for_its_turn_can_be_cancelled(void **state)
{
    struct bed *bed = *state;
    bed->scripted.table.thread_model = MB_THREADS_PER_STORE;
    reopen(bed, 600 * MB_NS_PER_S);
    scripted_next(&bed->scripted, MB_OP_CHECK, (struct scripted_step){.kind = SCRIPTED_HANG});
    struct holder holder = {bed->storage, mb_cancel_new(NULL), MB_OK};
    struct mb_cancel *cancel = mb_cancel_new(NULL);
    pthread_t holding, cancelling;
    pthread_create(&holding, NULL, hold_the_store, &holder);
    while (scripted_running(&bed->scripted) == 0)
        mb_cancel_sleep(NULL, MB_NS_PER_MS, NULL);
    pthread_create(&cancelling, NULL, cancel_soon, cancel);
    assert_int_equal(stat_key(bed, cancel), MB_E_CANCELLED);
    assert_int_equal(bed->scripted.calls[MB_OP_STAT], 0);
    mb_cancel_request(holder.cancel);
    pthread_join(holding, NULL);
    pthread_join(cancelling, NULL);
    assert_int_equal(holder.status, MB_E_CANCELLED);
    mb_cancel_free(holder.cancel);
    mb_cancel_free(cancel);
}

static struct scripted *asked_about;
static atomic_bool asked, asked_too_early;

static int note_can_copy(struct mb_store *dst, struct mb_store *src)
{
    (void)dst, (void)src;
    atomic_store(&asked_too_early, scripted_running(asked_about) > 0);
    atomic_store(&asked, true);
    return 0;
}

static void *ask_can_copy(void *ctx)
{
    struct mb_storage **pair = ctx;
    mb_storage_can_copy(pair[0], pair[1]);
    return NULL;
}

struct hanging {
    struct mb_storage *storage;
    struct mb_cancel *cancel;
};

static void *hang_in_stat(void *ctx)
{
    struct hanging *hanging = ctx;
    struct mb_stat stat;
    struct mb_error error = MB_ERROR_INIT;
    mb_storage_stat(hanging->storage, "k", &stat, hanging->cancel, &error);
    return NULL;
}

static void test_per_store_counts_for_the_source_of_a_copy_too(void **state)
{
    struct bed *bed = *state;
    bed->scripted.table.thread_model = MB_THREADS_PER_STORE;
    bed->scripted.table.can_copy = note_can_copy;
    reopen(bed, 0);
    struct mb_storage *dst = scripted_open(&bed->scripted, 0);
    struct hanging hanging = {bed->storage, mb_cancel_new(NULL)};
    struct mb_storage *pair[2] = {dst, bed->storage};
    asked_about = &bed->scripted;
    pthread_t in_stat, asking;
    scripted_next(&bed->scripted, MB_OP_STAT, (struct scripted_step){.kind = SCRIPTED_HANG});
    pthread_create(&in_stat, NULL, hang_in_stat, &hanging);
    while (scripted_running(&bed->scripted) == 0)
        mb_cancel_sleep(NULL, MB_NS_PER_MS, NULL);
    pthread_create(&asking, NULL, ask_can_copy, pair);
    for (int i = 0; i < 20 && !atomic_load(&asked); i++)
        mb_cancel_sleep(NULL, MB_NS_PER_MS, NULL);
    mb_cancel_request(hanging.cancel);
    pthread_join(in_stat, NULL);
    pthread_join(asking, NULL);
    assert_true(atomic_load(&asked) && !atomic_load(&asked_too_early));
    mb_cancel_free(hanging.cancel);
    mb_storage_close(dst);
}

struct nested {
    struct mb_storage *storage;
    struct mb_error error;
};

static mb_status read_from_the_store(void *ctx, void *buf, size_t cap, size_t *nread)
{
    struct nested *nested = ctx;
    struct mb_stat stat;
    (void)buf, (void)cap;
    *nread = 0;
    return mb_storage_stat(nested->storage, "k", &stat, NULL, &nested->error);
}

static mb_status rewind_nothing(void *ctx)
{
    (void)ctx;
    return MB_OK;
}

/* It would wait for itself for ever. */
static void test_a_call_from_inside_of_a_call_is_refused(void **state)
{
    struct bed *bed = *state;
    static const uint32_t models[] = {MB_THREADS_SERIAL, MB_THREADS_PER_STORE};
    for (size_t i = 0; i < 2; i++) {
        bed->scripted.table.thread_model = models[i];
        reopen(bed, 0);
        struct nested nested = {.storage = bed->storage, .error = MB_ERROR_INIT};
        struct mb_source source = {.struct_size = sizeof(source),
                                   .size = 1,
                                   .read = read_from_the_store,
                                   .rewind = rewind_nothing,
                                   .ctx = &nested};
        assert_false(mb_storage_nests(bed->storage, bed->storage));
        assert_int_equal(mb_storage_write_from(bed->storage, "k", &source, NULL, NULL, NULL, &bed->error),
                         MB_E_CALLBACK);
        assert_int_equal(nested.error.status, MB_E_INVALID);
        assert_non_null(strstr(nested.error.message, "called from inside of another call"));
        write_text(bed, "k", "the gate is open again");
    }
}

static void test_one_end_that_is_parallel_lets_calls_nest(void **state)
{
    struct bed *bed = *state;
    struct scripted other;
    scripted_init(&other);
    other.table.thread_model = MB_THREADS_SERIAL;
    struct mb_storage *serial = scripted_open(&other, 0);
    assert_true(mb_storage_nests(bed->storage, serial) && mb_storage_nests(serial, bed->storage));
    assert_false(mb_storage_nests(serial, serial));
    mb_storage_close(serial);
    scripted_done(&other);
}

/* Of the latest call, beyond what a small one gets. */
static int64_t seconds_more(struct bed *bed)
{
    int64_t left = bed->scripted.deadline_ns - mb_clock_monotonic();
    return (left + MB_NS_PER_S / 2) / MB_NS_PER_S - 300;
}

static void test_the_time_for_a_call_grows_with_its_bytes(void **state)
{
    struct bed *bed = *state;
    const uint64_t mib = 1 << 20;
    struct mb_part part = {.number = 1, .size = 4000 * mib};
    char *buf = malloc(70 * mib);
    size_t n = 0;
    for (int op = MB_OP_GET; op < MB_OP_COUNT; op++)
        if (op != MB_OP_LIST)
            scripted_fail(&bed->scripted, (enum mb_operation)op, MB_E_FORBIDDEN, "no");
    mb_storage_copy(bed->storage, "b", bed->storage, "a", 5000 * mib, NULL, NULL, &bed->error);
    assert_int_equal(seconds_more(bed), 5000);
    mb_storage_upload_copy_part(bed->storage, "b", "u1", 1, bed->storage, "a", 0, 128 * mib, &part, NULL,
                                &bed->error);
    assert_int_equal(seconds_more(bed), 128);
    mb_storage_upload_complete(bed->storage, "b", "u1", &part, 1, NULL, NULL, &bed->error);
    assert_int_equal(seconds_more(bed), 4000);
    mb_storage_upload_part(bed->storage, "b", "u1", 1, buf, 70 * mib, NULL, &part, NULL, &bed->error);
    assert_int_equal(seconds_more(bed), 70);
    mb_storage_write(bed->storage, "b", buf, 70 * mib, NULL, NULL, NULL, &bed->error);
    assert_int_equal(seconds_more(bed), 70);
    mb_storage_read(bed->storage, "b", 500 * mib, buf, 70 * mib, NULL, &n, NULL, NULL, &bed->error);
    assert_int_equal(seconds_more(bed), 70);
    free(buf);
}

static void test_a_whole_object_for_a_range_gets_time_for_the_whole(void **state)
{
    struct bed *bed = *state;
    char buf[10];
    size_t n = 0;
    bed->scripted.caps = MB_CAP_RANGE;
    reopen(bed, 0);
    scripted_fail(&bed->scripted, MB_OP_GET, MB_E_FORBIDDEN, "no");
    mb_storage_read(bed->storage, "b", 800 << 20, buf, 10, NULL, &n, NULL, NULL, &bed->error);
    assert_int_equal(seconds_more(bed), 800);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BED(test_what_may_pass_is_tried_again),
        WITH_BED(test_each_task_counts_its_own_retries),
        WITH_BED(test_the_last_error_names_every_attempt),
        WITH_BED(test_what_cannot_pass_is_not_tried_again),
        WITH_BED(test_the_flag_decides_where_the_status_does_not),
        WITH_BED(test_retry_after_is_honoured),
        WITH_BED(test_an_attempt_has_a_deadline),
        WITH_BED(test_small_operations_get_a_fifth),
        WITH_BED(test_cancelled_before_it_begins),
        WITH_BED(test_cancelled_in_the_middle),
        WITH_BED(test_a_failure_under_cancellation),
        WITH_BED(test_nonsense_is_told_as_the_drivers_bug),
        WITH_BED(test_what_a_service_says_is_made_harmless),
        WITH_BED(test_long_keys_leave_room_for_the_reason),
        WITH_BED(test_check_and_create_bucket),
        WITH_BED(test_open_fails_with_a_reason),
        WITH_BED(test_serial_means_one_call_in_the_driver),
        WITH_BED(test_per_store_means_one_call_a_store),
        WITH_BED(test_per_store_lets_two_stores_run),
        WITH_BED(test_parallel_means_many),
        WITH_BED(test_who_waits_for_its_turn_can_be_cancelled),
        WITH_BED(test_per_store_counts_for_the_source_of_a_copy_too),
        WITH_BED(test_a_call_from_inside_of_a_call_is_refused),
        WITH_BED(test_one_end_that_is_parallel_lets_calls_nest),
        WITH_BED(test_the_time_for_a_call_grows_with_its_bytes),
        WITH_BED(test_a_whole_object_for_a_range_gets_time_for_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
