/* list.c - listings: pages of what a walk finds. */
#include "walk.h"

#include "common/entries.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_PAGE = 1000, MAX_PAGE = 10000 };

/* A token is the last key of its page with one of these before it. */
#define TOKEN_KEY    'k'
#define TOKEN_PREFIX 'p'

struct mb_list {
    struct local_walk walk;
    char *delimiter; /* NULL to recurse */
    size_t prefix_len;
    size_t page_size;
    struct mb_entries page;
    struct mb_entries ahead; /* the one that comes after the page, if any: so the last page is known */
    struct mb_buf token;
    bool ended;
};

void local_list_close(struct mb_list *list)
{
    if (list == NULL)
        return;
    local_walk_close(&list->walk);
    mb_entries_done(&list->page);
    mb_entries_done(&list->ahead);
    mb_buf_done(&list->token);
    free(list->delimiter);
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
    mb_entries_init(&list->page, SIZE_MAX / 2);
    mb_entries_init(&list->ahead, SIZE_MAX / 2);
    mb_buf_init(&list->token, SIZE_MAX / 2);
    status = prepare(list, opts, call->error);
    if (status != MB_OK)
        local_list_close(list);
    else
        *out = list;
    return status;
}

/* Adds the entry that comes next, or finds the end. */
static mb_status take_next(struct mb_list *list, struct mb_entries *out, const struct mb_call *call)
{
    struct local_found found;
    struct mb_entry entry = {0};
    char etag[128];
    mb_status status = local_walk_next(&list->walk, &found, call);
    list->ended = status == MB_END;
    if (status != MB_OK)
        return status == MB_END ? MB_OK : status;
    size_t len = strlen(found.key);
    const char *end = list->delimiter == NULL ? NULL : strstr(found.key + list->prefix_len, list->delimiter);
    entry.key = found.key;
    if (end != NULL) {
        len = (size_t)(end - found.key) + strlen(list->delimiter);
        entry.flags = MB_ENTRY_PREFIX;
        MB_TRY(local_walk_skip(&list->walk, found.key, len, call->error));
    } else {
        entry.size = (uint64_t)found.st.st_size;
        entry.mtime_ns = local_mtime(&found.st);
        entry.etag = etag;
        local_etag(&found.st, etag, sizeof(etag));
    }
    return mb_entries_add(out, &entry, len, call->error);
}

/* The page begins with the entry that was ahead, and has at most page_size. */
static mb_status gather(struct mb_list *list, const struct mb_call *call)
{
    struct mb_entries old = list->page;
    list->page = list->ahead;
    list->ahead = old;
    mb_entries_reset(&list->ahead);
    while (!list->ended && list->page.count < list->page_size)
        MB_TRY(take_next(list, &list->page, call));
    if (!list->ended)
        MB_TRY(take_next(list, &list->ahead, call));
    mb_entries_finish(&list->page);
    return MB_OK;
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
    MB_TRY(mb_call_wanted(call));
    MB_TRY(gather(list, call));
    if (list->page.count == 0)
        return MB_END;
    bool more = list->ahead.count > 0;
    if (more)
        MB_TRY(set_token(list, &list->page.items[list->page.count - 1], call->error));
    mb_entries_give(&list->page, more ? list->token.data : NULL, page);
    return MB_OK;
}
