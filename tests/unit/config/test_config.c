/* The rules of single keys: types, old spellings, sources, places in messages. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

static struct fixture f;

/* What the users' documentation tells people to edit, and nothing else. */
static const char documented[] = "milvus:\n"
                                 "  address: milvus_A\n"
                                 "  port: 19530\n"
                                 "  authorizationEnabled: false\n"
                                 "  # tls mode values [0, 1, 2]\n"
                                 "  tlsMode: 0\n"
                                 "  user: \"root\"\n"
                                 "  password: \"Milvus\"\n"
                                 "minio:\n"
                                 "  # cloudProvider: \"minio\"\n"
                                 "  storageType: \"minio\"\n"
                                 "  address: localhost\n"
                                 "  port: 9000\n"
                                 "  accessKeyID: minioadmin\n"
                                 "  secretAccessKey: minioadmin\n"
                                 "  useSSL: false\n"
                                 "  useIAM: false\n"
                                 "  iamEndpoint: \"\"\n"
                                 "  bucketName: \"bucket_A\"\n"
                                 "  rootPath: \"files\"\n"
                                 "  backupAccessKeyID: minioadmin\n"
                                 "  backupSecretAccessKey: minioadmin\n"
                                 "  backupBucketName: \"bucket_A\"\n"
                                 "  backupRootPath: \"backup\"\n";

static void test_documented_file(void **state)
{
    const struct mb_config *c = fixture_ok(&f, documented, NULL, NULL);

    (void)state;
    assert_int_equal(c->schema, 1);
    assert_string_equal(c->path, "backup.yaml");
    assert_string_equal(c->milvus.address, "milvus_A");
    assert_string_equal(c->milvus.user, "");
    assert_string_equal(c->milvus.password, "");
    assert_string_equal(c->backup_storage.driver, "minio");
    assert_string_equal(c->backup_storage.bucket, "bucket_A");
    assert_string_equal(c->backup_storage.prefix, "backup");
    assert_string_equal(c->milvus_storage.prefix, "files");
    assert_string_equal(fixture_option(&c->backup_storage, "auth.accessKeyID"), "minioadmin");
    assert_int_equal(f.report.count, 1); /* the credentials that are not sent */
    fixture_assert_has(&f, MB_CONFIG_NOTE, "are not sent because milvus.authorizationEnabled is false");
}

static void test_defaults(void **state)
{
    const struct mb_config *c = fixture_ok(&f, "configVersion: v1\n", NULL, NULL);

    (void)state;
    assert_int_equal(c->log.level, MB_LOG_INFO);
    assert_false(c->log.console);
    assert_string_equal(c->log.path, "logs/backup.log");
    assert_true(c->log.max_bytes == UINT64_C(300) << 20);
    assert_true(c->server.enabled);
    assert_string_equal(c->milvus.address, "localhost");
    assert_int_equal(c->milvus.port, 19530);
    assert_int_equal(c->milvus.tls, MB_CONFIG_TLS_DISABLED);
    assert_string_equal(c->milvus.rest_endpoint, "http://localhost:19530");
    assert_string_equal(c->milvus.management_endpoint, "http://localhost:9091");
    assert_int_equal(c->milvus.etcd_endpoints.count, 1);
    assert_int_equal(c->backup.collections, 4);
    assert_int_equal(c->backup.segments, 1024);
    assert_true(c->backup.gc_pause.enabled);
    assert_int_equal(c->restore.collections, 2);
    assert_int_equal(c->restore.import_jobs, 768);
    assert_int_equal(c->restore.max_segments_per_import_job, 256);
    assert_int_equal(c->transfer.mode, MB_CONFIG_TRANSFER_AUTO);
    assert_int_equal(c->transfer.concurrency, 128);
    assert_true(c->transfer.memory_bytes == UINT64_C(128) << 20);
    assert_true(c->transfer.multipart_copy_threshold == UINT64_C(500) << 20);
    assert_string_equal(c->backup_storage.prefix, "backup");
    fixture_assert_has(&f, MB_CONFIG_WARNING, "minio.backupRootPath is not set");
}

static void test_shipped_file(void **state)
{
    struct mb_config_sources sources = {.path = "configs/backup.yaml"};
    struct fixture *shipped = &f;

    (void)state;
    assert_int_equal(mb_config_load(&shipped->config, &sources, &shipped->report, &shipped->error), MB_OK);
    assert_string_equal(shipped->config->backup_storage.prefix, "backup");
    assert_string_equal(shipped->config->milvus_storage.bucket, "a-bucket");
    assert_int_equal(shipped->config->restore.import_jobs, 768);
    for (size_t i = 0; i < shipped->report.count; i++)
        assert_int_equal(shipped->report.items[i].kind, MB_CONFIG_NOTE);
}

static void test_keys_in_any_case_and_dotted(void **state)
{
    const struct mb_config *c =
        fixture_ok(&f, "MILVUS:\n  ADDRESS: h\nminio.BUCKETNAME: b\nminio:\n  rootpath: r\n", NULL, NULL);

    (void)state;
    assert_string_equal(c->milvus.address, "h");
    assert_string_equal(c->milvus_storage.bucket, "b");
    assert_string_equal(c->milvus_storage.prefix, "r");
}

static void test_scalars_become_strings(void **state)
{
    const struct mb_config *c = fixture_ok(
        &f, "milvus:\n  user: 1.50\n  password: 0123\nminio: {bucketName: true, rootPath: ~}\n", NULL, NULL);

    (void)state;
    assert_string_equal(c->milvus.user, "1.50");
    assert_string_equal(c->milvus.password, "0123");
    assert_string_equal(c->milvus_storage.bucket, "true");
    assert_string_equal(c->milvus_storage.prefix, "files");
}

static void test_whole_numbers(void **state)
{
    static const struct {
        const char *text;
        int port; /* 0: refused */
    } cases[] = {
        {"1", 1},         {"65535", 65535}, {"'9001'", 9001},
        {"9001.0", 9001}, {"9e3", 9000},    {"0", 0},
        {"65536", 0},     {"-1", 0},        {"1.5", 0},
        {"abc", 0},       {"''", 0},        {"0x10", 0},
        {"010", 0},       {"1_000", 0},     {"inf", 0},
        {"nan", 0},       {"true", 0},      {"1e400", 0},
        {"' 9000'", 0},   {"9000 1", 0},    {"99999999999999999999", 0},
        {"'9000\t'", 0},  {"e", 0},
    };
    char yaml[64];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(yaml, sizeof yaml, "milvus:\n  port: %s\n", cases[i].text);
        if (cases[i].port != 0)
            assert_int_equal(fixture_ok(&f, yaml, NULL, NULL)->milvus.port, cases[i].port);
        else
            fixture_bad(&f, yaml, NULL, NULL, "backup.yaml:2:9: milvus.port:");
    }
}

static void test_truth_values(void **state)
{
    static const struct {
        const char *text;
        int value; /* -1: refused */
    } cases[] = {{"true", 1},  {"True", 1},  {"TRUE", 1}, {"'1'", 1}, {"t", 1},      {"T", 1},
                 {"false", 0}, {"'0'", 0},   {"F", 0},    {"1", -1},  {"0", -1},     {"yes", -1},
                 {"on", -1},   {"tRuE", -1}, {"''", -1},  {"2", -1},  {"[true]", -1}};
    char yaml[64];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(yaml, sizeof yaml, "log:\n  console: %s\n", cases[i].text);
        if (cases[i].value >= 0)
            assert_int_equal(fixture_ok(&f, yaml, NULL, NULL)->log.console, cases[i].value);
        else
            fixture_bad(&f, yaml, NULL, NULL, "backup.yaml:2:12: log.console");
    }
}

static void test_every_problem_at_once(void **state)
{
    (void)state;
    fixture_bad(&f,
                "milvus:\n"
                "  port: x\n"
                "  tlsMode: 7\n"
                "log:\n"
                "  level: loud\n"
                "minio:\n"
                "  useSSL: maybe\n"
                "  bucketName: ''\n"
                "backup:\n"
                "  parallelism:\n"
                "    copydata: 0\n"
                "  gcPause:\n"
                "    enable: 3\n",
                NULL, NULL, "backup.yaml:2:9: milvus.port: 'x' is not a whole number");
    fixture_assert_has(&f, MB_CONFIG_PROBLEM, "backup.yaml:3:12: milvus.tlsMode: '7' is not one of");
    fixture_assert_has(&f, MB_CONFIG_PROBLEM, "backup.yaml:5:10: log.level: 'loud' is not one of");
    fixture_assert_has(&f, MB_CONFIG_PROBLEM, "backup.yaml:7:11: minio.useSSL: 'maybe' is neither");
    fixture_assert_has(&f, MB_CONFIG_PROBLEM, "backup.yaml:8:15: minio.bucketName: '' is no name");
    fixture_assert_has(&f, MB_CONFIG_PROBLEM,
                       "backup.yaml:11:15: backup.parallelism.copydata: '0' is not between");
    fixture_assert_has(&f, MB_CONFIG_PROBLEM, "backup.yaml:13:13: backup.gcPause.enable");
    assert_int_equal(f.report.problems, 7); /* what the backup's side inherits is not told twice */
    assert_non_null(strstr(f.error.message, "(and 6 more)"));
}

static void test_unknown_keys_warn(void **state)
{
    (void)state;
    fixture_ok(&f,
               "milvus:\n  adress: x\n  port: 1\nzzz: {a: 1, b: 2}\nminio:\n  buckteName: b\n  qqqqqqqq: 1\n",
               NULL, NULL);
    fixture_assert_has(
        &f, MB_CONFIG_WARNING,
        "backup.yaml:2:3: unknown key 'milvus.adress' is ignored; did you mean milvus.address?");
    fixture_assert_has(&f, MB_CONFIG_WARNING, "backup.yaml:4:1: unknown section 'zzz' is ignored");
    fixture_assert_has(&f, MB_CONFIG_WARNING, "did you mean minio.bucketName?");
    fixture_assert_has(&f, MB_CONFIG_WARNING, "unknown key 'minio.qqqqqqqq' is ignored");
    assert_false(fixture_has(&f, MB_CONFIG_WARNING, "zzz.a"));
}

static void test_keys_of_the_other_schema(void **state)
{
    (void)state;
    fixture_ok(&f, "milvus:\n  port: 1\n  grpc:\n    address: x\n", NULL, NULL);
    fixture_assert_has(&f, MB_CONFIG_WARNING, "it belongs to schema v2");
    fixture_ok(&f, "configVersion: v2\nlog: {level: info}\nmilvus:\n  address: x\n", NULL, NULL);
    fixture_assert_has(
        &f, MB_CONFIG_WARNING,
        "'milvus.address' is ignored: it belongs to schema v1; in v2 it is called milvus.grpc.address");
    fixture_ok(&f, "configVersion: v2\nlog: {level: info}\nminio: {bucketName: b}\n", NULL, NULL);
    fixture_assert_has(&f, MB_CONFIG_WARNING, "unknown section 'minio' is ignored: it belongs to schema v1");
}

static void test_sections_and_values_confused(void **state)
{
    (void)state;
    fixture_bad(&f, "minio: x\n", NULL, NULL, "backup.yaml:1:8: minio is a section");
    fixture_bad(&f, "milvus:\n  address: {a: 1}\n", NULL, NULL,
                "milvus.address takes one value, not a section");
    fixture_bad(&f, "milvus:\n  address: [a]\n", NULL, NULL, "milvus.address takes one value, not a list");
    fixture_bad(&f, "minio:\n  options: x\n", NULL, NULL, "minio.options is a section");
    fixture_ok(&f, "minio:\nmilvus: ~\nbackup: {}\nlog: {level: info}\n", NULL, NULL);
}

static void test_hostile_names_are_escaped(void **state)
{
    (void)state;
    fixture_ok(&f, "\"a\\e[31m\\u009b\": 1\nlog: {level: info}\n", NULL, NULL);
    fixture_assert_has(&f, MB_CONFIG_WARNING, "'a\\x1b[31m\xc2\\x9b'");
    fixture_bad(&f, "milvus: {address: \"a\\nb\"}\n", NULL, NULL, "holds a line break");
    fixture_bad(&f, "milvus: {password: |\n  pw\n}\n", NULL, NULL, "the YAML is broken");
    fixture_bad(&f, "milvus:\n  password: |\n    pw\n", NULL, NULL, "holds a line break");
}

static void test_old_keys(void **state)
{
    const struct mb_config *c = fixture_ok(&f,
                                           "log:\n"
                                           "  format: json\n"
                                           "  file: {rootPath: old/x.log, maxAge: 3}\n"
                                           "http: {simpleResponse: true, debug_mode: true}\n"
                                           "grpc: {log: {level: WARNING}}\n"
                                           "backup:\n"
                                           "  maxSegmentGroupSize: 2G\n"
                                           "  gcPause: {enable: false, seconds: 7200}\n"
                                           "  parallelism: {importJobNum: 3}\n"
                                           "minio: {backupRootPath: backup}\n",
                                           NULL, NULL);

    (void)state;
    assert_string_equal(c->log.path, "old/x.log");
    assert_true(c->server.debug_mode);
    assert_false(c->backup.gc_pause.enabled);
    assert_int_equal(f.report.count, 2);
    fixture_assert_has(&f, MB_CONFIG_NOTE, "backup.yaml:8:37: backup.gcPause.seconds has no effect");
    fixture_assert_has(&f, MB_CONFIG_NOTE, "importJobNum never had an effect");
}

static void test_aliases_by_priority(void **state)
{
    const struct mb_config *c = fixture_ok(
        &f, "storage: {storageType: gcp}\nminio: {storageType: aws, cloudProvider: ali}\n", NULL, NULL);

    (void)state;
    assert_string_equal(c->milvus_storage.driver, "gcp");
    fixture_assert_has(&f, MB_CONFIG_WARNING,
                       "minio.storageType is ignored because storage.storageType on line 1");
    fixture_assert_has(&f, MB_CONFIG_WARNING, "minio.cloudProvider is ignored");
    c = fixture_ok(&f, "minio: {cloudProvider: ali, storageType: aws}\nstorage: {storageType: gcp}\n", NULL,
                   NULL);
    assert_string_equal(c->milvus_storage.driver, "gcp");
    c = fixture_ok(&f, "minio: {cloudProvider: tc}\n", NULL, NULL);
    assert_string_equal(c->milvus_storage.driver, "tencent");
    c = fixture_ok(&f, "log: {file: {rootPath: a, filename: b}}\n", NULL, NULL);
    assert_string_equal(c->log.path, "b");
}

static void test_credentials_for_milvus(void **state)
{
    const struct mb_config *c = fixture_ok(&f, "milvus: {user: u, password: p}\n", NULL, NULL);

    (void)state;
    assert_string_equal(c->milvus.user, "u");
    c = fixture_ok(&f, "milvus: {user: u}\n", NULL, NULL);
    assert_string_equal(c->milvus.user, "u");
    c = fixture_ok(&f, "milvus: {user: u, password: p, authorizationEnabled: true}\n", NULL, NULL);
    assert_string_equal(c->milvus.password, "p");
    c = fixture_ok(&f, "milvus: {user: u, password: p}\n", LIST("MILVUS_AUTHORIZATION_ENABLED=false"), NULL);
    assert_string_equal(c->milvus.password, "");
}

static void test_tls_modes(void **state)
{
    const struct mb_config *c = fixture_ok(&f, "milvus: {tlsMode: 1}\n", NULL, NULL);

    (void)state;
    assert_int_equal(c->milvus.tls, MB_CONFIG_TLS_SERVER);
    assert_string_equal(c->milvus.rest_endpoint, "https://localhost:19530");
    c = fixture_ok(&f, "milvus: {tlsMode: 2, mtlsCertPath: c, mtlsKeyPath: k}\n", NULL, NULL);
    assert_int_equal(c->milvus.tls, MB_CONFIG_TLS_MUTUAL);
    c = fixture_ok(&f, "milvus: {tlsMode: 2}\n", NULL, NULL);
    assert_int_equal(c->milvus.tls, MB_CONFIG_TLS_SERVER);
    fixture_assert_has(&f, MB_CONFIG_WARNING, "one-way TLS is used");
    fixture_bad(&f, "milvus: {tlsMode: 2, mtlsCertPath: c}\n", NULL, NULL, "milvus.mtlsKeyPath: is empty");
    fixture_bad(&f, "milvus: {tlsMode: -1}\n", NULL, NULL, "milvus.tlsMode: '-1' is not one of");
    fixture_bad(&f, "configVersion: v2\nmilvus: {grpc: {tlsMode: 1}}\n", NULL, NULL,
                "takes a word in schema v2");
    c = fixture_ok(&f, "configVersion: v2\nmilvus: {grpc: {tlsMode: Server}}\n", NULL, NULL);
    assert_int_equal(c->milvus.tls, MB_CONFIG_TLS_SERVER);
    fixture_bad(&f, "configVersion: v2\nmilvus: {grpc: {tlsMode: mutual}}\n", NULL, NULL,
                "milvus.grpc.mtlsCertPath: is empty");
}

static void test_hosts(void **state)
{
    static const struct {
        const char *text;
        const char *host; /* NULL: refused */
    } cases[] = {{"10.0.0.1", "10.0.0.1"},
                 {"'[::1]'", "::1"},
                 {"'::1'", "::1"},
                 {"a-b.c", "a-b.c"},
                 {"''", NULL},
                 {"http://h", NULL},
                 {"h:19530", NULL},
                 {"'[::1]:19530'", NULL},
                 {"h/x", NULL},
                 {"u@h", NULL},
                 {"'a b'", NULL},
                 {"'[]'", NULL},
                 {"'['", NULL},
                 {"tcp://h:1", NULL}};
    char yaml[64];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(yaml, sizeof yaml, "milvus:\n  address: %s\n", cases[i].text);
        if (cases[i].host != NULL)
            assert_string_equal(fixture_ok(&f, yaml, NULL, NULL)->milvus.address, cases[i].host);
        else
            fixture_bad(&f, yaml, NULL, NULL, "backup.yaml:2:12: milvus.address:");
    }
    const struct mb_config *c = fixture_ok(&f, "milvus: {address: '[fe80::1]', port: 5}\n", NULL, NULL);
    assert_string_equal(c->milvus.rest_endpoint, "http://[fe80::1]:5");
}

static void test_urls(void **state)
{
    const struct mb_config *c = fixture_ok(
        &f, "backup: {gcPause: {address: 'http://m:9091/'}}\nmilvus: {rest: {endpoint: 'https://r'}}\n", NULL,
        NULL);

    (void)state;
    assert_string_equal(c->milvus.management_endpoint, "http://m:9091");
    assert_string_equal(c->milvus.rest_endpoint, "https://r");
    c = fixture_ok(&f, "backup: {gcPause: {address: 'm:9091'}}\n", NULL, NULL);
    assert_string_equal(c->milvus.management_endpoint, "http://m:9091");
    c = fixture_ok(&f, "backup: {gcPause: {address: ''}}\n", NULL, NULL);
    assert_string_equal(c->milvus.management_endpoint, "");
    fixture_bad(&f, "backup: {gcPause: {address: 'ftp://m'}}\n", NULL, NULL, "is not a URL");
    fixture_bad(&f, "backup: {gcPause: {address: 'http://'}}\n", NULL, NULL, "is not a URL");
    fixture_bad(&f, "backup: {gcPause: {address: 'http://u:secretpw@m'}}\n", NULL, NULL, "must not carry");
    assert_null(strstr(f.error.message, "secretpw"));
    fixture_bad(&f, "configVersion: v2\nmilvus: {management: {endpoint: 'm:9091'}}\n", NULL, NULL,
                "is not a URL");
}

static void test_lists(void **state)
{
    const struct mb_config *c = fixture_ok(&f, "milvus: {etcd: {endpoints: ' a:1 ,, b:2,'}}\n", NULL, NULL);

    (void)state;
    assert_int_equal(c->milvus.etcd_endpoints.count, 2);
    assert_string_equal(c->milvus.etcd_endpoints.items[0], "a:1");
    assert_string_equal(c->milvus.etcd_endpoints.items[1], "b:2");
    c = fixture_ok(&f, "configVersion: v2\nmilvus: {etcd: {endpoints: [x, y, z]}}\n", NULL, NULL);
    assert_int_equal(c->milvus.etcd_endpoints.count, 3);
    c = fixture_ok(&f, "configVersion: v2\n", NULL, LIST("milvus.etcd.endpoints=p,q"));
    assert_int_equal(c->milvus.etcd_endpoints.count, 2);
}

static void test_transfer(void **state)
{
    const struct mb_config *c = fixture_ok(
        &f, "minio: {crossStorage: true, multipartCopyThresholdMiB: 5}\ntransfer: {memoryMiB: 32}\n", NULL,
        NULL);

    (void)state;
    assert_int_equal(c->transfer.mode, MB_CONFIG_TRANSFER_STREAMING);
    assert_true(c->transfer.memory_bytes == UINT64_C(32) << 20);
    assert_true(c->transfer.multipart_copy_threshold == UINT64_C(5) << 20);
    c = fixture_ok(&f, "minio: {crossStorage: true}\ntransfer: {mode: direct}\n", NULL, NULL);
    assert_int_equal(c->transfer.mode, MB_CONFIG_TRANSFER_DIRECT);
    fixture_bad(&f, "transfer: {mode: fast}\n", NULL, NULL, "'fast' is not one of auto, direct or streaming");
    fixture_bad(&f, "transfer: {memoryMiB: 1}\n", NULL, NULL, "is not between 8 and");
}

static void test_log_formats(void **state)
{
    (void)state;
    assert_false(fixture_ok(&f, "log: {level: info}\n", NULL, NULL)->log.json);
    assert_true(fixture_ok(&f, "log: {format: JSON}\n", NULL, NULL)->log.json);
    assert_false(fixture_ok(&f, "log: {format: console}\n", NULL, NULL)->log.json);
    fixture_bad(&f, "log: {format: xml}\n", NULL, NULL, "log.format");
}

static void test_log_levels(void **state)
{
    (void)state;
    assert_int_equal(fixture_ok(&f, "log: {level: DEBUG}\n", NULL, NULL)->log.level, MB_LOG_DEBUG);
    assert_int_equal(fixture_ok(&f, "log: {level: fatal}\n", NULL, NULL)->log.level, MB_LOG_ERROR);
    assert_string_equal(fixture_ok(&f, "log: {file: {filename: ''}}\n", NULL, NULL)->log.path, "");
}

static void test_versions(void **state)
{
    (void)state;
    assert_int_equal(fixture_ok(&f, "configversion: V1\n", NULL, NULL)->schema, 1);
    assert_int_equal(fixture_ok(&f, "configVersion: v2\n", NULL, NULL)->schema, 2);
    assert_int_equal(fixture_ok(&f, "configVersion: ~\nmilvus: {port: 1}\n", NULL, NULL)->schema, 1);
    assert_int_equal(fixture_ok(&f, NULL, NULL, NULL)->schema, 2);
    fixture_bad(&f, "configVersion: v3\n", NULL, NULL,
                "backup.yaml:1:16: configVersion is 'v3'; it takes v1 or v2");
    fixture_bad(&f, "configVersion: ''\n", NULL, NULL, "it takes v1 or v2");
    fixture_bad(&f, "configVersion: [v2]\n", NULL, NULL, "it takes v1 or v2");
}

static void test_too_many_notices(void **state)
{
    char yaml[16384] = "";
    size_t n = 0;

    (void)state;
    for (int i = 0; i < 300; i++)
        n += (size_t)snprintf(yaml + n, sizeof yaml - n, "unknownkey%04d: 1\n", i);
    snprintf(yaml + n, sizeof yaml - n, "milvus: {port: x}\n");
    assert_int_equal(fixture_load(&f, yaml, NULL, NULL), MB_E_CONFIG);
    assert_int_equal(f.report.problems, 1);
    assert_true(f.report.count == 51);
    assert_non_null(strstr(f.error.message, "milvus.port"));
}

/* The documented file with one byte replaced, everywhere: it loads, or it says what is wrong with it. */
static void test_slips_of_the_keyboard(void **state)
{
    static const char bytes[] = {' ', ':', '\n', '"', '{', '-', '9', '\xc3'};
    char yaml[sizeof documented];

    (void)state;
    for (size_t i = 0; i < sizeof documented - 1; i += 3) {
        memcpy(yaml, documented, sizeof documented);
        yaml[i] = bytes[i / 3 % sizeof bytes];
        mb_status status = fixture_load(&f, yaml, NULL, NULL);
        assert_true(status == MB_OK || (status == MB_E_CONFIG && f.report.problems > 0));
        for (size_t n = 0; n < f.report.count; n++)
            assert_true(strlen(f.report.items[n].text) > 10);
    }
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_prestate_setup_teardown(fn, fixture_setup, fixture_teardown, &f)
    const struct CMUnitTest tests[] = {
        CASE(test_documented_file),
        CASE(test_defaults),
        CASE(test_shipped_file),
        CASE(test_keys_in_any_case_and_dotted),
        CASE(test_scalars_become_strings),
        CASE(test_whole_numbers),
        CASE(test_truth_values),
        CASE(test_every_problem_at_once),
        CASE(test_unknown_keys_warn),
        CASE(test_keys_of_the_other_schema),
        CASE(test_sections_and_values_confused),
        CASE(test_hostile_names_are_escaped),
        CASE(test_old_keys),
        CASE(test_aliases_by_priority),
        CASE(test_credentials_for_milvus),
        CASE(test_tls_modes),
        CASE(test_hosts),
        CASE(test_urls),
        CASE(test_lists),
        CASE(test_transfer),
        CASE(test_log_formats),
        CASE(test_log_levels),
        CASE(test_versions),
        CASE(test_too_many_notices),
        CASE(test_slips_of_the_keyboard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
