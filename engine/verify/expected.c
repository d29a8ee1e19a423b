#include "verify/expected.h"

#include "base/text.h"

#include <stdlib.h>

struct item {
    uint64_t hash; /* of the name */
    uint64_t size; /* that it should have, or where any will do, that it was seen with */
    bool any_size;
    bool seen;
    bool told; /* to who goes through all of them */
};

struct mb_expected {
    struct mb_expectation of;
    struct item *items; /* by hash */
    size_t count, cap;
    size_t seen;
};

static int compare_hashes(const void *a, const void *b)
{
    uint64_t x = ((const struct item *)a)->hash;
    uint64_t y = ((const struct item *)b)->hash;
    return x < y ? -1 : x > y;
}

/* Of two that have one name, the one whose size is known comes first. */
static int compare_items(const void *a, const void *b)
{
    uint64_t x = ((const struct item *)a)->size;
    uint64_t y = ((const struct item *)b)->size;
    int order = compare_hashes(a, b);
    return order != 0 ? order : x < y ? -1 : x > y;
}

static mb_status add(void *ctx, const char *name, uint64_t size, struct mb_error *error)
{
    struct mb_expected *expected = ctx;
    if (expected->count == expected->cap) {
        size_t cap = expected->cap > 0 ? expected->cap * 2 : 256;
        struct item *items = reallocarray(expected->items, cap, sizeof(*items));
        if (items == NULL)
            return mb_fail_memory(error);
        expected->items = items;
        expected->cap = cap;
    }
    expected->items[expected->count++] =
        (struct item){.hash = mb_text_hash(name), .size = size, .any_size = size == MB_ANY_SIZE};
    return MB_OK;
}

/* An object that is told twice is one object. */
static void sort(struct mb_expected *expected)
{
    size_t kept = 0;
    if (expected->count > 0)
        qsort(expected->items, expected->count, sizeof(*expected->items), compare_items);
    for (size_t i = 0; i < expected->count; i++)
        if (kept == 0 || expected->items[i].hash != expected->items[kept - 1].hash)
            expected->items[kept++] = expected->items[i];
    expected->count = kept;
}

mb_status mb_expected_new(struct mb_expected **out, const struct mb_expectation *of, struct mb_cancel *cancel,
                          struct mb_error *error)
{
    struct mb_expected *expected = calloc(1, sizeof(*expected));
    if (expected == NULL)
        return mb_fail_memory(error);
    expected->of = *of;
    mb_status status = of->each(of->source, add, expected, cancel, error);
    if (status < 0) {
        mb_expected_free(expected);
        return status;
    }
    sort(expected);
    *out = expected;
    return MB_OK;
}

void mb_expected_free(struct mb_expected *expected)
{
    if (expected == NULL)
        return;
    free(expected->items);
    free(expected);
}

size_t mb_expected_count(const struct mb_expected *expected)
{
    return expected->count;
}

static struct item *find(const struct mb_expected *expected, const char *name)
{
    const struct item wanted = {.hash = mb_text_hash(name)};
    if (expected->count == 0)
        return NULL;
    return bsearch(&wanted, expected->items, expected->count, sizeof(wanted), compare_hashes);
}

bool mb_expected_find(const struct mb_expected *expected, const char *name, uint64_t *size)
{
    const struct item *item = find(expected, name);
    if (item != NULL && size != NULL)
        *size = item->any_size ? MB_ANY_SIZE : item->size;
    return item != NULL;
}

enum mb_found mb_expected_see(struct mb_expected *expected, const char *name, uint64_t size)
{
    struct item *item = find(expected, name);
    if (item == NULL)
        return MB_FOUND_STRAY;
    if (!item->any_size && item->size != size)
        return MB_FOUND_OTHER_SIZE;
    item->size = size;
    if (item->seen)
        return MB_FOUND_AGAIN;
    item->seen = true;
    expected->seen++;
    return MB_FOUND_EXPECTED;
}

void mb_expected_forget_seen(struct mb_expected *expected)
{
    for (size_t i = 0; i < expected->count; i++)
        expected->items[i].seen = false;
    expected->seen = 0;
}

/* The low bits alone of such a hash follow from those of the characters. */
bool mb_share_holds(const struct mb_share *share, const char *name)
{
    uint64_t hash = mb_text_hash(name);
    return (hash ^ hash >> 32) % share->of == share->n - 1;
}

void mb_expected_count_seen(const struct mb_expected *expected, uint64_t *objects, uint64_t *bytes)
{
    *objects = *bytes = 0;
    for (size_t i = 0; i < expected->count; i++) {
        const struct item *item = &expected->items[i];
        *objects += item->seen;
        *bytes += item->seen ? item->size : 0;
    }
}

struct visiting {
    struct mb_expected *expected;
    bool seen; /* those that have been, or those that have not */
    mb_expect_fn *visit;
    void *ctx;
};

static mb_status visit_once(void *ctx, const char *name, uint64_t size, struct mb_error *error)
{
    const struct visiting *visiting = ctx;
    struct item *item = find(visiting->expected, name);
    if (item == NULL || item->told || item->seen != visiting->seen)
        return MB_OK;
    item->told = true;
    size = item->any_size && !item->seen ? MB_ANY_SIZE : item->size;
    return visiting->visit(visiting->ctx, name, size, error);
}

static mb_status each_once(struct visiting *visiting, struct mb_cancel *cancel, struct mb_error *error)
{
    struct mb_expected *expected = visiting->expected;
    if (expected->seen == (visiting->seen ? 0 : expected->count))
        return MB_OK;
    for (size_t i = 0; i < expected->count; i++)
        expected->items[i].told = false;
    return expected->of.each(expected->of.source, visit_once, visiting, cancel, error);
}

mb_status mb_expected_each_missing(struct mb_expected *expected, mb_expect_fn *visit, void *ctx,
                                   struct mb_cancel *cancel, struct mb_error *error)
{
    struct visiting visiting = {expected, false, visit, ctx};
    return each_once(&visiting, cancel, error);
}

mb_status mb_expected_each_seen(struct mb_expected *expected, mb_expect_fn *visit, void *ctx,
                                struct mb_cancel *cancel, struct mb_error *error)
{
    struct visiting visiting = {expected, true, visit, ctx};
    return each_once(&visiting, cancel, error);
}
