/* expected.h - what should lie in a folder, object by object, and which of it has been seen there: 24 bytes
 * each. An object is known by its name; how many there are proves nothing. */
#ifndef MB_VERIFY_EXPECTED_H
#define MB_VERIFY_EXPECTED_H

#include "storage/store.h"

/* name is relative to the folder and valid during the call; size may be MB_ANY_SIZE. */
typedef mb_status mb_expect_fn(void *ctx, const char *name, uint64_t size, struct mb_error *error);

/* Somebody who knows what should be there, and tells the same each time it is asked. */
struct mb_expectation {
    mb_status (*each)(void *source, mb_expect_fn *expect, void *ctx, struct mb_cancel *cancel,
                      struct mb_error *error);
    void *source;
};

struct mb_expected;

/* Keeps what of tells; of->source outlives it.  One thread. */
mb_status mb_expected_new(struct mb_expected **out, const struct mb_expectation *of, struct mb_cancel *cancel,
                          struct mb_error *error);
void mb_expected_free(struct mb_expected *expected);

size_t mb_expected_count(const struct mb_expected *expected);

/* Is an object of that name expected?  *size (may be NULL) is the one it should have, or MB_ANY_SIZE. */
bool mb_expected_find(const struct mb_expected *expected, const char *name, uint64_t *size);

enum mb_found {
    MB_FOUND_EXPECTED,
    MB_FOUND_AGAIN,      /* as well, but it has been seen before */
    MB_FOUND_OTHER_SIZE, /* expected, but not like that: it does not count as seen */
    MB_FOUND_STRAY,
};

/* Notes that an object lies there. */
enum mb_found mb_expected_see(struct mb_expected *expected, const char *name, uint64_t size);

/* The n-th of so many parts that all names together are cut into, by a hash of the name: it stays the same
 * for as long as names do, and each name is in one part. */
struct mb_share {
    unsigned n, of; /* 1 <= n <= of */
};
bool mb_share_holds(const struct mb_share *share, const char *name);

/* How many objects were seen, and the bytes that they have. */
void mb_expected_count_seen(const struct mb_expected *expected, uint64_t *objects, uint64_t *bytes);

/* For another folder of the same objects. */
void mb_expected_forget_seen(struct mb_expected *expected);

/* Calls visit once for each object that has not been seen; visit may see it. */
mb_status mb_expected_each_missing(struct mb_expected *expected, mb_expect_fn *visit, void *ctx,
                                   struct mb_cancel *cancel, struct mb_error *error);

/* Calls visit once for each object that has been seen, with the size that was seen last. */
mb_status mb_expected_each_seen(struct mb_expected *expected, mb_expect_fn *visit, void *ctx,
                                struct mb_cancel *cancel, struct mb_error *error);

#endif
