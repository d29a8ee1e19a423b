/* driver.c - the local driver's table: objects as files below one directory. */
#include "local.h"

#include "base/path.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct mb_option options[] = {
    {.name = "root",
     .type = MB_OPT_PATH,
     .flags = MB_OPT_REQUIRED,
     .help = "the directory below which the objects are files; it has to exist"},
    {.name = "fsync",
     .type = MB_OPT_BOOL,
     .def = "true",
     .help = "wait until an object is on the disk before calling it written"},
};

static mb_status bad_root(const char *path, int sys_errno, struct mb_error *error)
{
    mb_fail_errno(error, sys_errno, "root is '%s'", path);
    if (sys_errno == ENOTDIR || sys_errno == ELOOP || sys_errno == ENAMETOOLONG)
        error->status = MB_E_CONFIG;
    return error->status;
}

/* The first digits of what the kernel calls this boot. */
static void read_boot(char out[9])
{
    char boot[64];
    bool told = mb_file_boot(boot, sizeof(boot)) && strspn(boot, "0123456789abcdef") >= 8;
    snprintf(out, 9, "%.8s", told ? boot : "00000000");
}

static mb_status fill_info(const struct mb_store *store, struct mb_store_info *info, struct mb_error *error)
{
    struct mb_store_info told = {.caps = MB_USUAL_CAPS | MB_CAP_IF_ABSENT, .realm = "file:"};
    const char *slash = strcmp(store->root, "/") == 0 ? "" : "/";
    int len = snprintf(told.native_root, sizeof(told.native_root), "%s%s", store->root, slash);
    if ((size_t)len >= sizeof(told.native_root))
        return mb_fail(error, MB_E_CONFIG, "the path of the root directory is longer than %zu bytes",
                       sizeof(told.native_root) - 2);
    snprintf(told.location, sizeof(told.location), "%.*s", (int)sizeof(told.location) - 1, store->root);
    mb_info_write(info, &told);
    return MB_OK;
}

void local_close(struct mb_store *store)
{
    if (store == NULL)
        return;
    free(store->root);
    free(store);
}

static mb_status open_root(struct mb_store *store, struct mb_store_info *info, const struct mb_kv *config,
                           size_t count, struct mb_error *error)
{
    const char *root = mb_kv_find(config, count, "root");
    const char *fsync = mb_kv_find(config, count, "fsync");
    store->fsync = true;
    if (root == NULL || root[0] == '\0')
        return mb_fail(error, MB_E_CONFIG, "root is not set: it is the directory of the objects");
    if (fsync != NULL && !mb_text_to_bool(fsync, &store->fsync))
        return mb_fail(error, MB_E_CONFIG, "fsync is neither true nor false");
    read_boot(store->boot);
    store->root = mb_path_resolve(root);
    if (store->root == NULL)
        return bad_root(root, errno, error);
    return fill_info(store, info, error);
}

mb_status local_open(struct mb_store **out, struct mb_store_info *info, const struct mb_kv *config,
                     size_t count, const struct mb_call *call)
{
    struct mb_store *store = calloc(1, sizeof(*store));
    if (store == NULL)
        return mb_fail_memory(call->error);
    atomic_init(&store->no_openat2, false);
    atomic_init(&store->unsynced, false);
    mb_status status = open_root(store, info, config, count, call->error);
    if (status == MB_OK)
        *out = store;
    else
        local_close(store);
    return status;
}

mb_status local_check(struct mb_store *store, const struct mb_call *call)
{
    int root = -1;
    MB_TRY(mb_call_wanted(call));
    MB_TRY(local_open_root(store, &root, call->error));
    int readable = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int sys_errno = errno;
    bool enterable = faccessat(root, ".", X_OK, AT_EACCESS) == 0;
    mb_file_close(readable);
    close(root);
    if (readable < 0)
        return local_fail(call->error, sys_errno, store, "read the root directory", "");
    if (!enterable)
        return mb_fail(call->error, MB_E_FORBIDDEN, "no permission to enter the root directory '%s'",
                       store->root);
    return MB_OK;
}

/* The directory that holds path, when the store syncs.  Who may not read a directory cannot sync it. */
static mb_status sync_above(const struct mb_store *store, const char *path, struct mb_error *error)
{
    const char *slash = strrchr(path, '/');
    if (!store->fsync)
        return MB_OK;
    char *parent = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (parent == NULL)
        return mb_fail_memory(error);
    mb_status status = MB_OK;
    if (mb_file_sync_folder(parent) != 0)
        status = mb_fail_errno(error, errno, "sync the directory '%s'", parent);
    free(parent);
    return status;
}

/* Makes one directory of the way to the root.  One that an earlier attempt has made may not be on the disk.
 */
static mb_status make_directory(struct mb_store *store, const char *path, struct mb_error *error)
{
    bool made = mkdir(path, 0777) == 0;
    if (!made && errno != EEXIST)
        return mb_fail_errno(error, errno, "make the directory '%s'", path);
    if (!made && !atomic_load(&store->unsynced))
        return MB_OK;
    mb_status status = sync_above(store, path, error);
    if (status != MB_OK)
        atomic_store(&store->unsynced, true);
    return status;
}

mb_status local_create_bucket(struct mb_store *store, const struct mb_call *call)
{
    char path[sizeof(((struct mb_store_info *)0)->native_root)];
    MB_TRY(mb_call_wanted(call));
    for (size_t len = 0, all = strlen(store->root); len < all;) {
        len += 1 + strcspn(store->root + len + 1, "/");
        snprintf(path, sizeof(path), "%.*s", (int)len, store->root);
        MB_TRY(make_directory(store, path, call->error));
    }
    return local_check(store, call);
}

/* Every file is within reach of the same process; across file systems bytes are read and written. */
int local_can_copy(struct mb_store *dst, struct mb_store *src)
{
    (void)dst;
    (void)src;
    return 1;
}

MB_DRIVER = {
    MB_HEAD("local", "files below a directory of this machine"),
    MB_ROW(local, open),
    MB_ROWS(local),
    MB_ROW(local, mpu_copy_part),
};
