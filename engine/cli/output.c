#include "cli/output.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void mb_table_init(struct mb_table *table, struct mb_arena *arena, const char *const *headings,
                   const bool *numbers, size_t columns)
{
    *table = (struct mb_table){.arena = arena, .headings = headings, .numbers = numbers, .columns = columns};
}

void mb_table_add(struct mb_table *table, const char *const *cells)
{
    size_t columns = table->columns;

    if (table->rows == table->cap) {
        size_t cap = table->cap == 0 ? 16 : 2 * table->cap;
        const char **grown = mb_arena_alloc(table->arena, cap * columns, sizeof *grown);
        if (grown == NULL) {
            table->failed = true;
            return;
        }
        if (table->rows > 0)
            memcpy(grown, table->cells, table->rows * columns * sizeof *grown);
        table->cells = grown;
        table->cap = cap;
    }
    memcpy(table->cells + table->rows * columns, cells, columns * sizeof *cells);
    table->rows++;
}

static bool is_control(const char *at, const char *start)
{
    unsigned char c = (unsigned char)*at;
    unsigned char before = at > start ? (unsigned char)at[-1] : 0;
    return c < 0x20 || c == 0x7f || (before == 0xc2 && c >= 0x80 && c <= 0x9f);
}

void mb_print_clean(FILE *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        fputc(is_control(c, text) ? '?' : *c, out);
}

json_t *mb_json_text(const char *text)
{
    char *clean = strdup(text);
    size_t len = strlen(text);
    json_t *value = NULL;

    for (size_t i = 0; clean != NULL && i < len;) {
        size_t n = mb_text_character(clean + i, len - i);
        if (n == 0)
            clean[i] = '?';
        i += n == 0 ? 1 : n;
    }
    if (clean != NULL)
        value = json_string(clean);
    free(clean);
    return value;
}

/* Characters of UTF-8, each taken for one column. */
static size_t width(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static void print_padding(FILE *out, size_t n)
{
    fprintf(out, "%*s", (int)(n < 1000 ? n : 1000), "");
}

static void print_row(const struct mb_table *table, const size_t *widths, const char *const *cells, FILE *out)
{
    for (size_t i = 0; i < table->columns; i++) {
        bool right = table->numbers != NULL && table->numbers[i];
        size_t padding = widths[i] - width(cells[i]);
        if (right)
            print_padding(out, padding);
        mb_print_clean(out, cells[i]);
        if (i + 1 == table->columns)
            break;
        print_padding(out, right ? 2 : padding + 2);
    }
    fputc('\n', out);
}

mb_status mb_table_print(const struct mb_table *table, FILE *out, struct mb_error *error)
{
    static const char many_dashes[] = "----------------------------------------------------------------";
    size_t *widths = mb_arena_alloc(table->arena, table->columns, sizeof *widths);
    const char **dashes = mb_arena_alloc(table->arena, table->columns, sizeof *dashes);

    if (table->failed || widths == NULL || dashes == NULL)
        return mb_fail_memory(error);
    for (size_t i = 0; i < table->columns; i++) {
        widths[i] = width(table->headings[i]);
        dashes[i] = many_dashes + sizeof many_dashes - 1 - widths[i];
        for (size_t r = 0; r < table->rows; r++) {
            size_t w = width(table->cells[r * table->columns + i]);
            widths[i] = w > widths[i] ? w : widths[i];
        }
    }
    print_row(table, widths, table->headings, out);
    print_row(table, widths, dashes, out);
    for (size_t r = 0; r < table->rows; r++)
        print_row(table, widths, table->cells + r * table->columns, out);
    return MB_OK;
}

static void add_summary(struct mb_table *table, const struct mb_summary_line *line)
{
    char bytes[32], time[32];
    const char *cells[] = {
        line->collection,
        line->rows < 0 ? "?" : mb_arena_printf(table->arena, "%" PRId64, line->rows),
        mb_arena_printf(table->arena, "%" PRIu64, line->segments),
        mb_arena_strdup(table->arena, mb_text_bytes((uint64_t)line->bytes, bytes, sizeof bytes)),
        mb_arena_strdup(table->arena, mb_text_duration(line->ns, time, sizeof time)),
    };

    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        if (cells[i] == NULL) {
            table->failed = true;
            return;
        }
    mb_table_add(table, cells);
}

mb_status mb_summary_print(struct mb_arena *arena, const struct mb_summary_line *lines, size_t count,
                           FILE *out, struct mb_error *error)
{
    static const char *const headings[] = {"COLLECTION", "ROWS", "SEGMENTS", "SIZE", "TIME"};
    static const bool numbers[] = {false, true, true, true, true};
    struct mb_summary_line total = {.collection = "(all)"};
    struct mb_table table;

    mb_table_init(&table, arena, headings, numbers, 5);
    for (size_t i = 0; i < count; i++) {
        add_summary(&table, &lines[i]);
        total.rows = total.rows < 0 || lines[i].rows < 0 ? -1 : total.rows + lines[i].rows;
        total.segments += lines[i].segments;
        total.bytes += lines[i].bytes;
        total.ns = lines[i].ns > total.ns ? lines[i].ns : total.ns;
    }
    if (count > 1)
        add_summary(&table, &total);
    return mb_table_print(&table, out, error);
}
