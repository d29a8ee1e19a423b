#include "storage/driver_file.h"

#include "base/buf.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool mb_driver_name_valid(const char *name, size_t len)
{
    return len > 0 && len < 64 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") >= len;
}

struct found {
    struct mb_driver_file *files;
    size_t count, cap;
};

static bool is_found(const struct found *found, const char *name, size_t len)
{
    for (size_t i = 0; i < found->count; i++) {
        if (strncmp(found->files[i].name, name, len) == 0 && found->files[i].name[len] == '\0')
            return true;
    }
    return false;
}

static mb_status add_file(struct found *found, struct mb_arena *arena, const char *dir, const char *file,
                          struct mb_error *error)
{
    size_t len = strlen(file) - strlen(".so");
    if (is_found(found, file, len))
        return MB_OK;
    if (found->count == found->cap) {
        size_t cap = found->cap == 0 ? 16 : found->cap * 2;
        struct mb_driver_file *files = mb_arena_alloc(arena, cap, sizeof(*files));
        if (files == NULL)
            return mb_fail_memory(error);
        if (found->count > 0)
            memcpy(files, found->files, found->count * sizeof(*files));
        found->files = files;
        found->cap = cap;
    }
    struct mb_driver_file entry = {mb_arena_strndup(arena, file, len),
                                   mb_arena_printf(arena, "%s/%s", dir, file)};
    if (entry.name == NULL || entry.path == NULL)
        return mb_fail_memory(error);
    found->files[found->count++] = entry;
    return MB_OK;
}

/* A folder that is not there holds no drivers. */
static mb_status scan_folder(struct found *found, struct mb_arena *arena, const char *dir,
                             struct mb_error *error)
{
    DIR *handle = opendir(dir);
    if (handle == NULL)
        return MB_OK;
    mb_status status = MB_OK;
    for (struct dirent *entry; status == MB_OK && (entry = readdir(handle)) != NULL;) {
        size_t len = strlen(entry->d_name);
        if (mb_text_ends_with(entry->d_name, ".so") &&
            mb_driver_name_valid(entry->d_name, len - strlen(".so")))
            status = add_file(found, arena, dir, entry->d_name, error);
    }
    closedir(handle);
    return status;
}

static int by_name(const void *a, const void *b)
{
    const struct mb_driver_file *left = a, *right = b;
    return strcmp(left->name, right->name);
}

mb_status mb_driver_file_list(const struct mb_strings *dirs, struct mb_arena *arena,
                              struct mb_driver_file **out, size_t *count, struct mb_error *error)
{
    struct found found = {0};
    for (size_t i = 0; i < dirs->count; i++)
        MB_TRY(scan_folder(&found, arena, dirs->items[i], error));
    if (found.count > 0)
        qsort(found.files, found.count, sizeof(found.files[0]), by_name);
    *out = found.files;
    *count = found.count;
    return MB_OK;
}

static mb_status fail_not_found(const struct mb_strings *dirs, const char *name, struct mb_arena *arena,
                                struct mb_error *error)
{
    struct mb_driver_file *files = NULL;
    size_t count = 0;
    MB_TRY(mb_driver_file_list(dirs, arena, &files, &count, error));
    struct mb_buf text;
    mb_buf_init(&text, sizeof(error->message));
    mb_buf_printf(&text, "storage driver \"%s\" not found: no %s.so in ", name, name);
    if (dirs->count == 0)
        mb_buf_puts(&text, "any folder, for none was named");
    for (size_t i = 0; i < dirs->count; i++)
        mb_buf_printf(&text, "%s%s", i > 0 ? ", " : "", dirs->items[i]);
    mb_buf_puts(&text, count > 0 ? "; drivers found there: " : "; no drivers were found there");
    for (size_t i = 0; i < count; i++)
        mb_buf_printf(&text, "%s%s", i > 0 ? ", " : "", files[i].name);
    mb_fail(error, MB_E_CONFIG, "%s", text.data);
    mb_buf_done(&text);
    return error->status;
}

mb_status mb_driver_file_find(const struct mb_strings *dirs, const char *name, struct mb_arena *arena,
                              const char **out, struct mb_error *error)
{
    for (size_t i = 0; i < dirs->count; i++) {
        const char *path = mb_arena_printf(arena, "%s/%s.so", dirs->items[i], name);
        if (path == NULL)
            return mb_fail_memory(error);
        if (access(path, F_OK) == 0) {
            *out = path;
            return MB_OK;
        }
    }
    return fail_not_found(dirs, name, arena, error);
}

/* Who owns this program can make it do anything already. */
static bool is_trusted(uid_t owner)
{
    struct stat self;
    return owner == 0 || owner == geteuid() || (stat("/proc/self/exe", &self) == 0 && owner == self.st_uid);
}

static mb_status check_owner(const char *path, const struct stat *st, struct mb_error *error)
{
    if (!is_trusted(st->st_uid))
        return mb_fail(error, MB_E_CONFIG, "storage driver not loaded: %s belongs to another user (uid %u)",
                       path, (unsigned)st->st_uid);
    bool sticky = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0;
    if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky)
        return mb_fail(error, MB_E_CONFIG,
                       "storage driver not loaded: others may write to %s (mode %04o): chmod go-w it", path,
                       (unsigned)(st->st_mode & 07777));
    return MB_OK;
}

static mb_status check_folder_of(char *path, struct mb_error *error)
{
    struct stat st;
    char *slash = strrchr(path, '/');
    if (slash == NULL)
        return mb_fail(error, MB_E_CONFIG, "storage driver %s: its folder is not known", path);
    slash[slash == path] = '\0';
    if (stat(path, &st) != 0)
        return mb_fail(error, MB_E_CONFIG, "look at the folder %s of a storage driver: %s", path,
                       strerror(errno));
    return check_owner(path, &st, error);
}

/* A link is judged by where it lies and by what it leads to. */
mb_status mb_driver_file_check(const char *path, struct mb_error *error)
{
    char real[PATH_MAX], link[PATH_MAX];
    struct stat st;
    if (strlen(path) >= sizeof(link) || realpath(path, real) == NULL || stat(real, &st) != 0)
        return mb_fail(error, MB_E_CONFIG, "look at storage driver %s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return mb_fail(error, MB_E_CONFIG, "storage driver %s is not a file", path);
    MB_TRY(check_owner(real, &st, error));
    strcpy(link, path);
    MB_TRY(check_folder_of(link, error));
    return check_folder_of(real, error);
}
