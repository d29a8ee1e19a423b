#include "base/temporary.h"

#include "base/scope.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cmocka.h>

enum { TMPFS = 0x01021994 };

/* Which file systems pass for memory: those of the devices of these paths. */
static const char *in_memory[3];
static bool all_in_memory;
static int write_error;

int __real_fstatfs64(int fd, struct statfs *out);
int __wrap_fstatfs64(int fd, struct statfs *out);
ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);

static const char *path_of(int fd)
{
    static char target[512];
    char link[64];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, target, sizeof(target) - 1);
    target[len < 0 ? 0 : len] = '\0';
    return target;
}

int __wrap_fstatfs64(int fd, struct statfs *out)
{
    int failed = __real_fstatfs64(fd, out);
    const char *path = path_of(fd);
    out->f_type = 0;
    for (size_t i = 0; i < 3 && in_memory[i] != NULL; i++)
        if (strncmp(path, in_memory[i], strlen(in_memory[i])) == 0)
            out->f_type = TMPFS;
    if (all_in_memory)
        out->f_type = TMPFS;
    return failed;
}

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    struct stat st;
    bool nameless = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 0;
    if (!nameless || write_error == 0)
        return __real_write(fd, data, len);
    errno = write_error;
    return -1;
}

struct bed {
    char folder[64];
    char log_path[128];
    struct mb_log *log;
    struct mb_error error;
    struct mb_temporary file;
};

static int up(void **state)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    bed->error = MB_ERROR_INIT;
    bed->file = (struct mb_temporary)MB_TEMPORARY_NONE;
    strcpy(bed->folder, "/tmp/mb-test-temporary-XXXXXX");
    if (mkdtemp(bed->folder) == NULL)
        return -1;
    snprintf(bed->log_path, sizeof(bed->log_path), "%s/backup.log", bed->folder);
    struct mb_log_options options = {.level = MB_LOG_INFO, .path = bed->log_path};
    memset(in_memory, 0, sizeof(in_memory));
    all_in_memory = false;
    write_error = 0;
    mb_scope_enter(NULL);
    *state = bed;
    return mb_log_open(&bed->log, &options, &bed->error) == MB_OK ? 0 : -1;
}

static int down(void **state)
{
    struct bed *bed = *state;
    mb_temporary_close(&bed->file);
    mb_log_close(bed->log);
    unlink(bed->log_path);
    int failed = rmdir(bed->folder); /* nothing else is in it */
    mb_scope_enter(NULL);
    free(bed);
    return failed;
}

static mb_status open_file(struct bed *bed, struct mb_log *log)
{
    mb_temporary_close(&bed->file);
    return mb_temporary_open(&bed->file, log, &bed->error);
}

static void assert_lies_in(const struct bed *bed, const char *folder)
{
    const char *path = path_of(bed->file.fd);
    if (strncmp(path, folder, strlen(folder)) != 0 || path[strlen(folder)] != '/')
        fail_msg("'%s' does not lie in %s", path, folder);
    assert_string_equal(bed->file.folder, folder);
}

static void test_what_was_appended_is_read(void **state)
{
    struct bed *bed = *state;
    char text[16] = "";
    size_t n = 0;
    assert_int_equal(open_file(bed, NULL), MB_OK);
    assert_int_equal(mb_temporary_append(&bed->file, "0123", 4, &bed->error), MB_OK);
    assert_int_equal(mb_temporary_append(&bed->file, "456789", 6, &bed->error), MB_OK);
    assert_int_equal(mb_temporary_read(&bed->file, 3, text, 4, &n, &bed->error), MB_OK);
    assert_int_equal(n, 4);
    assert_string_equal(text, "3456");
    assert_int_equal(mb_temporary_read(&bed->file, 8, text, sizeof(text), &n, &bed->error), MB_OK);
    assert_int_equal(n, 2);
    assert_memory_equal(text, "89", 2);
}

static void test_it_lies_beside_the_log_and_has_no_name(void **state)
{
    struct bed *bed = *state;
    struct stat st;
    assert_int_equal(open_file(bed, bed->log), MB_OK);
    assert_lies_in(bed, bed->folder);
    assert_int_equal(fstat(bed->file.fd, &st), 0);
    assert_int_equal(st.st_nlink, 0);
}

static void test_it_lies_on_a_disk(void **state)
{
    struct bed *bed = *state;
    in_memory[0] = bed->folder;
    assert_int_equal(open_file(bed, bed->log), MB_OK);
    assert_lies_in(bed, "/var/tmp");
    assert_int_equal(open_file(bed, NULL), MB_OK);
    assert_lies_in(bed, "/var/tmp");
    in_memory[1] = "/var/tmp";
    assert_int_equal(open_file(bed, bed->log), MB_OK);
    assert_lies_in(bed, "/tmp");
    in_memory[0] = "/tmp";
    assert_int_equal(open_file(bed, NULL), MB_OK);
    assert_string_equal(bed->file.folder, "/tmp");
}

/* There is no better place, and a backup that needs none of it should not fail for it. */
static void test_memory_is_the_last_resort_and_said(void **state)
{
    struct bed *bed = *state;
    char text[512] = "";
    all_in_memory = true;
    assert_int_equal(open_file(bed, bed->log), MB_OK);
    assert_lies_in(bed, "/tmp");
    FILE *log = fopen(bed->log_path, "r");
    assert_non_null(log);
    assert_true(fread(text, 1, sizeof(text) - 1, log) > 0);
    fclose(log);
    assert_non_null(strstr(text, "temporary files lie in /tmp, which is memory: set TMPDIR"));
}

static void test_the_folder_of_the_scope_outranks_all(void **state)
{
    struct bed *bed = *state;
    char folder[128];
    snprintf(folder, sizeof(folder), "%s/mine", bed->folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    struct mb_scope scope = {.temporary_folder = folder};
    mb_scope_enter(&scope);
    all_in_memory = true; /* who says so means it */
    assert_int_equal(open_file(bed, bed->log), MB_OK);
    assert_lies_in(bed, folder);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(open_file(bed, bed->log), MB_E_NOT_FOUND);
    assert_non_null(strstr(bed->error.message, folder));
    assert_non_null(strstr(bed->error.message, "set TMPDIR to another folder"));
}

static void test_a_full_disk_is_named(void **state)
{
    struct bed *bed = *state;
    assert_int_equal(open_file(bed, bed->log), MB_OK);
    write_error = ENOSPC;
    assert_int_equal(mb_temporary_append(&bed->file, "0123", 4, &bed->error), MB_E_NO_SPACE);
    assert_non_null(strstr(bed->error.message, bed->folder));
    assert_non_null(strstr(bed->error.message, "set TMPDIR to another folder"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_appended_is_read),
        TEST(test_it_lies_beside_the_log_and_has_no_name),
        TEST(test_it_lies_on_a_disk),
        TEST(test_memory_is_the_last_resort_and_said),
        TEST(test_the_folder_of_the_scope_outranks_all),
        TEST(test_a_full_disk_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
