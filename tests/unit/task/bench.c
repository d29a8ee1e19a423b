#include "bench.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static void keep_notice(void *ctx, int kind, const char *text)
{
    struct bench *b = ctx;
    size_t len = strlen(b->notices);
    snprintf(b->notices + len, sizeof b->notices - len, "%d %s\n", kind, text);
}

int bench_setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);

    assert_non_null(b);
    strcpy(b->folder, "/tmp/mb-task-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    snprintf(b->config, sizeof b->config, "%s/backup.yaml", b->folder);
    b->error.struct_size = sizeof b->error;
    b->options = (struct mb_session_options){.struct_size = sizeof b->options,
                                             .config_path = b->config,
                                             .driver_dir = MB_TEST_DRIVERS,
                                             .notice = keep_notice,
                                             .notice_ctx = b};
    *state = b;
    return 0;
}

int bench_teardown(void **state)
{
    struct bench *b = *state;

    nftw(b->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(b);
    return 0;
}

void bench_write(struct bench *b, const char *path, const char *text)
{
    char full[512];
    snprintf(full, sizeof full, "%s/%s", b->folder, path);
    for (char *slash = full + strlen(b->folder) + 1; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
        *slash = '\0';
        mkdir(full, 0700);
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

void bench_configure(struct bench *b, const char *more)
{
    char text[2048];
    snprintf(text, sizeof text,
             "log:\n  file:\n    rootPath: %s/backup.log\n"
             "milvus:\n  address: 127.0.0.1\n  port: 1\n"
             "minio:\n  storageType: local\n  rootPath: %s/a\n  backupStorageType: local\n"
             "  backupRootPath: %s/b\n%s",
             b->folder, b->folder, b->folder, more);
    bench_write(b, "backup.yaml", text);
}

struct mb_session *bench_open(struct bench *b)
{
    struct mb_session *session = NULL;
    if (mb_session_open(&session, &b->options, &b->error) != MB_OK)
        fail_msg("%s", b->error.message);
    return session;
}
