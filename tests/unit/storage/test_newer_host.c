/* Compiled against the header of a later minor version, see CMakeLists.txt. */
#include "storage/driver.h"
#include "storage/driver_table.h"

#include <dlfcn.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct mb_storage_plugin *table_of_today(void)
{
    void *handle = dlopen(MB_TEST_PLUGINS "/memory.so", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    assert_non_null(handle);
    mb_storage_plugin_entry_fn *entry;
    void *symbol = dlsym(handle, MB_STORAGE_PLUGIN_ENTRY);
    assert_non_null(symbol);
    memcpy(&entry, &symbol, sizeof(entry));
    dlclose(handle);
    return entry();
}

static void test_an_older_driver_lacks_what_came_later(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    const struct mb_storage_plugin *old = table_of_today();
    assert_int_equal(old->struct_size, offsetof(struct mb_storage_plugin, future));
    struct mb_storage_plugin table;
    memset(&table, 0xff, sizeof(table));
    assert_int_equal(mb_driver_table_copy(&table, old, "memory", "memory.so", &error), MB_OK);
    assert_int_equal(table.struct_size, sizeof(table));
    assert_int_equal(table.abi_minor, 2);
    assert_null(table.future);
    assert_ptr_equal(table.mpu_list, old->mpu_list);
    assert_ptr_equal(table.open, old->open);
}

static void test_options_of_an_older_driver(void **state)
{
    (void)state;
    struct mb_error error = MB_ERROR_INIT;
    struct mb_storage_plugin table;
    assert_int_equal(mb_driver_table_copy(&table, table_of_today(), "memory", "memory.so", &error), MB_OK);
    assert_true(table.option_size < sizeof(struct mb_option));
    static const char *const names[] = {"pageSize", "realm", "root"};
    assert_int_equal(table.option_count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        struct mb_option option;
        memset(&option, 0xff, sizeof(option));
        mb_driver_option(&table, i, &option);
        assert_string_equal(option.name, names[i]);
        assert_null(option.since);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_older_driver_lacks_what_came_later),
        cmocka_unit_test(test_options_of_an_older_driver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
