#include "common/xml.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"

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
    struct mb_buf text; /* of the innermost element */
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
        stop(reader, mb_fail(reader->error, MB_E_PROTOCOL, "the answer is nested too deeply"));
        return;
    }
    if (reader->depth > 0)
        reader->holds_elements[reader->depth - 1] = true;
    reader->holds_elements[reader->depth] = false;
    mb_buf_reset(&reader->text);
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
    const char *text = reader->holds_elements[reader->depth] ? "" : mb_buf_text(&reader->text);
    mb_status status = reader->events->close(reader->ctx, (const char *)name, reader->depth, text);
    mb_buf_reset(&reader->text);
    if (status != MB_OK)
        stop(reader, status);
}

static void on_text(void *ctx, const xmlChar *text, int len)
{
    struct reader *reader = ctx;

    if (reader->status != MB_OK || reader->depth == 0 || len <= 0)
        return;
    if (mb_buf_append(&reader->text, text, (size_t)len) == MB_E_INVALID)
        stop(reader, mb_fail(reader->error, MB_E_PROTOCOL, "an element of the answer is too long"));
    else if (reader->text.status != MB_OK)
        stop(reader, mb_fail_memory(reader->error));
}

static void on_doctype(void *ctx, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    struct reader *reader = ctx;
    (void)name;
    (void)external;
    (void)system;
    stop(reader, mb_fail(reader->error, MB_E_PROTOCOL, "the answer declares a document type"));
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
        return mb_fail_memory(reader->error);
    if (last && last->message)
        mb_text_fit(reason, sizeof(reason), last->message);
    mb_text_clean(reason);
    return mb_fail(reader->error, MB_E_PROTOCOL, "the answer is not well-formed XML: %s", reason);
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
    struct reader reader = {.events = events, .ctx = ctx, .error = error, .text = MB_BUF_INIT(MAX_TEXT)};
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
        return mb_fail(error, MB_E_PROTOCOL, "the answer is %s where XML should be",
                       len == 0 ? "empty" : "too long");
    reader.parser = xmlCreatePushParserCtxt(&handler, &reader, NULL, 0, NULL);
    if (!reader.parser)
        return mb_fail_memory(error);
    xmlCtxtUseOptions(reader.parser, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    int failed = parse_pieces(reader.parser, data, len);
    mb_status status = reader.status;
    if (status == MB_OK && (failed != 0 || !reader.parser->wellFormed || reader.depth != 0))
        status = fail_syntax(&reader);
    if (reader.parser->myDoc)
        xmlFreeDoc(reader.parser->myDoc);
    xmlFreeParserCtxt(reader.parser);
    mb_buf_done(&reader.text);
    return status;
}

void mb_xml_take(const struct mb_xml_field *fields, void *out, const char *name, const char *text)
{
    for (; fields->name; fields++)
        if (strcmp(fields->name, name) == 0)
            mb_text_fit((char *)out + fields->at, fields->cap, text);
}

/* U+FFFE and U+FFFF are the only characters behind the controls that XML 1.0 lacks. */
static bool is_xml_char(const char *text, size_t len)
{
    bool absent = len == 3 && (memcmp(text, "\xef\xbf\xbe", 3) == 0 || memcmp(text, "\xef\xbf\xbf", 3) == 0);
    return len > 0 && !absent && ((unsigned char)*text >= 0x20 || strchr("\t\n\r", *text));
}

static bool wants_reference(const char *text)
{
    return (unsigned char)*text < 0x20 || *text == 0x7f || strchr("&<>\"'", *text);
}

bool mb_xml_escape(struct mb_buf *out, const char *text)
{
    size_t left = strlen(text);

    for (size_t len; left > 0; text += len, left -= len) {
        len = mb_text_character(text, left);
        if (!is_xml_char(text, len))
            return false;
        if (wants_reference(text))
            mb_buf_printf(out, "&#%u;", (unsigned char)*text);
        else if (len == 2 && text[0] == '\xc2' && (unsigned char)text[1] < 0xa0)
            mb_buf_printf(out, "&#%u;", (unsigned char)text[1]);
        else
            mb_buf_append(out, text, len);
    }
    return true;
}
