/* test.h - what cmocka wants included before it, and errors for tests. */
#ifndef MB_TEST_COMMON_H
#define MB_TEST_COMMON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "milvus_backup/storage_plugin.h"

#define MB_TEST_ERROR                          \
    (struct mb_error)                          \
    {                                          \
        .struct_size = sizeof(struct mb_error) \
    }

#define assert_contains(text, part)                                 \
    do {                                                            \
        if (!strstr((text), (part)))                                \
            fail_msg("'%s' does not contain '%s'", (text), (part)); \
    } while (0)

#define assert_lacks(text, part)                            \
    do {                                                    \
        if (strstr((text), (part)))                         \
            fail_msg("'%s' contains '%s'", (text), (part)); \
    } while (0)

#endif
