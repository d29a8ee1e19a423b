#include "base/owner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The text of a child that waits until it is released. */
struct child {
    pid_t pid;
    int release;
    char text[512];
};

static struct child start_child(void)
{
    struct child child = {.text = ""};
    int said[2], released[2];
    assert_int_equal(pipe(said), 0);
    assert_int_equal(pipe(released), 0);
    child.pid = fork();
    if (child.pid == 0) {
        char byte;
        struct mb_arena *arena = mb_arena_new();
        const char *text = mb_owner_self(arena);
        close(released[1]);
        if (write(said[1], text, strlen(text)) < 0)
            _exit(1);
        close(said[1]);
        _exit(read(released[0], &byte, 1) < 0);
    }
    close(said[1]);
    close(released[0]);
    assert_true(read(said[0], child.text, sizeof(child.text) - 1) > 0);
    close(said[0]);
    child.release = released[1];
    return child;
}

static void test_a_process_while_it_runs_and_afterwards(void **state)
{
    (void)state;
    struct child child = start_child();
    assert_int_equal(mb_owner_fate_of(child.text), MB_OWNER_LIVES);
    close(child.release);
    assert_int_equal(waitpid(child.pid, NULL, 0), child.pid);
    assert_int_equal(mb_owner_fate_of(child.text), MB_OWNER_GONE);
}

static void test_this_process(void **state)
{
    (void)state;
    struct mb_arena *arena = mb_arena_new();
    assert_int_equal(mb_owner_fate_of(mb_owner_self(arena)), MB_OWNER_SELF);
    mb_arena_free(arena);
}

/* The last process of another machine or container may well run: nothing may be taken from it. */
static void test_others_are_unknown(void **state)
{
    (void)state;
    struct mb_arena *arena = mb_arena_new();
    struct child child = start_child();
    close(child.release);
    waitpid(child.pid, NULL, 0);
    char host[256];
    assert_int_equal(gethostname(host, sizeof(host)), 0);
    const char *const others[] = {
        "",
        "another-machine",
        mb_arena_printf(arena, "x%s", child.text),
        mb_arena_printf(arena, "%s0", child.text),
        mb_arena_printf(arena, "%s, process %d", host, (int)child.pid),
        mb_arena_printf(arena, "%s, process %d, pid:[1]", host, (int)child.pid),
        mb_arena_printf(arena, "%s, process -1, pid:[1]", host),
        mb_arena_printf(arena, "%s, process 99999999999999999999, pid:[1]", host),
    };
    assert_int_equal(mb_owner_fate_of(child.text), MB_OWNER_GONE);
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        assert_int_equal(mb_owner_fate_of(others[i]), MB_OWNER_UNKNOWN);
    mb_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_process_while_it_runs_and_afterwards),
        cmocka_unit_test(test_this_process),
        cmocka_unit_test(test_others_are_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
