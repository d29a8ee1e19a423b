/* The header stands alone, and says nothing that a C++ compiler would refuse. */
#include "milvus_backup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void test_words_for_every_number(void **state)
{
    (void)state;
    assert_string_equal(mb_task_kind_name(MB_TASK_DELETE), "delete");
    assert_string_equal(mb_task_kind_name(0), "unknown");
    assert_string_equal(mb_task_state_name(MB_TASK_QUEUED), "queued");
    assert_string_equal(mb_task_state_name(-1), "unknown");
    assert_string_equal(mb_task_state_name(99), "unknown");
    assert_string_equal(mb_state_name(MB_STATE_UNREADABLE), "unreadable");
    assert_string_equal(mb_task_fault_name(MB_TASK_FAULT_STRAY), "stray");
    assert_string_equal(mb_status_name(MB_E_NOT_FOUND), "not found");
}

static void test_version_is_the_header_s(void **state)
{
    char text[32];
    (void)state;
    snprintf(text, sizeof text, "%d.%d.%d", MB_LIBRARY_MAJOR, MB_LIBRARY_MINOR, MB_LIBRARY_PATCH);
    assert_string_equal(mb_library_version(), text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_for_every_number),
        cmocka_unit_test(test_version_is_the_header_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
