/* entries.h - the entries of one page of a listing, gathered one by one.
 *
 * Their strings are copied into memory that moves while it grows: mb_entries_finish lets them point to it. */
#ifndef MB_COMMON_ENTRIES_H
#define MB_COMMON_ENTRIES_H

#include "base/buf.h"

struct mb_entries {
    struct mb_entry *items; /* their strings stand once the page is finished */
    size_t count;
    size_t cap;
    struct mb_buf text;
};

/* max_text: how many bytes all keys and etags may have. */
void mb_entries_init(struct mb_entries *entries, size_t max_text);
void mb_entries_done(struct mb_entries *entries);
void mb_entries_reset(struct mb_entries *entries);

/* key_len bytes of entry->key are its key; entry->etag may be NULL. */
mb_status mb_entries_add(struct mb_entries *entries, const struct mb_entry *entry, size_t key_len,
                         struct mb_error *error);

/* Complete: keys and etags are there from now on, until the next reset. */
void mb_entries_finish(struct mb_entries *entries);

/* For pages in which prefixes do not stand where they belong. */
void mb_entries_sort(struct mb_entries *entries);

/* token: where the next page begins; NULL when this is the last. */
void mb_entries_give(const struct mb_entries *entries, const char *token, struct mb_page *page);

#endif
