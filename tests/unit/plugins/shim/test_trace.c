#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_file(struct bed *bed, const char *name)
{
    static char text[65536];
    const char *path = strchr(bed_path(bed, "", name), '=') + 1;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* The line without its time and without the milliseconds at its end; drops it from *rest. */
static const char *next_line(char **rest)
{
    char *line = strsep(rest, "\n");
    assert_true(strlen(line) > 25 && line[23] == 'Z' && line[24] == ' ');
    char *ms = strstr(line, " ms=");
    assert_non_null(ms);
    assert_true(strtod(ms + 4, NULL) >= 0);
    *ms = '\0';
    return line + 25;
}

static void test_a_line_an_operation(void **state)
{
    struct bed *bed = *state;
    struct mb_stat stat;
    static const char *const keys[] = {"a", "b\n\"\\\x7f\xc3\xa4"};
    struct mb_storage *storage =
        bed_open(bed, "trace", OPTIONS("over=memory", bed_path(bed, "trace.file", "trace")));
    bool any;
    assert_ok(bed, bed_put(bed, storage, keys[0], 1500));
    assert_true(bed_holds(bed, storage, keys[0], 1500));
    assert_ok(bed, mb_storage_copy(storage, keys[1], storage, keys[0], 0, NULL, NULL, &bed->error));
    assert_int_equal(mb_storage_stat(storage, "none", &stat, NULL, &bed->error), MB_E_NOT_FOUND);
    assert_ok(bed, mb_storage_any(storage, "", &any, NULL, &bed->error));
    assert_ok(bed, mb_storage_remove_many(storage, keys, 2, NULL, &bed->error));
    mb_storage_close(storage);

    char *rest = read_file(bed, "trace");
    assert_string_equal(next_line(&rest), "open key=\"\" bytes=0 status=\"ok\"");
    assert_string_equal(next_line(&rest), "put key=\"a\" bytes=1500 status=\"ok\"");
    assert_string_equal(next_line(&rest), "get key=\"a\" bytes=1500 status=\"ok\"");
    assert_string_equal(next_line(&rest),
                        "copy key=\"b\\x0a\\x22\\x5c\\x7f\xc3\xa4\" bytes=1500 status=\"ok\"");
    assert_string_equal(next_line(&rest), "stat key=\"none\" bytes=0 status=\"not found\"");
    assert_string_equal(next_line(&rest), "list_open key=\"\" bytes=0 status=\"ok\"");
    assert_string_equal(next_line(&rest), "list key=\"\" bytes=0 count=1 status=\"ok\"");
    assert_string_equal(next_line(&rest), "remove_many key=\"a\" bytes=0 count=2 status=\"ok\"");
    assert_string_equal(rest, "");
}

static void test_a_retry_is_a_line_of_its_own(void **state)
{
    struct bed *bed = *state;
    struct mb_storage *storage =
        bed_open(bed, "trace",
                 OPTIONS("over=fault/memory", "fault.rules=put:nth=1:error=UNAVAILABLE",
                         bed_path(bed, "trace.file", "trace")));
    assert_ok(bed, bed_put(bed, storage, "k", 10));
    mb_storage_close(storage);
    char *rest = read_file(bed, "trace");
    next_line(&rest);
    assert_string_equal(next_line(&rest), "put key=\"k\" bytes=0 status=\"unavailable\"");
    assert_string_equal(next_line(&rest), "put key=\"k\" bytes=10 status=\"ok\"");
}

static void test_without_a_file_the_log_gets_it(void **state)
{
    struct bed *bed = *state;
    struct mb_storage *storage = bed_open(bed, "trace", OPTIONS("over=memory"));
    assert_ok(bed, bed_put(bed, storage, "k", 10));
    mb_storage_close(storage);
    const char *log = read_file(bed, "log");
    assert_non_null(strstr(log, "DEBUG put key=\"k\" bytes=10 status=\"ok\" ms="));
}

static void test_a_file_that_cannot_be_written(void **state)
{
    struct bed *bed = *state;
    struct mb_storage *storage = NULL;
    assert_int_equal(bed_try(bed, &storage, "trace", OPTIONS("over=memory", "trace.file=/nonexistent/x")),
                     MB_E_CONFIG);
    assert_string_equal(bed->error.message,
                        "open trace: option \"trace.file\": open /nonexistent/x: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(test_a_line_an_operation),
        BED_TEST(test_a_retry_is_a_line_of_its_own),
        BED_TEST(test_without_a_file_the_log_gets_it),
        BED_TEST(test_a_file_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
