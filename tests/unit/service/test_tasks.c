/* Tasks of a server: started, kept apart, queued, asked for, cancelled, remembered, and stopped. */
#include "stage.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void make_backup(struct stage *s, const char *folder, const char *name)
{
    static const char *const files[] = {"backup", "collection", "partition", "segment", "full"};
    char path[192], text[256];
    snprintf(text, sizeof text, "{\"id\":\"i1\",\"name\":\"%s\",\"size\":0,\"milvus_version\":\"v2.4.1\"}",
             name);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s/meta/%s_meta.json", folder, name, files[i]);
        bench_write(s->bench, path, i == 0 || i == 4 ? text : "{}");
    }
}

/* ------------------------------------------------------------- awaiting */

struct latch {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    int count;
};

#define NEW_LATCH                                                             \
    {                                                                         \
        .lock = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER \
    }

static void open_latch(void *ctx)
{
    struct latch *latch = ctx;
    pthread_mutex_lock(&latch->lock);
    latch->count++;
    pthread_cond_broadcast(&latch->opened);
    pthread_mutex_unlock(&latch->lock);
}

static void pass_latch(struct latch *latch)
{
    pthread_mutex_lock(&latch->lock);
    while (latch->count == 0)
        pthread_cond_wait(&latch->opened, &latch->lock);
    pthread_mutex_unlock(&latch->lock);
}

static struct mb_record await(struct stage *s, const char *id)
{
    struct latch latch = NEW_LATCH;
    assert_int_equal(mb_service_await(s->service, id, open_latch, &latch, &s->bench->error), MB_OK);
    pass_latch(&latch);
    return get(s, id);
}

static void await_state(struct stage *s, const char *id, int32_t state)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    while (get(s, id).state != state)
        nanosleep(&pause, NULL);
}

/* ---------------------------------------------------------------- tests */

static void test_a_task_is_told_of_while_it_runs_and_afterwards(void **state)
{
    struct stage *s = *state;
    const char *id = NULL;

    begin(s, "");
    make_backup(s, "b", "old");
    assert_int_equal(try_delete(s, "old", NULL, &id), MB_OK);
    struct mb_record record = await(s, id);
    assert_string_equal(record.id, id);
    assert_int_equal(record.kind, MB_TASK_DELETE);
    assert_int_equal(record.state, MB_TASK_SUCCEEDED);
    assert_int_equal(record.percent, 100);
    assert_string_equal(record.backup, "old");
    assert_string_equal(record.caller, "nightly");
    assert_string_equal(record.request_id, "request-1");
    assert_true(record.queued_ms <= record.started_ms && record.started_ms <= record.ended_ms);
    assert_int_equal(strncmp(record.result, "{\"name\":\"old\",\"objects\":5,\"took_ms\":", 36), 0);
    assert_int_equal(await(s, id).state, MB_TASK_SUCCEEDED); /* at once */

    assert_int_equal(mb_service_get(s->service, "nobody", true, s->arena, &record, &s->bench->error),
                     MB_E_NOT_FOUND);
    assert_int_equal(mb_service_cancel(s->service, "nobody", &s->bench->error), MB_E_NOT_FOUND);
    assert_int_equal(mb_service_await(s->service, "nobody", open_latch, NULL, &s->bench->error),
                     MB_E_NOT_FOUND);
    assert_int_equal(mb_service_cancel(s->service, id, &s->bench->error), MB_OK);
}

static void test_a_failure_says_why(void **state)
{
    struct stage *s = *state;
    const char *id = NULL;

    begin(s, "");
    assert_int_equal(try_delete(s, "nowhere", NULL, &id), MB_OK);
    struct mb_record record = await(s, id);
    assert_int_equal(record.state, MB_TASK_FAILED);
    assert_int_equal(record.status, MB_E_NOT_FOUND);
    assert_string_equal(record.error, "backup nowhere not found");
    assert_true(record.percent < 100);
    assert_false(record.resumable);
    assert_string_equal(record.result, "{}");
}

static void test_one_writer_for_a_name(void **state)
{
    struct stage *s = *state;
    const char *id = NULL;

    begin(s, "");
    const char *first = create(s, "daily");
    assert_int_equal(try_create(s, "daily", NULL, &id), MB_E_EXISTS);
    assert_string_equal(s->bench->error.subject, first);
    assert_int_equal(try_delete(s, "daily", NULL, &id), MB_E_EXISTS);
    assert_string_equal(s->bench->error.subject, first);
    assert_int_equal(try_create(s, "weekly", first, &id), MB_E_EXISTS); /* the id is taken */
    assert_string_equal(s->bench->error.subject, first);
    assert_int_equal(mb_service_cancel(s->service, first, &s->bench->error), MB_OK);
    assert_int_equal(await(s, first).state, MB_TASK_CANCELLED);
    assert_int_equal(try_create(s, "daily", first, &id), MB_OK); /* one that has ended makes room */
    assert_string_equal(id, first);
    assert_true(get(s, first).state < MB_TASK_SUCCEEDED);
}

/* A waiter that stays until the test lets it go. */
struct slow_waiter {
    struct latch called, released;
};

static void stay(void *ctx)
{
    struct slow_waiter *waiter = ctx;
    open_latch(&waiter->called);
    pass_latch(&waiter->released);
}

static void test_an_id_is_used_again_while_those_who_waited_are_being_told(void **state)
{
    struct stage *s = *state;
    struct slow_waiter waiter = {NEW_LATCH, NEW_LATCH};
    const char *id = NULL;

    begin(s, "");
    const char *first = create(s, "daily");
    assert_int_equal(mb_service_await(s->service, first, stay, &waiter, &s->bench->error), MB_OK);
    assert_int_equal(mb_service_cancel(s->service, first, &s->bench->error), MB_OK);
    pass_latch(&waiter.called);
    assert_int_equal(try_create(s, "weekly", first, &id), MB_OK);
    assert_string_equal(id, first);
    open_latch(&waiter.released);
    assert_string_equal(get(s, first).backup, "weekly");
    assert_int_equal(mb_service_cancel(s->service, first, &s->bench->error), MB_OK);
    assert_int_equal(await(s, first).state, MB_TASK_CANCELLED);
    assert_string_equal(get(s, first).backup, "weekly");
}

static void test_too_many_are_refused_and_a_delete_never_waits(void **state)
{
    struct stage *s = *state;
    const char *ids[4], *id = NULL;
    char name[] = "n0";

    begin(s, "");
    for (size_t i = 0; i < 4; i++, name[1]++)
        ids[i] = create(s, name);
    assert_int_equal(try_create(s, "one_more", NULL, &id), MB_E_THROTTLED);
    assert_int_equal(get(s, ids[3]).state, MB_TASK_QUEUED);
    assert_int_equal(get(s, ids[3]).started_ms, 0);
    assert_int_equal(try_delete(s, "nowhere", NULL, &id), MB_OK);
    assert_int_equal(await(s, id).state, MB_TASK_FAILED);
    assert_int_equal(mb_service_cancel(s->service, ids[0], &s->bench->error), MB_OK);
    await_state(s, ids[2], MB_TASK_RUNNING);
    await(s, ids[0]);
    assert_int_equal(try_create(s, "one_more", NULL, &id), MB_OK);
}

static void test_lists_by_filter_the_youngest_first(void **state)
{
    struct stage *s = *state;
    struct mb_record *records = NULL;
    struct mb_record found;
    const char *id = NULL, *last = NULL;
    size_t count = 0, total = 0;
    char name[] = "n0";

    begin(s, "");
    for (size_t i = 0; i < 5; i++, name[1]++) {
        assert_int_equal(try_delete(s, name, NULL, &last), MB_OK);
        await(s, last);
    }
    id = create(s, "daily");
    struct mb_record_filter filter = {.limit = 2, .skip = 1};
    assert_int_equal(
        mb_service_list(s->service, &filter, s->arena, &records, &count, &total, &s->bench->error), MB_OK);
    assert_int_equal(count, 2);
    assert_int_equal(total, 6);
    assert_string_equal(records[0].backup, "n4");
    assert_string_equal(records[1].backup, "n3");
    filter = (struct mb_record_filter){.states = 1u << MB_TASK_FAILED, .kind = MB_TASK_DELETE};
    assert_int_equal(
        mb_service_list(s->service, &filter, s->arena, &records, &count, &total, &s->bench->error), MB_OK);
    assert_int_equal(count, 5);
    assert_int_equal(mb_service_find(s->service, "n4", 0, NULL, NULL, s->arena, &found, &s->bench->error),
                     MB_OK);
    assert_string_equal(found.id, last);
    assert_int_equal(
        mb_service_find(s->service, "daily", MB_TASK_CREATE, "", "", s->arena, &found, &s->bench->error),
        MB_OK);
    assert_string_equal(found.id, id);
    assert_int_equal(
        mb_service_find(s->service, "daily", MB_TASK_RESTORE, "", "", s->arena, &found, &s->bench->error),
        MB_E_NOT_FOUND);
}

static void test_the_next_process_knows_what_was_and_shows_nothing_as_running(void **state)
{
    struct stage *s = *state;
    const char *gone = NULL;

    begin(s, "");
    assert_int_equal(try_delete(s, "nowhere", NULL, &gone), MB_OK);
    await(s, gone);
    const char *ids[3] = {create(s, "n1"), create(s, "n2"), create(s, "n3")};
    assert_int_equal(get(s, ids[2]).state, MB_TASK_QUEUED);
    mb_service_stop(s->service, 0);
    assert_int_equal(try_create(s, "late", NULL, &gone), MB_E_CANCELLED);
    close_service(s);

    open_service(s);
    assert_int_equal(get(s, gone).state, MB_TASK_FAILED);
    assert_string_equal(get(s, gone).error, "backup nowhere not found");
    for (size_t i = 0; i < 3; i++) {
        struct mb_record record = get(s, ids[i]);
        assert_int_equal(record.state, MB_TASK_FAILED);
        assert_true(record.resumable);
        assert_true(record.ended_ms > 0);
        assert_int_equal(record.hint, MB_HINT_RESUME);
        assert_non_null(strstr(record.error, "the server ended "));
        assert_non_null(strstr(record.error, "; it can be resumed"));
    }
}

/* The other process has a service of its own: forked before there are threads here. */
static pid_t start_and_be_killed(struct stage *s, char id[64])
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        alarm(60);
        begin(s, "");
        snprintf(id, 64, "%s", create(s, "daily"));
        await_state(s, id, MB_TASK_RUNNING);
        if (write(ends[1], id, 64) != 64)
            _exit(1);
        pause();
    }
    assert_int_equal(read(ends[0], id, 64), 64);
    close(ends[0]);
    close(ends[1]);
    return pid;
}

static void test_what_a_killed_process_ran_has_failed_and_can_be_resumed(void **state)
{
    struct stage *s = *state;
    const char *again = NULL;
    char id[64] = "";
    int status = 0;

    pid_t pid = start_and_be_killed(s, id);
    s->session = bench_open(s->bench);
    assert_int_equal(mb_service_open(&s->service, s->session, &s->options, &s->bench->error), MB_E_EXISTS);
    assert_non_null(strstr(s->bench->error.message, s->state_dir));
    mb_session_close(s->session);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);

    open_service(s);
    struct mb_record record = get(s, id);
    assert_int_equal(record.state, MB_TASK_FAILED);
    assert_true(record.resumable);
    assert_int_equal(record.percent, 0);
    assert_string_equal(record.caller, "nightly");
    assert_string_equal(record.error, "the server ended while it ran; it can be resumed");
    assert_int_equal(try_create(s, "daily", NULL, &again), MB_OK); /* its name is free */
}

static void test_success_of_a_later_one_leaves_nothing_to_resume(void **state)
{
    struct stage *s = *state;
    const char *id = NULL;

    begin(s, "");
    const char *cut = create(s, "daily");
    mb_service_stop(s->service, 0);
    close_service(s);
    open_service(s);
    assert_true(get(s, cut).resumable);
    assert_int_equal(try_delete(s, "daily", NULL, &id), MB_OK); /* fails: nothing is there */
    await(s, id);
    assert_true(get(s, cut).resumable);
    make_backup(s, "b", "daily");
    assert_int_equal(try_delete(s, "daily", NULL, &id), MB_OK);
    assert_int_equal(await(s, id).state, MB_TASK_SUCCEEDED);
    assert_false(get(s, cut).resumable);
    close_service(s);
    open_service(s);
    assert_false(get(s, cut).resumable);
}

/* The other side's configuration is a file, and a transfer into it keeps others from writing there. */
static void test_transfers_to_and_from_a_peer(void **state)
{
    struct stage *s = *state;
    char path[128], text[512];
    const char *id = NULL;
    struct mb_transfer_request request = {.struct_size = sizeof request, .name = "moving"};
    struct mb_job job = {.kind = MB_TASK_TRANSFER, .request = &request, .transfer_config = path};

    begin(s, "");
    make_backup(s, "b", "moving");
    snprintf(path, sizeof path, "%s/peer.yaml", s->bench->folder);
    snprintf(text, sizeof text,
             "minio:\n  storageType: local\n  rootPath: %s/a\n  backupRootPath: %s/there\n", s->bench->folder,
             s->bench->folder);
    bench_write(s->bench, "peer.yaml", text);
    assert_int_equal(mb_service_start(s->service, &somebody, &job, s->arena, &id, &s->bench->error), MB_OK);
    struct mb_record record = await(s, id);
    if (record.state != MB_TASK_SUCCEEDED)
        fail_msg("%s", record.error);
    assert_int_equal(strncmp(record.result, "{\"name\":\"moving\",", 17), 0);
    assert_int_equal(try_delete(s, "moving", NULL, &id), MB_OK);
    assert_int_equal(await(s, id).state, MB_TASK_SUCCEEDED);
    request.from_peer = true;
    assert_int_equal(mb_service_start(s->service, &somebody, &job, s->arena, &id, &s->bench->error), MB_OK);
    assert_int_equal(await(s, id).state, MB_TASK_SUCCEEDED);

    request.name = "../x";
    assert_int_equal(mb_service_start(s->service, &somebody, &job, s->arena, &id, &s->bench->error),
                     MB_E_INVALID);
    assert_string_equal(s->bench->error.subject, "name");
    request.name = "moving";
    job.transfer_config = "/nowhere/peer.yaml";
    assert_int_equal(mb_service_start(s->service, &somebody, &job, s->arena, &id, &s->bench->error),
                     MB_E_CONFIG);
}

/* ----------------------------------------------------------- many at once */

enum { THREADS = 4, ROUNDS = 25 };

static void *work(void *ctx)
{
    struct stage *s = ctx;
    struct mb_arena *arena = mb_arena_new();
    struct mb_error error = {.struct_size = sizeof error};
    for (int i = 0; i < ROUNDS; i++) {
        const struct mb_delete_request request = {.struct_size = sizeof request, .name = "nowhere"};
        const struct mb_create_request make = {.struct_size = sizeof make};
        const struct mb_job jobs[] = {{.kind = MB_TASK_DELETE, .request = &request},
                                      {.kind = MB_TASK_CREATE, .request = &make}};
        struct latch latch = NEW_LATCH;
        struct mb_record record, *records;
        const char *id = NULL;
        size_t count = 0, total = 0;
        if (mb_service_start(s->service, &somebody, &jobs[i % 2], arena, &id, &error) != MB_OK)
            continue; /* its name is taken at the moment, or there are too many */
        mb_service_list(s->service, &(struct mb_record_filter){.limit = 5}, arena, &records, &count, &total,
                        &error);
        mb_service_get(s->service, id, true, arena, &record, &error);
        mb_service_cancel(s->service, id, &error);
        assert_int_equal(mb_service_await(s->service, id, open_latch, &latch, &error), MB_OK);
        pass_latch(&latch);
        assert_int_equal(mb_service_get(s->service, id, true, arena, &record, &error), MB_OK);
        assert_true(record.state > MB_TASK_RUNNING);
    }
    mb_arena_free(arena);
    return NULL;
}

static void test_many_threads_start_ask_and_cancel(void **state)
{
    struct stage *s = *state;
    pthread_t threads[THREADS];
    s->options.history = 30;
    begin(s, "");
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, s), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/* Only a few: those who await a task can always ask for it afterwards. */
static void test_the_oldest_are_forgotten(void **state)
{
    struct stage *s = *state;
    struct mb_record *records = NULL;
    size_t count = 0, total = 0;
    const char *first = NULL, *last = NULL;

    s->options.history = 20;
    begin(s, "");
    assert_int_equal(try_delete(s, "first", NULL, &first), MB_OK);
    await(s, first);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(try_delete(s, "nowhere", NULL, &last), MB_OK);
        await(s, last);
    }
    mb_service_stop(s->service, 0);
    assert_int_equal(mb_service_list(s->service, &(struct mb_record_filter){0}, s->arena, &records, &count,
                                     &total, &s->bench->error),
                     MB_OK);
    assert_int_equal(total, 20);
    close_service(s);
    open_service(s);
    assert_int_equal(mb_service_list(s->service, &(struct mb_record_filter){0}, s->arena, &records, &count,
                                     &total, &s->bench->error),
                     MB_OK);
    assert_int_equal(total, 20);
    assert_string_equal(records[0].id, last);
}

static void test_another_place_is_another_backup(void **state)
{
    struct stage *s = *state;
    const char *id = NULL;
    char more[256], elsewhere[128], below[128];
    struct mb_session *session = NULL;
    struct mb_backup_list *list = NULL;

    snprintf(elsewhere, sizeof elsewhere, "%s/c", s->bench->folder);
    snprintf(below, sizeof below, "%s/c/deep", s->bench->folder);
    snprintf(more, sizeof more, "server:\n  rootPaths: [\"%s\"]\n", elsewhere);
    begin(s, more);
    make_backup(s, "c/deep", "old");
    create(s, "old");
    assert_int_equal(mb_service_session_at(s->service, NULL, below, NULL, &session, &s->bench->error), MB_OK);
    assert_int_equal(mb_session_list(session, NULL, &list, &s->bench->error), MB_OK);
    assert_int_equal(mb_backup_list_count(list), 1);
    mb_backup_list_free(list);
    mb_service_leave(s->service, session);
    assert_int_equal(try_delete(s, "old", below, &id), MB_OK);
    struct mb_record record = await(s, id);
    assert_int_equal(record.state, MB_TASK_SUCCEEDED);
    assert_string_equal(record.root_path, below);
    assert_int_equal(try_delete(s, "old", "/etc", &id), MB_E_FORBIDDEN);
    assert_int_equal(s->bench->error.hint, MB_HINT_INPUT);
    assert_string_equal(s->bench->error.subject, "root_path");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_a_killed_process_ran_has_failed_and_can_be_resumed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_task_is_told_of_while_it_runs_and_afterwards, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_failure_says_why, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_writer_for_a_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_id_is_used_again_while_those_who_waited_are_being_told, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_too_many_are_refused_and_a_delete_never_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lists_by_filter_the_youngest_first, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_next_process_knows_what_was_and_shows_nothing_as_running,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_success_of_a_later_one_leaves_nothing_to_resume, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_transfers_to_and_from_a_peer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_threads_start_ask_and_cancel, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_oldest_are_forgotten, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_place_is_another_backup, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
