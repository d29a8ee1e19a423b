#include "base/owner.h"

#include "base/scope.h"

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
        const char *text = mb_owner_text(mb_owner_new());
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

static void test_tasks_of_this_process(void **state)
{
    (void)state;
    char first_text[512];
    struct mb_arena *arena = mb_arena_new();
    const struct mb_scope scope = {.id = "create-5, fast"};
    struct mb_owner *first = mb_owner_new();
    mb_scope_enter(&scope);
    struct mb_owner *second = mb_owner_new();
    mb_scope_enter(NULL);
    snprintf(first_text, sizeof(first_text), "%s", mb_owner_text(first));
    assert_string_not_equal(first_text, mb_owner_text(second));
    assert_int_equal(mb_owner_fate_of(first_text), MB_OWNER_LIVES);
    assert_int_equal(mb_owner_fate_of(mb_owner_text(second)), MB_OWNER_LIVES);
    mb_owner_free(first);
    assert_int_equal(mb_owner_fate_of(first_text), MB_OWNER_GONE);
    assert_int_equal(mb_owner_fate_of(mb_owner_text(second)), MB_OWNER_LIVES);
    assert_null(strstr(mb_owner_brief(first_text, arena), "task"));
    assert_non_null(strstr(mb_owner_brief(mb_owner_text(second), arena), ", task create-5, fast"));
    mb_owner_free(second);
    mb_arena_free(arena);
}

/* Another copy of the library in this process, or an older version: nothing is known of its tasks. */
static void test_a_stranger_in_this_process_lives_with_it(void **state)
{
    (void)state;
    char text[512];
    struct mb_owner *owner = mb_owner_new();
    snprintf(text, sizeof(text), "%s", mb_owner_text(owner));
    mb_owner_free(owner);
    assert_int_equal(mb_owner_fate_of(text), MB_OWNER_GONE);
    char *work = strstr(text, ", work ");
    assert_non_null(work);
    work[strlen(", work ")] ^= 3;
    assert_int_equal(mb_owner_fate_of(text), MB_OWNER_LIVES);
    *work = '\0';
    assert_int_equal(mb_owner_fate_of(text), MB_OWNER_LIVES);
}

static const char *with(struct mb_arena *arena, const char *text, const char *label, const char *value)
{
    const char *at = strstr(text, label);
    assert_non_null(at);
    at += strlen(label);
    return mb_arena_printf(arena, "%.*s%s%s", (int)(at - text), text, value, at + strcspn(at, ","));
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
        with(arena, child.text, ", boot ", "6f1c0f3e-0000-4000-8000-000000000000"),
        with(arena, child.text, ", boot ", ""),
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

/* Such a text says nothing of the machine but its name, which another one may have, too. */
static void test_texts_of_older_versions(void **state)
{
    (void)state;
    struct child child = start_child();
    *strstr(child.text, ", boot ") = '\0';
    assert_int_equal(mb_owner_fate_of(child.text), MB_OWNER_LIVES);
    close(child.release);
    assert_int_equal(waitpid(child.pid, NULL, 0), child.pid);
    assert_int_equal(mb_owner_fate_of(child.text), MB_OWNER_UNKNOWN);
}

static void test_a_later_process_of_the_same_number(void **state)
{
    (void)state;
    struct mb_arena *arena = mb_arena_new();
    struct child child = start_child();
    assert_int_equal(mb_owner_fate_of(with(arena, child.text, ", started ", "17")), MB_OWNER_GONE);
    assert_int_equal(mb_owner_fate_of(child.text), MB_OWNER_LIVES);
    close(child.release);
    waitpid(child.pid, NULL, 0);
    struct mb_owner *own = mb_owner_new();
    assert_int_equal(mb_owner_fate_of(with(arena, mb_owner_text(own), ", started ", "17")), MB_OWNER_GONE);
    mb_owner_free(own);
    mb_arena_free(arena);
}

static void test_people_read_machine_and_process(void **state)
{
    (void)state;
    struct mb_arena *arena = mb_arena_new();
    assert_string_equal(mb_owner_brief("a, process 7, pid:[1], boot x, started 8", arena), "a, process 7");
    assert_string_equal(mb_owner_brief("a, process 7", arena), "a, process 7");
    assert_string_equal(mb_owner_brief("somebody", arena), "somebody");
    mb_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_process_while_it_runs_and_afterwards),
        cmocka_unit_test(test_tasks_of_this_process),
        cmocka_unit_test(test_a_stranger_in_this_process_lives_with_it),
        cmocka_unit_test(test_others_are_unknown),
        cmocka_unit_test(test_texts_of_older_versions),
        cmocka_unit_test(test_a_later_process_of_the_same_number),
        cmocka_unit_test(test_people_read_machine_and_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
