/* Looking again for what a store shows late. */
#include "storage/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bed.h"

static int64_t in_ms(int64_t ms)
{
    return mb_clock_monotonic() + ms * MB_NS_PER_MS;
}

static void test_what_shows_late_is_found(void **state)
{
    struct bed *bed = *state;
    struct mb_stat stat = {0};
    write_text(bed, "k", "value");
    scripted_fail(&bed->scripted, MB_OP_STAT, MB_E_NOT_FOUND, "404 NoSuchKey");
    scripted_fail(&bed->scripted, MB_OP_STAT, MB_E_NOT_FOUND, "404 NoSuchKey");
    assert_int_equal(mb_storage_await(bed->storage, "k", 5, 0, &stat, NULL, &bed->error), MB_OK);
    assert_int_equal(stat.size, 5);
    assert_int_equal(bed->scripted.calls[MB_OP_STAT], 3);
    assert_string_equal(bed->error.message, "");
}

static void test_an_older_size_is_waited_out(void **state)
{
    struct bed *bed = *state;
    write_text(bed, "k", "value");
    scripted_next(&bed->scripted, MB_OP_STAT, (struct scripted_step){.kind = SCRIPTED_LIE});
    assert_int_equal(mb_storage_await(bed->storage, "k", 5, 0, NULL, NULL, &bed->error), MB_OK);
    assert_int_equal(bed->scripted.calls[MB_OP_STAT], 2);
    scripted_next(&bed->scripted, MB_OP_STAT, (struct scripted_step){.kind = SCRIPTED_LIE});
    assert_int_equal(mb_storage_await(bed->storage, "k", MB_ANY_SIZE, 0, NULL, NULL, &bed->error), MB_OK);
    assert_int_equal(bed->scripted.calls[MB_OP_STAT], 3);
}

static void test_the_time_is_bounded(void **state)
{
    struct bed *bed = *state;
    struct mb_stat stat = {.size = 77};
    int64_t deadline = in_ms(120);
    assert_int_equal(mb_storage_await(bed->storage, "no", 5, deadline, &stat, NULL, &bed->error),
                     MB_E_NOT_FOUND);
    assert_true(mb_clock_monotonic() >= deadline);
    unsigned looks = bed->scripted.calls[MB_OP_STAT];
    assert_in_range(looks, 2, 3);
    assert_int_equal(stat.size, 77);

    /* Behind the deadline there is one look. */
    assert_int_equal(mb_storage_await(bed->storage, "no", 5, deadline, &stat, NULL, &bed->error),
                     MB_E_NOT_FOUND);
    assert_int_equal(bed->scripted.calls[MB_OP_STAT], looks + 1);
    write_text(bed, "no", "longer");
    assert_int_equal(mb_storage_await(bed->storage, "no", 5, deadline, &stat, NULL, &bed->error),
                     MB_E_CORRUPT);
    assert_string_equal(bed->error.message, "memory://m/no has 6 bytes, not 5 bytes");
    assert_int_equal(mb_storage_await(bed->storage, "no", 6, deadline, &stat, NULL, &bed->error), MB_OK);
}

static void test_what_is_no_absence_is_told_at_once(void **state)
{
    struct bed *bed = *state;
    scripted_fail(&bed->scripted, MB_OP_STAT, MB_E_FORBIDDEN, "403 AccessDenied");
    assert_int_equal(mb_storage_await(bed->storage, "k", 5, 0, NULL, NULL, &bed->error), MB_E_FORBIDDEN);
    assert_int_equal(bed->scripted.calls[MB_OP_STAT], 1);
}

static void test_a_cancellation_ends_it(void **state)
{
    struct bed *bed = *state;
    struct mb_cancel *cancel = mb_cancel_new(NULL);
    int64_t begun = mb_clock_monotonic();
    bed->scripted.cancel_at_call = cancel;
    assert_int_equal(mb_storage_await(bed->storage, "k", 5, 0, NULL, cancel, &bed->error), MB_E_CANCELLED);
    assert_true(mb_clock_monotonic() < begun + 5 * MB_NS_PER_S);
    bed->scripted.cancel_at_call = NULL;
    mb_cancel_free(cancel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BED(test_what_shows_late_is_found), WITH_BED(test_an_older_size_is_waited_out),
        WITH_BED(test_the_time_is_bounded),      WITH_BED(test_what_is_no_absence_is_told_at_once),
        WITH_BED(test_a_cancellation_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
