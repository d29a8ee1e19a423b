/* The table of `config show`: names, sources, masks; and the keys for help. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

static struct fixture f;

static struct mb_config_value find(const struct mb_config *c, const char *parameter)
{
    for (size_t i = 0; i < mb_config_value_count(c); i++)
        if (strcmp(mb_config_value_at(c, i).parameter, parameter) == 0)
            return mb_config_value_at(c, i);
    fail_msg("no row %s", parameter);
    return (struct mb_config_value){0};
}

static void expect(const struct mb_config *c, const char *parameter, const char *value, const char *source,
                   const char *source_key, const char *where)
{
    struct mb_config_value row = find(c, parameter);

    assert_string_equal(row.value, value);
    assert_string_equal(row.source, source);
    assert_string_equal(row.source_key, source_key);
    assert_string_equal(row.where, where);
}

static void test_sources(void **state)
{
    const struct mb_config *c =
        fixture_ok(&f, "Milvus:\n  Port: 5\nminio:\n  useIAM: true\n  bucketName: b\n",
                   LIST("MINIO_REGION=r"), LIST("LOG.level=debug"));

    (void)state;
    expect(c, "Milvus.Grpc.Port", "5", "config", "Milvus.Port", "backup.yaml:2:9");
    expect(c, "Milvus.Grpc.Address", "localhost", "default", "", "");
    expect(c, "Milvus.Storage.Region", "r", "env", "MINIO_REGION", "");
    expect(c, "Log.Level", "debug", "override", "LOG.level", "");
    expect(c, "Milvus.Storage.Auth.Type", "iam", "config", "minio.useIAM", "backup.yaml:4:11");
    expect(c, "Backup.Storage.BucketName", "b", "config", "minio.bucketName", "backup.yaml:5:15");
    expect(c, "Milvus.Storage.Provider", "minio", "default", "", "");
    assert_string_equal(find(c, "Backup.Storage.BucketName").key, "minio.backupBucketName");
}

static void test_masks(void **state)
{
    const struct mb_config *c =
        fixture_ok(&f,
                   "milvus: {password: topsecret, authorizationEnabled: true}\n"
                   "minio: {secretAccessKey: abc, token: '', storageType: azure, "
                   "accessKeyID: acct, options: {clientSecret: hidethis, caFile: /ca}}\n"
                   "cloud: {apikey: abcdefgh}\n",
                   NULL, NULL);

    (void)state;
    assert_string_equal(find(c, "Milvus.Password").value, "to****et");
    assert_string_equal(find(c, "Milvus.Storage.Auth.SecretAccessKey").value, "****");
    assert_string_equal(find(c, "Milvus.Storage.Auth.AccountKey").value, "****");
    assert_string_equal(find(c, "Milvus.Storage.Auth.SessionToken").value, "");
    assert_string_equal(find(c, "Cloud.APIKey").value, "ab****gh");
    assert_string_equal(find(c, "Milvus.Storage.Options.clientSecret").value, "hi****is");
    assert_string_equal(find(c, "Milvus.Storage.Options.caFile").value, "/ca");
    for (size_t i = 0; i < mb_config_value_count(c); i++) {
        assert_null(strstr(mb_config_value_at(c, i).value, "topsecret"));
        assert_null(strstr(mb_config_value_at(c, i).value, "hidethis"));
        assert_null(strstr(mb_config_value_at(c, i).value, "abcdefgh"));
    }
}

static void test_masks_what_a_wrapper_hands_on(void **state)
{
    const struct mb_config *c =
        fixture_ok(&f,
                   "minio: {storageType: fault, options: {over: hdfs, fault.rules: 'put:kill',\n"
                   "  auth: {secretAccessKey: hidethis, sessionToken: hidethat}, userPassword: hidehere}}\n",
                   NULL, NULL);

    (void)state;
    assert_string_equal(find(c, "Milvus.Storage.Options.over").value, "hdfs");
    assert_string_equal(find(c, "Milvus.Storage.Options.fault.rules").value, "put:kill");
    assert_string_equal(find(c, "Milvus.Storage.Options.auth.secretAccessKey").value, "hi****is");
    for (size_t i = 0; i < mb_config_value_count(c); i++)
        assert_null(strstr(mb_config_value_at(c, i).value, "hideth"));
    assert_string_equal(find(c, "Milvus.Storage.Options.userPassword").value, "hi****re");
    assert_int_equal(c->secrets.count, 3);
}

static void test_masks_the_password_of_a_url(void **state)
{
    static const char *const cases[][2] = {
        {"http://joe:hunter2@proxy:3128", "http://joe:****@proxy:3128"},
        {"joe:hunter2@proxy:3128", "joe:****@proxy:3128"},
        {"http://joe:hun@ter2@proxy", "http://joe:****@proxy"},
        {"http://proxy:3128", "http://proxy:3128"},
        {"joe@proxy:3128", "joe@proxy:3128"},
        {"http://joe:@proxy", "http://joe:****@proxy"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char yaml[128];
        snprintf(yaml, sizeof yaml, "minio: {options: {proxy: '%s'}}\n", cases[i][0]);
        const struct mb_config *c = fixture_ok(&f, yaml, NULL, NULL);
        assert_string_equal(find(c, "Milvus.Storage.Options.proxy").value, cases[i][1]);
        assert_int_equal(c->secrets.count, i < 3);
        if (i < 2)
            assert_string_equal(c->secrets.items[0], "hunter2");
    }
}

static void test_secrets_for_the_log(void **state)
{
    static const char *const secrets[] = {"topsecret", "skey", "bkey", "cloudkey", "hidethis"};
    const struct mb_config *c =
        fixture_ok(&f,
                   "milvus: {password: topsecret}\n"
                   "minio: {secretAccessKey: skey, backupSecretAccessKey: bkey, options: "
                   "{clientSecret: hidethis}}\n"
                   "cloud: {apikey: cloudkey}\n",
                   NULL, NULL);

    (void)state;
    assert_int_equal(c->secrets.count, 5);
    for (size_t i = 0; i < 5; i++) {
        bool found = false;
        for (size_t s = 0; s < c->secrets.count; s++)
            found = found || strcmp(c->secrets.items[s], secrets[i]) == 0;
        assert_true(found);
    }
    assert_int_equal(fixture_ok(&f, "configVersion: v1\n", NULL, NULL)->secrets.count,
                     0); /* a default is no secret */
    c = fixture_ok(&f, "milvus: {password: Milvus}\nminio: {secretAccessKey: minioadmin}\n", NULL, NULL);
    assert_int_equal(c->secrets.count, 0);
}

/* Whatever is wrong with it, a secret is in no message. */
static void test_secrets_in_no_message(void **state)
{
    (void)state;
    fixture_bad(&f, "minio: {secretAccessKey: [hunter2]}\n", NULL, NULL, "takes one value, not a list");
    fixture_bad(&f, "milvus: {password: \"hunter2\\n\"}\n", NULL, NULL, "line break");
    assert_null(strstr(f.error.message, "hunter2"));
    fixture_bad(&f, "minio: {secretAccessKey: {hunter2: 1}}\n", NULL, NULL, "not a section");
    assert_null(strstr(f.error.message, "hunter2"));
}

static void test_v2_rows(void **state)
{
    const struct mb_config *c = fixture_ok(
        &f, "configVersion: v2\nmilvus: {etcd: {endpoints: [a, b]}, grpc: {tlsMode: server}}\n", NULL, NULL);

    (void)state;
    expect(c, "Milvus.Etcd.Endpoints", "a,b", "config", "milvus.etcd.endpoints", "backup.yaml:2:28");
    assert_string_equal(find(c, "Milvus.Grpc.TLSMode").key, "milvus.grpc.tlsMode");
    for (size_t i = 0; i < mb_config_value_count(c); i++)
        assert_string_not_equal(mb_config_value_at(c, i).parameter, "Server.Enabled");
}

static void test_keys_for_help(void **state)
{
    struct mb_config_key key;

    (void)state;
    for (unsigned schema = 1; schema <= 2; schema++) {
        size_t count = 0;
        for (; mb_config_key_at(schema, count, &key); count++) {
            assert_non_null(key.name);
            assert_non_null(key.def);
            size_t len = strlen(key.help);
            assert_true(len > 10 && key.help[len - 1] == '.');
        }
        assert_true(count > 60);
    }
    bool found = false;
    for (size_t i = 0; mb_config_key_at(1, i, &key); i++)
        if (strcmp(key.name, "minio.backupSecretAccessKey") == 0) {
            found = true;
            assert_true(key.secret);
            assert_string_equal(key.inherits, "minio.secretAccessKey");
            assert_string_equal(key.environment, "MINIO_BACKUP_SECRET_KEY");
        }
    assert_true(found);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_prestate_setup_teardown(fn, fixture_setup, fixture_teardown, &f)
    const struct CMUnitTest tests[] = {
        CASE(test_sources),
        CASE(test_masks),
        CASE(test_masks_what_a_wrapper_hands_on),
        CASE(test_masks_the_password_of_a_url),
        CASE(test_secrets_for_the_log),
        CASE(test_secrets_in_no_message),
        CASE(test_v2_rows),
        CASE(test_keys_for_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
