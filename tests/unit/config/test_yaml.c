/* Hostile and broken files: each gives one exact place, and none a crash. */
#include "fixture.h"

#include "base/arena.h"
#include "config/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    struct mb_arena *arena;
    struct mb_config_report report;
    struct mb_yaml_node *nodes;
    size_t count;
    bool ok;
};

static void read_bytes(struct reading *r, const void *data, size_t len)
{
    struct mb_error error = MB_ERROR_INIT;

    *r = (struct reading){.arena = mb_arena_new()};
    assert_int_equal(mb_report_init(&r->report, &error), MB_OK);
    r->ok = mb_yaml_read(r->arena, &r->report, "f", data, len, &r->nodes, &r->count);
}

static void read_text(struct reading *r, const char *text)
{
    read_bytes(r, text, strlen(text));
}

static void done(struct reading *r)
{
    mb_config_report_done(&r->report);
    mb_arena_free(r->arena);
}

static void test_flattens_with_places(void **state)
{
    struct reading r;

    (void)state;
    read_text(&r, "a:\n  b: 1\n  C: 'x y'\nd.e: [p, 2, ~]\nf: ~\ng:\n");
    assert_true(r.ok);
    assert_int_equal(r.report.count, 0);
    assert_int_equal(r.count, 6);
    assert_string_equal(r.nodes[0].path, "a");
    assert_int_equal(r.nodes[0].kind, MB_YAML_MAP);
    assert_string_equal(r.nodes[1].path, "a.b");
    assert_string_equal(r.nodes[1].text, "1");
    assert_true(r.nodes[1].plain);
    assert_int_equal(r.nodes[1].line, 2);
    assert_int_equal(r.nodes[1].column, 6);
    assert_int_equal(r.nodes[1].key_column, 3);
    assert_string_equal(r.nodes[2].path, "a.C");
    assert_false(r.nodes[2].plain);
    assert_int_equal(r.nodes[3].kind, MB_YAML_LIST);
    assert_int_equal(r.nodes[3].list.count, 2);
    assert_string_equal(r.nodes[3].list.items[1], "2");
    assert_int_equal(r.nodes[4].kind, MB_YAML_NULL);
    assert_int_equal(r.nodes[5].kind, MB_YAML_NULL);
    done(&r);
}

static void test_empty_files_are_empty(void **state)
{
    static const char *const files[] = {"",    "# nothing\n", "---\n",       "---\n...\n",
                                        "~\n", "{}\n",        "\xef\xbb\xbf"};

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct reading r;
        read_text(&r, files[i]);
        assert_true(r.ok);
        assert_int_equal(r.count, 0);
        assert_int_equal(r.report.count, 0);
        done(&r);
    }
}

static void test_quoted_null_and_tags(void **state)
{
    struct reading r;

    (void)state;
    read_text(&r, "a: 'null'\nb: !!str ~\nc: !!null x\nd: !!int 5\ne: \"\"\n");
    assert_true(r.ok);
    assert_int_equal(r.report.count, 0);
    assert_int_equal(r.nodes[0].kind, MB_YAML_TEXT);
    assert_int_equal(r.nodes[1].kind, MB_YAML_TEXT);
    assert_int_equal(r.nodes[2].kind, MB_YAML_NULL);
    assert_string_equal(r.nodes[3].text, "5");
    assert_int_equal(r.nodes[4].kind, MB_YAML_TEXT);
    done(&r);
}

static void test_broken_files(void **state)
{
    static const struct {
        const char *yaml;
        const char *says;
    } cases[] = {
        {"a: b: c\n", "f:1:5: the YAML is broken"},
        {"a:\n\tb: 1\n", "f:2:1: the line is indented by a tab"},
        {"a: 'x\n", "the YAML is broken"},
        {"a: [1, 2\n", "the YAML is broken"},
        {"a: {b: 1\n", "the YAML is broken"},
        {"a: \"\\q\"\n", "the YAML is broken"},
        {"a: 1\n b: 2\n", "f:2:"},
        {"%YAML 9.9\n---\na: 1\n", "the YAML is broken"},
        {"a: @x\n", "the YAML is broken"},
        {"a: *x\n", "f:1:4: there is no anchor '&x' above"},
        {"a: &x 1\n", "f:1:4: no alias uses the anchor '&x'"},
        {"&x a: 1\n", "f:1:1: no alias uses the anchor '&x'"},
        {"a: &x [1, *x]\n", "f:1:11: the alias '*x' stands within its own anchor"},
        {"a: 1\nA: 2\n", "f:2:1: 'A' is given twice, first on line 1"},
        {"a:\n  b: 1\na:\n  c: 2\n", "f:3:1: 'a' is given twice"},
        {"a.b: 1\na:\n  b: 2\n", "'a.b' is given twice"},
        {"- a\n- b\n", "f:1:1: the file is a list"},
        {"just words\n", "f:1:1: the file is one text"},
        {"a: 1\n---\nb: 2\n", "f:2:1: a second YAML document"},
        {"? [x]\n: 1\n", "a key must be a plain name"},
        {"? {x: y}\n: 1\n", "a key must be a plain name"},
        {"a: [{b: 1}]\n", "f:1:5: entries of this list must be plain values"},
        {"a: [[1], [2]]\n", "entries of this list must be plain values"},
        {"a: !!binary AAAA\n", "f:1:4: unknown tag"},
        {"a: !ruby/object x\n", "unknown tag"},
        {"a: \"x\\0y\"\n", "f:1:4: a NUL byte"},
        {"\xff\xfe\xff", "not text in UTF-8"},
        {"a: \xc3\x28\n", "not text in UTF-8"},
        {"a: \x01\n", "not text in UTF-8"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading r;
        read_text(&r, cases[i].yaml);
        assert_true(r.report.problems > 0);
        if (strstr(r.report.items[0].text, cases[i].says) == NULL)
            fail_msg("%s: '%s' instead of '%s'", cases[i].yaml, r.report.items[0].text, cases[i].says);
        done(&r);
    }
}

static char *repeat(const char *piece, size_t times, const char *end)
{
    size_t len = strlen(piece);
    char *text = malloc(len * times + strlen(end) + 1);

    assert_non_null(text);
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * len, piece, len);
    strcpy(text + len * times, end);
    return text;
}

static void expect_large(char *text, const char *says)
{
    struct reading r;

    read_text(&r, text);
    assert_false(r.ok);
    assert_non_null(strstr(r.report.items[0].text, says));
    done(&r);
    free(text);
}

static void test_large_files(void **state)
{
    char *many = malloc(1001 * 8 + 1);
    char *at = many;

    (void)state;
    assert_non_null(many);
    for (int i = 0; i < 1001; i++)
        at += sprintf(at, "k%04d:\n", i);
    expect_large(many, "f:1001:1: the file has more than 1000 keys");
    expect_large(repeat("{a: ", 20, ""), "nested more than 16 deep");
    expect_large(repeat("{a: ", 20000, ""), "nested more than 16 deep");
    expect_large(repeat("{? ", 20000, ""), "nested more than 16 deep");
    expect_large(repeat("x", 300, ": 1\n"), "longer than 256 bytes");
    expect_large(repeat("x", 2000000, ": 1\n"), "");
    char *list = repeat("1,", 1001, "]");
    char *whole = malloc(strlen(list) + 8);
    assert_non_null(whole);
    sprintf(whole, "a: [%s", list);
    free(list);
    expect_large(whole, "longer than 1000 entries");
}

static void test_nested_list_of_lists_is_passed_over(void **state)
{
    char *deep = repeat("[", 200, "");
    char text[512];
    struct reading r;

    (void)state;
    snprintf(text, sizeof text, "a: %s", deep);
    free(deep);
    read_text(&r, text);
    assert_false(r.ok);
    done(&r);
}

/* Every prefix of a good file, and the file with each byte replaced: no crash, and never both fine and wrong.
 */
static void test_mutations(void **state)
{
    static const char good[] =
        "configVersion: v1\nmilvus: {address: 'a', port: 1}\nminio:\n  options:\n    x: \"y\\n\"\n"
        "  bucketName: |\n    b\n  list: [1, two]\n";
    static const char bytes[] = {'\0', '\t', '\n', ' ', '"', '&',    '*',   ':',
                                 '[',  '{',  '!',  '|', '%', '\x80', '\xff'};
    struct reading r;

    (void)state;
    for (size_t len = 0; len < sizeof good - 1; len++) {
        read_bytes(&r, good, len);
        assert_true(r.ok || r.report.problems > 0);
        done(&r);
    }
    for (size_t i = 0; i < sizeof good - 1; i++)
        for (size_t b = 0; b < sizeof bytes; b++) {
            char text[sizeof good];
            memcpy(text, good, sizeof good);
            text[i] = bytes[b];
            read_bytes(&r, text, sizeof good - 1);
            assert_true(r.ok || r.report.problems > 0);
            done(&r);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flattens_with_places),
        cmocka_unit_test(test_empty_files_are_empty),
        cmocka_unit_test(test_quoted_null_and_tags),
        cmocka_unit_test(test_broken_files),
        cmocka_unit_test(test_large_files),
        cmocka_unit_test(test_nested_list_of_lists_is_passed_over),
        cmocka_unit_test(test_mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
