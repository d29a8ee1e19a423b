/* run.h - running the tests and telling what came of them. */
#ifndef MB_DRIVER_CHECK_RUN_H
#define MB_DRIVER_CHECK_RUN_H

#include "check.h"
#include "quirks.h"

struct selection {
    const char *const *patterns; /* as of the shell; none for every test */
    size_t count;
};

/* The test called name, or NULL. */
const struct test *test_find(const char *name);
void tests_print(const struct selection *selection);

/* True when nothing failed.  Every line goes to stdout. */
bool suite_run(struct suite *suite, struct quirks *quirks, const struct selection *selection);

#endif
