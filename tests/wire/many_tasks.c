/* many_tasks CONFIG DRIVERS: a program that does several things at once by libmilvus_backup.
 *
 * Two creates and a restore begin together.  When the restore and the first create are done the second
 * create, which Milvus holds up, is cancelled, and made anew in a session that shares the first one's log,
 * drivers and memory.  Each line of its output is a task: name, state, percent, bytes, rows, lines in the
 * log; and at the end the most that all buffers held at once. */
#include "milvus_backup.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TASKS = 4 };

struct job {
    const char *name;
    struct mb_task *task;
    double percent;
};

static pthread_mutex_t lines_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    char task[40];
    unsigned count;
} lines[TASKS + 1];

static void stop(const char *what, const struct mb_error *error)
{
    fprintf(stderr, "%s: %s\n", what, error != NULL ? error->message : "");
    exit(1);
}

/* One counter for each id that comes. */
static void count_line(void *ctx, int level, const char *task, const char *text)
{
    (void)ctx, (void)level, (void)text;
    pthread_mutex_lock(&lines_lock);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (lines[i].count > 0 && strcmp(lines[i].task, task) != 0)
            continue;
        snprintf(lines[i].task, sizeof lines[i].task, "%s", task);
        lines[i].count++;
        break;
    }
    pthread_mutex_unlock(&lines_lock);
}

static unsigned lines_of(const struct mb_task *task)
{
    unsigned count = 0;
    pthread_mutex_lock(&lines_lock);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (lines[i].count > 0 && strcmp(lines[i].task, mb_task_id(task)) == 0)
            count = lines[i].count;
    pthread_mutex_unlock(&lines_lock);
    return count;
}

static int32_t look(struct job *job)
{
    struct mb_error error = {.struct_size = sizeof error};
    struct mb_task_status status = {.struct_size = sizeof status};
    if (mb_task_poll(job->task, &status, &error) != MB_OK)
        stop("poll", &error);
    if (status.percent < job->percent)
        stop("the percentage fell", NULL);
    job->percent = status.percent;
    return status.state;
}

static void watch(struct job *jobs, size_t count, struct job *until)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    int32_t state;
    do {
        nanosleep(&pause, NULL);
        for (size_t i = 0; i < count; i++)
            look(&jobs[i]);
        state = look(until);
    } while (state == MB_TASK_RUNNING);
}

static void tell_phases(struct mb_task *task)
{
    struct mb_error error = {.struct_size = sizeof error};
    struct mb_task_phase phase = {.struct_size = sizeof phase};
    printf("phases");
    for (size_t i = 0; mb_task_phase_at(task, i, &phase, &error) == MB_OK; i++)
        printf(" %s:%llu", phase.name, (unsigned long long)phase.bytes);
    putchar('\n');
}

/* Of the only collection of a task that runs, once it does this. */
static void await_doing(struct mb_task *task, const char *doing)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    struct mb_task_collection collection = {.struct_size = sizeof collection, .doing = ""};
    while (strcmp(collection.doing, doing) != 0 && mb_task_wait(task, 0, NULL) == MB_END) {
        nanosleep(&pause, NULL);
        mb_task_collection_at(task, 0, &collection, NULL);
    }
    printf("now %s.%s %d %s\n", collection.db, collection.name, (int)collection.state, collection.doing);
}

static void tell(struct job *job)
{
    struct mb_error error = {.struct_size = sizeof error};
    struct mb_task_collection collection = {.struct_size = sizeof collection};
    int32_t state = look(job);
    mb_task_wait(job->task, 0, &error);
    if (mb_task_collection_count(job->task) > 0)
        mb_task_collection_at(job->task, 0, &collection, &error);
    printf("%s %s %.0f %llu %lld %u %s\n", job->name, mb_task_state_name(state), job->percent,
           (unsigned long long)collection.bytes_done, (long long)collection.rows, lines_of(job->task),
           error.message);
    mb_task_free(job->task);
}

static struct mb_session *open_session(const char *config, const char *drivers, struct mb_session *parent)
{
    struct mb_error error = {.struct_size = sizeof error};
    struct mb_session_options options = {
        .struct_size = sizeof options, .config_path = config, .parent = parent};
    struct mb_session *session = NULL;
    if (parent == NULL) {
        options.driver_dir = drivers;
        options.log = count_line;
        options.log_level = "debug";
    }
    if (mb_session_open(&session, &options, &error) != MB_OK)
        stop("open", &error);
    return session;
}

static struct job create(struct mb_session *session, const char *name, const char *collection,
                         int32_t strategy)
{
    struct mb_error error = {.struct_size = sizeof error};
    const char *collections[] = {collection};
    const struct mb_create_request request = {.struct_size = sizeof request,
                                              .name = name,
                                              .id = strcmp(name, "three") == 0 ? "the third" : NULL,
                                              .collections = collections,
                                              .collection_count = 1,
                                              .strategy = strategy};
    struct job job = {.name = name};
    if (mb_create_start(session, &request, &job.task, &error) != MB_OK)
        stop(name, &error);
    return job;
}

static struct job restore(struct mb_session *session, const char *name)
{
    struct mb_error error = {.struct_size = sizeof error};
    const struct mb_restore_request request = {
        .struct_size = sizeof request, .name = name, .suffix = "_again"};
    struct job job = {.name = name};
    if (mb_restore_start(session, &request, &job.task, &error) != MB_OK)
        stop(name, &error);
    return job;
}

int main(int argc, char **argv)
{
    struct mb_error error = {.struct_size = sizeof error};
    struct mb_session_about about = {.struct_size = sizeof about};

    if (argc != 3)
        return 2;
    struct mb_session *session = open_session(argv[1], argv[2], NULL);
    struct job jobs[TASKS] = {create(session, "one", "first", MB_CREATE_DEFAULT),
                              create(session, "two", "second", MB_CREATE_DEFAULT), restore(session, "old")};

    watch(jobs, 3, &jobs[0]);
    watch(jobs, 3, &jobs[2]);
    if (look(&jobs[1]) != MB_TASK_RUNNING)
        stop("the second create did not wait", NULL);
    await_doing(jobs[1].task, "flush");
    tell_phases(jobs[0].task);
    mb_task_cancel(jobs[1].task);
    watch(jobs, 3, &jobs[1]);
    struct mb_session *child = open_session(argv[1], NULL, session);
    jobs[3] = create(child, "three", "second", MB_CREATE_SKIP_FLUSH);
    watch(jobs, TASKS, &jobs[3]);
    if (mb_session_about(session, &about, &error) != MB_OK)
        stop("about", &error);
    mb_session_close(session);
    for (size_t i = 0; i < TASKS; i++)
        tell(&jobs[i]);
    mb_session_close(child);
    printf("memory %llu %llu\n", (unsigned long long)about.memory_peak, (unsigned long long)about.memory);
    return 0;
}
