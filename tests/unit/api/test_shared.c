#include "api/shared.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ASKERS = 8, ROUNDS = 400 };

/* A place whose state is a number, and who reads it. */
struct place {
    struct mb_shared *shared;
    atomic_int state;
    atomic_int readings, at_once, most_at_once;
    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t changed;
    bool closed; /* readings wait */
    bool fails;
};

struct asker {
    struct mb_shared_question question;
    struct place *place;
    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t changed;
    bool answered;
    int told; /* -1 for a failure */
};

static mb_status read_state(void *ctx, struct mb_buf *out, struct mb_error *error)
{
    struct asker *asker = ctx;
    struct place *place = asker->place;
    int state = atomic_load(&place->state);
    int now = atomic_fetch_add(&place->at_once, 1) + 1;
    if (now > atomic_load(&place->most_at_once))
        atomic_store(&place->most_at_once, now);
    atomic_fetch_add(&place->readings, 1);
    pthread_mutex_lock(&place->lock);
    pthread_cond_broadcast(&place->changed);
    while (place->closed)
        pthread_cond_wait(&place->changed, &place->lock);
    bool fails = place->fails;
    pthread_mutex_unlock(&place->lock);
    atomic_fetch_sub(&place->at_once, 1);
    if (fails)
        return mb_fail(error, MB_E_UNAVAILABLE, "the storage is away");
    return mb_buf_printf(out, "%d", state);
}

static void take_answer(void *ctx, const char *text, const struct mb_error *error)
{
    struct asker *asker = ctx;
    if (text == NULL)
        assert_int_equal(error->status, MB_E_UNAVAILABLE);
    pthread_mutex_lock(&asker->lock);
    assert_false(asker->answered);
    asker->answered = true;
    asker->told = text != NULL ? atoi(text) : -1;
    pthread_cond_broadcast(&asker->changed);
    pthread_mutex_unlock(&asker->lock);
}

static void ask(struct asker *asker)
{
    asker->answered = false;
    mb_shared_ask(asker->place->shared, &asker->question);
}

static int await(struct asker *asker)
{
    pthread_mutex_lock(&asker->lock);
    while (!asker->answered)
        pthread_cond_wait(&asker->changed, &asker->lock);
    int told = asker->told;
    pthread_mutex_unlock(&asker->lock);
    return told;
}

static struct asker asker_of(struct place *place, const char *key)
{
    return (struct asker){.place = place,
                          .question = {.key = key, .read = read_state, .answer = take_answer},
                          .lock = PTHREAD_MUTEX_INITIALIZER,
                          .changed = PTHREAD_COND_INITIALIZER};
}

static void open_place(struct place *place)
{
    *place = (struct place){
        .shared = mb_shared_new(), .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    assert_non_null(place->shared);
}

static void close_door(struct place *place, bool closed)
{
    pthread_mutex_lock(&place->lock);
    place->closed = closed;
    pthread_cond_broadcast(&place->changed);
    pthread_mutex_unlock(&place->lock);
}

static void await_readings(struct place *place, int count)
{
    pthread_mutex_lock(&place->lock);
    while (atomic_load(&place->readings) < count)
        pthread_cond_wait(&place->changed, &place->lock);
    pthread_mutex_unlock(&place->lock);
}

static void *ask_in_thread(void *ctx)
{
    ask(ctx);
    return NULL;
}

/* The first one's reading has begun and stands still when the others ask. */
static void read_beside(struct place *place, struct asker *first, struct asker *others, size_t count,
                        bool fails)
{
    pthread_t reader;
    close_door(place, true);
    first->question.ctx = first;
    assert_int_equal(pthread_create(&reader, NULL, ask_in_thread, first), 0);
    await_readings(place, 1);
    atomic_store(&place->state, 2);
    for (size_t i = 0; i < count; i++) {
        others[i].question.ctx = &others[i];
        ask(&others[i]); /* returns, although the reading stands still */
    }
    place->fails = fails;
    close_door(place, false);
    pthread_join(reader, NULL);
}

static void who_asks_during_a_reading_gets_the_next_one(void **state)
{
    (void)state;
    struct place place;
    struct asker first = asker_of(&place, "a"), others[ASKERS];
    open_place(&place);
    atomic_store(&place.state, 1);
    for (size_t i = 0; i < ASKERS; i++)
        others[i] = asker_of(&place, "a");
    read_beside(&place, &first, others, ASKERS, false);
    assert_int_equal(await(&first), 1);
    for (size_t i = 0; i < ASKERS; i++)
        assert_int_equal(await(&others[i]), 2);
    assert_int_equal(atomic_load(&place.readings), 2);
    mb_shared_free(place.shared);
}

static void a_failure_is_told_to_all_and_the_next_reads_anew(void **state)
{
    (void)state;
    struct place place;
    struct asker first = asker_of(&place, "a"), others[ASKERS];
    open_place(&place);
    for (size_t i = 0; i < ASKERS; i++)
        others[i] = asker_of(&place, "a");
    read_beside(&place, &first, others, ASKERS, true);
    assert_int_equal(await(&first), -1);
    for (size_t i = 0; i < ASKERS; i++)
        assert_int_equal(await(&others[i]), -1);
    place.fails = false;
    ask(&first);
    assert_int_equal(await(&first), 2);
    assert_int_equal(atomic_load(&place.readings), 3);
    mb_shared_free(place.shared);
}

static void other_keys_do_not_wait(void **state)
{
    (void)state;
    struct place slow, quick;
    pthread_t reader;
    open_place(&slow);
    open_place(&quick);
    struct asker first = asker_of(&slow, "a"), second = asker_of(&quick, "b");
    first.question.ctx = &first;
    second.question.ctx = &second;
    close_door(&slow, true);
    assert_int_equal(pthread_create(&reader, NULL, ask_in_thread, &first), 0);
    await_readings(&slow, 1);
    mb_shared_ask(slow.shared, &second.question);
    assert_int_equal(await(&second), 0);
    close_door(&slow, false);
    pthread_join(reader, NULL);
    assert_int_equal(await(&first), 0);
    mb_shared_free(slow.shared);
    mb_shared_free(quick.shared);
}

static void *ask_often(void *ctx)
{
    struct place *place = ctx;
    struct asker asker = asker_of(place, "a");
    asker.question.ctx = &asker;
    for (int i = 0; i < ROUNDS; i++) {
        int before = atomic_fetch_add(&place->state, 1) + 1;
        ask(&asker);
        assert_in_range(await(&asker), before, ASKERS * ROUNDS);
    }
    return NULL;
}

static void nobody_is_told_an_older_state_than_that_of_the_question(void **state)
{
    (void)state;
    struct place place;
    pthread_t askers[ASKERS];
    open_place(&place);
    for (size_t i = 0; i < ASKERS; i++)
        assert_int_equal(pthread_create(&askers[i], NULL, ask_often, &place), 0);
    for (size_t i = 0; i < ASKERS; i++)
        pthread_join(askers[i], NULL);
    assert_int_equal(atomic_load(&place.most_at_once), 1);
    assert_true(atomic_load(&place.readings) <= ASKERS * ROUNDS);
    mb_shared_free(place.shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_asks_during_a_reading_gets_the_next_one),
        cmocka_unit_test(a_failure_is_told_to_all_and_the_next_reads_anew),
        cmocka_unit_test(other_keys_do_not_wait),
        cmocka_unit_test(nobody_is_told_an_older_state_than_that_of_the_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
