/* A folder with a backup.yaml, loaded the way a test wants it. */
#ifndef TEST_CONFIG_FIXTURE_H
#define TEST_CONFIG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config.h"

struct fixture {
    char folder[64];
    struct mb_config *config;
    struct mb_config_report report;
    struct mb_error error;
};

/* Writes text to folder/name, whose own folders are made. */
void fixture_write(struct fixture *f, const char *name, const char *text);

/* Before and after every test, whose state is the fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Loads "backup.yaml" with this text (NULL: --config ""); sets and environment end with NULL, or are NULL. */
mb_status fixture_load(struct fixture *f, const char *yaml, const char *const *environment,
                       const char *const *sets);

/* The same, and it must succeed. */
const struct mb_config *fixture_ok(struct fixture *f, const char *yaml, const char *const *environment,
                                   const char *const *sets);

/* The same, and it must fail with a problem that contains text. */
void fixture_bad(struct fixture *f, const char *yaml, const char *const *environment, const char *const *sets,
                 const char *text);

/* Is there a notice of the kind that contains text? */
bool fixture_has(const struct fixture *f, enum mb_config_notice_kind kind, const char *text);
void fixture_assert_has(const struct fixture *f, enum mb_config_notice_kind kind, const char *text);

/* A driver option of a side, or NULL. */
const char *fixture_option(const struct mb_config_storage *storage, const char *key);

#define LIST(...)         \
    (const char *const[]) \
    {                     \
        __VA_ARGS__, NULL \
    }

#endif
