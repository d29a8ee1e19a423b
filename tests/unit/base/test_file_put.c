/* A file that is there whole or not at all. */
#include "base/file.h"

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

struct folder {
    char path[64], file[80], beside[96];
};

static int set_up(void **state)
{
    static struct folder folder;
    snprintf(folder.path, sizeof folder.path, "/tmp/put-XXXXXX");
    assert_non_null(mkdtemp(folder.path));
    snprintf(folder.file, sizeof folder.file, "%s/file", folder.path);
    snprintf(folder.beside, sizeof folder.beside, "%s.new", folder.file);
    *state = &folder;
    return 0;
}

static int tear_down(void **state)
{
    const struct folder *folder = *state;
    unlink(folder->file);
    unlink(folder->beside);
    assert_int_equal(rmdir(folder->path), 0); /* nothing else is left */
    return 0;
}

static mb_status put(const char *path, const char *text, enum mb_file_place place, int *fd)
{
    struct mb_error error = MB_ERROR_INIT;
    mb_status status = mb_file_put(path, text, strlen(text), place, fd, &error);
    if (status != MB_OK)
        assert_non_null(strstr(error.message, path));
    return status;
}

static void holds(const char *path, const char *text)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_buf found = MB_BUF_INIT(64);
    assert_int_equal(mb_file_text(path, &found, &error), MB_OK);
    assert_string_equal(mb_buf_text(&found), text);
    mb_buf_done(&found);
}

static void it_is_its_owners_alone(void **state)
{
    const struct folder *folder = *state;
    struct stat st;
    umask(0);
    for (int place = MB_FILE_ABSENT; place <= MB_FILE_OWN; place++) {
        assert_int_equal(put(folder->file, "text", (enum mb_file_place)place, NULL), MB_OK);
        holds(folder->file, "text");
        assert_int_equal(stat(folder->file, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        unlink(folder->file);
    }
}

static void what_is_there_stays_or_goes(void **state)
{
    const struct folder *folder = *state;
    assert_int_equal(put(folder->file, "one", MB_FILE_ABSENT, NULL), MB_OK);
    assert_int_equal(put(folder->file, "two", MB_FILE_ABSENT, NULL), MB_E_EXISTS);
    holds(folder->file, "one");
    assert_int_equal(put(folder->file, "two", MB_FILE_REPLACE, NULL), MB_OK);
    holds(folder->file, "two");
    assert_int_equal(put(folder->file, "", MB_FILE_OWN, NULL), MB_OK);
    holds(folder->file, "");
}

/* A name beside it may be somebody's; where it is not, what a crash left is no hindrance and does not stay.
 */
static void the_name_beside_is_touched_only_by_its_owner(void **state)
{
    const struct folder *folder = *state;
    assert_int_equal(put(folder->beside, "somebody's", MB_FILE_ABSENT, NULL), MB_OK);
    assert_int_equal(put(folder->file, "text", MB_FILE_REPLACE, NULL), MB_OK);
    holds(folder->beside, "somebody's");
    assert_int_equal(put(folder->file, "own", MB_FILE_OWN, NULL), MB_OK);
    holds(folder->file, "own");
    assert_int_equal(access(folder->beside, F_OK), -1);
}

static void the_descriptor_is_that_of_the_new_file(void **state)
{
    const struct folder *folder = *state;
    char text[8] = "";
    int fd = -1;
    assert_int_equal(put(folder->file, "before", MB_FILE_OWN, NULL), MB_OK);
    assert_int_equal(put(folder->file, "line", MB_FILE_OWN, &fd), MB_OK);
    assert_int_equal(mb_file_write(fd, "s", 1, 4), 0);
    assert_int_equal(mb_file_read(fd, text, sizeof text, 0), 5);
    mb_file_close(fd);
    holds(folder->file, "lines");
}

static void a_failure_leaves_nothing_behind(void **state)
{
    const struct folder *folder = *state;
    char far[128];
    int fd = 7;
    snprintf(far, sizeof far, "%s/nowhere/file", folder->path);
    for (int place = MB_FILE_ABSENT; place <= MB_FILE_OWN; place++)
        assert_int_equal(put(far, "text", (enum mb_file_place)place, &fd), MB_E_NOT_FOUND);
    assert_int_equal(fd, -1);
    assert_int_equal(mkdir(folder->file, 0700), 0);
    assert_true(put(folder->file, "text", MB_FILE_REPLACE, NULL) < 0);
    assert_true(put(folder->file, "text", MB_FILE_OWN, &fd) < 0);
    assert_int_equal(fd, -1);
    assert_int_equal(rmdir(folder->file), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_its_owners_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_there_stays_or_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_name_beside_is_touched_only_by_its_owner, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_descriptor_is_that_of_the_new_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failure_leaves_nothing_behind, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
