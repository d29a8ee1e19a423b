/* bench.h - sessions over folders of their own, through the local driver.  No Milvus answers. */
#ifndef MB_TEST_TASK_BENCH_H
#define MB_TEST_TASK_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "milvus_backup.h"

struct bench {
    char folder[64];
    char config[96];
    struct mb_session_options options; /* for mb_session_open */
    struct mb_error error;
    char notices[4096]; /* one a line, its kind in front */
};

int bench_setup(void **state);
int bench_teardown(void **state);

/* A configuration whose stores are folders called a and b below the bench's; more is added to the file. */
void bench_configure(struct bench *b, const char *more);

struct mb_session *bench_open(struct bench *b);

/* A file below the bench's folder; the folders above it are made. */
void bench_write(struct bench *b, const char *path, const char *text);

#endif
