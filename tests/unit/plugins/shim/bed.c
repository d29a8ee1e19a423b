#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bed.h"

#include "base/clock.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_OPTIONS = 16, LARGEST = 1 << 20 };

int bed_up(void **state)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    char log[96], store[96];
    *state = bed;
    bed->error = MB_ERROR_INIT;
    bed->attempts = 4;
    strcpy(bed->folder, "/tmp/test-shim-XXXXXX");
    if (mkdtemp(bed->folder) == NULL)
        return -1;
    snprintf(log, sizeof(log), "%s/log", bed->folder);
    snprintf(store, sizeof(store), "%s/store", bed->folder);
    struct mb_log_options log_options = {.level = MB_LOG_DEBUG, .path = log};
    if (mkdir(store, 0755) != 0 || mb_log_open(&bed->log, &log_options, &bed->error) != MB_OK)
        return -1;
    const struct mb_drivers_options options = {
        .plugin_dir = MB_DRIVERS, .path = MB_TEST_PLUGINS, .log = bed->log};
    return mb_drivers_new(&bed->drivers, &options, &bed->error);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

int bed_down(void **state)
{
    struct bed *bed = *state;
    mb_drivers_free(bed->drivers);
    mb_log_close(bed->log);
    nftw(bed->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(bed);
    return 0;
}

mb_status bed_try(struct bed *bed, struct mb_storage **out, const char *driver, const char *const *options)
{
    char keys[MOST_OPTIONS][64];
    struct mb_kv config[MOST_OPTIONS];
    size_t count = 0;
    for (; options[count] != NULL && count < MOST_OPTIONS; count++) {
        const char *equals = strchr(options[count], '=');
        snprintf(keys[count], sizeof(keys[count]), "%.*s", (int)(equals - options[count]), options[count]);
        config[count] = (struct mb_kv){keys[count], equals + 1};
    }
    const struct mb_storage_options storage_options = {
        .retry = {.attempts = bed->attempts, .base_ns = MB_NS_PER_MS, .cap_ns = 2 * MB_NS_PER_MS},
        .call_timeout_ns = bed->call_timeout_ns,
        .log = bed->log};
    return mb_storage_open(out, bed->drivers, driver, config, count, &storage_options, &bed->error);
}

struct mb_storage *bed_open(struct bed *bed, const char *driver, const char *const *options)
{
    struct mb_storage *storage = NULL;
    assert_ok(bed, bed_try(bed, &storage, driver, options));
    return storage;
}

const char *bed_path(struct bed *bed, const char *key, const char *name)
{
    static char texts[4][128];
    static unsigned next;
    char *text = texts[next++ % 4];
    snprintf(text, sizeof(texts[0]), "%s=%s/%s", key, bed->folder, name);
    return text;
}

static char byte_at(size_t i)
{
    return (char)(i * 31 % 251);
}

mb_status bed_put(struct bed *bed, struct mb_storage *storage, const char *key, size_t size)
{
    static char data[LARGEST];
    for (size_t i = 0; i < size; i++)
        data[i] = byte_at(i);
    return mb_storage_write(storage, key, data, size, NULL, NULL, NULL, &bed->error);
}

bool bed_holds(struct bed *bed, struct mb_storage *storage, const char *key, size_t size)
{
    struct mb_buf buf;
    mb_buf_init(&buf, LARGEST);
    bool same = mb_storage_read_all(storage, key, &buf, NULL, &bed->error) == MB_OK && buf.len == size;
    for (size_t i = 0; same && i < size; i++)
        same = buf.data[i] == byte_at(i);
    mb_buf_done(&buf);
    return same;
}
