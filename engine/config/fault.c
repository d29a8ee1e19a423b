#include "config/fault.h"

#include "base/arena.h"
#include "config/lookalike.h"

#include <stdlib.h>
#include <string.h>

struct line {
    const char *text;
    size_t len;
    size_t number; /* from 1 */
    size_t indent; /* blanks at its beginning */
};

struct fault {
    struct mb_arena *arena;
    struct mb_config_report *report;
    const char *file;
    const char *data;
    size_t len;
};

const char *mb_yaml_place(struct mb_arena *arena, const char *file, size_t line, size_t column)
{
    return mb_arena_printf(arena, "%s:%zu:%zu", file, line, column);
}

/* Goes to the line after the given one, or to the first after {0}; false at the end. */
static bool next_line(const struct fault *f, struct line *line)
{
    const char *end = f->data + f->len;
    const char *at = line->text == NULL ? f->data : line->text + line->len;

    if (line->text == NULL && f->len >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    else if (line->text != NULL && at < end)
        at += *at == '\r' && at + 1 < end && at[1] == '\n' ? 2 : 1;
    if (at >= end)
        return false;
    size_t len = 0, indent = 0;
    while (at + len < end && at[len] != '\n' && at[len] != '\r')
        len++;
    while (indent < len && at[indent] == ' ')
        indent++;
    *line = (struct line){.text = at, .len = len, .number = line->number + 1, .indent = indent};
    return true;
}

static bool is_blank(const struct line *line)
{
    size_t i = 0;
    while (i < line->len && (line->text[i] == ' ' || line->text[i] == '\t'))
        i++;
    return i == line->len || line->text[i] == '#';
}

/* The length without a comment; a '#' within quotes counts as one only after a blank, which is near enough
 * for a guess. */
static size_t without_comment(const struct line *line)
{
    for (size_t i = 0; i < line->len; i++)
        if (line->text[i] == '#' && (i == 0 || line->text[i - 1] == ' ' || line->text[i - 1] == '\t'))
            return i;
    return line->len;
}

static bool report_at(struct fault *f, const struct line *line, size_t column, const char *text)
{
    mb_report_add(f->report, MB_CONFIG_PROBLEM, mb_yaml_place(f->arena, f->file, line->number, column), "%s",
                  text);
    return true;
}

static bool explain_tab(struct fault *f, const struct line *line, size_t column)
{
    if (line->indent < line->len && line->text[line->indent] == '\t')
        return report_at(f, line, line->indent + 1,
                         "the line is indented by a tab, which YAML does not take: put blanks in its place");
    if (column > 0 && column <= line->len && line->text[column - 1] == '\t')
        return report_at(f, line, column, "a tab stands where YAML takes none: put a blank in its place");
    return false;
}

static bool explain_lookalike(struct fault *f, const struct line *line)
{
    struct mb_lookalike found = mb_lookalike_find(line->text, without_comment(line));

    if (found.name == NULL)
        return false;
    return report_at(f, line, found.characters + 1,
                     mb_arena_printf(f->arena, "%s stands here: %s", found.name, found.advice));
}

static bool explain_template(struct fault *f, const struct line *line)
{
    static const char *const marks[] = {"{{", "{%", "<%", "${", "$("};

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const char *mark = memmem(line->text, without_comment(line), marks[i], 2);
        if (mark != NULL)
            return report_at(f, line, (size_t)(mark - line->text) + 1,
                             "a placeholder of a template that was not filled in; put the value there");
    }
    return false;
}

static bool ends_with_colon(const struct line *line)
{
    size_t len = without_comment(line);

    while (len > 0 && (line->text[len - 1] == ' ' || line->text[len - 1] == '\t'))
        len--;
    return len > 0 && strchr(":|>-{[,", line->text[len - 1]) != NULL;
}

static bool differs(struct fault *f, const struct line *line, const struct line *above)
{
    return report_at(
        f, line, line->indent + 1,
        mb_arena_printf(
            f->arena,
            "the line is indented by %zu blank%s, line %zu before it by %zu: the keys of one section "
            "begin in the same column",
            line->indent, line->indent == 1 ? "" : "s", above->number, above->indent));
}

/* Deeper than a line that opens no section, or as deep as none of the open ones. */
static bool explain_indent(struct fault *f, const struct line *line)
{
    size_t open[64] = {0};
    size_t depth = 0;
    struct line at = {0}, above = {0};

    while (next_line(f, &at) && at.number < line->number) {
        if (is_blank(&at))
            continue;
        while (depth > 0 && open[depth - 1] > at.indent)
            depth--;
        if (depth < sizeof open / sizeof *open && (depth == 0 || open[depth - 1] < at.indent))
            open[depth++] = at.indent;
        above = at;
    }
    if (above.text == NULL || line->indent == above.indent)
        return false;
    if (line->indent > above.indent)
        return !ends_with_colon(&above) && differs(f, line, &above);
    for (size_t i = 0; i < depth; i++)
        if (open[i] == line->indent)
            return false;
    return differs(f, line, &above);
}

/* The line of the error and the one with text before it. */
static void find_lines(struct fault *f, size_t number, struct line *line, struct line *above)
{
    struct line at = {0};

    while (next_line(f, &at) && at.number <= number) {
        if (at.number < number && !is_blank(&at))
            *above = at;
        if (at.number == number || !is_blank(&at))
            *line = at;
    }
}

/* A cause that can be seen in the text says more than what the parser found when it stumbled. */
static bool explain(struct fault *f, size_t number, size_t column)
{
    struct line line = {0}, above = {0};

    find_lines(f, number, &line, &above);
    if (line.text == NULL)
        return false;
    if (explain_tab(f, &line, line.number == number ? column : 0))
        return true;
    for (int i = 0; i < 2; i++) {
        const struct line *which = i == 0 ? &line : &above;
        if (which->text != NULL && (explain_lookalike(f, which) || explain_template(f, which)))
            return true;
    }
    return explain_indent(f, &line);
}

/* UTF-16 without its mark is text with a NUL in every other place. */
static bool looks_like_utf16(const struct fault *f)
{
    return f->len >= 4 && ((f->data[0] == '\0') != (f->data[1] == '\0')) &&
           (f->data[0] == '\0') == (f->data[2] == '\0') && (f->data[1] == '\0') == (f->data[3] == '\0');
}

static void not_text(struct fault *f, const char *problem, size_t offset)
{
    struct line line = {0};
    size_t column = 1;

    if (looks_like_utf16(f)) {
        mb_report_add(f->report, MB_CONFIG_PROBLEM, mb_yaml_place(f->arena, f->file, 1, 1),
                      "not text in UTF-8: it looks like UTF-16; save it as UTF-8");
        return;
    }
    for (struct line at = {0}; next_line(f, &at) && at.text <= f->data + offset;)
        line = at;
    for (const char *c = line.text; c != NULL && c < f->data + offset && c < line.text + line.len; c++)
        column += ((unsigned char)*c & 0xc0) != 0x80;
    mb_report_add(f->report, MB_CONFIG_PROBLEM,
                  mb_yaml_place(f->arena, f->file, line.number > 0 ? line.number : 1, column),
                  "not text in UTF-8: %s at byte %zu", problem, offset);
}

void mb_yaml_fault(struct mb_arena *arena, struct mb_config_report *report, const char *file,
                   const char *data, size_t len, const yaml_parser_t *parser)
{
    struct fault f = {.arena = arena, .report = report, .file = file, .data = data, .len = len};
    const char *problem = parser->problem != NULL ? parser->problem : "out of memory";
    size_t line = parser->problem_mark.line + 1, column = parser->problem_mark.column + 1;

    if (parser->error == YAML_READER_ERROR) {
        not_text(&f, problem, parser->problem_offset);
        return;
    }
    if (parser->encoding == YAML_UTF8_ENCODING && explain(&f, line, column))
        return;
    mb_report_add(report, MB_CONFIG_PROBLEM, mb_yaml_place(arena, file, line, column),
                  "the YAML is broken: %s%s%s", problem, parser->context != NULL ? " " : "",
                  parser->context != NULL ? parser->context : "");
}
