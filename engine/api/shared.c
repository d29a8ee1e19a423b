#include "api/shared.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TEXT = 256 << 20 };

/* Of one key, while somebody reads. */
struct line {
    struct line *next;
    struct mb_shared_question *first, **last; /* who waits for the next reading */
    char key[];
};

struct mb_shared {
    pthread_mutex_t lock;
    struct line *lines;
};

struct mb_shared *mb_shared_new(void)
{
    struct mb_shared *shared = calloc(1, sizeof *shared);
    if (shared != NULL)
        pthread_mutex_init(&shared->lock, NULL);
    return shared;
}

void mb_shared_free(struct mb_shared *shared)
{
    if (shared == NULL)
        return;
    pthread_mutex_destroy(&shared->lock);
    free(shared);
}

static void answer_all(struct mb_shared_question *first, const char *text, const struct mb_error *error)
{
    for (struct mb_shared_question *at = first, *next; at != NULL; at = next) {
        next = at->next;
        at->answer(at->ctx, text, error);
    }
}

static void read_for(struct mb_shared_question *first)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_buf text = MB_BUF_INIT(MAX_TEXT);
    mb_status status = first->read(first->ctx, &text, &error);
    if (status == MB_OK)
        status = mb_buf_check(&text, "answer", &error);
    answer_all(first, status == MB_OK ? mb_buf_text(&text) : NULL, &error);
    mb_buf_done(&text);
}

/* With the lock held. */
static struct line **find(struct mb_shared *shared, const char *key)
{
    struct line **at = &shared->lines;
    while (*at != NULL && strcmp((*at)->key, key) != 0)
        at = &(*at)->next;
    return at;
}

/* With the lock held. */
static struct line *add(struct mb_shared *shared, const char *key)
{
    size_t len = strlen(key);
    struct line *line = malloc(sizeof *line + len + 1);
    if (line == NULL)
        return NULL;
    memcpy(line->key, key, len + 1);
    line->first = NULL;
    line->last = &line->first;
    line->next = shared->lines;
    shared->lines = line;
    return line;
}

/* Those who wait, of whom there are none any more afterwards; without any the line goes. */
static struct mb_shared_question *take(struct mb_shared *shared, struct line *line)
{
    pthread_mutex_lock(&shared->lock);
    struct mb_shared_question *first = line->first;
    line->first = NULL;
    line->last = &line->first;
    if (first == NULL)
        *find(shared, line->key) = line->next;
    pthread_mutex_unlock(&shared->lock);
    if (first == NULL)
        free(line);
    return first;
}

void mb_shared_ask(struct mb_shared *shared, struct mb_shared_question *question)
{
    question->next = NULL;
    pthread_mutex_lock(&shared->lock);
    struct line *line = *find(shared, question->key);
    bool is_read = line != NULL;
    if (is_read) {
        *line->last = question;
        line->last = &question->next;
    } else {
        line = add(shared, question->key);
    }
    pthread_mutex_unlock(&shared->lock);
    if (is_read)
        return;
    read_for(question);
    while (line != NULL && (question = take(shared, line)) != NULL)
        read_for(question);
}
