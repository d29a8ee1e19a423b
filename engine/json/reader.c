#include "json/reader.h"

#include "base/buf.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)64 * 1024)
#define MAX_VALUE   ((size_t)64 * 1024 * 1024)
#define MAX_LEVELS  16  /* that the caller may enter */
#define MAX_DEPTH   256 /* inside one value */
#define MAX_TOKEN   512

struct level {
    char closing;
    bool is_first;
    bool is_null;
};

struct mb_json_reader {
    const char *name;
    mb_json_read_fn *read;
    void *ctx;
    size_t at, have; /* in chunk */
    uint64_t chunk_offset;
    uint64_t value_offset;
    bool eof;
    struct level levels[MAX_LEVELS];
    size_t level_count;
    json_t *key;
    struct mb_buf text; /* of the value at hand */
    char chunk[CHUNK_BYTES];
};

mb_status mb_json_reader_new(struct mb_json_reader **out, const char *name, mb_json_read_fn *read, void *ctx,
                             struct mb_error *error)
{
    struct mb_json_reader *reader = malloc(sizeof(*reader));
    if (reader == NULL)
        return mb_fail_memory(error);
    memset(reader, 0, offsetof(struct mb_json_reader, chunk)); /* which is read into before it is read */
    reader->name = name;
    reader->read = read;
    reader->ctx = ctx;
    mb_buf_init(&reader->text, MAX_VALUE);
    *out = reader;
    return MB_OK;
}

void mb_json_reader_free(struct mb_json_reader *reader)
{
    if (reader == NULL)
        return;
    json_decref(reader->key);
    mb_buf_done(&reader->text);
    free(reader);
}

const char *mb_json_reader_name(const struct mb_json_reader *reader)
{
    return reader->name;
}

uint64_t mb_json_value_offset(const struct mb_json_reader *reader)
{
    return reader->value_offset;
}

static mb_status bad(const struct mb_json_reader *reader, struct mb_error *error, const char *what)
{
    return mb_fail(error, MB_E_CORRUPT, "%s: byte %" PRIu64 ": %s", reader->name,
                   reader->chunk_offset + reader->at, what);
}

/* MB_OK when chunk[at] is a character, MB_END at the end of the document. */
static mb_status fill(struct mb_json_reader *reader, struct mb_error *error)
{
    if (reader->at < reader->have)
        return MB_OK;
    if (reader->eof)
        return MB_END;
    reader->chunk_offset += reader->have;
    reader->at = reader->have = 0;
    size_t nread = 0;
    MB_TRY(reader->read(reader->ctx, reader->chunk, CHUNK_BYTES, &nread, error));
    reader->have = nread;
    reader->eof = nread == 0;
    return reader->eof ? MB_END : MB_OK;
}

static mb_status peek(struct mb_json_reader *reader, char *out, struct mb_error *error)
{
    mb_status status = fill(reader, error);
    if (status == MB_END)
        return bad(reader, error, "the document ends too early");
    if (status == MB_OK)
        *out = reader->chunk[reader->at];
    return status;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Stands on a character that is no white space, or at the end (MB_END). */
static mb_status skip_space(struct mb_json_reader *reader, struct mb_error *error)
{
    mb_status status;
    while ((status = fill(reader, error)) == MB_OK && is_space(reader->chunk[reader->at]))
        reader->at++;
    return status;
}

static mb_status peek_token(struct mb_json_reader *reader, char *out, struct mb_error *error)
{
    MB_TRY(skip_space(reader, error));
    return peek(reader, out, error);
}

static mb_status expect(struct mb_json_reader *reader, char wanted, struct mb_error *error)
{
    char c;
    MB_TRY(peek_token(reader, &c, error));
    if (c != wanted) {
        char what[] = "expected ' '";
        what[10] = wanted;
        return bad(reader, error, what);
    }
    reader->at++;
    return MB_OK;
}

static void put(struct mb_json_reader *reader, bool keep, const char *text, size_t len)
{
    if (keep)
        mb_buf_append(&reader->text, text, len);
}

/* The reader stands on the quote that opens. */
static mb_status scan_string(struct mb_json_reader *reader, bool keep, struct mb_error *error)
{
    bool escaped = false, opened = false, closed = false;
    while (!closed) {
        char c;
        MB_TRY(peek(reader, &c, error));
        size_t from = reader->at;
        while (reader->at < reader->have && !closed) {
            c = reader->chunk[reader->at++];
            closed = opened && c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            opened = true;
        }
        put(reader, keep, reader->chunk + from, reader->at - from);
    }
    return MB_OK;
}

/* Does the token spell an integer that does not fit into 64 bits with sign? */
static bool is_large_integer(const char *token, size_t len)
{
    static const char max[] = "9223372036854775807", min[] = "9223372036854775808";
    const char *limit = token[0] == '-' ? min : max;
    size_t sign = token[0] == '-';
    const char *digits = token + sign;
    size_t count = len - sign;
    for (size_t i = 0; i < count; i++)
        if (digits[i] < '0' || digits[i] > '9')
            return false;
    return count > 19 || (count == 19 && memcmp(digits, limit, 19) > 0);
}

/* A number or a word.  jansson has no integers beyond int64, so those go to it as strings. */
static mb_status scan_token(struct mb_json_reader *reader, bool keep, struct mb_error *error)
{
    char token[MAX_TOKEN];
    size_t len = 0;
    for (;;) {
        mb_status status = fill(reader, error);
        MB_TRY(status);
        char c = reader->chunk[reader->at];
        if (status == MB_END || is_space(c) || strchr(",:[]{}\"", c) != NULL)
            break;
        if (len == sizeof(token))
            return bad(reader, error, "this is no number");
        token[len++] = c;
        reader->at++;
    }
    bool quoted = is_large_integer(token, len);
    put(reader, keep && quoted, "\"", 1);
    put(reader, keep, token, len);
    put(reader, keep && quoted, "\"", 1);
    return MB_OK;
}

static bool is_scalar(char c)
{
    return strchr(",:[]{}", c) == NULL;
}

static mb_status scan_scalar(struct mb_json_reader *reader, char c, bool keep, struct mb_error *error)
{
    return c == '"' ? scan_string(reader, keep, error) : scan_token(reader, keep, error);
}

/* Copies one value without the white space in it, which may leave no gap between two scalars: "[1 2]" must
 * not become "[12]". */
static mb_status scan_value(struct mb_json_reader *reader, bool keep, struct mb_error *error)
{
    char closing[MAX_DEPTH];
    size_t depth = 0;
    bool after_scalar = false;
    mb_buf_reset(&reader->text);
    do {
        char c;
        MB_TRY(peek_token(reader, &c, error));
        if (depth == 0)
            reader->value_offset = reader->chunk_offset + reader->at;
        if (c == '\0')
            return bad(reader, error, "unexpected NUL");
        if (is_scalar(c)) {
            put(reader, keep && after_scalar, " ", 1);
            MB_TRY(scan_scalar(reader, c, keep, error));
            after_scalar = true;
            continue;
        }
        after_scalar = false;
        if (c == '{' || c == '[') {
            if (depth == MAX_DEPTH)
                return bad(reader, error, "nested too deeply");
            closing[depth++] = c == '{' ? '}' : ']';
        } else if (depth == 0) {
            return bad(reader, error, "expected a value");
        } else if (c == '}' || c == ']') {
            if (closing[--depth] != c)
                return bad(reader, error, "the brackets do not match");
        }
        put(reader, keep, &c, 1);
        reader->at++;
    } while (depth > 0);
    if (reader->text.status == MB_E_INVALID)
        return bad(reader, error, "a value is larger than 64 MiB");
    return mb_buf_status(&reader->text, error);
}

static mb_status parse(struct mb_json_reader *reader, json_t **out, struct mb_error *error)
{
    json_error_t problem;
    json_t *value =
        json_loadb(reader->text.data, reader->text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &problem);
    if (value == NULL && json_error_code(&problem) == json_error_out_of_memory)
        return mb_fail_memory(error);
    if (value == NULL)
        return mb_fail(error, MB_E_CORRUPT, "%s: value at byte %" PRIu64 ": %s", reader->name,
                       reader->value_offset, problem.text);
    *out = value;
    return MB_OK;
}

mb_status mb_json_take(struct mb_json_reader *reader, json_t **out, struct mb_error *error)
{
    MB_TRY(scan_value(reader, true, error));
    return parse(reader, out, error);
}

mb_status mb_json_skip(struct mb_json_reader *reader, struct mb_error *error)
{
    return scan_value(reader, false, error);
}

static mb_status enter(struct mb_json_reader *reader, char opening, char closing, struct mb_error *error)
{
    char c;
    MB_TRY(peek_token(reader, &c, error));
    if (reader->level_count == MAX_LEVELS)
        return mb_fail(error, MB_E_INTERNAL, "%s: entered more than %d levels", reader->name, MAX_LEVELS);
    struct level level = {.closing = closing, .is_first = true};
    if (c == opening) {
        reader->at++;
    } else {
        MB_TRY(scan_value(reader, true, error));
        if (strcmp(reader->text.data, "null") != 0)
            return bad(reader, error, opening == '{' ? "expected an object" : "expected an array");
        level.is_null = true;
    }
    reader->levels[reader->level_count++] = level;
    return MB_OK;
}

mb_status mb_json_enter_object(struct mb_json_reader *reader, struct mb_error *error)
{
    return enter(reader, '{', '}', error);
}

mb_status mb_json_enter_array(struct mb_json_reader *reader, struct mb_error *error)
{
    return enter(reader, '[', ']', error);
}

bool mb_json_entered_null(const struct mb_json_reader *reader)
{
    return reader->levels[reader->level_count - 1].is_null;
}

mb_status mb_json_next_element(struct mb_json_reader *reader, struct mb_error *error)
{
    struct level *level = &reader->levels[reader->level_count - 1];
    char c = level->closing;
    if (!level->is_null)
        MB_TRY(peek_token(reader, &c, error));
    if (c == level->closing) {
        reader->at += !level->is_null;
        reader->level_count--;
        return MB_END;
    }
    if (!level->is_first)
        MB_TRY(expect(reader, ',', error));
    level->is_first = false;
    return MB_OK;
}

mb_status mb_json_next_member(struct mb_json_reader *reader, const char **key, struct mb_error *error)
{
    mb_status status = mb_json_next_element(reader, error);
    if (status != MB_OK)
        return status;
    char c;
    MB_TRY(peek_token(reader, &c, error));
    if (c != '"')
        return bad(reader, error, "expected a key");
    json_t *parsed = NULL;
    MB_TRY(mb_json_take(reader, &parsed, error));
    json_decref(reader->key);
    reader->key = parsed;
    if (strlen(json_string_value(parsed)) != json_string_length(parsed))
        return bad(reader, error, "a key with a NUL in it");
    MB_TRY(expect(reader, ':', error));
    *key = json_string_value(reader->key);
    return MB_OK;
}

mb_status mb_json_reader_finish(struct mb_json_reader *reader, struct mb_error *error)
{
    mb_status status = skip_space(reader, error);
    if (status == MB_OK)
        return bad(reader, error, "something follows the end of the document");
    return status == MB_END ? MB_OK : status;
}
