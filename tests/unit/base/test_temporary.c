#include "base/temporary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void test_what_was_appended_is_read(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    char text[16] = "";
    size_t n = 0;
    int fd = -1;
    assert_int_equal(mb_temporary_open(&fd, &error), MB_OK);
    assert_int_equal(mb_temporary_append(fd, "0123", 4, &error), MB_OK);
    assert_int_equal(mb_temporary_append(fd, "456789", 6, &error), MB_OK);
    assert_int_equal(mb_temporary_read(fd, 3, text, 4, &n, &error), MB_OK);
    assert_int_equal(n, 4);
    assert_string_equal(text, "3456");
    assert_int_equal(mb_temporary_read(fd, 8, text, sizeof(text), &n, &error), MB_OK);
    assert_int_equal(n, 2);
    assert_memory_equal(text, "89", 2);
    close(fd);
}

static void test_it_has_no_name_and_lies_where_it_was_told(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    char folder[] = "/tmp/mb-test-temporary-XXXXXX", path[64], target[256] = "";
    struct stat st;
    int fd = -1;
    assert_non_null(mkdtemp(folder));
    setenv("TMPDIR", folder, 1);
    assert_int_equal(mb_temporary_open(&fd, &error), MB_OK);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    assert_true(readlink(path, target, sizeof(target) - 1) > 0);
    assert_int_equal(strncmp(target, folder, strlen(folder)), 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_nlink, 0);
    assert_int_equal(rmdir(folder), 0);
    close(fd);

    assert_int_equal(mb_temporary_open(&fd, &error), MB_E_NOT_FOUND);
    assert_non_null(strstr(error.message, "set TMPDIR to another folder"));
    unsetenv("TMPDIR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_appended_is_read),
        cmocka_unit_test(test_it_has_no_name_and_lies_where_it_was_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
