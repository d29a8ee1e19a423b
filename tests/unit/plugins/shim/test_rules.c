#include "rules.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct mb_arena *arena;
static struct mb_error error;

static int setup(void **state)
{
    (void)state;
    arena = mb_arena_new();
    error = MB_ERROR_INIT;
    return arena == NULL;
}

static int teardown(void **state)
{
    (void)state;
    mb_arena_free(arena);
    return 0;
}

static struct fault_rule *parse(const char *text, size_t want)
{
    struct fault_rule *rules = NULL;
    size_t count = 0;
    if (fault_rules_parse(text, arena, &rules, &count, &error) != MB_OK)
        fail_msg("%s", error.message);
    assert_int_equal(count, want);
    return rules;
}

static void test_what_a_rule_holds(void **state)
{
    (void)state;
    struct fault_rule *r = parse("put:every=5:error=UNAVAILABLE;get:nth=3:cut=1000; copy:error=UNSUPPORTED;"
                                 "list:nth=2:delay=500ms;put:nth=7:kill:late;any:key=a/b=c:from=4:hang;;"
                                 "mpu_part:error=THROTTLED:retry-after=2s:delay=1s",
                                 7);
    assert_int_equal(r[0].operation, SHIM_PUT);
    assert_int_equal(r[0].every, 5);
    assert_int_equal(r[0].kind, FAULT_ERROR);
    assert_int_equal(r[0].status, MB_E_UNAVAILABLE);
    assert_false(r[0].late);
    assert_int_equal(r[1].nth, 3);
    assert_int_equal(r[1].kind, FAULT_CUT);
    assert_int_equal(r[1].cut, 1000);
    assert_int_equal(r[2].status, MB_E_UNSUPPORTED);
    assert_int_equal(r[3].kind, FAULT_NONE);
    assert_int_equal(r[3].delay_ns, 500 * MB_NS_PER_MS);
    assert_int_equal(r[4].kind, FAULT_KILL);
    assert_true(r[4].late);
    assert_true(r[5].any);
    assert_string_equal(r[5].key, "a/b=c");
    assert_int_equal(r[5].from, 4);
    assert_int_equal(r[6].number, 7);
    assert_int_equal(r[6].retry_after_ms, 2000);
    assert_int_equal(r[6].delay_ns, MB_NS_PER_S);
    parse("", 0);
    parse(" ; ;", 0);
}

static void test_every_operation_and_class_is_known(void **state)
{
    static const char *const classes[] = {"INTERNAL",  "INVALID",   "CONFIG",   "UNSUPPORTED",
                                          "NOT_FOUND", "NO_BUCKET", "EXISTS",   "UNAUTHENTICATED",
                                          "FORBIDDEN", "THROTTLED", "TIMEOUT",  "UNAVAILABLE",
                                          "CORRUPT",   "PROTOCOL",  "NO_SPACE", "NO_MEMORY"};
    char text[64];
    (void)state;
    for (unsigned i = 0; i < SHIM_OPERATION_COUNT; i++) {
        snprintf(text, sizeof(text), "%s:hang", shim_operation_name((enum shim_operation)i));
        assert_int_equal(parse(text, 1)->operation, i);
    }
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        snprintf(text, sizeof(text), "get:error=%s", classes[i]);
        assert_true(parse(text, 1)->status < 0);
    }
}

static void test_what_is_wrong_is_said_exactly(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"put:kill;frob:kill",
         "rule 2, \"frob:kill\": there is no operation \"frob\"; \"any\" stands for all"},
        {"put", "rule 1, \"put\": it does nothing: error=, cut=, delay=, hang or kill is missing"},
        {"put:nth=3", "it does nothing: error=, cut=, delay=, hang or kill is missing"},
        {"put:nth=x:kill", "rule 1, \"put:nth=x:kill\": nth= takes a number from 1 up"},
        {"put:every=0:kill", "every= takes a number from 1 up"},
        {"put:from=-1:kill", "from= takes a number from 1 up"},
        {"put:nth=99999999999999999999:kill", "nth= takes a number from 1 up"},
        {"put:nth=:kill", "nth= takes a number from 1 up"},
        {"put:error=unavailable", "error= takes a class such as UNAVAILABLE, THROTTLED or FORBIDDEN"},
        {"put:error=", "error= takes a class such as"},
        {"put:delay=5", "delay= takes a time such as 500ms or 2s"},
        {"put:delay=1h", "delay= takes a time such as 500ms or 2s"},
        {"put:delay=99999999999s", "delay= takes a time such as 500ms or 2s"},
        {"get:cut=many", "cut= takes a number of bytes"},
        {"get:cut=-1", "cut= takes a number of bytes"},
        {"list:cut=5", "cut= is for get, put and mpu_part, which carry bytes"},
        {"put:kill:hang", "only one of error=, cut=, hang and kill fits into a rule"},
        {"get:cut=1:error=TIMEOUT", "only one of error=, cut=, hang and kill fits into a rule"},
        {"put:hang:late", "late goes with error= or kill"},
        {"put:kill:retry-after=1s", "retry-after= goes with error="},
        {"put:explode", "\"explode\" is not known: hang, kill and late stand alone"},
        {"put:key=:kill", "\"key\" is not known"},
        {"put::kill", "\"\" is not known"},
        {":kill", "there is no operation \"\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fault_rule *rules = NULL;
        size_t count = 77;
        assert_int_equal(fault_rules_parse(cases[i].text, arena, &rules, &count, &error), MB_E_CONFIG);
        assert_int_equal(strncmp(error.message, "option \"fault.rules\": rule ", 26), 0);
        if (strstr(error.message, cases[i].message) == NULL)
            fail_msg("'%s' is told as '%s'", cases[i].text, error.message);
        assert_null(rules);
        assert_int_equal(count, 77);
    }
    char many[65 * 9 + 1] = "";
    for (int i = 0; i < 65; i++)
        strcat(many, "put:kill;");
    struct fault_rule *rules = NULL;
    size_t count = 0;
    assert_int_equal(fault_rules_parse(many, arena, &rules, &count, &error), MB_E_CONFIG);
    assert_string_equal(error.message, "option \"fault.rules\" holds more than 64 rules");
}

/* Pieces of rules in any order, the same in every run. */
static void test_nonsense_crashes_nothing(void **state)
{
    static const char *const pieces[] = {
        "put",  ":",  ";",   "=",    "nth", "cut", "1",   "99999999999999999999",
        "kill", "ms", "key", "late", "-",   " ",   "get", "\xff\x01"};
    uint32_t random = 1;
    (void)state;
    for (int i = 0; i < 5000; i++) {
        char text[256] = "";
        for (int n = 0; n < 10; n++) {
            random = random * 1664525u + 1013904223u;
            strcat(text, pieces[random >> 28]);
        }
        struct mb_arena *own = mb_arena_new();
        struct fault_rule *rules = NULL;
        size_t count = 0;
        mb_status status = fault_rules_parse(text, own, &rules, &count, &error);
        assert_true(status == MB_OK || status == MB_E_CONFIG);
        mb_arena_free(own);
    }
}

static void expect_fires(struct fault_rule *rule, enum shim_operation operation, const char *key,
                         const char *pattern)
{
    for (const char *at = pattern; *at != '\0'; at++)
        assert_int_equal(fault_rule_fires(rule, operation, key), *at == 'x');
}

static void test_when_a_rule_fires(void **state)
{
    (void)state;
    expect_fires(parse("put:nth=3:kill", 1), SHIM_PUT, "k", "..x...");
    expect_fires(parse("put:every=2:kill", 1), SHIM_PUT, "k", ".x.x.x");
    expect_fires(parse("put:from=4:kill", 1), SHIM_PUT, "k", "...xxx");
    expect_fires(parse("put:every=2:from=3:kill", 1), SHIM_PUT, "k", "...x.x");
    expect_fires(parse("put:kill", 1), SHIM_PUT, "k", "xxx");
    expect_fires(parse("put:kill", 1), SHIM_GET, "k", "...");
    expect_fires(parse("any:kill", 1), SHIM_GET, "k", "xxx");
    struct fault_rule *rule = parse("any:key=meta:nth=2:kill", 1);
    expect_fires(rule, SHIM_GET, "binlogs/1", "..");
    expect_fires(rule, SHIM_GET, "a/meta/b", ".");
    expect_fires(rule, SHIM_PUT, "binlogs/1", "..");
    expect_fires(rule, SHIM_PUT, "meta", "x.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_a_rule_holds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_operation_and_class_is_known, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_wrong_is_said_exactly, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nonsense_crashes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_when_a_rule_fires, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
