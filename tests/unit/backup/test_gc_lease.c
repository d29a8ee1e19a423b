/* The pause of garbage collection: begun, renewed, broken off, ended, and what is told of it. */
#include "backup/gc_lease.h"
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum outcome { PAUSES, FAILS, FAILS_UNCLEAR, HANGS, LACKS };

/* Answers as its script says, by the last word from its end on. */
struct server {
    const enum outcome *script;
    size_t count;
    bool has_tickets;
    atomic_size_t pauses;
    size_t resumes;
    bool resume_fails;
    char resumed[64]; /* the tickets, with blanks between */
    struct mb_cancel *cancel;
    struct mb_arena *arena;
    struct mb_gc_report report;
};

static const char *const tickets[] = {"t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"};

static mb_status pause_server(void *ctx, unsigned seconds, struct mb_arena *arena, enum mb_gc_result *result,
                              const char **ticket, struct mb_cancel *cancel, struct mb_error *error)
{
    struct server *server = ctx;
    size_t i = atomic_fetch_add(&server->pauses, 1);
    (void)seconds, (void)arena;
    switch (server->script[i < server->count ? i : server->count - 1]) {
    case PAUSES:
        break;
    case LACKS:
        *result = MB_GC_UNSUPPORTED;
        return MB_OK;
    case FAILS:
        return mb_fail(error, MB_E_UNAVAILABLE, "refused");
    case HANGS:
        if (server->cancel != NULL)
            mb_cancel_request(server->cancel);
        mb_cancel_sleep(cancel, 60 * MB_NS_PER_S, error);
        error->flags |= MB_ERR_AMBIGUOUS;
        return error->status;
    case FAILS_UNCLEAR:
        mb_fail(error, MB_E_TIMEOUT, "no answer");
        error->flags |= MB_ERR_AMBIGUOUS;
        return error->status;
    }
    *result = MB_GC_DONE;
    *ticket = server->has_tickets ? tickets[i % 8] : "";
    return MB_OK;
}

static mb_status resume_server(void *ctx, const char *ticket, struct mb_error *error)
{
    struct server *server = ctx;
    server->resumes++;
    strcat(strcat(server->resumed, server->resumed[0] ? " " : ""), *ticket ? ticket : "-");
    return server->resume_fails ? mb_fail(error, MB_E_UNAVAILABLE, "gone") : MB_OK;
}

static int set_up(void **state)
{
    static struct server server;
    server = (struct server){.cancel = mb_cancel_new(NULL), .arena = mb_arena_new()};
    *state = &server;
    return 0;
}

static int tear_down(void **state)
{
    struct server *server = *state;
    mb_cancel_free(server->cancel);
    mb_arena_free(server->arena);
    return 0;
}

#define SCRIPT(server, ...)                                 \
    do {                                                    \
        static const enum outcome script[] = {__VA_ARGS__}; \
        (server)->script = script;                          \
        (server)->count = sizeof script / sizeof *script;   \
    } while (0)

static mb_status begin(struct server *server, struct mb_gc_lease **lease, unsigned pause_seconds)
{
    const struct mb_gc_calls calls = {.pause = pause_server, .resume = resume_server, .ctx = server};
    const struct mb_gc_times times = {
        .pause_seconds = pause_seconds, .renew_ns = MB_NS_PER_MS, .retry_ns = MB_NS_PER_MS};
    struct mb_error error = MB_ERROR_INIT;
    return mb_gc_lease_begin(lease, &calls, &times, NULL, server->cancel, &error);
}

/* Over so many attempts. */
static void run(struct server *server, size_t pauses, unsigned pause_seconds)
{
    struct mb_gc_lease *lease = NULL;
    assert_int_equal(begin(server, &lease, pause_seconds), MB_OK);
    while (atomic_load(&server->pauses) < pauses)
        mb_cancel_sleep(NULL, MB_NS_PER_MS, NULL);
    mb_gc_lease_end(lease, server->arena, &server->report);
}

static void test_a_failed_renewal_is_tried_again_before_the_pause_ends(void **state)
{
    (void)state;
    const struct mb_gc_times *times = &mb_gc_times_default;
    int64_t left = times->pause_seconds * MB_NS_PER_S - times->renew_ns;
    assert_true(left >= times->pause_seconds * MB_NS_PER_S / 4);
    assert_in_range(left / times->retry_ns, 10, 100);
}

static void test_a_first_attempt_that_fails_is_forgotten_when_the_next_works(void **state)
{
    struct server *server = *state;
    SCRIPT(server, FAILS, FAILS, PAUSES);
    run(server, 3, 3600);
    assert_string_equal(server->report.unpaused, "");
    assert_string_equal(server->report.unresumed, "");
    assert_string_equal(server->resumed, "-");
}

static void test_renewals_that_fail_for_a_while_are_no_gap(void **state)
{
    struct server *server = *state;
    SCRIPT(server, PAUSES, FAILS, FAILS_UNCLEAR, FAILS, PAUSES);
    run(server, 6, 3600);
    assert_string_equal(server->report.unpaused, "");
    assert_string_equal(server->resumed, "-");
}

static void test_a_pause_that_ran_out_is_told(void **state)
{
    struct server *server = *state;
    SCRIPT(server, PAUSES, FAILS, FAILS, PAUSES);
    run(server, 5, 0);
    assert_string_equal(server->report.unpaused, "refused");
}

static void test_a_pause_that_came_late_is_told(void **state)
{
    struct server *server = *state;
    SCRIPT(server, FAILS, FAILS, FAILS, FAILS, PAUSES);
    run(server, 6, 3600);
    assert_string_equal(server->report.unpaused, "refused");
    assert_string_equal(server->resumed, "-");
}

static void test_nothing_is_resumed_that_was_never_paused(void **state)
{
    struct server *server = *state;
    SCRIPT(server, FAILS);
    run(server, 5, 3600);
    assert_string_equal(server->report.unpaused, "refused");
    assert_int_equal(server->resumes, 0);
}

static void test_a_pause_without_an_answer_is_resumed(void **state)
{
    struct server *server = *state;
    SCRIPT(server, FAILS_UNCLEAR);
    run(server, 3, 3600);
    assert_string_equal(server->report.unpaused, "no answer");
    assert_string_equal(server->resumed, "-");
}

static void test_a_server_without_the_call(void **state)
{
    struct server *server = *state;
    SCRIPT(server, LACKS);
    run(server, 1, 3600);
    assert_int_equal(server->resumes, 0);
    assert_string_equal(server->report.unpaused, "");
}

static void test_a_pause_that_is_cancelled_under_way_is_resumed(void **state)
{
    struct server *server = *state;
    struct mb_gc_lease *lease = NULL;
    SCRIPT(server, FAILS, HANGS);
    assert_int_equal(begin(server, &lease, 3600), MB_E_CANCELLED);
    assert_null(lease);
    assert_string_equal(server->resumed, "-");
}

static void test_cancelled_before_anything_was_asked(void **state)
{
    struct server *server = *state;
    struct mb_gc_lease *lease = NULL;
    SCRIPT(server, FAILS);
    mb_cancel_request(server->cancel);
    assert_int_equal(begin(server, &lease, 3600), MB_E_CANCELLED);
    assert_int_equal(server->resumes, 0);
}

static void test_tickets_of_pauses_that_may_last_are_given_back(void **state)
{
    struct server *server = *state;
    struct mb_gc_lease *lease = NULL;
    server->has_tickets = true;
    mb_cancel_free(server->cancel);
    server->cancel = NULL;
    SCRIPT(server, PAUSES, PAUSES, PAUSES, HANGS);
    assert_int_equal(begin(server, &lease, 3600), MB_OK);
    while (atomic_load(&server->pauses) < 4)
        mb_cancel_sleep(NULL, MB_NS_PER_MS, NULL);
    mb_gc_lease_end(lease, server->arena, &server->report);
    assert_string_equal(server->resumed, "t2 t1 -");
    assert_string_equal(server->report.unpaused, "");
}

static void test_a_pause_that_cannot_be_resumed_is_told(void **state)
{
    struct server *server = *state;
    SCRIPT(server, PAUSES);
    server->resume_fails = true;
    run(server, 1, 3600);
    assert_string_equal(server->report.unresumed, "gone");
}

static void test_no_lease_has_nothing_to_tell(void **state)
{
    struct server *server = *state;
    mb_gc_lease_end(NULL, server->arena, &server->report);
    assert_string_equal(server->report.unpaused, "");
    assert_string_equal(server->report.unresumed, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_failed_renewal_is_tried_again_before_the_pause_ends),
        TEST(test_a_first_attempt_that_fails_is_forgotten_when_the_next_works),
        TEST(test_renewals_that_fail_for_a_while_are_no_gap),
        TEST(test_a_pause_that_ran_out_is_told),
        TEST(test_a_pause_that_came_late_is_told),
        TEST(test_nothing_is_resumed_that_was_never_paused),
        TEST(test_a_pause_without_an_answer_is_resumed),
        TEST(test_a_server_without_the_call),
        TEST(test_a_pause_that_is_cancelled_under_way_is_resumed),
        TEST(test_cancelled_before_anything_was_asked),
        TEST(test_tickets_of_pauses_that_may_last_are_given_back),
        TEST(test_a_pause_that_cannot_be_resumed_is_told),
        TEST(test_no_lease_has_nothing_to_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
