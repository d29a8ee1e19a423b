/* bed.h - a store of the local driver in a directory of its own, for its tests. */
#ifndef BED_H
#define BED_H

#include "local.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct bed {
    char root[64];
    const struct mb_storage_plugin *driver;
    struct mb_store *store;
    struct mb_store_info info;
    struct mb_error error;
    struct mb_call call;
    int cancel_after; /* polls until the call is cancelled; 0 for never */
};

extern const struct mb_storage_plugin *mb_storage_plugin_entry(void);

int bed_up(void **state);
int bed_down(void **state);

/* Another store of the driver; the caller closes it. */
struct mb_store *bed_open(struct bed *bed, const char *root, struct mb_store_info *info);

mb_status bed_put(struct bed *bed, const char *key, const char *text);
mb_status bed_put_new(struct bed *bed, const char *key, const char *text);

/* The object's bytes as text, valid until the next call; NULL when get fails. */
const char *bed_get(struct bed *bed, const char *key);
mb_status bed_stat(struct bed *bed, const char *key, struct mb_stat *out);
mb_status bed_remove(struct bed *bed, const char *key);

/* All keys below prefix, each with a newline; prefixes end with " dir".  page_size keys a page. */
const char *bed_list(struct bed *bed, const char *prefix, const char *delimiter, uint32_t page_size);

/* Paths below the root. */
bool bed_exists(const struct bed *bed, const char *path);
void bed_mkdir(const struct bed *bed, const char *path);
void bed_symlink(const struct bed *bed, const char *to, const char *path);
int bed_entries(const struct bed *bed, const char *path); /* names in a directory, hidden ones too */

/* A source of len bytes; give announces size (-1 for unknown). */
struct bed_source {
    const char *data;
    size_t len;
    size_t at;
};
struct mb_source bed_source(struct bed_source *from, const char *data, size_t len, int64_t size);

#define assert_status(expected, expression)                                                            \
    do {                                                                                               \
        mb_status bed_status = (expression);                                                           \
        if (bed_status != (expected))                                                                  \
            fail_msg("%s is %d (%s), not %d: %s", #expression, bed_status, mb_status_name(bed_status), \
                     (int)(expected), bed->error.message);                                             \
    } while (0)

#endif
