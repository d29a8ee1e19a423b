#include "storage/store_private.h"

#include "base/text.h"
#include "storage/listing_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Pages in a row that bring nothing new: a service that does not get anywhere. */
enum { MOST_EMPTY_PAGES = 1000 };

/* How often a listing may come back to a page: a stale answer now and then does so. */
enum { MOST_RETURNS = 10 };

/* The driver's iterator is thrown away at a failure and opened again behind the last page. */
struct mb_listing {
    struct mb_storage *storage;
    struct mb_cancel *cancel;
    char *prefix;
    char *delimiter; /* or NULL */
    uint32_t page_size;
    bool recursive; /* without a delimiter: its keys may tell that the store knows no order */

    struct mb_list *list; /* or NULL */
    char *token;          /* resumes behind the page in hand; NULL before the first and at the last */
    bool last_page;       /* the page in hand has no token */
    bool ended;
    struct mb_page page;
    size_t next;        /* in page */
    size_t fresh;       /* entries of this page that were handed out */
    size_t empty_pages; /* pages in a row without any */
    char *landmark;     /* an earlier token; or NULL */
    size_t tokens;      /* that came so far */
    size_t returns;     /* to the landmark */
    struct mb_entry entry;
    char *greatest; /* of the keys that were handed out; or NULL */
    size_t greatest_cap;
    struct mb_listing_memory memory;
};

static void close_list(void *ctx)
{
    struct mb_listing *listing = ctx;
    listing->storage->plugin->list_close(listing->list);
    listing->list = NULL;
}

static mb_status fail_repeated(const char *token, struct mb_error *error)
{
    return mb_fail(error, MB_E_PROTOCOL, "the same page comes again and again (token \"%.100s\")", token);
}

/* A landmark at every power of two lies on a circle sooner or later, wherever it begins and however long it
 * is.
 */
static mb_status look_for_circle(struct mb_listing *listing, const char *token, struct mb_error *error)
{
    if (listing->landmark != NULL && strcmp(token, listing->landmark) == 0 &&
        ++listing->returns == MOST_RETURNS)
        return fail_repeated(token, error);
    listing->tokens++;
    if ((listing->tokens & (listing->tokens - 1)) != 0)
        return MB_OK;
    char *landmark = strdup(token);
    if (landmark == NULL)
        return mb_fail_memory(error);
    free(listing->landmark);
    listing->landmark = landmark;
    listing->returns = 0;
    return MB_OK;
}

static mb_status check_page(struct mb_listing *listing, const struct mb_page *page, struct mb_error *error)
{
    struct mb_storage *storage = listing->storage;
    if (page->count > 0 && page->entries == NULL)
        return mb_storage_fail_driver(storage, error, "a page of %zu entries has none", page->count);
    if (page->count > 0 && page->entry_size < offsetof(struct mb_entry, flags) + sizeof(uint32_t))
        return mb_storage_fail_driver(storage, error, "entries of %u bytes are too short", page->entry_size);
    if (listing->last_page)
        return mb_storage_fail_driver(storage, error, "a page follows one that had no token");
    if (page->token != NULL && page->token[0] == '\0')
        return mb_storage_fail_driver(storage, error, "a page has an empty token");
    if (page->token != NULL && listing->token != NULL && strcmp(page->token, listing->token) == 0)
        return fail_repeated(page->token, error);
    return page->token != NULL ? look_for_circle(listing, page->token, error) : MB_OK;
}

static mb_status open_and_fetch(struct mb_listing *listing, struct mb_page *page, const struct mb_call *call)
{
    const struct mb_storage_plugin *plugin = listing->storage->plugin;
    if (listing->list == NULL) {
        struct mb_list_options options = {
            .struct_size = sizeof(options),
            .page_size = listing->page_size,
            .prefix = listing->prefix,
            .delimiter = listing->delimiter,
            .token = listing->token,
        };
        struct mb_list *list = NULL;
        mb_status status = plugin->list_open(&list, listing->storage->store, &options, call);
        if (status != MB_OK)
            return status == MB_END
                       ? mb_storage_fail_driver(listing->storage, call->error, "list_open returned the end")
                       : status;
        if (list == NULL)
            return mb_storage_fail_driver(listing->storage, call->error,
                                          "list_open succeeded without a list");
        listing->list = list;
    }
    mb_status status = plugin->list_next(listing->list, page, call);
    return status == MB_OK ? check_page(listing, page, call->error) : status;
}

/* The token is kept before the page is shown: it is what a later failure goes on from.  Behind the last page
 * there is none, nor anything to go on with. */
static mb_status attempt_page(void *ctx, const struct mb_call *call)
{
    struct mb_listing *listing = ctx;
    struct mb_page page = {.struct_size = sizeof(page)};
    bool complete = listing->last_page && listing->list == NULL;
    mb_status status = complete ? MB_END : open_and_fetch(listing, &page, call);
    char *token = NULL;
    if (status == MB_OK && page.token != NULL && (token = strdup(page.token)) == NULL)
        status = mb_fail_memory(call->error);
    if (status == MB_END) {
        listing->ended = true;
    } else if (status == MB_OK) {
        free(listing->token);
        listing->token = token;
        listing->last_page = token == NULL;
        listing->page = page;
        listing->next = 0;
    } else if (listing->list != NULL) {
        close_list(listing);
    }
    return status;
}

static mb_status run_page(struct mb_listing *listing, struct mb_error *error)
{
    struct mb_request request = {
        .operation = MB_OP_LIST,
        .key = listing->prefix,
        .timeout_ns = listing->storage->call_timeout_ns / 5,
        .attempt = attempt_page,
        .ctx = listing,
    };
    return mb_storage_run(listing->storage, &request, listing->cancel, error);
}

/* What is wrong with the listing is told as what a failed call tells. */
MB_PRINTF(4, 5)
static mb_status fail_listing(const struct mb_listing *listing, struct mb_error *error, mb_status status,
                              const char *fmt, ...)
{
    char text[512], place[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (status == MB_E_INTERNAL)
        mb_storage_fail_driver(listing->storage, error, "%s", text);
    else
        mb_fail(error, status, "%s", text);
    return mb_error_context(error, "list %s",
                            mb_storage_where(listing->storage, listing->prefix, place, sizeof(place)));
}

static const struct mb_entry *entry_at(const struct mb_page *page, size_t index)
{
    return (const struct mb_entry *)(const void *)((const char *)page->entries + index * page->entry_size);
}

/* A page that came before, key for key, is passed over as a whole. */
static mb_status pass_over_repeated(struct mb_listing *listing, struct mb_error *error)
{
    const struct mb_page *page = &listing->page;
    uint64_t digest = page->count;
    bool known = false;
    for (size_t i = 0; i < page->count; i++) {
        const char *key = entry_at(page, i)->key;
        digest = digest * UINT64_C(0x9e3779b97f4a7c15) + (key != NULL ? mb_text_hash(key) : 0);
    }
    if (page->count > 0)
        MB_TRY(mb_listing_memory_page(&listing->memory, digest, &known, error));
    if (known)
        listing->next = page->count;
    return MB_OK;
}

static mb_status fetch_page(struct mb_listing *listing, struct mb_error *error)
{
    listing->empty_pages = listing->fresh > 0 ? 0 : listing->empty_pages + 1;
    listing->fresh = 0;
    if (listing->empty_pages > MOST_EMPTY_PAGES)
        return fail_listing(listing, error, MB_E_PROTOCOL, "%d pages in a row brought nothing new",
                            MOST_EMPTY_PAGES);
    mb_status status = run_page(listing, error);
    return status == MB_OK ? pass_over_repeated(listing, error) : status;
}

static mb_status remember_greatest(struct mb_listing *listing, const char *key, struct mb_error *error)
{
    size_t need = strlen(key) + 1;
    if (need > listing->greatest_cap) {
        char *more = realloc(listing->greatest, need * 2);
        if (more == NULL)
            return mb_fail_memory(error);
        listing->greatest = more;
        listing->greatest_cap = need * 2;
    }
    memcpy(listing->greatest, key, need);
    return MB_OK;
}

/* Is the entry one to hand out?  What is greater than all before is new.  Of the others those that were
 * handed out lately are repeated; the rest come out of order, whatever the store says, and are not lost. */
static mb_status judge_entry(struct mb_listing *listing, const struct mb_entry *entry, bool *fresh,
                             struct mb_error *error)
{
    *fresh = false;
    if (entry->key == NULL || !mb_text_starts_with(entry->key, listing->prefix))
        return fail_listing(listing, error, MB_E_INTERNAL,
                            "it brought \"%.200s\", which is not below the prefix",
                            entry->key != NULL ? entry->key : "(no key)");
    if ((entry->flags & MB_ENTRY_PREFIX) != 0 && listing->delimiter == NULL)
        return MB_OK;
    int order = listing->greatest != NULL ? strcmp(entry->key, listing->greatest) : 1;
    *fresh = order > 0 || (order < 0 && !mb_listing_memory_knows(&listing->memory, entry->key));
    if (*fresh && order < 0 && listing->recursive)
        atomic_store(&listing->storage->unordered, true);
    return order > 0 ? remember_greatest(listing, entry->key, error) : MB_OK;
}

mb_status mb_listing_next(struct mb_listing *listing, const struct mb_entry **out, struct mb_error *error)
{
    for (bool fresh = false; !fresh;) {
        if (listing->ended)
            return MB_END;
        if (listing->next == listing->page.count) {
            MB_TRY(fetch_page(listing, error));
            continue;
        }
        size_t stride = listing->page.entry_size;
        const struct mb_entry *at = entry_at(&listing->page, listing->next++);
        listing->entry = (struct mb_entry){0};
        memcpy(&listing->entry, at, stride < sizeof(listing->entry) ? stride : sizeof(listing->entry));
        MB_TRY(judge_entry(listing, &listing->entry, &fresh, error));
    }
    MB_TRY(mb_listing_memory_add(&listing->memory, listing->entry.key, error));
    if (listing->entry.etag != NULL && listing->entry.etag[0] == '\0')
        listing->entry.etag = NULL;
    listing->fresh++;
    *out = &listing->entry;
    return MB_OK;
}

mb_status mb_listing_open(struct mb_listing **out, struct mb_storage *storage, const char *prefix,
                          const char *delimiter, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_listing *listing = calloc(1, sizeof(*listing));
    if (listing == NULL)
        return mb_fail_memory(error);
    listing->storage = storage;
    listing->cancel = cancel;
    listing->recursive = delimiter == NULL;
    listing->prefix = strdup(prefix);
    listing->delimiter = delimiter != NULL ? strdup(delimiter) : NULL;
    if (listing->prefix == NULL || (delimiter != NULL && listing->delimiter == NULL)) {
        mb_listing_close(listing);
        return mb_fail_memory(error);
    }
    *out = listing;
    return MB_OK;
}

void mb_listing_close(struct mb_listing *listing)
{
    if (listing == NULL)
        return;
    if (listing->list != NULL)
        mb_storage_run_locked(listing->storage, close_list, listing);
    mb_listing_memory_done(&listing->memory);
    free(listing->greatest);
    free(listing->landmark);
    free(listing->token);
    free(listing->delimiter);
    free(listing->prefix);
    free(listing);
}

mb_status mb_storage_any(struct mb_storage *storage, const char *prefix, bool *any, struct mb_cancel *cancel,
                         struct mb_error *error)
{
    const struct mb_entry *entry;
    struct mb_listing *listing = NULL;
    MB_TRY(mb_listing_open(&listing, storage, prefix, NULL, cancel, error));
    listing->page_size = 1;
    mb_status status = mb_listing_next(listing, &entry, error);
    mb_listing_close(listing);
    if (status < 0)
        return status;
    *any = status == MB_OK;
    return MB_OK;
}

bool mb_is_folder_marker(const char *key, uint64_t size)
{
    return size == 0 && mb_text_ends_with(key, "/");
}
