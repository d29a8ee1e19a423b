#include "base/log.h"

#include "base/buf.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct fixture {
    char dir[64];
    char path[128];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    strcpy(f->dir, "/tmp/mb-log-XXXXXX");
    if (f == NULL || mkdtemp(f->dir) == NULL)
        return -1;
    snprintf(f->path, sizeof(f->path), "%s/a/b/backup.log", f->dir);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf '%s'", f->dir);
    int rc = system(command);
    free(f);
    return rc;
}

static struct mb_log *open_log(const char *path, int level, uint64_t max_bytes, unsigned max_files)
{
    struct mb_error error = MB_ERROR_INIT;
    struct mb_log *log = NULL;
    struct mb_log_options options = {
        .level = level, .path = path, .max_bytes = max_bytes, .max_files = max_files};
    assert_int_equal(mb_log_open(&log, &options, &error), MB_OK);
    return log;
}

static char *read_file(const char *path)
{
    struct mb_buf buf;
    mb_buf_init(&buf, 64u << 20);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char chunk[4096];
    for (size_t n; (n = fread(chunk, 1, sizeof(chunk), file)) > 0;)
        mb_buf_append(&buf, chunk, n);
    fclose(file);
    return mb_buf_steal(&buf);
}

static size_t count_files(const char *dir)
{
    size_t count = 0;
    DIR *handle = opendir(dir);
    assert_non_null(handle);
    for (struct dirent *entry; (entry = readdir(handle)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(handle);
    return count;
}

static void test_lines(void **state)
{
    struct fixture *f = *state;
    struct mb_log *log = open_log(f->path, MB_LOG_INFO, 0, 0);
    mb_log(log, MB_LOG_INFO, "backup %s", "one");
    mb_log(log, MB_LOG_DEBUG, "dropped");
    mb_log(log, MB_LOG_ERROR, "a\nb\r\t\x1b[31m\x7f \xc3\xa4");
    assert_true(mb_log_enabled(log, MB_LOG_INFO));
    assert_false(mb_log_enabled(log, MB_LOG_DEBUG));
    assert_false(mb_log_enabled(NULL, MB_LOG_ERROR));
    mb_log_close(log);
    mb_log(NULL, MB_LOG_ERROR, "nowhere");
    mb_log_close(NULL);

    char *text = read_file(f->path);
    assert_int_equal(strspn(text, "0123456789-:T.Z"), 24);
    assert_memory_equal(text + 10, "T", 1);
    assert_memory_equal(text + 23, "Z INFO  backup one\n", 19);
    char *second = strchr(text, '\n') + 1;
    assert_string_equal(second + 23, "Z ERROR a\\nb\\r\\t\\x1b[31m\\x7f \xc3\xa4\n");
    free(text);
}

static void test_texts_are_masked_and_beginnings_of_long_secrets_too(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_log_options options = {.level = MB_LOG_INFO};
    struct mb_log *log;
    assert_int_equal(mb_log_open(&log, &options, &error), MB_OK);
    mb_log_hide(log, "a-token-of-thirty-two-characters");
    mb_log_hide(log, "short-secret");
    static const char *const texts[][2] = {
        {"sent a-token-of-thirty-two-characters, it says", "sent ****, it says"},
        {"sent a-token-of-thirty-two-cha...", "sent ****..."},
        {"sent a-token-of-t and a-token-of-thirty", "sent **** and ****"},
        {"sent a-token-of-other", "sent a-token-of-other"},
        {"sent short-secre", "sent short-secre"},
        {"short-secretshort-secret", "********"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char text[64];
        snprintf(text, sizeof(text), "%s", texts[i][0]);
        mb_log_mask(log, text);
        assert_string_equal(text, texts[i][1]);
    }
    mb_log_mask(NULL, NULL);
    mb_log_close(log);
}

static void test_lines_of_json(void **state)
{
    struct fixture *f = *state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_log_options options = {.level = MB_LOG_DEBUG, .path = f->path, .json = true};
    struct mb_log *log;
    assert_int_equal(mb_log_open(&log, &options, &error), MB_OK);
    mb_log_hide(log, "pass\"word");
    mb_log(log, MB_LOG_INFO, "backup %s", "one");
    mb_log(log, MB_LOG_WARN, "\"a\"\\b\nc\r\t\x1b[31m\x7f \xc3\xa4 \xff\xc3");
    mb_log(log, MB_LOG_DEBUG, "sent pass\"word");
    char *huge = malloc(1u << 20);
    memset(huge, 1, (1u << 20) - 1);
    huge[(1u << 20) - 1] = '\0';
    mb_log(log, MB_LOG_ERROR, "%s", huge);
    mb_log_close(log);
    free(huge);

    static const char *const ends[] = {
        "Z\",\"level\":\"info\",\"task\":\"\",\"text\":\"backup one\"}\n",
        ("Z\",\"level\":\"warn\",\"task\":\"\",\"text\":\"\\\"a\\\"\\\\b\\nc\\r\\t\\u001b[31m\\u007f "
         "\xc3\xa4 \\ufffd\\ufffd\"}\n"),
        "Z\",\"level\":\"debug\",\"task\":\"\",\"text\":\"sent ****\"}\n",
        "Z\",\"level\":\"error\",\"task\":\"\",\"text\":\"\\u0001\\u0001",
    };
    char *text = read_file(f->path), *at = text;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        assert_memory_equal(at, "{\"time\":\"2", 10);
        at += strlen("{\"time\":\"") + 23;
        assert_memory_equal(at, ends[i], strlen(ends[i]));
        at = strchr(at, '\n') + 1;
    }
    assert_int_equal(*at, '\0');
    free(text);
}

static void test_secrets_are_masked(void **state)
{
    struct fixture *f = *state;
    struct mb_log *log = open_log(f->path, MB_LOG_INFO, 0, 0);
    mb_log_hide(log, "minio");
    mb_log_hide(log, "minioadmin");
    mb_log_hide(log, "abc");
    mb_log_hide(log, "");
    mb_log_hide(log, NULL);
    mb_log_hide(NULL, "nothing");
    mb_log_hide(log, "two\nlines");
    mb_log(log, MB_LOG_INFO, "key=minioadmin;minioadminminioadmin minio abc two\nlines");
    char longer[5000];
    memset(longer, 'x', sizeof(longer));
    strcpy(longer + sizeof(longer) - 11, "minioadmin");
    mb_log(log, MB_LOG_INFO, "%s", longer);
    mb_log_close(log);
    char *text = read_file(f->path);
    assert_null(strstr(text, "minio"));
    assert_null(strstr(text, "lines"));
    assert_non_null(strstr(text, "key=****;******** **** abc ****\n"));
    assert_non_null(strstr(text, "xxxx****\n"));
    free(text);
}

static void test_very_long_line_is_cut(void **state)
{
    struct fixture *f = *state;
    struct mb_log *log = open_log(f->path, MB_LOG_INFO, 0, 0);
    char *huge = malloc(1u << 20);
    memset(huge, '\n', (1u << 20) - 1);
    huge[(1u << 20) - 1] = '\0';
    mb_log(log, MB_LOG_INFO, "%s", huge);
    mb_log(log, MB_LOG_INFO, "next");
    mb_log_close(log);
    free(huge);
    char *text = read_file(f->path);
    assert_true(strlen(text) > 100000 && strlen(text) < 400000);
    assert_memory_equal(strchr(text, '\n') + 25, " INFO  next\n", 12);
    free(text);
}

static void test_rotation_keeps_so_many(void **state)
{
    struct fixture *f = *state;
    char dir[96], other[128];
    snprintf(dir, sizeof(dir), "%s/a/b", f->dir);
    struct mb_log *log = open_log(f->path, MB_LOG_INFO, 1000, 3);
    snprintf(other, sizeof(other), "%s/backup-notes.log", dir);
    fclose(fopen(other, "w"));
    for (int i = 0; i < 200; i++)
        mb_log(log, MB_LOG_INFO, "line number %d", i);
    mb_log_close(log);
    assert_int_equal(count_files(dir), 5);
    assert_int_equal(access(other, F_OK), 0);
    char *text = read_file(f->path);
    assert_true(strlen(text) <= 1000);
    assert_non_null(strstr(text, "line number 199\n"));
    free(text);
}

static void test_rotated_files_age(void **state)
{
    struct fixture *f = *state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_log *log = NULL;
    struct mb_log_options options = {.level = MB_LOG_INFO, .path = f->path, .max_bytes = 200, .max_days = 2};
    assert_int_equal(mb_log_open(&log, &options, &error), MB_OK);
    char dir[96], path[2][200];
    snprintf(dir, sizeof(dir), "%s/a/b", f->dir);
    snprintf(path[0], sizeof(path[0]), "%s/backup-2020-01-01T00-00-00.000-0001.log", dir);
    snprintf(path[1], sizeof(path[1]), "%s/backup-2020-01-01T00-00-00.000-0002.log", dir);
    for (int i = 0; i < 2; i++) {
        fclose(fopen(path[i], "w"));
        time_t when = time(NULL) - (i == 0 ? 3 : 1) * 86400;
        struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};
        assert_int_equal(utimensat(AT_FDCWD, path[i], times, 0), 0);
    }
    for (int i = 0; i < 10; i++)
        mb_log(log, MB_LOG_INFO, "a line of some length to reach the limit");
    mb_log_close(log);
    assert_int_not_equal(access(path[0], F_OK), 0);
    assert_int_equal(access(path[1], F_OK), 0);
}

struct writer {
    struct mb_log *log;
    int number;
};

static void *write_many(void *ctx)
{
    struct writer *writer = ctx;
    for (int i = 0; i < 250; i++) {
        char secret[32];
        snprintf(secret, sizeof(secret), "secret-%d-%d", writer->number, i);
        if (i % 50 == 0)
            mb_log_hide(writer->log, secret);
        mb_log(writer->log, MB_LOG_INFO, "writer %d line %d end", writer->number, i);
    }
    return NULL;
}

/* Two logs on one path stand for two processes; both rotate it. */
static void test_concurrent_writers_lose_no_line(void **state)
{
    struct fixture *f = *state;
    struct mb_log *logs[2] = {open_log(f->path, MB_LOG_INFO, 20000, 0),
                              open_log(f->path, MB_LOG_INFO, 20000, 0)};
    pthread_t threads[8];
    struct writer writers[8];
    for (int i = 0; i < 8; i++) {
        writers[i] = (struct writer){logs[i % 2], i};
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &writers[i]), 0);
    }
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    mb_log_close(logs[0]);
    mb_log_close(logs[1]);

    char command[256];
    snprintf(command, sizeof(command), "cat %s/a/b/* | grep -c 'Z INFO  writer [0-7] line [0-9]* end$'",
             f->dir);
    FILE *pipe = popen(command, "r");
    int lines = 0;
    assert_int_equal(fscanf(pipe, "%d", &lines), 1);
    pclose(pipe);
    assert_int_equal(lines, 8 * 250);
}

static void test_a_path_that_cannot_be(void **state)
{
    struct fixture *f = *state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_log *log = NULL;
    char file[96], path[200];
    snprintf(file, sizeof(file), "%s/file", f->dir);
    fclose(fopen(file, "w"));
    snprintf(path, sizeof(path), "%s/backup.log", file);
    struct mb_log_options options = {.level = MB_LOG_INFO, .path = path};
    assert_true(mb_log_open(&log, &options, &error) < 0);
    assert_null(log);
    assert_non_null(strstr(error.message, path));
    options.path = f->dir;
    assert_true(mb_log_open(&log, &options, &error) < 0);
    assert_non_null(strstr(error.message, "open the log file"));
    options.path = "";
    assert_int_equal(mb_log_open(&log, &options, &error), MB_OK);
    mb_log_close(log);
}

static void test_levels(void **state)
{
    (void)state;
    int level = 0;
    assert_true(mb_log_level_parse("Debug", &level) && level == MB_LOG_DEBUG);
    assert_true(mb_log_level_parse("WARN", &level) && level == MB_LOG_WARN);
    assert_true(mb_log_level_parse("warning", &level) && level == MB_LOG_WARN);
    assert_false(mb_log_level_parse("", &level));
    assert_false(mb_log_level_parse("loud", &level));
    assert_int_equal(level, MB_LOG_WARN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines, setup, teardown),
        cmocka_unit_test(test_texts_are_masked_and_beginnings_of_long_secrets_too),
        cmocka_unit_test_setup_teardown(test_lines_of_json, setup, teardown),
        cmocka_unit_test_setup_teardown(test_secrets_are_masked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_very_long_line_is_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rotation_keeps_so_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rotated_files_age, setup, teardown),
        cmocka_unit_test_setup_teardown(test_concurrent_writers_lose_no_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_path_that_cannot_be, setup, teardown),
        cmocka_unit_test(test_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
