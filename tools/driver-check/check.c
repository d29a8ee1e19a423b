/* check.c - what tests are put together from. */
#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void check_fail(struct check *c, const char *fmt, ...)
{
    va_list args;
    if (c->outcome != PASSED)
        return;
    va_start(args, fmt);
    vsnprintf(c->reason, sizeof(c->reason), fmt, args);
    va_end(args);
    c->outcome = FAILED;
}

void check_skip(struct check *c, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(c->reason, sizeof(c->reason), fmt, args);
    va_end(args);
    c->outcome = SKIPPED;
}

/* The text of the call begins with the name of the helper; only the slot is of interest. */
void check_status(struct check *c, const struct session *s, const char *what, mb_status expected,
                  mb_status got)
{
    const char *prefix = "slot_";
    int len = (int)strcspn(what, "(");
    if (strncmp(what, prefix, strlen(prefix)) == 0) {
        what += strlen(prefix);
        len -= (int)strlen(prefix);
    }
    check_fail(c, "%.*s should be %s and is %s", len, what, mb_status_name(expected),
               session_said(s, got, c->arena));
}

const char *check_key(struct check *c, const char *fmt, ...)
{
    char name[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(name, sizeof(name), fmt, args);
    va_end(args);
    const char *key = mb_arena_printf(c->arena, "%s%s", c->prefix, name);
    if (key == NULL) {
        check_fail(c, "out of memory");
        return c->prefix;
    }
    return key;
}

uint8_t *check_data(struct check *c, size_t len, uint32_t seed)
{
    uint8_t *data = mb_arena_alloc(c->arena, len + 1, 1);
    if (data == NULL)
        check_fail(c, "out of memory");
    else
        data_fill(data, len, seed, 0);
    return data;
}

bool must_put(struct check *c, struct session *s, const char *key, const void *data, size_t len)
{
    struct giver giver;
    struct mb_stat stat;
    struct mb_source source = giver_source(&giver, data, len);
    mb_status status = slot_put(s, key, NULL, &source, &stat);
    if (status != MB_OK)
        check_fail(c, "put of %zu bytes as '%s': %s", len, key, session_said(s, status, c->arena));
    return status == MB_OK;
}

bool must_put_text(struct check *c, const char *key, const char *text)
{
    return must_put(c, c->s, key, text, strlen(text));
}

bool must_hold(struct check *c, struct session *s, const char *key, const void *data, size_t len)
{
    struct taker taker;
    struct mb_stat stat;
    taker_init(&taker);
    struct mb_sink sink = taker_sink(&taker);
    mb_status status = slot_get(s, key, NULL, &sink, &stat);
    if (status != MB_OK)
        check_fail(c, "get of '%s': %s", key, session_said(s, status, c->arena));
    else if (taker.buf.len != len)
        check_fail(c, "get of '%s' gave %zu bytes of %zu", key, taker.buf.len, len);
    else if (len > 0 && memcmp(taker.buf.data, data, len) != 0)
        check_fail(c, "get of '%s' gave other bytes than were put", key);
    else if (stat.size != len)
        check_fail(c, "get of '%s' says that its size is %llu, not %zu", key, (unsigned long long)stat.size,
                   len);
    taker_done(&taker);
    return c->outcome == PASSED;
}

bool must_hold_text(struct check *c, const char *key, const char *text)
{
    return must_hold(c, c->s, key, text, strlen(text));
}

bool must_be_absent(struct check *c, struct session *s, const char *key)
{
    struct mb_stat stat;
    mb_status status = slot_stat(s, key, &stat);
    if (status == MB_OK)
        check_fail(c, "there is an object '%s' and should be none", key);
    else if (status != MB_E_NOT_FOUND)
        check_fail(c, "stat of '%s' should be not found and is %s", key, session_said(s, status, c->arena));
    return status == MB_E_NOT_FOUND;
}

bool must_open(struct check *c, struct session *s)
{
    mb_status status = session_open(s, c->suite, &c->suite->good);
    if (status != MB_OK)
        check_fail(c, "open of another store: %s", session_said(s, status, c->arena));
    return status == MB_OK;
}

/* ----------------------------------------------------------------- listing */

static bool grow(struct check *c, struct listing *listing, size_t more)
{
    size_t cap = listing->cap == 0 ? 64 : listing->cap;
    while (cap < listing->count + more)
        cap *= 2;
    if (cap > listing->cap) {
        struct mb_entry *entries = mb_arena_alloc(c->arena, cap, sizeof(*entries));
        if (entries == NULL)
            return false;
        if (listing->count > 0)
            memcpy(entries, listing->entries, listing->count * sizeof(*entries));
        listing->entries = entries;
        listing->cap = cap;
    }
    return true;
}

static bool add_page(struct check *c, struct listing *listing, const struct mb_page *page)
{
    size_t least = offsetof(struct mb_entry, reserved);
    if (page->entry_size < least) {
        check_fail(c, "entry_size is %u, less than the %zu bytes of an entry", page->entry_size, least);
        return false;
    }
    if (!grow(c, listing, page->count))
        return false;
    for (size_t i = 0; i < page->count; i++) {
        struct mb_entry *entry = &listing->entries[listing->count++];
        memcpy(entry, (const char *)page->entries + i * page->entry_size, least);
        if (entry->key == NULL) {
            check_fail(c, "an entry has no key");
            return false;
        }
        entry->key = mb_arena_strdup(c->arena, entry->key);
        entry->etag = mb_arena_strdup(c->arena, entry->etag == NULL ? "" : entry->etag);
        if (entry->key == NULL || entry->etag == NULL)
            return false;
    }
    return true;
}

static bool note_token(struct check *c, struct listing *listing, const char *token)
{
    size_t count = listing->pages + 1;
    const char **tokens = mb_arena_alloc(c->arena, count, sizeof(*tokens));
    size_t *ends = mb_arena_alloc(c->arena, count, sizeof(*ends));
    if (tokens == NULL || ends == NULL)
        return false;
    for (size_t i = 0; i < listing->pages; i++) {
        tokens[i] = listing->tokens[i];
        ends[i] = listing->page_ends[i];
    }
    tokens[listing->pages] = token == NULL ? NULL : mb_arena_strdup(c->arena, token);
    ends[listing->pages] = listing->count;
    listing->tokens = tokens;
    listing->page_ends = ends;
    listing->pages = count;
    return token == NULL || tokens[count - 1] != NULL;
}

/* Has a page before the last one ended with the same token?  What follows would be listed again and again. */
static bool goes_in_a_circle(const struct listing *listing)
{
    const char *last = listing->pages == 0 ? NULL : listing->tokens[listing->pages - 1];
    for (size_t i = 0; last != NULL && i + 1 < listing->pages; i++)
        if (strcmp(listing->tokens[i], last) == 0)
            return true;
    return false;
}

static bool read_pages(struct check *c, struct session *s, struct mb_list *list, const char *prefix,
                       struct listing *out)
{
    for (;;) {
        struct mb_page page;
        mb_status status = slot_list_next(s, list, &page);
        if (status == MB_END)
            return true; /* a token to nothing is clumsy, not wrong */
        if (status != MB_OK) {
            check_fail(c, "list_next of '%s': %s", prefix, session_said(s, status, c->arena));
            return false;
        }
        if (!add_page(c, out, &page) || !note_token(c, out, page.token)) {
            check_fail(c, "out of memory");
            return false;
        }
        if (page.token == NULL)
            return true;
        if (goes_in_a_circle(out)) {
            check_fail(c, "list_next of '%s' gives a token again: it would never end", prefix);
            return false;
        }
    }
}

bool must_list(struct check *c, struct session *s, const struct listing_request *request, struct listing *out)
{
    struct mb_list *list = NULL;
    struct mb_list_options opts = {.struct_size = sizeof(opts),
                                   .page_size = request->page_size,
                                   .prefix = request->prefix,
                                   .delimiter = request->delimiter,
                                   .token = request->token};
    *out = (struct listing){0};
    mb_status status = slot_list_open(s, &opts, &list);
    if (status != MB_OK) {
        check_fail(c, "list_open of '%s': %s", request->prefix, session_said(s, status, c->arena));
        return false;
    }
    bool done = read_pages(c, s, list, request->prefix, out);
    slot_list_close(s, list);
    return done;
}

mb_status try_list(struct session *s, const char *prefix, const char *token)
{
    struct mb_list *list = NULL;
    struct mb_page page;
    struct mb_list_options opts = {.struct_size = sizeof(opts), .prefix = prefix, .token = token};
    mb_status status = slot_list_open(s, &opts, &list);
    if (status != MB_OK)
        return status;
    status = slot_list_next(s, list, &page);
    slot_list_close(s, list);
    return status;
}

const struct mb_entry *listing_find(const struct listing *listing, const char *key)
{
    for (size_t i = 0; i < listing->count; i++)
        if (strcmp(listing->entries[i].key, key) == 0)
            return &listing->entries[i];
    return NULL;
}

/* ---------------------------------------------------------------- clean up */

struct doomed {
    struct mb_arena *arena;
    struct mb_upload uploads[64];
    size_t count;
};

static mb_status note_upload(void *ctx, const struct mb_upload *upload)
{
    struct doomed *doomed = ctx;
    struct mb_upload *copy = &doomed->uploads[doomed->count];
    copy->key = mb_arena_strdup(doomed->arena, upload->key);
    copy->upload_id = mb_arena_strdup(doomed->arena, upload->upload_id);
    if (copy->key == NULL || copy->upload_id == NULL)
        return MB_E_NO_MEMORY;
    doomed->count++;
    return doomed->count == sizeof(doomed->uploads) / sizeof(doomed->uploads[0]) ? MB_E_CALLBACK : MB_OK;
}

static void sweep_uploads(struct session *s, const char *prefix, struct mb_arena *arena)
{
    struct doomed doomed = {.arena = arena};
    if (s->suite->plugin->mpu_list == NULL)
        return;
    slot_mpu_list(s, prefix, note_upload, &doomed);
    for (size_t i = 0; i < doomed.count; i++)
        slot_mpu_abort(s, doomed.uploads[i].key, doomed.uploads[i].upload_id);
}

void sweep(struct session *s, const char *prefix)
{
    struct check c = {.suite = s->suite, .s = s, .arena = mb_arena_new(), .prefix = prefix};
    struct listing listing;
    if (c.arena == NULL)
        return;
    session_reset(s, 0);
    sweep_uploads(s, prefix, c.arena);
    /* What a listing leaves out at first, one that loses its last page say, the next one may find. */
    for (int i = 0; i < 3; i++) {
        must_list(&c, s, &(struct listing_request){.prefix = prefix}, &listing);
        for (size_t k = 0; k < listing.count; k++)
            slot_remove(s, listing.entries[k].key);
        if (listing.count == 0)
            break;
    }
    mb_arena_free(c.arena);
}
