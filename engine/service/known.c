#include "service/known.h"

#include <stdlib.h>
#include <string.h>

enum { LEAST_HISTORY = 16 }; /* who awaits a task asks for it afterwards */

#define MOST_KEPT ((size_t)4 * 1024 * 1024)

struct mb_known *mb_known_find(struct mb_service *service, const char *id)
{
    for (size_t i = service->count; i-- > 0;)
        if (strcmp(service->entries[i]->id, id) == 0)
            return service->entries[i];
    return NULL;
}

static const char *take_word(char **at, const char *word)
{
    size_t size = strlen(word) + 1;
    const char *copy = memcpy(*at, word, size);
    *at += size;
    return copy;
}

static struct mb_known *new_entry(const struct mb_record *record)
{
    struct mb_known *entry = calloc(1, sizeof *entry);
    char *at = malloc(strlen(record->id) + strlen(record->backup) + strlen(record->bucket) +
                      strlen(record->root_path) + 4);
    if (entry == NULL || at == NULL) {
        free(entry);
        free(at);
        return NULL;
    }
    *entry = (struct mb_known){.kind = record->kind,
                               .state = record->state,
                               .queued_ms = record->queued_ms,
                               .resumable = record->resumable,
                               .words = at};
    entry->id = take_word(&at, record->id);
    entry->backup = take_word(&at, record->backup);
    entry->bucket = take_word(&at, record->bucket);
    entry->root_path = take_word(&at, record->root_path);
    return entry;
}

static bool make_room(struct mb_service *service)
{
    if (service->count < service->cap)
        return true;
    size_t cap = service->cap > 0 ? 2 * service->cap : 64;
    struct mb_known **entries = realloc(service->entries, cap * sizeof(struct mb_known *));
    if (entries == NULL)
        return false;
    service->entries = entries;
    service->cap = cap;
    return true;
}

struct mb_known *mb_known_add(struct mb_service *service, const struct mb_record *record)
{
    struct mb_known *entry = make_room(service) ? new_entry(record) : NULL;
    if (entry != NULL)
        service->entries[service->count++] = entry;
    return entry;
}

void mb_known_free(struct mb_known *entry)
{
    mb_kept_done(&entry->kept);
    free(entry->words);
    free(entry);
}

static void remove_at(struct mb_service *service, size_t i)
{
    struct mb_known *entry = service->entries[i];
    service->kept_bytes -= entry->running == NULL ? mb_kept_size(&entry->kept) : 0;
    service->count--;
    memmove(&service->entries[i], &service->entries[i + 1], (service->count - i) * sizeof(struct mb_known *));
    entry->forgotten = entry->telling;
    if (!entry->forgotten)
        mb_known_free(entry);
}

void mb_known_remove(struct mb_service *service, struct mb_known *entry)
{
    for (size_t i = service->count; i-- > 0;)
        if (service->entries[i] == entry) {
            remove_at(service, i);
            return;
        }
}

void mb_known_told(struct mb_known *entry)
{
    entry->telling = false;
    if (entry->forgotten)
        mb_known_free(entry);
}

static bool is_writer(int32_t kind)
{
    return kind == MB_TASK_CREATE || kind == MB_TASK_TRANSFER || kind == MB_TASK_DELETE;
}

void mb_known_settle(struct mb_service *service, const struct mb_known *entry)
{
    if (entry->state != MB_TASK_SUCCEEDED || !is_writer(entry->kind))
        return;
    for (size_t i = 0; i < service->count && service->entries[i] != entry; i++) {
        struct mb_known *older = service->entries[i];
        if (mb_known_same_backup(older, entry))
            older->resumable = false;
    }
}

static void shorten_by(struct mb_service *service, void (*drop)(struct mb_kept *kept))
{
    for (size_t i = 0; i < service->count && service->kept_bytes > MOST_KEPT; i++) {
        struct mb_known *entry = service->entries[i];
        size_t before = mb_kept_size(&entry->kept);
        if (entry->running != NULL)
            continue;
        drop(&entry->kept);
        service->kept_bytes -= before - mb_kept_size(&entry->kept);
    }
}

void mb_known_shorten(struct mb_service *service)
{
    shorten_by(service, mb_kept_drop_collections);
    shorten_by(service, mb_kept_drop_result);
}

void mb_known_drop_oldest(struct mb_service *service)
{
    size_t most = service->options.history > LEAST_HISTORY ? service->options.history : LEAST_HISTORY;
    size_t ended = 0;
    for (size_t i = 0; i < service->count; i++)
        ended += service->entries[i]->running == NULL;
    for (size_t i = 0; i < service->count && ended > most;)
        if (service->entries[i]->running == NULL && !service->entries[i]->telling) {
            remove_at(service, i);
            ended--;
        } else
            i++;
    mb_known_shorten(service);
}

bool mb_known_same_backup(const struct mb_known *a, const struct mb_known *b)
{
    return strcmp(a->backup, b->backup) == 0 && strcmp(a->bucket, b->bucket) == 0 &&
           strcmp(a->root_path, b->root_path) == 0;
}

/* ------------------------------------------------------------ as it stands */

static mb_status copy_words(const struct mb_known *entry, struct mb_arena *arena, struct mb_record *out,
                            struct mb_error *error)
{
    const struct mb_running *running = entry->running;
    *out = (struct mb_record){.id = mb_arena_strdup(arena, entry->id),
                              .kind = entry->kind,
                              .state = entry->state,
                              .backup = mb_arena_strdup(arena, entry->backup),
                              .bucket = mb_arena_strdup(arena, entry->bucket),
                              .root_path = mb_arena_strdup(arena, entry->root_path),
                              .caller = mb_arena_strdup(arena, running->caller),
                              .request_id = mb_arena_strdup(arena, running->request_id),
                              .schedule = mb_arena_strdup(arena, running->schedule),
                              .queued_ms = entry->queued_ms,
                              .phase = "",
                              .waiting_for = "",
                              .left_ms = -1,
                              .error = "",
                              .hint_subject = "",
                              .result = "{}"};
    if (out->id == NULL || out->backup == NULL || out->bucket == NULL || out->root_path == NULL ||
        out->caller == NULL || out->request_id == NULL || out->schedule == NULL)
        return mb_fail_memory(error);
    return MB_OK;
}

/* What is not written down has not ended for anybody: its name, its id and its place in the queue are still
 * taken. */
static void hide_end(struct mb_record *record)
{
    record->state = record->started_ms != 0 ? MB_TASK_RUNNING : MB_TASK_QUEUED;
    record->ended_ms = 0;
    record->status = MB_OK;
    record->error = record->hint_subject = "";
    record->hint = MB_HINT_NONE;
    record->resumable = false;
    record->result = "{}";
    if (record->percent == 100)
        record->percent = 99;
}

mb_status mb_known_look_at_end(const struct mb_known *entry, struct mb_arena *arena, struct mb_record *out,
                               struct mb_error *error)
{
    MB_TRY(copy_words(entry, arena, out, error));
    MB_TRY(mb_record_of_task(entry->running->task, entry->running->word, true, arena, out, error));
    if (entry->running->cut && out->state == MB_TASK_CANCELLED)
        mb_record_interrupt(out, out->ended_ms);
    return MB_OK;
}

static mb_status look_at_running(struct mb_known *entry, bool with_collections, struct mb_arena *arena,
                                 struct mb_record *out, struct mb_error *error)
{
    MB_TRY(copy_words(entry, arena, out, error));
    MB_TRY(
        mb_record_of_task(entry->running->task, entry->running->word, with_collections, arena, out, error));
    if (out->state != MB_TASK_QUEUED && out->state != MB_TASK_RUNNING)
        hide_end(out);
    entry->state = out->state;
    return MB_OK;
}

mb_status mb_known_look(struct mb_known *entry, bool with_collections, struct mb_arena *arena,
                        struct mb_record *out, struct mb_error *error)
{
    struct mb_record record;
    if (entry->running != NULL)
        return look_at_running(entry, with_collections, arena, out, error);
    MB_TRY(mb_kept_read(&entry->kept, with_collections, arena, &record, error));
    record.state = entry->state;
    if (record.resumable && !entry->resumable)
        mb_record_settle(&record);
    *out = record;
    return MB_OK;
}
