#include "bed.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_cancelled(const struct mb_call *call)
{
    struct bed *bed = call->host_data;
    return bed->cancel_after > 0 && --bed->cancel_after == 0;
}

struct mb_store *bed_open(struct bed *bed, const char *root, struct mb_store_info *info)
{
    struct mb_store *store = NULL;
    struct mb_kv config[] = {{"root", root}, {"fsync", "false"}};
    *info = (struct mb_store_info){.struct_size = sizeof(*info)};
    return bed->driver->open(&store, info, config, 2, &bed->call) == MB_OK ? store : NULL;
}

int bed_up(void **state)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    bed->driver = mb_storage_plugin_entry();
    bed->error = MB_ERROR_INIT;
    bed->call = (struct mb_call){
        .struct_size = sizeof(bed->call), .cancelled = is_cancelled, .error = &bed->error, .host_data = bed};
    snprintf(bed->root, sizeof(bed->root), "/tmp/test-local-XXXXXX");
    if (mkdtemp(bed->root) == NULL)
        return -1;
    bed->store = bed_open(bed, bed->root, &bed->info);
    *state = bed;
    return bed->store == NULL ? -1 : 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

int bed_down(void **state)
{
    struct bed *bed = *state;
    bed->driver->close(bed->store);
    nftw(bed->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(bed);
    return 0;
}

static mb_status read_source(void *ctx, void *buf, size_t cap, size_t *nread)
{
    struct bed_source *from = ctx;
    size_t n = from->len - from->at;
    if (n > cap)
        n = cap;
    memcpy(buf, from->data + from->at, n);
    from->at += n;
    *nread = n;
    return MB_OK;
}

struct mb_source bed_source(struct bed_source *from, const char *data, size_t len, int64_t size)
{
    *from = (struct bed_source){.data = data, .len = len};
    return (struct mb_source){
        .struct_size = sizeof(struct mb_source), .size = size, .read = read_source, .ctx = from};
}

static mb_status put_with(struct bed *bed, const char *key, const char *text, uint32_t flags)
{
    struct bed_source from;
    struct mb_source source = bed_source(&from, text, strlen(text), (int64_t)strlen(text));
    struct mb_put_options opts = {.struct_size = sizeof(opts), .flags = flags};
    return bed->driver->put(bed->store, key, &opts, &source, NULL, &bed->call);
}

mb_status bed_put(struct bed *bed, const char *key, const char *text)
{
    return put_with(bed, key, text, 0);
}

mb_status bed_put_new(struct bed *bed, const char *key, const char *text)
{
    return put_with(bed, key, text, MB_PUT_IF_ABSENT);
}

struct text {
    size_t len;
    char data[1 << 16];
};

static mb_status collect(void *ctx, const void *data, size_t len)
{
    struct text *text = ctx;
    if (len >= sizeof(text->data) - text->len)
        return MB_E_NO_MEMORY;
    memcpy(text->data + text->len, data, len);
    text->len += len;
    text->data[text->len] = '\0';
    return MB_OK;
}

const char *bed_get(struct bed *bed, const char *key)
{
    static struct text text;
    struct mb_sink sink = {.struct_size = sizeof(sink), .write = collect, .ctx = &text};
    text = (struct text){0};
    return bed->driver->get(bed->store, key, NULL, &sink, NULL, &bed->call) == MB_OK ? text.data : NULL;
}

mb_status bed_stat(struct bed *bed, const char *key, struct mb_stat *out)
{
    *out = (struct mb_stat){.struct_size = sizeof(*out)};
    return bed->driver->stat(bed->store, key, out, &bed->call);
}

mb_status bed_remove(struct bed *bed, const char *key)
{
    return bed->driver->remove(bed->store, key, &bed->call);
}

const char *bed_list(struct bed *bed, const char *prefix, const char *delimiter, uint32_t page_size)
{
    static struct text text;
    struct mb_list *list = NULL;
    struct mb_page page = {.struct_size = sizeof(page)};
    struct mb_list_options opts = {
        .struct_size = sizeof(opts), .page_size = page_size, .prefix = prefix, .delimiter = delimiter};
    text = (struct text){0};
    assert_int_equal(bed->driver->list_open(&list, bed->store, &opts, &bed->call), MB_OK);
    while (bed->driver->list_next(list, &page, &bed->call) == MB_OK) {
        const struct mb_entry *entries = page.entries;
        assert_true(page.count <= page_size);
        for (size_t i = 0; i < page.count; i++)
            text.len +=
                (size_t)snprintf(text.data + text.len, sizeof(text.data) - text.len, "%s%s\n", entries[i].key,
                                 (entries[i].flags & MB_ENTRY_PREFIX) != 0 ? " dir" : "");
        if (page.token == NULL)
            break;
    }
    bed->driver->list_close(list);
    return text.data;
}

static void full_path(const struct bed *bed, const char *path, char out[256])
{
    snprintf(out, 256, "%s/%s", bed->root, path);
}

bool bed_exists(const struct bed *bed, const char *path)
{
    char full[256];
    struct stat st;
    full_path(bed, path, full);
    return lstat(full, &st) == 0;
}

void bed_mkdir(const struct bed *bed, const char *path)
{
    char full[256];
    full_path(bed, path, full);
    assert_int_equal(mkdir(full, 0777), 0);
}

void bed_symlink(const struct bed *bed, const char *to, const char *path)
{
    char full[256];
    full_path(bed, path, full);
    assert_int_equal(symlink(to, full), 0);
}

int bed_entries(const struct bed *bed, const char *path)
{
    char full[256];
    int count = 0;
    full_path(bed, path, full);
    DIR *dir = opendir(full);
    assert_non_null(dir);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count - 2;
}
