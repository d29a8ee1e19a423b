/* listing.h - what a listing of a service keeps between its pages. */
#ifndef MB_COMMON_LISTING_H
#define MB_COMMON_LISTING_H

#include "common/entries.h"

struct mb_listing {
    char *prefix;    /* "" for all */
    char *delimiter; /* NULL to recurse */
    char *token;     /* where the next page begins; NULL at the beginning, and when there is no next */
    bool ended;
    struct mb_entries page; /* the one at hand */
};

/* out is all zero, and given to done also after a failure.  max_text: see mb_entries_init. */
mb_status mb_listing_open(struct mb_listing *out, const struct mb_list_options *opts, size_t max_text,
                          struct mb_error *error);
void mb_listing_done(struct mb_listing *listing);

/* token: where the page that comes after this one begins; NULL or "" when this is the last. */
mb_status mb_listing_go_on(struct mb_listing *listing, const char *token, struct mb_error *error);

/* The slots of a driver that list, perhaps with another way to open. */
struct mb_list_fns {
    mb_status (*open)(struct mb_list **out, struct mb_store *store, const struct mb_list_options *opts,
                      const struct mb_call *call);
    mb_status (*next)(struct mb_list *list, struct mb_page *page, const struct mb_call *call);
    void (*close)(struct mb_list *list);
};

/* Calls fn for every entry whose key begins with prefix, as long as it returns MB_OK; what else it returns is
 * handed on, but for MB_END. */
typedef mb_status mb_entry_fn(void *ctx, const struct mb_entry *entry, const struct mb_call *call);
mb_status mb_for_each_entry(const struct mb_list_fns *fns, struct mb_store *store, const char *prefix,
                            mb_entry_fn *fn, void *ctx, const struct mb_call *call);

#endif
