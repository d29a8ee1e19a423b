/* From which version on a server can do what: the last that cannot and the first that can. */
#include "milvus/capability.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool can(const char *version, enum mb_milvus_capability capability)
{
    return mb_milvus_version_can(mb_version_parse(version, NULL), capability);
}

static void test_the_first_that_can(void **state)
{
    static const struct {
        enum mb_milvus_capability capability;
        const char *last_without, *first_with;
    } cases[] = {
        {MB_MILVUS_DATABASES, "2.2.8", "2.2.9"},
        {MB_MILVUS_RENAME, "v2.2.8", "v2.2.9"},
        {MB_MILVUS_IMPORT_SEGMENTS, "v2.3.22", "v2.4.0-rc.1"},
        {MB_MILVUS_IMPORT_JOBS, "2.3.22", "2.4.0"},
        {MB_MILVUS_PAUSE_GC, "2.3.22", "2.4-20240101-abc"},
        {MB_MILVUS_PAUSE_GC_OF_ONE, "2.6.7", "2.6.8"},
        {MB_MILVUS_DESCRIBE_DATABASE, "2.4.2", "2.4.3"},
        {MB_MILVUS_DESCRIBE_SEGMENT, "2.5.7", "2.5.8"},
        {MB_MILVUS_IMPORT_DELETES_TOGETHER, "2.6.4", "2.6.5"},
        {MB_MILVUS_CHECK_FUNCTIONS, "2.6.7", "2.6.8"},
        {MB_MILVUS_FLUSH_DELETES, "2.2.16", "2.3.0"},
        {MB_MILVUS_IMPORT_UNTIL_TIMESTAMP, "2.3.22", "2.4.0"},
        {MB_MILVUS_FLUSH_ALL, "2.6.10", "2.6.11"},
        {MB_MILVUS_RPC_CHANNEL, "2.4.23", "2.5.0"},
        {MB_MILVUS_REPLICATION, "2.6.10", "2.6.11"},
        {MB_MILVUS_COUNT_ROWS_EXACTLY, "2.4.0", "2.3.22"},
        {MB_MILVUS_SNAPSHOTS, "2.6.99", "v3.0.0-rc1"},
    };
    (void)state;
    assert_int_equal(sizeof cases / sizeof *cases, MB_MILVUS_CAPABILITIES);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (can(cases[i].last_without, cases[i].capability) || !can(cases[i].first_with, cases[i].capability))
            fail_msg("%s and %s", cases[i].last_without, cases[i].first_with);
        assert_memory_equal(mb_milvus_needs(cases[i].capability), "Milvus ", 7);
    }
}

/* A build that tells no version is taken for a new one. */
static void test_a_server_that_tells_no_version(void **state)
{
    (void)state;
    assert_true(can("master", MB_MILVUS_CHECK_FUNCTIONS));
    assert_false(can("master", MB_MILVUS_COUNT_ROWS_EXACTLY));
    assert_false(can("master", MB_MILVUS_RPC_CHANNEL) || can("2.6.0", MB_MILVUS_RPC_CHANNEL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_that_can),
        cmocka_unit_test(test_a_server_that_tells_no_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
