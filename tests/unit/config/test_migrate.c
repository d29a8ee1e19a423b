/* What the new file looks like, what the report says, and what is not migrated. */
#include "migrating.h"

#include "base/hint.h"

#include <stdio.h>
#include <string.h>

static struct fixture f;
static struct migrating m;

static void test_text_is_nested_and_commented(void **state)
{
    (void)state;
    assert_string_equal(migrating_ok(&m, &f,
                                     "milvus: {address: m1, tlsMode: 1}\n"
                                     "minio:\n"
                                     "  cloudProvider: Alibaba\n"
                                     "  bucketName: b\n"
                                     "  secretAccessKey: s\n"
                                     "  options: {caFile: /ca.pem, 'a b.c': \"x\\\"y\"}\n"
                                     "  backupRootPath: /x/\n"
                                     "backup.parallelism.copydata: 7\n",
                                     NULL),
                        "# Configuration of milvus-backup, in the keys of schema v2.\n"
                        "#\n"
                        "# Made from backup.yaml; a key that is not here has its default.  Behind a value "
                        "stands what it was\n"
                        "# called there.\n"
                        "configVersion: v2\n"
                        "\n"
                        "milvus:\n"
                        "  grpc:\n"
                        "    # Host name or address of Milvus' proxy.\n"
                        "    address: \"m1\"  # milvus.address\n"
                        "    # TLS to Milvus: 0 (disabled), 1 (server: Milvus shows a certificate) or 2 "
                        "(mutual: so does this "
                        "program).\n"
                        "    tlsMode: \"server\"  # milvus.tlsMode\n"
                        "  storage:\n"
                        "    # What Milvus keeps its data on: the name of a storage driver.\n"
                        "    provider: \"aliyun\"  # minio.cloudProvider\n"
                        "    # Bucket (or container) that Milvus keeps its data in.\n"
                        "    bucketName: \"b\"  # minio.bucketName\n"
                        "    auth:\n"
                        "      # Secret of that access key; in v1 also the key of an account.\n"
                        "      secretAccessKey: \"s\"  # minio.secretAccessKey\n"
                        "    options:\n"
                        "      caFile: \"/ca.pem\"\n"
                        "      \"a b.c\": \"x\\\"y\"\n"
                        "\n"
                        "backup:\n"
                        "  storage:\n"
                        "    # What the keys of backups begin with; on local disk the folder of backups.\n"
                        "    rootPath: \"/x/\"  # minio.backupRootPath\n"
                        "\n"
                        "transfer:\n"
                        "  # Objects and parts under way at once, at most.\n"
                        "  concurrency: 7  # backup.parallelism.copydata\n");
    assert_int_equal(m.report.count, 0);
}

/* The value of a key of schema v2 after the migration of one of v1. */
static const struct {
    const char *before, *value, *after, *becomes;
} table[] = {
    {"log.level", "warn", "log.level", "warn"},
    {"log.console", "true", "log.console", "true"},
    {"log.file.filename", "a.log", "log.file.path", "a.log"},
    {"log.file.rootPath", "b.log", "log.file.path", "b.log"},
    {"log.file.maxSize", "3", "log.file.maxSizeMiB", "3"},
    {"log.file.maxDays", "4", "log.file.maxDays", "4"},
    {"log.file.maxBackups", "5", "log.file.maxBackups", "5"},
    {"http.debugMode", "true", "server.debugMode", "true"},
    {"http.debug_mode", "true", "server.debugMode", "true"},
    {"http.swaggerBasePath", "/p", "server.swaggerBasePath", "/p"},
    {"cloud.address", "https://c", "zillizCloud.endpoint", "https://c"},
    {"cloud.apikey", "k", "zillizCloud.apiKey", "****"},
    {"milvus.address", "m", "milvus.grpc.address", "m"},
    {"milvus.port", "1", "milvus.grpc.port", "1"},
    {"milvus.user", "u", "milvus.user", "u"},
    {"milvus.password", "p", "milvus.password", "****"},
    {"milvus.tlsMode", "1", "milvus.grpc.tlsMode", "server"},
    {"milvus.caCertPath", "c", "milvus.grpc.caCertPath", "c"},
    {"milvus.serverName", "n", "milvus.grpc.serverName", "n"},
    {"milvus.mtlsCertPath", "c", "milvus.grpc.mtlsCertPath", "c"},
    {"milvus.mtlsKeyPath", "k", "milvus.grpc.mtlsKeyPath", "k"},
    {"milvus.rpcChannelName", "r", "milvus.replicate.rpcChannelName", "r"},
    {"milvus.etcd.endpoints", "a:1", "milvus.etcd.endpoints", "a:1"},
    {"milvus.etcd.rootPath", "e", "milvus.etcd.rootPath", "e"},
    {"storage.storageType", "tc", "milvus.storage.provider", "tencent"},
    {"minio.storageType", "Alicloud", "milvus.storage.provider", "aliyun"},
    {"minio.cloudProvider", "aws", "milvus.storage.provider", "aws"},
    {"minio.address", "h", "milvus.storage.address", "h"},
    {"minio.port", "2", "milvus.storage.port", "2"},
    {"minio.region", "r", "milvus.storage.region", "r"},
    {"minio.accessKeyID", "a", "milvus.storage.auth.accessKeyID", "a"},
    {"minio.secretAccessKey", "s", "milvus.storage.auth.secretAccessKey", "****"},
    {"minio.token", "t", "milvus.storage.auth.sessionToken", "****"},
    {"minio.useSSL", "true", "milvus.storage.useSSL", "true"},
    {"minio.bucketName", "b", "milvus.storage.bucketName", "b"},
    {"minio.rootPath", "p", "milvus.storage.rootPath", "p"},
    {"minio.useIAM", "true", "milvus.storage.auth.type", "iam"},
    {"storage.backupStorageType", "s3", "backup.storage.provider", "s3"},
    {"minio.backupStorageType", "hwc", "backup.storage.provider", "hwc"},
    {"minio.backupAddress", "h", "backup.storage.address", "h"},
    {"minio.backupPort", "2", "backup.storage.port", "2"},
    {"minio.backupRegion", "r", "backup.storage.region", "r"},
    {"minio.backupAccessKeyID", "a", "backup.storage.auth.accessKeyID", "a"},
    {"minio.backupSecretAccessKey", "s", "backup.storage.auth.secretAccessKey", "****"},
    {"minio.backupToken", "t", "backup.storage.auth.sessionToken", "****"},
    {"minio.backupUseSSL", "true", "backup.storage.useSSL", "true"},
    {"minio.backupBucketName", "b", "backup.storage.bucketName", "b"},
    {"minio.backupRootPath", "p", "backup.storage.rootPath", "p"},
    {"minio.backupUseIAM", "true", "backup.storage.auth.type", "iam"},
    {"minio.crossStorage", "true", "transfer.mode", "streaming"},
    {"minio.multipartCopyThresholdMiB", "6", "transfer.multipartCopyThresholdMiB", "6"},
    {"backup.parallelism.copydata", "7", "transfer.concurrency", "7"},
    {"backup.parallelism.backupCollection", "8", "backup.concurrency.collections", "8"},
    {"backup.parallelism.backupSegment", "9", "backup.concurrency.segments", "9"},
    {"backup.parallelism.restoreCollection", "10", "restore.concurrency.collections", "10"},
    {"backup.parallelism.importJob", "11", "restore.concurrency.importJobs", "11"},
    {"backup.keepTempFiles", "true", "restore.keepTempFiles", "true"},
    {"backup.gcPause.enable", "false", "backup.pauseGC", "false"},
    {"backup.gcPause.address", "h:9091", "milvus.management.endpoint", "http://h:9091"},
};

static const char *value_at(const struct mb_config *config, const char *key)
{
    for (size_t i = 0; i < mb_config_value_count(config); i++)
        if (strcmp(mb_config_value_at(config, i).key, key) == 0)
            return mb_config_value_at(config, i).value;
    return "(no such key)";
}

static void test_every_key_of_the_reference(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char yaml[128];
        snprintf(yaml, sizeof yaml, "%s: %s\n", table[i].before, table[i].value);
        const char *text = migrating_ok(&m, &f, yaml, NULL);
        const struct mb_config *config = fixture_ok(&f, text, NULL, NULL);
        assert_int_equal(config->schema, 2);
        if (strcmp(value_at(config, table[i].after), table[i].becomes) != 0)
            fail_msg("%s: %s is '%s'\n%s", table[i].before, table[i].after, value_at(config, table[i].after),
                     text);
        for (size_t v = 0; v < mb_config_value_count(config); v++) {
            struct mb_config_value value = mb_config_value_at(config, v);
            bool own = strcmp(value.key, table[i].after) == 0, kept = value.source_key[0] == '\0';
            bool side = strcmp(value.key, "backup.storage.rootPath") == 0 ||
                        mb_text_ends_with(value.source_key, strrchr(table[i].after, '.'));
            if (!own && !kept && !side)
                fail_msg("%s also sets %s", table[i].before, value.key);
        }
    }
}

static void test_credentials_follow_the_kind_of_storage(void **state)
{
    (void)state;
    const char *azure = migrating_ok(
        &m, &f, "minio: {storageType: azure, accessKeyID: acc, secretAccessKey: k, backupRootPath: b}\n",
        NULL);
    assert_non_null(strstr(azure, "accountName: \"acc\"  # minio.accessKeyID"));
    assert_non_null(strstr(azure, "accountKey: \"k\"  # minio.secretAccessKey"));
    assert_non_null(strstr(azure, "type: \"sharedKey\""));
    assert_null(strstr(azure, "accessKeyID:"));
    assert_int_equal(m.report.count, 0);

    const char *identity = migrating_ok(
        &m, &f, "minio: {storageType: azure, accessKeyID: acc, secretAccessKey: k, useIAM: true}\n", NULL);
    assert_null(strstr(identity, "\"k\""));
    migrating_assert_warns(&m, "backup.yaml:1:64: minio.secretAccessKey: is left out");

    const char *service = migrating_ok(
        &m, &f,
        "minio: {storageType: gcpnative, gcpCredentialJSON: k.json, backupGcpCredentialJSON: b.json}\n",
        NULL);
    assert_non_null(strstr(service, "type: \"serviceAccount\""));
    assert_non_null(strstr(service, "credentialsFile: \"b.json\"  # minio.backupGcpCredentialJSON"));
}

static void test_secrets_of_the_environment_stay_there(void **state)
{
    const char *text =
        migrating_ok(&m, &f, "minio: {storageType: azure, secretAccessKey: before}\n",
                     LIST("MINIO_ACCESS_KEY=acc", "MINIO_SECRET_KEY=hush-1", "MINIO_BACKUP_SECRET_KEY=hush-2",
                          "MILVUS_PASSWORD=hush-3", "MINIO_BUCKET_NAME=b"));

    (void)state;
    assert_null(strstr(text, "hush"));
    assert_null(strstr(text, "before"));
    assert_non_null(
        strstr(text, "# accountKey: from the environment variable MILVUS_STORAGE_AUTH_ACCOUNT_KEY"));
    assert_non_null(strstr(text, "accountName: \"acc\"  # environment variable MINIO_ACCESS_KEY"));
    assert_true(migrating_renames(&m, "MINIO_SECRET_KEY", "MILVUS_STORAGE_AUTH_ACCOUNT_KEY"));
    assert_true(migrating_renames(&m, "MINIO_BACKUP_SECRET_KEY", "BACKUP_STORAGE_AUTH_ACCOUNT_KEY"));
    assert_true(migrating_renames(&m, "MINIO_ACCESS_KEY", "MILVUS_STORAGE_ACCOUNT_NAME"));
    assert_int_equal(m.migrated->name_count, 3); /* MILVUS_PASSWORD keeps its name */
    migrating_assert_warns(&m, "environment variable MINIO_BUCKET_NAME is not read with schema v2");
}

static void test_what_cannot_be_carried_over_is_told(void **state)
{
    (void)state;
    migrating_ok(&m, &f,
                 "log: {format: console, file: {maxAge: 3}}\n"
                 "http: {enabled: false, simpleResponse: true}\n"
                 "milvus: {authorizationEnabled: false, user: u, password: hush, tlsMode: 2}\n"
                 "minio: {address: h, adress: i}\n"
                 "backup: {gcPause: {seconds: 5}, parallelism: {importJobNum: 2}}\n",
                 LIST("MILVUS_PASSWORD=hush", "BACKUP_STORAGE_AUTH_SESSION_TOKEN=hush"));
    migrating_assert_warns(&m, "backup.yaml:1:31: log.file.maxAge is left out: it has no effect any more");
    migrating_assert_warns(&m, "http.enabled: is left out");
    migrating_assert_warns(&m, "backup.yaml:2:24: http.simpleResponse is left out");
    migrating_assert_warns(&m, "milvus.authorizationEnabled: is false");
    migrating_assert_warns(&m, "unset the environment variable MILVUS_PASSWORD");
    migrating_assert_warns(&m, "milvus.tlsMode: two-way TLS needs");
    migrating_assert_warns(&m, "unknown key 'minio.adress' is ignored");
    migrating_assert_warns(&m, "backup.gcPause.seconds is left out: it has no effect: garbage collection");
    migrating_assert_warns(&m, "backup.parallelism.importJobNum is left out: it never had an effect");
    migrating_assert_warns(&m, "minio.backupRootPath is not set and becomes 'backup'");
    migrating_assert_warns(&m, "environment variable BACKUP_STORAGE_AUTH_SESSION_TOKEN is set");
    assert_null(strstr(m.migrated->text, "hush"));
}

/* What the newer schema refuses is written all the same, and why is told. */
static void test_a_refused_result_says_why(void **state)
{
    static const struct {
        const char *yaml, *says;
    } cases[] = {
        {"minio: {accessKeyID: '', secretAccessKey: ''}\n",
         "the new file:11:20: milvus.storage.auth.accessKeyID"},
        {"minio: {storageType: gcpnative, gcpCredentialJSON: a}\n", "backup.storage.auth.credentialsFile"},
        {"backup: {gcPause: {address: 'ftp://x'}}\n", "milvus.management.endpoint: 'ftp://x' is not a URL"},
        {"backup: {parallelism: {copydata: 0}}\n", "transfer.concurrency: '0' is not between 1 and"},
        {"minio: {storageType: azure, accessKeyID: a, secretAccessKey: ''}\n", "auth.accountKey: is empty"},
        {"milvus: {port: many}\n", "milvus.grpc.port: 'many' is not a whole number"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (migrating_run(&m, &f, cases[i].yaml, NULL) != MB_OK)
            fail_msg("%s: %s", cases[i].yaml, m.error.message);
        assert_non_null(m.migrated->fault);
        migrating_assert_warns(&m, cases[i].says);
    }
}

static void test_schedules_come_along(void **state)
{
    static const char yaml[] =
        "schedules:\n"
        "  - name: nightly\n    cron: \"0 3 * * *\"\n    timezone: Europe/Berlin\n    filter: \"a.*,b\"\n"
        "    enabled: false\n    retention: {keepLast: 3, keepWithin: 7d}\n"
        "  - retention: {keepDaily: 2}\n    strategy: skip_flush\n    cron: '@daily'\n    name: other-1\n"
        "    collections: [x, 'y z']\n    backupName: o_%Y%m%d_%H%M%S\n";
    const char *text = migrating_ok(&m, &f, yaml, NULL);

    (void)state;
    assert_non_null(strstr(text, "\nschedules:\n  - name: \"nightly\"\n    cron: \"0 3 * * *\"\n"));
    assert_non_null(strstr(text, "    retention:\n      keepLast: 3\n      keepWithin: \"7d\"\n  - name: "));
    assert_non_null(strstr(text, "    collections: [\"x\", \"y z\"]\n"));
    const struct mb_config *config = fixture_ok(&f, text, NULL, NULL);
    assert_int_equal(config->schedule_count, 2);
    assert_int_equal(config->schedules[1].retention.daily, 2);
    assert_false(config->schedules[0].enabled);
}

static void test_what_is_not_migrated(void **state)
{
    const struct mb_config_sources none = {.path = ""}, missing = {.path = "no.yaml", .folder = f.folder};

    (void)state;
    assert_int_equal(migrating_run(&m, &f, "configVersion: v2\nbackup: {pauseGC: false}\n", NULL),
                     MB_E_INVALID);
    assert_string_equal(m.error.message, "backup.yaml is already a v2 config");
    assert_int_equal(migrating_run(&m, &f, "configVersion: V2\nminio: {port: 1}\n", NULL), MB_E_INVALID);
    assert_int_equal(migrating_run(&m, &f, "configVersion: v3\n", NULL), MB_E_CONFIG);
    assert_int_equal(migrating_run(&m, &f, "minio: {port: [1]}\n", NULL), MB_E_CONFIG);
    assert_int_equal(migrating_run(&m, &f, "minio: {useIAM: maybe}\n", NULL), MB_E_CONFIG);
    assert_int_equal(migrating_run(&m, &f, "minio:\n\tport: 1\n", NULL), MB_E_CONFIG);
    assert_int_equal(migrating_run(&m, &f, "schedules: [{name: a}]\n", NULL), MB_E_CONFIG);
    migrating_done(&m);
    assert_int_equal(mb_config_migrate(&m.migrated, &none, &m.report, &m.error), MB_E_INVALID);
    migrating_done(&m);
    assert_int_equal(mb_config_migrate(&m.migrated, &missing, &m.report, &m.error), MB_E_NOT_FOUND);
    assert_int_equal(m.error.hint, MB_HINT_CONFIG_FILE);
}

/* Overrides belong to a run. */
static void test_sets_are_passed_over(void **state)
{
    const struct mb_config_sources sources = {
        .path = "backup.yaml", .folder = f.folder, .sets = LIST("milvus.port=7"), .set_count = 1};

    (void)state;
    fixture_write(&f, "backup.yaml", "milvus: {port: 5}\n");
    assert_int_equal(mb_config_migrate(&m.migrated, &sources, &m.report, &m.error), MB_OK);
    assert_non_null(strstr(m.migrated->text, "port: 5  # milvus.port"));
}

/* What other readers of YAML would fold, or show as something else. */
static void test_texts_are_quoted(void **state)
{
    static const struct {
        const char *value, *text;
    } cases[] = {
        {"'a\xc2\xa0z'", "\"a\\u00a0z\""}, {"\"a\\u2028z\"", "\"a\\u2028z\""},
        {"\"\\ufeffz\"", "\"\\ufeffz\""},  {"'\xc3\xa4\xf0\x9f\x98\x80'", "\"\xc3\xa4\xf0\x9f\x98\x80\""},
        {"'a\\b\"c'", "\"a\\\\b\\\"c\""},  {"'yes'", "\"yes\""},
        {"'# {x}: *'", "\"# {x}: *\""},
    };
    char yaml[128];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(yaml, sizeof yaml, "milvus: {user: %s}\n", cases[i].value);
        if (strstr(migrating_ok(&m, &f, yaml, NULL), cases[i].text) == NULL)
            fail_msg("%s", m.migrated->text);
    }
}

static int setup(void **state)
{
    return fixture_setup(state);
}

static int teardown(void **state)
{
    migrating_done(&m);
    return fixture_teardown(state);
}

#define TEST(function) cmocka_unit_test_prestate_setup_teardown(function, setup, teardown, &f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_text_is_nested_and_commented),
        TEST(test_every_key_of_the_reference),
        TEST(test_credentials_follow_the_kind_of_storage),
        TEST(test_secrets_of_the_environment_stay_there),
        TEST(test_what_cannot_be_carried_over_is_told),
        TEST(test_a_refused_result_says_why),
        TEST(test_schedules_come_along),
        TEST(test_what_is_not_migrated),
        TEST(test_sets_are_passed_over),
        TEST(test_texts_are_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
