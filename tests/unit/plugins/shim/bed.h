/* bed.h - stores of drivers that wrap another, opened by name.  Included after cmocka.h. */
#ifndef BED_H
#define BED_H

#include "storage/store.h"

struct bed {
    char folder[64];
    struct mb_drivers *drivers;
    struct mb_log *log;
    struct mb_error error;
    int64_t call_timeout_ns; /* of stores opened from now on */
    unsigned attempts;       /* the same; 4 */
};

int bed_up(void **state);
int bed_down(void **state);

/* Options as "key=value" up to NULL.  The first fails the test when the store cannot be opened. */
struct mb_storage *bed_open(struct bed *bed, const char *driver, const char *const *options);
mb_status bed_try(struct bed *bed, struct mb_storage **out, const char *driver, const char *const *options);

/* "KEY=VALUE" with the bed's folder (and name in it) as value; valid until the next call but three. */
const char *bed_path(struct bed *bed, const char *key, const char *name);

mb_status bed_put(struct bed *bed, struct mb_storage *storage, const char *key, size_t size);

/* Does the object hold size bytes, those of bed_put? */
bool bed_holds(struct bed *bed, struct mb_storage *storage, const char *key, size_t size);

#define OPTIONS(...)      \
    (const char *const[]) \
    {                     \
        __VA_ARGS__, NULL \
    }

#define assert_ok(bed, expression)                                 \
    do {                                                           \
        if ((expression) != MB_OK)                                 \
            fail_msg("%s: %s", #expression, (bed)->error.message); \
    } while (0)

#define BED_TEST(test) cmocka_unit_test_setup_teardown(test, bed_up, bed_down)

#endif
