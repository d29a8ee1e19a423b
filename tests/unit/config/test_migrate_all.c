/* Whatever a file of schema v1 and the environment say, loading what it is migrated to has the same effect:
 * each key with several values, over storages of every kind, and many keys at once. */
#include "migrating.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_YAML = 16384, MAX_ENVIRONMENT = 64 };

static struct fixture f, second;
static struct migrating m;

/* What the two sides of storage may be. */
static const char *const bases[] = {
    "configVersion: v1\n",
    "minio.storageType: azure\nminio.accessKeyID: account\nminio.secretAccessKey: silent1\n",
    "minio.storageType: azure\nminio.accessKeyID: account\nminio.useIAM: true\n",
    "minio.storageType: gcpnative\nminio.gcpCredentialJSON: key.json\nminio.backupStorageType: ali\n",
    "minio.storageType: ali\nminio.useIAM: true\nminio.iamEndpoint: http://sts\nminio.accessKeyID: ''\n",
    "minio.storageType: local\nminio.rootPath: /data\nminio.address: elsewhere\nminio.token: silent2\n"
    "minio.backupStorageType: aws\n",
    "minio.storageType: s3\nminio.accessKeyID: ak\nminio.secretAccessKey: silent3\nminio.token: silent4\n"
    "minio.backupStorageType: azure\n",
    "minio.storageType: azure\nminio.accessKeyID: account\nminio.secretAccessKey: silent5\n"
    "minio.region: r\nminio.backupStorageType: tc\n",
    "minio.storageType: hdfs\nminio.region: r\nminio.address: namenode\nminio.backupStorageType: minio\n",
    "minio.storageType: minio\nminio.backupStorageType: gcpnative\nminio.backupGcpCredentialJSON: b.json\n",
    "minio.storageType: throttle\nminio.options.over: azure\nminio.accessKeyID: account\n"
    "minio.secretAccessKey: silent6\n",
    "minio.storageType: gcpnative\nminio.gcpCredentialJSON: key.json\n",
};

enum { BASES = sizeof bases / sizeof *bases, SOME = 2, ROUNDS = 100 };

static const char *const *values_of(const struct mb_config_key *key)
{
    static const char *const texts[] = {"x1",    "",  "it's \"a\" \\ # : - {b}", "d\xc3\xbcne\xe2\x80\xa8z",
                                        " 012 ", NULL};
    static const char *const secrets[] = {"hush", "hush \"'\\#: \xc2\xa0", "", NULL};
    static const char *const numbers[] = {"1", "20", "0", "4e1", "70000", "abc", "", NULL};
    static const char *const truths[] = {"true", "false", "T", "1", "maybe", NULL};
    static const char *const lists[] = {"a:1, b:2,,c:3", "one", "", NULL};
    static const char *const types[] = {"minio", "Ali", "TC",   "azure", "gcpnative",
                                        "local", "AWS", "hdfs", "",      NULL};
    static const char *const modes[] = {"0", "1", "2", "Mutual", "3", "", NULL};
    static const char *const hosts[] = {"host", "::1", "[fe80::1]", "10.0.0.1", "host:1", NULL};
    static const char *const urls[] = {"http://h:1/", "https://h", "localhost:9091", "", NULL};
    static const char *const levels[] = {"debug", "PANIC", "loud", NULL};
    static const char *const copies[] = {"direct", "Streaming", "auto", "slow", NULL};
    static const struct {
        const char *end;
        const char *const *values;
    } special[] = {{"torageType", types},     {"cloudProvider", types},  {"tlsMode", modes},
                   {"gcPause.address", urls}, {"cloud.address", urls},   {"rest.endpoint", urls},
                   {"log.level", levels},     {"transfer.mode", copies}, {"ddress", hosts},
                   {"log.format", copies}};

    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (mb_text_ends_with(key->name, special[i].end))
            return special[i].values;
    if (key->secret)
        return secrets;
    return strcmp(key->type, "int") == 0    ? numbers
           : strcmp(key->type, "bool") == 0 ? truths
           : strcmp(key->type, "list") == 0 ? lists
                                            : texts;
}

/* As a person would write it: bare where that can be. */
static void put_value(char *yaml, const char *key, const char *value)
{
    size_t len = strlen(yaml);
    bool bare = *value != '\0' && value[strspn(value, "0123456789abcdefghijklmnopqrstuvwxyzTCAWS.")] == '\0';
    bool list = strchr(value, ',') != NULL && strchr(value, ' ') == NULL;

    len += (size_t)snprintf(yaml + len, MAX_YAML - len,
                            list   ? "%s: [%s]\n"
                            : bare ? "%s: %s\n"
                                   : "%s: \"",
                            key, value);
    if (list || bare)
        return;
    for (; *value != '\0'; value++)
        len += (size_t)snprintf(yaml + len, MAX_YAML - len, *value == '"' || *value == '\\' ? "\\%c" : "%c",
                                *value);
    snprintf(yaml + len, MAX_YAML - len, "\"\n");
}

/* What the report says of some variables. */
static bool is_to_be_unset(const char *variable)
{
    char line[128];
    snprintf(line, sizeof line, "unset the environment variable %.*s,", (int)strcspn(variable, "="),
             variable);
    return migrating_warns(&m, line);
}

/* The environment as the report wants it, the variables under their new names. */
static void rename_all(const char *const *environment, const char **out, char (*room)[256])
{
    size_t n = 0;

    for (; environment != NULL && *environment != NULL; environment++) {
        if (is_to_be_unset(*environment))
            continue;
        out[n++] = *environment;
        for (size_t i = 0; i < m.migrated->name_count; i++) {
            size_t len = strlen(m.migrated->names[i].from);
            if (strncmp(*environment, m.migrated->names[i].from, len) != 0 || (*environment)[len] != '=')
                continue;
            snprintf(room[n], sizeof room[n], "%s%s", m.migrated->names[i].to, *environment + len);
            out[n] = room[n];
            n++;
        }
    }
    out[n] = NULL;
}

static void assert_quiet(const char *yaml)
{
    for (size_t i = 0; i < m.report.count; i++)
        if (strstr(m.report.items[i].text, "hush") != NULL ||
            strstr(m.report.items[i].text, "silent") != NULL)
            fail_msg("a secret is told: %s\nof\n%s", m.report.items[i].text, yaml);
    if (strstr(m.error.message, "hush") != NULL || strstr(m.error.message, "silent") != NULL)
        fail_msg("a secret is told: %s", m.error.message);
}

static size_t accepted, refused;

/* A file that is refused is refused after it was migrated, or is not migrated at all. */
static void check(const char *yaml, const char *const *environment)
{
    static char room[2 * MAX_ENVIRONMENT][256];
    const char *renamed[2 * MAX_ENVIRONMENT];
    bool loads = fixture_load(&f, yaml, environment, NULL) == MB_OK;
    mb_status status = migrating_run(&m, &f, yaml, environment);
    bool valid = status == MB_OK && m.migrated->fault == NULL;

    assert_quiet(yaml);
    accepted += loads;
    refused += !loads;
    if (loads != valid)
        fail_msg("%s\n%s but the new one %s\n%s", yaml, loads ? "is accepted" : f.error.message,
                 valid                ? "is, too"
                 : m.migrated != NULL ? m.migrated->fault
                                      : m.error.message,
                 m.migrated != NULL ? m.migrated->text : "");
    if (!valid)
        return;
    rename_all(environment, renamed, room);
    if (fixture_load(&second, m.migrated->text, renamed, NULL) != MB_OK)
        fail_msg("%s\n%s", second.error.message, m.migrated->text);
    assert_int_equal(second.config->schema, 2);
    const char *difference = migrating_difference(f.config, second.config);
    if (difference != NULL)
        fail_msg("they differ: %s\n%s\n%s", difference, yaml, m.migrated->text);
}

static void test_each_key_over_each_storage(void **state)
{
    static char yaml[MAX_YAML];
    struct mb_config_key key;

    (void)state;
    for (size_t i = 0; mb_config_key_at(1, i, &key); i++) {
        bool storage = strstr(key.name, "minio") != NULL;
        for (const char *const *value = values_of(&key); *value != NULL; value++)
            for (size_t some = 0; some < (storage ? SOME : 1u); some++) {
                size_t base = storage ? (i + 5 * some) % BASES : 0;
                char line[128];
                snprintf(line, sizeof line, "%s:", key.name);
                if (strstr(bases[base], line) != NULL)
                    continue;
                strcpy(yaml, bases[base]);
                put_value(yaml, key.name, *value);
                check(yaml, NULL);
            }
    }
    assert_true(accepted > 200);
    assert_true(refused > 50);
}

static void test_each_variable(void **state)
{
    char variable[256];
    struct mb_config_key key;

    (void)state;
    for (size_t i = 0; mb_config_key_at(1, i, &key); i++)
        for (const char *const *value = values_of(&key); key.environment != NULL && *value != NULL; value++)
            for (size_t some = 0; some < SOME; some++) {
                size_t base = (i + 5 * some) % BASES;
                snprintf(variable, sizeof variable, "%s=%s", key.environment, *value);
                check(bases[base], LIST(variable));
                if (m.migrated != NULL && key.secret && **value != '\0' &&
                    strstr(m.migrated->text, *value) != NULL)
                    fail_msg("the file holds the secret of %s:\n%s", key.environment, m.migrated->text);
            }
}

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16;
}

static const char *pick(unsigned *seed, const struct mb_config_key *key)
{
    const char *const *values = values_of(key);
    size_t count = 0;
    while (values[count] != NULL)
        count++;
    /* Mostly the first ones, which are right, so that not every file is refused. */
    return values[next_random(seed) % 32 == 0 ? next_random(seed) % count : 0];
}

static void test_many_keys_at_once(void **state)
{
    static char yaml[MAX_YAML], variables[MAX_ENVIRONMENT][256];
    size_t before = accepted;

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const char *environment[MAX_ENVIRONMENT + 1] = {0};
        struct mb_config_key key;
        unsigned seed = round;
        size_t n = 0;
        strcpy(yaml, round % 2 == 0 ? "configVersion: v1\n" : bases[round / 2 % BASES]);
        for (size_t i = 0; mb_config_key_at(1, i, &key); i++) {
            char line[128];
            unsigned lot = next_random(&seed) % 16;
            const char *value = pick(&seed, &key);
            snprintf(line, sizeof line, "%s:", key.name);
            bool alone = strstr(key.name, "tls.") != NULL || strstr(key.name, "ocalPath") != NULL;
            if (lot < 4 && !(alone && lot < 3) && strstr(yaml, line) == NULL)
                put_value(yaml, key.name, value);
            if (lot % 8 == 1 && key.environment != NULL && n < MAX_ENVIRONMENT) {
                snprintf(variables[n], sizeof variables[n], "%s=%s", key.environment, value);
                environment[n] = variables[n];
                n++;
            }
        }
        check(yaml, environment);
    }
    assert_true(accepted > before + 20);
}

/* Relative paths start in the same folder. */
static int setup(void **state)
{
    int failed = fixture_setup(state);
    second = (struct fixture){.error = MB_ERROR_INIT};
    strcpy(second.folder, f.folder);
    return failed;
}

static int teardown(void **state)
{
    void *other = &second;
    migrating_done(&m);
    fixture_teardown(&other);
    return fixture_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate_setup_teardown(test_each_key_over_each_storage, setup, teardown, &f),
        cmocka_unit_test_prestate_setup_teardown(test_each_variable, setup, teardown, &f),
        cmocka_unit_test_prestate_setup_teardown(test_many_keys_at_once, setup, teardown, &f),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
