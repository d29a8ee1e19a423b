/* tests/data/names/restore.txt as the library sees it. */
#include "restore/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SUFFIX, RENAMES, COLLECTIONS, FILTER, OUTCOME, COLUMNS };

struct row {
    int number;
    char *columns[COLUMNS];
};

static struct mb_collection_backup collections[5];
static struct mb_database databases[4];

static struct mb_backup make_backup(void)
{
    static const char *const names[][2] = {
        {"default", "a"}, {"default", "b"}, {"sales", "a"}, {"sales", "orders"}, {"stock", "items"}};
    static const char *const dbs[] = {"default", "sales", "stock", "hollow"};
    for (size_t i = 0; i < 5; i++) {
        collections[i].collection.db_name = names[i][0];
        collections[i].collection.name = names[i][1];
    }
    for (size_t i = 0; i < 4; i++)
        databases[i].name = dbs[i];
    return (struct mb_backup){.name = "b",
                              .collections = collections,
                              .collection_count = 5,
                              .databases = databases,
                              .database_count = 4};
}

/* One blank on either side of a column is layout. */
static char *column(char *text)
{
    size_t len = strlen(text);
    if (len > 0 && text[len - 1] == ' ')
        text[--len] = '\0';
    return *text == ' ' ? text + 1 : text;
}

static bool next_row(FILE *file, char *line, int size, struct row *row)
{
    while (fgets(line, size, file) != NULL) {
        char *rest = line;
        row->number++;
        line[strcspn(line, "\n")] = '\0';
        if (*line == '#' || *line == '\0')
            continue;
        for (int i = 0; i < COLUMNS; i++) {
            char *text = strsep(&rest, "|");
            if (text == NULL)
                fail_msg("line %d has too few columns", row->number);
            row->columns[i] = i == OUTCOME && *text == ' ' ? text + 1 : column(text);
        }
        return true;
    }
    return false;
}

static const char *targets(struct mb_arena *arena, const struct mb_restore_plan *plan)
{
    const char *text = "";
    for (size_t i = 0; i < plan->count; i++)
        text = mb_arena_printf(arena, "%s%s%s.%s", text, i ? " " : "", plan->targets[i].db,
                               plan->targets[i].name);
    return text;
}

static mb_status plan(const struct row *row, bool lenient, struct mb_arena *arena,
                      struct mb_restore_plan *out, struct mb_error *error)
{
    const struct mb_backup backup = make_backup();
    struct mb_renames renames = {0};
    struct mb_selection selection = {0}, filter = {0};
    MB_TRY(mb_renames_add(&renames, arena, row->columns[RENAMES], error));
    MB_TRY(mb_selection_add_names(&selection, arena, row->columns[COLLECTIONS], error));
    MB_TRY(mb_selection_add_filter(&filter, arena, row->columns[FILTER], error));
    const struct mb_plan_options options = {.suffix = row->columns[SUFFIX],
                                            .renames = &renames,
                                            .selection = &selection,
                                            .filter = &filter,
                                            .lenient = lenient};
    return mb_restore_plan_make(&backup, &options, arena, out, error);
}

static void expect_warning(const struct row *row, const struct mb_restore_plan *plan, const char *words)
{
    for (size_t i = 0; i < plan->warnings.count; i++)
        if (strstr(plan->warnings.items[i], words) != NULL)
            return;
    fail_msg("line %d: no warning says \"%s\"", row->number, words);
}

static void check(const struct row *row, struct mb_arena *arena)
{
    struct mb_restore_plan made;
    struct mb_error error = MB_ERROR_INIT;
    const char *outcome = row->columns[OUTCOME];
    mb_status status = plan(row, false, arena, &made, &error), wanted = MB_OK;
    if (*outcome == '!' || *outcome == '?')
        wanted = *outcome == '!' ? MB_E_CONFIG : MB_E_NOT_FOUND;
    if (status != wanted)
        fail_msg("line %d: status %d, %s", row->number, (int)status, error.message);
    if (wanted == MB_OK)
        assert_string_equal(targets(arena, &made), outcome);
    else if (strstr(error.message, outcome + 2) == NULL)
        fail_msg("line %d: \"%s\"", row->number, error.message);
    if (*outcome != '?')
        return;
    mb_error_clear(&error);
    if (plan(row, true, arena, &made, &error) != MB_OK)
        fail_msg("line %d: %s", row->number, error.message);
    expect_warning(row, &made, outcome + 2);
}

static void names_become_what_the_table_says(void **state)
{
    char line[512];
    struct row row = {0};
    int rows = 0;
    (void)state;
    FILE *file = fopen(MB_TEST_NAMES, "r");
    assert_non_null(file);
    for (; next_row(file, line, sizeof line, &row); rows++) {
        struct mb_arena *arena = mb_arena_new();
        check(&row, arena);
        mb_arena_free(arena);
    }
    fclose(file);
    assert_true(rows > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_become_what_the_table_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
