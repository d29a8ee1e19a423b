#include "base/hint.h"
#include "restore/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct world {
    struct mb_arena *arena;
    struct mb_error error;
    struct mb_collection_backup collections[5];
    struct mb_database databases[3];
    struct mb_backup backup;
};

static int set_up(void **state)
{
    static struct world world;
    static const char *const names[][2] = {
        {"default", "a"}, {"", "b"}, {"sales", "a"}, {"sales", "orders"}, {"stock", "items"}};
    static const char *const dbs[] = {"default", "sales", "hollow"};

    world = (struct world){.arena = mb_arena_new(), .error = MB_ERROR_INIT};
    for (size_t i = 0; i < 5; i++) {
        world.collections[i].collection.db_name = names[i][0];
        world.collections[i].collection.name = names[i][1];
    }
    for (size_t i = 0; i < 3; i++)
        world.databases[i].name = dbs[i];
    world.backup = (struct mb_backup){.name = "b",
                                      .collections = world.collections,
                                      .collection_count = 5,
                                      .databases = world.databases,
                                      .database_count = 3};
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    mb_arena_free(w->arena);
    return 0;
}

static struct mb_renames renames_of(struct world *w, const char *text)
{
    struct mb_renames renames = {0};
    assert_int_equal(mb_renames_add(&renames, w->arena, text, &w->error), MB_OK);
    return renames;
}

static struct mb_restore_plan plan_of(struct world *w, const struct mb_plan_options *options)
{
    struct mb_restore_plan plan;
    if (mb_restore_plan_make(&w->backup, options, w->arena, &plan, &w->error) != MB_OK)
        fail_msg("%s", w->error.message);
    return plan;
}

/* Every target as "db.name", with spaces between. */
static const char *targets(struct world *w, const struct mb_restore_plan *plan)
{
    const char *text = "";
    for (size_t i = 0; i < plan->count; i++)
        text = mb_arena_printf(w->arena, "%s%s%s.%s", text, i ? " " : "", plan->targets[i].db,
                               plan->targets[i].name);
    return text;
}

static const char *databases(struct world *w, const struct mb_restore_plan *plan)
{
    const char *text = "";
    for (size_t i = 0; i < plan->databases.count; i++)
        text = mb_arena_printf(w->arena, "%s%s%s", text, i ? " " : "", plan->databases.items[i]);
    return text;
}

static void test_everything_keeps_its_name(void **state)
{
    struct world *w = *state;
    struct mb_plan_options options = {0};
    struct mb_restore_plan plan = plan_of(w, &options);
    assert_string_equal(targets(w, &plan), "default.a default.b sales.a sales.orders stock.items");
    assert_string_equal(databases(w, &plan), "sales hollow stock");
    assert_int_equal(plan.warnings.count, 0);
}

/* What each database of the plan was in the backup, "-" for nothing, as "db<name". */
static const char *origins(struct world *w, const struct mb_restore_plan *plan)
{
    const char *text = "";
    for (size_t i = 0; i < plan->databases.count; i++)
        text = mb_arena_printf(w->arena, "%s%s%s<%s", text, i ? " " : "", plan->databases.items[i],
                               plan->made_from[i] ? plan->made_from[i]->name : "-");
    return text;
}

static void test_a_database_is_made_from_the_one_that_becomes_it(void **state)
{
    struct world *w = *state;
    struct mb_plan_options options = {0};
    struct mb_restore_plan plan = plan_of(w, &options);
    assert_string_equal(origins(w, &plan), "sales<sales hollow<hollow stock<-");

    struct mb_renames renames = renames_of(w, "sales.*:shop.*,sales.orders:other.o,hollow.:x.");
    options.renames = &renames;
    plan = plan_of(w, &options);
    assert_string_equal(origins(w, &plan), "shop<sales hollow<hollow other<- stock<-");

    struct mb_selection selection = {0};
    assert_int_equal(mb_selection_add_names(&selection, w->arena, "sales.a", &w->error), MB_OK);
    options.selection = &selection;
    plan = plan_of(w, &options);
    assert_string_equal(origins(w, &plan), "shop<sales");
}

static void test_suffix(void **state)
{
    struct world *w = *state;
    struct mb_plan_options options = {.suffix = "_bak"};
    struct mb_restore_plan plan = plan_of(w, &options);
    assert_string_equal(targets(w, &plan),
                        "default.a_bak default.b_bak sales.a_bak sales.orders_bak stock.items_bak");
    options.suffix = "-bak";
    assert_int_equal(mb_restore_plan_make(&w->backup, &options, w->arena, &plan, &w->error), MB_E_CONFIG);
    assert_int_equal(w->error.hint, MB_HINT_INPUT);
    assert_string_equal(w->error.subject, "suffix");
}

static void test_renames_of_every_kind(void **state)
{
    struct world *w = *state;
    struct mb_renames renames = renames_of(w, "a:z,sales.*:shop.*,sales.orders:stock.o,hollow.:x.");
    struct mb_plan_options options = {.renames = &renames};
    struct mb_restore_plan plan = plan_of(w, &options);
    assert_string_equal(targets(w, &plan), "default.z default.b shop.a stock.o stock.items");
    assert_string_equal(databases(w, &plan), "shop hollow stock");
}

static void test_a_rule_without_effect_is_told(void **state)
{
    struct world *w = *state;
    struct mb_renames renames = renames_of(w, "hollow.:x.,a:z");
    struct mb_plan_options options = {.renames = &renames};
    struct mb_restore_plan plan = plan_of(w, &options);
    assert_int_equal(plan.warnings.count, 1);
    assert_non_null(strstr(plan.warnings.items[0], "hollow.:x. has no effect"));
}

static void test_rename_beats_suffix_and_a_database_rule_does_not(void **state)
{
    struct world *w = *state;
    struct mb_renames renames = renames_of(w, "a:z,sales.*:shop.*");
    struct mb_plan_options options = {.renames = &renames, .suffix = "_bak"};
    struct mb_restore_plan plan = plan_of(w, &options);
    assert_string_equal(targets(w, &plan),
                        "default.z default.b_bak shop.a_bak shop.orders_bak stock.items_bak");
}

static void test_a_rule_for_what_the_backup_does_not_hold(void **state)
{
    struct world *w = *state;
    static const char *const wrong[] = {"c:z", "sales.c:sales.z", "nowhere.*:there.*",
                                        "order:o,sales.order:sales.o"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct mb_renames renames = renames_of(w, wrong[i]);
        struct mb_plan_options options = {.renames = &renames};
        struct mb_restore_plan plan;
        if (mb_restore_plan_make(&w->backup, &options, w->arena, &plan, &w->error) != MB_E_NOT_FOUND)
            fail_msg("\"%s\" was taken", wrong[i]);
        assert_string_equal(w->error.subject, "rename");
    }
}

static void test_later_rule_replaces_earlier(void **state)
{
    struct world *w = *state;
    struct mb_renames renames = renames_of(w, "a:x,default.a:default.y");
    struct mb_plan_options options = {.renames = &renames};
    struct mb_restore_plan plan = plan_of(w, &options);
    assert_string_equal(plan.targets[0].name, "y");
    renames = renames_of(w, "default.*:first.*,default.*:second.*");
    plan = plan_of(w, &options);
    assert_string_equal(plan.targets[0].db, "second");
}

/* A request may hold as many as fit into its body. */
static void test_very_many_rules_and_mappings(void **state)
{
    enum { MANY = 200000 };
    struct world *w = *state;
    struct mb_renames renames = {0};
    struct mb_mappings mappings = {0};
    for (int i = 0; i < MANY; i++) {
        char rule[32], target[16];
        snprintf(rule, sizeof rule, "c%d:d%d", i, i);
        snprintf(target, sizeof target, "t%d", i);
        const struct mb_mapping mapping = {
            .source_db = "a", .source = "b", .target_db = "c", .target = target};
        assert_int_equal(mb_renames_add(&renames, w->arena, rule, &w->error), MB_OK);
        assert_int_equal(mb_mappings_add(&mappings, w->arena, &mapping, &w->error), MB_OK);
    }
    assert_string_equal(renames.items[MANY / 3].collection, "c66666");
    assert_string_equal(renames.items[MANY - 1].to_collection, "d199999");
    assert_int_equal(mb_mappings_check(&mappings, w->arena, &w->error), MB_OK);
    mappings.items[7].target = "t123456";
    assert_int_equal(mb_mappings_check(&mappings, w->arena, &w->error), MB_E_CONFIG);
    assert_non_null(strstr(w->error.message, "c.t123456"));
}

static void test_wrong_rules(void **state)
{
    struct world *w = *state;
    static const char *const wrong[] = {"a",        "a:",       ":b",     "a:b-c",      "a:db.*",
                                        "db.*:db2", "db.*:db.", "*:*",    ".a:b",       "a.b.c:d",
                                        "a:b,c",    "a b:c",    "db.:c",  "\xc3\xa4:b", "a:b,,",
                                        "a.*b:c",   ",",        "a:db.b", "db.a:b"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct mb_renames renames = {0};
        if (mb_renames_add(&renames, w->arena, wrong[i], &w->error) != MB_E_CONFIG)
            fail_msg("\"%s\" was taken", wrong[i]);
    }
}

static void test_third_piece_is_ignored(void **state)
{
    struct world *w = *state;
    struct mb_renames renames = renames_of(w, "a:b:c");
    assert_string_equal(renames.items[0].to_collection, "b");
}

static void test_selection_by_names_in_the_backup(void **state)
{
    struct world *w = *state;
    struct mb_selection selection = {0};
    struct mb_renames renames = renames_of(w, "sales.*:shop.*");
    assert_int_equal(mb_selection_add_names(&selection, w->arena, "b,sales.a", &w->error), MB_OK);
    struct mb_plan_options options = {.selection = &selection, .renames = &renames};
    struct mb_restore_plan plan = plan_of(w, &options);
    assert_string_equal(targets(w, &plan), "default.b shop.a");
    assert_string_equal(databases(w, &plan), "shop");
}

static void test_filter_by_names_after_renaming(void **state)
{
    struct world *w = *state;
    struct mb_selection filter = {0};
    struct mb_renames renames = renames_of(w, "sales.*:shop.*");
    assert_int_equal(mb_selection_add_filter(&filter, w->arena, "shop.orders_x,a_x,hollow.", &w->error),
                     MB_OK);
    struct mb_plan_options options = {.filter = &filter, .renames = &renames, .suffix = "_x"};
    struct mb_restore_plan plan = plan_of(w, &options);
    assert_string_equal(targets(w, &plan), "default.a_x shop.orders_x");
    assert_string_equal(databases(w, &plan), "shop hollow");
}

/* What a plan with this filter fails of. */
static const char *failure_of(struct world *w, const char *filter_text, struct mb_plan_options options)
{
    struct mb_selection filter = {0};
    struct mb_restore_plan plan;
    assert_int_equal(mb_selection_add_filter(&filter, w->arena, filter_text, &w->error), MB_OK);
    options.filter = &filter;
    if (mb_restore_plan_make(&w->backup, &options, w->arena, &plan, &w->error) != MB_E_NOT_FOUND)
        fail_msg("\"%s\" was taken", filter_text);
    return w->error.message;
}

static void test_filter_that_matches_nothing(void **state)
{
    struct world *w = *state;
    struct mb_renames renames = renames_of(w, "a:z,sales.*:shop.*");
    struct mb_plan_options suffixed = {.suffix = "_x"}, renamed = {.renames = &renames, .suffix = "_x"};
    static const char what_before[] = "nothing of backup b matches the filter %s, which is about names after "
                                      "suffix and rename (%s would have matched before: it becomes %s)";
    static const char what[] =
        "nothing of backup b matches the filter %s, which is about names after suffix and rename";
    assert_string_equal(failure_of(w, "nothing", (struct mb_plan_options){0}),
                        mb_arena_printf(w->arena, what, "default.nothing"));
    assert_string_equal(failure_of(w, "sales.*", renamed),
                        mb_arena_printf(w->arena, what_before, "sales.*", "sales.a", "shop.a_x"));
    assert_non_null(
        strstr(failure_of(w, "a", renamed), "(default.a would have matched before: it becomes default.z)"));
    assert_non_null(strstr(failure_of(w, "b", suffixed),
                           "(default.b would have matched before: it becomes default.b_x)"));
    assert_non_null(strstr(failure_of(w, "nowhere.", suffixed), "filter nowhere."));
    assert_non_null(strstr(failure_of(w, "default.", suffixed), "filter default."));
    assert_non_null(strstr(failure_of(w, "sales.nothing", suffixed), "filter sales.nothing"));
    assert_non_null(strstr(failure_of(w, "b,sales.a", suffixed),
                           "default.b_x); nor does anything match its other parts"));
}

/* A plan's warnings, with "; " between. */
static const char *warnings(struct world *w, const struct mb_restore_plan *plan)
{
    const char *text = "";
    for (size_t i = 0; i < plan->warnings.count; i++)
        text = mb_arena_printf(w->arena, "%s%s%s", text, i ? "; " : "", plan->warnings.items[i]);
    return text;
}

static void test_a_part_of_a_filter_that_matches_nothing_is_told(void **state)
{
    struct world *w = *state;
    struct mb_selection filter = {0};
    assert_int_equal(mb_selection_add_filter(&filter, w->arena, "a_x,sales.a,hollow.,stock.*", &w->error),
                     MB_OK);
    struct mb_plan_options options = {.filter = &filter, .suffix = "_x"};
    struct mb_restore_plan plan = plan_of(w, &options);
    assert_string_equal(targets(w, &plan), "default.a_x stock.items_x");
    assert_int_equal(plan.warnings.count, 1);
    assert_non_null(strstr(warnings(w, &plan), "filter sales.a, "));
}

static void test_a_rename_of_what_is_not_selected_is_told(void **state)
{
    struct world *w = *state;
    struct mb_selection selection = {0};
    struct mb_renames renames = renames_of(w, "a:z,b:y,sales.*:shop.*");
    assert_int_equal(mb_selection_add_names(&selection, w->arena, "b", &w->error), MB_OK);
    struct mb_plan_options options = {.selection = &selection, .renames = &renames};
    struct mb_restore_plan plan = plan_of(w, &options);
    assert_string_equal(targets(w, &plan), "default.y");
    assert_string_equal(warnings(w, &plan),
                        "the renaming of default.a has no effect: it is not selected; the renaming of "
                        "sales.* has no effect: it is not selected");
}

static void test_a_database_without_collections_is_told(void **state)
{
    struct world *w = *state;
    struct mb_selection selection = {0};
    assert_int_equal(mb_selection_add_databases(&selection, w->arena, "hollow", &w->error), MB_OK);
    struct mb_plan_options options = {.selection = &selection};
    struct mb_restore_plan plan = plan_of(w, &options);
    assert_string_equal(databases(w, &plan), "hollow");
    assert_string_equal(warnings(w, &plan), "backup b holds no collections of database hollow");
}

static void test_an_empty_backup_is_told(void **state)
{
    struct world *w = *state;
    struct mb_backup empty = {.name = "empty"};
    struct mb_plan_options options = {0};
    struct mb_restore_plan plan;
    assert_int_equal(mb_restore_plan_make(&empty, &options, w->arena, &plan, &w->error), MB_OK);
    assert_string_equal(warnings(w, &plan), "backup empty holds no collections: none was restored");
}

static void test_a_lenient_plan_tells_what_is_about_nothing(void **state)
{
    struct world *w = *state;
    struct mb_selection selection = {0}, filter = {0};
    struct mb_renames renames = renames_of(w, "nope:z");
    assert_int_equal(mb_selection_add_names(&selection, w->arena, "nope,a", &w->error), MB_OK);
    struct mb_plan_options options = {.selection = &selection, .renames = &renames, .lenient = true};
    struct mb_restore_plan plan = plan_of(w, &options);
    assert_string_equal(targets(w, &plan), "default.a");
    assert_non_null(strstr(warnings(w, &plan), "holds no collection default.nope"));
    assert_int_equal(mb_selection_add_filter(&filter, w->arena, "default.", &w->error), MB_OK);
    options = (struct mb_plan_options){.filter = &filter, .lenient = true};
    plan = plan_of(w, &options);
    assert_int_equal(plan.count, 0);
}

static void test_collection_that_is_not_in_the_backup(void **state)
{
    struct world *w = *state;
    struct mb_selection selection = {0};
    struct mb_restore_plan plan;
    assert_int_equal(mb_selection_add_names(&selection, w->arena, "sales.order", &w->error), MB_OK);
    struct mb_plan_options options = {.selection = &selection};
    assert_int_equal(mb_restore_plan_make(&w->backup, &options, w->arena, &plan, &w->error), MB_E_NOT_FOUND);
    assert_non_null(strstr(w->error.message, "sales.order"));
    assert_non_null(strstr(w->error.message, "did you mean orders?"));

    selection.count = 0;
    assert_int_equal(mb_selection_add_databases(&selection, w->arena, "nowhere", &w->error), MB_OK);
    assert_int_equal(mb_restore_plan_make(&w->backup, &options, w->arena, &plan, &w->error), MB_E_NOT_FOUND);
    assert_non_null(strstr(w->error.message, "nowhere"));
}

static void test_two_collections_with_one_name(void **state)
{
    struct world *w = *state;
    struct mb_renames renames = renames_of(w, "sales.*:default.*");
    struct mb_plan_options options = {.renames = &renames};
    struct mb_restore_plan plan;
    assert_int_equal(mb_restore_plan_make(&w->backup, &options, w->arena, &plan, &w->error), MB_E_CONFIG);
    assert_non_null(strstr(w->error.message, "default.a"));
    assert_non_null(strstr(w->error.message, "sales.a"));
}

static struct mb_mappings mappings_of(struct world *w, const struct mb_mapping *items, size_t count)
{
    struct mb_mappings mappings = {0};
    for (size_t i = 0; i < count; i++)
        assert_int_equal(mb_mappings_add(&mappings, w->arena, &items[i], &w->error), MB_OK);
    return mappings;
}

static const struct mb_mapping some_mappings[] = {
    {.source_db = "sales",
     .source = "a",
     .target_db = "shop",
     .target = "a1",
     .shards = 4,
     .description = "x"},
    {.source_db = "sales", .source = "a", .target_db = "shop", .target = "a2"},
    {.source_db = "default", .source = "b", .target_db = "default", .target = "b"},
    {.source_db = "hollow", .target_db = "new"},
};

static void test_mappings_say_all_that_is_restored(void **state)
{
    struct world *w = *state;
    const struct mb_mappings mappings = mappings_of(w, some_mappings, 4);
    struct mb_selection selection = {0};
    const struct mb_plan_options options = {.mappings = &mappings, .selection = &selection};
    struct mb_restore_plan plan = plan_of(w, &options);

    assert_string_equal(targets(w, &plan), "default.b shop.a1 shop.a2");
    assert_string_equal(databases(w, &plan), "shop new");
    assert_int_equal(plan.targets[1].shards, 4);
    assert_string_equal(plan.targets[1].description, "x");
    assert_int_equal(plan.targets[2].shards, 0);
    assert_null(plan.targets[2].description);
    assert_int_equal(plan.warnings.count, 0);
    assert_int_equal(mb_selection_add_names(&selection, w->arena, "sales.a", &w->error), MB_OK);
    plan = plan_of(w, &options);
    assert_string_equal(targets(w, &plan), "shop.a1 shop.a2");
    assert_int_equal(plan.warnings.count, 2);
    assert_non_null(strstr(plan.warnings.items[0], "default.b has no effect"));
}

/* What no mapping names keeps its name, if the filter names it. */
static void test_a_filter_is_about_what_mappings_make(void **state)
{
    static const struct {
        const char *filter, *targets, *databases;
    } cases[] = {
        {"shop.a2", "shop.a2", "shop"},
        {"shop.*", "shop.a1 shop.a2", "shop"},
        {"shop.", "", "shop"},
        {"new.", "", "new"},
        {"stock.items,b", "default.b stock.items", "stock"},
        {"stock.*,shop.a1", "shop.a1 stock.items", "shop stock"},
    };
    struct world *w = *state;
    const struct mb_mappings mappings = mappings_of(w, some_mappings, 4);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mb_selection filter = {0};
        const struct mb_plan_options options = {.mappings = &mappings, .filter = &filter};
        assert_int_equal(mb_selection_add_filter(&filter, w->arena, cases[i].filter, &w->error), MB_OK);
        const struct mb_restore_plan plan = plan_of(w, &options);
        assert_string_equal(targets(w, &plan), cases[i].targets);
        assert_string_equal(databases(w, &plan), cases[i].databases);
    }
    /* Its own name is another's now. */
    struct mb_selection filter = {0};
    const struct mb_plan_options options = {.mappings = &mappings, .filter = &filter};
    struct mb_restore_plan plan;
    assert_int_equal(mb_selection_add_filter(&filter, w->arena, "sales.a", &w->error), MB_OK);
    assert_int_equal(mb_restore_plan_make(&w->backup, &options, w->arena, &plan, &w->error), MB_E_NOT_FOUND);
}

static void test_wrong_mappings(void **state)
{
    static const struct {
        struct mb_mapping mapping;
        const char *told;
    } wrong[] = {
        {{.target_db = "x"}, "the source database is missing"},
        {{.source_db = "a"}, "target database is missing"},
        {{.source_db = "a", .target_db = "b-c"}, "b-c"},
        {{.source_db = "a", .target_db = "b", .source = "c"}, "target collection is missing"},
        {{.source_db = "a", .target_db = "b", .target = "c"}, "the source collection is missing"},
        {{.source_db = "a", .target_db = "b", .source = "c", .target = "d e"}, "d e"},
        {{.source_db = "a", .target_db = "b", .source = "c", .target = "d", .shards = -1}, "below 0"},
        {{.source_db = "a", .target_db = "shop", .source = "c", .target = "a2"}, "two mappings make shop.a2"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct mb_mappings mappings = mappings_of(w, some_mappings, 4);
        mb_status status = mb_mappings_add(&mappings, w->arena, &wrong[i].mapping, &w->error);
        if (status == MB_OK)
            status = mb_mappings_check(&mappings, w->arena, &w->error);
        assert_int_equal(status, MB_E_CONFIG);
        assert_non_null(strstr(w->error.message, wrong[i].told));
        assert_int_equal(w->error.hint, MB_HINT_INPUT);
        assert_string_equal(w->error.subject, "mappings");
    }
    const struct mb_mapping absent = {.source_db = "sales", .source = "x", .target_db = "s", .target = "x"};
    const struct mb_mappings mappings = mappings_of(w, &absent, 1);
    const struct mb_plan_options options = {.mappings = &mappings};
    struct mb_restore_plan plan;
    assert_int_equal(mb_restore_plan_make(&w->backup, &options, w->arena, &plan, &w->error), MB_E_NOT_FOUND);
    assert_non_null(strstr(w->error.message, "no collection sales.x"));
    assert_string_equal(w->error.subject, "mappings");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_keeps_its_name),
        cmocka_unit_test(test_a_database_is_made_from_the_one_that_becomes_it),
        cmocka_unit_test(test_suffix),
        cmocka_unit_test(test_renames_of_every_kind),
        cmocka_unit_test(test_a_rule_without_effect_is_told),
        cmocka_unit_test(test_rename_beats_suffix_and_a_database_rule_does_not),
        cmocka_unit_test(test_later_rule_replaces_earlier),
        cmocka_unit_test(test_very_many_rules_and_mappings),
        cmocka_unit_test(test_a_rule_for_what_the_backup_does_not_hold),
        cmocka_unit_test(test_wrong_rules),
        cmocka_unit_test(test_third_piece_is_ignored),
        cmocka_unit_test(test_selection_by_names_in_the_backup),
        cmocka_unit_test(test_filter_by_names_after_renaming),
        cmocka_unit_test(test_filter_that_matches_nothing),
        cmocka_unit_test(test_a_part_of_a_filter_that_matches_nothing_is_told),
        cmocka_unit_test(test_a_rename_of_what_is_not_selected_is_told),
        cmocka_unit_test(test_a_database_without_collections_is_told),
        cmocka_unit_test(test_an_empty_backup_is_told),
        cmocka_unit_test(test_a_lenient_plan_tells_what_is_about_nothing),
        cmocka_unit_test(test_collection_that_is_not_in_the_backup),
        cmocka_unit_test(test_two_collections_with_one_name),
        cmocka_unit_test(test_mappings_say_all_that_is_restored),
        cmocka_unit_test(test_a_filter_is_about_what_mappings_make),
        cmocka_unit_test(test_wrong_mappings),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
