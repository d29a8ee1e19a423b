#include "base/progress_row.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

static const char *take_text(char **at, const char *text)
{
    const char *copy = *at;
    size_t size = strlen(text) + 1;
    memcpy(*at, text, size);
    *at += size;
    return copy;
}

static struct mb_progress_row *new_row(const struct mb_progress_names *names)
{
    size_t size =
        strlen(names->db) + strlen(names->name) + strlen(names->source_db) + strlen(names->source_name) + 4;
    struct mb_progress_row *row = calloc(1, sizeof(*row) + size);
    if (row == NULL)
        return NULL;
    char *at = row->text;
    row->db = take_text(&at, names->db);
    row->name = take_text(&at, names->name);
    row->source_db = take_text(&at, names->source_db);
    row->source_name = take_text(&at, names->source_name);
    atomic_store(&row->rows, -1);
    return row;
}

/* With the lock held; false without memory. */
static bool keep(struct mb_progress *progress, struct mb_progress_row *row)
{
    if (progress->row_count == progress->row_cap) {
        size_t cap = progress->row_cap == 0 ? 16 : 2 * progress->row_cap;
        struct mb_progress_row **grown = realloc(progress->rows, cap * sizeof(struct mb_progress_row *));
        if (grown == NULL)
            return false;
        progress->rows = grown;
        progress->row_cap = cap;
    }
    progress->rows[progress->row_count++] = row;
    return true;
}

mb_status mb_progress_add_row(struct mb_progress *progress, const struct mb_progress_names *names,
                              struct mb_progress_row **out, struct mb_error *error)
{
    *out = NULL;
    if (progress == NULL)
        return MB_OK;
    struct mb_progress_row *row = new_row(names);
    if (row == NULL)
        return mb_fail_memory(error);
    pthread_mutex_lock(&progress->lock);
    bool kept = keep(progress, row);
    pthread_mutex_unlock(&progress->lock);
    if (!kept) {
        free(row);
        return mb_fail_memory(error);
    }
    *out = row;
    return MB_OK;
}

size_t mb_progress_row_count(struct mb_progress *progress)
{
    pthread_mutex_lock(&progress->lock);
    size_t count = progress->row_count;
    pthread_mutex_unlock(&progress->lock);
    return count;
}

struct mb_progress_row *mb_progress_row_at(struct mb_progress *progress, size_t i)
{
    pthread_mutex_lock(&progress->lock);
    struct mb_progress_row *row = i < progress->row_count ? progress->rows[i] : NULL;
    pthread_mutex_unlock(&progress->lock);
    return row;
}

void mb_progress_row_does(struct mb_progress_row *row, const char *doing)
{
    int_fast64_t never = 0;
    if (row == NULL)
        return;
    atomic_compare_exchange_strong(&row->started_ns, &never, mb_clock_monotonic());
    atomic_store(&row->doing, doing);
}

void mb_progress_row_ends(struct mb_progress_row *row)
{
    if (row == NULL)
        return;
    atomic_store(&row->doing, NULL);
    atomic_store(&row->ended_ns, mb_clock_monotonic());
}

void mb_progress_row_moved(struct mb_progress_row *row, uint64_t objects, uint64_t bytes)
{
    if (row == NULL)
        return;
    atomic_fetch_add(&row->objects, objects);
    atomic_fetch_add(&row->bytes_done, bytes);
}

void mb_progress_row_expect(struct mb_progress_row *row, uint64_t bytes)
{
    if (row != NULL)
        atomic_fetch_add(&row->bytes_total, bytes);
}
