#include "catalog/memo.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 1024 };

struct note {
    struct note *next;
    uint64_t seen; /* by the look of this number */
    char *stamp;
    struct {
        char *data;
        size_t len;
    } parts[MB_MEMO_KINDS];
    char name[];
};

struct mb_memo {
    pthread_mutex_t lock;
    size_t limit, used;
    uint64_t looks;
    struct note *rows[ROWS];
};

mb_status mb_memo_new(struct mb_memo **out, size_t bytes, struct mb_error *error)
{
    struct mb_memo *memo = calloc(1, sizeof *memo);
    if (memo == NULL)
        return mb_fail_memory(error);
    memo->limit = bytes;
    pthread_mutex_init(&memo->lock, NULL);
    *out = memo;
    return MB_OK;
}

static size_t cost_of(const struct note *note)
{
    size_t cost = sizeof *note + strlen(note->name) + strlen(note->stamp) + 2;
    for (size_t i = 0; i < MB_MEMO_KINDS; i++)
        cost += note->parts[i].len;
    return cost;
}

static void free_note(struct note *note)
{
    for (size_t i = 0; i < MB_MEMO_KINDS; i++)
        free(note->parts[i].data);
    free(note->stamp);
    free(note);
}

void mb_memo_free(struct mb_memo *memo)
{
    if (memo == NULL)
        return;
    for (size_t i = 0; i < ROWS; i++)
        for (struct note *at = memo->rows[i], *next; at != NULL; at = next) {
            next = at->next;
            free_note(at);
        }
    pthread_mutex_destroy(&memo->lock);
    free(memo);
}

/* With the lock held. */
static struct note **find(struct mb_memo *memo, const char *name)
{
    uint32_t hash = 2166136261u;
    for (const char *at = name; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    struct note **at = &memo->rows[hash % ROWS];
    while (*at != NULL && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    return at;
}

/* With the lock held. */
static void forget(struct mb_memo *memo, struct note **place)
{
    struct note *note = *place;
    memo->used -= cost_of(note);
    *place = note->next;
    free_note(note);
}

uint64_t mb_memo_begin(struct mb_memo *memo)
{
    if (memo == NULL)
        return 0;
    pthread_mutex_lock(&memo->lock);
    uint64_t begun = ++memo->looks;
    pthread_mutex_unlock(&memo->lock);
    return begun;
}

void mb_memo_end(struct mb_memo *memo, uint64_t begun)
{
    if (memo == NULL)
        return;
    pthread_mutex_lock(&memo->lock);
    for (size_t i = 0; i < ROWS; i++)
        for (struct note **at = &memo->rows[i]; *at != NULL;)
            if ((*at)->seen < begun)
                forget(memo, at);
            else
                at = &(*at)->next;
    pthread_mutex_unlock(&memo->lock);
}

bool mb_memo_get(struct mb_memo *memo, const char *name, const char *stamp, enum mb_memo_kind kind,
                 struct mb_arena *arena, const char **data, size_t *len)
{
    char *copy = NULL;
    if (memo == NULL || *stamp == '\0')
        return false;
    pthread_mutex_lock(&memo->lock);
    struct note *note = *find(memo, name);
    if (note != NULL && strcmp(note->stamp, stamp) == 0) {
        note->seen = memo->looks;
        if (note->parts[kind].data != NULL)
            copy = mb_arena_alloc(arena, note->parts[kind].len + 1, 1);
        if (copy != NULL)
            memcpy(copy, note->parts[kind].data, *len = note->parts[kind].len);
    }
    pthread_mutex_unlock(&memo->lock);
    if (copy != NULL)
        *data = copy;
    return copy != NULL;
}

/* With the lock held: the name's note under that stamp, or one that is made; NULL without room. */
static struct note *note_of(struct mb_memo *memo, const char *name, const char *stamp)
{
    struct note **place = find(memo, name);
    if (*place != NULL && strcmp((*place)->stamp, stamp) == 0)
        return *place;
    if (*place != NULL)
        forget(memo, place);
    size_t len = strlen(name) + 1, cost = sizeof(struct note) + len + strlen(stamp) + 1;
    struct note *note = memo->used + cost <= memo->limit ? calloc(1, sizeof *note + len) : NULL;
    if (note == NULL)
        return NULL;
    note->stamp = strdup(stamp);
    if (note->stamp == NULL) {
        free(note);
        return NULL;
    }
    memcpy(note->name, name, len);
    place = find(memo, name);
    note->next = *place;
    *place = note;
    memo->used += cost;
    return note;
}

/* With the lock held. */
static void put(struct mb_memo *memo, struct note *note, enum mb_memo_kind kind, const void *data, size_t len)
{
    note->seen = memo->looks;
    char *copy = note->parts[kind].data == NULL && memo->used + len <= memo->limit ? malloc(len + 1) : NULL;
    if (copy == NULL)
        return;
    memcpy(copy, data, len);
    note->parts[kind].data = copy;
    note->parts[kind].len = len;
    memo->used += len;
}

void mb_memo_put(struct mb_memo *memo, const char *name, const char *stamp, enum mb_memo_kind kind,
                 const void *data, size_t len)
{
    if (memo == NULL || *stamp == '\0')
        return;
    pthread_mutex_lock(&memo->lock);
    struct note *note = note_of(memo, name, stamp);
    if (note != NULL)
        put(memo, note, kind, data, len);
    pthread_mutex_unlock(&memo->lock);
}

size_t mb_memo_used(struct mb_memo *memo)
{
    pthread_mutex_lock(&memo->lock);
    size_t used = memo->used;
    pthread_mutex_unlock(&memo->lock);
    return used;
}
