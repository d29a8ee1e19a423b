#include "base/log_file.h"

#include "base/clock.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* dir/stem.ext is moved aside as dir/stem-2026-11-21T06-49-30.123-0001.ext: sorting by name is sorting by
 * age. */
struct mb_log_file {
    char *path;
    char *dir;
    char *stem;
    char *ext; /* with its dot, or "" */
    uint64_t max_bytes;
    unsigned max_days, max_files;
    unsigned rotations;
    int fd; /* -1 when it could not be opened again */
    uint64_t size;
};

static mb_status make_folders(const char *dir, struct mb_error *error)
{
    char *path = strdup(dir);
    if (path == NULL)
        return mb_fail_memory(error);
    mb_status status = MB_OK;
    for (char *slash = path; slash != NULL && status == MB_OK;) {
        slash = strchr(slash + 1, '/');
        if (slash != NULL)
            *slash = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            status = mb_fail_errno(error, errno, "make the folder %s of the log file", path);
        if (slash != NULL)
            *slash = '/';
    }
    free(path);
    return status;
}

static bool split_path(struct mb_log_file *file, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(name, '.');
    if (dot == NULL || dot == name)
        dot = name + strlen(name);
    file->path = strdup(path);
    file->dir = slash == NULL   ? strdup(".")
                : slash == path ? strdup("/")
                                : strndup(path, (size_t)(slash - path));
    file->stem = strndup(name, (size_t)(dot - name));
    file->ext = strdup(dot);
    return file->path != NULL && file->dir != NULL && file->stem != NULL && file->ext != NULL;
}

static bool open_again(struct mb_log_file *file)
{
    file->fd = open(file->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    struct stat st;
    if (file->fd >= 0 && fstat(file->fd, &st) == 0)
        file->size = (uint64_t)st.st_size;
    return file->fd >= 0;
}

const char *mb_log_file_folder(const struct mb_log_file *file)
{
    return file->dir;
}

mb_status mb_log_file_open(struct mb_log_file **out, const struct mb_log_options *options,
                           struct mb_error *error)
{
    struct mb_log_file *file = calloc(1, sizeof(*file));
    if (file == NULL)
        return mb_fail_memory(error);
    file->fd = -1;
    file->max_bytes = options->max_bytes;
    file->max_days = options->max_days;
    file->max_files = options->max_files;
    mb_status status = split_path(file, options->path) ? MB_OK : mb_fail_memory(error);
    if (status == MB_OK)
        status = make_folders(file->dir, error);
    if (status == MB_OK && !open_again(file))
        status = mb_fail_errno(error, errno, "open the log file %s", file->path);
    if (status != MB_OK) {
        mb_log_file_close(file);
        return status;
    }
    *out = file;
    return MB_OK;
}

void mb_log_file_close(struct mb_log_file *file)
{
    if (file == NULL)
        return;
    if (file->fd >= 0)
        close(file->fd);
    free(file->path);
    free(file->dir);
    free(file->stem);
    free(file->ext);
    free(file);
}

/* stem-YYYY-...ext with digits where the date belongs; nothing else in the folder is ever removed. */
static bool is_rotated(const struct mb_log_file *file, const char *name)
{
    size_t stem = strlen(file->stem);
    if (strncmp(name, file->stem, stem) != 0 || !mb_text_ends_with(name, file->ext))
        return false;
    const char *pattern = "-dddd-dd-ddTdd-dd-dd.ddd-dddd";
    if (strlen(name) != stem + strlen(pattern) + strlen(file->ext))
        return false;
    for (const char *at = name + stem; *pattern != '\0'; at++, pattern++) {
        if (*pattern == 'd' ? *at < '0' || *at > '9' : *at != *pattern)
            return false;
    }
    return true;
}

static int newest_first(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;
    return strcmp(*right, *left);
}

static bool is_too_old(const struct mb_log_file *file, const char *path)
{
    struct stat st;
    return file->max_days > 0 && stat(path, &st) == 0 &&
           mb_clock_wall() / MB_NS_PER_S - (int64_t)st.st_mtime > (int64_t)file->max_days * 86400;
}

static void remove_surplus(const struct mb_log_file *file, char **names, size_t count)
{
    qsort(names, count, sizeof(names[0]), newest_first);
    for (size_t i = 0; i < count; i++) {
        char path[PATH_MAX];
        int n = snprintf(path, sizeof(path), "%s/%s", file->dir, names[i]);
        if (n < 0 || (size_t)n >= sizeof(path))
            continue;
        if ((file->max_files > 0 && i >= file->max_files) || is_too_old(file, path))
            unlink(path);
    }
}

static void remove_old_files(const struct mb_log_file *file)
{
    if (file->max_days == 0 && file->max_files == 0)
        return;
    DIR *dir = opendir(file->dir);
    if (dir == NULL)
        return;
    char **names = NULL;
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (!is_rotated(file, entry->d_name))
            continue;
        char **more = realloc(names, (count + 1) * sizeof(names[0]));
        if (more == NULL)
            break;
        names = more;
        names[count] = strdup(entry->d_name);
        if (names[count] == NULL)
            break;
        count++;
    }
    closedir(dir);
    remove_surplus(file, names, count);
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

/* Another process that logs to the same path may have moved the file already. */
static bool is_still_at_path(const struct mb_log_file *file)
{
    struct stat ours, theirs;
    return fstat(file->fd, &ours) == 0 && stat(file->path, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
           ours.st_ino == theirs.st_ino;
}

/* Another process may have taken the name in the same millisecond: then the next number is tried. */
static void move_aside(struct mb_log_file *file)
{
    int64_t now = mb_clock_wall();
    time_t seconds = (time_t)(now / MB_NS_PER_S);
    struct tm tm;
    char stamp[32], path[PATH_MAX];
    if (gmtime_r(&seconds, &tm) == NULL || strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H-%M-%S", &tm) == 0)
        return;
    for (int tries = 0; tries < 100; tries++) {
        file->rotations++;
        int n = snprintf(path, sizeof(path), "%s/%s-%s.%03d-%04u%s", file->dir, file->stem, stamp,
                         (int)(now % MB_NS_PER_S / MB_NS_PER_MS), file->rotations % 10000, file->ext);
        if (n < 0 || (size_t)n >= sizeof(path))
            return;
        if (renameat2(AT_FDCWD, file->path, AT_FDCWD, path, RENAME_NOREPLACE) == 0 || errno == ENOENT)
            return;
        if (errno == EINVAL || errno == ENOSYS) {
            rename(file->path, path);
            return;
        }
    }
}

static void rotate(struct mb_log_file *file)
{
    if (is_still_at_path(file))
        move_aside(file);
    close(file->fd);
    open_again(file);
    remove_old_files(file);
}

void mb_log_file_write(struct mb_log_file *file, const char *line, size_t len)
{
    if (file->fd >= 0 && file->max_bytes > 0 && file->size > 0 && file->size + len > file->max_bytes)
        rotate(file);
    if (file->fd < 0 && !open_again(file))
        return;
    while (len > 0) {
        ssize_t n = write(file->fd, line, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        line += n;
        len -= (size_t)n;
        file->size += (uint64_t)n;
    }
}
