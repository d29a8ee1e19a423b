/* Several copies at once out of one budget. */
#include "moving.h"

#include "base/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { COPIES = 4, EACH = 40 };

struct task {
    struct moving *moving;
    struct mb_budget *budget;
    unsigned first; /* object; the kinds of sizes differ from task to task */
    uint64_t size;
    struct mb_progress progress;
    mb_status status;
    struct mb_error error;
};

static mb_status add_all(struct task *task, struct mb_copy *copy)
{
    for (unsigned n = task->first; n < task->first + EACH; n++) {
        char src_key[32], dst_key[32];
        snprintf(src_key, sizeof(src_key), "src/%u", n);
        snprintf(dst_key, sizeof(dst_key), "dst/%u", n);
        MB_TRY(mb_copy_add(copy, src_key, dst_key, task->size, NULL, NULL, &task->error));
    }
    return mb_copy_finish(copy, &task->error);
}

static void *run_task(void *ctx)
{
    struct task *task = ctx;
    struct moving *moving = task->moving;
    struct mb_copy_options options = moving->options;
    struct mb_copy *copy = NULL;
    options.budget = task->budget;
    options.moved = NULL;
    options.progress = &task->progress;
    task->status = mb_copy_open(&copy, moving->src, moving->dst, &options, moving->cancel, &task->error);
    if (task->status == MB_OK)
        task->status = add_all(task, copy);
    mb_copy_close(copy);
    return NULL;
}

static void test_copies_stay_within_one_budget_together(void **state)
{
    struct moving *moving = *state;
    struct task tasks[COPIES];
    pthread_t threads[COPIES];
    struct mb_budget *budget = mb_copy_budget_new(8 * MOVING_PART);
    for (unsigned i = 0; i < COPIES; i++) {
        uint64_t size = i % 2 == 0 ? 3000 + i : (i + 2) * MOVING_PART + 7; /* whole ones, and parts */
        tasks[i] = (struct task){.moving = moving,
                                 .budget = budget,
                                 .first = i * EACH,
                                 .size = size,
                                 .progress = MB_PROGRESS_INIT,
                                 .error = MB_ERROR_INIT};
        for (unsigned n = 0; n < EACH; n++)
            moving_fill(moving, i * EACH + n, size);
    }
    for (unsigned i = 0; i < COPIES; i++)
        assert_int_equal(mb_thread_start(&threads[i], run_task, &tasks[i]), 0);
    for (unsigned i = 0; i < COPIES; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < COPIES; i++) {
        assert_int_equal(tasks[i].status, MB_OK);
        assert_int_equal(tasks[i].progress.objects_done, EACH);
        assert_int_equal(tasks[i].progress.bytes_done, EACH * tasks[i].size);
        for (unsigned n = i * EACH; n < (i + 1) * EACH; n += 13)
            assert_true(moving_arrived(&moving->dst_service, n, tasks[i].size));
    }
    /* how many are under way at once is the scheduler's affair */
    assert_in_range(mb_budget_peak(budget), MOVING_PART, 8 * MOVING_PART - 8 * MOVING_PART / 16);
    mb_budget_free(budget);
}

/* A part is never larger than what there can be at once, whatever the options of one copy say. */
static void test_a_small_budget_bounds_the_parts(void **state)
{
    struct moving *moving = *state;
    struct mb_budget *budget = mb_budget_new(MOVING_PART / 2);
    uint64_t size = 3 * MOVING_PART;
    moving->options.budget = budget;
    moving->options.memory_bytes = 1 << 30;
    moving_fill(moving, 0, size);
    assert_int_equal(moving_run(moving, moving->dst, 1, size), MB_OK);
    assert_true(moving_arrived(&moving->dst_service, 0, size));
    assert_in_range(mb_budget_peak(budget), 1, MOVING_PART / 2);
    assert_int_equal(atomic_load(&moving->dst_service.parts), 6);
    mb_budget_free(budget);
}

/* One that is closed leaves nothing mapped, nor takes what others hold. */
static void test_a_copy_that_ends_leaves_the_others_theirs(void **state)
{
    struct moving *moving = *state;
    struct mb_budget *budget = mb_copy_budget_new(8 * MOVING_PART);
    struct mb_buffer *held = NULL;
    struct mb_error error = MB_ERROR_INIT;
    assert_int_equal(mb_budget_take(budget, 2 * MOVING_PART, &held, NULL, NULL, &error), MB_OK);
    ((char *)held->data)[held->cap - 1] = 'x';
    moving->options.budget = budget;
    moving_fill(moving, 0, 9 * MOVING_PART);
    assert_int_equal(moving_run(moving, moving->dst, 1, 9 * MOVING_PART), MB_OK);
    assert_int_equal(((char *)held->data)[held->cap - 1], 'x');
    mb_budget_give(budget, held);
    assert_true(mb_budget_peak(budget) <= mb_budget_limit(budget));
    mb_budget_free(budget);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, moving_setup, moving_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_copies_stay_within_one_budget_together),
        TEST(test_a_small_budget_bounds_the_parts),
        TEST(test_a_copy_that_ends_leaves_the_others_theirs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
