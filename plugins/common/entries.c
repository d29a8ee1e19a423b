#include "common/entries.h"

#include <stdlib.h>
#include <string.h>

void mb_entries_init(struct mb_entries *entries, size_t max_text)
{
    *entries = (struct mb_entries){0};
    mb_buf_init(&entries->text, max_text);
}

void mb_entries_done(struct mb_entries *entries)
{
    free(entries->items);
    mb_buf_done(&entries->text);
}

void mb_entries_reset(struct mb_entries *entries)
{
    entries->count = 0;
    mb_buf_reset(&entries->text);
}

mb_status mb_entries_add(struct mb_entries *entries, const struct mb_entry *entry, size_t key_len,
                         struct mb_error *error)
{
    if (entries->count == entries->cap) {
        size_t cap = entries->cap > 0 ? entries->cap * 2 : 64;
        struct mb_entry *items = reallocarray(entries->items, cap, sizeof(*items));
        if (items == NULL)
            return mb_fail_memory(error);
        entries->items = items;
        entries->cap = cap;
    }
    const char *etag = entry->etag != NULL ? entry->etag : "";
    mb_buf_append(&entries->text, entry->key, key_len);
    mb_buf_putc(&entries->text, '\0');
    mb_buf_append(&entries->text, etag, strlen(etag) + 1);
    MB_TRY(mb_buf_status(&entries->text, error));
    entries->items[entries->count++] = *entry;
    return MB_OK;
}

/* The strings stand behind one another, in the order of the entries. */
void mb_entries_finish(struct mb_entries *entries)
{
    const char *at = entries->text.data;
    for (size_t i = 0; i < entries->count; i++) {
        entries->items[i].key = at;
        at += strlen(at) + 1;
        entries->items[i].etag = at;
        at += strlen(at) + 1;
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct mb_entry *)a)->key, ((const struct mb_entry *)b)->key);
}

void mb_entries_sort(struct mb_entries *entries)
{
    if (entries->count > 0)
        qsort(entries->items, entries->count, sizeof(*entries->items), compare);
}

void mb_entries_give(const struct mb_entries *entries, const char *token, struct mb_page *page)
{
    page->entry_size = sizeof(struct mb_entry);
    page->entries = entries->items;
    page->count = entries->count;
    page->token = token;
}
