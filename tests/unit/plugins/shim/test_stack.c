/* What every driver that wraps another does, whichever it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bed.h"

#include <string.h>

static void expect_refused(struct bed *bed, const char *driver, const char *const *options,
                           const char *message)
{
    struct mb_storage *storage = NULL;
    assert_int_equal(bed_try(bed, &storage, driver, options), MB_E_CONFIG);
    if (strstr(bed->error.message, message) == NULL)
        fail_msg("it says: %s", bed->error.message);
    assert_null(storage);
}

static void test_drivers_on_drivers(void **state)
{
    struct bed *bed = *state;
    struct mb_storage *storage =
        bed_open(bed, "fault",
                 OPTIONS("over=throttle/trace/memory", "throttle.requestsPerSecond=100000", "realm=r",
                         "root=x/", bed_path(bed, "trace.file", "trace")));
    assert_string_equal(mb_storage_driver_name(storage), "fault");
    assert_string_equal(mb_storage_info(storage)->location, "memory://m");
    assert_string_equal(mb_storage_info(storage)->realm, "r");
    assert_string_equal(mb_storage_info(storage)->native_root, "x/");
    assert_int_equal(mb_storage_info(storage)->max_remove, 4);
    assert_ok(bed, bed_put(bed, storage, "k", 5000));
    assert_true(bed_holds(bed, storage, "k", 5000));
    assert_ok(bed, mb_storage_check(storage, NULL, &bed->error));
    mb_storage_close(storage);
}

static void test_what_cannot_be_wrapped(void **state)
{
    struct bed *bed = *state;
    expect_refused(bed, "fault", OPTIONS("fault.rules=put:kill"), "option \"over\" is required");
    expect_refused(
        bed, "fault", OPTIONS("over=fault/memory"),
        "open fault: option \"over\": \"fault/memory\" names \"fault\" again, which cannot wrap itself");
    expect_refused(bed, "fault", OPTIONS("over=trace/fault"), "names \"fault\" again");
    expect_refused(bed, "fault", OPTIONS("over=trace/throttle/trace/memory"), "names \"trace\" again");
    expect_refused(bed, "fault", OPTIONS("over=trace"),
                   "storage driver \"trace\": option \"over\" is required");
    expect_refused(bed, "fault", OPTIONS("over=memory/trace"),
                   "storage driver \"memory\": there is no option \"over\"");
    expect_refused(bed, "fault", OPTIONS("over=none"), "storage driver \"none\" not found: no none.so in ");
    expect_refused(bed, "fault", OPTIONS("over=../memory"), "cannot be the name of a storage driver");
    expect_refused(bed, "fault", OPTIONS("over=/"), "cannot be the name of a storage driver");
    expect_refused(bed, "fault", OPTIONS("over=memory", "pageSiz=3"),
                   "storage driver \"memory\": there is no option \"pageSiz\", did you mean \"pageSize\"?");
    expect_refused(bed, "trace", OPTIONS("over=memory", "fault.rules=put:kill"),
                   "storage driver \"memory\": there is no option \"fault.rules\"");
}

static void test_what_the_wrapped_driver_lacks(void **state)
{
    static const char *const keys[] = {"a", "b"};
    struct bed *bed = *state;
    struct mb_storage *memory = bed_open(bed, "trace", OPTIONS("over=fault/memory"));
    struct mb_storage *local =
        bed_open(bed, "trace", OPTIONS("over=throttle/local", bed_path(bed, "root", "store"), "fsync=false"));
    assert_int_equal(mb_storage_info(memory)->lacks, MB_LACKS_CREATE_BUCKET);
    assert_int_equal(mb_storage_info(local)->lacks, MB_LACKS_REMOVE_MANY);
    assert_int_equal(mb_storage_create_bucket(memory, NULL, &bed->error), MB_E_UNSUPPORTED);
    assert_ok(bed, mb_storage_create_bucket(local, NULL, &bed->error));
    assert_ok(bed, bed_put(bed, local, "a", 1));
    assert_ok(bed, bed_put(bed, local, "b", 1));
    assert_ok(bed, mb_storage_remove_many(local, keys, 2, NULL, &bed->error));
    struct mb_operation_stats stats[MB_OP_COUNT];
    mb_storage_stats(local, stats);
    assert_int_equal(stats[MB_OP_REMOVE].calls, 2);
    mb_storage_close(local);
    mb_storage_close(memory);
}

static void test_copies_need_the_same_driver_underneath(void **state)
{
    struct bed *bed = *state;
    struct mb_storage *memory = bed_open(bed, "trace", OPTIONS("over=memory"));
    struct mb_storage *local =
        bed_open(bed, "trace", OPTIONS("over=local", bed_path(bed, "root", "store"), "fsync=false"));
    struct mb_storage *beside =
        bed_open(bed, "trace", OPTIONS("over=local", bed_path(bed, "root", "store"), "fsync=false"));
    struct mb_storage *fault =
        bed_open(bed, "fault", OPTIONS("over=local", bed_path(bed, "root", "store"), "fsync=false"));
    assert_false(mb_storage_can_copy(memory, local));
    assert_false(mb_storage_can_copy(local, memory));
    assert_false(mb_storage_can_copy(local, fault));
    assert_true(mb_storage_can_copy(local, beside));
    assert_ok(bed, bed_put(bed, local, "k", 3000));
    assert_ok(bed, mb_storage_copy(beside, "copy", local, "k", 0, NULL, NULL, &bed->error));
    assert_true(bed_holds(bed, fault, "copy", 3000));
    mb_storage_close(fault);
    mb_storage_close(beside);
    mb_storage_close(local);
    mb_storage_close(memory);
}

static void test_uploads_go_through(void **state)
{
    struct bed *bed = *state;
    struct mb_storage *storage =
        bed_open(bed, "throttle", OPTIONS("over=trace/local", bed_path(bed, "root", "store"), "fsync=false"));
    char id[256], left[256];
    struct mb_part parts[2];
    uint64_t aborted = 0;
    assert_ok(bed, bed_put(bed, storage, "source", 5000));
    assert_ok(bed, mb_storage_upload_begin(storage, "k", id, sizeof(id), NULL, &bed->error));
    assert_ok(bed, mb_storage_upload_copy_part(storage, "k", id, 1, storage, "source", 0, 5000, &parts[0],
                                               NULL, &bed->error));
    assert_ok(bed, mb_storage_upload_part(storage, "k", id, 2, "end", 3, NULL, &parts[1], NULL, &bed->error));
    assert_ok(bed, mb_storage_upload_complete(storage, "k", id, parts, 2, NULL, NULL, &bed->error));
    struct mb_stat stat;
    assert_ok(bed, mb_storage_stat(storage, "k", &stat, NULL, &bed->error));
    assert_int_equal(stat.size, 5003);
    assert_ok(bed, mb_storage_upload_begin(storage, "k2", left, sizeof(left), NULL, &bed->error));
    assert_ok(bed, mb_storage_abort_uploads(storage, "k", &aborted, NULL, &bed->error));
    assert_int_equal(aborted, 1);
    mb_storage_close(storage);
}

static void test_a_serial_driver_stays_serial(void **state)
{
    struct bed *bed = *state;
    struct mb_storage *storage = bed_open(bed, "trace", OPTIONS("over=fault/serial"));
    assert_int_equal(mb_storage_info(storage)->lacks, MB_LACKS_CREATE_BUCKET | MB_LACKS_THREADS);
    assert_ok(bed, bed_put(bed, storage, "k", 10));
    mb_storage_close(storage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(test_drivers_on_drivers),
        BED_TEST(test_what_cannot_be_wrapped),
        BED_TEST(test_what_the_wrapped_driver_lacks),
        BED_TEST(test_copies_need_the_same_driver_underneath),
        BED_TEST(test_uploads_go_through),
        BED_TEST(test_a_serial_driver_stays_serial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
