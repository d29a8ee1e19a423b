#include "verify/runs.h"

#include "base/arena.h"
#include "catalog/spool.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)64 << 10)
#define MAX_TEXT    ((size_t)64 << 10)

/* In memory. */
struct item {
    const char *key;
    const char *etag; /* "" when not known */
    uint64_t size;
};

/* In the file, before the key and the etag without their ends. */
struct head {
    uint64_t size;
    uint32_t key_len, etag_len;
};

struct run {
    uint64_t at, end; /* of what has not been read, in the spool */
    size_t used, have;
    char *chunk;
    struct mb_buf text; /* of the entry at hand: the key, then the etag */
    struct head head;
    bool ended;
};

struct mb_runs {
    size_t memory_bytes;
    struct mb_arena *arena; /* of items */
    struct item *items;
    size_t count, cap;
    size_t held;          /* bytes of items and their texts */
    size_t next;          /* of items, when there are no runs */
    struct mb_buf record; /* on its way into the spool */
    struct mb_spool spool;
    struct run *runs;
    size_t run_count;
    struct run *handed; /* the run whose entry the caller holds */
};

mb_status mb_runs_new(struct mb_runs **out, size_t memory_bytes, struct mb_log *log, struct mb_error *error)
{
    struct mb_runs *runs = calloc(1, sizeof(*runs));
    if (runs == NULL)
        return mb_fail_memory(error);
    runs->memory_bytes = memory_bytes;
    runs->arena = mb_arena_new();
    mb_spool_init(&runs->spool, log);
    mb_buf_init(&runs->record, sizeof(struct head) + 2 * MAX_TEXT);
    if (runs->arena == NULL) {
        mb_runs_free(runs);
        return mb_fail_memory(error);
    }
    *out = runs;
    return MB_OK;
}

void mb_runs_free(struct mb_runs *runs)
{
    if (runs == NULL)
        return;
    for (size_t i = 0; i < runs->run_count; i++) {
        free(runs->runs[i].chunk);
        mb_buf_done(&runs->runs[i].text);
    }
    free(runs->runs);
    free(runs->items);
    mb_buf_done(&runs->record);
    mb_spool_done(&runs->spool);
    mb_arena_free(runs->arena);
    free(runs);
}

/* ------------------------------------------------------------- writing */

static int compare_items(const void *a, const void *b)
{
    return strcmp(((const struct item *)a)->key, ((const struct item *)b)->key);
}

static mb_status write_item(struct mb_runs *runs, const struct item *item, struct mb_error *error)
{
    struct head head = {
        .size = item->size, .key_len = (uint32_t)strlen(item->key), .etag_len = (uint32_t)strlen(item->etag)};
    mb_buf_reset(&runs->record);
    mb_buf_append(&runs->record, &head, sizeof(head));
    mb_buf_append(&runs->record, item->key, head.key_len);
    mb_buf_append(&runs->record, item->etag, head.etag_len);
    MB_TRY(mb_buf_status(&runs->record, error));
    return mb_spool_append(&runs->spool, runs->record.data, runs->record.len, error);
}

static mb_status begin_run(struct mb_runs *runs, struct run **out, struct mb_error *error)
{
    struct run *more = reallocarray(runs->runs, runs->run_count + 1, sizeof(*more));
    if (more == NULL)
        return mb_fail_memory(error);
    runs->runs = more;
    struct run *run = &more[runs->run_count++];
    *run = (struct run){.at = runs->spool.size};
    mb_buf_init(&run->text, 2 * MAX_TEXT + 2);
    *out = run;
    return MB_OK;
}

static mb_status spill(struct mb_runs *runs, struct mb_error *error)
{
    struct run *run = NULL;
    if (runs->count == 0)
        return MB_OK;
    qsort(runs->items, runs->count, sizeof(*runs->items), compare_items);
    MB_TRY(begin_run(runs, &run, error));
    for (size_t i = 0; i < runs->count; i++)
        MB_TRY(write_item(runs, &runs->items[i], error));
    run->end = runs->spool.size;
    mb_arena_free(runs->arena);
    runs->arena = mb_arena_new();
    runs->count = runs->held = 0;
    return runs->arena != NULL ? MB_OK : mb_fail_memory(error);
}

mb_status mb_runs_add(struct mb_runs *runs, const struct mb_entry *entry, struct mb_error *error)
{
    const char *etag = entry->etag != NULL ? entry->etag : "";
    size_t held = sizeof(struct item) + strlen(entry->key) + strlen(etag) + 2;
    if (runs->held + held > runs->memory_bytes)
        MB_TRY(spill(runs, error));
    if (runs->count == runs->cap) {
        size_t cap = runs->cap > 0 ? runs->cap * 2 : 256;
        struct item *items = reallocarray(runs->items, cap, sizeof(*items));
        if (items == NULL)
            return mb_fail_memory(error);
        runs->items = items;
        runs->cap = cap;
    }
    struct item item = {.key = mb_arena_strdup(runs->arena, entry->key),
                        .etag = *etag != '\0' ? mb_arena_strdup(runs->arena, etag) : "",
                        .size = entry->size};
    if (item.key == NULL || item.etag == NULL)
        return mb_fail_memory(error);
    runs->items[runs->count++] = item;
    runs->held += held;
    return MB_OK;
}

/* ------------------------------------------------------------- reading */

static mb_status read_bytes(struct mb_runs *runs, struct run *run, void *to, size_t len,
                            struct mb_error *error)
{
    char *out = to;
    while (len > 0) {
        if (run->used == run->have) {
            uint64_t left = run->end - run->at;
            run->have = left < CHUNK_BYTES ? (size_t)left : CHUNK_BYTES;
            run->used = 0;
            MB_TRY(mb_spool_read(&runs->spool, run->at, run->chunk, run->have, error));
            run->at += run->have;
        }
        size_t n = run->have - run->used < len ? run->have - run->used : len;
        if (n == 0)
            return mb_fail(error, MB_E_INTERNAL, "a temporary file is too short");
        memcpy(out, run->chunk + run->used, n);
        run->used += n;
        out += n;
        len -= n;
    }
    return MB_OK;
}

static mb_status read_text(struct mb_runs *runs, struct run *run, uint32_t len, struct mb_error *error)
{
    char piece[4096];
    for (size_t left = len; left > 0;) {
        size_t n = left < sizeof(piece) ? left : sizeof(piece);
        MB_TRY(read_bytes(runs, run, piece, n, error));
        mb_buf_append(&run->text, piece, n);
        left -= n;
    }
    mb_buf_append(&run->text, "", 1);
    return mb_buf_status(&run->text, error);
}

static mb_status advance(struct mb_runs *runs, struct run *run, struct mb_error *error)
{
    if (run->at == run->end && run->used == run->have) {
        run->ended = true;
        return MB_OK;
    }
    mb_buf_reset(&run->text);
    MB_TRY(read_bytes(runs, run, &run->head, sizeof(run->head), error));
    MB_TRY(read_text(runs, run, run->head.key_len, error));
    return read_text(runs, run, run->head.etag_len, error);
}

mb_status mb_runs_merge(struct mb_runs *runs, struct mb_error *error)
{
    if (runs->run_count == 0) {
        if (runs->count > 0)
            qsort(runs->items, runs->count, sizeof(*runs->items), compare_items);
        return MB_OK;
    }
    MB_TRY(spill(runs, error));
    for (size_t i = 0; i < runs->run_count; i++) {
        runs->runs[i].chunk = malloc(CHUNK_BYTES);
        if (runs->runs[i].chunk == NULL)
            return mb_fail_memory(error);
        MB_TRY(advance(runs, &runs->runs[i], error));
    }
    return MB_OK;
}

/* Sixteen MiB are a hundred thousand keys, so there are few runs and no heap is needed. */
static struct run *least(const struct mb_runs *runs)
{
    struct run *found = NULL;
    for (size_t i = 0; i < runs->run_count; i++) {
        struct run *run = &runs->runs[i];
        if (!run->ended && (found == NULL || strcmp(run->text.data, found->text.data) < 0))
            found = run;
    }
    return found;
}

static void fill(struct mb_entry *out, const char *key, const char *etag, uint64_t size)
{
    *out = (struct mb_entry){.key = key, .etag = *etag != '\0' ? etag : NULL, .size = size};
}

mb_status mb_runs_next(struct mb_runs *runs, struct mb_entry *out, struct mb_error *error)
{
    if (runs->run_count == 0) {
        if (runs->next == runs->count)
            return MB_END;
        const struct item *item = &runs->items[runs->next++];
        fill(out, item->key, item->etag, item->size);
        return MB_OK;
    }
    if (runs->handed != NULL)
        MB_TRY(advance(runs, runs->handed, error));
    struct run *run = runs->handed = least(runs);
    if (run == NULL)
        return MB_END;
    fill(out, run->text.data, run->text.data + run->head.key_len + 1, run->head.size);
    return MB_OK;
}
