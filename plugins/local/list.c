/* list.c - listings: pages of what a walk finds. */
#include "walk.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_PAGE = 1000, MAX_PAGE = 10000 };

/* A token is the last key of its page with one of these before it. */
#define TOKEN_KEY    'k'
#define TOKEN_PREFIX 'p'

/* An entry whose strings are still places in the text, which moves while it grows. */
struct pending {
    size_t key;
    size_t etag;
    struct mb_entry entry;
};

struct mb_list {
    struct local_walk walk;
    char *delimiter; /* NULL to recurse */
    size_t prefix_len;
    size_t page_size;
    struct pending *pending;
    struct mb_entry *entries;
    struct mb_buf text;
    struct mb_buf token;
    bool has_ahead; /* the walk was asked once more than the pages tell: that is how the last page is known */
    bool ended;
    struct mb_buf ahead_key;
    struct mb_entry ahead;
    char ahead_etag[128];
};

void local_list_close(struct mb_list *list)
{
    if (list == NULL)
        return;
    local_walk_close(&list->walk);
    mb_buf_done(&list->text);
    mb_buf_done(&list->token);
    mb_buf_done(&list->ahead_key);
    free(list->delimiter);
    free(list->pending);
    free(list->entries);
    free(list);
}

static mb_status check_token(const struct mb_list_options *opts, struct mb_error *error)
{
    const char *token = opts->token;
    if (token == NULL)
        return MB_OK;
    if ((token[0] != TOKEN_KEY && token[0] != TOKEN_PREFIX) ||
        strncmp(token + 1, opts->prefix, strlen(opts->prefix)) != 0)
        return mb_fail(error, MB_E_INVALID, "'%s' is no token of a listing of '%s'", token, opts->prefix);
    return MB_OK;
}

static mb_status prepare(struct mb_list *list, const struct mb_list_options *opts, struct mb_error *error)
{
    list->page_size = opts->page_size == 0 ? DEFAULT_PAGE : opts->page_size;
    if (list->page_size > MAX_PAGE)
        list->page_size = MAX_PAGE;
    list->prefix_len = strlen(opts->prefix);
    list->pending = calloc(list->page_size, sizeof(*list->pending));
    list->entries = calloc(list->page_size, sizeof(*list->entries));
    if (list->pending == NULL || list->entries == NULL)
        return mb_fail_memory(error);
    if (opts->delimiter != NULL && opts->delimiter[0] != '\0') {
        list->delimiter = strdup(opts->delimiter);
        if (list->delimiter == NULL)
            return mb_fail_memory(error);
        list->walk.delimiter = list->delimiter;
    }
    if (opts->token != NULL && opts->token[0] == TOKEN_PREFIX)
        return local_walk_skip(&list->walk, opts->token + 1, strlen(opts->token + 1), error);
    return MB_OK;
}

mb_status local_list_open(struct mb_list **out, struct mb_store *store, const struct mb_list_options *opts,
                          const struct mb_call *call)
{
    MB_TRY(check_token(opts, call->error));
    struct mb_list *list = calloc(1, sizeof(*list));
    if (list == NULL)
        return mb_fail_memory(call->error);
    const char *after = opts->token == NULL ? "" : opts->token + 1;
    mb_status status = local_walk_open(&list->walk, store, opts->prefix, after, false, call);
    if (status != MB_OK) {
        free(list);
        return status;
    }
    mb_buf_init(&list->text, SIZE_MAX / 2);
    mb_buf_init(&list->token, SIZE_MAX / 2);
    mb_buf_init(&list->ahead_key, SIZE_MAX / 2);
    status = prepare(list, opts, call->error);
    if (status != MB_OK)
        local_list_close(list);
    else
        *out = list;
    return status;
}

/* Finds the entry that comes next; has_ahead stays false at the end. */
static mb_status look_ahead(struct mb_list *list, const struct mb_call *call)
{
    struct local_found found;
    mb_status status = local_walk_next(&list->walk, &found, call);
    if (status != MB_OK) {
        list->ended = status == MB_END;
        return status == MB_END ? MB_OK : status;
    }
    size_t len = strlen(found.key);
    const char *end = list->delimiter == NULL ? NULL : strstr(found.key + list->prefix_len, list->delimiter);
    list->ahead = (struct mb_entry){0};
    list->ahead_etag[0] = '\0';
    if (end != NULL) {
        len = (size_t)(end - found.key) + strlen(list->delimiter);
        list->ahead.flags = MB_ENTRY_PREFIX;
        MB_TRY(local_walk_skip(&list->walk, found.key, len, call->error));
    } else {
        list->ahead.size = (uint64_t)found.st.st_size;
        list->ahead.mtime_ns = found.st.st_mtim.tv_sec * MB_NS_PER_S + found.st.st_mtim.tv_nsec;
        local_etag(&found.st, list->ahead_etag, sizeof(list->ahead_etag));
    }
    mb_buf_reset(&list->ahead_key);
    mb_buf_append(&list->ahead_key, found.key, len);
    MB_TRY(mb_buf_status(&list->ahead_key, call->error));
    list->has_ahead = true;
    return MB_OK;
}

static mb_status keep(struct mb_list *list, struct pending *pending, struct mb_error *error)
{
    *pending = (struct pending){.key = list->text.len, .entry = list->ahead};
    mb_buf_append(&list->text, list->ahead_key.data, list->ahead_key.len + 1);
    pending->etag = list->text.len;
    mb_buf_append(&list->text, list->ahead_etag, strlen(list->ahead_etag) + 1);
    list->has_ahead = false;
    return mb_buf_status(&list->text, error);
}

static mb_status set_token(struct mb_list *list, const struct mb_entry *last, struct mb_error *error)
{
    mb_buf_reset(&list->token);
    mb_buf_putc(&list->token, (last->flags & MB_ENTRY_PREFIX) != 0 ? TOKEN_PREFIX : TOKEN_KEY);
    mb_buf_puts(&list->token, last->key);
    return mb_buf_status(&list->token, error);
}

mb_status local_list_next(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    size_t count = 0;
    MB_TRY(local_poll(call));
    if (!list->has_ahead && !list->ended)
        MB_TRY(look_ahead(list, call));
    if (list->ended && !list->has_ahead)
        return MB_END;

    mb_buf_reset(&list->text);
    while (list->has_ahead && count < list->page_size) {
        MB_TRY(keep(list, &list->pending[count++], call->error));
        if (!list->ended)
            MB_TRY(look_ahead(list, call));
    }
    for (size_t i = 0; i < count; i++) {
        list->entries[i] = list->pending[i].entry;
        list->entries[i].key = list->text.data + list->pending[i].key;
        list->entries[i].etag = list->text.data + list->pending[i].etag;
    }
    if (list->has_ahead)
        MB_TRY(set_token(list, &list->entries[count - 1], call->error));
    page->entry_size = sizeof(struct mb_entry);
    page->entries = list->entries;
    page->count = count;
    page->token = list->has_ahead ? list->token.data : NULL;
    return MB_OK;
}
