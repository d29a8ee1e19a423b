#include "common/xml.h"

#include "common/error.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <string.h>

enum { MAX_DEPTH = 32, MAX_TEXT = 64 * 1024, PIECE = 64 * 1024 };

struct reader {
    const struct mb_xml_events *events;
    void *ctx;
    struct mb_error *error;
    xmlParserCtxtPtr parser;
    unsigned depth; /* open elements */
    bool holds_elements[MAX_DEPTH];
    struct mb_str text; /* of the innermost element */
    mb_status status;
};

static void stop(struct reader *reader, mb_status status)
{
    if (reader->status != MB_OK)
        return;
    reader->status = status;
    xmlStopParser(reader->parser);
}

static void on_start(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int namespace_count, const xmlChar **namespaces, int attribute_count,
                     int defaulted_count, const xmlChar **attributes)
{
    struct reader *reader = ctx;
    (void)prefix;
    (void)uri;
    (void)namespace_count;
    (void)namespaces;
    (void)attribute_count;
    (void)defaulted_count;
    (void)attributes;

    if (reader->status != MB_OK)
        return;
    if (reader->depth == MAX_DEPTH) {
        stop(reader, mb_plugin_fail(reader->error, MB_E_PROTOCOL, "the answer is nested too deeply"));
        return;
    }
    if (reader->depth > 0)
        reader->holds_elements[reader->depth - 1] = true;
    reader->holds_elements[reader->depth] = false;
    mb_str_clear(&reader->text);
    if (reader->events->open) {
        mb_status status = reader->events->open(reader->ctx, (const char *)name, reader->depth);
        if (status != MB_OK)
            stop(reader, status);
    }
    reader->depth++;
}

static void on_end(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct reader *reader = ctx;
    (void)prefix;
    (void)uri;

    if (reader->status != MB_OK || reader->depth == 0)
        return;
    reader->depth--;
    const char *text = reader->holds_elements[reader->depth] ? "" : mb_str_text(&reader->text);
    mb_status status = reader->events->close(reader->ctx, (const char *)name, reader->depth, text);
    mb_str_clear(&reader->text);
    if (status != MB_OK)
        stop(reader, status);
}

static void on_text(void *ctx, const xmlChar *text, int len)
{
    struct reader *reader = ctx;

    if (reader->status != MB_OK || reader->depth == 0 || len <= 0)
        return;
    if (mb_str_append(&reader->text, text, (size_t)len) == MB_E_INVALID)
        stop(reader, mb_plugin_fail(reader->error, MB_E_PROTOCOL, "an element of the answer is too long"));
    else if (reader->text.status != MB_OK)
        stop(reader, mb_plugin_fail_memory(reader->error));
}

static void on_doctype(void *ctx, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    struct reader *reader = ctx;
    (void)name;
    (void)external;
    (void)system;
    stop(reader, mb_plugin_fail(reader->error, MB_E_PROTOCOL, "the answer declares a document type"));
}

/* libxml2 would print it otherwise. */
static void on_complaint(void *ctx, xmlErrorPtr complaint)
{
    (void)ctx;
    (void)complaint;
}

static mb_status fail_syntax(struct reader *reader)
{
    char reason[160] = "it is incomplete";
    const xmlError *last = xmlCtxtGetLastError(reader->parser);
    if (last && last->code == XML_ERR_NO_MEMORY)
        return mb_plugin_fail_memory(reader->error);
    if (last && last->message)
        mb_str_fit(reason, sizeof(reason), last->message);
    mb_text_clean(reason);
    return mb_plugin_fail(reader->error, MB_E_PROTOCOL, "the answer is not well-formed XML: %s", reason);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* libxml2 gives up on more than 10 MB at once, and a page of a listing may be larger. */
static int parse_pieces(xmlParserCtxtPtr parser, const char *data, size_t len)
{
    int failed = 0;
    for (size_t at = 0; at < len && failed == 0; at += PIECE) {
        bool last = len - at <= PIECE;
        failed = xmlParseChunk(parser, data + at, last ? (int)(len - at) : PIECE, last);
    }
    return failed;
}

mb_status mb_xml_parse(const char *data, size_t len, const struct mb_xml_events *events, void *ctx,
                       struct mb_error *error)
{
    struct reader reader = {.events = events, .ctx = ctx, .error = error, .text = MB_STR_INIT(MAX_TEXT)};
    xmlSAXHandler handler = {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = on_start,
        .endElementNs = on_end,
        .characters = on_text,
        .cdataBlock = on_text,
        .internalSubset = on_doctype,
        .serror = on_complaint,
    };

    while (len > 0 && is_space(*data)) {
        data++;
        len--;
    }
    if (len == 0 || len > INT32_MAX)
        return mb_plugin_fail(error, MB_E_PROTOCOL, "the answer is %s where XML should be",
                              len == 0 ? "empty" : "too long");
    reader.parser = xmlCreatePushParserCtxt(&handler, &reader, NULL, 0, NULL);
    if (!reader.parser)
        return mb_plugin_fail_memory(error);
    xmlCtxtUseOptions(reader.parser, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    int failed = parse_pieces(reader.parser, data, len);
    mb_status status = reader.status;
    if (status == MB_OK && (failed != 0 || !reader.parser->wellFormed || reader.depth != 0))
        status = fail_syntax(&reader);
    if (reader.parser->myDoc)
        xmlFreeDoc(reader.parser->myDoc);
    xmlFreeParserCtxt(reader.parser);
    mb_str_done(&reader.text);
    return status;
}

/* Decodes one character; 0 for what is no well-formed UTF-8. */
static uint32_t next_char(const unsigned char **p)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *s = *p;
    unsigned len = *s < 0x80 ? 1 : *s >= 0xf0 ? 4 : *s >= 0xe0 ? 3 : 2;
    uint32_t c = len == 1 ? *s : *s & (0x7fu >> len);

    if ((*s & 0xc0) == 0x80 || *s >= 0xf8)
        return 0;
    for (unsigned i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3f);
    }
    *p = s + len;
    return c < least[len] || c > 0x10ffff ? 0 : c;
}

static bool is_xml_char(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0xd800) || (c >= 0xe000 && c < 0xfffe) ||
           c >= 0x10000;
}

bool mb_xml_escape(struct mb_str *out, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;

    while (*p) {
        const unsigned char *start = p;
        uint32_t c = next_char(&p);
        if (!is_xml_char(c))
            return false;
        if (c == '&' || c == '<' || c == '>' || c == '"' || c == '\'' || c < 0x20 || (c >= 0x7f && c < 0xa0))
            mb_str_printf(out, "&#%u;", (unsigned)c);
        else
            mb_str_append(out, start, (size_t)(p - start));
    }
    return true;
}
