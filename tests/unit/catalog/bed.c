#include "bed.h"

#include "base/clock.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void bed_reopen(struct bed *bed)
{
    const struct mb_kv config[] = {{"root", bed->root}, {"fsync", "false"}};
    const struct mb_storage_options options = {.retry = {.attempts = 1}, .patience_ns = 50 * MB_NS_PER_MS};
    mb_storage_close(bed->storage);
    bed->storage = NULL;
    if (mb_storage_open_plugin(&bed->storage, &bed->driver, config, 2, &options, &bed->error) != MB_OK)
        fail_msg("%s", bed->error.message);
    bed->catalog.storage = bed->storage;
}

int bed_up(void **state)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    snprintf(bed->root, sizeof(bed->root), "/tmp/test-catalog-XXXXXX");
    if (mkdtemp(bed->root) == NULL)
        return -1;
    bed->error = MB_ERROR_INIT;
    bed->driver = *mb_storage_plugin_entry();
    bed->arena = mb_arena_new();
    bed->catalog.root = "backup";
    bed_reopen(bed);
    *state = bed;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

int bed_down(void **state)
{
    struct bed *bed = *state;
    mb_storage_close(bed->storage);
    nftw(bed->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    mb_arena_free(bed->arena);
    free(bed);
    return 0;
}

void bed_put(struct bed *bed, const char *key, const char *text)
{
    if (mb_storage_write(bed->storage, key, text, strlen(text), NULL, NULL, NULL, &bed->error) != MB_OK)
        fail_msg("%s", bed->error.message);
}

const char *bed_get(struct bed *bed, const char *key)
{
    struct mb_buf text;
    char *copy = NULL;
    mb_buf_init(&text, 1 << 24);
    mb_status status = mb_storage_read_all(bed->storage, key, &text, NULL, &bed->error);
    if (status == MB_OK)
        copy = mb_arena_strndup(bed->arena, text.data, text.len);
    else if (status != MB_E_NOT_FOUND)
        fail_msg("%s", bed->error.message);
    mb_buf_done(&text);
    return copy;
}

size_t bed_count(struct bed *bed, const char *prefix)
{
    struct mb_listing *listing = NULL;
    const struct mb_entry *entry;
    size_t count = 0;
    assert_int_equal(mb_listing_open(&listing, bed->storage, prefix, NULL, NULL, &bed->error), MB_OK);
    while (mb_listing_next(listing, &entry, &bed->error) == MB_OK)
        count++;
    mb_listing_close(listing);
    return count;
}

mb_status bed_make(struct bed *bed, const struct mb_catalog *catalog, const struct mb_backup *backup)
{
    struct mb_claim *claim = NULL;
    const struct mb_claim_wish wish = {.backup_id = backup->id, .plan_digest = "3 collections"};
    mb_status status = mb_claim_begin(&claim, catalog, backup->name, &wish, NULL, &bed->error);
    if (status == MB_OK)
        status = mb_catalog_write(catalog, claim, backup, NULL, NULL, &bed->error);
    mb_claim_free(claim);
    return status;
}

void bed_record(struct bed *bed, const char *dir, const char *backup_id, int64_t age_s)
{
    char key[256], path[512], then[32];
    const struct mb_catalog catalog = {.storage = bed->storage};
    int64_t ns = mb_clock_wall() - age_s * MB_NS_PER_S;
    const struct timespec times[2] = {{.tv_sec = (time_t)(ns / MB_NS_PER_S)},
                                      {.tv_sec = (time_t)(ns / MB_NS_PER_S)}};
    mb_clock_format(ns, then, sizeof(then));
    const struct mb_claim_record record = {.backup_id = backup_id,
                                           .plan_digest = "3 collections",
                                           .owner = "host, process 7, pid:[1], boot x, started 8",
                                           .started = then,
                                           .generation = "theirs",
                                           .heartbeat = then,
                                           .failed = "",
                                           .reason = ""};
    snprintf(key, sizeof(key), "%s/meta/in_progress.json", dir);
    assert_int_equal(mb_claim_record_write(&catalog, key, &record, 0, NULL, &bed->error), MB_OK);
    snprintf(path, sizeof(path), "%s/%s", bed->root, key);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}
