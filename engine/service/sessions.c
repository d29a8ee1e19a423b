#include "service/sessions.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_IDLE = 8, MOST_OVERRIDES = 3 };

struct kept {
    char *key; /* the place */
    struct mb_session *session;
    unsigned users;
    uint64_t left; /* when it was, by the count of leaves */
    struct kept *next;
};

struct mb_sessions {
    struct mb_session *parent;
    const struct mb_places *places;
    pthread_mutex_t lock; /* for what follows */
    struct kept *first;
    uint64_t leaves;
    bool cancelled;
};

mb_status mb_sessions_new(struct mb_sessions **out, struct mb_session *parent, const struct mb_places *places,
                          struct mb_error *error)
{
    struct mb_sessions *sessions = calloc(1, sizeof *sessions);
    if (sessions == NULL)
        return mb_fail_memory(error);
    sessions->parent = parent;
    sessions->places = places;
    pthread_mutex_init(&sessions->lock, NULL);
    *out = sessions;
    return MB_OK;
}

static void close_one(struct kept *kept)
{
    if (kept == NULL)
        return;
    mb_session_close(kept->session);
    free(kept->key);
    free(kept);
}

void mb_sessions_free(struct mb_sessions *sessions)
{
    if (sessions == NULL)
        return;
    for (struct kept *kept = sessions->first, *next; kept != NULL; kept = next) {
        next = kept->next;
        close_one(kept);
    }
    pthread_mutex_destroy(&sessions->lock);
    free(sessions);
}

void mb_sessions_cancel(struct mb_sessions *sessions)
{
    pthread_mutex_lock(&sessions->lock);
    sessions->cancelled = true;
    for (struct kept *kept = sessions->first; kept != NULL; kept = kept->next)
        mb_session_cancel(kept->session);
    pthread_mutex_unlock(&sessions->lock);
}

/* ------------------------------------------------------------- one of them */

static bool put(char **overrides, size_t *count, struct mb_arena *arena, const char *key, const char *value)
{
    if (*value == '\0')
        return true;
    overrides[*count] = mb_arena_printf(arena, "%s=%s", key, value);
    return overrides[(*count)++] != NULL;
}

static mb_status open_session(const struct mb_sessions *sessions, const struct mb_place *place,
                              struct mb_arena *arena, struct mb_session **out, struct mb_error *error)
{
    const struct mb_places *places = sessions->places;
    char *overrides[MOST_OVERRIDES] = {NULL};
    size_t count = 0;
    if (!put(overrides, &count, arena, places->bucket_key, places->files ? "" : place->bucket) ||
        !put(overrides, &count, arena, places->root_key, place->root_path) ||
        !put(overrides, &count, arena, places->gc_key, place->gc_address))
        return mb_fail_memory(error);
    const struct mb_session_options options = {.struct_size = sizeof options,
                                               .overrides = (const char *const *)overrides,
                                               .override_count = count,
                                               .parent = sessions->parent,
                                               .like_parent = true};
    return mb_session_open(out, &options, error);
}

static mb_status make_one(const struct mb_sessions *sessions, const char *key, const struct mb_place *place,
                          struct kept **out, struct mb_error *error)
{
    struct mb_arena *arena = mb_arena_new();
    struct kept *kept = calloc(1, sizeof *kept);
    mb_status status = MB_OK;
    if (kept != NULL)
        kept->key = strdup(key);
    if (arena == NULL || kept == NULL || kept->key == NULL)
        status = mb_fail_memory(error);
    else
        status = open_session(sessions, place, arena, &kept->session, error);
    mb_arena_free(arena);
    if (status != MB_OK) {
        close_one(kept);
        return status;
    }
    *out = kept;
    return MB_OK;
}

/* With the lock held. */
static struct kept *find(const struct mb_sessions *sessions, const char *key)
{
    for (struct kept *kept = sessions->first; kept != NULL; kept = kept->next)
        if (strcmp(kept->key, key) == 0)
            return kept;
    return NULL;
}

/* With the lock held: takes the one out that has been idle longest, if there are too many. */
static struct kept *take_idle(struct mb_sessions *sessions)
{
    struct kept **oldest = NULL;
    size_t idle = 0;
    for (struct kept **at = &sessions->first; *at != NULL; at = &(*at)->next)
        if ((*at)->users == 0) {
            idle++;
            if (oldest == NULL || (*at)->left < (*oldest)->left)
                oldest = at;
        }
    if (idle <= MOST_IDLE || oldest == NULL)
        return NULL;
    struct kept *kept = *oldest;
    *oldest = kept->next;
    return kept;
}

/* Reading a configuration takes its time, so it is done under the lock: of two that ask for one place at once
 * the second waits. */
static mb_status use(struct mb_sessions *sessions, const char *key, const struct mb_place *place,
                     struct mb_session **out, struct mb_error *error)
{
    struct kept *kept = find(sessions, key);
    if (kept == NULL) {
        MB_TRY(make_one(sessions, key, place, &kept, error));
        kept->next = sessions->first;
        sessions->first = kept;
        if (sessions->cancelled)
            mb_session_cancel(kept->session);
    }
    kept->users++;
    *out = kept->session;
    return MB_OK;
}

mb_status mb_sessions_use(struct mb_sessions *sessions, const struct mb_place *place, struct mb_session **out,
                          struct mb_error *error)
{
    if (*place->bucket == '\0' && *place->root_path == '\0' && *place->gc_address == '\0') {
        *out = sessions->parent;
        return MB_OK;
    }
    struct mb_arena *arena = mb_arena_new();
    const char *key = arena == NULL ? NULL
                                    : mb_arena_printf(arena, "%s\n%s\n%s", place->bucket, place->root_path,
                                                      place->gc_address);
    mb_status status = MB_OK;
    if (key == NULL)
        status = mb_fail_memory(error);
    else {
        pthread_mutex_lock(&sessions->lock);
        status = use(sessions, key, place, out, error);
        pthread_mutex_unlock(&sessions->lock);
    }
    mb_arena_free(arena);
    return status;
}

void mb_sessions_leave(struct mb_sessions *sessions, struct mb_session *session)
{
    struct kept *gone = NULL;
    pthread_mutex_lock(&sessions->lock);
    for (struct kept *kept = sessions->first; kept != NULL; kept = kept->next)
        if (kept->session == session) {
            kept->users--;
            kept->left = ++sessions->leaves;
            gone = take_idle(sessions);
            break;
        }
    pthread_mutex_unlock(&sessions->lock);
    close_one(gone);
}
