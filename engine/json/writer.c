#include "json/writer.h"

#include "base/text.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <string.h>

#define DRAIN_BYTES ((size_t)64 * 1024)
#define MAX_BUFFER  ((size_t)256 * 1024 * 1024)

void mb_json_init(struct mb_json_writer *writer, const struct mb_sink *sink)
{
    *writer = (struct mb_json_writer){.sink = sink, .sink_status = MB_OK};
    mb_buf_init(&writer->buf, MAX_BUFFER);
}

void mb_json_done(struct mb_json_writer *writer)
{
    if (writer != NULL)
        mb_buf_done(&writer->buf);
}

static void drain(struct mb_json_writer *writer)
{
    if (writer->buf.status != MB_OK || writer->sink_status != MB_OK || writer->buf.len == 0)
        return;
    writer->sink_status = writer->sink->write(writer->sink->ctx, writer->buf.data, writer->buf.len);
    mb_buf_reset(&writer->buf);
}

mb_status mb_json_finish(struct mb_json_writer *writer, struct mb_error *error)
{
    drain(writer);
    MB_TRY(mb_buf_status(&writer->buf, error));
    if (writer->sink_status != MB_OK)
        return mb_fail(error, writer->sink_status, "cannot pass the text on");
    return MB_OK;
}

static void put_escaped(struct mb_buf *buf, unsigned char c)
{
    static const char names[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    if (c == '"' || c == '\\')
        mb_buf_printf(buf, "\\%c", c);
    else if (c < sizeof(names) && names[c] != '\0')
        mb_buf_printf(buf, "\\%c", names[c]);
    else
        mb_buf_printf(buf, "\\u%04x", c);
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && strchr("\"\\<>&", c) == NULL;
}

/* HTML's special characters and the two line separators of JavaScript are escaped, what is not UTF-8 becomes
 * the replacement character: the rules of Go's encoding/json. */
static void put_string(struct mb_buf *buf, const char *text, size_t len)
{
    const unsigned char *t = (const unsigned char *)text;
    mb_buf_putc(buf, '"');
    for (size_t i = 0; i < len;) {
        size_t run = 0;
        while (i + run < len && is_plain(t[i + run]))
            run++;
        if (run > 0) {
            mb_buf_append(buf, t + i, run);
            i += run;
            continue;
        }
        size_t n = mb_text_character(text + i, len - i);
        if (n == 0)
            mb_buf_puts(buf, "\\ufffd");
        else if (n == 1)
            put_escaped(buf, t[i]);
        else if (n == 3 && memcmp(t + i, "\xe2\x80\xa8", 3) == 0)
            mb_buf_puts(buf, "\\u2028");
        else if (n == 3 && memcmp(t + i, "\xe2\x80\xa9", 3) == 0)
            mb_buf_puts(buf, "\\u2029");
        else
            mb_buf_append(buf, t + i, n);
        i += n == 0 ? 1 : n;
    }
    mb_buf_putc(buf, '"');
}

/* What stands in front of every value. */
static void put_key(struct mb_json_writer *writer, const char *key)
{
    if (writer->buf.len >= DRAIN_BYTES)
        drain(writer);
    if (writer->comma)
        mb_buf_putc(&writer->buf, ',');
    writer->comma = true;
    if (key != NULL) {
        put_string(&writer->buf, key, strlen(key));
        mb_buf_putc(&writer->buf, ':');
    }
}

static void begin(struct mb_json_writer *writer, const char *key, char bracket)
{
    put_key(writer, key);
    mb_buf_putc(&writer->buf, bracket);
    writer->comma = false;
}

static void end(struct mb_json_writer *writer, char bracket)
{
    mb_buf_putc(&writer->buf, bracket);
    writer->comma = true;
}

void mb_json_begin_object(struct mb_json_writer *writer, const char *key)
{
    begin(writer, key, '{');
}

void mb_json_end_object(struct mb_json_writer *writer)
{
    end(writer, '}');
}

void mb_json_begin_array(struct mb_json_writer *writer, const char *key)
{
    begin(writer, key, '[');
}

void mb_json_end_array(struct mb_json_writer *writer)
{
    end(writer, ']');
}

void mb_json_string(struct mb_json_writer *writer, const char *key, const char *text)
{
    mb_json_string_n(writer, key, text, strlen(text));
}

void mb_json_string_n(struct mb_json_writer *writer, const char *key, const char *text, size_t len)
{
    put_key(writer, key);
    put_string(&writer->buf, text, len);
}

void mb_json_int(struct mb_json_writer *writer, const char *key, int64_t value)
{
    put_key(writer, key);
    mb_buf_printf(&writer->buf, "%" PRId64, value);
}

void mb_json_uint(struct mb_json_writer *writer, const char *key, uint64_t value)
{
    put_key(writer, key);
    mb_buf_printf(&writer->buf, "%" PRIu64, value);
}

void mb_json_bool(struct mb_json_writer *writer, const char *key, bool value)
{
    put_key(writer, key);
    mb_buf_puts(&writer->buf, value ? "true" : "false");
}

void mb_json_base64(struct mb_json_writer *writer, const char *key, const void *data, size_t len)
{
    const unsigned char *bytes = data;
    put_key(writer, key);
    mb_buf_putc(&writer->buf, '"');
    while (len > 0) {
        unsigned char text[4 * 16 + 1];
        size_t n = len < 3 * 16 ? len : 3 * 16; /* a multiple of 3: padding only at the end */
        int written = EVP_EncodeBlock(text, bytes, (int)n);
        mb_buf_append(&writer->buf, text, (size_t)written);
        bytes += n;
        len -= n;
    }
    mb_buf_putc(&writer->buf, '"');
}

void mb_json_raw(struct mb_json_writer *writer, const char *key, const char *text)
{
    put_key(writer, key);
    mb_buf_puts(&writer->buf, text);
}

void mb_json_members(struct mb_json_writer *writer, const char *text)
{
    mb_json_raw(writer, NULL, text);
}

void mb_json_fail(struct mb_json_writer *writer, mb_status status)
{
    if (writer->buf.status == MB_OK)
        writer->buf.status = status;
}

static void put_real(struct mb_json_writer *writer, const char *key, const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    if (text == NULL) {
        mb_json_fail(writer, MB_E_NO_MEMORY);
        return;
    }
    mb_json_raw(writer, key, text);
    free(text);
}

void mb_json_value(struct mb_json_writer *writer, const char *key, json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        mb_json_begin_object(writer, key);
        for (void *i = json_object_iter(value); i != NULL; i = json_object_iter_next(value, i))
            mb_json_value(writer, json_object_iter_key(i), json_object_iter_value(i));
        mb_json_end_object(writer);
        break;
    case JSON_ARRAY:
        mb_json_begin_array(writer, key);
        for (size_t i = 0; i < json_array_size(value); i++)
            mb_json_value(writer, NULL, json_array_get(value, i));
        mb_json_end_array(writer);
        break;
    case JSON_STRING:
        mb_json_string_n(writer, key, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        mb_json_int(writer, key, json_integer_value(value));
        break;
    case JSON_REAL:
        put_real(writer, key, value);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        mb_json_bool(writer, key, json_is_true(value));
        break;
    case JSON_NULL:
        mb_json_raw(writer, key, "null");
        break;
    }
}

static void new_line(const struct mb_json_indenter *in, struct mb_buf *out)
{
    mb_buf_putc(out, '\n');
    for (unsigned i = 0; i < in->depth * in->width; i++)
        mb_buf_putc(out, ' ');
}

static void indent_structure(struct mb_json_indenter *in, struct mb_buf *out, char c)
{
    bool closes = c == '}' || c == ']';
    if (closes) {
        in->depth -= in->depth > 0;
        if (!in->opened)
            new_line(in, out);
    } else if (in->opened) {
        new_line(in, out);
    }
    in->opened = c == '{' || c == '[';
    in->depth += in->opened;
    mb_buf_putc(out, c);
    if (c == ',')
        new_line(in, out);
    else if (c == ':')
        mb_buf_putc(out, ' ');
    in->in_string = c == '"';
}

static mb_status indent_write(void *ctx, const void *data, size_t len)
{
    struct mb_json_indenter *in = ctx;
    const char *text = data;
    struct mb_buf out;
    mb_buf_init(&out, MAX_BUFFER);
    for (size_t i = 0; i < len; i++) {
        if (!in->in_string) {
            indent_structure(in, &out, text[i]);
            continue;
        }
        mb_buf_putc(&out, text[i]);
        in->in_string = in->escaped || text[i] != '"';
        in->escaped = !in->escaped && text[i] == '\\';
    }
    mb_status status = out.status;
    if (status == MB_OK)
        status = in->next->write(in->next->ctx, out.data, out.len);
    mb_buf_done(&out);
    return status;
}

void mb_json_indenter_init(struct mb_json_indenter *indenter, unsigned width, const struct mb_sink *next)
{
    *indenter = (struct mb_json_indenter){
        .sink = {.struct_size = sizeof(struct mb_sink), .write = indent_write, .ctx = indenter},
        .next = next,
        .width = width};
}
