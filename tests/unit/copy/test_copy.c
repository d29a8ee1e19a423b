#include "moving.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_counted(struct moving *moving, uint64_t objects, uint64_t bytes)
{
    assert_int_equal(atomic_load(&moving->progress.objects_total), objects);
    assert_int_equal(atomic_load(&moving->progress.objects_done), objects);
    assert_int_equal(atomic_load(&moving->progress.bytes_total), bytes);
    assert_int_equal(atomic_load(&moving->progress.bytes_done), bytes);
}

static void test_a_thousand_small_objects(void **state)
{
    struct moving *moving = *state;
    for (unsigned n = 0; n < 3000; n++)
        moving_fill(moving, n, n);
    moving_open(moving, moving->dst);
    for (unsigned n = 0; n < 3000; n++)
        assert_int_equal(moving_add(moving, n, n), MB_OK);
    assert_int_equal(moving_finish(moving), MB_OK);
    assert_true(mb_budget_peak(moving->copy->options.budget) <= moving->options.memory_bytes);
    moving_close(moving);
    for (unsigned n = 0; n < 3000; n += 97)
        assert_true(moving_arrived(&moving->dst_service, n, n));
    assert_int_equal(moving->moved, 3000);
    assert_int_equal(moving->moved_in_service, 0);
    assert_int_equal(moving->moved_at_once_peak, 1);
    assert_int_equal(atomic_load(&moving->dst_service.stats), 0);
    assert_counted(moving, 3000, 3000 * 2999 / 2);
}

static void test_a_large_object_goes_in_parts_with_its_checksum(void **state)
{
    struct moving *moving = *state;
    uint64_t size = 40 * MOVING_PART + 5;
    moving_fill(moving, 0, size);
    moving_open(moving, moving->dst);
    assert_int_equal(
        mb_copy_add(moving->copy, "src/0", "dst/0", size, "etag", (char[]){"src/0"}, &moving->error), MB_OK);
    assert_int_equal(moving_finish(moving), MB_OK);
    assert_true(moving_arrived(&moving->dst_service, 0, size));
    assert_int_equal(atomic_load(&moving->dst_service.parts), 41);
    assert_int_equal(atomic_load(&moving->dst_service.completes), 1);
    assert_int_equal(moving->crc_wrong, 0);
    assert_true(mb_budget_peak(moving->copy->options.budget) <= moving->options.memory_bytes);
    assert_counted(moving, 1, size);
}

static void test_parts_grow_to_the_limit_of_the_service(void **state)
{
    struct moving *moving = *state;
    fake_service_done(&moving->dst_service);
    mb_storage_close(moving->dst);
    fake_service_init(&moving->dst_service);
    moving->dst_service.max_parts = 4;
    moving->dst = fake_service_store(&moving->dst_service);
    uint64_t size = 20 * MOVING_PART + 1;
    moving_fill(moving, 0, size);
    assert_int_equal(moving_run(moving, moving->dst, 1, size), MB_OK);
    assert_true(moving_arrived(&moving->dst_service, 0, size));
    assert_int_equal(atomic_load(&moving->dst_service.parts), 4);
}

static void test_a_budget_below_the_wanted_part(void **state)
{
    struct moving *moving = *state;
    moving->options.memory_bytes = 20000;
    for (unsigned n = 0; n < 8; n++)
        moving_fill(moving, n, 100000);
    moving_open(moving, moving->dst);
    for (unsigned n = 0; n < 8; n++)
        assert_int_equal(moving_add(moving, n, 100000), MB_OK);
    assert_int_equal(moving_finish(moving), MB_OK);
    assert_in_range(mb_budget_peak(moving->copy->options.budget), 1, 20000);
    for (unsigned n = 0; n < 8; n++)
        assert_true(moving_arrived(&moving->dst_service, n, 100000));
}

static void test_a_source_without_ranges_is_read_once(void **state)
{
    struct moving *moving = *state;
    moving->src_service.no_ranges = true;
    mb_storage_close(moving->src);
    moving->src = fake_service_store(&moving->src_service);
    moving_fill(moving, 0, 10 * MOVING_PART);
    assert_int_equal(moving_run(moving, moving->dst, 1, 10 * MOVING_PART), MB_OK);
    assert_int_equal(atomic_load(&moving->src_service.gets), 1);
    assert_true(moving_arrived(&moving->dst_service, 0, 10 * MOVING_PART));
}

static void test_without_multipart_a_large_object_is_one_put(void **state)
{
    struct moving *moving = *state;
    moving->dst_service.table.mpu_begin = NULL;
    moving->dst_service.table.mpu_part = NULL;
    moving->dst_service.table.mpu_copy_part = NULL;
    moving->dst_service.table.mpu_complete = NULL;
    moving->dst_service.table.mpu_abort = NULL;
    mb_storage_close(moving->dst);
    moving->dst = fake_service_store(&moving->dst_service);
    atomic_store(&moving->dst_service.cut_puts, 1);
    uint64_t size = 30 * MOVING_PART + 1;
    moving_fill(moving, 0, size);
    moving_open(moving, moving->dst);
    assert_int_equal(
        mb_copy_add(moving->copy, "src/0", "dst/0", size, NULL, (char[]){"src/0"}, &moving->error), MB_OK);
    assert_int_equal(moving_finish(moving), MB_OK);
    assert_true(moving_arrived(&moving->dst_service, 0, size));
    assert_int_equal(moving->crc_wrong, 0);
    assert_int_equal(atomic_load(&moving->dst_service.puts), 2);
    assert_true(mb_budget_peak(moving->copy->options.budget) <= 2 * MOVING_PART);
    assert_counted(moving, 1, size);
}

static void test_empty_objects_are_copied_and_directory_markers_are_not(void **state)
{
    struct moving *moving = *state;
    static const char *const keys[] = {"empty", "folder/", "odd/"};
    static const uint64_t sizes[] = {0, 0, 5};
    moving_open(moving, moving->dst);
    for (unsigned i = 0; i < 3; i++) {
        fake_service_fill(&moving->src_service, keys[i], sizes[i]);
        assert_int_equal(mb_copy_add(moving->copy, keys[i], keys[i], sizes[i], NULL, NULL, &moving->error),
                         MB_OK);
    }
    assert_int_equal(moving_finish(moving), MB_OK);
    assert_true(fake_service_holds(&moving->dst_service, "empty", "empty", 0));
    assert_false(fake_service_has(&moving->dst_service, "folder/"));
    assert_true(fake_service_holds(&moving->dst_service, "odd/", "odd/", 5));
    assert_int_equal(moving->moved, 2);
    assert_counted(moving, 3, 5);
}

static void test_inside_one_service_nothing_is_read(void **state)
{
    struct moving *moving = *state;
    char text[128];
    for (unsigned n = 0; n < 50; n++)
        moving_fill(moving, n, 1000);
    moving_open(moving, moving->beside);
    assert_non_null(strstr(mb_copy_describe(moving->copy, text, sizeof(text)), "copied inside fake://"));
    for (unsigned n = 0; n < 50; n++)
        assert_int_equal(moving_add(moving, n, 1000), MB_OK);
    assert_int_equal(moving_finish(moving), MB_OK);
    assert_int_equal(mb_budget_peak(moving->copy->options.budget), 0);
    assert_int_equal(atomic_load(&moving->src_service.copies), 50);
    assert_int_equal(atomic_load(&moving->src_service.gets), 0);
    assert_int_equal(atomic_load(&moving->src_service.stats), 0);
    assert_int_equal(moving->moved_in_service, 50);
    assert_true(moving_arrived(&moving->src_service, 49, 1000));
    assert_counted(moving, 50, 50000);
}

static void test_large_copies_go_by_parts(void **state)
{
    struct moving *moving = *state;
    moving->options.multipart_copy_threshold = 1000;
    moving_fill(moving, 0, 10500);
    moving_fill(moving, 1, 1000);
    moving_open(moving, moving->beside);
    assert_int_equal(moving_add(moving, 0, 10500), MB_OK);
    assert_int_equal(moving_add(moving, 1, 1000), MB_OK);
    assert_int_equal(moving_finish(moving), MB_OK);
    assert_int_equal(atomic_load(&moving->src_service.part_copies), 11);
    assert_int_equal(atomic_load(&moving->src_service.copies), 1);
    assert_true(moving_arrived(&moving->src_service, 0, 10500));
    assert_int_equal(moving->moved_in_service, 2);
    assert_counted(moving, 2, 11500);
}

static void test_copies_above_the_limit_go_by_parts_below_the_threshold(void **state)
{
    struct moving *moving = *state;
    moving->src_service.max_copy_size = 4000;
    mb_storage_close(moving->beside);
    moving->beside = fake_service_store(&moving->src_service);
    moving_fill(moving, 0, 4001);
    assert_int_equal(moving_run(moving, moving->beside, 1, 4001), MB_OK);
    assert_int_equal(atomic_load(&moving->src_service.copies), 0);
    assert_int_equal(atomic_load(&moving->src_service.completes), 1);
    assert_true(moving_arrived(&moving->src_service, 0, 4001));

    moving_fill(moving, 0, 4000);
    assert_int_equal(moving_run(moving, moving->beside, 1, 4000), MB_OK);
    assert_int_equal(atomic_load(&moving->src_service.copies), 1);
}

static void test_streaming_when_asked_also_inside_one_service(void **state)
{
    struct moving *moving = *state;
    char text[128];
    moving->options.mode = MB_COPY_STREAMING;
    moving_fill(moving, 0, 1000);
    moving_open(moving, moving->beside);
    assert_string_equal(mb_copy_describe(moving->copy, text, sizeof(text)), "streamed, 2 at once");
    assert_int_equal(moving_add(moving, 0, 1000), MB_OK);
    assert_int_equal(moving_finish(moving), MB_OK);
    assert_int_equal(atomic_load(&moving->src_service.copies), 0);
    assert_int_equal(moving->moved_in_service, 0);
}

static void test_no_more_at_once_than_allowed(void **state)
{
    struct moving *moving = *state;
    moving->options.max_concurrency = 3;
    atomic_store(&moving->dst_service.delay_us, 1000);
    for (unsigned n = 0; n < 100; n++)
        moving_fill(moving, n, 10);
    assert_int_equal(moving_run(moving, moving->dst, 100, 10), MB_OK);
    assert_in_range(atomic_load(&moving->dst_service.running_peak), 1, 3);
}

static void test_nothing_to_move(void **state)
{
    struct moving *moving = *state;
    assert_int_equal(moving_run(moving, moving->dst, 0, 0), MB_OK);
    moving_open(moving, moving->dst);
    assert_int_equal(moving_finish(moving), MB_OK);
    assert_int_equal(moving_add(moving, 0, 10), MB_E_INVALID);
}

static mb_status note_unreadable(void *ctx, const char *key, const struct mb_error *why,
                                 struct mb_error *error)
{
    struct moving *moving = ctx;
    (void)error;
    assert_string_equal(key, "dst/7");
    assert_int_equal(why->status, MB_E_NOT_FOUND);
    moving->moved_in_service++;
    return MB_OK;
}

/* Without a destination every byte is read once, through the same memory, and one that is gone stops nothing.
 */
static void test_objects_that_are_only_read(void **state)
{
    struct moving *moving = *state;
    uint64_t large = 40 * MOVING_PART + 5;
    moving->options.unreadable = note_unreadable;
    for (unsigned n = 0; n < 50; n++)
        if (n != 7)
            moving_fill(moving, n, n);
    moving_fill(moving, 50, large);
    moving_open(moving, NULL);
    for (unsigned n = 0; n < 50; n++)
        assert_int_equal(moving_add(moving, n, n), MB_OK);
    assert_int_equal(
        mb_copy_add(moving->copy, "src/50", "large", large, NULL, (char[]){"src/50"}, &moving->error), MB_OK);
    assert_int_equal(moving_finish(moving), MB_OK);
    assert_true(mb_budget_peak(moving->copy->options.budget) <= moving->options.memory_bytes);
    assert_int_equal(moving->moved, 50);
    assert_int_equal(moving->moved_in_service, 1); /* none that could not be read but that one */
    assert_int_equal(moving->crc_wrong, 0);
    assert_int_equal(atomic_load(&moving->progress.objects_done), 51);
    assert_int_equal(atomic_load(&moving->progress.bytes_done), large + 49 * 50 / 2 - 7);
    assert_int_equal(atomic_load(&moving->src_service.gets), 48 + 41 + 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, moving_setup, moving_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_thousand_small_objects),
        TEST(test_a_large_object_goes_in_parts_with_its_checksum),
        TEST(test_parts_grow_to_the_limit_of_the_service),
        TEST(test_a_budget_below_the_wanted_part),
        TEST(test_a_source_without_ranges_is_read_once),
        TEST(test_without_multipart_a_large_object_is_one_put),
        TEST(test_empty_objects_are_copied_and_directory_markers_are_not),
        TEST(test_inside_one_service_nothing_is_read),
        TEST(test_large_copies_go_by_parts),
        TEST(test_copies_above_the_limit_go_by_parts_below_the_threshold),
        TEST(test_streaming_when_asked_also_inside_one_service),
        TEST(test_no_more_at_once_than_allowed),
        TEST(test_nothing_to_move),
        TEST(test_objects_that_are_only_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
