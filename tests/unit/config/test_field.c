/* Configurations as they come from web pages, clusters and templates: of what would count for nothing, or for
 * something else, it is said where it stands and what to change. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fixture f;

static const char *field_file(const char *name)
{
    static char text[4096];
    char path[128];

    snprintf(path, sizeof path, "tests/data/field/%s", name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[len] = '\0';
    return text;
}

static void test_blanks_that_are_none(void **state)
{
    static const struct {
        const char *yaml;
        const char *says;
    } cases[] = {
        {"milvus:\n  address:\xc2\xa0host\n  port: 1\n", "backup.yaml:2:11: a no-break space (U+00A0)"},
        {"milvus:\n  address: host\xc2\xa0\n", "backup.yaml:2:16: a no-break space (U+00A0)"},
        {"milvus:\n  p\xe2\x80\x8bort: 1\n", "backup.yaml:2:4: a blank without width (U+200B)"},
        {"milvus:\n\xe3\x80\x80\xe3\x80\x80port: 1\n", "backup.yaml:2:1: a wide blank (U+3000)"},
        {"minio:\n  bucketName: \xe2\x80\x9cprod\xe2\x80\x9d\n",
         "backup.yaml:2:15: a typographic quote (U+201C)"},
        {"minio:\n  bucketName: 'prod\xe2\x80\x99\n", "backup.yaml:2:20: a typographic quote (U+2019)"},
        {"milvus:\n  port\xef\xbc\x9a"
         "1\n",
         "backup.yaml:2:7: a wide colon (U+FF1A)"},
        {"milvus: {port: 1}\n\xef\xbb\xbfminio: {port: 1}\n", "backup.yaml:2:1: a byte order mark (U+FEFF)"},
        {"minio:\n  bucketName: \xc3\xa4\xc2\xa0x\n", "backup.yaml:2:16: a no-break space"},
    };

    (void)state;
    fixture_bad(&f, field_file("nbsp.yaml"), NULL, NULL, "backup.yaml:5:1: a no-break space (U+00A0)");
    fixture_assert_has(&f, MB_CONFIG_PROBLEM, "backup.yaml:6:1: a no-break space (U+00A0)");
    assert_int_equal(f.report.problems, 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        fixture_bad(&f, cases[i].yaml, NULL, NULL, cases[i].says);
    /* In quotes and comments they are what they are. */
    const struct mb_config *c = fixture_ok(&f,
                                           "minio: # a\xc2\xa0"
                                           "b\n  secretAccessKey: 'a\xc2\xa0"
                                           "b'\n",
                                           NULL, NULL);
    assert_string_equal(fixture_option(&c->milvus_storage, "auth.secretAccessKey"), "a\xc2\xa0"
                                                                                    "b");
}

static void test_tabs(void **state)
{
    static const struct {
        const char *yaml;
        const char *says;
    } cases[] = {
        {"milvus:\n  address: x\n\tport: 1\n", "backup.yaml:3:1: the line is indented by a tab"},
        {"milvus:\n  address: x\n \tport: 1\n", "backup.yaml:3:2: the line is indented by a tab"},
        {"milvus:\r\n\tport: 1\r\n", "backup.yaml:2:1: the line is indented by a tab"},
        {"\tmilvus:\n", "backup.yaml:1:1: the line is indented by a tab"},
    };

    (void)state;
    fixture_bad(&f, field_file("tabs.yaml"), NULL, NULL, "backup.yaml:2:1: the line is indented by a tab");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        fixture_bad(&f, cases[i].yaml, NULL, NULL, cases[i].says);
    assert_int_equal(fixture_ok(&f, "milvus:\n  port:\t7 \t# seven\n", NULL, NULL)->milvus.port, 7);
}

static void test_indentation_that_differs(void **state)
{
    static const struct {
        const char *yaml;
        const char *says;
    } cases[] = {
        {"milvus:\n    address: x\n  port: 1\n", "backup.yaml:3:3: the line is indented by 2 blanks, line 2"},
        {"milvus:\n  address: x\n port: 1\n", "backup.yaml:3:2: the line is indented by 1 blank, line 2"},
        {"milvus:\n  address: x # host\n\n   port: 1\n",
         "backup.yaml:4:4: the line is indented by 3 blanks, line 2"},
        {" milvus:\n  port: 1\nminio:\n  port: 1\n",
         "backup.yaml:3:1: the line is indented by 0 blanks, line 2"},
    };

    (void)state;
    fixture_bad(&f, field_file("mixed-indent.yaml"), NULL, NULL,
                "backup.yaml:8:4: the line is indented by 3 blanks, line 5 before it by 2");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        fixture_bad(&f, cases[i].yaml, NULL, NULL, cases[i].says);
    /* Another fault is not blamed on the indentation. */
    fixture_bad(&f, "milvus:\n  address: 'x' y\n", NULL, NULL, "the YAML is broken");
    fixture_bad(&f, "milvus:\n  tls:\n    a: [1\nminio:\n  port: 1\n", NULL, NULL, "the YAML is broken");
}

static void test_anchors_and_merges(void **state)
{
    const struct mb_config *c = fixture_ok(&f, field_file("anchors.yaml"), NULL, NULL);

    (void)state;
    assert_string_equal(fixture_option(&c->milvus_storage, "address"), "127.0.0.1");
    assert_string_equal(fixture_option(&c->milvus_storage, "port"), "9700");
    assert_string_equal(fixture_option(&c->milvus_storage, "auth.accessKeyID"), "minioadmin");
    assert_string_equal(fixture_option(&c->milvus_storage, "auth.secretAccessKey"), "minioadmin");
    assert_false(fixture_has(&f, MB_CONFIG_WARNING, "x-"));
    c = fixture_ok(&f, "store: &a {port: 1, options: {x: 1, y: 2}}\nminio: {<<: *a, options: {z: 3}}\n", NULL,
                   NULL);
    assert_string_equal(fixture_option(&c->milvus_storage, "port"), "1");
    assert_string_equal(fixture_option(&c->milvus_storage, "z"), "3");
    assert_null(fixture_option(&c->milvus_storage, "x"));
    assert_false(fixture_has(&f, MB_CONFIG_WARNING, "store"));
    /* The section's own key wins wherever it stands, the first of several merged ones otherwise. */
    c = fixture_ok(&f,
                   "x-a: &a {port: 1, region: a}\nx-b: &b {<<: *a, port: 2, useSSL: true}\n"
                   "minio:\n  <<: *b\nmilvus: &m {port: 3}\n",
                   NULL, NULL);
    assert_string_equal(fixture_option(&c->milvus_storage, "port"), "2");
    assert_string_equal(fixture_option(&c->milvus_storage, "region"), "a");
    c = fixture_ok(&f, "x-a: &a {port: 1}\nx-b: &b {port: 2}\nminio: {port: 3, <<: [*a, *b]}\n", NULL, NULL);
    assert_string_equal(fixture_option(&c->milvus_storage, "port"), "3");
    c = fixture_ok(&f, "milvus:\n  etcd: {endpoints: &e [a, b]}\nx-e: *e\n", NULL, NULL);
    assert_int_equal(c->milvus.etcd_endpoints.count, 2);
    fixture_bad(&f, "x-a: &a {port: x}\nmilvus: {<<: *a}\n", NULL, NULL,
                "backup.yaml:1:16: milvus.port: 'x' is not a whole number");
}

static void test_aliases_that_are_none(void **state)
{
    (void)state;
    fixture_bad(
        &f, "milvus: {port: 1, password: *abc}\n", NULL, NULL,
        "backup.yaml:1:29: there is no anchor '&abc' above this alias; a value that begins with '*' needs "
        "quotes");
    fixture_bad(
        &f, "milvus: {port: 1, password: &abc }\n", NULL, NULL,
        "backup.yaml:1:29: no alias uses the anchor '&abc'; a value that begins with '&' needs quotes");
    fixture_bad(&f, "milvus: &a {port: 1, b: *a}\n", NULL, NULL, "'*a' stands within its own anchor");
    fixture_bad(&f, "minio: {port: 1, <<: x}\n", NULL, NULL, "'<<' takes a section or a list of sections");
    fixture_bad(&f, "x-a: &a 1\nminio: {port: 1, <<: [*a]}\n", NULL, NULL, "'<<' takes a section");
}

/* Eleven lines that stand for a hundred thousand million values. */
static void test_aliases_that_grow(void **state)
{
    char lists[4096] = "x-0: &a0 lol\n";

    (void)state;
    for (int i = 1; i < 12; i++) {
        sprintf(lists + strlen(lists), "x-%d: &a%d [", i, i);
        for (int j = 0; j < 10; j++)
            sprintf(lists + strlen(lists), "*a%d%s", i - 1, j < 9 ? ", " : "]\n");
    }
    strcat(lists, "milvus: {port: 1}\n");
    fixture_bad(&f, lists, NULL, NULL, "aliases make the file grow to more than 20000 keys and values");
    char maps[4096] = "x-0: &a0 {k: 1}\n";
    for (int i = 1; i < 12; i++)
        sprintf(maps + strlen(maps), "x-%d: &a%d {a: *a%d, b: *a%d, c: *a%d}\n", i, i, i - 1, i - 1, i - 1);
    strcat(maps, "milvus: {port: 1}\n");
    fixture_bad(&f, maps, NULL, NULL, "the file has more than 1000 keys");
    char chain[4096] = "x-0: &a0 1\n";
    for (int i = 1; i < 40; i++)
        sprintf(chain + strlen(chain), "x-%d: &a%d {<<: {k: *a%d}}\n", i, i, i - 1);
    assert_int_equal(fixture_load(&f, chain, NULL, NULL), MB_E_CONFIG);
}

static void test_placeholders(void **state)
{
    (void)state;
    fixture_bad(&f, field_file("template.yaml"), NULL, NULL,
                "backup.yaml:2:12: milvus.address: '${MILVUS_HOST}' is a placeholder of a template");
    fixture_assert_has(&f, MB_CONFIG_PROBLEM, "backup.yaml:3:9: milvus.port: '${MILVUS_PORT:-19530}' is a");
    fixture_assert_has(&f, MB_CONFIG_PROBLEM, "backup.yaml:5:12: '{{ ... }}' is a placeholder");
    fixture_assert_has(&f, MB_CONFIG_PROBLEM,
                       "backup.yaml:6:15: minio.bucketName: '{{ .Values.minio.bucket }}'");
    fixture_assert_has(&f, MB_CONFIG_PROBLEM, "backup.yaml:7:16: minio.accessKeyID: '$(ACCESS_KEY)' is a");
    fixture_assert_has(&f, MB_CONFIG_PROBLEM, "backup.yaml:8:20: minio.secretAccessKey: the value is a");
    assert_int_equal(f.report.problems, 6);
    fixture_bad(&f, "{{- if .Values.minio }}\nminio:\n  port: 1\n{{- end }}\n", NULL, NULL,
                "backup.yaml:1:1: a placeholder of a template");
    fixture_bad(&f, "minio:\n  port: 1\n  {{- include \"x\" . | nindent 2 }}\n", NULL, NULL,
                "backup.yaml:3:3: a placeholder of a template");
    fixture_bad(&f, "minio: {bucketName: <no value>}\n", NULL, NULL, "'<no value>' is a placeholder");
    fixture_bad(&f, "minio:\n  rootPath: a/${TENANT}/b\n", NULL, NULL, "'a/${TENANT}/b' is a placeholder");
    fixture_bad(&f, "minio: {options: {proxy: '$(PROXY)'}, port: 1}\n", NULL, NULL,
                "the value of proxy is a");
    fixture_bad(&f, "milvus: {port: 1}\n", LIST("MINIO_BUCKET_NAME=$(BUCKET)"), NULL,
                "environment variable MINIO_BUCKET_NAME: minio.bucketName: '$(BUCKET)' is a placeholder");
    /* Only the winner counts, a shell has filled in --set, and a secret may look like nearly anything. */
    fixture_ok(&f, "milvus: {address: '${HOST}'}\n", LIST("MILVUS_ADDRESS=host"), NULL);
    fixture_ok(&f, "milvus: {port: 1}\n", NULL, LIST("minio.rootPath=${x}"));
    fixture_ok(&f, "milvus: {password: 'a${b}c', user: \"$(\"}\nminio: {secretAccessKey: '$$x{{'}\n", NULL,
               NULL);
}

static void test_files_of_which_nothing_counts(void **state)
{
    static const struct {
        const char *yaml;
        const char *says;
    } cases[] = {
        {"kind: Secret\napiVersion: v1\nstringData: {backup.yaml: x}\n",
         "backup.yaml:1:1: not one key of this file is known, so nothing in it would count: it looks like a "
         "Kubernetes Secret; the configuration is the text below 'data:' or 'stringData:'"},
        {"apiVersion: apps/v1\nkind: Deployment\nspec: {x: 1}\n", "a Kubernetes object (kind: 'Deployment')"},
        {"config:\n  milvus:\n    address: x\n",
         "'milvus:' is a section of its own: move it to the left margin"},
        {"address: x\nport: 1\n", "each needs its section above it, such as 'milvus:' or 'minio:'"},
        {"minio:\naddress: x\nport: 1\n",
         "backup.yaml:2:1: not one key of this file is known, so nothing in it "
         "would count: it stands beside 'minio:' of line 1"},
        {"milvus: {grpc: {address: x}, storage: {bucketName: b}}\n",
         "its keys are those of schema v2: begin the file with 'configVersion: v2'"},
        {"log: {level: info}\nmilvus: {grpc: {address: x}, storage: {bucketName: b, region: r}}\n",
         "few keys of this file are known, so most of it would count for nothing: its keys are those of "
         "schema v2"},
        {"configVersion: v2\nminio: {bucketName: b, port: 1}\n", "take 'configVersion: v2' out"},
        {"milvus:\n  adress: x\n",
         "backup.yaml:2:3: not one key of this file is known, so nothing in it would "
         "count: did you mean milvus.address?"},
        {"foo: 1\nbar: {baz: 2}\n", "see configs/backup.yaml for the keys that are"},
        {"- milvus:\n    port: 1\n", "backup.yaml:1:1: the file is a list"},
        {"milvus\n", "backup.yaml:1:1: the file is one text"},
        {"", "backup.yaml: the file sets nothing; fill it in, or pass --config ''"},
        {"# all\n# commented out\n", "the file sets nothing"},
        {"milvus:\n  address:\nminio: {}\n", "the file sets nothing"},
        {"---\n...\n", "the file sets nothing"},
    };

    (void)state;
    fixture_bad(
        &f, field_file("whole-configmap.yaml"), NULL, NULL,
        "backup.yaml:1:1: not one key of this file is known, so nothing in it would count: it looks like a "
        "Kubernetes ConfigMap; the configuration is the text below 'data:'");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        fixture_bad(&f, cases[i].yaml, NULL, NULL, cases[i].says);
    /* Beside other sources an empty file may be on purpose. */
    fixture_ok(&f, "", LIST("MILVUS_PORT=2"), NULL);
    fixture_assert_has(&f, MB_CONFIG_WARNING, "the file sets nothing; only the environment and --set count");
    fixture_ok(&f, "configVersion: v2\n", NULL, NULL);
}

static void test_keys_in_a_wrong_place(void **state)
{
    (void)state;
    fixture_bad(
        &f, "minio:\n  port: 1\n  milvus:\n    address: x\n", NULL, NULL,
        "backup.yaml:3:3: unknown section 'minio.milvus' would be ignored, and with it what belongs to "
        "'milvus:', a section of its own: move that to the left margin");
    fixture_bad(
        &f, "log: {level: info}\nconfig:\n  minio:\n    port: 1\n", NULL, NULL,
        "backup.yaml:2:1: unknown section 'config' would be ignored, and with it what belongs to 'minio:'");
    fixture_bad(
        &f, "milvus:\n  port: 1\nminio:\nbucketName: b\n", NULL, NULL,
        "backup.yaml:4:1: unknown key 'bucketName' would be ignored; it stands beside 'minio:' of line 3");
    fixture_bad(
        &f, "backup:\n  gcPause: {enable: true}\n  parallelism:\n  copydata: 3\n", NULL, NULL,
        "backup.yaml:4:3: unknown key 'backup.copydata' would be ignored; it stands beside 'parallelism:'");
    fixture_ok(&f, "milvus: {port: 1, bucketName: b}\n", NULL, NULL);
    fixture_assert_has(&f, MB_CONFIG_WARNING,
                       "'milvus.bucketName' is ignored; did you mean minio.bucketName?");
}

static void test_encodings(void **state)
{
    char path[256];

    (void)state;
    assert_int_equal(fixture_ok(&f, "\xef\xbb\xbfmilvus:\n  port: 7\n", NULL, NULL)->milvus.port, 7);
    assert_int_equal(fixture_ok(&f, "milvus:\r\n  port: 7\r\n", NULL, NULL)->milvus.port, 7);
    assert_string_equal(
        fixture_ok(&f, "{\n\t\"milvus\": {\n\t\t\"address\": \"h\",\n\t\t\"port\": 7\n\t}\n}\n", NULL, NULL)
            ->milvus.address,
        "h");
    fixture_bad(&f, "\xef\xbb\xbfmilvus:\n  port: x\n", NULL, NULL, "backup.yaml:2:9: milvus.port");
    fixture_bad(&f, "milvus:\n  user: 'M\xfcller'\n", NULL, NULL, "backup.yaml:2:11: not text in UTF-8");
    fixture_bad(&f, "milvus: {port: 1}\n---\nminio: {port: 2}\n", NULL, NULL,
                "backup.yaml:2:1: a second YAML document");
    for (int mark = 0; mark < 2; mark++) {
        static const char text[] = "milvus: {port: 7}\n";
        snprintf(path, sizeof path, "%s/wide.yaml", f.folder);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        if (mark)
            fwrite("\xff\xfe", 1, 2, file);
        for (size_t i = 0; i < sizeof text - 1; i++)
            fwrite((const char[]){text[i], '\0'}, 1, 2, file);
        fclose(file);
        struct mb_config_sources sources = {.path = path, .folder = f.folder};
        struct mb_config *config = NULL;
        struct mb_config_report report;
        struct mb_error error = MB_ERROR_INIT;
        mb_status status = mb_config_load(&config, &sources, &report, &error);
        assert_int_equal(status, mark ? MB_OK : MB_E_CONFIG);
        if (mark)
            assert_int_equal(config->milvus.port, 7);
        else
            assert_non_null(strstr(error.message, ":1:1: not text in UTF-8: it looks like UTF-16"));
        mb_config_free(config);
        mb_config_report_done(&report);
    }
}

#define CASE(name) cmocka_unit_test_prestate_setup_teardown(name, fixture_setup, fixture_teardown, &f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_blanks_that_are_none),
        CASE(test_tabs),
        CASE(test_indentation_that_differs),
        CASE(test_anchors_and_merges),
        CASE(test_aliases_that_are_none),
        CASE(test_aliases_that_grow),
        CASE(test_placeholders),
        CASE(test_files_of_which_nothing_counts),
        CASE(test_keys_in_a_wrong_place),
        CASE(test_encodings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
