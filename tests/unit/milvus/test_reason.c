/* Reasons as servers give them: cut down to what a message can hold. */
#include "milvus/reason.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Made after what 2.2.16 and 2.3.5 say of an import into a collection that is not there. */
#define TRACE                                                                                             \
    "stack trace: /src/milvus/pkg/tracer/stack_trace.go:51 example.org/milvus/pkg/tracer.StackTrace\n"    \
    "/src/milvus/internal/util/grpcclient/client.go:550 example.org/grpcclient.(*ClientBase[...]).Call\n" \
    "/go/pkg/mod/example.org/chain.go:25 example.org/middleware.ChainUnaryServer.func1.1.1"

static const struct {
    const char *reason;
    const char *brief;
} cases[] = {
    {"collection not found[collection=c]", "collection not found[collection=c]"},
    {"", ""},
    {TRACE ": rpc error: no such collection", "rpc error: no such collection"},
    {"import failed, " TRACE ": it is full", "import failed: it is full"},
    {"import failed: " TRACE, "import failed"},
    {TRACE, ""},
    {TRACE ": attempt #0: broken: attempt #1: broken: attempt #2: broken", "attempt #0: broken"},
    {"attempt #9: broken", "attempt #9: broken"},
    {"it broke\nmain.run\n\t/go/src/main.go:12\nruntime.goexit", "it broke"},
    {"\n  \n it broke \r\nand more", "it broke"},
    {"/go/src/x/y.go:12 x.Run\n/go/src/x/z.go:9 x.main +0x1d\nit broke", "it broke"},
    {"panic: nil\ngoroutine 7 [running]:\nx.Run(0x1)\n\t/x/y.go:4 +0x2a", "panic: nil"},
    {"no file x.go:1a here", "no file x.go:1a here"},
    {"cannot open a.go", "cannot open a.go"},
    {"field a\tis b", "field a is b"},
};

static void test_the_first_line_that_says_something(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char brief[MB_REASON_CAP];
        bool whole = mb_reason_brief(cases[i].reason, brief, sizeof brief);
        assert_string_equal(brief, cases[i].brief);
        assert_int_equal(whole, strcmp(cases[i].reason, cases[i].brief) == 0);
    }
}

static void test_what_is_too_long_is_cut_at_a_character(void **state)
{
    (void)state;
    for (size_t cap = 1; cap < 12; cap++) {
        char brief[12];
        assert_false(mb_reason_brief("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", brief, cap));
        assert_int_equal(strlen(brief), (cap - 1) / 2 * 2);
    }
}

static void test_no_cut_of_a_reason_confuses(void **state)
{
    (void)state;
    const char *whole = "x: " TRACE ": attempt #0: a: attempt #1: b";
    char part[512], brief[MB_REASON_CAP];
    for (size_t len = 0; len <= strlen(whole); len++) {
        memcpy(part, whole, len);
        part[len] = '\0';
        mb_reason_brief(part, brief, sizeof brief);
        assert_true(strlen(brief) <= len);
        for (size_t cap = 1; cap < 40; cap++) {
            mb_reason_brief(part, brief, cap);
            assert_true(strlen(brief) < cap);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_line_that_says_something),
        cmocka_unit_test(test_what_is_too_long_is_cut_at_a_character),
        cmocka_unit_test(test_no_cut_of_a_reason_confuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
