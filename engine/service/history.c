#include "service/history.h"

#include "base/file.h"
#include "base/hint.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SMALL_LINES = 64, SMALL_BYTES = 1024 * 1024 }; /* what is not worth a new file */

struct mb_history {
    char *folder, *path;
    int lock_fd;
    pthread_mutex_t lock; /* for what follows */
    int fd;
    uint64_t end; /* of the whole lines in it */
    size_t lines;
};

/* ------------------------------------------------------------- the folder */

static mb_status fail_folder(struct mb_error *error, int sys_errno, const char *folder, const char *what)
{
    mb_fail_errno(error, sys_errno, "server.stateDir is %s, which cannot be %s", folder, what);
    mb_fail_as(error, MB_E_CONFIG);
    return mb_error_advise(error, "name a folder that the server may write, or make it empty to forget the "
                                  "history of tasks at the end");
}

/* With those above it, for nobody else to look into. */
static mb_status make_folder(const char *folder, struct mb_error *error)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s", folder) >= (int)sizeof path)
        return fail_folder(error, ENAMETOOLONG, folder, "made");
    for (char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
        *slash = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return fail_folder(error, errno, folder, "made");
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return fail_folder(error, errno, folder, "made");
    return MB_OK;
}

/* The lock goes with the process, however it ends. */
static mb_status lock_folder(struct mb_history *history, struct mb_error *error)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/lock", history->folder);
    history->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (history->lock_fd < 0)
        return fail_folder(error, errno, history->folder, "written");
    if (flock(history->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return MB_OK;
    if (errno != EWOULDBLOCK)
        return fail_folder(error, errno, history->folder, "locked");
    return mb_fail(
        error, MB_E_EXISTS,
        "server.stateDir is %s, which another server uses; end that one or give this one a folder of "
        "its own",
        history->folder);
}

/* ------------------------------------------------------------ what it holds */

static mb_status fail_file(const struct mb_history *history, int sys_errno, const char *what,
                           struct mb_error *error)
{
    return mb_fail_errno(error, sys_errno, "%s %s", what, history->path);
}

/* A last line without its end was cut off by a crash, and nobody was told that it is there. */
static mb_status read_lines(FILE *file, mb_history_line_fn *fn, void *ctx, size_t *damaged,
                            struct mb_error *error)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len = 0;
    mb_status status = MB_OK;
    while (status == MB_OK && (len = getline(&line, &cap, file)) > 0 && line[len - 1] == '\n') {
        status = fn(ctx, line, (size_t)len - 1, error);
        if (status == MB_E_CORRUPT) {
            (*damaged)++;
            mb_error_clear(error);
            status = MB_OK;
        }
    }
    free(line);
    return status;
}

static mb_status read_all(struct mb_history *history, mb_history_line_fn *fn, void *ctx, size_t *damaged,
                          struct mb_error *error)
{
    int fd = open(history->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return MB_OK;
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (file == NULL) {
        fail_file(history, errno, "read", error);
        mb_file_close(fd);
        return error->status;
    }
    mb_status status = read_lines(file, fn, ctx, damaged, error);
    bool broken = ferror(file) != 0;
    fclose(file);
    MB_TRY(status);
    return broken ? fail_file(history, EIO, "read", error) : MB_OK;
}

/* ------------------------------------------------------------ life of one */

static char *joined(const char *folder, const char *name)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static mb_status take_folder(struct mb_history *history, const char *folder, mb_history_line_fn *line,
                             void *ctx, size_t *damaged, struct mb_error *error)
{
    history->folder = strdup(folder);
    history->path = joined(folder, "tasks.jsonl");
    if (history->folder == NULL || history->path == NULL)
        return mb_fail_memory(error);
    MB_TRY(make_folder(folder, error));
    MB_TRY(lock_folder(history, error));
    return read_all(history, line, ctx, damaged, error);
}

mb_status mb_history_open(struct mb_history **out, const char *folder, mb_history_line_fn *line, void *ctx,
                          size_t *damaged, struct mb_error *error)
{
    struct mb_history *history = calloc(1, sizeof *history);
    if (history == NULL)
        return mb_fail_memory(error);
    history->lock_fd = history->fd = -1;
    pthread_mutex_init(&history->lock, NULL);
    if (take_folder(history, folder, line, ctx, damaged, error) < 0) {
        mb_history_close(history);
        return error->status;
    }
    *out = history;
    return MB_OK;
}

void mb_history_close(struct mb_history *history)
{
    if (history == NULL)
        return;
    mb_file_close(history->fd);
    mb_file_close(history->lock_fd);
    pthread_mutex_destroy(&history->lock);
    free(history->folder);
    free(history->path);
    free(history);
}

/* --------------------------------------------------------------- writing */

static size_t count_lines(const char *text, size_t len)
{
    size_t count = 0;
    for (const char *at = text; (at = memchr(at, '\n', len - (size_t)(at - text))) != NULL; at++)
        count++;
    return count;
}

/* With the lock held. */
static mb_status append(struct mb_history *history, const char *text, size_t len, struct mb_error *error)
{
    if (history->fd < 0)
        return mb_fail(error, MB_E_INVALID, "%s is not open", history->path);
    if (mb_file_write(history->fd, text, len, history->end) != 0 || fdatasync(history->fd) != 0) {
        int sys_errno = errno;
        if (ftruncate(history->fd, (off_t)history->end) != 0)
            sys_errno = errno; /* what is there is overwritten by the next line, or cut off when it is read */
        return fail_file(history, sys_errno, "write", error);
    }
    history->end += len;
    history->lines += count_lines(text, len);
    return MB_OK;
}

mb_status mb_history_append(struct mb_history *history, const char *text, size_t len, struct mb_error *error)
{
    pthread_mutex_lock(&history->lock);
    mb_status status = append(history, text, len, error);
    pthread_mutex_unlock(&history->lock);
    return status;
}

bool mb_history_is_stale(struct mb_history *history, size_t lines, size_t bytes)
{
    pthread_mutex_lock(&history->lock);
    bool stale = history->lines > 2 * lines + SMALL_LINES || history->end > 2 * bytes + SMALL_BYTES;
    pthread_mutex_unlock(&history->lock);
    return stale;
}

/* With the lock held. */
static mb_status rewrite(struct mb_history *history, const struct mb_buf *text, struct mb_error *error)
{
    MB_TRY(mb_buf_check(text, history->path, error));
    int fd = -1;
    mb_status status = mb_file_put(history->path, text->data, text->len, MB_FILE_OWN, &fd, error);
    int failed = error->sys_errno;
    if (fd < 0 && (failed == EACCES || failed == EPERM || failed == EROFS))
        return fail_folder(error, failed, history->folder, "written");
    if (fd < 0)
        return status;
    mb_file_close(history->fd);
    history->fd = fd;
    history->end = text->len;
    history->lines = count_lines(text->data, text->len);
    return status;
}

mb_status mb_history_rewrite(struct mb_history *history, mb_history_gather_fn *gather, void *ctx,
                             struct mb_error *error)
{
    struct mb_buf text;
    mb_buf_init(&text, (size_t)1024 * 1024 * 1024);
    pthread_mutex_lock(&history->lock);
    gather(ctx, &text);
    mb_status status = rewrite(history, &text, error);
    pthread_mutex_unlock(&history->lock);
    mb_buf_done(&text);
    return status;
}
