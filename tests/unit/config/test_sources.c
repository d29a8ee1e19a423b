/* Where a value comes from: precedence, lookup of the file, environment, --set. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fixture f;

/* --set over environment over file over default, for each combination of who speaks. */
static void test_precedence(void **state)
{
    (void)state;
    for (unsigned who = 0; who < 8; who++) {
        const char *yaml = (who & 1) != 0 ? "milvus: {port: 1001}\n" : "configVersion: v1\n";
        const char *const *environment = (who & 2) != 0 ? LIST("MILVUS_PORT=1002") : NULL;
        const char *const *sets = (who & 4) != 0 ? LIST("milvus.port=1003") : NULL;
        unsigned expected = (who & 4) != 0 ? 1003 : (who & 2) != 0 ? 1002 : (who & 1) != 0 ? 1001 : 19530;
        assert_int_equal(fixture_ok(&f, yaml, environment, sets)->milvus.port, expected);
    }
}

/* A source that is outranked may say what it likes. */
static void test_only_the_winner_is_checked(void **state)
{
    (void)state;
    assert_int_equal(
        fixture_ok(&f, "milvus: {port: x}\n", LIST("MILVUS_PORT=tcp://1.2.3.4:5"), LIST("milvus.port=7"))
            ->milvus.port,
        7);
    assert_int_equal(fixture_ok(&f, "milvus: {port: x}\n", LIST("MILVUS_PORT=8"), NULL)->milvus.port, 8);
    fixture_bad(&f, "milvus: {port: 9}\n", LIST("MILVUS_PORT=x"), NULL,
                "environment variable MILVUS_PORT: milvus.port");
    fixture_bad(&f, "milvus: {port: 9}\n", NULL, LIST("milvus.port=x"), "--set milvus.port: 'x' is not");
}

static void test_kubernetes_service_links(void **state)
{
    (void)state;
    fixture_bad(&f, "milvus: {port: 19530}\n", LIST("MILVUS_PORT=tcp://10.0.0.1:19530"), NULL,
                "environment variable MILVUS_PORT: milvus.port: 'tcp://10.0.0.1:19530' is what Kubernetes "
                "puts there");
    fixture_assert_has(&f, MB_CONFIG_PROBLEM, "unset the variable");
    fixture_assert_has(&f, MB_CONFIG_PROBLEM, "--set milvus.port=NUMBER");
    fixture_bad(&f, "", LIST("MINIO_PORT=udp://[::1]:9000"), NULL, "is what Kubernetes puts there");
    fixture_ok(&f, "configVersion: v2\n", LIST("MILVUS_PORT=tcp://10.0.0.1:19530"), NULL);
}

static void test_empty_environment(void **state)
{
    const struct mb_config *c = fixture_ok(&f, "milvus: {port: 5, user: u}\n",
                                           LIST("MILVUS_PORT=", "MILVUS_USER=", "MINIO_USE_SSL="), NULL);

    (void)state;
    assert_int_equal(c->milvus.port, 5);
    assert_string_equal(c->milvus.user, "");
    fixture_assert_has(&f, MB_CONFIG_NOTE, "MILVUS_PORT is empty and counts as not set");
    fixture_assert_has(&f, MB_CONFIG_NOTE, "MINIO_USE_SSL is empty");
    fixture_bad(&f, "", LIST("MINIO_SECRET_KEY=abcd\n"), NULL,
                "MINIO_SECRET_KEY: minio.secretAccessKey: the value holds");
}

/* Every variable of the schema, each with a value of its own. */
static void test_every_variable(void **state)
{
    const struct mb_config *c =
        fixture_ok(&f, "",
                   LIST("MILVUS_ADDRESS=ma", "MILVUS_PORT=1", "MILVUS_USER=mu", "MILVUS_PASSWORD=mp",
                        "MILVUS_TLS_MODE=2", "MILVUS_CA_CERT_PATH=ca", "MILVUS_SERVER_NAME=sn",
                        "MILVUS_MTLS_CERT_PATH=mc", "MILVUS_MTLS_KEY_PATH=mk", "MILVUS_RPC_CHANNEL_NAME=rpc",
                        "MINIO_ADDRESS=sa", "MINIO_PORT=2", "MINIO_REGION=sr", "MINIO_ACCESS_KEY=ak",
                        "MINIO_SECRET_KEY=sk", "MINIO_TOKEN=st", "MINIO_USE_SSL=true", "MINIO_BUCKET_NAME=sb",
                        "MINIO_ROOT_PATH=srp", "MINIO_BACKUP_ADDRESS=ba", "MINIO_BACKUP_PORT=3",
                        "MINIO_BACKUP_REGION=br", "MINIO_BACKUP_USE_SSL=false", "MINIO_BACKUP_BUCKET_NAME=bb",
                        "MINIO_BACKUP_ROOT_PATH=brp", "MINIO_BACKUP_USE_IAM=true",
                        "MINIO_BACKUP_IAM_ENDPOINT=http://iam", "BACKUP_PARALLELISM_COPYDATA=4",
                        "BACKUP_PARALLELISM_BACKUP_COLLECTION=5", "BACKUP_PARALLELISM_RESTORE_COLLECTION=6",
                        "BACKUP_KEEP_TEMP_FILES=true", "BACKUP_GC_PAUSE_ENABLE=false",
                        "BACKUP_GC_PAUSE_ADDRESS=http://gc"),
                   NULL);

    (void)state;
    assert_string_equal(c->milvus.address, "ma");
    assert_int_equal(c->milvus.port, 1);
    assert_string_equal(c->milvus.user, "mu");
    assert_string_equal(c->milvus.password, "mp");
    assert_int_equal(c->milvus.tls, MB_CONFIG_TLS_MUTUAL);
    assert_string_equal(c->milvus.ca_cert_path, "ca");
    assert_string_equal(c->milvus.server_name, "sn");
    assert_string_equal(c->milvus.mtls_cert_path, "mc");
    assert_string_equal(c->milvus.mtls_key_path, "mk");
    assert_string_equal(c->milvus.rpc_channel_name, "rpc");
    assert_string_equal(fixture_option(&c->milvus_storage, "address"), "sa");
    assert_string_equal(fixture_option(&c->milvus_storage, "port"), "2");
    assert_string_equal(fixture_option(&c->milvus_storage, "region"), "sr");
    assert_string_equal(fixture_option(&c->milvus_storage, "auth.accessKeyID"), "ak");
    assert_string_equal(fixture_option(&c->milvus_storage, "auth.secretAccessKey"), "sk");
    assert_string_equal(fixture_option(&c->milvus_storage, "auth.sessionToken"), "st");
    assert_string_equal(fixture_option(&c->milvus_storage, "useSSL"), "true");
    assert_string_equal(c->milvus_storage.bucket, "sb");
    assert_string_equal(c->milvus_storage.prefix, "srp");
    assert_string_equal(fixture_option(&c->backup_storage, "address"), "ba");
    assert_string_equal(fixture_option(&c->backup_storage, "port"), "3");
    assert_string_equal(fixture_option(&c->backup_storage, "region"), "br");
    assert_string_equal(fixture_option(&c->backup_storage, "useSSL"), "false");
    assert_string_equal(c->backup_storage.bucket, "bb");
    assert_string_equal(c->backup_storage.prefix, "brp");
    assert_string_equal(fixture_option(&c->backup_storage, "auth.type"), "iam");
    assert_string_equal(fixture_option(&c->backup_storage, "auth.endpoint"), "http://iam");
    assert_null(fixture_option(&c->backup_storage, "auth.accessKeyID"));
    assert_int_equal(c->transfer.concurrency, 4);
    assert_int_equal(c->backup.collections, 5);
    assert_int_equal(c->restore.collections, 6);
    assert_true(c->restore.keep_temp_files);
    assert_false(c->backup.gc_pause.enabled);
    assert_string_equal(c->milvus.management_endpoint, "http://gc");
}

static void test_sets(void **state)
{
    const struct mb_config *c =
        fixture_ok(&f, "milvus: {port: 5}\n", NULL,
                   LIST("MILVUS.Address=h", "milvus_port=6", " minio.bucketName =b=c=d", "minio.rootPath=one",
                        "minio.rootPath=two", "milvus.password="));

    (void)state;
    assert_string_equal(c->milvus.address, "h");
    assert_int_equal(c->milvus.port, 6);
    assert_string_equal(c->milvus_storage.bucket, "b=c=d");
    assert_string_equal(c->milvus_storage.prefix, "two");
    fixture_bad(&f, "", NULL, LIST("milvus.prot=1"),
                "--set: unknown key: 'milvus.prot'; did you mean milvus.port?");
    fixture_bad(&f, "", NULL, LIST("milvus.grpc.port=1"), "in v1 it is called milvus.port");
    fixture_bad(&f, "", NULL, LIST("configVersion=v2"), "configVersion is read from the file only");
    fixture_bad(&f, "", NULL, LIST("milvus.port="), "--set milvus.port: '' is not a whole number");
    fixture_bad(&f, "", NULL, LIST("=x"), "--set: '=x' is not of the form KEY=VALUE");
    fixture_bad(&f, "", NULL, LIST(""), "--set: '' is not of the form KEY=VALUE");
    fixture_ok(&f, "", NULL, LIST("log.file.maxAge=1"));
    fixture_assert_has(&f, MB_CONFIG_NOTE, "log.file.maxAge has no effect any more");
}

/* --set minio.secretAccessKey=abc,def is two items, and the second is the rest of a secret. */
static void test_pieces_of_secrets_are_not_shown(void **state)
{
    (void)state;
    fixture_bad(&f, "", NULL, LIST("minio.secretAccessKey=abc", "restofthesecret"),
                "--set: what follows 'minio.secretAccessKey' is not of the form KEY=VALUE");
    for (size_t i = 0; i < f.report.count; i++)
        assert_null(strstr(f.report.items[i].text, "restofthesecret"));
    fixture_bad(&f, "", NULL, LIST("MINIO_SECRET_KEY=abc", "restofthesecret"),
                "what follows 'MINIO_SECRET_KEY'");
    fixture_bad(&f, "", NULL, LIST("minio.options.x=abc", "restofthesecret"),
                "what follows 'minio.options.x'");
    fixture_bad(&f, "", NULL, LIST("milvus.password=abc", "restofthesecret=x"), "unknown key: what follows");
    fixture_bad(&f, "", NULL, LIST("milvus.user=abc", "def"), "--set: 'def' is not of the form");
}

static void test_schema_v2_has_variables_of_its_own(void **state)
{
    static const char *const both[] = {"MINIO_ACCESS_KEY=v1", "MILVUS_STORAGE_AUTH_ACCESS_KEY_ID=v2",
                                       "ZILLIZ_CLOUD_API_KEY=cloudkey", "MILVUS_ADDRESS=v1", NULL};
    const struct mb_config *c = fixture_ok(&f, "configVersion: v2\n", both, NULL);

    (void)state;
    assert_string_equal(fixture_option(&c->milvus_storage, "auth.accessKeyID"), "v2");
    assert_string_equal(c->milvus.address, "localhost");
    assert_string_equal(c->cloud.api_key, "cloudkey");
    c = fixture_ok(&f, "", both, NULL);
    assert_string_equal(fixture_option(&c->milvus_storage, "auth.accessKeyID"), "v1");
    assert_string_equal(c->cloud.api_key, "");
    c = fixture_ok(&f, NULL, both, NULL); /* no file: v2 */
    assert_string_equal(fixture_option(&c->milvus_storage, "auth.accessKeyID"), "v2");
}

static mb_status load_path(const char *path, const char *const *environment)
{
    struct mb_config_sources sources = {.path = path, .environment = environment, .folder = f.folder};

    mb_config_free(f.config);
    f.config = NULL;
    mb_config_report_done(&f.report);
    mb_error_clear(&f.error);
    return mb_config_load(&f.config, &sources, &f.report, &f.error);
}

static void test_places_of_the_file(void **state)
{
    char conf[128];

    (void)state;
    snprintf(conf, sizeof conf, "MILVUSCONF=%s/env", f.folder);
    assert_int_equal(load_path("backup.yaml", LIST(conf)), MB_E_NOT_FOUND);
    assert_non_null(strstr(f.error.message, "tried backup.yaml, "));
    assert_non_null(strstr(f.error.message, "/env/backup.yaml, ./configs/backup.yaml"));

    fixture_write(&f, "configs/backup.yaml", "milvus: {address: in-configs}\n");
    assert_int_equal(load_path("backup.yaml", LIST(conf)), MB_OK);
    assert_string_equal(f.config->milvus.address, "in-configs");
    assert_string_equal(f.config->path, "./configs/backup.yaml");
    assert_int_equal(load_path("elsewhere/backup.yaml", NULL), MB_OK);

    fixture_write(&f, "env/backup.yaml", "milvus: {address: in-env}\n");
    assert_int_equal(load_path("backup.yaml", LIST(conf)), MB_OK);
    assert_string_equal(f.config->milvus.address, "in-env");

    fixture_write(&f, "backup.yaml", "milvus: {address: as-given}\n");
    assert_int_equal(load_path("backup.yaml", LIST(conf)), MB_OK);
    assert_string_equal(f.config->milvus.address, "as-given");

    assert_int_equal(load_path("other.yaml", LIST("MILVUSCONF=")), MB_E_NOT_FOUND);
    assert_non_null(strstr(f.error.message, "tried other.yaml, ./configs/other.yaml"));
}

static void test_unreadable_files(void **state)
{
    char path[128];

    (void)state;
    fixture_write(&f, "folder/x", "");
    assert_true(load_path("folder", NULL) < 0);
    assert_non_null(strstr(f.error.message, "folder"));
    snprintf(path, sizeof path, "%s/big.yaml", f.folder);
    fixture_write(&f, "big.yaml", "");
    assert_int_equal(truncate(path, 2 << 20), 0);
    assert_int_equal(load_path("big.yaml", NULL), MB_E_CONFIG);
    assert_non_null(strstr(f.error.message, "larger than 1 MiB"));
}

/* The caller's strings may go away after loading. */
static void test_strings_are_copied(void **state)
{
    char *variable = strdup("MILVUS_ADDRESS=fromenv");
    char *set = strdup("milvus.user=fromset");
    const char *environment[] = {variable, NULL};
    const char *sets[] = {set, NULL};
    const struct mb_config *c = fixture_ok(&f, "", environment, sets);

    (void)state;
    memset(variable, 'x', strlen(variable));
    memset(set, 'x', strlen(set));
    assert_string_equal(c->milvus.address, "fromenv");
    assert_string_equal(c->milvus.user, "fromset");
    free(variable);
    free(set);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_prestate_setup_teardown(fn, fixture_setup, fixture_teardown, &f)
    const struct CMUnitTest tests[] = {
        CASE(test_precedence),
        CASE(test_only_the_winner_is_checked),
        CASE(test_kubernetes_service_links),
        CASE(test_empty_environment),
        CASE(test_every_variable),
        CASE(test_sets),
        CASE(test_pieces_of_secrets_are_not_shown),
        CASE(test_schema_v2_has_variables_of_its_own),
        CASE(test_places_of_the_file),
        CASE(test_unreadable_files),
        CASE(test_strings_are_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
