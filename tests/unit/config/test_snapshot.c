/* How Milvus is told of the backup's storage: addresses, keys, and what cannot be told. */
#include "fixture.h"

#include "base/arena.h"
#include "config/snapshot.h"

#include <stdio.h>
#include <string.h>

static struct fixture f;
static struct mb_arena *arena;

static int set_up(void **state)
{
    *state = &f;
    arena = mb_arena_new();
    return fixture_setup(state);
}

static int tear_down(void **state)
{
    mb_arena_free(arena);
    return fixture_teardown(state);
}

static struct mb_config_snapshot told(const char *yaml)
{
    struct mb_config_snapshot out = {0};
    struct mb_error error = MB_ERROR_INIT;
    const struct mb_config *config = fixture_ok(&f, yaml, NULL, NULL);
    if (mb_config_snapshot(config, arena, &out, &error) != MB_OK)
        fail_msg("%s", error.message);
    return out;
}

static void refused(const char *yaml, const char *named)
{
    struct mb_config_snapshot out;
    struct mb_error error = MB_ERROR_INIT;
    const struct mb_config *config = fixture_ok(&f, yaml, NULL, NULL);
    assert_int_equal(mb_config_snapshot(config, arena, &out, &error), MB_E_UNSUPPORTED);
    if (strstr(error.message, named) == NULL)
        fail_msg("no '%s' in '%s'", named, error.message);
}

#define KEYS "accessKeyID: k, secretAccessKey: s, bucketName: data, rootPath: files"

/* Another bucket is reached as Milvus' own is. */
static void what_milvus_has_keys_for_is_a_bucket(void **state)
{
    static const char *const types[] = {"minio", "s3", "aws", "gcp", "ali", "tencent", "hwc"};
    char yaml[256];
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        snprintf(yaml, sizeof yaml,
                 "minio: {storageType: %s, address: h, port: 9000, " KEYS ", backupBucketName: vault}\n",
                 types[i]);
        const struct mb_config_snapshot out = told(yaml);
        assert_string_equal(out.uri, "s3://vault/");
        assert_string_equal(out.spec, "");
    }
}

static void another_service_has_its_address_and_keys(void **state)
{
    struct mb_config_snapshot out =
        told("minio: {storageType: minio, address: h, port: 9000, " KEYS
             ", backupStorageType: s3, backupAddress: 's3.example', backupPort: 443, backupUseSSL: true, "
             "backupRegion: eu-1, backupAccessKeyID: k2, backupSecretAccessKey: 'a\"b', backupBucketName: "
             "vault}\n");
    (void)state;
    assert_string_equal(out.uri, "minio://s3.example:443/vault/");
    assert_string_equal(out.spec,
                        "{\"extfs\":{\"cloud_provider\":\"aws\",\"use_ssl\":\"true\",\"region\":\"eu-1\","
                        "\"access_key_id\":\"k2\",\"access_key_value\":\"a\\\"b\"}}");
    out = told("minio: {storageType: hwc, address: h, port: 9000, " KEYS ", backupAddress: '::1'}\n");
    assert_string_equal(out.uri, "minio://[::1]:9000/data/");
    assert_non_null(strstr(out.spec, "\"cloud_provider\":\"huawei\""));
}

static void other_keys_are_another_backend(void **state)
{
    const struct mb_config_snapshot out =
        told("minio: {storageType: minio, address: h, port: 9000, " KEYS ", backupAccessKeyID: k2}\n");
    (void)state;
    assert_string_equal(out.uri, "minio://h:9000/data/");
    assert_non_null(strstr(out.spec, "\"access_key_id\":\"k2\",\"access_key_value\":\"s\""));
}

#define V2                                                                                              \
    "configVersion: v2\nmilvus: {storage: {provider: minio, address: h, port: 9000, bucketName: data, " \
    "rootPath: files, auth: {type: static, accessKeyID: k, secretAccessKey: s}}}\n"

static void an_address_for_milvus_alone(void **state)
{
    struct mb_config_snapshot out =
        told(V2 "backup: {storage: {rootPath: b, milvusAddress: inside, milvusPort: 9}}\n");
    (void)state;
    assert_string_equal(out.uri, "minio://inside:9/data/");
    assert_string_equal(out.spec, "");
}

static void roles_are_told_as_such(void **state)
{
    const struct mb_config_snapshot out =
        told(V2 "backup: {storage: {provider: aws, bucketName: v, rootPath: b, auth: {type: iam, endpoint: "
                "'http://sts'}}}\n");
    (void)state;
    assert_non_null(strstr(out.spec, "\"use_iam\":\"true\",\"iam_endpoint\":\"http://sts\""));
    assert_null(strstr(out.spec, "access_key"));
}

static void accounts_stand_in_the_address(void **state)
{
    struct mb_config_snapshot out = told("minio: {storageType: azure, address: core.windows.net, port: 443, "
                                         "accessKeyID: acct, secretAccessKey: a2V5, bucketName: box}\n");
    (void)state;
    assert_string_equal(out.uri, "azure://acct.blob.core.windows.net/box/");
    assert_string_equal(out.spec, "");
    out = told("minio: {storageType: azure, address: core.example, port: 8443, accessKeyID: acct, "
               "secretAccessKey: a2V5, bucketName: box, backupAccessKeyID: two, backupSecretAccessKey: "
               "a2V6}\n");
    assert_string_equal(out.uri, "azure://two.blob.core.example:8443/box/");
    assert_non_null(strstr(out.spec, "\"access_key_id\":\"two\",\"access_key_value\":\"a2V6\""));
}

/* Milvus cannot read a file of ours: what is in it goes along, and is a secret. */
static void a_file_of_credentials_goes_along(void **state)
{
    char yaml[512];
    (void)state;
    fixture_write(&f, "sa.json", "{\"private_key\": \"very secret\"}");
    snprintf(yaml, sizeof yaml,
             V2 "backup: {storage: {provider: gcpnative, bucketName: v, rootPath: b, auth: {type: "
                "serviceAccount, credentialsFile: '%s/sa.json'}}}\n",
             f.folder);
    const struct mb_config_snapshot out = told(yaml);
    assert_string_equal(out.uri, "gcs://v/");
    assert_non_null(strstr(out.spec, "\"credential_json\":\"{\\\"private_key\\\": \\\"very secret\\\"}\""));
    assert_string_equal(out.secret, "very secret");
}

static void what_cannot_be_told(void **state)
{
    (void)state;
    refused("minio: {storageType: local, rootPath: /m, backupRootPath: /b}\n",
            "minio.storageType is local disk");
    refused("minio: {storageType: minio, " KEYS ", backupStorageType: local, backupRootPath: /b}\n",
            "minio.backupStorageType is local disk");
    refused("minio: {storageType: hdfs, rootPath: m}\n", "minio.storageType is the driver hdfs");
    refused("minio: {storageType: minio, " KEYS ", backupAddress: o, backupToken: t}\n", "minio.backupToken");
}

/* It is the same storage for Milvus, who has it already. */
static void a_token_that_nobody_has_to_tell(void **state)
{
    (void)state;
    assert_string_equal(told("minio: {storageType: minio, token: t, " KEYS "}\n").spec, "");
}

/* What wraps a storage on this side does not concern Milvus. */
static void wrappers_are_looked_through(void **state)
{
    (void)state;
    assert_string_equal(told("minio: {storageType: minio, " KEYS
                             ", backupStorageType: trace, backupOptions: {over: minio}}\n")
                            .uri,
                        "s3://data/");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_milvus_has_keys_for_is_a_bucket, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_service_has_its_address_and_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_keys_are_another_backend, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_address_for_milvus_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(roles_are_told_as_such, set_up, tear_down),
        cmocka_unit_test_setup_teardown(accounts_stand_in_the_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_of_credentials_goes_along, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_token_that_nobody_has_to_tell, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrappers_are_looked_through, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
