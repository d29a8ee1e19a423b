#include "base/file.h"

#include "base/random.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void reads_and_writes_whole(void **state)
{
    (void)state;
    char got[16] = "";
    FILE *file = tmpfile();
    assert_non_null(file);
    int fd = fileno(file);
    assert_int_equal(mb_file_write(fd, "0123456789", 10, 5), 0);
    assert_int_equal(mb_file_read(fd, got, 4, 8), 4);
    assert_memory_equal(got, "3456", 4);
    assert_int_equal(mb_file_read(fd, got, sizeof(got), 12), 3);
    assert_int_equal(mb_file_read(fd, got, sizeof(got), 15), 0);
    fclose(file);
    errno = EXDEV;
    mb_file_close(-1);
    assert_int_equal(errno, EXDEV);
    assert_int_equal(mb_file_read(-1, got, 1, 0), -1);
    assert_int_equal(mb_file_write(-1, got, 1, 0), -1);
}

static void reads_one_line(void **state)
{
    (void)state;
    char line[64];
    assert_true(mb_file_first_line("/proc/self/status", line, sizeof(line)));
    assert_int_equal(strncmp(line, "Name:", 5), 0);
    assert_null(strchr(line, '\n'));
    assert_false(mb_file_first_line("/proc/self/nothing", line, sizeof(line)));
}

static void makes_digits(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    char a[33] = "", b[33] = "";
    assert_int_equal(mb_random_hex(a, 32, &error), MB_OK);
    assert_int_equal(mb_random_hex(b, 32, &error), MB_OK);
    assert_int_equal(strlen(a), 32);
    assert_int_equal(strspn(a, "0123456789abcdef"), 32);
    assert_string_not_equal(a, b);
    assert_int_equal(mb_random_hex(a, 66, &error), MB_E_INTERNAL);
}

static void a_small_file_is_a_text(void **state)
{
    char path[64], digits[17];
    struct mb_error error = MB_ERROR_INIT;
    struct mb_buf text = MB_BUF_INIT(8), short_of = MB_BUF_INIT(4);
    (void)state;
    assert_int_equal(mb_random_hex(digits, 16, &error), MB_OK);
    snprintf(path, sizeof path, "/tmp/text-%s", digits);
    assert_int_equal(mb_file_text(path, &text, &error), MB_E_NOT_FOUND);
    assert_non_null(strstr(error.message, path));
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs("a\nbcd", file);
    fclose(file);
    assert_int_equal(mb_file_text(path, &text, &error), MB_OK);
    assert_string_equal(mb_buf_text(&text), "a\nbcd");
    assert_int_equal(mb_file_text(path, &short_of, &error), MB_E_INVALID);
    remove(path);
    mb_buf_done(&text);
    mb_buf_done(&short_of);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_file_is_a_text),
        cmocka_unit_test(reads_and_writes_whole),
        cmocka_unit_test(reads_one_line),
        cmocka_unit_test(makes_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
