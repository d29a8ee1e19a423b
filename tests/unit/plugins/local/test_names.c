#include "bed.h"
#include "names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read_names(struct bed *bed, struct local_names *names, const struct local_names_query *query)
{
    DIR *dir = opendir(bed->root);
    assert_non_null(dir);
    assert_status(MB_OK, local_names_read(names, dir, query, &bed->call));
    closedir(dir);
}

static void sorts_directories_as_if_they_ended_with_a_slash(void **state)
{
    struct bed *bed = *state;
    struct local_names names;
    const char *expected[] = {"a-b", "a/", "a0", "b", "b!/", "\xc3\xa9"};
    bed_mkdir(bed, "a");
    bed_mkdir(bed, "b!");
    assert_status(MB_OK, bed_put(bed, "a0", ""));
    assert_status(MB_OK, bed_put(bed, "a-b", ""));
    assert_status(MB_OK, bed_put(bed, "b", ""));
    assert_status(MB_OK, bed_put(bed, "\xc3\xa9", ""));
    local_names_init(&names);
    read_names(bed, &names, &(struct local_names_query){.after = "", .prefix = "", .budget = 1 << 20});
    assert_int_equal(names.count, 6);
    assert_false(names.more);
    for (size_t i = 0; i < names.count; i++)
        assert_string_equal(local_names_get(&names, i), expected[i]);
    local_names_done(&names);
}

static void gives_batches_that_join_without_gap(void **state)
{
    struct bed *bed = *state;
    struct local_names names;
    char key[16];
    char last[16] = "";
    size_t seen = 0, batches = 0;
    for (int i = 0; i < 500; i++) {
        snprintf(key, sizeof(key), "%03d", (i * 7919) % 500);
        assert_status(MB_OK, bed_put(bed, key, ""));
    }
    local_names_init(&names);
    do {
        read_names(bed, &names, &(struct local_names_query){.after = last, .prefix = "", .budget = 100});
        assert_true(names.count <= 100 / 12 + 1);
        batches++;
        for (size_t i = 0; i < names.count; i++) {
            snprintf(key, sizeof(key), "%03zu", seen++);
            assert_string_equal(local_names_get(&names, i), key);
        }
        snprintf(last, sizeof(last), "%s", key);
    } while (names.more);
    assert_int_equal(seen, 500);
    assert_true(batches > 50);
    local_names_done(&names);
}

static void begins_inside_a_directory(void **state)
{
    struct bed *bed = *state;
    struct local_names names;
    bed_mkdir(bed, "a");
    bed_mkdir(bed, "b");
    assert_status(MB_OK, bed_put(bed, "a.", ""));
    assert_status(MB_OK, bed_put(bed, "c", ""));
    local_names_init(&names);
    read_names(bed, &names, &(struct local_names_query){.after = "a/x", .prefix = "", .budget = 1 << 20});
    assert_int_equal(names.count, 3);
    assert_string_equal(local_names_get(&names, 0), "a/");
    read_names(bed, &names, &(struct local_names_query){.after = "a/", .prefix = "", .budget = 1 << 20});
    assert_int_equal(names.count, 2);
    assert_string_equal(local_names_get(&names, 0), "b/");
    read_names(bed, &names, &(struct local_names_query){.after = "", .prefix = "c", .budget = 1 << 20});
    assert_int_equal(names.count, 1);
    read_names(bed, &names, &(struct local_names_query){.after = "c", .prefix = "", .budget = 1 << 20});
    assert_int_equal(names.count, 0);
    local_names_done(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sorts_directories_as_if_they_ended_with_a_slash, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(gives_batches_that_join_without_gap, bed_up, bed_down),
        cmocka_unit_test_setup_teardown(begins_inside_a_directory, bed_up, bed_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
