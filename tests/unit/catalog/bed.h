/* bed.h - a store over a directory of its own, for tests of the catalog. */
#ifndef CATALOG_BED_H
#define CATALOG_BED_H

#include "catalog/claim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct bed {
    char root[64];
    struct mb_storage_plugin
        driver; /* a copy of the local driver's table, for tests to change before opening */
    struct mb_storage *storage;
    struct mb_catalog catalog;
    struct mb_arena *arena;
    struct mb_error error;
};

extern const struct mb_storage_plugin *mb_storage_plugin_entry(void);

int bed_up(void **state);
int bed_down(void **state);

/* Closes the store and opens it with the table as it is now. */
void bed_reopen(struct bed *bed);

/* Fails the test when there is an error. */
void bed_put(struct bed *bed, const char *key, const char *text);
const char *bed_get(struct bed *bed, const char *key); /* NULL when there is no such object */

/* Claims, writes the description, commits. */
mb_status bed_make(struct bed *bed, const struct mb_catalog *catalog, const struct mb_backup *backup);

/* Puts a record, whose owner is not of this machine, that last gave a sign of life so long ago. */
void bed_record(struct bed *bed, const char *dir, const char *backup_id, int64_t age_s);

/* The number of objects whose key starts with prefix. */
size_t bed_count(struct bed *bed, const char *prefix);

#define BED_TEST(name) cmocka_unit_test_setup_teardown(name, bed_up, bed_down)

#endif
