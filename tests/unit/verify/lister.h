/* lister.h - listings that a test dictates, whatever lies in the store.  Included after bed.h. */
#ifndef MB_TESTS_VERIFY_LISTER_H
#define MB_TESTS_VERIFY_LISTER_H

#include "bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Three entries a page, of those that have the prefix. */
static const struct mb_entry *lister_entries;
static size_t lister_count;
static bool lister_ordered;

struct lister {
    char prefix[64];
    size_t next;
    char token[32];
    struct mb_entry page[3];
};

static mb_status lister_open(struct mb_list **out, struct mb_store *store,
                             const struct mb_list_options *options, const struct mb_call *call)
{
    struct lister *lister = calloc(1, sizeof(*lister));
    (void)store, (void)call;
    snprintf(lister->prefix, sizeof(lister->prefix), "%s", options->prefix);
    lister->next = options->token != NULL ? strtoul(options->token, NULL, 10) : 0;
    *out = (struct mb_list *)(void *)lister;
    return MB_OK;
}

static mb_status lister_next(struct mb_list *list, struct mb_page *page, const struct mb_call *call)
{
    struct lister *lister = (struct lister *)(void *)list;
    (void)call;
    page->count = 0;
    for (; page->count < 3 && lister->next < lister_count; lister->next++) {
        const struct mb_entry *entry = &lister_entries[lister->next];
        if (strncmp(entry->key, lister->prefix, strlen(lister->prefix)) == 0)
            lister->page[page->count++] = *entry;
    }
    if (page->count == 0)
        return MB_END;
    page->entries = lister->page;
    page->entry_size = sizeof(lister->page[0]);
    snprintf(lister->token, sizeof(lister->token), "%zu", lister->next);
    page->token = lister->next < lister_count ? lister->token : NULL;
    return MB_OK;
}

static void lister_close(struct mb_list *list)
{
    free(list);
}

static mb_status lister_open_store(struct mb_store **out, struct mb_store_info *info,
                                   const struct mb_kv *config, size_t count, const struct mb_call *call)
{
    mb_status status = mb_storage_plugin_entry()->open(out, info, config, count, call);
    if (status == MB_OK && !lister_ordered)
        info->caps &= ~(uint64_t)MB_CAP_LIST_SORTED;
    return status;
}

/* entries live as long as the bed; ordered is what the store says of itself. */
static inline void lister_install(struct bed *bed, const struct mb_entry *entries, size_t count, bool ordered)
{
    lister_entries = entries;
    lister_count = count;
    lister_ordered = ordered;
    bed->driver.open = lister_open_store;
    bed->driver.list_open = lister_open;
    bed->driver.list_next = lister_next;
    bed->driver.list_close = lister_close;
    bed_reopen(bed);
}

#endif
