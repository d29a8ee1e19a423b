/* Which places a request may name. */
#include "service/place.h"

#include "base/arena.h"

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

static struct mb_arena *arena;
static struct mb_error error;

static int begin(void **state)
{
    (void)state;
    arena = mb_arena_new();
    error = MB_ERROR_INIT;
    return 0;
}

static int end(void **state)
{
    (void)state;
    mb_arena_free(arena);
    return 0;
}

static const char *const more_buckets[] = {"second", NULL};
static const char *const more_roots[] = {"other/place", NULL};

static const struct mb_places in_a_bucket = {.bucket = "first",
                                             .root_path = "backup",
                                             .gc_address = "http://gc.example:9091",
                                             .milvus_address = "milvus.example",
                                             .bucket_key = "minio.backupBucketName",
                                             .root_key = "minio.backupRootPath",
                                             .gc_key = "backup.gcPause.address",
                                             .buckets = more_buckets,
                                             .root_paths = more_roots};

static struct mb_place settled(const struct mb_places *places, struct mb_place asked)
{
    struct mb_place out;
    assert_int_equal(mb_place_settle(places, &asked, arena, &out, &error), MB_OK);
    return out;
}

static void refused(const struct mb_places *places, struct mb_place asked, const char *member)
{
    struct mb_place out;
    assert_int_equal(mb_place_settle(places, &asked, arena, &out, &error), MB_E_FORBIDDEN);
    assert_int_equal(error.hint, MB_HINT_INPUT);
    assert_string_equal(error.subject, member);
}

static void the_configured_place_is_no_other(void **state)
{
    (void)state;
    const struct mb_place same[] = {
        {0},
        {.bucket = "", .root_path = "", .gc_address = ""},
        {.bucket = "first", .root_path = "/backup//", .gc_address = "http://gc.example:9091"}};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        struct mb_place out = settled(&in_a_bucket, same[i]);
        assert_string_equal(out.bucket, "");
        assert_string_equal(out.root_path, "");
        assert_string_equal(out.gc_address, "");
    }
}

static void what_the_configuration_names_is_allowed(void **state)
{
    (void)state;
    struct mb_place out =
        settled(&in_a_bucket, (struct mb_place){.bucket = "second", .root_path = "other//place/below/"});
    assert_string_equal(out.bucket, "second");
    assert_string_equal(out.root_path, "other/place/below");
    out = settled(&in_a_bucket, (struct mb_place){.root_path = "other/place"});
    assert_string_equal(out.root_path, "other/place");
    out = settled(&in_a_bucket, (struct mb_place){.gc_address = "http://milvus.example:9999"});
    assert_string_equal(out.gc_address, "http://milvus.example:9999");
}

static void other_buckets_are_refused(void **state)
{
    (void)state;
    static const char *const buckets[] = {"third",  "First",     "first/",  "first\n",
                                          " first", "second/..", "second\t"};
    for (size_t i = 0; i < sizeof buckets / sizeof *buckets; i++)
        refused(&in_a_bucket, (struct mb_place){.bucket = buckets[i]}, "bucket");
}

static void other_paths_are_refused(void **state)
{
    (void)state;
    static const char *const paths[] = {"elsewhere",
                                        "backups",
                                        "backup2",
                                        "back",
                                        "/",
                                        ".",
                                        "..",
                                        "other",
                                        "other/placebo",
                                        "other/place/..",
                                        "other/place/../../backup",
                                        "other/place/./x",
                                        "../backup",
                                        "backup/..",
                                        "backup/x",
                                        "other/place\n/x",
                                        "other/place/\x7f",
                                        "OTHER/place",
                                        "other\\place",
                                        ("other/pl\xd0\xb0"
                                         "ce"), /* a letter that looks alike */
                                        "other\xe2\x88\x95place",
                                        "other%2fplace"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        refused(&in_a_bucket, (struct mb_place){.root_path = paths[i]}, "root_path");
    size_t len = 10 << 20;
    char *huge = mb_arena_alloc(arena, len + 1, 1);
    memset(huge, 'x', len);
    refused(&in_a_bucket, (struct mb_place){.root_path = huge}, "root_path");
    refused(&in_a_bucket, (struct mb_place){.bucket = huge}, "bucket");
    refused(&in_a_bucket, (struct mb_place){.gc_address = huge}, "gc_address");
}

/* Each leads, by one reading of it, elsewhere. */
static void other_hosts_are_refused(void **state)
{
    (void)state;
    static const char *const addresses[] = {"http://evil.example",
                                            "http://169.254.169.254/latest/meta-data",
                                            "http://milvus.example@evil.example",
                                            "http://milvus.example:x@evil.example:9091",
                                            "http://milvus.example.evil.example:9091",
                                            "http://evil.example/?://milvus.example",
                                            "http://evil.example#://milvus.example",
                                            "http://evil.example\\@milvus.example",
                                            "http://[milvus.example]evil.example",
                                            "evil.example/x://milvus.example:9091",
                                            "http:evil.example://milvus.example",
                                            "http:/evil.example/://milvus.example",
                                            "file://milvus.example/etc/passwd",
                                            "gopher://milvus.example:25/x",
                                            "http://milvus.example:9091\r\nHost: evil",
                                            "http:// milvus.example",
                                            "http://",
                                            "://",
                                            ":"};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        refused(&in_a_bucket, (struct mb_place){.gc_address = addresses[i]}, "gc_address");
}

static void of_folders_counts_where_they_really_are(void **state)
{
    (void)state;
    char base[] = "/tmp/mb-place-XXXXXX";
    assert_non_null(mkdtemp(base));
    const char *root = mb_arena_printf(arena, "%s/root", base),
               *allowed = mb_arena_printf(arena, "%s/allowed", base);
    const char *out_link = mb_arena_printf(arena, "%s/out", allowed),
               *in_link = mb_arena_printf(arena, "%s/in", base);
    const char *const roots[] = {allowed, NULL}, *const none[] = {NULL};
    assert_int_equal(
        mkdir(allowed, 0700) | mkdir(root, 0700) | symlink("/etc", out_link) | symlink(root, in_link), 0);
    struct mb_places files = in_a_bucket;
    files.files = true;
    files.bucket = "";
    files.root_path = root;
    files.root_paths = roots;
    files.buckets = none;

    struct mb_place out =
        settled(&files, (struct mb_place){.root_path = mb_arena_printf(arena, "%s/new/one", allowed)});
    assert_string_equal(out.root_path, mb_arena_printf(arena, "%s/new/one", allowed));
    out = settled(&files, (struct mb_place){.root_path = in_link});
    assert_string_equal(out.root_path, ""); /* the configured one by another name */
    refused(&files, (struct mb_place){.root_path = out_link}, "root_path");
    refused(&files, (struct mb_place){.root_path = mb_arena_printf(arena, "%s/cron.d", out_link)},
            "root_path");
    refused(&files, (struct mb_place){.root_path = "/etc"}, "root_path");
    refused(&files, (struct mb_place){.root_path = "/"}, "root_path");
    refused(&files, (struct mb_place){.root_path = base}, "root_path");
    refused(&files, (struct mb_place){.root_path = mb_arena_printf(arena, "%sx", allowed)}, "root_path");
    refused(&files, (struct mb_place){.bucket = "any"}, "bucket");
    unlink(in_link);
    unlink(out_link);
    rmdir(root);
    rmdir(allowed);
    rmdir(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_configured_place_is_no_other, begin, end),
        cmocka_unit_test_setup_teardown(what_the_configuration_names_is_allowed, begin, end),
        cmocka_unit_test_setup_teardown(other_buckets_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(other_paths_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(other_hosts_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(of_folders_counts_where_they_really_are, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
