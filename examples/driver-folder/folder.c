/* folder.c - a storage driver to copy from: an object is a file of one folder, named 'k' and its key with the
 * byte 0x1f for each slash.  Required slots only.  It skips keys with that byte or of more than 254 bytes,
 * pages of listings (quirks.txt) and syncing the folder: a power cut may undo the latest put. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <milvus_backup/storage_plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NANOSECONDS(time) ((time).tv_sec * INT64_C(1000000000) + (time).tv_nsec)
enum { CHUNK = 64 << 10, PATH = 4096 };

struct mb_store {
    char folder[1024];
};
struct mb_list {
    size_t count;
    struct file {
        struct mb_entry entry; /* the host steps over the rest, since a page says how long its entries are */
        char key[256];
        struct mb_stat stat;
    } files[];
};
/* The host decides by the status what to do, and people by the message. */
static mb_status fail(const struct mb_call *call, mb_status status, const char *message)
{
    call->error->status = status;
    call->error->flags = status == MB_E_TIMEOUT ? MB_ERR_RETRYABLE : 0;
    snprintf(call->error->message, sizeof call->error->message, "folder: %s", message);
    return status;
}
static mb_status fail_errno(const struct mb_call *call, const struct mb_store *store)
{
    mb_status status = errno == ENOSPC ? MB_E_NO_SPACE : MB_E_FORBIDDEN; /* "the file system refuses" */
    if (errno == EEXIST)
        status = MB_E_EXISTS;
    if (errno == ENOENT)
        status = access(store->folder, F_OK) != 0 ? MB_E_NO_BUCKET : MB_E_NOT_FOUND;
    return fail(call, status, strerror(call->error->sys_errno = errno));
}
/* Does the caller still wait?  Asked when a call begins, and between the pieces of what takes long. */
static mb_status wanted(const struct mb_call *call)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (call->cancelled(call))
        return fail(call, MB_E_CANCELLED, "cancelled");
    int late = call->deadline_ns != 0 && NANOSECONDS(now) >= call->deadline_ns;
    return late ? fail(call, MB_E_TIMEOUT, "the deadline has passed") : MB_OK;
}
static void swap(char *text, char from, char to)
{
    while ((text = strchr(text, from)) != NULL)
        *text = to;
}
static mb_status path_of(struct mb_store *store, const char *key, char *path, const struct mb_call *call)
{
    int folder = snprintf(path, PATH, "%s/", store->folder);
    snprintf(path + folder, (size_t)(PATH - folder), "k%s", key);
    swap(path + folder, '/', 0x1f);
    return strchr(key, 0x1f) || key[0] == '\0' ? fail(call, MB_E_INVALID, "this is no key") : wanted(call);
}
static mb_status folder_open(struct mb_store **out, struct mb_store_info *info, const struct mb_kv *config,
                             size_t count, const struct mb_call *call)
{
    struct mb_store *store = count == 1 ? calloc(1, sizeof *store) : NULL; /* one option, by the table */
    if (store == NULL)
        return fail(call, MB_E_NO_MEMORY, "out of memory");
    snprintf(store->folder, sizeof store->folder, "%s", config->value);
    snprintf(info->location, sizeof info->location, "%s", config->value);
    info->caps = MB_CAP_RANGE | MB_CAP_IF_ABSENT | MB_CAP_STRONG_LIST | MB_CAP_ATOMIC_PUT;
    *out = store;
    return MB_OK;
}
static void folder_close(struct mb_store *store)
{
    free(store);
}
static mb_status folder_check(struct mb_store *store, const struct mb_call *call)
{
    return access(store->folder, R_OK | W_OK | X_OK) != 0 ? fail_errno(call, store) : wanted(call);
}
static mb_status folder_get(struct mb_store *store, const char *key, const struct mb_get_options *opts,
                            const struct mb_sink *sink, struct mb_stat *out, const struct mb_call *call)
{
    char path[PATH], buffer[CHUNK];
    struct stat st = {0};
    uint64_t at = opts->offset, left = opts->length != 0 ? opts->length : UINT64_MAX;
    mb_status status = path_of(store, key, path, call);
    int fd = status == MB_OK ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return status != MB_OK ? status : fail_errno(call, store);
    for (ssize_t n = sink != NULL; status == MB_OK && n > 0 && left > 0; at += (size_t)n, left -= (size_t)n)
        if ((n = pread(fd, buffer, left < CHUNK ? left : CHUNK, (off_t)at)) < 0)
            status = fail_errno(call, store);
        else if (n > 0 && sink->write(sink->ctx, buffer, (size_t)n) != MB_OK)
            status = fail(call, MB_E_CALLBACK, "the receiver refused the bytes");
        else
            status = wanted(call);
    fstat(fd, &st);
    close(fd);
    if (status == MB_OK)
        *out = (struct mb_stat){out->struct_size, 0, (uint64_t)st.st_size, NANOSECONDS(st.st_mtim), "", 0, 0};
    return status;
}
static mb_status folder_stat(struct mb_store *store, const char *key, struct mb_stat *out,
                             const struct mb_call *call)
{
    return folder_get(store, key, &(struct mb_get_options){.offset = 0}, NULL, out, call);
}
static mb_status folder_put(struct mb_store *store, const char *key, const struct mb_put_options *opts,
                            const struct mb_source *source, struct mb_stat *out, const struct mb_call *call)
{
    char path[PATH], unfinished[PATH], buffer[CHUNK];
    mb_status status = path_of(store, key, path, call);
    snprintf(unfinished, PATH, "%s/unfinished-XXXXXX", store->folder);
    int fd = status == MB_OK ? mkostemp(unfinished, O_CLOEXEC) : -1;
    if (fd < 0)
        return status != MB_OK ? status : fail_errno(call, store);
    for (size_t n = 1; status == MB_OK && n > 0;)
        if (source->read(source->ctx, buffer, CHUNK, &n) != MB_OK)
            status = fail(call, MB_E_CALLBACK, "the source failed");
        else
            status = write(fd, buffer, n) != (ssize_t)n ? fail_errno(call, store) : wanted(call);
    if (status == MB_OK && source->size >= 0 && lseek(fd, 0, SEEK_CUR) != source->size)
        status = fail(call, MB_E_CORRUPT, "the source has another length than it announced");
    if (status == MB_OK &&
        (fsync(fd) != 0 || (opts->flags & MB_PUT_IF_ABSENT ? link : rename)(unfinished, path) != 0))
        status = fail_errno(call, store);
    unlink(unfinished);
    close(fd);
    return status == MB_OK ? folder_stat(store, key, out, call) : status;
}
static mb_status folder_remove(struct mb_store *store, const char *key, const struct mb_call *call)
{
    char path[PATH];
    mb_status status = path_of(store, key, path, call);
    if (status == MB_OK && unlink(path) != 0)
        status = fail_errno(call, store);
    return status == MB_E_NOT_FOUND ? MB_OK : status; /* a removal may be repeated */
}
static mb_status folder_list_open(struct mb_list **out, struct mb_store *store,
                                  const struct mb_list_options *opts, const struct mb_call *call)
{
    struct dirent **names = NULL;
    size_t prefix = strlen(opts->prefix);
    int n = scandir(store->folder, &names, NULL, alphasort);
    if (n < 0)
        return fail_errno(call, store);
    struct mb_list *list = calloc(1, sizeof *list + (size_t)n * sizeof list->files[0]);
    for (int i = 0; i < n; free(names[i++])) {
        struct file *file = list != NULL ? &list->files[list->count] : NULL;
        if (file == NULL || names[i]->d_name[0] != 'k')
            continue;
        swap(strcpy(file->key, names[i]->d_name + 1), 0x1f, '/');
        if (strncmp(file->key, opts->prefix, prefix) != 0)
            continue;
        char *end = opts->delimiter != NULL ? strstr(file->key + prefix, opts->delimiter) : NULL;
        if (end != NULL)
            end[strlen(opts->delimiter)] = '\0';
        file->entry =
            (struct mb_entry){.key = file->key, .etag = "", .flags = end != NULL ? MB_ENTRY_PREFIX : 0};
        if (end != NULL) /* the same common prefix may have come just before */
            list->count += list->count == 0 || strcmp(file->key, file[-1].key) != 0;
        else if (folder_stat(store, file->key, &file->stat, call) == MB_OK)
            file->entry.size = file->stat.size, file->entry.mtime_ns = file->stat.mtime_ns, list->count++;
    }
    free(names);
    *out = list;
    return list != NULL ? MB_OK : fail(call, MB_E_NO_MEMORY, "out of memory");
}
static mb_status folder_list_next(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    if (list->count == 0)
        return MB_END;
    *page = (struct mb_page){page->struct_size, sizeof list->files[0], list->files, list->count, NULL};
    list->count = 0;
    return wanted(call);
}
static void folder_list_close(struct mb_list *list)
{
    free(list);
}
/* clang-format off */
static const struct mb_storage_plugin plugin = {
    MB_STORAGE_PLUGIN(MB_THREADS_PARALLEL), .name = "folder", .version = "1.0.0", .description = "files of one folder",
    .option_count = 1, .option_size = sizeof(struct mb_option), .options = &(const struct mb_option){
        .name = "folder", .type = MB_OPT_PATH, .flags = MB_OPT_REQUIRED, .help = "Where objects lie; has to exist."},
    .open = folder_open, .close = folder_close, .check = folder_check,
    .stat = folder_stat, .get = folder_get, .put = folder_put, .remove = folder_remove,
    .list_open = folder_list_open, .list_next = folder_list_next, .list_close = folder_list_close};
MB_EXPORT const struct mb_storage_plugin *mb_storage_plugin_entry(void)
{
    return &plugin;
}
