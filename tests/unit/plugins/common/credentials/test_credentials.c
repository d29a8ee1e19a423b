#include "test.h"

#include "base/call.h"
#include "base/clock.h"
#include "base/error.h"
#include "common/credentials/credentials.h"
#include "http/http.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static const int64_t second_ns = 1000000000;

struct mint {
    atomic_int fetches;
    atomic_int at_once;
    atomic_int most_at_once;
    int64_t lifetime_ns;
    int64_t work_ns;
    bool broken;
    bool freed;
};

static mb_status fetch(void *ctx, const struct mb_credential **out, const struct mb_call *call)
{
    struct mint *mint = ctx;
    char id[16];
    int now = atomic_fetch_add(&mint->at_once, 1) + 1;
    if (now > atomic_load(&mint->most_at_once))
        atomic_store(&mint->most_at_once, now);
    struct timespec nap = {.tv_nsec = (long)mint->work_ns};
    nanosleep(&nap, NULL);
    int n = atomic_fetch_add(&mint->fetches, 1) + 1;
    atomic_fetch_sub(&mint->at_once, 1);
    if (mb_call_wanted(call) != MB_OK)
        return call->error->status;
    if (mint->broken)
        return mb_fail(call->error, MB_E_UNAVAILABLE, "closed");
    snprintf(id, sizeof(id), "id%d", n);
    *out = mb_credential_new(id, "secret", NULL, mb_clock_wall() + mint->lifetime_ns);
    return MB_OK;
}

static void free_mint(void *ctx)
{
    struct mint *mint = ctx;
    mint->freed = true;
}

static const struct mb_credentials_provider provider = {
    .name = "the mint", .fetch = fetch, .free = free_mint};

static struct mb_credentials *open_mint(struct mint *mint, struct mb_error *error)
{
    struct mb_credentials *credentials;
    assert_int_equal(mb_credentials_new(&credentials, &provider, mint, error), MB_OK);
    return credentials;
}

static void fixed(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    struct mb_call call = {.struct_size = sizeof(call), .error = &error};
    struct mb_credentials *credentials;
    const struct mb_credential *got;
    assert_int_equal(mb_credentials_new_static(&credentials, "id", "key", NULL, &error), MB_OK);
    assert_true(mb_credentials_fixed(credentials));
    assert_int_equal(mb_credentials_get(credentials, &got, &call), MB_OK);
    assert_string_equal(got->id, "id");
    assert_string_equal(got->secret, "key");
    assert_string_equal(got->token, "");
    assert_false(mb_credentials_refused(credentials, got));
    mb_credentials_free(credentials);
    assert_string_equal(got->id, "id"); /* it outlives the cache */
    mb_credential_drop(got);
    mb_credentials_free(NULL);
    mb_credential_drop(NULL);
}

static void kept_until_shortly_before_expiry(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    struct mb_call call = {.struct_size = sizeof(call), .error = &error};
    struct mint mint = {.lifetime_ns = second_ns};
    struct mb_credentials *credentials = open_mint(&mint, &error);
    const struct mb_credential *first, *again, *later;
    assert_int_equal(mb_credentials_get(credentials, &first, &call), MB_OK);
    assert_int_equal(mb_credentials_get(credentials, &again, &call), MB_OK);
    assert_ptr_equal(first, again);
    /* The last fifth of what was left when it was kept: less where that took its time. */
    while (mb_clock_wall() < first->expires_ns - second_ns / 20)
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
    assert_int_equal(mb_credentials_get(credentials, &later, &call), MB_OK);
    assert_string_equal(later->id, "id2");
    mb_credential_drop(first);
    mb_credential_drop(again);
    mb_credential_drop(later);
    mb_credentials_free(credentials);
    assert_true(mint.freed);
}

static void refused_ones_are_renewed_once(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    struct mb_call call = {.struct_size = sizeof(call), .error = &error};
    struct mint mint = {.lifetime_ns = 3600 * second_ns};
    struct mb_credentials *credentials = open_mint(&mint, &error);
    const struct mb_credential *old, *fresh, *same;
    assert_int_equal(mb_credentials_get(credentials, &old, &call), MB_OK);
    assert_true(mb_credentials_refused(credentials, old));
    assert_int_equal(mb_credentials_get(credentials, &fresh, &call), MB_OK);
    assert_string_equal(fresh->id, "id2");
    assert_true(mb_credentials_refused(credentials, old)); /* another thread that still had the old one */
    assert_int_equal(mb_credentials_get(credentials, &same, &call), MB_OK);
    assert_ptr_equal(fresh, same);
    mb_credential_drop(old);
    mb_credential_drop(fresh);
    mb_credential_drop(same);
    mb_credentials_free(credentials);
}

static void a_failure_counts_only_without_a_valid_one(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    struct mb_call call = {.struct_size = sizeof(call), .error = &error};
    struct mint mint = {.lifetime_ns = second_ns / 2, .broken = true};
    struct mb_credentials *credentials = open_mint(&mint, &error);
    const struct mb_credential *got = NULL, *same = NULL;
    assert_int_equal(mb_credentials_get(credentials, &got, &call), MB_E_UNAVAILABLE);
    assert_null(got);
    assert_string_equal(error.message, "get a credential from the mint: closed");
    mint.broken = false;
    assert_int_equal(mb_credentials_get(credentials, &got, &call), MB_OK);
    mint.broken = true;
    while (mb_clock_wall() < got->expires_ns - second_ns / 11)
        nanosleep(&(struct timespec){.tv_nsec = 1000 * 1000}, NULL);
    int before = atomic_load(&mint.fetches);
    mb_status status = mb_credentials_get(credentials, &same, &call);
    if (mb_clock_wall() < got->expires_ns) {
        assert_int_equal(status, MB_OK);
        assert_ptr_equal(got, same);
        assert_int_equal(atomic_load(&mint.fetches), before + 1);
    }
    mb_credential_drop(status == MB_OK ? same : NULL);
    while (mb_clock_wall() < got->expires_ns)
        nanosleep(&(struct timespec){.tv_nsec = 1000 * 1000}, NULL);
    assert_int_equal(mb_credentials_get(credentials, &same, &call), MB_E_UNAVAILABLE);
    mb_credential_drop(got);
    mb_credentials_free(credentials);
}

struct crowd {
    struct mb_credentials *credentials;
    int64_t deadline_ns;
    int (*cancelled)(const struct mb_call *call);
    mb_status status;
};

static void *take(void *ctx)
{
    struct crowd *crowd = ctx;
    struct mb_error error = MB_TEST_ERROR;
    struct mb_call call = {.struct_size = sizeof(call),
                           .error = &error,
                           .deadline_ns = crowd->deadline_ns,
                           .cancelled = crowd->cancelled};
    const struct mb_credential *got;
    crowd->status = mb_credentials_get(crowd->credentials, &got, &call);
    if (crowd->status == MB_OK)
        mb_credential_drop(got);
    return NULL;
}

static void run_crowd(struct mint *mint, mb_status wanted)
{
    enum { CROWD = 16 };
    struct mb_error error = MB_TEST_ERROR;
    struct mb_credentials *credentials = open_mint(mint, &error);
    struct crowd crowd[CROWD];
    pthread_t threads[CROWD];
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = (struct crowd){.credentials = credentials};
        assert_int_equal(pthread_create(&threads[i], NULL, take, &crowd[i]), 0);
    }
    for (int i = 0; i < CROWD; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(crowd[i].status, wanted);
    }
    assert_int_equal(atomic_load(&mint->most_at_once), 1);
    mb_credentials_free(credentials);
}

static void one_at_a_time_renews(void **state)
{
    (void)state;
    struct mint mint = {.lifetime_ns = 3600 * second_ns, .work_ns = 50 * 1000 * 1000};
    run_crowd(&mint, MB_OK);
    assert_int_equal(atomic_load(&mint.fetches), 1);
}

static void a_failure_is_shared_by_all_who_wait(void **state)
{
    (void)state;
    struct mint mint = {.broken = true, .work_ns = 300 * 1000 * 1000};
    run_crowd(&mint, MB_E_UNAVAILABLE);
    assert_in_range(atomic_load(&mint.fetches), 1, 8);
}

static int always(const struct mb_call *call)
{
    (void)call;
    return 1;
}

static void waiting_can_be_cancelled(void **state)
{
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    struct mb_call call = {.struct_size = sizeof(call), .error = &error, .cancelled = always};
    struct mint mint = {.lifetime_ns = 3600 * second_ns, .work_ns = 900 * 1000 * 1000};
    struct mb_credentials *credentials = open_mint(&mint, &error);
    struct crowd slow = {.credentials = credentials};
    pthread_t thread;
    const struct mb_credential *got;
    assert_int_equal(pthread_create(&thread, NULL, take, &slow), 0);
    while (atomic_load(&mint.at_once) == 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000 * 1000}, NULL);
    assert_int_equal(mb_credentials_get(credentials, &got, &call), MB_E_CANCELLED);
    pthread_join(thread, NULL);
    mb_credentials_free(credentials);
}

/* Two wait while the first, who has had enough, renews. */
static void wait_for_one_who_gives_up(struct crowd *first, mb_status wanted)
{
    enum { WAITING = 2 };
    struct mb_error error = MB_TEST_ERROR;
    struct mint mint = {.lifetime_ns = 3600 * second_ns, .work_ns = 300 * 1000 * 1000};
    struct crowd waiting[WAITING];
    pthread_t first_thread, threads[WAITING];

    first->credentials = open_mint(&mint, &error);
    assert_int_equal(pthread_create(&first_thread, NULL, take, first), 0);
    while (atomic_load(&mint.at_once) == 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000 * 1000}, NULL);
    for (int i = 0; i < WAITING; i++) {
        waiting[i] = (struct crowd){.credentials = first->credentials};
        assert_int_equal(pthread_create(&threads[i], NULL, take, &waiting[i]), 0);
    }
    for (int i = 0; i < WAITING; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(waiting[i].status, MB_OK);
    }
    pthread_join(first_thread, NULL);
    assert_int_equal(first->status, wanted);
    assert_int_equal(atomic_load(&mint.fetches), 2);
    assert_int_equal(atomic_load(&mint.most_at_once), 1);
    mb_credentials_free(first->credentials);
}

static void who_is_cancelled_or_late_fails_alone(void **state)
{
    (void)state;
    wait_for_one_who_gives_up(&(struct crowd){.cancelled = always}, MB_E_CANCELLED);
    int64_t soon_ns = mb_clock_monotonic() + second_ns / 10;
    wait_for_one_who_gives_up(&(struct crowd){.deadline_ns = soon_ns}, MB_E_TIMEOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed),
        cmocka_unit_test(kept_until_shortly_before_expiry),
        cmocka_unit_test(refused_ones_are_renewed_once),
        cmocka_unit_test(a_failure_counts_only_without_a_valid_one),
        cmocka_unit_test(one_at_a_time_renews),
        cmocka_unit_test(a_failure_is_shared_by_all_who_wait),
        cmocka_unit_test(waiting_can_be_cancelled),
        cmocka_unit_test(who_is_cancelled_or_late_fails_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
