#include "test.h"

#include "base/buf.h"
#include "common/xml.h"

#include <stdlib.h>

struct trace {
    struct mb_buf text;
    mb_status refuse; /* what close answers for an element named "stop" */
};

static mb_status note_open(void *ctx, const char *name, unsigned depth)
{
    struct trace *trace = ctx;
    mb_buf_printf(&trace->text, "<%u%s>", depth, name);
    return MB_OK;
}

static mb_status note_close(void *ctx, const char *name, unsigned depth, const char *text)
{
    struct trace *trace = ctx;
    mb_buf_printf(&trace->text, "[%u%s=%s]", depth, name, text);
    return strcmp(name, "stop") == 0 ? trace->refuse : MB_OK;
}

static const struct mb_xml_events events = {.open = note_open, .close = note_close};

static mb_status parse(const char *document, size_t len, struct trace *trace, struct mb_error *error)
{
    *trace = (struct trace){.text = MB_BUF_INIT(1024 * 1024), .refuse = MB_E_CALLBACK};
    *error = MB_TEST_ERROR;
    return mb_xml_parse(document, len, &events, trace, error);
}

static void expect(const char *document, const char *wanted)
{
    struct trace trace;
    struct mb_error error;
    assert_int_equal(parse(document, strlen(document), &trace, &error), MB_OK);
    assert_string_equal(mb_buf_text(&trace.text), wanted);
    mb_buf_done(&trace.text);
}

static void refuse(const char *document, const char *reason)
{
    struct trace trace;
    struct mb_error error;
    assert_int_equal(parse(document, strlen(document), &trace, &error), MB_E_PROTOCOL);
    assert_contains(error.message, reason);
    mb_buf_done(&trace.text);
}

static mb_status count_close(void *ctx, const char *name, unsigned depth, const char *text)
{
    size_t *count = ctx;
    (void)name;
    *count += depth == 1 && strlen(text) == 999 ? 1 : 0;
    return MB_OK;
}

/* A page of 5000 names may have more than 10 MB, where libxml2 stops by itself. */
static void documents_that_are_large(void **state)
{
    enum { COUNT = 12000, LONG = 999 };
    static const struct mb_xml_events counting = {.close = count_close};
    (void)state;
    struct mb_error error = MB_TEST_ERROR;
    struct mb_buf document = MB_BUF_INIT(16 << 20);
    size_t count = 0;
    mb_buf_puts(&document, "<list>");
    for (int i = 0; i < COUNT; i++)
        mb_buf_printf(&document, "<name>%0*d</name>", LONG, i);
    mb_buf_puts(&document, "</list>");
    assert_int_equal(document.status, MB_OK);
    assert_int_equal(mb_xml_parse(document.data, document.len, &counting, &count, &error), MB_OK);
    assert_int_equal(count, COUNT);
    assert_int_equal(mb_xml_parse(document.data, document.len - 1, &counting, &count, &error), MB_E_PROTOCOL);
    mb_buf_done(&document);
}

static void elements_and_texts(void **state)
{
    (void)state;
    expect("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a xmlns=\"http://s3/\"><b>x</b> <c/></a>\n",
           "<0a><1b>[1b=x]<1c>[1c=][0a=]");
    expect("<n:a xmlns:n='u'>&lt;&#10;&amp;<![CDATA[<x>]]>\xc3\xa9</n:a>", "<0a>[0a=<\n&<x>\xc3\xa9]");
}

static void white_space_in_front(void **state)
{
    (void)state;
    expect("  \r\n\n \t<?xml version=\"1.0\"?><a>1</a>", "<0a>[0a=1]");
}

static void broken_documents(void **state)
{
    (void)state;
    refuse("", "empty");
    refuse("   \n", "empty");
    refuse("<a><b>x</b>", "not well-formed");
    refuse("<a><b>x</a></b>", "not well-formed");
    refuse("<a/><b/>", "not well-formed");
    refuse("{\"error\": 1}", "not well-formed");
    refuse("<html><br></html>", "not well-formed");
    refuse("<a>\x01</a>", "not well-formed");
    refuse("<a>&nbsp;</a>", "not well-formed");
    refuse("<a>\xff\xfe\xfd</a>", "not well-formed");
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    static const char whole[] =
        "<?xml version=\"1.0\"?><a k='v'><b>x&amp;y</b><!-- c --><c>\xe2\x82\xac</c></a>";
    for (size_t len = 0; len < sizeof(whole) - 1; len++) {
        struct trace trace;
        struct mb_error error;
        char *exact = malloc(len > 0 ? len : 1); /* so that a read past the end is found */
        assert_non_null(exact);
        memcpy(exact, whole, len);
        assert_int_equal(parse(exact, len, &trace, &error), MB_E_PROTOCOL);
        mb_buf_done(&trace.text);
        free(exact);
    }
}

static void entities_and_document_types(void **state)
{
    (void)state;
    refuse("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "document type");
    refuse("<!DOCTYPE lolz [<!ENTITY l 'lol'><!ENTITY m '&l;&l;&l;&l;&l;&l;&l;&l;&l;&l;'>"
           "<!ENTITY n '&m;&m;&m;&m;&m;&m;&m;&m;&m;&m;'>]><lolz>&n;</lolz>",
           "document type");
    refuse("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "document type");
    refuse("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "document type");
}

static void depth_has_a_ceiling(void **state)
{
    (void)state;
    struct mb_buf deep = MB_BUF_INIT(1024 * 1024);
    for (int i = 0; i < 100000; i++)
        mb_buf_puts(&deep, "<a>");
    refuse(mb_buf_text(&deep), "too deeply");
    mb_buf_done(&deep);
}

static void long_text_has_a_ceiling(void **state)
{
    (void)state;
    struct mb_buf text = MB_BUF_INIT(1024 * 1024);
    mb_buf_puts(&text, "<a>");
    for (int i = 0; i < 70000; i++)
        mb_buf_putc(&text, 'x');
    mb_buf_puts(&text, "</a>");
    refuse(mb_buf_text(&text), "too long");
    mb_buf_done(&text);
}

static void a_callback_ends_the_parse(void **state)
{
    (void)state;
    struct trace trace;
    struct mb_error error;
    static const char document[] = "<a><stop>1</stop><b>2</b></a>";
    assert_int_equal(parse(document, sizeof(document) - 1, &trace, &error), MB_E_CALLBACK);
    assert_string_equal(mb_buf_text(&trace.text), "<0a><1stop>[1stop=1]");
    mb_buf_done(&trace.text);
}

static void escaping(void **state)
{
    (void)state;
    struct mb_buf out = MB_BUF_INIT(1024);
    assert_true(mb_xml_escape(&out, "a<b>&'\"\n\r\t\xc3\xa9\xf0\x9f\x98\x80"));
    assert_string_equal(mb_buf_text(&out),
                        "a&#60;b&#62;&#38;&#39;&#34;&#10;&#13;&#9;\xc3\xa9\xf0\x9f\x98\x80");
    static const char *const impossible[] = {
        "\x01", "a\x1f", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xef\xbf\xbe", "\xf5\x80\x80\x80", "\x80"};
    for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++)
        assert_false(mb_xml_escape(&out, impossible[i]));
    mb_buf_done(&out);
}

struct person {
    char name[4];
    char town[8];
};

static void fields_are_taken_by_name_and_cut(void **state)
{
    (void)state;
    static const struct mb_xml_field fields[] = {
        MB_XML_FIELD("Name", struct person, name), MB_XML_FIELD("Town", struct person, town), {NULL, 0, 0}};
    struct person person = {.name = "old"};
    mb_xml_take(fields, &person, "Town", "Basel");
    mb_xml_take(fields, &person, "name", "no");
    assert_string_equal(person.name, "old");
    mb_xml_take(fields, &person, "Name", "Barbara");
    assert_string_equal(person.name, "Bar");
    assert_string_equal(person.town, "Basel");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_taken_by_name_and_cut),
        cmocka_unit_test(elements_and_texts),
        cmocka_unit_test(white_space_in_front),
        cmocka_unit_test(broken_documents),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(entities_and_document_types),
        cmocka_unit_test(depth_has_a_ceiling),
        cmocka_unit_test(long_text_has_a_ceiling),
        cmocka_unit_test(a_callback_ends_the_parse),
        cmocka_unit_test(escaping),
        cmocka_unit_test(documents_that_are_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
