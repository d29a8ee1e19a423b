/* The two storage sections: spellings, inheritance, credentials, root paths, free options. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

static struct fixture f;

static void test_spellings(void **state)
{
    static const struct {
        const char *spelling, *driver;
    } cases[] = {{"minio", "minio"},     {"MinIO", "minio"},     {"s3", "s3"},
                 {"aws", "s3"},          {"gcp", "gcp"},         {"ali", "aliyun"},
                 {"aliyun", "aliyun"},   {"alibaba", "aliyun"},  {"tc", "tencent"},
                 {"tencent", "tencent"}, {"alicloud", "aliyun"}, {"hwc", "hwc"},
                 {"local", "local"},     {"hdfs", "hdfs"},       {"My_Store-2", "my_store-2"}};
    char yaml[96];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(yaml, sizeof yaml, "minio: {storageType: '%s'}\n", cases[i].spelling);
        const struct mb_config *c = fixture_ok(&f, yaml, NULL, NULL);
        assert_string_equal(c->milvus_storage.driver, cases[i].driver);
        assert_string_equal(c->backup_storage.driver, cases[i].driver);
    }
    assert_string_equal(mb_config_driver_of("AWS"), "s3");
    assert_null(mb_config_driver_of("hdfs"));
    assert_string_equal(mb_config_key_driver_of("ali"), "aliyun");
    assert_string_equal(mb_config_key_driver_of("gcp"), "gcp");
    assert_null(mb_config_key_driver_of("azure"));
    assert_null(mb_config_key_driver_of("local"));
    assert_null(mb_config_key_driver_of("hdfs"));
    fixture_ok(&f, "minio: {storageType: mino}\n", NULL, NULL);
    fixture_assert_has(
        &f, MB_CONFIG_WARNING,
        "backup.yaml:1:22: minio.storageType: 'mino' is taken for a third party's driver; did you "
        "mean 'minio'?");
    fixture_bad(&f, "minio: {storageType: '../x'}\n", NULL, NULL, "'../x' is no name of a driver");
    fixture_bad(&f, "minio: {storageType: ''}\n", NULL, NULL, "is no name of a driver");
    fixture_bad(&f, "minio: {storageType: 'a b'}\n", NULL, NULL, "is no name of a driver");
}

static void test_backup_inherits(void **state)
{
    const struct mb_config *c =
        fixture_ok(&f,
                   "minio: {storageType: aws, address: a, port: 1, region: r, useSSL: true, "
                   "accessKeyID: k, secretAccessKey: s, token: t, bucketName: b, rootPath: "
                   "p}\n",
                   LIST("MINIO_REGION=fromenv"), LIST("minio.address=fromset"));
    const struct mb_config_storage *s = &c->backup_storage;

    (void)state;
    assert_string_equal(s->driver, "s3");
    assert_string_equal(fixture_option(s, "address"), "fromset");
    assert_string_equal(fixture_option(s, "port"), "1");
    assert_string_equal(fixture_option(s, "region"), "fromenv");
    assert_string_equal(fixture_option(s, "useSSL"), "true");
    assert_string_equal(fixture_option(s, "auth.type"), "static");
    assert_string_equal(fixture_option(s, "auth.accessKeyID"), "k");
    assert_string_equal(fixture_option(s, "auth.secretAccessKey"), "s");
    assert_string_equal(fixture_option(s, "auth.sessionToken"), "t");
    assert_string_equal(s->bucket, "b");
    assert_string_equal(s->prefix, "backup");
    assert_string_equal(s->place, "aws fromset:1, bucket b, path backup");
    assert_string_equal(s->keys.bucket, "minio.bucketName"); /* that is what to change */
    assert_string_equal(s->keys.root_path, "minio.backupRootPath");
    assert_string_equal(fixture_ok(&f, "configVersion: v1\n", NULL, NULL)->backup_storage.keys.bucket,
                        "minio.backupBucketName");
}

static void test_backup_of_its_own(void **state)
{
    const struct mb_config *c =
        fixture_ok(&f,
                   "minio: {address: a, region: r, token: t, accessKeyID: k, "
                   "backupAddress: '[::1]', backupPort: 2, backupRegion: '', backupToken: '', "
                   "backupAccessKeyID: bk, backupSecretAccessKey: bs, backupUseSSL: true, "
                   "backupStorageType: gcp, backupBucketName: bb, backupRootPath: ''}\n",
                   NULL, NULL);
    const struct mb_config_storage *s = &c->backup_storage;

    (void)state;
    assert_string_equal(s->driver, "gcp");
    assert_string_equal(fixture_option(s, "address"), "::1");
    assert_null(fixture_option(s, "region")); /* an explicit "" stays empty */
    assert_null(fixture_option(s, "auth.sessionToken"));
    assert_string_equal(fixture_option(s, "auth.accessKeyID"), "bk");
    assert_string_equal(fixture_option(s, "useSSL"), "true");
    assert_string_equal(s->prefix, "");
    assert_string_equal(s->place, "gcp [::1]:2, bucket bb, path ");
    assert_string_equal(fixture_option(&c->milvus_storage, "auth.accessKeyID"), "k");
}

static void test_root_paths(void **state)
{
    static const struct {
        const char *written, *prefix; /* NULL: refused */
    } cases[] = {{"files", "files"}, {"/files/", "files"}, {"//a//b//", "a/b"}, {"", ""},
                 {"/", ""},          {"a b", "a b"},       {"..", NULL},        {"a/../b", NULL},
                 {"./a", NULL},      {"a/.", NULL},        {"...", "..."},      {"..a/b..", "..a/b.."}};
    char yaml[96];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(yaml, sizeof yaml, "minio: {backupRootPath: '%s'}\n", cases[i].written);
        if (cases[i].prefix == NULL) {
            fixture_bad(&f, yaml, NULL, NULL, "minio.backupRootPath: '");
            continue;
        }
        const struct mb_config *c = fixture_ok(&f, yaml, NULL, NULL);
        assert_string_equal(c->backup_storage.prefix, cases[i].prefix);
        assert_string_equal(c->backup_storage.root_path, cases[i].prefix);
        assert_string_equal(c->backup_storage.import_root, cases[i].prefix);
    }
}

static void test_local(void **state)
{
    const struct mb_config *c = fixture_ok(
        &f,
        "minio: {storageType: local, rootPath: /var//data/, backupRootPath: backups/x/, address: 'a b'}\n",
        NULL, NULL);
    char expected[160];

    (void)state;
    assert_string_equal(fixture_option(&c->milvus_storage, "root"), "/var/data");
    assert_string_equal(c->milvus_storage.keys.bucket, "minio.rootPath");
    assert_string_equal(c->milvus_storage.keys.address, "minio.storageType");
    assert_int_equal(c->milvus_storage.option_count, 1);
    assert_string_equal(c->milvus_storage.prefix, "");
    assert_string_equal(c->milvus_storage.bucket, "");
    assert_string_equal(c->milvus_storage.root_path, "/var/data");
    assert_string_equal(c->milvus_storage.import_root, "/var/data");
    snprintf(expected, sizeof expected, "%s/backups/x", f.folder);
    assert_string_equal(fixture_option(&c->backup_storage, "root"), expected);
    c = fixture_ok(&f, "minio: {storageType: local, rootPath: /a, localPath: /in/milvus}\n", NULL, NULL);
    assert_string_equal(c->milvus_storage.root_path, "/a");
    assert_string_equal(c->milvus_storage.import_root, "/in/milvus");
    c = fixture_ok(&f, "minio: {storageType: local, rootPath: /}\n", NULL, NULL);
    assert_string_equal(c->milvus_storage.root_path, "/");
    fixture_bad(&f, "minio: {storageType: local, rootPath: ''}\n", NULL, NULL, "minio.rootPath: is empty");
    fixture_bad(&f, "minio: {localPath: /x}\n", NULL, NULL,
                "minio.localPath: has a meaning on local disk only");
}

static void test_local_to_bucket(void **state)
{
    const struct mb_config *c = fixture_ok(
        &f, "minio: {storageType: local, rootPath: /d, backupStorageType: minio, backupRootPath: b}\n", NULL,
        NULL);

    (void)state;
    assert_string_equal(c->backup_storage.driver, "minio");
    assert_string_equal(fixture_option(&c->backup_storage, "address"), "localhost");
    assert_string_equal(c->backup_storage.bucket, "a-bucket");
    fixture_bad(
        &f, "minio: {storageType: local, rootPath: /d, address: 'x:y:', port: q, backupStorageType: minio}\n",
        NULL, NULL, "minio.port: 'q' is not");
}

static void test_account(void **state)
{
    const struct mb_config *c =
        fixture_ok(&f,
                   "minio: {storageType: azure, address: core.windows.net, port: 443, accessKeyID: acct, "
                   "secretAccessKey: a2V5, backupAccessKeyID: acct2, backupSecretAccessKey: a2V5Mg}\n",
                   NULL, NULL);

    (void)state;
    assert_string_equal(fixture_option(&c->milvus_storage, "accountName"), "acct");
    assert_string_equal(fixture_option(&c->milvus_storage, "auth.type"), "sharedKey");
    assert_string_equal(fixture_option(&c->milvus_storage, "auth.accountKey"), "a2V5");
    assert_string_equal(fixture_option(&c->backup_storage, "accountName"), "acct2");
    assert_string_equal(fixture_option(&c->backup_storage, "auth.accountKey"), "a2V5Mg");
    assert_null(fixture_option(&c->milvus_storage, "auth.accessKeyID"));
    c = fixture_ok(&f, "minio: {storageType: azure, accessKeyID: acct, useIAM: true}\n", NULL, NULL);
    assert_string_equal(fixture_option(&c->milvus_storage, "auth.type"), "default");
    assert_string_equal(fixture_option(&c->backup_storage, "accountName"), "acct");
    assert_null(fixture_option(&c->milvus_storage, "auth.accountKey"));
    fixture_bad(&f, "minio: {storageType: azure}\n", NULL, NULL, "minio.accessKeyID: is empty");
    fixture_assert_has(&f, MB_CONFIG_PROBLEM, "minio.secretAccessKey: is empty");
}

static void test_service_account(void **state)
{
    const struct mb_config *c = fixture_ok(&f,
                                           "minio: {storageType: gcpnative, gcpCredentialJSON: /k1, "
                                           "backupGcpCredentialJSON: /k2, useIAM: true}\n",
                                           NULL, NULL);

    (void)state;
    assert_string_equal(fixture_option(&c->milvus_storage, "auth.type"), "serviceAccount");
    assert_string_equal(fixture_option(&c->milvus_storage, "auth.credentialsFile"), "/k1");
    assert_string_equal(fixture_option(&c->backup_storage, "auth.credentialsFile"), "/k2");
    fixture_bad(&f, "minio: {storageType: gcpnative, gcpCredentialJSON: /k1}\n", NULL, NULL,
                "minio.backupGcpCredentialJSON: is empty");
    c = fixture_ok(&f, "minio: {storageType: gcpnative, gcpCredentialJSON: /k1, backupUseIAM: true}\n", NULL,
                   NULL);
    assert_string_equal(fixture_option(&c->milvus_storage, "auth.type"), "serviceAccount");
    assert_string_equal(fixture_option(&c->backup_storage, "auth.type"), "default");
    c = fixture_ok(&f,
                   "configVersion: v2\nmilvus: {storage: {provider: gcpnative, auth: {type: serviceaccount, "
                   "credentialsFile: /k}}}\n",
                   NULL, NULL);
    assert_string_equal(fixture_option(&c->backup_storage, "auth.credentialsFile"), "/k");
    assert_string_equal(fixture_option(&c->backup_storage, "auth.type"), "serviceAccount");
}

static void test_fixed_keys_must_be_there(void **state)
{
    (void)state;
    fixture_bad(&f, "minio: {accessKeyID: '', secretAccessKey: ''}\n", NULL, NULL,
                "minio.accessKeyID: is empty");
    fixture_assert_has(&f, MB_CONFIG_PROBLEM, "minio.secretAccessKey: is empty");
    const struct mb_config *c = fixture_ok(
        &f, "minio: {accessKeyID: '', secretAccessKey: '', useIAM: true, iamEndpoint: 'http://e'}\n", NULL,
        NULL);
    assert_string_equal(fixture_option(&c->milvus_storage, "auth.type"), "iam");
    assert_string_equal(fixture_option(&c->milvus_storage, "auth.endpoint"), "http://e");
    assert_string_equal(fixture_option(&c->backup_storage, "auth.type"), "iam");
    c = fixture_ok(&f, "minio: {useIAM: true, backupUseIAM: false}\n", NULL, NULL);
    assert_string_equal(fixture_option(&c->backup_storage, "auth.type"), "static");
}

static void test_v2_storage(void **state)
{
    const struct mb_config *c = fixture_ok(
        &f,
        "configVersion: v2\n"
        "milvus: {storage: {provider: S3, address: a, bucketName: b, milvusAddress: in, "
        "auth: {type: static, accessKeyID: k, secretAccessKey: s}}}\n"
        "backup: {storage: {provider: azure, accountName: n, auth: {type: sharedKey, accountKey: ak}}}\n",
        NULL, NULL);

    (void)state;
    assert_string_equal(c->milvus_storage.driver, "s3");
    assert_string_equal(c->milvus_storage.milvus_address, "in");
    assert_int_equal(c->milvus_storage.milvus_port, 9000);
    assert_string_equal(c->backup_storage.driver, "azure");
    assert_string_equal(fixture_option(&c->backup_storage, "address"), "a");
    assert_string_equal(fixture_option(&c->backup_storage, "accountName"), "n");
    assert_string_equal(fixture_option(&c->backup_storage, "auth.accountKey"), "ak");
    assert_string_equal(c->backup_storage.keys.secret_key, "backup.storage.auth.accountKey");
    assert_int_equal(f.report.count, 0);
}

static void test_v2_refusals(void **state)
{
    static const struct {
        const char *storage, *says;
    } cases[] = {
        {"auth: {type: sharedKey}",
         "milvus.storage.auth.type: 'sharedKey' is not one of static, iam or default"},
        {"auth: {type: iam, accessKeyID: k}", "milvus.storage.auth.accessKeyID: is not used with"},
        {"auth: {type: default, sessionToken: ''}", "milvus.storage.auth.sessionToken: is not used with"},
        {"auth: {endpoint: 'http://x'}", "milvus.storage.auth.endpoint: is not used with"},
        {"auth: {accountKey: x}", "milvus.storage.auth.accountKey: is not used with"},
        {"accountName: x", "milvus.storage.accountName: has no meaning"},
        {"localPath: /x", "milvus.storage.localPath: has a meaning on local disk only"},
        {"milvusPort: 5", "milvus.storage.milvusPort: needs milvus.storage.milvusAddress"},
        {"milvusAddress: 'http://x'", "milvus.storage.milvusAddress: 'http://x' must be"},
        {"port: 0", "milvus.storage.port: '0' is not between 1 and 65535"},
        {"provider: azure, auth: {type: sharedKey, accountKey: k}", "milvus.storage.accountName: is empty"},
        {"provider: azure", "milvus.storage.auth.type: 'static' is not one of sharedKey or default"},
        {"provider: local, rootPath: /x, milvusAddress: y",
         "milvus.storage.milvusAddress: has no meaning on local"},
    };
    char yaml[256];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(yaml, sizeof yaml, "configVersion: v2\nmilvus: {storage: {%s}}\n", cases[i].storage);
        fixture_bad(&f, yaml, NULL, NULL, cases[i].says);
    }
}

static void test_free_options(void **state)
{
    const struct mb_config *c =
        fixture_ok(&f,
                   "minio:\n"
                   "  options: {caFile: /ca, Nested: {deepKey: 5}, region: override}\n"
                   "  backupOptions: {caFile: /ca2}\n",
                   NULL, LIST("minio.options.skipVerify=true"));

    (void)state;
    assert_string_equal(fixture_option(&c->milvus_storage, "caFile"), "/ca");
    assert_string_equal(fixture_option(&c->milvus_storage, "Nested.deepKey"), "5");
    assert_string_equal(fixture_option(&c->milvus_storage, "region"), "override");
    assert_string_equal(fixture_option(&c->milvus_storage, "skipVerify"), "true");
    assert_string_equal(fixture_option(&c->backup_storage, "caFile"), "/ca2");
    assert_string_equal(fixture_option(&c->backup_storage, "skipVerify"), "true");
    c = fixture_ok(&f, "minio: {region: x, options: {REGION: y, address: z}}\n", NULL, NULL);
    assert_null(fixture_option(&c->milvus_storage, "region"));
    assert_string_equal(fixture_option(&c->milvus_storage, "REGION"), "y");
    assert_string_equal(fixture_option(&c->milvus_storage, "address"), "z");
    c = fixture_ok(&f, "minio: {options: {caFile: /ca}, backupStorageType: gcp}\n", NULL, NULL);
    assert_null(fixture_option(&c->backup_storage, "caFile"));
    c = fixture_ok(&f, "configVersion: v2\nbackup: {storage: {options: {x: y}}}\n", NULL, NULL);
    assert_string_equal(fixture_option(&c->backup_storage, "x"), "y");
    assert_null(fixture_option(&c->milvus_storage, "x"));
    fixture_bad(&f, "minio: {options: {a: [1]}}\n", NULL, NULL, "'minio.options.a' takes one value");
    fixture_bad(&f, "minio: {options: {a: \"x\\ny\"}}\n", NULL, NULL, "takes one value without line breaks");
}

static void test_third_party(void **state)
{
    const struct mb_config *c = fixture_ok(
        &f, "minio: {storageType: hdfs, address: nn, accessKeyID: k, options: {user: u}}\n", NULL, NULL);

    (void)state;
    assert_string_equal(c->milvus_storage.driver, "hdfs");
    assert_string_equal(fixture_option(&c->milvus_storage, "address"), "nn");
    assert_string_equal(fixture_option(&c->milvus_storage, "user"), "u");
    assert_int_equal(c->milvus_storage.option_count, 2);
    assert_string_equal(fixture_option(&c->backup_storage, "address"), "nn");
    assert_string_equal(fixture_option(&c->backup_storage, "user"), "u");
    assert_string_equal(c->milvus_storage.bucket, "");
    assert_string_equal(c->milvus_storage.prefix, "files");
    fixture_assert_has(&f, MB_CONFIG_WARNING, "minio.accessKeyID: is not handed to the driver 'hdfs'");
    c = fixture_ok(&f, "minio: {address: a, port: 5, bucketName: b, backupStorageType: hdfs}\n", NULL, NULL);
    assert_int_equal(c->backup_storage.option_count, 0);
}

static void test_a_wrapper_has_the_keys_of_what_it_wraps(void **state)
{
    const struct mb_config *c = fixture_ok(
        &f,
        "minio: {storageType: fault, address: a, port: 5, bucketName: b, accessKeyID: k,\n"
        "  secretAccessKey: s, options: {over: trace/aws, fault.rules: 'put:kill', caFile: /ca}}\n",
        NULL, NULL);
    const struct mb_config_storage *sides[] = {&c->milvus_storage, &c->backup_storage};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(sides[i]->driver, "fault");
        assert_string_equal(sides[i]->bucket, "b");
        assert_string_equal(fixture_option(sides[i], "over"), "trace/s3");
        assert_string_equal(fixture_option(sides[i], "fault.rules"), "put:kill");
        assert_string_equal(fixture_option(sides[i], "address"), "a");
        assert_string_equal(fixture_option(sides[i], "port"), "5");
        assert_string_equal(fixture_option(sides[i], "auth.type"), "static");
        assert_string_equal(fixture_option(sides[i], "auth.accessKeyID"), "k");
        assert_string_equal(fixture_option(sides[i], "auth.secretAccessKey"), "s");
        assert_string_equal(fixture_option(sides[i], "caFile"), "/ca");
    }
    assert_string_equal(c->milvus_storage.place, "fault a:5, bucket b, path files");

    c = fixture_ok(&f,
                   "minio: {address: a, backupStorageType: Throttle, backupRootPath: /data,\n"
                   "  options: {over: x}, backupOptions: {Over: local, throttle.bytesPerSecond: 1MiB}}\n",
                   NULL, NULL);
    assert_string_equal(c->backup_storage.driver, "throttle");
    assert_string_equal(fixture_option(&c->backup_storage, "root"), "/data");
    assert_string_equal(fixture_option(&c->backup_storage, "over"), "local");
    assert_string_equal(c->backup_storage.root_path, "/data");
    assert_int_equal(c->backup_storage.option_count, 3);

    c = fixture_ok(&f,
                   "minio: {storageType: trace, accessKeyID: acct, secretAccessKey: abc,\n"
                   "  options: {over: azure}}\n",
                   NULL, NULL);
    assert_string_equal(fixture_option(&c->milvus_storage, "accountName"), "acct");
    assert_string_equal(fixture_option(&c->milvus_storage, "auth.accountKey"), "abc");
}

static void test_a_wrapper_of_a_third_party(void **state)
{
    const struct mb_config *c = fixture_ok(
        &f, "minio: {storageType: fault, bucketName: b, options: {over: hdfs, user: u}}\n", NULL, NULL);

    (void)state;
    assert_int_equal(c->milvus_storage.option_count, 3);
    assert_string_equal(fixture_option(&c->milvus_storage, "bucketName"), "b");
    assert_string_equal(fixture_option(&c->milvus_storage, "over"), "hdfs");
    assert_string_equal(fixture_option(&c->milvus_storage, "user"), "u");
    fixture_bad(&f, "minio: {storageType: fault}\n", NULL, NULL,
                "minio.storageType: is 'fault', which wraps another driver: name it by minio.options.over");
    fixture_bad(&f, "minio: {backupStorageType: trace, options: {over: minio}}\n", NULL, NULL,
                "minio.backupStorageType: is 'trace', which wraps another driver: name it by "
                "minio.backupOptions.over");
}

static void test_overlap_is_told(void **state)
{
    (void)state;
    fixture_ok(&f, "minio: {rootPath: files, backupRootPath: /files/}\n", NULL, NULL);
    fixture_assert_has(&f, MB_CONFIG_WARNING, "backups are kept among Milvus' own data");
    fixture_ok(&f, "minio: {rootPath: files, backupRootPath: files, backupBucketName: other}\n", NULL, NULL);
    assert_int_equal(f.report.count, 0);
    fixture_ok(&f, "minio: {rootPath: files, backupRootPath: files2}\n", NULL, NULL);
    assert_int_equal(f.report.count, 0);
    fixture_ok(&f, "minio: {storageType: local, rootPath: /d, backupRootPath: /d}\n", NULL, NULL);
    fixture_assert_has(&f, MB_CONFIG_WARNING, "backups are kept among Milvus' own data");
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_prestate_setup_teardown(fn, fixture_setup, fixture_teardown, &f)
    const struct CMUnitTest tests[] = {
        CASE(test_spellings),
        CASE(test_backup_inherits),
        CASE(test_backup_of_its_own),
        CASE(test_root_paths),
        CASE(test_local),
        CASE(test_local_to_bucket),
        CASE(test_account),
        CASE(test_service_account),
        CASE(test_fixed_keys_must_be_there),
        CASE(test_v2_storage),
        CASE(test_v2_refusals),
        CASE(test_free_options),
        CASE(test_third_party),
        CASE(test_a_wrapper_has_the_keys_of_what_it_wraps),
        CASE(test_a_wrapper_of_a_third_party),
        CASE(test_overlap_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
