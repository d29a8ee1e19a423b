#include "common/range.h"

#include "base/error.h"
#include "common/driver.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct mb_range mb_range_of(const struct mb_get_options *opts)
{
    struct mb_range range = {0};
    if (opts) {
        range.offset = opts->offset;
        range.length = opts->length;
    }
    return range;
}

bool mb_range_is_whole(const struct mb_range *range)
{
    return range->offset == 0 && range->length == 0;
}

void mb_range_write(const struct mb_range *range, char out[MB_RANGE_TEXT])
{
    uint64_t last = range->offset + range->length - 1;
    if (range->length > 0 && last >= range->offset)
        snprintf(out, MB_RANGE_TEXT, "bytes=%" PRIu64 "-%" PRIu64, range->offset, last);
    else if (range->offset > 0)
        snprintf(out, MB_RANGE_TEXT, "bytes=%" PRIu64 "-", range->offset);
    else
        out[0] = '\0';
}

/* Digits, then the given character or the end. */
static const char *take_number(const char *text, char then, uint64_t *out)
{
    char *end;
    if (!text || *text < '0' || *text > '9')
        return NULL;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && *end == then ? end + (then != '\0') : NULL;
}

bool mb_header_number(const struct mb_headers *headers, const char *name, uint64_t *out)
{
    return take_number(mb_headers_get(headers, name), '\0', out) != NULL;
}

/* "bytes 0-9/100": first and last byte, and the size of the object, or a star where that is not told. */
static bool parse_content_range(const char *text, struct mb_range *range)
{
    if (!text || strncasecmp(text, "bytes ", 6) != 0)
        return false;
    text = take_number(text + 6, '-', &range->first);
    text = take_number(text, '/', &range->last);
    range->unsized = text && strcmp(text, "*") == 0;
    return range->first <= range->last &&
           (range->unsized || (take_number(text, '\0', &range->size) && range->last < range->size));
}

/* azurite does not refuse a range that begins at the end, but sends a part without bytes: "bytes 10-9/10",
 * and of an empty object "bytes 0--1/0". */
static bool is_empty_part(struct mb_range *range, const struct mb_http_response *response, const char *said)
{
    const char *slash = said ? strchr(said, '/') : NULL;
    uint64_t length;
    return slash && take_number(slash + 1, '\0', &range->size) && range->offset >= range->size &&
           mb_header_number(&response->headers, "Content-Length", &length) && length == 0;
}

static mb_status check_part(struct mb_range *range, struct mb_error *error)
{
    uint64_t left = range->size - range->first;
    uint64_t wanted = range->length > 0 && range->length < left ? range->length : left;
    if (mb_range_is_whole(range) || range->first != range->offset || range->last - range->first + 1 != wanted)
        return mb_fail(error, MB_E_PROTOCOL,
                       "the answer is another range than was asked for: bytes %" PRIu64 "-%" PRIu64
                       " of %" PRIu64,
                       range->first, range->last, range->size);
    range->expected = wanted;
    return MB_OK;
}

static mb_status accept_part(struct mb_range *range, const struct mb_http_response *response,
                             struct mb_error *error)
{
    const char *said = mb_headers_get(&response->headers, "Content-Range");

    if (is_empty_part(range, response, said)) {
        range->expected = 0;
        range->part = true;
        return MB_OK;
    }
    if (!parse_content_range(said, range))
        return mb_fail(error, MB_E_PROTOCOL, "the answer holds no range that makes sense: '%.100s'",
                       said ? said : "");
    range->part = true;
    return range->unsized ? MB_OK : check_part(range, error);
}

/* A service that does not know ranges sends everything, which is fine only when that is what was wanted. */
static mb_status check_whole(struct mb_range *range, struct mb_error *error)
{
    if (range->offset > 0 || (range->length > 0 && range->size > range->length))
        return mb_fail(error, MB_E_PROTOCOL, "the service sends the whole object instead of a range");
    range->expected = range->size;
    return MB_OK;
}

static mb_status accept_whole(struct mb_range *range, const struct mb_http_response *response,
                              const char *size_header, struct mb_error *error)
{
    const struct mb_headers *headers = &response->headers;

    range->part = false;
    range->unsized = !(size_header && mb_header_number(headers, size_header, &range->size)) &&
                     !mb_header_number(headers, "Content-Length", &range->size);
    return range->unsized ? MB_OK : check_whole(range, error);
}

mb_status mb_range_accept(struct mb_range *range, const struct mb_http_response *response,
                          const char *size_header, struct mb_error *error)
{
    /* rclone sends parts with status 200 */
    bool part = response->status == 206 || mb_headers_get(&response->headers, "Content-Range");
    return part ? accept_part(range, response, error) : accept_whole(range, response, size_header, error);
}

mb_status mb_range_learn(struct mb_range *range, const char *etag, mb_stat_fn *stat, struct mb_store *store,
                         const char *key, const struct mb_call *call)
{
    struct mb_stat found = {.struct_size = sizeof(found)};

    mb_status status = stat(store, key, &found, call);
    if (status != MB_OK)
        return status;
    if (etag && found.etag[0] != '\0' && !mb_etag_equal(etag, found.etag))
        return mb_fail(call->error, MB_E_UNAVAILABLE, "the object was replaced while it was read");
    if (range->part && range->last >= found.size)
        return mb_fail(call->error, MB_E_PROTOCOL, "the answer is a range of more than there is");
    range->size = found.size;
    range->unsized = false;
    return range->part ? check_part(range, call->error) : check_whole(range, call->error);
}

struct sought {
    const char *key;
    uint64_t size;
    bool found;
};

static mb_status compare_key(void *ctx, const struct mb_entry *entry, const struct mb_call *call)
{
    struct sought *sought = ctx;
    (void)call;
    sought->found = (entry->flags & MB_ENTRY_PREFIX) == 0 && strcmp(entry->key, sought->key) == 0;
    sought->size = entry->size;
    return sought->found ? MB_END : MB_OK;
}

mb_status mb_listed_size(const struct mb_list_fns *list, struct mb_store *store, const char *key,
                         uint64_t *out, const struct mb_call *call)
{
    struct sought sought = {.key = key};
    MB_TRY(mb_for_each_entry(list, store, key, compare_key, &sought, call));
    if (!sought.found)
        return mb_fail(call->error, MB_E_PROTOCOL,
                       "neither the answer nor a listing tells the object's size");
    *out = sought.size;
    return MB_OK;
}

mb_status mb_written_size(mb_stat_fn *stat, struct mb_store *store, const char *key, uint64_t size,
                          struct mb_stat *out, const struct mb_call *call)
{
    struct mb_stat found = {.struct_size = sizeof(found)};
    mb_status status = stat(store, key, &found, call);
    if (status == MB_OK && found.size == size) {
        mb_stat_write(out, &found);
        return MB_OK;
    }
    if (status == MB_OK || status == MB_E_NOT_FOUND)
        mb_fail(call->error, MB_E_UNAVAILABLE,
                "the answer does not say that the object was written, and it is not there");
    call->error->flags |= MB_ERR_AMBIGUOUS;
    return call->error->status;
}

mb_status mb_range_complete(const struct mb_range *range, const struct mb_http_response *response,
                            struct mb_error *error)
{
    if (response->received == range->expected)
        return MB_OK;
    return mb_fail(error, MB_E_UNAVAILABLE, "the answer has %" PRIu64 " bytes instead of %" PRIu64,
                   response->received, range->expected);
}

mb_status mb_range_past_end(const struct mb_range *range, const char *if_match, mb_stat_fn *stat,
                            struct mb_store *store, const char *key, struct mb_stat *out,
                            const struct mb_call *call)
{
    struct mb_stat found = {.struct_size = sizeof(found)};
    mb_status status = stat(store, key, &found, call);
    if (status != MB_OK)
        return status;
    if (if_match && !mb_etag_equal(found.etag, if_match))
        return mb_fail(call->error, MB_E_EXISTS, "the object has changed: its etag is %s now", found.etag);
    if (range->offset < found.size)
        return mb_fail(call->error, MB_E_PROTOCOL, "the service refuses a range inside of the object");
    mb_error_clear(call->error);
    mb_stat_write(out, &found);
    return MB_OK;
}
