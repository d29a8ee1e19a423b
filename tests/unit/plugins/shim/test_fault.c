#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bed.h"

#include "base/clock.h"
#include "copy/copy.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct mb_storage *open_fault(struct bed *bed, const char *rules)
{
    char option[256];
    snprintf(option, sizeof(option), "fault.rules=%s", rules);
    return bed_open(bed, "fault", OPTIONS("over=memory", option));
}

static struct mb_operation_stats stats_of(struct mb_storage *storage, enum mb_operation operation)
{
    struct mb_operation_stats stats[MB_OP_COUNT];
    mb_storage_stats(storage, stats);
    return stats[operation];
}

static void test_what_passes_is_tried_again(void **state)
{
    struct bed *bed = *state;
    struct mb_storage *storage = open_fault(bed, "put:every=2:error=UNAVAILABLE");
    for (int i = 0; i < 5; i++)
        assert_ok(bed, bed_put(bed, storage, "k", 10));
    assert_int_equal(stats_of(storage, MB_OP_PUT).calls, 9);
    assert_int_equal(stats_of(storage, MB_OP_PUT).failures, 4);
    assert_true(bed_holds(bed, storage, "k", 10));
    mb_storage_close(storage);
}

static void test_what_cannot_change_is_final(void **state)
{
    struct bed *bed = *state;
    struct mb_storage *storage =
        open_fault(bed, "put:nth=1:error=FORBIDDEN;get:error=THROTTLED:retry-after=1ms");
    assert_int_equal(bed_put(bed, storage, "k", 10), MB_E_FORBIDDEN);
    assert_string_equal(bed->error.message, "put memory://m/k: forbidden, says rule 1 of fault.rules");
    assert_int_equal(stats_of(storage, MB_OP_PUT).calls, 1);
    assert_ok(bed, bed_put(bed, storage, "k", 10));
    assert_false(bed_holds(bed, storage, "k", 10));
    assert_int_equal(bed->error.status, MB_E_THROTTLED);
    assert_int_equal(mb_storage_overloads(storage), 4);
    mb_storage_close(storage);
}

static void test_a_body_that_is_cut_is_read_again(void **state)
{
    struct bed *bed = *state;
    struct mb_storage *storage = open_fault(bed, "get:nth=1:cut=2500;get:nth=2:cut=0;put:nth=2:cut=1");
    assert_ok(bed, bed_put(bed, storage, "k", 5000));
    assert_true(bed_holds(bed, storage, "k", 5000));
    assert_int_equal(stats_of(storage, MB_OP_GET).failures, 2);
    assert_ok(bed, bed_put(bed, storage, "other", 5000));
    assert_true(bed_holds(bed, storage, "other", 5000));
    assert_int_equal(stats_of(storage, MB_OP_PUT).failures, 1);
    mb_storage_close(storage);
}

/* The service has done it, and its answer was lost. */
static void test_a_late_failure(void **state)
{
    struct bed *bed = *state;
    const struct mb_put_options new_only = {.struct_size = sizeof(new_only), .flags = MB_PUT_IF_ABSENT};
    struct mb_storage *storage =
        open_fault(bed, "put:nth=1:error=UNAVAILABLE:late;mpu_complete:error=TIMEOUT:nth=1:late");
    assert_ok(bed, mb_storage_write(storage, "k", "mine", 4, &new_only, NULL, NULL, &bed->error));
    assert_int_equal(stats_of(storage, MB_OP_PUT).calls, 2);
    assert_int_equal(mb_storage_write(storage, "k", "else", 4, &new_only, NULL, NULL, &bed->error),
                     MB_E_EXISTS);

    char id[64];
    struct mb_part part;
    struct mb_stat stat;
    assert_ok(bed, mb_storage_upload_begin(storage, "u", id, sizeof(id), NULL, &bed->error));
    assert_ok(bed, mb_storage_upload_part(storage, "u", id, 1, "part", 4, NULL, &part, NULL, &bed->error));
    assert_ok(bed, mb_storage_upload_complete(storage, "u", id, &part, 1, &stat, NULL, &bed->error));
    assert_int_equal(stats_of(storage, MB_OP_MPU_COMPLETE).calls, 2);
    assert_int_equal(stat.size, 4);
    mb_storage_close(storage);
}

static void test_a_listing_goes_on_behind_a_failed_page(void **state)
{
    struct bed *bed = *state;
    struct mb_storage *storage =
        open_fault(bed, "list:nth=2:error=UNAVAILABLE;list:nth=4:error=UNAVAILABLE:late;list_open:nth=2:"
                        "error=UNAVAILABLE");
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry;
    char key[16];
    int count = 0;
    for (int i = 0; i < 10; i++) {
        snprintf(key, sizeof(key), "k/%d", i);
        assert_ok(bed, bed_put(bed, storage, key, 1));
    }
    assert_ok(bed, mb_listing_open(&listing, storage, "k/", NULL, NULL, &bed->error));
    for (; mb_listing_next(listing, &entry, &bed->error) == MB_OK; count++) {
        snprintf(key, sizeof(key), "k/%d", count);
        assert_string_equal(entry->key, key);
    }
    assert_int_equal(count, 10);
    assert_int_equal(stats_of(storage, MB_OP_LIST).failures, 3);
    mb_listing_close(listing);
    mb_storage_close(storage);
}

static void test_what_the_service_does_not_know_is_done_otherwise(void **state)
{
    static const char *const keys[] = {"a", "b", "c"};
    struct bed *bed = *state;
    struct mb_storage *storage = open_fault(bed, "remove_many:error=UNSUPPORTED;mpu_list:error=UNSUPPORTED");
    for (size_t i = 0; i < 3; i++)
        assert_ok(bed, bed_put(bed, storage, keys[i], 1));
    assert_ok(bed, mb_storage_remove_many(storage, keys, 3, NULL, &bed->error));
    assert_ok(bed, mb_storage_abort_uploads(storage, "", NULL, NULL, &bed->error));
    bool any = true;
    assert_ok(bed, mb_storage_any(storage, "", &any, NULL, &bed->error));
    assert_false(any);
    mb_storage_close(storage);
}

static void test_a_call_that_hangs_ends_with_its_deadline(void **state)
{
    struct bed *bed = *state;
    bed->call_timeout_ns = 40 * MB_NS_PER_MS;
    struct mb_storage *storage = open_fault(bed, "put:nth=1:hang;get:hang");
    assert_ok(bed, bed_put(bed, storage, "k", 10));
    assert_int_equal(stats_of(storage, MB_OP_PUT).failures, 1);
    assert_false(bed_holds(bed, storage, "k", 10));
    assert_int_equal(bed->error.status, MB_E_TIMEOUT);
    mb_storage_close(storage);
}

static void *cancel_soon(void *ctx)
{
    mb_cancel_sleep(NULL, 30 * MB_NS_PER_MS, NULL);
    mb_cancel_request(ctx);
    return NULL;
}

static void test_a_call_that_hangs_can_be_cancelled(void **state)
{
    struct bed *bed = *state;
    struct mb_cancel *cancel = mb_cancel_new(NULL);
    struct mb_storage *storage = open_fault(bed, "put:hang");
    pthread_t thread;
    pthread_create(&thread, NULL, cancel_soon, cancel);
    assert_int_equal(mb_storage_write(storage, "k", "v", 1, NULL, NULL, cancel, &bed->error), MB_E_CANCELLED);
    pthread_join(thread, NULL);
    mb_storage_close(storage);
    mb_cancel_free(cancel);
}

static void test_a_delay_comes_first(void **state)
{
    struct bed *bed = *state;
    struct mb_storage *storage = open_fault(bed, "put:key=slow:delay=30ms");
    int64_t begun = mb_clock_monotonic();
    assert_ok(bed, bed_put(bed, storage, "quick", 10));
    assert_ok(bed, bed_put(bed, storage, "a/slow", 10));
    assert_true(mb_clock_monotonic() - begun >= 30 * MB_NS_PER_MS);
    mb_storage_close(storage);
}

static void put_until_killed(struct bed *bed, const char *rules)
{
    char key[16];
    struct mb_storage *storage =
        bed_open(bed, "fault", OPTIONS("over=local", bed_path(bed, "root", "store"), "fsync=false", rules));
    for (int i = 1; i < 10; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        bed_put(bed, storage, key, 10);
    }
    _exit(0);
}

static void expect_killed(struct bed *bed, const char *rules, int objects)
{
    int ended = 0;
    char key[16];
    pid_t child = fork();
    if (child == 0)
        put_until_killed(bed, rules);
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFSIGNALED(ended));
    assert_int_equal(WTERMSIG(ended), SIGKILL);

    struct mb_storage *storage = bed_open(bed, "local", OPTIONS(bed_path(bed, "root", "store")));
    for (int i = 1; i < 10; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        assert_int_equal(bed_holds(bed, storage, key, 10), i <= objects);
        assert_ok(bed, mb_storage_remove(storage, key, NULL, &bed->error));
    }
    mb_storage_close(storage);
}

static void test_the_process_is_killed_before_and_after(void **state)
{
    expect_killed(*state, "fault.rules=put:nth=4:kill", 3);
    expect_killed(*state, "fault.rules=put:nth=4:kill:late", 4);
    expect_killed(*state, "fault.rules=any:key=k7:kill", 6);
}

static mb_status move(struct bed *bed, struct mb_storage *src, struct mb_storage *dst, enum mb_copy_mode mode)
{
    const struct mb_copy_options options = {
        .mode = mode, .memory_bytes = 1 << 20, .part_bytes = 1 << 16, .log = bed->log};
    struct mb_copy *copy = NULL;
    char from[16], to[16];
    mb_status status = mb_copy_open(&copy, src, dst, &options, NULL, &bed->error);
    for (int i = 0; i < 8 && status == MB_OK; i++) {
        snprintf(from, sizeof(from), "src/%d", i);
        snprintf(to, sizeof(to), "dst/%d", i);
        status = mb_copy_add(copy, from, to, 100000, NULL, NULL, &bed->error);
    }
    if (status == MB_OK)
        status = mb_copy_finish(copy, &bed->error);
    mb_copy_close(copy);
    return status;
}

/* Copies are refused, bodies are cut, parts are lost, and all objects arrive as they are. */
static void test_a_transfer_comes_through(void **state)
{
    struct bed *bed = *state;
    bed->attempts = 8;
    struct mb_storage *storage = bed_open(
        bed, "fault",
        OPTIONS("over=local", bed_path(bed, "root", "store"), "fsync=false",
                "fault.rules=copy:error=UNSUPPORTED;get:every=3:cut=5000;put:every=4:error=UNAVAILABLE:late;"
                "mpu_part:every=5:error=THROTTLED:retry-after=1ms;mpu_complete:nth=2:error=TIMEOUT:late"));
    char key[16];
    for (int i = 0; i < 8; i++) {
        snprintf(key, sizeof(key), "src/%d", i);
        assert_ok(bed, bed_put(bed, storage, key, 100000));
    }
    assert_ok(bed, move(bed, storage, storage, MB_COPY_AUTO));
    for (int i = 0; i < 8; i++) {
        snprintf(key, sizeof(key), "dst/%d", i);
        assert_true(bed_holds(bed, storage, key, 100000));
    }
    assert_true(stats_of(storage, MB_OP_COPY).failures > 0);
    assert_true(stats_of(storage, MB_OP_GET).failures > 0);
    assert_int_equal(move(bed, storage, storage, MB_COPY_DIRECT), MB_E_UNSUPPORTED);
    mb_storage_close(storage);
}

static void test_rules_that_are_wrong(void **state)
{
    struct bed *bed = *state;
    struct mb_storage *storage = NULL;
    assert_int_equal(bed_try(bed, &storage, "fault", OPTIONS("over=memory", "fault.rules=put:nth=0:kill")),
                     MB_E_CONFIG);
    assert_string_equal(bed->error.message,
                        "open fault: option \"fault.rules\": rule 1, \"put:nth=0:kill\": nth= "
                        "takes a number from 1 up");
    assert_null(storage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(test_what_passes_is_tried_again),
        BED_TEST(test_what_cannot_change_is_final),
        BED_TEST(test_a_body_that_is_cut_is_read_again),
        BED_TEST(test_a_late_failure),
        BED_TEST(test_a_listing_goes_on_behind_a_failed_page),
        BED_TEST(test_what_the_service_does_not_know_is_done_otherwise),
        BED_TEST(test_a_call_that_hangs_ends_with_its_deadline),
        BED_TEST(test_a_call_that_hangs_can_be_cancelled),
        BED_TEST(test_a_delay_comes_first),
        BED_TEST(test_the_process_is_killed_before_and_after),
        BED_TEST(test_a_transfer_comes_through),
        BED_TEST(test_rules_that_are_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
