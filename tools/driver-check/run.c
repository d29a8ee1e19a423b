/* run.c - running the tests and telling what came of them. */
#include "run.h"

#include "storage/driver.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

static const struct test *const groups[] = {
    table_tests,   store_tests,  object_tests, condition_tests, key_tests,       removal_tests,
    listing_tests, paging_tests, range_tests,  copy_tests,      multipart_tests, upload_tests,
    error_tests,   call_tests,   thread_tests, rule_tests,
};
enum { GROUPS = sizeof(groups) / sizeof(groups[0]) };

struct tally {
    unsigned passed, failed, quirks, skipped;
};

static bool selection_has(const struct selection *selection, const char *name)
{
    for (size_t i = 0; i < selection->count; i++)
        if (fnmatch(selection->patterns[i], name, 0) == 0)
            return true;
    return selection->count == 0;
}

const struct test *test_find(const char *name)
{
    for (size_t i = 0; i < GROUPS; i++)
        for (const struct test *test = groups[i]; test->name != NULL; test++)
            if (strcmp(test->name, name) == 0)
                return test;
    return NULL;
}

void tests_print(const struct selection *selection)
{
    for (size_t i = 0; i < GROUPS; i++)
        for (const struct test *test = groups[i]; test->name != NULL; test++)
            if (selection_has(selection, test->name))
                printf("%-32s %s\n", test->name, test->promise);
}

/* Why the test does not concern the driver, or NULL. */
static const char *does_not_apply(const struct suite *suite, const struct session *s, uint32_t needs)
{
    struct mb_storage_plugin slots = *suite->plugin;
    mb_driver_slots_without(&slots, s->info.lacks);
    const struct {
        uint32_t need;
        bool met;
        const char *reason;
    } conditions[] = {
        {NEEDS_MULTIPART, slots.mpu_begin != NULL, "the driver has no multipart uploads"},
        {NEEDS_PART_COPY, slots.mpu_copy_part != NULL, "the driver has no mpu_copy_part"},
        {NEEDS_UPLOAD_LIST, slots.mpu_list != NULL, "the driver has no mpu_list"},
        {NEEDS_COPY, slots.copy != NULL, "the driver has no copy"},
        {NEEDS_REMOVE_MANY, slots.remove_many != NULL, "the driver has no remove_many"},
        {NEEDS_RANGE, session_has(s, MB_CAP_RANGE), "the store lacks MB_CAP_RANGE"},
        {NEEDS_IF_ABSENT, session_has(s, MB_CAP_IF_ABSENT), "the store lacks MB_CAP_IF_ABSENT"},
        {NEEDS_SORTED, session_has(s, MB_CAP_LIST_SORTED), "the store lacks MB_CAP_LIST_SORTED"},
        {NEEDS_STRONG_LIST, session_has(s, MB_CAP_STRONG_LIST), "the store lacks MB_CAP_STRONG_LIST"},
        {NEEDS_ATOMIC_PUT, session_has(s, MB_CAP_ATOMIC_PUT), "the store lacks MB_CAP_ATOMIC_PUT"},
    };
    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++)
        if ((needs & conditions[i].need) != 0 && !conditions[i].met)
            return conditions[i].reason;
    return NULL;
}

static void run_test(struct suite *suite, struct session *s, const struct test *test, struct check *c)
{
    char prefix[512];
    const char *reason = does_not_apply(suite, s, test->needs);
    snprintf(prefix, sizeof(prefix), "%s%s/", suite->prefix, test->name);
    *c = (struct check){.suite = suite, .s = s, .arena = mb_arena_new(), .prefix = prefix};
    if (c->arena == NULL) {
        check_fail(c, "out of memory");
        return;
    }
    session_reset(s, 0);
    if (reason != NULL)
        check_skip(c, "%s", reason);
    else
        test->run(c);
    session_reset(s, 0);
    if (reason == NULL && test->needs != 0)
        sweep(s, prefix);
    mb_arena_free(c->arena);
    c->arena = NULL;
    c->prefix = NULL;
}

/* One line: names and reasons may hold what a key held. */
static void print_line(const char *verdict, const char *name, const char *reason)
{
    printf("%s - %s", verdict, name);
    if (reason != NULL)
        printf(": ");
    for (; reason != NULL && *reason != '\0'; reason++) {
        if ((unsigned char)*reason < ' ')
            printf("\\x%02x", (unsigned char)*reason);
        else
            putchar(*reason);
    }
    putchar('\n');
    fflush(stdout);
}

static void tell(const struct test *test, const struct check *c, const struct quirk *quirk,
                 struct tally *tally)
{
    char text[2400];
    bool excused = quirk != NULL && (c->outcome == FAILED || !quirk->at_times);
    if (excused && c->outcome != FAILED) {
        snprintf(text, sizeof(text), "%s, but %s:%u lists it as a quirk (%s): take it out",
                 c->outcome == PASSED ? "it passes" : "it does not apply", quirk->file, quirk->line,
                 quirk->reason);
        tally->failed++;
        print_line("FAIL", test->name, text);
    } else if (excused) {
        tally->quirks++;
        print_line("quirk", test->name, quirk->reason);
    } else if (c->outcome == FAILED) {
        tally->failed++;
        print_line("FAIL", test->name, c->reason);
    } else if (c->outcome == SKIPPED) {
        tally->skipped++;
        print_line("skip", test->name, c->reason);
    } else {
        tally->passed++;
        print_line("ok", test->name, NULL);
    }
}

static bool open_store(struct suite *suite, struct session *s)
{
    mb_status status = session_open(s, suite, &suite->good);
    if (status == MB_OK && suite->create && suite->plugin->create_bucket != NULL)
        status = slot_create_bucket(s);
    if (status == MB_OK || status == MB_E_EXISTS)
        return true;
    printf("FAIL - open: %s: %s\n", mb_status_name(status), s->error.message);
    return false;
}

bool suite_run(struct suite *suite, struct quirks *quirks, const struct selection *selection)
{
    struct session s;
    struct tally tally = {0};
    if (!open_store(suite, &s)) {
        session_close(&s);
        return false;
    }
    printf("# %s %s at %s, keys begin with %s\n", suite->plugin->name, suite->plugin->version,
           s.info.location, suite->prefix);
    for (size_t i = 0; i < GROUPS; i++) {
        for (const struct test *test = groups[i]; test->name != NULL; test++) {
            struct check c;
            if (!selection_has(selection, test->name))
                continue;
            run_test(suite, &s, test, &c);
            tell(test, &c, quirks_find(quirks, test->name), &tally);
        }
    }
    sweep(&s, suite->prefix);
    session_close(&s);
    printf("%u passed, %u failed, %u quirks, %u skipped\n", tally.passed, tally.failed, tally.quirks,
           tally.skipped);
    return tally.failed == 0;
}
