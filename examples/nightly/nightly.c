/* nightly.c - makes a backup of a Milvus with libmilvus_backup, verifies it, and lists what there is.
 *
 *     nightly CONFIG [NAME]
 *
 * A program of its own: it needs the installed header and library, and a configuration as milvus-backup reads
 * it.
 */
#include <inttypes.h>
#include <milvus_backup.h>
#include <signal.h>
#include <stdio.h>

#ifndef DRIVERS
#define DRIVERS NULL /* beside the library */
#endif

static volatile sig_atomic_t stop;

/* Signals are the program's own affair: the library installs no handler. */
static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static void on_notice(void *ctx, int kind, const char *text)
{
    (void)ctx;
    if (kind != MB_NOTICE_NOTE)
        fprintf(stderr, "configuration: %s\n", text);
}

/* Advice comes as a kind, since the library cannot know how its user asks for things. */
static int fail(const char *doing, const struct mb_error *error)
{
    fprintf(stderr, "%s: %s\n", doing, error->message);
    if (error->hint == MB_HINT_RESUME)
        fprintf(stderr, "a backup %s was begun and not finished: set resume in the request\n",
                error->subject);
    return 1;
}

static void show(struct mb_task *task)
{
    struct mb_task_status status = {.struct_size = sizeof status};
    if (mb_task_poll(task, &status, NULL) != MB_OK)
        return;
    fprintf(stderr, "%5.1f %%  %-8s %" PRIu64 " of %" PRIu64 " bytes  %s\n", status.percent, status.phase,
            status.bytes_done, status.bytes_total, status.waiting_for);
}

/* Looks twice a second until the task has ended; it is freed in any case. */
static int finish(struct mb_task *task, const char *doing)
{
    struct mb_error error = {.struct_size = sizeof error};
    mb_status status;
    while ((status = mb_task_wait(task, 500, &error)) == MB_END) {
        show(task);
        if (stop)
            mb_task_cancel(task);
    }
    for (size_t i = 0; i < mb_task_warning_count(task); i++) {
        struct mb_task_warning warning = {.struct_size = sizeof warning};
        if (mb_task_warning_at(task, i, &warning, NULL) == MB_OK)
            fprintf(stderr, "warning: %s\n", warning.text);
    }
    for (size_t i = 0; i < mb_task_collection_count(task); i++) {
        struct mb_task_collection row = {.struct_size = sizeof row};
        if (mb_task_collection_at(task, i, &row, NULL) == MB_OK)
            printf("%s %s.%s: %" PRId64 " rows\n", doing, row.db, row.name, row.rows);
    }
    mb_task_free(task);
    return status == MB_OK ? 0 : fail(doing, &error);
}

static int create(struct mb_session *session, const char *name)
{
    const struct mb_create_request request = {.struct_size = sizeof request, .name = name};
    struct mb_error error = {.struct_size = sizeof error};
    struct mb_task *task;
    if (mb_create_start(session, &request, &task, &error) != MB_OK)
        return fail("create", &error);
    return finish(task, "create");
}

static int verify(struct mb_session *session, const char *name)
{
    const struct mb_verify_request request = {.struct_size = sizeof request, .name = name, .read_data = true};
    struct mb_error error = {.struct_size = sizeof error};
    struct mb_task *task;
    if (mb_verify_start(session, &request, &task, &error) != MB_OK)
        return fail("verify", &error);
    return finish(task, "verify");
}

static int list(struct mb_session *session)
{
    const struct mb_list_request request = {.struct_size = sizeof request, .with_details = true};
    struct mb_error error = {.struct_size = sizeof error};
    struct mb_backup_list *backups;
    if (mb_session_list(session, &request, &backups, &error) != MB_OK)
        return fail("list", &error);
    for (size_t i = 0; i < mb_backup_list_count(backups); i++) {
        struct mb_backup_entry entry = {.struct_size = sizeof entry};
        if (mb_backup_list_at(backups, i, &entry, NULL) == MB_OK)
            printf("%s: %s, %" PRId64 " rows\n", entry.name, mb_state_name(entry.state), entry.rows);
    }
    mb_backup_list_free(backups);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3) {
        fputs("usage: nightly CONFIG [NAME]\n", stderr);
        return 2;
    }
    const char *name = argc > 2 ? argv[2] : "nightly";
    struct mb_error error = {.struct_size = sizeof error};
    const struct mb_session_options options = {.struct_size = sizeof options,
                                               .config_path = argv[1],
                                               .bundled_driver_dir = DRIVERS,
                                               .notice = on_notice};
    struct mb_session *session;

    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    if (mb_session_open(&session, &options, &error) != MB_OK)
        return fail("open", &error);
    int failed = create(session, name) || verify(session, name) || list(session);
    mb_session_close(session);
    return failed;
}
