/* The canonical path of something that is there in part. */
#include "base/path.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static void expect(const char *path, const char *resolved)
{
    char *out = mb_path_resolve(path);
    assert_non_null(out);
    assert_string_equal(out, resolved);
    free(out);
}

static const char *below(const char *rest)
{
    static char path[2][128];
    static int turn;
    turn = 1 - turn;
    snprintf(path[turn], sizeof(path[turn]), "%s%s", folder, rest);
    return path[turn];
}

static void links_are_followed_and_the_rest_is_kept(void **state)
{
    (void)state;
    assert_int_equal(mkdir(below("/there"), 0700), 0);
    assert_int_equal(symlink("there", below("/link")), 0);
    expect(below("/link"), below("/there"));
    expect(below("/link/no/such//dir/"), below("/there/no/such/dir"));
    expect("/", "/");
    expect("/no-such-folder-anywhere/x", "/no-such-folder-anywhere/x");
    unlink(below("/link"));
    rmdir(below("/there"));
}

static void a_relative_path_begins_where_the_process_is(void **state)
{
    (void)state;
    char *before = getcwd(NULL, 0);
    assert_int_equal(chdir(folder), 0);
    expect("not/yet", below("/not/yet"));
    expect(".", folder);
    assert_int_equal(chdir(before), 0);
    free(before);
}

static void a_file_on_the_way_is_an_error(void **state)
{
    (void)state;
    FILE *file = fopen(below("/file"), "w");
    assert_non_null(file);
    fclose(file);
    errno = 0;
    assert_null(mb_path_resolve(below("/file/x")));
    assert_int_equal(errno, ENOTDIR);
    unlink(below("/file"));
}

static int set_up(void **state)
{
    char made[] = "/tmp/mb-path-XXXXXX";
    (void)state;
    char *real = mkdtemp(made) != NULL ? realpath(made, NULL) : NULL;
    if (real == NULL)
        return -1;
    snprintf(folder, sizeof(folder), "%s", real);
    free(real);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_are_followed_and_the_rest_is_kept),
        cmocka_unit_test(a_relative_path_begins_where_the_process_is),
        cmocka_unit_test(a_file_on_the_way_is_an_error),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
