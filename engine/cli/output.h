/* output.h - tables for people. */
#ifndef MB_CLI_OUTPUT_H
#define MB_CLI_OUTPUT_H

#include "base/arena.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/* Rows of texts below a heading each.  Texts are not copied. */
struct mb_table {
    struct mb_arena *arena;
    const char *const *headings;
    const bool *numbers; /* which columns stand flush right; NULL for none */
    size_t columns;
    const char **cells;
    size_t rows, cap;
    bool failed; /* memory ran out */
};

void mb_table_init(struct mb_table *table, struct mb_arena *arena, const char *const *headings,
                   const bool *numbers, size_t columns);
void mb_table_add(struct mb_table *table, const char *const *cells);

/* Heading, dashes below each heading, rows; two spaces between columns.  Control characters are shown as '?'.
 */
mb_status mb_table_print(const struct mb_table *table, FILE *out, struct mb_error *error);

/* A line of what a create or a restore did. */
struct mb_summary_line {
    const char *collection; /* "db.name" */
    int64_t rows;           /* negative when not known */
    uint64_t segments;
    int64_t bytes;
    int64_t ns;
};

/* COLLECTION, ROWS, SEGMENTS, SIZE, TIME, and a line of totals when there are several. */
mb_status mb_summary_print(struct mb_arena *arena, const struct mb_summary_line *lines, size_t count,
                           FILE *out, struct mb_error *error);

/* Prints text with control characters as '?'. */
void mb_print_clean(FILE *out, const char *text);

/* For texts that may hold what is not UTF-8, as names of folders do: such bytes become '?'.  NULL without
 * memory. */
json_t *mb_json_text(const char *text);

#endif
