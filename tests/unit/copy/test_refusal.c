#include "moving.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void test_a_refused_copy_is_streamed_and_remembered(void **state)
{
    struct moving *moving = *state;
    static const mb_status refusals[] = {MB_E_FORBIDDEN, MB_E_NOT_FOUND, MB_E_UNSUPPORTED, MB_E_INVALID,
                                         MB_E_EXISTS,    MB_E_PROTOCOL,  MB_E_CONFIG};
    enum { KINDS = sizeof(refusals) / sizeof(refusals[0]) };
    moving->options.max_concurrency = 1;
    for (unsigned n = 0; n < 20; n++)
        moving_fill(moving, n, 1000);
    for (size_t i = 0; i < KINDS; i++) {
        unsigned copies = atomic_load(&moving->src_service.copies);
        atomic_store(&moving->src_service.refuse_copy, refusals[i]);
        assert_int_equal(moving_run(moving, moving->beside, 20, 1000), MB_OK);
        assert_int_equal(atomic_load(&moving->src_service.copies), copies + 1);
        assert_true(moving_arrived(&moving->src_service, 19, 1000));
    }
    assert_int_equal(moving->moved_in_service, 0);
    assert_int_equal(moving->moved, KINDS * 20);
}

static unsigned count_lines(const char *path, const char *text)
{
    char line[2048];
    unsigned count = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL)
        count += strstr(line, text) != NULL;
    fclose(file);
    return count;
}

static void open_log(struct moving *moving, char *path)
{
    close(mkstemp(path));
    struct mb_log_options log_options = {.level = MB_LOG_INFO, .path = path};
    assert_int_equal(mb_log_open(&moving->options.log, &log_options, &moving->error), MB_OK);
}

static unsigned close_log(struct moving *moving, const char *path, const char *text)
{
    mb_log_close(moving->options.log);
    moving->options.log = NULL;
    unsigned count = count_lines(path, text);
    unlink(path);
    return count;
}

static void test_the_log_is_told_of_a_refusal_once(void **state)
{
    struct moving *moving = *state;
    char path[] = "/tmp/mb-test-copy-XXXXXX";
    open_log(moving, path);
    for (unsigned n = 0; n < 200; n++)
        moving_fill(moving, n, 10);
    atomic_store(&moving->src_service.refuse_copy, MB_E_FORBIDDEN);
    atomic_store(&moving->src_service.gather_copies, 2);
    assert_int_equal(moving_run(moving, moving->beside, 200, 10), MB_OK);
    assert_int_equal(close_log(moving, path, "streamed from now on"), 1);
}

/* An outage is none of the ways to say no: the same request may succeed later, and streaming would meet it
 * too. */
static void test_what_is_no_refusal_ends_the_transfer(void **state)
{
    struct moving *moving = *state;
    static const mb_status others[] = {MB_E_UNAVAILABLE, MB_E_TIMEOUT,   MB_E_THROTTLED,
                                       MB_E_NO_SPACE,    MB_E_NO_MEMORY, MB_E_INTERNAL};
    moving_fill(moving, 0, 1000);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        atomic_store(&moving->src_service.refuse_copy, others[i]);
        assert_int_equal(moving_run(moving, moving->beside, 1, 1000), others[i]);
        bool later = others[i] == MB_E_UNAVAILABLE || others[i] == MB_E_TIMEOUT;
        assert_int_equal(strstr(moving->error.message, "set transfer.mode to streaming") != NULL, later);
    }
    assert_int_equal(atomic_load(&moving->src_service.gets), 0);
}

static void test_a_direct_transfer_does_not_stream(void **state)
{
    struct moving *moving = *state;
    moving->options.mode = MB_COPY_DIRECT;
    moving_fill(moving, 0, 10);
    assert_int_equal(
        mb_copy_open(&moving->copy, moving->src, moving->dst, &moving->options, NULL, &moving->error),
        MB_E_CONFIG);
    assert_non_null(strstr(moving->error.message, "transfer.mode"));

    atomic_store(&moving->src_service.refuse_copy, MB_E_FORBIDDEN);
    assert_int_equal(moving_run(moving, moving->beside, 1, 10), MB_E_FORBIDDEN);
    assert_non_null(strstr(moving->error.message, "transfer.mode is direct"));
    assert_int_equal(atomic_load(&moving->src_service.gets), 0);
}

static void test_refused_part_copies_start_over_without_counting_twice(void **state)
{
    struct moving *moving = *state;
    moving->options.multipart_copy_threshold = 1000;
    moving->src_service.max_copy_size = 2000;
    mb_storage_close(moving->beside);
    moving->beside = fake_service_store(&moving->src_service);
    atomic_store(&moving->src_service.refuse_part_copy_after, 5);
    for (unsigned n = 0; n < 4; n++)
        moving_fill(moving, n, 20000);
    assert_int_equal(moving_run(moving, moving->beside, 4, 20000), MB_OK);
    for (unsigned n = 0; n < 4; n++)
        assert_true(moving_arrived(&moving->src_service, n, 20000));
    assert_int_equal(fake_service_open_uploads(&moving->src_service), 0);
    assert_int_equal(moving->moved_in_service, 0);
    assert_int_equal(atomic_load(&moving->progress.bytes_done), 80000);
}

static void test_refused_part_copies_below_the_limit_are_copied_whole(void **state)
{
    struct moving *moving = *state;
    moving->options.multipart_copy_threshold = 1000;
    atomic_store(&moving->src_service.refuse_part_copy_after, 0);
    moving_fill(moving, 0, 5000);
    assert_int_equal(moving_run(moving, moving->beside, 1, 5000), MB_OK);
    assert_int_equal(atomic_load(&moving->src_service.copies), 1);
    assert_int_equal(atomic_load(&moving->src_service.gets), 0);
    assert_true(moving_arrived(&moving->src_service, 0, 5000));
}

static void parts_of_large_copies(struct moving *moving)
{
    moving->options.multipart_copy_threshold = 1000;
    moving->src_service.max_copy_size = 2000;
    mb_storage_close(moving->beside);
    moving->beside = fake_service_store(&moving->src_service);
}

static void test_any_final_answer_to_a_copied_part_is_a_refusal(void **state)
{
    struct moving *moving = *state;
    static const mb_status refusals[] = {MB_E_INVALID, MB_E_FORBIDDEN, MB_E_EXISTS, MB_E_PROTOCOL,
                                         MB_E_CORRUPT};
    parts_of_large_copies(moving);
    moving_fill(moving, 0, 20000);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        fake_service_remove(&moving->src_service, "dst/0");
        atomic_store(&moving->src_service.refuse_part_copy, refusals[i]);
        atomic_store(&moving->src_service.refuse_part_copy_after, 3);
        assert_int_equal(moving_run(moving, moving->beside, 1, 20000), MB_OK);
        assert_true(moving_arrived(&moving->src_service, 0, 20000));
        assert_int_equal(fake_service_open_uploads(&moving->src_service), 0);
    }
    assert_int_equal(moving->moved_in_service, 0);
}

static void test_a_refused_complete_of_copied_parts_is_streamed(void **state)
{
    struct moving *moving = *state;
    static const mb_status refusals[] = {MB_E_INVALID, MB_E_FORBIDDEN, MB_E_NOT_FOUND, MB_E_CORRUPT};
    enum { KINDS = sizeof(refusals) / sizeof(refusals[0]) };
    char path[] = "/tmp/mb-test-copy-XXXXXX";
    parts_of_large_copies(moving);
    open_log(moving, path);
    for (unsigned n = 0; n < 5; n++)
        moving_fill(moving, n, 20000);
    for (size_t i = 0; i < KINDS; i++) {
        for (unsigned n = 0; n < 5; n++)
            fake_service_remove(&moving->src_service,
                                (char[][8]){"dst/0", "dst/1", "dst/2", "dst/3", "dst/4"}[n]);
        atomic_store(&moving->progress.bytes_done, 0);
        atomic_store(&moving->src_service.refuse_complete_of_copies, refusals[i]);
        assert_int_equal(moving_run(moving, moving->beside, 5, 20000), MB_OK);
        for (unsigned n = 0; n < 5; n++)
            assert_true(moving_arrived(&moving->src_service, n, 20000));
        assert_int_equal(atomic_load(&moving->progress.bytes_done), 5 * 20000);
        assert_int_equal(fake_service_open_uploads(&moving->src_service), 0);
    }
    assert_int_equal(moving->moved_in_service, 0);
    assert_int_equal(moving->moved, KINDS * 5);
    assert_int_equal(close_log(moving, path, "streamed from now on"), KINDS);
}

static void test_a_direct_transfer_says_why_its_parts_do_not_arrive(void **state)
{
    struct moving *moving = *state;
    parts_of_large_copies(moving);
    moving->options.mode = MB_COPY_DIRECT;
    moving_fill(moving, 0, 20000);
    atomic_store(&moving->src_service.refuse_complete_of_copies, MB_E_INVALID);
    assert_int_equal(moving_run(moving, moving->beside, 1, 20000), MB_E_INVALID);
    assert_non_null(strstr(moving->error.message, "transfer.mode is direct"));
    assert_int_equal(fake_service_open_uploads(&moving->src_service), 0);
    assert_int_equal(atomic_load(&moving->src_service.gets), 0);
}

static void test_a_refused_complete_of_carried_parts_is_a_failure(void **state)
{
    struct moving *moving = *state;
    moving_fill(moving, 0, 10 * MOVING_PART);
    atomic_store(&moving->dst_service.refuse_complete, MB_E_INVALID);
    assert_int_equal(moving_run(moving, moving->dst, 1, 10 * MOVING_PART), MB_E_INVALID);
    assert_int_equal(atomic_load(&moving->dst_service.begins), 1);
    assert_int_equal(fake_service_open_uploads(&moving->dst_service), 0);
}

static void test_a_service_without_uploads_gets_large_objects_whole(void **state)
{
    struct moving *moving = *state;
    char path[] = "/tmp/mb-test-copy-XXXXXX";
    uint64_t size = 40 * MOVING_PART;
    for (unsigned n = 0; n < 4; n++)
        moving_fill(moving, n, size);
    open_log(moving, path);
    atomic_store(&moving->dst_service.refuse_begin, MB_E_UNSUPPORTED);
    assert_int_equal(moving_run(moving, moving->dst, 4, size), MB_OK);
    for (unsigned n = 0; n < 4; n++)
        assert_true(moving_arrived(&moving->dst_service, n, size));
    assert_int_equal(close_log(moving, path, "takes no uploads in parts"), 1);

    atomic_store(&moving->dst_service.refuse_begin, MB_E_FORBIDDEN);
    assert_int_equal(moving_run(moving, moving->dst, 1, size), MB_E_FORBIDDEN);
    assert_int_equal(atomic_load(&moving->dst_service.puts), 4);
}

static void test_what_is_too_large_for_one_put_needs_an_upload(void **state)
{
    struct moving *moving = *state;
    moving->dst_service.max_put_size = 20 * MOVING_PART;
    mb_storage_close(moving->dst);
    moving->dst = fake_service_store(&moving->dst_service);
    moving_fill(moving, 0, 20 * MOVING_PART + 1);
    atomic_store(&moving->dst_service.refuse_begin, MB_E_UNSUPPORTED);
    assert_int_equal(moving_run(moving, moving->dst, 1, 20 * MOVING_PART + 1), MB_E_UNSUPPORTED);
    assert_non_null(strstr(moving->error.message, "no uploads here"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, moving_setup, moving_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_refused_copy_is_streamed_and_remembered),
        TEST(test_the_log_is_told_of_a_refusal_once),
        TEST(test_what_is_no_refusal_ends_the_transfer),
        TEST(test_a_direct_transfer_does_not_stream),
        TEST(test_refused_part_copies_start_over_without_counting_twice),
        TEST(test_refused_part_copies_below_the_limit_are_copied_whole),
        TEST(test_any_final_answer_to_a_copied_part_is_a_refusal),
        TEST(test_a_refused_complete_of_copied_parts_is_streamed),
        TEST(test_a_direct_transfer_says_why_its_parts_do_not_arrive),
        TEST(test_a_refused_complete_of_carried_parts_is_a_failure),
        TEST(test_a_service_without_uploads_gets_large_objects_whole),
        TEST(test_what_is_too_large_for_one_put_needs_an_upload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
